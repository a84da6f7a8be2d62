//! The words of Concordat, and nothing that does anything with them: no I/O, no async, no wire.
//!
//! - [`ids`]: names of agencies, principals, return types, rules; entry ids and digests
//! - [`agency`]: kinds of agency, areas
//! - [`partnership`]: who belongs to the partnership and who owes what
//! - [`period`]: financial years, quarters, months, snapshots
//! - [`calendar`]: working days of England and Wales, deadlines
//! - [`clock`]: the only way to know the time
//! - [`submission`]: header, identity, versions, what is recorded of a submission
//! - [`obligation`]: who owes what, when, and in which state it is
//! - [`decision`]: what a policy decision is asked and what it answers
//! - [`governance`]: how policy is changed by two people, and what one may stop alone
//! - [`table`]: tables of text cells, classes of field
//! - [`finding`]: what a check found in a return; [`explanation`]: what its sender answers to a query
//! - [`record`]: the records of a return that is accepted record by record
//! - [`across`]: what came of rules over returns of several agencies
//! - [`refusal`] and [`fault`]: an outcome for the sender, and a failure of ours
//! - [`entry`]: what the log can say; [`mod@apply`]: what each entry changes; [`row`]: the tables that come of it;
//!   [`mod@merge`]: what a row becomes

pub mod across;
pub mod agency;
pub mod apply;
pub mod calendar;
mod cells;
pub mod clock;
pub mod decision;
pub mod entry;
pub mod explanation;
pub mod fault;
pub mod finding;
pub mod governance;
pub mod ids;
pub mod merge;
pub mod obligation;
pub mod partnership;
pub mod period;
pub mod principal;
pub mod record;
pub mod refusal;
pub mod row;
pub mod submission;
pub mod table;
pub mod withdrawal;
