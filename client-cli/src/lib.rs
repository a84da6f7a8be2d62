//! The client: validate, submit, collect and verify from a command line.
//!
//! [`run`](fn@run) takes arguments and a [`Desk`] and gives an exit code, so that a program runs the very commands a
//! user types. What stands between them:
//!
//! - [`args`] and [`commands`]: the command line; one file per command, its arguments beside what it does
//! - [`desk`], [`session`]: streams, folder and clock; what one run works with
//! - [`exit`], [`failure`], [`status`]: ten exit codes; what failed and what to do next; the one place where a
//!   broker's answer becomes either
//! - [`answer`], [`printer`], [`report`], [`projected`]: data as table, JSON or CSV; findings; fetched returns
//! - [`context`], [`contexts`], [`private`]: enrolments, kept for the user alone
//! - [`connect`], [`pinned`], [`certificate`]: TLS both ways, and trust at enrolment
//! - [`definitions`], [`file`](mod@file), [`workbook`], [`several`]: which catalogue is used; a return's file, read and
//!   checked; the sheet of a workbook; a return's folder of files
//! - [`template`], [`marked`]: an empty file of a return type; a copy of a file with its findings marked
//! - [`parted`], [`events`]: what is refused of a return that is accepted in part; several events in one file
//! - [`explain`], [`answers`]: answers to queries, as they are typed and as they stand in a file
//! - [`pending`], [`submitter`], [`receipts`]: one key per submission, its attempts, and what proves the outcome
//! - [`audit_trail`]: the log, verified without trusting the broker
//! - [`folder`], [`policies`]: a policies folder on this machine, read or written; judged as a broker judges it
//! - [`convert`]: between the wire and our words

pub mod answer;
pub mod answers;
pub mod args;
pub mod audit_trail;
pub mod certificate;
pub mod commands;
pub mod connect;
pub mod context;
pub mod contexts;
pub mod convert;
pub mod definitions;
pub mod desk;
pub mod events;
pub mod exit;
pub mod explain;
pub mod failure;
pub mod file;
pub mod folder;
pub mod marked;
pub mod parted;
pub mod pending;
pub mod pinned;
pub mod policies;
pub mod printer;
pub mod private;
pub mod projected;
pub mod receipts;
pub mod report;
pub mod run;
pub mod session;
pub mod several;
pub mod status;
pub mod submitter;
pub mod template;
pub mod upload;
pub mod workbook;

pub use desk::{Captured, Desk};
pub use exit::Exit;
pub use failure::Failure;
pub use run::run;
