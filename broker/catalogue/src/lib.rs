//! Return definitions, and the checks of a return against them. Pure: no network, no files, no clock of
//! its own; client and broker run the very same checks.
//!
//! - [`across`]: rules over returns of several agencies
//! - [`catalogue`]: the return types in force, read from files or compiled in
//! - [`complaint`]: what is wrong with a definition file
//! - [`definition`]: a return type: fields, rules, recipients, when it is due
//! - [`codes`]: code lists
//! - [`kind`]: the kinds of field, one row each
//! - [`lint`](mod@lint): rules that nothing can break, or nothing keep
//! - [`owed`]: what a partnership owes, held against them
//! - [`check`](mod@check): a draft in, findings and, if there is no error, a [`Valid`] out
//! - [`content`]: the canonical bytes of a return and their digest
//! - [`read`]: a text file or a workbook's sheet in, tables out
//! - [`guard`]: what free text must not hold
//! - [`explain`]: answers to queries
//! - [`bulk`]: returns of several tables: a folder of CSV files or one XML file, checked column by column
//! - [`relation`]: what rules say of sums of figures, which a reader can reckon with
//! - [`shown`](mod@shown): what other types show of a return, to be held against profiles
//! - [`taint`]: measures of twelve months over periods that did not come
//!
//! Inside: `cell` and `decimal` (one cell), `near` (the name that a misspelt one means), `stretch` (notations of periods), `load` (definition files),
//! `rule` (expressions, compiled once), `narrative` (what free text says of its own numbers), `sort` (what redaction cares of a kind), `checks` (the
//! passes of `check`).

mod cell;
mod checks;
mod decimal;
mod load;
mod narrative;
mod near;
mod rule;
mod sort;
mod stretch;

pub mod across;
pub mod bulk;
pub mod catalogue;
pub mod check;
pub mod codes;
pub mod complaint;
pub mod content;
pub mod definition;
pub mod explain;
pub mod guard;
pub mod kind;
pub mod lint;
pub mod owed;
pub mod read;
pub mod relation;
pub mod shown;
pub mod taint;

pub use across::{AcrossPart, AcrossRule, Side, Told};
pub use catalogue::Catalogue;
pub use check::{
    Checked, Context, Draft, Valid, agencies_of, areas_of, check, check_beside, check_stream, event_id_of,
    is_for_broker, leave_out_of_stream, part_of,
};
pub use codes::{Code, CodeList};
pub use complaint::Complaint;
pub use definition::{
    Acceptance, Additive, AreaMatch, AreaSum, EventDue, Field, Long, MOST_EVENTS, RecipientRule, ReturnType,
    Rule, Scope, TableDef, TypeKind,
};
pub use kind::FieldKind;
pub use lint::{lint, lint_across};
pub use owed::unowed;
pub use shown::{Profiles, Shown, shown};
