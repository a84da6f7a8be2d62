//! `policy load` and `policy review`: what the operator of the host does about policy.

use concordat_core::entry::EntryClass;

use super::act;
use crate::admin::protocol::Request;
use crate::args::{LoadArgs, ReviewArgs};
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Loads the policies folder, if nothing is wrong with it; otherwise what was in force stays.
///
/// # Errors
/// [`Failure`] listing everything that is wrong with the folder, that two people look after policy and no emergency
/// was named, or that the log cannot be written.
pub async fn load(args: LoadArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let request = Request::LoadPolicies { emergency: args.emergency };
    act(&config, request, EntryClass::PolicyLoaded, printer).await
}

/// Reviews what a principal did alone.
///
/// # Errors
/// [`Failure`] where the entry waits for no such review, or the log cannot be written.
pub async fn review(args: ReviewArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let request = Request::Review { of: args.index, stands: args.stands, reason: args.reason };
    act(&config, request, EntryClass::Reviewed, printer).await
}
