//! The structure of the workspace is as the architecture draws it.
#![allow(clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod arrows;
mod sizes;
