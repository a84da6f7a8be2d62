//! Verifying the whole log without trusting the broker: leaves are fed in, the tree is rebuilt, and what it
//! comes to is compared with what the log signed, now and when it was last looked at.

use std::path::PathBuf;

use concordat_ledger::{
    Audited, Checkpoint, CheckpointFault, Frontier, Hash, LogFault, LogVerifier, SignedCheckpoint, Verifier,
};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// The newest checkpoint that was verified, and the few hashes to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The checkpoint as the log signed it.
    pub signed: SignedCheckpoint,
    /// The tree's complete subtrees at its size, largest first.
    pub frontier: Frontier,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checkpoint: String,
    peaks: Vec<String>,
}

impl Kept {
    /// What was kept in a context; `None` when its log was never verified.
    ///
    /// # Errors
    /// A [`Failure`] when the file is damaged or no longer the log's.
    pub fn load(context: &Context) -> Result<Option<(Self, Checkpoint)>, Failure> {
        let path = path(context)?;
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(Failure::unreadable(&path, &why)),
        };
        let damaged = || {
            Failure::new(Exit::Failure, format!("the kept checkpoint in `{}` is damaged", path.display()))
                .hint("restore the file; without it a log that was rolled back can no longer be told")
        };
        let file: File = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let signed = SignedCheckpoint::parse(file.checkpoint.as_bytes()).map_err(|_| damaged())?;
        let checkpoint = signed.verify(&context.log_key).map_err(|_| damaged())?;
        let peaks: Vec<Hash> =
            file.peaks.iter().map(|peak| peak.parse()).collect::<Result<_, _>>().map_err(|_| damaged())?;
        let frontier = Frontier::from_peaks(checkpoint.size, peaks).ok_or_else(damaged)?;
        if frontier.root() != checkpoint.root {
            return Err(damaged());
        }
        Ok(Some((Self { signed, frontier }, checkpoint)))
    }

    /// Keeps it in a context.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    pub fn store(&self, context: &Context) -> Result<(), Failure> {
        let peaks = self.frontier.peaks().iter().map(ToString::to_string).collect();
        let file = File { checkpoint: self.signed.as_str().to_owned(), peaks };
        let path = path(context)?;
        let text = serde_json::to_vec(&file)
            .map_err(|why| Failure::unwritable(&path, &std::io::Error::other(why)))?;
        private::write(&path, &text)
    }
}

fn path(context: &Context) -> Result<PathBuf, Failure> {
    Ok(context.subfolder("log")?.join("verified.json"))
}

/// The newest checkpoint, if the log signed it and did not shrink or fork since the kept one. That it grew
/// from the kept one is [`grown`]'s to check.
///
/// # Errors
/// A [`Failure`]: [`Exit::RolledBack`] or [`Exit::Tampered`].
pub fn newest(
    signed: &SignedCheckpoint,
    log_key: &Verifier,
    kept: Option<&Checkpoint>,
) -> Result<Checkpoint, Failure> {
    let newest = signed.verify(log_key).map_err(|why| bad_checkpoint(&why))?;
    match kept {
        Some(kept) if newest.size < kept.size => {
            Err(bad_log(&LogFault::RolledBack { had: kept.size, found: newest.size }))
        }
        Some(kept) if newest.size == kept.size && newest.root != kept.root => {
            Err(bad_log(&LogFault::Forked { size: kept.size }))
        }
        _ => Ok(newest),
    }
}

/// Checks the proof that the newest checkpoint grew from the kept one.
///
/// # Errors
/// A [`Failure`]: [`Exit::RolledBack`] or [`Exit::Tampered`].
pub fn grown(kept: &Checkpoint, newest: &Checkpoint, proof: &[Vec<u8>]) -> Result<(), Failure> {
    let odd = || Failure::new(Exit::Tampered, "the consistency proof is not one of 32-byte hashes");
    let proof: Vec<Hash> = proof
        .iter()
        .map(|hash| <[u8; 32]>::try_from(hash.as_slice()).map(Hash))
        .collect::<Result<_, _>>()
        .map_err(|_| odd())?;
    kept.verify_growth(newest, &proof).map_err(|why| bad_checkpoint(&why))
}

/// Rebuilds the tree from leaves.
#[derive(Debug)]
pub struct Rebuild {
    verifier: LogVerifier,
    signed: SignedCheckpoint,
    size: u64,
}

impl Rebuild {
    /// From the first entry up to a checkpoint, comparing with the kept one on the way.
    ///
    /// # Errors
    /// A [`Failure`]: [`Exit::RolledBack`] or [`Exit::Tampered`].
    pub fn whole(log_key: &Verifier, kept: Option<&Kept>, signed: SignedCheckpoint) -> Result<Self, Failure> {
        let mut verifier = LogVerifier::new(log_key.clone());
        if let Some(kept) = kept {
            verifier.checkpoint(&kept.signed).map_err(|why| bad_log(&why))?;
        }
        Self::towards(verifier, signed)
    }

    /// From the kept checkpoint on.
    ///
    /// # Errors
    /// A [`Failure`]: [`Exit::RolledBack`] or [`Exit::Tampered`].
    pub fn onwards(
        log_key: &Verifier,
        kept: &Kept,
        checkpoint: &Checkpoint,
        signed: SignedCheckpoint,
    ) -> Result<Self, Failure> {
        let verifier = LogVerifier::resume(log_key.clone(), checkpoint, kept.frontier.clone());
        Self::towards(verifier.map_err(|why| bad_log(&why))?, signed)
    }

    fn towards(mut verifier: LogVerifier, signed: SignedCheckpoint) -> Result<Self, Failure> {
        let size = verifier.checkpoint(&signed).map_err(|why| bad_log(&why))?.size;
        Ok(Self { verifier, signed, size })
    }

    /// The index of the leaf wanted next, and how many are wanted; `None` when all were read.
    #[must_use]
    pub fn wanted(&self) -> Option<(u64, u64)> {
        let from = self.verifier.frontier().size();
        self.size.checked_sub(from).filter(|left| *left > 0).map(|left| (from, left))
    }

    /// Takes the leaves that follow; those beyond the checkpoint are left out.
    ///
    /// # Errors
    /// A [`Failure`] naming the entry, or the stretch of entries, that is not as signed; [`Exit::RolledBack`]
    /// when none came although more were signed for.
    pub fn feed<L: AsRef<[u8]>>(&mut self, leaves: &[L]) -> Result<(), Failure> {
        let Some((from, left)) = self.wanted() else { return Ok(()) };
        if leaves.is_empty() {
            return Err(bad_log(&LogFault::Missing { read: from, signed: self.size }));
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        for (index, leaf) in (from..).zip(leaves.iter().take(left)) {
            self.verifier.entry(index, leaf.as_ref(), &[]).map_err(|why| bad_log(&why))?;
        }
        Ok(())
    }

    /// Ends the rebuild: what was verified, and what to keep of it.
    ///
    /// # Errors
    /// A [`Failure`]: [`Exit::RolledBack`] or [`Exit::Tampered`].
    pub fn finish(self) -> Result<(Audited, Kept), Failure> {
        let kept = Kept { signed: self.signed, frontier: self.verifier.frontier().clone() };
        let audited = self.verifier.finish().map_err(|why| bad_log(&why))?;
        Ok((audited, kept))
    }
}

fn bad_checkpoint(why: &CheckpointFault) -> Failure {
    fault(why.is_rollback(), &why)
}

fn bad_log(why: &LogFault) -> Failure {
    fault(why.is_rollback(), &why)
}

fn fault(rolled_back: bool, why: &dyn std::fmt::Display) -> Failure {
    let exit = if rolled_back { Exit::RolledBack } else { Exit::Tampered };
    Failure::new(exit, why.to_string()).hint(
        "keep this context's folder as it is and tell the partnership's auditor; the kept checkpoint stands",
    )
}

#[cfg(test)]
mod tests;
