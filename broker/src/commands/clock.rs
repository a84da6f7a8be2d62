//! `clock`: moves a sample's business clock forward.

use concordat_core::entry::EntryClass;

use super::act;
use crate::admin::protocol::Request;
use crate::args::ClockArgs;
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Moves the clock, and looks at once at what has become overdue.
///
/// # Errors
/// [`Failure`] when the directory is no sample, the time is not ahead, or the log cannot be written.
pub async fn run(args: ClockArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    act(&config, Request::MoveClock { to: args.to }, EntryClass::ClockMoved, printer).await
}
