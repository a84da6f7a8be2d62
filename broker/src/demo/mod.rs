//! The demonstration.

use clap::Args;

use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {}

/// Runs the demonstration.
///
/// # Errors
/// [`Failure`] naming the step that failed.
pub async fn run(_args: DemoArgs, _printer: Printer) -> Result<Exit, Failure> {
    Err(Failure::new("the demonstration is not part of this build"))
}
