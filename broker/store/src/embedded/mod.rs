//! The store in one directory. The journal is the truth; everything else can be told from it, but for the
//! content files it names, the key ring and the head guard.
//!
//! One order for every group: frames, sync, signed checkpoint, guard, sync, projections, answer.

mod append;
pub(crate) mod content;
pub(crate) mod core;
mod erase;
mod found;
mod frame;
mod group;
pub(crate) mod guard;
pub(crate) mod journal;
pub(crate) mod layout;
mod open;
mod prepare;
pub(crate) mod projections;
pub(crate) mod read;
mod recover;
mod reserve;
pub(crate) mod ring;
mod scan;
mod unchanged;
mod writer;

#[cfg(test)]
mod tests;

use std::any::Any;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;

use concordat_core::clock::Clock;
use concordat_ledger::{Hash, Verifier};
use concordat_seal::{KekProvider, KeyRing};
use tokio::sync::mpsc;

use crate::port::{DiskPort, Port};
use crate::store::Head;

use self::content::Folders;
use self::journal::Segments;
use self::projections::{LogIndex, Projections};
use self::writer::Job;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Where recorded times come from.
    pub clock: Arc<dyn Clock>,
    /// The key-encryption key that wraps the key ring.
    pub kek: Arc<dyn KekProvider>,
    /// The log's origin, such as `concordat/northshire/log`. A store that exists must have this one.
    pub log_origin: String,
    /// Where the head guard lies, best on another volume; `guard` in the store's directory when absent.
    pub guard_path: Option<PathBuf>,
    /// The file access.
    pub port: Arc<dyn Port>,
    /// Whether the projections are kept in memory alone and rebuilt at every opening.
    pub projections_in_memory: bool,
    /// From which length on a journal segment is followed by a new one, in bytes; at most 1 GiB.
    pub segment_bytes: u32,
    /// Up to which length a payload that need not be erasable lies in the journal, in bytes.
    pub inline_bytes: usize,
}

impl Options {
    /// The settings of a broker: the real disk, segments of 64 MiB, payloads in the journal up to 1 MiB.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, kek: Arc<dyn KekProvider>, log_origin: &str) -> Self {
        Self {
            clock,
            kek,
            log_origin: log_origin.to_owned(),
            guard_path: None,
            port: Arc::new(DiskPort),
            projections_in_memory: false,
            segment_bytes: 64 * 1024 * 1024,
            inline_bytes: 1024 * 1024,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("log_origin", &self.log_origin)
            .field("guard_path", &self.guard_path)
            .finish_non_exhaustive()
    }
}

/// A store in one directory, open; see [`crate::Store`]. Dropped without [`Embedded::close`] it loses nothing,
/// but the next opening reads the whole journal.
pub struct Embedded {
    shared: Arc<Shared>,
    queue: RwLock<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    read_from: u64,
}

impl Embedded {
    /// The index of the first entry that this opening had to read from the journal: the head's size after a clean
    /// stop, 0 when the projections were rebuilt.
    #[must_use]
    pub fn read_from(&self) -> u64 {
        self.read_from
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("dir", &self.shared.dir).finish_non_exhaustive()
    }
}

/// What the writer and the readers share.
pub(crate) struct Shared {
    dir: PathBuf,
    port: Arc<dyn Port>,
    clock: Arc<dyn Clock>,
    ring: Arc<KeyRing>,
    verifier: Verifier,
    log: Hash,
    inline_bytes: usize,
    in_memory: bool,
    segments: Arc<Segments>,
    folders: Folders,
    index: RwLock<LogIndex>,
    head: RwLock<Arc<Head>>,
    projections: RwLock<Arc<Projections>>,
    /// How many contents have begun to arrive since the store was opened.
    spooled: AtomicU64,
    /// Set before the queue is closed when the stop is to be a clean one.
    closing: AtomicBool,
    /// Set while the projections lag behind the log: nothing is answered from them until they are rebuilt.
    stale: AtomicBool,
    /// Held for as long as the store is open.
    _lock: Box<dyn Any + Send + Sync>,
}
