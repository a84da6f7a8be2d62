//! Reading the journal from a place to its end, as every opening that cannot trust the projections does.
//! Below the guarded byte everything must be as it was recorded. Above it whole frames are kept, and the first
//! bad one ends the journal: nothing there was acknowledged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use concordat_ledger::{Hash, SignedCheckpoint, Verifier, leaf_hash};
use concordat_seal::KeyRing;
use jiff::Timestamp;

use crate::fault::OpenFault;
use crate::recorded::Recorded;

use super::core::{self, BadEntry};
use super::frame::{self, EntryFrame, Frame};
use super::guard::Guarded;
use super::journal::{self, BadHead, Position, SEGMENT_HEAD, Segments};
use super::projections::{LogIndex, Pending};

/// How many entries' rows are gathered before they are written.
const BATCH: usize = 512;

/// A reader of the journal and what it has found.
pub(crate) struct Scan<'a> {
    pub(crate) segments: &'a Segments,
    pub(crate) ring: &'a KeyRing,
    pub(crate) log: Hash,
    pub(crate) verifier: &'a Verifier,
    /// What is vouched for; without it, all but the last segment must be whole.
    pub(crate) guarded: Option<&'a Guarded>,
    pub(crate) index: LogIndex,
    /// The rows that entries make.
    pub(crate) pending: Pending<'a>,
    /// The projections to which they go.
    pub(crate) projections: &'a super::projections::Projections,
    pub(crate) last_at: Timestamp,
    /// The end of what is whole.
    pub(crate) end: Position,
    /// How many whole frames of entries above the guarded byte are kept.
    pub(crate) kept: u64,
    /// How many bytes above it cannot be used.
    pub(crate) cut: u64,
    /// The last segment there is.
    pub(crate) last_segment: u32,
}

/// Why a frame ends the journal or refuses it.
enum Bad {
    /// It is not what it should be.
    Frame(String),
    /// The whole store cannot be opened.
    Store(OpenFault),
}

impl Scan<'_> {
    /// Reads from `end` on.
    pub(crate) fn run(&mut self) -> Result<(), OpenFault> {
        self.reached(self.end)?;
        let mut number = self.end.segment;
        let mut offset = self.end.offset;
        while self.segment(number, offset)? {
            number = number.checked_add(1).ok_or_else(|| OpenFault::tampered(None, "too many segments"))?;
            offset = SEGMENT_HEAD;
        }
        self.flush()?;
        match self.guarded {
            Some(guarded) if self.end < guarded.position => Err(self.rolled_back(guarded)),
            _ => Ok(()),
        }
    }

    fn size(&self) -> u64 {
        self.index.positions.len() as u64
    }

    /// Whether what stands here is vouched for.
    fn below(&self, at: Position) -> bool {
        match self.guarded {
            Some(guarded) => at < guarded.position,
            None => at.segment < self.last_segment,
        }
    }

    fn rolled_back(&self, guarded: &Guarded) -> OpenFault {
        OpenFault::RolledBack { had: guarded.size, found: self.size() }
    }

    fn tampered(&self, what: impl std::fmt::Display) -> OpenFault {
        OpenFault::tampered(Some(self.size()), what.to_string())
    }

    /// Reads one segment from an offset; whether the next one is to be read.
    fn segment(&mut self, number: u32, offset: u32) -> Result<bool, OpenFault> {
        let start = Position { segment: number, offset };
        let path = self.segments.path(number);
        if offset > SEGMENT_HEAD {
            // after a clean stop nothing is left to be read
            let length = self.segments.length(number).map_err(OpenFault::io(&path, "read"))?;
            if length == Some(u64::from(offset)) {
                return Ok(true);
            }
        }
        let loaded = self.segments.load(number).map_err(OpenFault::io(&path, "read"))?;
        let Some(bytes) = loaded else {
            return match self.guarded {
                _ if number <= self.last_segment => {
                    Err(self.tampered(format!("the journal segment `{}` is missing", path.display())))
                }
                Some(guarded) if number <= guarded.position.segment => Err(self.rolled_back(guarded)),
                _ => Ok(false),
            };
        };
        match journal::check_head(&bytes, &self.log, number) {
            Ok(first) if offset > SEGMENT_HEAD || first == self.size() => {}
            Err(BadHead::Newer(found)) => {
                let what = format!("the journal segment `{}`", path.display());
                return Err(OpenFault::Newer { what, found: found.into(), known: 1 });
            }
            _ if self.below(Position { segment: number, offset: 0 }) => {
                return Err(self.refuse(start, &bytes, "the head of its journal segment is damaged"));
            }
            _ => return self.cut_from(start, bytes.len() as u64).map(|()| false),
        }
        self.end = start;
        self.reached(start)?;
        self.frames(start, &bytes)
    }

    fn frames(&mut self, start: Position, bytes: &[u8]) -> Result<bool, OpenFault> {
        let mut at = start;
        loop {
            let rest = bytes.get(at.offset as usize..).unwrap_or_default();
            if rest.is_empty() {
                let missing = self.guarded.filter(|guarded| {
                    guarded.position.segment == at.segment && at.offset < guarded.position.offset
                });
                return missing.map_or(Ok(true), |guarded| Err(self.rolled_back(guarded)));
            }
            let taken =
                frame::parse(rest).map_err(|bad| Bad::Frame(format!("its frame is damaged: {}", bad.why())));
            let taken = taken.and_then(|(frame, length)| {
                let after =
                    at.plus(length).ok_or_else(|| Bad::Frame("its segment is too long".to_owned()))?;
                if self.guarded.is_some_and(|guarded| at < guarded.position && guarded.position < after) {
                    return Err(Bad::Frame("it reaches over the end that was acknowledged".to_owned()));
                }
                self.take(at, &frame)?;
                Ok(after)
            });
            match taken {
                Ok(after) => at = after,
                Err(Bad::Store(fault)) => return Err(fault),
                Err(Bad::Frame(why)) if self.below(at) => return Err(self.refuse(at, bytes, &why)),
                Err(Bad::Frame(_)) => return self.cut_from(at, rest.len() as u64).map(|()| false),
            }
            self.end = at;
            self.reached(at)?;
        }
    }

    /// What a bad frame below the guarded byte means: a file that ends too early was rolled back, any other was
    /// altered.
    fn refuse(&self, at: Position, bytes: &[u8], why: &str) -> OpenFault {
        match self.guarded {
            Some(guarded)
                if at.segment == self.last_segment
                    && (at.segment < guarded.position.segment
                        || (bytes.len() as u64) < u64::from(guarded.position.offset)) =>
            {
                self.rolled_back(guarded)
            }
            _ => self.tampered(why),
        }
    }

    /// Counts what cannot be used, from a position to the end of the journal.
    fn cut_from(&mut self, at: Position, here: u64) -> Result<(), OpenFault> {
        self.cut = here;
        for number in at.segment.saturating_add(1)..=self.last_segment {
            let path = self.segments.path(number);
            let later = self.segments.load(number).map_err(OpenFault::io(&path, "read"))?;
            self.cut += later.map_or(0, |bytes| bytes.len() as u64);
        }
        Ok(())
    }

    /// At the guarded byte, count and root must be those vouched for.
    fn reached(&self, at: Position) -> Result<(), OpenFault> {
        let Some(guarded) = self.guarded.filter(|guarded| guarded.position == at) else { return Ok(()) };
        if self.size() != guarded.size {
            return Err(self.tampered(format!(
                "the journal holds {} entries where {} were acknowledged",
                self.size(),
                guarded.size
            )));
        }
        if self.index.tree.root() != guarded.root {
            return Err(self.interval(guarded.size));
        }
        Ok(())
    }

    /// The entries since the last checkpoint that agreed are not those that were signed.
    fn interval(&self, to: u64) -> OpenFault {
        let from = self.index.checkpoints.last().map_or(0, |(size, _)| *size);
        let last = to.saturating_sub(1);
        OpenFault::tampered(
            Some(from),
            format!("among entries {from} to {last} at least one is not the one that was signed"),
        )
    }

    fn take(&mut self, at: Position, frame: &Frame<'_>) -> Result<(), Bad> {
        match frame {
            Frame::Entry(entry) => self.entry(at, entry),
            Frame::Checkpoint(text) => self.checkpoint(at, text),
        }
    }

    fn entry(&mut self, at: Position, entry: &EntryFrame<'_>) -> Result<(), Bad> {
        if entry.index != self.size() {
            return Err(Bad::Frame(format!("entry {} stands in its place", entry.index)));
        }
        let recorded: Recorded = match core::read(self.ring, &self.log, entry) {
            Ok(recorded) => recorded,
            Err(BadEntry::Altered(why)) => return Err(Bad::Frame(why)),
            Err(BadEntry::Newer(found)) => {
                let what = format!("entry {}", entry.index);
                return Err(Bad::Store(OpenFault::Newer { what, found: found.into(), known: 1 }));
            }
            Err(BadEntry::Seal(fault)) => return Err(Bad::Store(OpenFault::Seal(fault))),
        };
        if !entry.holds(recorded.sections.iter().map(|section| &section.digest)) {
            return Err(Bad::Frame("one of its sections is not the one recorded".to_owned()));
        }
        if recorded.recorded_at < self.last_at {
            return Err(Bad::Frame("it was recorded earlier than the entry before it".to_owned()));
        }
        self.last_at = recorded.recorded_at;
        self.index.tree.push(leaf_hash(entry.leaf));
        self.index.positions.push(at.pack());
        if !self.below(at) {
            self.kept += 1;
        }
        let broken =
            |broken: super::projections::Broken| Bad::Store(OpenFault::Projections { what: broken.0 });
        self.pending.apply(&recorded.into_entry()).map_err(broken)?;
        if self.pending.len() >= BATCH {
            self.flush().map_err(Bad::Store)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), OpenFault> {
        let written = self.projections.write(self.pending.rows());
        written.map_err(|broken| OpenFault::Projections { what: broken.0 })?;
        self.pending.clear();
        Ok(())
    }

    fn checkpoint(&mut self, at: Position, text: &str) -> Result<(), Bad> {
        let size = self.size();
        let known = self.index.checkpoints.last().map_or(0, |(size, _)| *size);
        let mut lines = text.split('\n');
        let said = (lines.next(), lines.next().and_then(|line| line.parse::<u64>().ok()), lines.next());
        if said.0 != Some(self.verifier.name()) || said.1 != Some(size) || size <= known {
            return Err(Bad::Frame("the checkpoint before it is out of place".to_owned()));
        }
        if said.2 != Some(STANDARD.encode(self.index.tree.root().0).as_str()) {
            return Err(Bad::Store(self.interval(size)));
        }
        if !self.below(at) {
            // nothing vouches for what stands above the guarded byte but the signature
            let signed =
                SignedCheckpoint::parse(text.as_bytes()).and_then(|signed| signed.verify(self.verifier));
            signed.map_err(|fault| Bad::Frame(fault.to_string()))?;
        }
        self.index.checkpoints.push((size, at.pack()));
        Ok(())
    }
}
