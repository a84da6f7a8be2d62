//! Where submissions and used keys stand in the log. Every submission adds one of each under a random name, which
//! is what a tree on disk is slowest at; so they are found in memory, about 130 bytes a submission, and kept as
//! chunks of 256 that are written when they are full and at a clean stop.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

use concordat_core::ids::{Digest, EntryId};

use super::keys::{POINTERS, RowKey, Token};
use super::{Broken, Projections};

const CHUNK: usize = 256;
const RECORD: usize = 1 + 16 + 8 + 16;

const SUBMITTED: u8 = 1;
const SUPERSEDED: u8 = 2;
const SENT: u8 = 3;
const WITHDRAWN: u8 = 4;

/// What is kept of a submission beside its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pointer {
    /// The index of its entry.
    pub(crate) index: u64,
    /// Which submission replaced it.
    pub(crate) superseded_by: Option<EntryId>,
    /// The index of the entry that took it back.
    pub(crate) withdrawn: Option<u64>,
}

/// What is kept of a used key beside the entry it was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The index of that entry.
    pub(crate) index: u64,
    /// The first half of the content's HMAC.
    content: [u8; 16],
}

impl Sent {
    /// Of an entry's index and its content's HMAC.
    pub(crate) fn new(index: u64, hmac: &Digest) -> Self {
        let mut content = [0; 16];
        for (slot, byte) in content.iter_mut().zip(hmac.0) {
            *slot = byte;
        }
        Self { index, content }
    }

    /// Whether it was used for content of this HMAC.
    pub(crate) fn is_of(&self, hmac: &Digest) -> bool {
        *self == Self::new(self.index, hmac)
    }
}

/// One change, as it is kept.
type Record = (u8, [u8; 16], u64, [u8; 16]);

/// All that is found in memory.
#[derive(Default)]
pub(super) struct Pointers {
    submissions: HashMap<EntryId, u64>,
    superseded: HashMap<EntryId, EntryId>,
    withdrawn: HashMap<EntryId, u64>,
    sent: HashMap<Token, Sent>,
    /// The changes of the last chunk.
    tail: Vec<Record>,
    /// How many chunks are full.
    full: u32,
}

impl Pointers {
    fn take(&mut self, record: &Record) -> Option<()> {
        let (sort, name, index, other) = *record;
        match sort {
            SUBMITTED => drop(self.submissions.insert(EntryId(name), index)),
            SUPERSEDED => drop(self.superseded.insert(EntryId(name), EntryId(other))),
            WITHDRAWN => drop(self.withdrawn.insert(EntryId(name), index)),
            SENT => drop(self.sent.insert(name, Sent { index, content: other })),
            _ => return None,
        }
        Some(())
    }

    fn submission(&self, id: EntryId) -> Option<Pointer> {
        let index = *self.submissions.get(&id)?;
        Some(Pointer {
            index,
            superseded_by: self.superseded.get(&id).copied(),
            withdrawn: self.withdrawn.get(&id).copied(),
        })
    }

    pub(super) fn count(&self) -> u64 {
        (self.submissions.len() + self.sent.len()) as u64
    }
}

fn encode(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::with_capacity(records.len() * RECORD);
    for (sort, name, index, other) in records {
        out.push(*sort);
        out.extend_from_slice(name);
        out.extend_from_slice(&index.to_be_bytes());
        out.extend_from_slice(other);
    }
    out
}

fn decode(bytes: &[u8; RECORD]) -> Option<Record> {
    let ([sort], rest) = bytes.split_first_chunk::<1>()?;
    let (name, rest) = rest.split_first_chunk::<16>()?;
    let (index, other) = rest.split_first_chunk::<8>()?;
    Some((*sort, *name, u64::from_be_bytes(*index), *other.first_chunk()?))
}

impl Projections {
    fn pointers(&self) -> RwLockReadGuard<'_, Pointers> {
        self.pointers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn pointers_mut(&self) -> RwLockWriteGuard<'_, Pointers> {
        self.pointers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the entry of a submission stands, and what replaced it.
    pub(crate) fn submission(&self, id: EntryId) -> Option<Pointer> {
        self.pointers().submission(id)
    }

    /// The indexes of the entries that took a return back, ascending, each once.
    pub(crate) fn withdrawals(&self) -> Vec<u64> {
        let mut indexes: Vec<u64> = self.pointers().withdrawn.values().copied().collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }

    /// For what a key was used, by its token.
    pub(super) fn sent(&self, token: &Token) -> Option<Sent> {
        self.pointers().sent.get(token).copied()
    }

    pub(super) fn count_pointers(&self) -> u64 {
        self.pointers().count()
    }

    pub(super) fn put_submission(&self, id: EntryId, pointer: &Pointer) -> Result<(), Broken> {
        let mut pointers = self.pointers_mut();
        let known = pointers.submission(id);
        if known.map(|known| known.index) != Some(pointer.index) {
            self.put_record(&mut pointers, (SUBMITTED, id.0, pointer.index, [0; 16]))?;
        }
        if let Some(by) = pointer.superseded_by
            && known.and_then(|known| known.superseded_by) != Some(by)
        {
            self.put_record(&mut pointers, (SUPERSEDED, id.0, pointer.index, by.0))?;
        }
        match pointer.withdrawn {
            Some(at) if known.and_then(|known| known.withdrawn) != Some(at) => {
                self.put_record(&mut pointers, (WITHDRAWN, id.0, at, [0; 16]))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn put_sent(&self, token: Token, sent: &Sent) -> Result<(), Broken> {
        self.put_record(&mut self.pointers_mut(), (SENT, token, sent.index, sent.content))
    }

    fn put_record(&self, pointers: &mut Pointers, record: Record) -> Result<(), Broken> {
        pointers.take(&record).ok_or_else(malformed)?;
        pointers.tail.push(record);
        if pointers.tail.len() == CHUNK {
            self.put(&RowKey::chunk(POINTERS, pointers.full), &encode(&pointers.tail))?;
            pointers.tail.clear();
            pointers.full = pointers.full.checked_add(1).ok_or_else(malformed)?;
        }
        Ok(())
    }

    /// Writes the chunk that is not full.
    pub(super) fn save_pointers(&self) -> Result<(), Broken> {
        let pointers = self.pointers();
        if pointers.tail.is_empty() {
            return Ok(());
        }
        self.put(&RowKey::chunk(POINTERS, pointers.full), &encode(&pointers.tail))
    }

    /// Reads what a clean stop has kept.
    pub(super) fn load_pointers(&self) -> Result<(), Broken> {
        let mut pointers = Pointers::default();
        self.chunks(POINTERS, |bytes: &[u8; RECORD]| {
            let record = decode(bytes).ok_or_else(malformed)?;
            pointers.take(&record).ok_or_else(malformed)?;
            pointers.tail.push(record);
            if pointers.tail.len() == CHUNK {
                pointers.tail.clear();
                pointers.full = pointers.full.checked_add(1).ok_or_else(malformed)?;
            }
            Ok(())
        })?;
        *self.pointers_mut() = pointers;
        Ok(())
    }
}

fn malformed() -> Broken {
    Broken("a chunk of places of submissions is malformed".to_owned())
}
