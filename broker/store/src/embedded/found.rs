//! What an opening finds: projections that a clean stop left, or the journal read from its beginning; and in
//! either case what stands above the guarded byte.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc as channel};
use std::time::Duration;

use concordat_ledger::LogKey;
use concordat_seal::KeyRing;
use jiff::Timestamp;

use crate::fault::OpenFault;

use super::guard::Guarded;
use super::journal::{Position, SEGMENT_HEAD};
use super::open::{Opening, remove};
use super::projections::{self, Kept, LogIndex, Pending, Projections};
use super::scan::Scan;
use super::unchanged::unchanged;

/// How long projections may take to open before they are set aside and rebuilt.
const PATIENCE: Duration = Duration::from_secs(120);

impl Opening {
    /// Finds out what the log holds: from the projections if they were stopped cleanly, else from the journal.
    pub(super) fn read(
        &self,
        ring: &Arc<KeyRing>,
        key: &LogKey,
        guarded: Option<&Guarded>,
    ) -> Result<Found, OpenFault> {
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
        std::thread::spawn(move || {
            let opened = Box::new(Projections::open(&opened, &ring));
            // nobody may be waiting any more
            let _ = send.send(opened);
        });
        match receive.recv_timeout(PATIENCE).map(|opened| *opened) {
            Ok(Ok(Some((projections, kept)))) => {
                if self.agrees(&kept, guarded) {
                    return Some((projections, kept));
                }
                tracing::warn!("projections and journal do not agree; the journal is read anew");
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
        known && same && unchanged(&self.segments, &self.log, &kept.index)
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
        super::read::entry_of(ring, &self.log, index.tree.leaf(entry), entry, &bytes)
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
}

/// Keeps broken projections for whoever wants to look at them; no more than two of them.
fn set_aside(folder: &Path) {
    let places: Vec<PathBuf> = (1..=2)
        .map(|number| folder.with_file_name(format!("{}.broken-{number}", projections::FOLDER)))
        .collect();
    let place = places.iter().find(|place| !place.exists()).or(places.last());
    let Some(place) = place else { return };
    let _ = std::fs::remove_dir_all(place);
    if let Err(source) = std::fs::rename(folder, place) {
        tracing::warn!(%source, "the broken projections could not be set aside; they are deleted");
    }
}

/// What an opening has found.
pub(super) struct Found {
    pub(super) projections: Projections,
    pub(super) index: LogIndex,
    /// When the last entry was recorded.
    pub(super) last_at: Timestamp,
    /// The end of what is whole.
    pub(super) end: Position,
    /// How many whole frames above the guarded byte are kept.
    pub(super) kept: u64,
    /// How many bytes there cannot be used.
    pub(super) cut: u64,
    /// The first entry that was read from the journal.
    pub(super) from: u64,
}

impl Found {
    pub(super) fn size(&self) -> u64 {
        self.index.positions.len() as u64
    }
}
