//! `policy load`: brings the files of the policies folder into force.

use concordat_core::entry::EntryClass;

use super::act;
use crate::admin::protocol::Request;
use crate::args::DirArgs;
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Loads the policies folder, if nothing is wrong with it; otherwise what was in force stays.
///
/// # Errors
/// [`Failure`] listing everything that is wrong with the folder, or that the log cannot be written.
pub async fn run(args: DirArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    act(&config, Request::LoadPolicies, EntryClass::PolicyLoaded, printer).await
}
