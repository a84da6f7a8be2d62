//! Setting things right: after an opening, after a failed write, after the projections broke.

use std::sync::atomic::Ordering;

use std::sync::{Arc, PoisonError};

use concordat_core::fault::Fault;
use concordat_ledger::leaf_hash;
use jiff::Timestamp;

use crate::fault::OpenFault;
use crate::store::Head;

use super::frame::{self, Frame};
use super::journal::{Position, SEGMENT_HEAD};
use super::projections::{self, LogIndex, Pending, Projections};
use super::scan::Scan;
use super::writer::Writer;

impl Writer {
    /// Makes what was found above the guarded byte part of the log: what cannot be used is cut, what is whole is
    /// synced, signed as one group and guarded.
    pub(super) fn settle(&mut self, end: Position, size: u64, cut: u64) -> Result<(), OpenFault> {
        let fault = OpenFault::io(&self.shared.segments.path(end.segment), "written");
        let settled = if cut > 0 { self.journal.cut(end) } else { self.journal.sync() };
        settled.map_err(fault)?;
        if size > self.guarded.size {
            let root = self.shared.index.read().unwrap_or_else(PoisonError::into_inner).tree.root();
            let failed = |why: &str| OpenFault::Settings { what: why.to_owned() };
            let guarded = self.sign(size, root).map_err(|failure| failed(failure.fault.operator()))?;
            let written = self.guard.write(&guarded);
            written.map_err(OpenFault::io(self.guard.path(), "written"))?;
            let last = {
                let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
                index.checkpoints.last().map_or(0, |(size, _)| *size)
            };
            self.unjournalled = last < size;
            self.guarded = guarded;
            let head = Head { size, root, checkpoint: Arc::clone(&self.guarded.checkpoint) };
            *self.shared.head.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(head);
        }
        // without room on the disk the store still opens, and says no
        if self.reserve.keep(self.shared.port.as_ref()).is_err() {
            tracing::warn!("there is no room to keep for denials: the disk is full");
        }
        Ok(())
    }

    /// Sets right what a failure has left, before anything else is written.
    pub(super) fn mend(&mut self) -> Result<(), Fault> {
        if self.down.is_some() {
            self.recover().map_err(|why| {
                tracing::error!(reason = why, "the log is still down");
                Fault::unavailable(why)
            })?;
            tracing::info!(size = self.guarded.size, "the log is up again");
            self.down = None;
        }
        if self.projections_broken {
            self.rebuild_projections().map_err(|fault| Fault::unavailable(&fault))?;
            self.projections_broken = false;
            self.shared.stale.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// After a failed write or sync nothing is known about what stands above the guarded byte. The guard goes
    /// first: once both its slots say what was acknowledged, the journal may be cut to it, re-read and compared.
    fn recover(&mut self) -> Result<(), String> {
        self.guard.write_both(&self.guarded).map_err(|source| format!("the head guard: {source}"))?;
        let end = self.guarded.position;
        self.journal.cut(end).map_err(|source| format!("the journal: {source}"))?;
        let bytes =
            self.shared.segments.load(end.segment).map_err(|source| format!("the journal: {source}"))?;
        let bytes = bytes.ok_or("the journal's last segment is missing")?;
        if self.matches(&bytes, end) {
            Ok(())
        } else {
            Err("the journal's last segment is not what was written".into())
        }
    }

    /// Whether a segment holds, up to a position, the entries that were acknowledged.
    fn matches(&self, bytes: &[u8], end: Position) -> bool {
        let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut at = Position { segment: end.segment, offset: SEGMENT_HEAD };
        let mut last = None;
        while at < end {
            let rest = bytes.get(at.offset as usize..).unwrap_or_default();
            let Ok((frame, length)) = frame::parse(rest) else { return false };
            if let Frame::Entry(entry) = frame {
                if index.tree.leaf(entry.index) != Some(leaf_hash(entry.leaf)) {
                    return false;
                }
                last = Some(entry.index);
            }
            let Some(after) = at.plus(length) else { return false };
            at = after;
        }
        let complete = last.is_none_or(|last| last + 1 == self.guarded.size);
        at == end && bytes.len() as u64 == u64::from(end.offset) && complete
    }

    /// Rebuilds the projections from the journal while the store is open.
    fn rebuild_projections(&mut self) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        let broken = |broken: projections::Broken| broken.0;
        let fresh = if shared.in_memory {
            Projections::memory(&shared.ring).map_err(broken)?
        } else {
            // the broken files may still be held open: the new ones lie beside them until the next opening
            let folder = shared.dir.join(projections::FOLDER);
            let aside = (1..100).map(|number| folder.with_file_name(format!("projections.broken-{number}")));
            let aside =
                aside.into_iter().find(|place| !place.exists()).ok_or("too many broken projections")?;
            std::fs::rename(&folder, aside).map_err(|source| source.to_string())?;
            Projections::create(&folder, &shared.ring).map_err(broken)?
        };
        let mut scan = Scan {
            segments: &shared.segments,
            ring: &shared.ring,
            log: shared.log,
            verifier: &shared.verifier,
            guarded: Some(&self.guarded),
            index: LogIndex::default(),
            pending: Pending::over(&fresh),
            projections: &fresh,
            last_at: Timestamp::UNIX_EPOCH,
            end: Position { segment: 1, offset: SEGMENT_HEAD },
            kept: 0,
            cut: 0,
            last_segment: self.guarded.position.segment,
        };
        scan.run().map_err(|fault| fault.to_string())?;
        let Scan { index, .. } = scan;
        fresh.save_full_chunks(&index, (0, 0)).map_err(broken)?;
        let old = {
            let mut current = shared.projections.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, Arc::new(fresh))
        };
        if let Some(old) = Arc::into_inner(old) {
            old.abandon();
        }
        tracing::warn!("the projections were rebuilt from the journal");
        Ok(())
    }
}
