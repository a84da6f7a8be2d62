//! Why a store does not open or does not verify, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use concordat_core::fault::Fault;
use concordat_seal::{KekFault, SealFault};

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// There is a store already.
    #[error("`{}` holds a store already; it is never overwritten, open it instead", dir.display())]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// There is no store.
    #[error("`{}` holds no store: its `store.toml` is missing; check the path, or restore the directory", dir.display())]
    NotAStore {
        /// The directory.
        dir: PathBuf,
    },
    /// Another process has it open.
    #[error("the store in `{}` is in use by another process; stop that broker first", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// A newer broker wrote it.
    #[error("{what} has format {found}, this broker reads up to {known}; use a newer one")]
    Newer {
        /// Which file.
        what: String,
        /// The format found.
        found: u32,
        /// The newest format this build reads.
        known: u32,
    },
    /// The journal is shorter than what was acknowledged.
    #[error(
        "the log was rolled back: {had} entries were acknowledged, the journal holds {found}; an older copy \
         was put back or its end was cut off: restore the newest copy, or accept the loss with `guard reset`"
    )]
    RolledBack {
        /// How many entries the guard vouches for.
        had: u64,
        /// How many the journal holds.
        found: u64,
    },
    /// The key ring is older than what was acknowledged.
    #[error("the key ring was rolled back; {source}")]
    RingRolledBack {
        /// What the key ring says.
        #[source]
        source: SealFault,
    },
    /// Something stored is not what was recorded.
    #[error("the log was tampered with or damaged{}: {what}; restore the file from a copy and run `verify`", at(*.entry))]
    Tampered {
        /// The first entry that is not as it was recorded, where one can be named.
        entry: Option<u64>,
        /// What does not fit.
        what: String,
    },
    /// The head guard is missing.
    #[error(
        "the head guard `{}` is missing, so nothing says how far the log must reach; mount its volume or \
         restore it, or accept what is there with `guard reset`", path.display()
    )]
    GuardMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The head guard holds no whole slot, or is of another log.
    #[error("the head guard `{}` {why}; restore it, or accept what is there with `guard reset`", path.display())]
    GuardDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// The settings contradict what is stored.
    #[error("{what}")]
    Settings {
        /// What contradicts what.
        what: String,
    },
    /// The projections could not be rebuilt.
    #[error(
        "the projections could not be rebuilt: {what}; check the disk, then delete `projections` and open again"
    )]
    Projections {
        /// What went wrong.
        what: String,
    },
    /// The keys failed.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// The key-encryption key failed.
    #[error(transparent)]
    Kek(#[from] KekFault),
    /// The system refused.
    #[error("`{}` could not be {act}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried, such as `read`.
        act: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

fn at(entry: Option<u64>) -> String {
    entry.map_or_else(String::new, |index| format!(" at entry {index}"))
}

impl OpenFault {
    pub(crate) fn io(path: &Path, act: &'static str) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, act, source }
    }

    pub(crate) fn tampered(entry: Option<u64>, what: impl Into<String>) -> Self {
        Self::Tampered { entry, what: what.into() }
    }

    /// Sorts what the key ring says: rolled back, damaged, or neither.
    pub(crate) fn ring(fault: SealFault) -> Self {
        match fault {
            SealFault::RingRolledBack { .. } => Self::RingRolledBack { source: fault },
            SealFault::RingCorrupt { .. } | SealFault::RingAbsent { .. } => {
                Self::tampered(None, fault.to_string())
            }
            other => Self::Seal(other),
        }
    }

    /// Whether entries that were acknowledged are gone (exit code 9).
    #[must_use]
    pub const fn is_rolled_back(&self) -> bool {
        matches!(self, Self::RolledBack { .. } | Self::RingRolledBack { .. })
    }

    /// Whether something stored was altered (exit code 8).
    #[must_use]
    pub const fn is_tampered(&self) -> bool {
        matches!(self, Self::Tampered { .. } | Self::GuardDamaged { .. })
    }
}

impl From<OpenFault> for Fault {
    fn from(fault: OpenFault) -> Fault {
        if fault.is_rolled_back() || fault.is_tampered() {
            Fault::tampered(fault)
        } else {
            Fault::unavailable(fault)
        }
    }
}
