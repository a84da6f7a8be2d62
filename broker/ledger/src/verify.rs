//! Verifying a log by reading it: an auditor feeds the entries in order, with the checkpoints the log signed,
//! and learns the first place where they do not agree.

use std::collections::VecDeque;

use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointFault, SignedCheckpoint};
use crate::frontier::Frontier;
use crate::hash::{Hash, leaf_hash, sha256};
use crate::key::Verifier;
use crate::leaf::{Leaf, LeafFault, SectionDigest, log_id};

/// What an auditor holds of one sealed section. Sections nobody passes count as absent: an erased one is no
/// fault here; that its erasure was decided is an entry of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionBody<'a> {
    /// The sealed bytes as stored.
    Stored(&'a [u8]),
    /// Their length and SHA-256, taken elsewhere.
    Hashed {
        /// Length of the sealed bytes.
        stored_len: u32,
        /// SHA-256 of the sealed bytes.
        hash: Hash,
    },
}

/// Where a log fails.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogFault {
    /// An entry is missing, repeated or out of order.
    #[error("entry {expected} was expected, entry {found} came: entries are missing or out of order")]
    OutOfOrder {
        /// The next index to come.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// An entry's leaf cannot be read.
    #[error("entry {index}: {fault}")]
    Leaf {
        /// The entry's index.
        index: u64,
        /// What is wrong with the leaf.
        fault: LeafFault,
    },
    /// An entry belongs to another log.
    #[error("entry {index} belongs to another log")]
    OtherLog {
        /// The entry's index.
        index: u64,
    },
    /// A section's stored bytes are not those that were sealed.
    #[error("entry {index}: the stored bytes of section {section} are not those the log recorded")]
    SectionAltered {
        /// The entry's index.
        index: u64,
        /// The section's number.
        section: u8,
    },
    /// A section is stored that the leaf does not name.
    #[error("entry {index}: section {section} is stored, but the log recorded no such section")]
    UnknownSection {
        /// The entry's index.
        index: u64,
        /// The section's number.
        section: u8,
    },
    /// A checkpoint is not the log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// The entries are whole, each in itself, but are not those that were signed.
    #[error("among entries {from} to {last} at least one was altered, added, removed or moved: the root signed at size {to} is another", last = .to.saturating_sub(1))]
    Interval {
        /// The last size at which the log agreed; the first suspect index.
        from: u64,
        /// The size at which it does not.
        to: u64,
    },
    /// A checkpoint is smaller than one the log has signed before.
    #[error("the log shows a checkpoint of {found} entries after one of {had}: it was rolled back")]
    RolledBack {
        /// The size it had signed.
        had: u64,
        /// The smaller size shown later.
        found: u64,
    },
    /// The log signed two roots for one size.
    #[error("the log signed two different roots at size {size}: it was forked")]
    Forked {
        /// The size both have.
        size: u64,
    },
    /// A checkpoint came after entries above it had been read.
    #[error(
        "the checkpoint of {size} entries came after {read} entries were read; pass it before entry {size}"
    )]
    TooLate {
        /// The checkpoint's size.
        size: u64,
        /// How many entries had been read.
        read: u64,
    },
    /// The log signed for more entries than it gives.
    #[error("the log gives {read} entries but has signed for {signed}: it was rolled back or cut short")]
    Missing {
        /// How many entries were read.
        read: u64,
        /// How many were signed for.
        signed: u64,
    },
    /// Entries were read that no checkpoint covers.
    #[error("entries from {covered} to {last} are covered by no checkpoint", last = .read.saturating_sub(1))]
    Uncovered {
        /// The size of the last checkpoint that agreed.
        covered: u64,
        /// How many entries were read.
        read: u64,
    },
    /// The place to go on from does not agree with its checkpoint.
    #[error("the kept frontier does not lead to the root signed at size {size}")]
    Resume {
        /// The checkpoint's size.
        size: u64,
    },
}

impl LogFault {
    /// Whether the log lost entries it had signed for, rather than holding altered ones.
    #[must_use]
    pub const fn is_rollback(&self) -> bool {
        match self {
            Self::RolledBack { .. } | Self::Missing { .. } => true,
            Self::Checkpoint(fault) => fault.is_rollback(),
            _ => false,
        }
    }
}

/// What was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audited {
    /// The log's size, all of it covered by checkpoints.
    pub size: u64,
    /// The root the log signed at that size.
    pub root: Hash,
    /// How many checkpoints agreed.
    pub checkpoints: u64,
    /// How many section bodies were hashed or compared and found as recorded.
    pub sections_checked: u64,
    /// How many sections nobody passed: erased, or not fetched.
    pub sections_absent: u64,
}

/// Verifies a log entry by entry, holding at most 64 hashes of it. The first fault ends the verification:
/// nothing read after it is counted.
#[derive(Debug, Clone)]
pub struct LogVerifier {
    verifier: Verifier,
    log: Hash,
    frontier: Frontier,
    /// The last size at which a checkpoint agreed, and its root.
    agreed: (u64, Hash),
    /// Checkpoints whose size is still to be reached, by size.
    ahead: VecDeque<Checkpoint>,
    checkpoints: u64,
    sections_checked: u64,
    sections_absent: u64,
}

impl LogVerifier {
    /// A verifier from the log's first entry on.
    #[must_use]
    pub fn new(verifier: Verifier) -> Self {
        Self::from(verifier, Frontier::new())
    }

    /// A verifier that goes on after a checkpoint trusted before, with the frontier kept from then.
    ///
    /// # Errors
    /// [`LogFault::Resume`] if the frontier is not that of the checkpoint,
    /// [`CheckpointFault::OtherLog`] if the checkpoint is another log's.
    pub fn resume(verifier: Verifier, trusted: &Checkpoint, frontier: Frontier) -> Result<Self, LogFault> {
        if trusted.origin != verifier.name() {
            let (expected, found) = (verifier.name().to_owned(), trusted.origin.clone());
            return Err(CheckpointFault::OtherLog { expected, found }.into());
        }
        if frontier.size() != trusted.size || frontier.root() != trusted.root {
            return Err(LogFault::Resume { size: trusted.size });
        }
        Ok(Self::from(verifier, frontier))
    }

    fn from(verifier: Verifier, frontier: Frontier) -> Self {
        Self {
            log: log_id(verifier.name()),
            agreed: (frontier.size(), frontier.root()),
            verifier,
            frontier,
            ahead: VecDeque::new(),
            checkpoints: 0,
            sections_checked: 0,
            sections_absent: 0,
        }
    }

    /// Takes a checkpoint the log has signed, in the order it signed them and before any entry above it. It is
    /// compared as soon as its size is reached.
    ///
    /// # Errors
    /// [`LogFault::Checkpoint`], [`LogFault::RolledBack`], [`LogFault::Forked`], [`LogFault::TooLate`] or
    /// [`LogFault::Interval`].
    pub fn checkpoint(&mut self, signed: &SignedCheckpoint) -> Result<Checkpoint, LogFault> {
        let checkpoint = signed.verify(&self.verifier)?;
        let (size, root) = (checkpoint.size, checkpoint.root);
        let (had, known) = self.ahead.back().map_or(self.agreed, |last| (last.size, last.root));
        if size < had {
            return Err(LogFault::RolledBack { had, found: size });
        }
        if size == had {
            if root != known {
                return Err(LogFault::Forked { size });
            }
        } else if size < self.frontier.size() {
            return Err(LogFault::TooLate { size, read: self.frontier.size() });
        } else {
            self.ahead.push_back(checkpoint.clone());
            self.compare()?;
        }
        Ok(checkpoint)
    }

    /// Takes the next entry: its index, its leaf's bytes and what is held of its sections, by number.
    ///
    /// # Errors
    /// [`LogFault`] naming this index, or the interval of a checkpoint that this entry reaches and that does
    /// not agree.
    pub fn entry(
        &mut self,
        index: u64,
        leaf: &[u8],
        bodies: &[(u8, SectionBody<'_>)],
    ) -> Result<Leaf, LogFault> {
        let expected = self.frontier.size();
        if index != expected {
            return Err(LogFault::OutOfOrder { expected, found: index });
        }
        let decoded = Leaf::decode(leaf).map_err(|fault| LogFault::Leaf { index, fault })?;
        if decoded.log != self.log {
            return Err(LogFault::OtherLog { index });
        }
        for (section, body) in bodies {
            let recorded = decoded.sections.iter().find(|recorded| recorded.number == *section);
            match recorded {
                None => return Err(LogFault::UnknownSection { index, section: *section }),
                Some(recorded) if !body.is(recorded) => {
                    return Err(LogFault::SectionAltered { index, section: *section });
                }
                Some(_) => self.sections_checked += 1,
            }
        }
        let held = |section: &&SectionDigest| bodies.iter().any(|(number, _)| *number == section.number);
        let absent = decoded.sections.iter().filter(|section| !held(section)).count();
        self.sections_absent += absent as u64;
        self.frontier.push(leaf_hash(leaf));
        self.compare()?;
        Ok(decoded)
    }

    /// The frontier reached, to be kept with the last checkpoint and resumed from.
    #[must_use]
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Ends the verification: every entry read must be covered by a checkpoint, and every checkpoint reached.
    ///
    /// # Errors
    /// [`LogFault::Missing`] or [`LogFault::Uncovered`].
    pub fn finish(self) -> Result<Audited, LogFault> {
        let read = self.frontier.size();
        if let Some(last) = self.ahead.back() {
            return Err(LogFault::Missing { read, signed: last.size });
        }
        let (size, root) = self.agreed;
        if size != read {
            return Err(LogFault::Uncovered { covered: size, read });
        }
        Ok(Audited {
            size,
            root,
            checkpoints: self.checkpoints,
            sections_checked: self.sections_checked,
            sections_absent: self.sections_absent,
        })
    }

    /// Compares the next checkpoint if its size has been reached; one that does not agree stays, so that the
    /// verification cannot end well.
    fn compare(&mut self) -> Result<(), LogFault> {
        let size = self.frontier.size();
        let Some(next) = self.ahead.front().filter(|next| next.size == size) else { return Ok(()) };
        if self.frontier.root() != next.root {
            return Err(LogFault::Interval { from: self.agreed.0, to: size });
        }
        self.agreed = (size, next.root);
        self.checkpoints += 1;
        self.ahead.pop_front();
        Ok(())
    }
}

impl SectionBody<'_> {
    fn is(&self, recorded: &SectionDigest) -> bool {
        match self {
            Self::Stored(bytes) => {
                bytes.len() == recorded.stored_len as usize && sha256(&[bytes]) == recorded.hash
            }
            Self::Hashed { stored_len, hash } => *stored_len == recorded.stored_len && *hash == recorded.hash,
        }
    }
}

#[cfg(test)]
mod tests;
