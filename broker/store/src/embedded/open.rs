//! Making and opening a store. On opening the guard alone decides what the journal must hold.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock, mpsc as channel};
use std::time::Duration;

use aws_lc_rs::rand;
use concordat_core::entry::{Administered, Body, TailCut};
use concordat_core::ids::EntryId;
use concordat_ledger::{Checkpoint, Hash, LogKey, SignedCheckpoint, empty_root, log_id};
use concordat_seal::KeyRing;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::fault::OpenFault;
use crate::port::Port;
use crate::proposal::{Appended, Proposal};
use crate::store::Head;

use super::guard::{Guard, Guarded};
use super::journal::{Journal, Position, SEGMENT_HEAD, Segments};
use super::layout::{self, Layout};
use super::projections::{self, Kept, LogIndex, Pending, Projections};
use super::reserve::Reserve;
use super::ring::RingFiles;
use super::scan::Scan;
use super::writer::{Job, QUEUE, Writer};
use super::{Embedded, Options, Shared};

/// How long projections may take to open before they are set aside and rebuilt.
const PATIENCE: Duration = Duration::from_secs(120);

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

fn remove(folder: &Path) -> Result<(), OpenFault> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(OpenFault::Io { path: folder.to_owned(), act: "removed", source })
        }
        _ => Ok(()),
    }
}

/// A store that is being opened.
struct Opening {
    dir: PathBuf,
    options: Options,
    layout: Layout,
    log: Hash,
    segments: Arc<Segments>,
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
        self.finish(ring, key, guard, Some(guarded), found, None)
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
        self.finish(ring, key, guard, Some(guarded), found, Some(body))
    }

    /// Finds out what the log holds: from the projections if they were stopped cleanly, else from the journal.
    fn read(&self, ring: &Arc<KeyRing>, key: &LogKey, guarded: Option<&Guarded>) -> Result<Found, OpenFault> {
        if let (Some(guarded), false) = (guarded, self.options.projections_in_memory)
            && let Some((projections, kept)) = self.kept(ring, guarded)
        {
            let last_at = self.last_at(&kept.index, ring)?;
            let end = self.end_of(&kept, guarded)?;
            return self.scan(ring, key, Some(guarded), projections, kept.index, end, last_at);
        }
        let fresh = if self.options.projections_in_memory {
            Projections::memory(ring)
        } else {
            let folder = self.dir.join(projections::FOLDER);
            remove(&folder)?;
            Projections::create(&folder, ring)
        };
        let fresh = fresh.map_err(|broken| OpenFault::Projections { what: broken.0 })?;
        let start = Position { segment: 1, offset: SEGMENT_HEAD };
        self.scan(ring, key, guarded, fresh, LogIndex::default(), start, Timestamp::UNIX_EPOCH)
    }

    /// The projections of a clean stop, if they agree with the guard and the journal's files.
    fn kept(&self, ring: &Arc<KeyRing>, guarded: &Guarded) -> Option<(Projections, Kept)> {
        let folder = self.dir.join(projections::FOLDER);
        if !folder.exists() {
            return None;
        }
        let (opened, ring) = (folder.clone(), Arc::clone(ring));
        let (send, receive) = channel::channel();
        // on a thread of its own: damaged files may keep it busy for ever
        std::thread::spawn(move || send.send(Projections::open(&opened, &ring)));
        match receive.recv_timeout(PATIENCE) {
            Ok(Ok(Some((projections, kept)))) => {
                if self.agrees(&kept, guarded) {
                    return Some((projections, kept));
                }
                tracing::warn!("the projections do not agree with the log; they are rebuilt");
                projections.abandon();
            }
            Ok(Ok(None)) => {
                tracing::info!("the store was not stopped cleanly; the projections are rebuilt");
                return None;
            }
            Ok(Err(broken)) => tracing::warn!(%broken, "the projections are set aside and rebuilt"),
            Err(_) => tracing::warn!("the projections did not open in time; they are set aside and rebuilt"),
        }
        set_aside(&folder);
        None
    }

    fn agrees(&self, kept: &Kept, guarded: &Guarded) -> bool {
        let known = kept.index.tree.root() == kept.root && kept.size <= guarded.size;
        let same = kept.size < guarded.size || kept.root == guarded.root;
        known && same && self.files_reach(&kept.index)
    }

    /// Whether every segment that the index speaks of is there and holds its last entry.
    fn files_reach(&self, index: &LogIndex) -> bool {
        let positions = index.positions.iter().map(|packed| Position::unpack(*packed));
        let following = index.positions.iter().skip(1).map(|packed| Some(Position::unpack(*packed)));
        let last_of_segment = positions
            .zip(following.chain([None]))
            .filter(|(one, next)| next.is_none_or(|next| next.segment != one.segment));
        last_of_segment.map(|(position, _)| position).all(|position| {
            let frame = self.segments.frame_at(position);
            frame.is_ok_and(|bytes| super::frame::parse(&bytes).is_ok())
        })
    }

    /// Where the journal goes on after what is kept.
    fn end_of(&self, kept: &Kept, guarded: &Guarded) -> Result<Position, OpenFault> {
        if kept.size == guarded.size {
            return Ok(guarded.position);
        }
        let Some(last) = kept.index.positions.last().map(|packed| Position::unpack(*packed)) else {
            return Ok(Position { segment: 1, offset: SEGMENT_HEAD });
        };
        let path = self.segments.path(last.segment);
        let frame = self.segments.frame_at(last).map_err(OpenFault::io(&path, "read"))?;
        last.plus(frame.len()).ok_or_else(|| OpenFault::tampered(None, "a segment is too long"))
    }

    /// When the last entry was recorded.
    fn last_at(&self, index: &LogIndex, ring: &KeyRing) -> Result<Timestamp, OpenFault> {
        let Some(last) = index.positions.last().map(|packed| Position::unpack(*packed)) else {
            return Ok(Timestamp::UNIX_EPOCH);
        };
        let entry = index.positions.len() as u64 - 1;
        let path = self.segments.path(last.segment);
        let bytes = self.segments.frame_at(last).map_err(OpenFault::io(&path, "read"))?;
        super::read::entry_of(ring, &self.log, &index.tree, entry, &bytes)
            .map(|recorded| recorded.recorded_at)
            .map_err(|why| OpenFault::tampered(Some(entry), why))
    }

    #[expect(clippy::too_many_arguments, reason = "where to go on from has five parts")]
    fn scan(
        &self,
        ring: &Arc<KeyRing>,
        key: &LogKey,
        guarded: Option<&Guarded>,
        projections: Projections,
        index: LogIndex,
        end: Position,
        last_at: Timestamp,
    ) -> Result<Found, OpenFault> {
        let path = self.segments.dir();
        let numbers = self.segments.numbers().map_err(OpenFault::io(path, "read"))?;
        if !self.options.projections_in_memory {
            projections.begin().map_err(|broken| OpenFault::Projections { what: broken.0 })?;
        }
        let before = (index.positions.len(), index.checkpoints.len());
        let from = index.positions.len() as u64;
        let mut scan = Scan {
            segments: &self.segments,
            ring,
            log: self.log,
            verifier: key.verifier(),
            guarded,
            index,
            pending: Pending::over(&projections),
            projections: &projections,
            last_at,
            end,
            kept: 0,
            cut: 0,
            last_segment: numbers.last().copied().unwrap_or(0),
        };
        scan.run()?;
        let Scan { index, last_at, end, kept, cut, .. } = scan;
        let saved = projections.save_full_chunks(&index, before);
        saved.map_err(|broken| OpenFault::Projections { what: broken.0 })?;
        Ok(Found { projections, index, last_at, end, kept, cut, from })
    }

    fn finish(
        self,
        ring: Arc<KeyRing>,
        key: LogKey,
        guard: Guard,
        guarded: Option<Guarded>,
        found: Found,
        first: Option<Body>,
    ) -> Result<Embedded, OpenFault> {
        let Some(guarded) = guarded else { return Err(settings(&"there is no head to go on from")) };
        let fault = OpenFault::io(&self.segments.path(found.end.segment), "written");
        let journal =
            Journal::open(Arc::clone(&self.segments), self.log, found.end, self.options.segment_bytes);
        let journal = journal.map_err(fault)?;
        let size = found.size();
        let last_checkpoint = found.index.checkpoints.last().map_or(0, |(size, _)| *size);
        let (cut, kept, last_at, end) = (found.cut, found.kept, found.last_at, found.end);
        let read_from = found.from;
        let shared = Arc::new(Shared {
            dir: self.dir,
            port: self.options.port,
            clock: self.options.clock,
            ring,
            verifier: key.verifier().clone(),
            log: self.log,
            inline_bytes: self.options.inline_bytes,
            in_memory: self.options.projections_in_memory,
            segments: self.segments,
            head: RwLock::new(Arc::new(Head {
                size: guarded.size,
                root: guarded.root,
                checkpoint: Arc::clone(&guarded.checkpoint),
            })),
            index: RwLock::new(found.index),
            projections: RwLock::new(Arc::new(found.projections)),
            closing: AtomicBool::new(false),
            _lock: self.lock,
        });
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
        let thread = thread.spawn(move || writer.run(waiting)).map_err(OpenFault::io(&shared.dir, "served"))?;
        Ok(Embedded {
            shared,
            queue: RwLock::new(Some(queue)),
            writer: Mutex::new(Some(thread)),
            read_from,
        })
    }
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

/// Keeps broken projections for whoever wants to look at them; no more than two of them.
fn set_aside(folder: &Path) {
    let places: Vec<PathBuf> =
        (1..=2).map(|number| folder.with_file_name(format!("{}.broken-{number}", projections::FOLDER))).collect();
    let place = places.iter().find(|place| !place.exists()).or(places.last());
    let Some(place) = place else { return };
    let _ = std::fs::remove_dir_all(place);
    if let Err(source) = std::fs::rename(folder, place) {
        tracing::warn!(%source, "the broken projections could not be set aside; they are deleted");
    }
}

/// What an opening has found.
struct Found {
    projections: Projections,
    index: LogIndex,
    last_at: Timestamp,
    end: Position,
    kept: u64,
    cut: u64,
    from: u64,
}

impl Found {
    fn size(&self) -> u64 {
        self.index.positions.len() as u64
    }
}

