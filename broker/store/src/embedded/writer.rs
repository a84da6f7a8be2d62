//! The one writer: takes what waits, builds a group, records it, answers. It runs on a thread of its own.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use concordat_core::fault::Fault;
use concordat_ledger::{Checkpoint, Hash, LogKey};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::proposal::{Appended, Committed};
use crate::store::Head;

use super::Shared;
use super::frame;
use super::group::{Answer, Group, logged};
use super::guard::{Guard, Guarded};
use super::journal::Journal;
use super::prepare::Prepared;
use super::projections::Pending;
use super::reserve::Reserve;

/// How many callers may wait before further ones are held back.
pub(crate) const QUEUE: usize = 1024;

/// How many entries a group takes in before it is written.
const GROUP_ENTRIES: usize = 256;

/// How many bytes a group takes in before it is written.
const GROUP_BYTES: usize = 1024 * 1024;

/// How long the writer waits for more where callers come in crowds; about a third of a sync.
const PAUSE: Duration = Duration::from_micros(100);

/// How many such pauses one group takes at most.
const PAUSES: u32 = 20;

/// How many pauses without anyone say that nobody more is coming.
const QUIET: u32 = 3;

/// One caller's entries and where its answer goes.
pub(crate) struct Job {
    pub(crate) entries: Vec<Prepared>,
    pub(crate) answer: oneshot::Sender<Result<Appended, Fault>>,
}

impl Job {
    fn is_denial(&self) -> bool {
        self.entries.iter().all(Prepared::is_denial)
    }
}

/// The writer's own state.
pub(crate) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) key: LogKey,
    pub(super) journal: Journal,
    pub(super) guard: Guard,
    pub(super) reserve: Reserve,
    /// What was acknowledged last.
    pub(super) guarded: Guarded,
    /// Whether the last checkpoint stands in the guard alone.
    pub(super) unjournalled: bool,
    pub(super) last_at: Timestamp,
    /// Why nothing may be written before the journal was set right.
    pub(super) down: Option<String>,
    /// Whether the projections lack something that is recorded.
    pub(super) projections_broken: bool,
}

impl Writer {
    /// Serves callers until nobody can call any more.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut expected = 1;
        while let Some(first) = queue.blocking_recv() {
            let jobs = gather(first, &mut queue, expected);
            // a crowd is forgotten slowly: a lull of one group says little
            expected = jobs.len().max(expected - expected.div_ceil(8));
            self.commit(jobs);
        }
        if self.shared.closing.load(Ordering::Acquire) {
            self.finish();
        }
    }

    /// Records what it can of these jobs and answers all of them.
    pub(crate) fn commit(&mut self, mut jobs: Vec<Job>) {
        if let Err(fault) = self.mend() {
            return refuse(jobs, &fault);
        }
        if !self.reserve.is_kept() && self.reserve.keep(self.shared.port.as_ref()).is_err() {
            let others = split_off(&mut jobs, |job| !job.is_denial());
            refuse(others, &full());
        }
        let Err(failure) = self.try_commit(&mut jobs) else { return };
        if !failure.full || !self.reserve.is_kept() {
            return refuse(jobs, &failure.fault);
        }
        // the disk is full: give up the room kept, write the denials, and turn the others away
        let others = split_off(&mut jobs, |job| !job.is_denial());
        refuse(others, &full());
        if jobs.is_empty() {
            return;
        }
        let freed = self.reserve.give_up(self.shared.port.as_ref());
        let written = freed.map_err(|source| Failure::io("the reserve", &source).fault);
        let written = written.and_then(|()| self.mend());
        let written = written.and_then(|()| self.try_commit(&mut jobs).map_err(|failure| failure.fault));
        if let Err(fault) = written {
            refuse(jobs, &fault);
        }
    }

    /// Builds a group of the jobs and records it; when that fails, all jobs are still there to be answered.
    fn try_commit(&mut self, jobs: &mut Vec<Job>) -> Result<(), Failure> {
        let shared = Arc::clone(&self.shared);
        let projections = shared.projections();
        let pending = Pending::over(&projections);
        // the checkpoint of the group before leads the frames, so that one write takes both
        let leading = self.leading_checkpoint();
        let mut group = Group::new(shared.log, self.guarded.size, self.last_at, pending, leading);
        group.frames.reserve(weigh(jobs.iter()).1 + 1024);
        for job in jobs.iter_mut() {
            if let Err(broken) = group.add(job, shared.clock.as_ref()) {
                self.projections_broken = true;
                return Err(Failure::other(broken.to_string()));
            }
        }
        if !group.entries.is_empty() {
            let recorded = self.record(&group);
            if let Err(failure) = recorded {
                let mut index = shared.index.write().unwrap_or_else(PoisonError::into_inner);
                index.tree.truncate(self.guarded.size);
                drop(index);
                tracing::error!(reason = failure.fault.operator(), "the log could not be written");
                self.down = Some(failure.fault.operator().to_owned());
                return Err(failure);
            }
            self.publish(&group);
        }
        self.answer(std::mem::take(jobs), group);
        Ok(())
    }

    /// Writes the group, signs it, and moves the guard: after this it is recorded.
    fn record(&mut self, group: &Group<'_>) -> Result<(), Failure> {
        let first = self.guarded.size;
        let size = first + group.entries.len() as u64;
        let root = {
            let mut index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
            index.tree.extend(group.entries.iter().map(|built| built.hash));
            index.tree.root()
        };
        self.journal.rotate(first).map_err(|source| Failure::io("a journal segment", &source))?;
        self.journal.append(&group.frames).map_err(|source| Failure::io("the journal", &source))?;
        let guarded = self.sign(size, root)?;
        self.guard.write(&guarded).map_err(|source| Failure::io("the head guard", &source))?;
        self.advance(group, guarded);
        Ok(())
    }

    /// The frame of the last checkpoint, if it is not in the journal yet.
    fn leading_checkpoint(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.unjournalled {
            frame::push_checkpoint(&mut bytes, &self.guarded.checkpoint);
        }
        bytes
    }

    /// What the guard will say of the journal as it stands now.
    pub(super) fn sign(&self, size: u64, root: Hash) -> Result<Guarded, Failure> {
        let origin = self.key.verifier().name().to_owned();
        let signed = Checkpoint { origin, size, root }.sign(&self.key);
        let checkpoint = signed.map_err(|fault| Failure::other(fault.to_string()))?.into_string();
        Ok(Guarded {
            position: self.journal.end(),
            size,
            root,
            ring: self.shared.ring.generation(),
            checkpoint: checkpoint.into(),
        })
    }

    /// Takes over a recorded group into what is known of the log.
    fn advance(&mut self, group: &Group<'_>, guarded: Guarded) {
        let start = guarded.position.pack().saturating_sub(group.frames.len() as u64);
        let mut index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
        if self.unjournalled {
            index.checkpoints.push((self.guarded.size, start));
        }
        index.positions.extend(group.entries.iter().map(|built| start + built.offset as u64));
        self.unjournalled = true;
        self.guarded = guarded;
        self.last_at = group.last_at;
    }

    /// Shows the group to readers: head first, then the rows that speak of it.
    fn publish(&mut self, group: &Group<'_>) {
        let head = Head {
            size: self.guarded.size,
            root: self.guarded.root,
            checkpoint: Arc::clone(&self.guarded.checkpoint),
        };
        *self.shared.head.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(head);
        let projections = self.shared.projections();
        let written = projections.write(group.pending.rows()).and_then(|()| {
            let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
            let before = index.positions.len() - group.entries.len();
            projections.save_full_chunks(&index, (before, index.checkpoints.len().saturating_sub(1)))
        });
        if let Err(broken) = written {
            tracing::warn!(%broken, "the projections could not be written; they are rebuilt");
            self.shared.stale.store(true, Ordering::Release);
            self.projections_broken = true;
            // at once, so that whoever is answered now reads what was recorded; a failure is tried again later
            if let Err(fault) = self.mend() {
                tracing::error!(reason = fault.operator(), "the projections are not rebuilt yet");
            }
        }
    }

    fn answer(&self, jobs: Vec<Job>, group: Group<'_>) {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        let tree = index.tree.at(self.guarded.size);
        let mut built: Vec<_> = group.entries.into_iter().map(Some).collect();
        for (job, answer) in jobs.into_iter().zip(group.answers) {
            let answered = match answer {
                Answer::Unmet(unmet) => Ok(Appended::Unmet(unmet)),
                Answer::Fault(fault) => Err(fault),
                Answer::Recorded { first } => {
                    let entries = job.entries.into_iter().zip(built.iter_mut().skip(first));
                    let committed = entries.map(|(prepared, built)| {
                        let built = built.take()?;
                        let proof = tree.as_ref().ok()?.inclusion(prepared.entry.index).ok()?;
                        Some(Committed {
                            logged: logged(self.shared.log, &prepared),
                            index: prepared.entry.index,
                            recorded_at: prepared.entry.recorded_at,
                            statement: prepared.statement,
                            random: prepared.random,
                            leaf: built.leaf,
                            proof,
                            checkpoint: Arc::clone(&self.guarded.checkpoint),
                        })
                    });
                    let committed = committed.collect::<Option<Vec<_>>>();
                    committed
                        .map(Appended::Committed)
                        .ok_or_else(|| Fault::internal("a recorded entry has no proof"))
                }
            };
            // a caller that has gone away finds its answer under its key
            let _ = job.answer.send(answered);
        }
    }

    /// Sets the mark of a clean stop.
    fn finish(self) {
        if self.down.is_some() || self.projections_broken || self.shared.in_memory {
            return;
        }
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        let finished = self.shared.projections().finish(self.guarded.size, self.guarded.root, &index);
        if let Err(broken) = finished {
            tracing::warn!(%broken, "the projections could not be closed; they will be rebuilt");
        }
    }
}

/// Takes all that waits. Whoever was answered together tends to come again together, so what arrives in the next
/// moments is taken too, until as many are there as were `expected`, nothing more comes, or it has taken long enough:
/// one sync for many costs each of them less than a sync of their own. One caller alone never waits.
fn gather(first: Job, queue: &mut mpsc::Receiver<Job>, expected: usize) -> Vec<Job> {
    let (mut entries, mut bytes) = weigh(std::iter::once(&first));
    let mut jobs = vec![first];
    let (mut pauses, mut quiet) = (0, 0);
    while entries < GROUP_ENTRIES && bytes < GROUP_BYTES {
        if let Ok(job) = queue.try_recv() {
            let (more, weight) = weigh(std::iter::once(&job));
            (entries, bytes) = (entries + more, bytes + weight);
            jobs.push(job);
            quiet = 0;
        } else if jobs.len() < expected && pauses < PAUSES && quiet < QUIET {
            std::thread::sleep(PAUSE);
            (pauses, quiet) = (pauses + 1, quiet + 1);
        } else {
            break;
        }
    }
    jobs
}

/// Why a group was not recorded.
pub(crate) struct Failure {
    pub(super) fault: Fault,
    /// Whether it was for want of room.
    full: bool,
}

impl Failure {
    pub(super) fn io(what: &str, source: &io::Error) -> Self {
        let full = source.kind() == io::ErrorKind::StorageFull;
        let fault = if full { self::full() } else { Fault::unavailable(format!("{what}: {source}")) };
        Self { fault, full }
    }

    pub(super) fn other(why: String) -> Self {
        Self { fault: Fault::unavailable(why), full: false }
    }
}

fn full() -> Fault {
    Fault::unavailable("the disk is full: only denials are recorded until there is room again")
}

fn weigh<'j>(jobs: impl Iterator<Item = &'j Job>) -> (usize, usize) {
    jobs.flat_map(|job| &job.entries)
        .fold((0, 0), |(entries, bytes), entry| (entries + 1, bytes + entry.weight()))
}

fn split_off(jobs: &mut Vec<Job>, which: impl Fn(&Job) -> bool) -> Vec<Job> {
    let (taken, left) = std::mem::take(jobs).into_iter().partition(which);
    *jobs = left;
    taken
}

fn refuse(jobs: Vec<Job>, fault: &Fault) {
    for job in jobs {
        let _ = job.answer.send(Err(fault.clone()));
    }
}
