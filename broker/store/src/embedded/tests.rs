//! Trials of the store as a whole.

mod conform;
