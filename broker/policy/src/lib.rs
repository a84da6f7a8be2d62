//! Who may do what: casbin behind a strict loader, decisions, profiles.
//!
//! - [`bundle`]: all policy files together, checked; [`complaint`]: what is wrong with one; [`lint`]: what
//!   is worth a look
//! - [`vocabulary`], `row`, `csv`, `document`: how the files are read
//! - [`roles`], [`purpose`], [`agreement`], [`profile`]: what they say
//! - [`mod@generate`]: the rows that agreements give; `reach`: whom a row speaks of and whose data it reaches
//! - [`policy`]: decisions and their explanation; [`permitted`]: the proof of a yes; `cache`: answers of today
//! - `question`, `words`, `engine`: a request made ready, as words, and casbin, which nothing else knows
//! - [`mod@reference`]: the same judgement in plain Rust, for reasons and as a check
//! - [`mod@project`]: what a reader gets of a return
//! - [`cases`]: golden decisions
//! - `access`: who may do what, worked out for every request there could be; [`mod@diff`]: who gains and who loses by a
//!   change; [`mod@matrix`]: who may do what, to be read

mod access;
pub mod agreement;
pub mod bundle;
mod cache;
pub mod cases;
pub mod complaint;
mod csv;
pub mod diff;
mod document;
mod engine;
pub mod generate;
pub mod lint;
pub mod matrix;
pub mod permitted;
pub mod policy;
pub mod profile;
pub mod project;
pub mod purpose;
mod question;
mod reach;
pub mod reference;
pub mod roles;
mod row;
pub mod vocabulary;
mod words;

#[cfg(test)]
mod sample;

pub use bundle::Bundle;
pub use cases::{run_cases, test_cases};
pub use complaint::Complaint;
pub use diff::{Diff, diff};
pub use generate::generate;
pub use lint::{Finding, Severity};
pub use matrix::{Matrix, matrix};
pub use permitted::Permitted;
pub use policy::{Explanation, Policy};
pub use profile::fits::misfits;
pub use profile::{FieldSort, Treatment};
pub use project::{AdditiveGroup, FieldInfo, Projection, Projector, Pseudonyms, Reading, Relation, Shape};
pub use reference::Clause;
pub use vocabulary::Known;
