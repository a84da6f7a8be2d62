//! `revoke`: ends a principal's keys and roles, or one key.

use concordat_core::entry::EntryClass;

use super::act;
use crate::admin::protocol::Request;
use crate::args::RevokeArgs;
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Revokes, through the running broker or under the directory's lock.
///
/// # Errors
/// [`Failure`] when there is no such principal or key, or the log cannot be written.
pub async fn run(args: RevokeArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let key = args.key.map(|key| key.to_string());
    let request = Request::Revoke { principal: args.principal, key, reason: args.reason };
    act(&config, request, EntryClass::Revoked, printer).await
}
