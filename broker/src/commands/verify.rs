//! `verify`: the whole log, offline.
use crate::args::VerifyArgs;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Verifies.
///
/// # Errors
/// [`Failure`].
pub fn run(_args: VerifyArgs, _printer: Printer) -> Result<Exit, Failure> {
    Err(Failure::new("not yet"))
}
