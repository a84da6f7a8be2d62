//! The whole directory checked offline: every frame, section, content file, leaf, checkpoint, the guard, and the
//! projections against rows made anew. It reads the files with code of its own, so that a mistake of the writer
//! is not repeated by the check.

mod frames;
mod journal;
mod rows;

use std::path::Path;
use std::sync::Arc;

use concordat_ledger::{Hash, SignedCheckpoint, Verifier, log_id};
use concordat_seal::KeyRing;

use crate::embedded::guard::{self, Guarded};
use crate::embedded::layout::{self, Layout};
use crate::embedded::ring::RingFiles;
use crate::{OpenFault, Options};

/// What a verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many entries the journal holds and the guard vouches for.
    pub size: u64,
    /// The root over them, as signed.
    pub root: Option<Hash>,
    /// How many signed checkpoints agreed.
    pub checkpoints: u64,
    /// How many sections were hashed and are those recorded.
    pub sections: u64,
    /// How many sections were erased: their key was destroyed.
    pub erased: u64,
    /// How many content files are named by entries and were read.
    pub content_files: u64,
    /// How many content files no entry names: left behind by groups that were never recorded.
    pub unnamed_files: u64,
    /// How many whole entries stand above the guard; the next opening signs them.
    pub unsigned: u64,
    /// How many bytes after the last whole frame above the guard cannot be used; the next opening cuts them.
    pub tail: u64,
    /// How many projection rows were compared; `None` when the next opening rebuilds them anyway.
    pub rows: Option<u64>,
    /// Everything that does not fit, in the order found.
    pub faults: Vec<VerifyFault>,
}

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyFault {
    /// Entries that were acknowledged are gone.
    #[error("the log was rolled back: {had} entries were acknowledged, the journal holds {found}")]
    RolledBack {
        /// How many were acknowledged.
        had: u64,
        /// How many there are.
        found: u64,
    },
    /// Something is not as it was recorded.
    #[error("{}{what}", entry.map_or_else(String::new, |index| format!("entry {index}: ")))]
    Tampered {
        /// The entry, or the first of those among which it is.
        entry: Option<u64>,
        /// What does not fit.
        what: String,
    },
    /// The projections say something else than the log; the log is whole. Rebuild them.
    #[error("the projections differ from the log: {what}; rebuild them")]
    Projections {
        /// What differs.
        what: String,
    },
}

/// What a verification comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as it was recorded.
    Whole,
    /// The log is whole; the projections must be rebuilt.
    ProjectionsDiffer,
    /// Something was altered or is missing (exit code 8).
    Tampered,
    /// Acknowledged entries are gone (exit code 9).
    RolledBack,
}

impl Report {
    /// What it comes to: the gravest of the faults.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let has = |which: fn(&VerifyFault) -> bool| self.faults.iter().any(which);
        if has(|fault| matches!(fault, VerifyFault::RolledBack { .. })) {
            Verdict::RolledBack
        } else if has(|fault| matches!(fault, VerifyFault::Tampered { .. })) {
            Verdict::Tampered
        } else if self.faults.is_empty() {
            Verdict::Whole
        } else {
            Verdict::ProjectionsDiffer
        }
    }

    fn tampered(&mut self, entry: Option<u64>, what: impl std::fmt::Display) {
        self.faults.push(VerifyFault::Tampered { entry, what: what.to_string() });
    }
}

/// Checks the store in a directory that no broker has open. Nothing of the log is changed.
///
/// # Errors
/// [`OpenFault`] when there is no store to be checked, it is in use, or its keys do not open; whatever is wrong
/// with the log itself stands in the report.
pub fn directory(dir: &Path, options: &Options) -> Result<Report, OpenFault> {
    let port = options.port.as_ref();
    if !Layout::exists(port, dir)? {
        return Err(OpenFault::NotAStore { dir: dir.to_owned() });
    }
    let path = layout::lock(dir);
    let _lock = port.lock(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => OpenFault::Locked { dir: dir.to_owned() },
        _ => OpenFault::Io { path, act: "locked", source },
    })?;
    let mut report = Report::default();
    let layout = match Layout::read(port, dir) {
        Ok(layout) => layout,
        Err(OpenFault::Tampered { entry, what }) => {
            report.tampered(entry, what);
            return Ok(report);
        }
        Err(other) => return Err(other),
    };
    let verifier: Verifier = layout
        .verifier
        .parse()
        .map_err(|fault: concordat_ledger::KeyFault| OpenFault::Settings { what: fault.to_string() })?;
    let guarded = head_guard(dir, options, &verifier, &mut report);
    let Some(ring) = key_ring(dir, options, &layout, guarded.as_ref(), &mut report)? else {
        return Ok(report);
    };
    let walk = journal::Walk { dir, port, ring: &ring, verifier: &verifier, guarded: guarded.as_ref() };
    let rows = walk.run(&mut report)?;
    if !options.projections_in_memory && report.verdict() == Verdict::Whole {
        rows::compare(dir, &ring, &rows, &mut report);
    }
    Ok(report)
}

/// The guard, if it is whole and carries the log's own checkpoint.
fn head_guard(dir: &Path, options: &Options, verifier: &Verifier, report: &mut Report) -> Option<Guarded> {
    let path = options.guard_path.clone().unwrap_or_else(|| layout::guard(dir));
    let guarded = match guard::read(options.port.as_ref(), &path, log_id(verifier.name())) {
        Ok(guarded) => guarded,
        Err(fault) => {
            report.tampered(None, fault);
            return None;
        }
    };
    let signed = SignedCheckpoint::parse(guarded.checkpoint.as_bytes());
    match signed.and_then(|signed| signed.verify(verifier)) {
        Ok(checkpoint) if checkpoint.size == guarded.size && checkpoint.root == guarded.root => Some(guarded),
        _ => {
            report.tampered(None, "the head guard carries a checkpoint that is not the log's");
            None
        }
    }
}

/// The key ring; `None` when what is wrong with it stands in the report.
fn key_ring(
    dir: &Path,
    options: &Options,
    layout: &Layout,
    guarded: Option<&Guarded>,
    report: &mut Report,
) -> Result<Option<KeyRing>, OpenFault> {
    let files = RingFiles { port: Arc::clone(&options.port), dir: dir.to_owned() };
    let known = guarded.map(|guarded| guarded.ring);
    let ring = match KeyRing::open(Arc::new(files), Arc::clone(&options.kek), known).map_err(OpenFault::ring)
    {
        Ok(ring) => ring,
        Err(OpenFault::Tampered { what, .. }) => {
            report.tampered(None, what);
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    match layout.log_key(&ring) {
        Ok(_) => Ok(Some(ring)),
        Err(fault) => {
            report.tampered(None, fault);
            Ok(None)
        }
    }
}
