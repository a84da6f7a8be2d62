//! Receipts: believed only after every link was checked, and kept beside the context.

use std::path::PathBuf;

use concordat_core::ids::{Digest, EntryId, PrincipalId};
use concordat_core::submission::Identity;
use concordat_ledger::{Receipt, ReceiptFault, Verified, Verifier};
use jiff::Timestamp;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// What a receipt must say to be the receipt of what was sent.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The submission's id, as the broker's reply has it.
    pub submission: EntryId,
    /// The place of its entry, as the broker's reply has it.
    pub index: u64,
    /// Its version, as the broker's reply has it.
    pub version: u32,
    /// Who sent it and what it replaces; `None` when the reply is the receipt of an earlier submission of equal
    /// content, which a colleague may have sent.
    pub anew: Option<(&'a PrincipalId, Option<EntryId>)>,
    /// What it was a version of.
    pub identity: &'a Identity,
    /// The digest of what was sent.
    pub content: Digest,
}

/// Reads a receipt's file and checks every link against the log's key.
///
/// # Errors
/// A [`Failure`] with [`Exit::Tampered`] naming the first link that failed.
pub fn verify(bytes: &[u8], log_key: &Verifier) -> Result<Verified, Failure> {
    Receipt::parse(bytes).and_then(|receipt| receipt.verify(log_key)).map_err(|why| not_proven(&why))
}

/// Checks a receipt and that it is for what was sent: nothing else counts as an acknowledgement.
///
/// # Errors
/// A [`Failure`] with [`Exit::Tampered`] naming what differs.
pub fn verify_for(bytes: &[u8], log_key: &Verifier, expected: &Expected<'_>) -> Result<Verified, Failure> {
    let verified = verify(bytes, log_key)?;
    match differing(&verified, expected) {
        None => Ok(verified),
        Some(what) => Err(Failure::new(
            Exit::Tampered,
            format!("the log's receipt is genuine but for something else: its {what} is not what was sent"),
        )
        .hint("keep the file you sent and tell the partnership's auditor; nothing was thrown away")),
    }
}

fn differing(verified: &Verified, expected: &Expected<'_>) -> Option<&'static str> {
    let (statement, identity) = (&verified.statement, expected.identity);
    let areas: Vec<&str> = identity.areas.iter().map(|area| area.as_str()).collect();
    let anew = expected.anew.map(|(principal, replaces)| (principal, replaces.map(|id| id.to_string())));
    let checks = [
        ("submission", statement.submission == expected.submission.to_string()),
        ("agency", statement.agency == identity.agency.as_str()),
        (
            "principal",
            anew.as_ref().is_none_or(|(principal, _)| statement.principal == principal.to_string()),
        ),
        ("replaced submission", anew.as_ref().is_none_or(|(_, replaces)| *replaces == statement.replaces)),
        ("return type", statement.return_type == identity.return_type.as_str()),
        ("areas", statement.areas == areas),
        ("period", statement.period == identity.covers.to_string()),
        ("part", statement.part == identity.part),
        ("content", statement.content.0 == expected.content.0),
        ("version", statement.version == expected.version),
        ("index", verified.index == expected.index),
    ];
    checks.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
}

/// Keeps a receipt under its submission's id, and says where.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn keep(context: &Context, submission: EntryId, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let path = context.subfolder("receipts")?.join(format!("{submission}.receipt"));
    private::write(&path, bytes)?;
    Ok(path)
}

/// When the entry was recorded.
#[must_use]
pub fn recorded_at(verified: &Verified) -> Option<Timestamp> {
    i64::try_from(verified.leaf.recorded_at_us).ok().and_then(|at| Timestamp::from_microsecond(at).ok())
}

fn not_proven(why: &ReceiptFault) -> Failure {
    Failure::new(Exit::Tampered, format!("the receipt proves nothing: {why}")).hint(
        "check that the file is whole and the log key is this log's; if so, tell the partnership's auditor",
    )
}

#[cfg(test)]
pub(crate) mod tests;
