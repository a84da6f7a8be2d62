//! Making and opening a store. On opening the guard alone decides what the journal must hold.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

use aws_lc_rs::rand;
use concordat_core::entry::{Administered, Body, TailCut};
use concordat_core::ids::EntryId;
use concordat_ledger::{Checkpoint, Hash, LogKey, SignedCheckpoint, empty_root, log_id};
use concordat_seal::KeyRing;
use tokio::sync::{mpsc, oneshot};

use crate::fault::OpenFault;
use crate::port::Port;
use crate::proposal::{Appended, Proposal};
use crate::store::Head;

use super::content::Folders;
use super::found::Found;
use super::guard::{Guard, Guarded};
use super::journal::{Journal, Position, SEGMENT_HEAD, Segments};
use super::layout::{self, Layout};
use super::projections::{self, LogIndex, Projections};
use super::reserve::Reserve;
use super::ring::RingFiles;
use super::writer::{Job, QUEUE, Writer};
use super::{Embedded, Options, Shared};

impl Embedded {
    /// Makes an empty store in a directory, which must exist and hold none.
    ///
    /// # Errors
    /// [`OpenFault::Exists`], [`OpenFault::Locked`], [`OpenFault::Io`], or what the keys say.
    pub fn create(dir: &Path, options: Options) -> Result<Self, OpenFault> {
        let port = Arc::clone(&options.port);
        let lock = lock(port.as_ref(), dir)?;
        if Layout::exists(port.as_ref(), dir)? {
            return Err(OpenFault::Exists { dir: dir.to_owned() });
        }
        for folder in [layout::journal(dir), layout::content(dir)] {
            port.create_dir(&folder).map_err(OpenFault::io(&folder, "made"))?;
        }
        let files = RingFiles { port: Arc::clone(&port), dir: dir.to_owned() };
        let ring = KeyRing::create(Arc::new(files), Arc::clone(&options.kek))?;
        let key = layout::log_key(&options.log_origin, &ring)?;
        let log = log_id(&options.log_origin);
        let segments = Arc::new(Segments::new(Arc::clone(&port), layout::journal(dir)));
        Journal::create(segments, log, options.segment_bytes)?;
        let checkpoint = Checkpoint { origin: options.log_origin.clone(), size: 0, root: empty_root() };
        let checkpoint = checkpoint.sign(&key).map_err(|fault| settings(&fault))?.into_string();
        let guarded = Guarded {
            position: Position { segment: 1, offset: SEGMENT_HEAD },
            size: 0,
            root: empty_root(),
            ring: ring.generation(),
            checkpoint: checkpoint.into(),
        };
        Guard::create(port.as_ref(), &guard_path(dir, &options), log, &guarded)?;
        port.sync_dir(dir).map_err(OpenFault::io(dir, "synced"))?;
        // last, so that what is named a store is one
        Layout::new(key.verifier()).write(port.as_ref(), dir)?;
        drop(ring);
        drop(lock);
        Self::open(dir, options)
    }

    /// Opens the store in a directory.
    ///
    /// # Errors
    /// [`OpenFault`]: rolled back, tampered, locked, newer, guard missing or damaged, or what the system says.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenFault> {
        Opening::begin(dir, options)?.guarded()
    }

    /// Deletes the projections and rebuilds them from the journal, which is read and checked whole.
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn rebuild(dir: &Path, options: Options) -> Result<Self, OpenFault> {
        let opening = Opening::begin(dir, options)?;
        remove(&dir.join(projections::FOLDER))?;
        opening.guarded()
    }

    /// Accepts what the journal holds as the whole log, whatever the head guard said, and records who decided
    /// that and why. The only way to replace a guard that is lost, damaged or ahead of the journal.
    ///
    /// # Errors
    /// As [`Embedded::open`], but for what the guard alone would say.
    pub fn reset_guard(dir: &Path, options: Options, reason: &str, by: &str) -> Result<Self, OpenFault> {
        let opening = Opening::begin(dir, options)?;
        remove(&dir.join(projections::FOLDER))?;
        let body = Body::Administered(Administered {
            act: "guard_reset".to_owned(),
            reason: reason.to_owned(),
            by: by.to_owned(),
        });
        opening.reset(body)
    }
}

fn settings(fault: &dyn std::fmt::Display) -> OpenFault {
    OpenFault::Settings { what: fault.to_string() }
}

fn guard_path(dir: &Path, options: &Options) -> PathBuf {
    options.guard_path.clone().unwrap_or_else(|| layout::guard(dir))
}

fn lock(port: &dyn Port, dir: &Path) -> Result<Box<dyn std::any::Any + Send + Sync>, OpenFault> {
    let path = layout::lock(dir);
    port.lock(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => OpenFault::Locked { dir: dir.to_owned() },
        std::io::ErrorKind::NotFound => OpenFault::NotAStore { dir: dir.to_owned() },
        _ => OpenFault::Io { path, act: "locked", source },
    })
}

/// What had not arrived whole before is of no use any more, and the keys of some of it are gone.
fn empty_arriving(port: &dyn Port, dir: &Path) -> Result<(), OpenFault> {
    let folder = layout::arriving(dir);
    port.create_dir(&folder).map_err(OpenFault::io(&folder, "made"))?;
    for name in port.list(&folder).map_err(OpenFault::io(&folder, "read"))? {
        let path = folder.join(name);
        port.remove(&path).map_err(OpenFault::io(&path, "removed"))?;
    }
    Ok(())
}

pub(super) fn remove(folder: &Path) -> Result<(), OpenFault> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(OpenFault::Io { path: folder.to_owned(), act: "removed", source })
        }
        _ => Ok(()),
    }
}

/// A store that is being opened.
pub(super) struct Opening {
    pub(super) dir: PathBuf,
    pub(super) options: Options,
    layout: Layout,
    pub(super) log: Hash,
    pub(super) segments: Arc<Segments>,
    lock: Box<dyn std::any::Any + Send + Sync>,
}

impl Opening {
    fn begin(dir: &Path, options: Options) -> Result<Self, OpenFault> {
        let port = options.port.as_ref();
        if !Layout::exists(port, dir)? {
            return Err(OpenFault::NotAStore { dir: dir.to_owned() });
        }
        let lock = lock(port, dir)?;
        let layout = Layout::read(port, dir)?;
        if layout.origin != options.log_origin {
            let (found, wanted) = (&layout.origin, &options.log_origin);
            let what = format!("the store in `{}` is of log `{found}`, not of `{wanted}`", dir.display());
            return Err(OpenFault::Settings { what });
        }
        empty_arriving(port, dir)?;
        let segments = Arc::new(Segments::new(Arc::clone(&options.port), layout::journal(dir)));
        Ok(Self { dir: dir.to_owned(), log: log_id(&layout.origin), layout, segments, lock, options })
    }

    /// The key ring, no older than a generation, and the log's key.
    fn keys(&self, known: Option<u64>) -> Result<(Arc<KeyRing>, LogKey), OpenFault> {
        let files = RingFiles { port: Arc::clone(&self.options.port), dir: self.dir.clone() };
        let ring = KeyRing::open(Arc::new(files), Arc::clone(&self.options.kek), known);
        let ring = ring.map_err(OpenFault::ring)?;
        let key = self.layout.log_key(&ring)?;
        Ok((Arc::new(ring), key))
    }

    fn guarded(self) -> Result<Embedded, OpenFault> {
        let path = guard_path(&self.dir, &self.options);
        let (guard, guarded) = Guard::open(self.options.port.as_ref(), &path, self.log)?;
        let (ring, key) = self.keys(Some(guarded.ring))?;
        let signed = SignedCheckpoint::parse(guarded.checkpoint.as_bytes())
            .and_then(|signed| signed.verify(key.verifier()))
            .ok()
            .filter(|checkpoint| checkpoint.size == guarded.size && checkpoint.root == guarded.root);
        if signed.is_none() {
            return Err(OpenFault::GuardDamaged { path, why: "carries a checkpoint that is not the log's" });
        }
        let found = self.read(&ring, &key, Some(&guarded))?;
        self.finish(Signed { ring, key, guard, guarded }, found, None)
    }

    fn reset(self, body: Body) -> Result<Embedded, OpenFault> {
        let path = guard_path(&self.dir, &self.options);
        let (ring, key) = self.keys(None)?;
        let found = self.read(&ring, &key, None)?;
        let root = found.index.tree.root();
        let checkpoint = Checkpoint { origin: self.layout.origin.clone(), size: found.size(), root };
        let checkpoint = checkpoint.sign(&key).map_err(|fault| settings(&fault))?.into_string();
        let guarded = Guarded {
            position: found.end,
            size: found.size(),
            root,
            ring: ring.generation(),
            checkpoint: checkpoint.into(),
        };
        let port = self.options.port.as_ref();
        for number in 1..=found.end.segment {
            let end = Position { segment: number, offset: SEGMENT_HEAD };
            let journal = Journal::open(Arc::clone(&self.segments), self.log, end, u32::MAX);
            let synced = journal.and_then(|journal| journal.sync());
            synced.map_err(OpenFault::io(&self.segments.path(number), "synced"))?;
        }
        let guard = Guard::create(port, &path, self.log, &guarded)?;
        self.finish(Signed { ring, key, guard, guarded }, found, Some(body))
    }

    /// Starts the writer, makes what was found above the guarded byte part of the log, and records what the
    /// opening itself has to say.
    fn finish(self, signed: Signed, found: Found, first: Option<Body>) -> Result<Embedded, OpenFault> {
        let Signed { ring, key, guard, guarded } = signed;
        let path = self.segments.path(found.end.segment);
        let rotate_at = self.options.segment_bytes;
        let journal = Journal::open(Arc::clone(&self.segments), self.log, found.end, rotate_at);
        let journal = journal.map_err(OpenFault::io(&path, "written"))?;
        let size = found.size();
        let last_checkpoint = found.index.checkpoints.last().map_or(0, |(size, _)| *size);
        let Found { projections, index, last_at, end, kept, cut, from } = found;
        let shared = self.share(ring, &key, &guarded, index, projections);
        let mut writer = Writer {
            reserve: Reserve::in_folder(&layout::journal(&shared.dir)),
            shared: Arc::clone(&shared),
            key,
            journal,
            guard,
            unjournalled: last_checkpoint < guarded.size,
            guarded,
            last_at,
            down: None,
            projections_broken: false,
        };
        writer.settle(end, size, cut)?;
        if cut > 0 {
            tracing::warn!(bytes = cut, kept, "bytes above the head guard could not be read and were cut");
            record(&mut writer, Body::TailCut(TailCut { bytes: cut, kept }))?;
        }
        if let Some(body) = first {
            record(&mut writer, body)?;
        }
        let (queue, waiting) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("concordat-log".to_owned());
        let thread =
            thread.spawn(move || writer.run(waiting)).map_err(OpenFault::io(&shared.dir, "served"))?;
        let (queue, writer) = (RwLock::new(Some(queue)), Mutex::new(Some(thread)));
        Ok(Embedded { shared, queue, writer, read_from: from })
    }

    fn share(
        self,
        ring: Arc<KeyRing>,
        key: &LogKey,
        guarded: &Guarded,
        index: LogIndex,
        projections: Projections,
    ) -> Arc<Shared> {
        let checkpoint = Arc::clone(&guarded.checkpoint);
        let head = Head { size: guarded.size, root: guarded.root, checkpoint };
        Arc::new(Shared {
            dir: self.dir,
            port: self.options.port,
            clock: self.options.clock,
            ring,
            verifier: key.verifier().clone(),
            log: self.log,
            inline_bytes: self.options.inline_bytes,
            in_memory: self.options.projections_in_memory,
            segments: self.segments,
            folders: Folders::default(),
            head: RwLock::new(Arc::new(head)),
            index: RwLock::new(index),
            projections: RwLock::new(Arc::new(projections)),
            spooled: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            stale: AtomicBool::new(false),
            _lock: self.lock,
        })
    }
}

/// The keys of a store and the guard that they agree with.
struct Signed {
    ring: Arc<KeyRing>,
    key: LogKey,
    guard: Guard,
    guarded: Guarded,
}

/// Records an entry of the store's own before anybody can call.
fn record(writer: &mut Writer, body: Body) -> Result<(), OpenFault> {
    let mut id = [0; 16];
    rand::fill(&mut id).map_err(|_| settings(&"no random bytes are at hand"))?;
    let prepared = writer.shared.prepare(Proposal::of(EntryId(id), body));
    let prepared = prepared.map_err(|fault| settings(&fault.operator()))?;
    let (answer, mut answered) = oneshot::channel();
    writer.commit(vec![Job { entries: vec![prepared], answer }]);
    match answered.try_recv() {
        Ok(Ok(Appended::Committed(_))) => Ok(()),
        Ok(Err(fault)) => Err(settings(&fault.operator())),
        _ => Err(settings(&"the store's own entry could not be recorded")),
    }
}
