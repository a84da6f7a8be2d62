//! A group: the entries of several callers that are written and synced together. Built in memory first, with
//! every precondition judged; nothing outside changes until it is recorded.

use concordat_core::clock::Clock;
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::ids::AgencyId;
use concordat_ledger::{Hash, Leaf, leaf_hash};
use jiff::Timestamp;

use crate::proposal::{Logged, Unmet};

use super::frame;
use super::prepare::Prepared;
use super::projections::{Broken, Pending};
use super::writer::Job;

/// What is to be answered to one caller if the group is recorded.
pub(crate) enum Answer {
    /// The entries from this one on, as many as it proposed.
    Recorded {
        first: usize,
    },
    Unmet(Unmet),
    Fault(Fault),
}

/// One entry of the group.
pub(crate) struct Built {
    /// Where its frame begins in the group's bytes.
    pub(crate) offset: usize,
    pub(crate) leaf: Vec<u8>,
    pub(crate) hash: Hash,
}

/// The entries that will be written, and the answers that will be given.
pub(crate) struct Group<'p> {
    pub(crate) frames: Vec<u8>,
    pub(crate) entries: Vec<Built>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) pending: Pending<'p>,
    pub(crate) last_at: Timestamp,
    log: Hash,
    first: u64,
}

impl<'p> Group<'p> {
    /// An empty group whose entries will stand at index `first` and on, none earlier than `last_at`.
    /// `frames` is what is written ahead of them.
    pub(crate) fn new(
        log: Hash,
        first: u64,
        last_at: Timestamp,
        pending: Pending<'p>,
        frames: Vec<u8>,
    ) -> Self {
        Self { frames, entries: Vec::new(), answers: Vec::new(), pending, last_at, log, first }
    }

    /// Takes a caller's entries into the group, or finds out why not.
    pub(crate) fn add(&mut self, job: &mut Job, clock: &dyn Clock) -> Result<(), Broken> {
        let (frames, entries, last_at) = (self.frames.len(), self.entries.len(), self.last_at);
        self.pending.mark();
        let mut answer = Answer::Recorded { first: entries };
        for prepared in &mut job.entries {
            if let Some(unmet) = self.pending.judge(&prepared.preconditions)? {
                answer = Answer::Unmet(unmet);
                break;
            }
            if let Err(fault) = self.push(prepared, clock) {
                answer = Answer::Fault(fault);
                break;
            }
            self.pending.apply(&prepared.entry)?;
        }
        if !matches!(answer, Answer::Recorded { .. }) {
            self.pending.undo();
            self.frames.truncate(frames);
            self.entries.truncate(entries);
            self.last_at = last_at;
        }
        self.answers.push(answer);
        Ok(())
    }

    /// Gives an entry its time and index, and writes its frame.
    fn push(&mut self, prepared: &mut Prepared, clock: &dyn Clock) -> Result<(), Fault> {
        // microseconds are what a leaf can say; what is rebuilt must equal what was applied
        let now = Timestamp::from_microsecond(clock.now().as_microsecond()).unwrap_or(self.last_at);
        let recorded_at = now.max(self.last_at);
        let recorded_at_us = u64::try_from(recorded_at.as_microsecond())
            .map_err(|_| Fault::internal("the clock stands before 1970"))?;
        let index = self.first + self.entries.len() as u64;
        let leaf = Leaf {
            log: self.log,
            entry: prepared.entry.id.0,
            class: prepared.class.number(),
            recorded_at_us,
            sections: prepared.sections.clone(),
            statement: prepared.commitment,
        };
        let leaf = leaf.encode().map_err(Fault::internal)?;
        let offset = self.frames.len();
        let sections: Vec<(u8, &[u8])> =
            prepared.inline.iter().map(|(number, bytes)| (*number, bytes.as_slice())).collect();
        if !frame::push_entry(&mut self.frames, index, &leaf, &sections) {
            return Err(Fault::internal("an entry is too large for the journal"));
        }
        self.last_at = recorded_at;
        prepared.entry.index = index;
        prepared.entry.recorded_at = recorded_at;
        self.entries.push(Built { offset, hash: leaf_hash(&leaf), leaf });
        Ok(())
    }
}

/// The proof that an entry was recorded.
pub(crate) fn logged(log: Hash, prepared: &Prepared) -> Logged {
    let (released, recipient): (_, Option<AgencyId>) = match &prepared.entry.body {
        Body::Released(released) => {
            (Some((released.submission, released.index)), Some(released.to.agency.clone()))
        }
        _ => (None, None),
    };
    Logged {
        log,
        index: prepared.entry.index,
        id: prepared.entry.id,
        class: prepared.class,
        released,
        recipient,
    }
}
