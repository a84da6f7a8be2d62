//! An entry as it is read back.

use concordat_core::entry::{Body, Entry, EntryClass};
use concordat_core::ids::EntryId;
use concordat_ledger::SectionDigest;
use jiff::Timestamp;

/// An entry as it was recorded, its core section opened.
#[derive(Clone, PartialEq)]
pub struct Recorded {
    /// Its index.
    pub index: u64,
    /// Its id.
    pub id: EntryId,
    /// Its class, as its leaf says.
    pub class: EntryClass,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it says.
    pub body: Body,
    /// The statement its leaf commits to; empty when it has none.
    pub statement: Vec<u8>,
    /// The random bytes of that commitment.
    pub random: [u8; 32],
    /// The bytes of its leaf.
    pub leaf: Vec<u8>,
    /// Its sections, by ascending number.
    pub sections: Vec<StoredSection>,
}

/// A section of an entry: what the leaf says of it and where it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSection {
    /// What the leaf says of it.
    pub digest: SectionDigest,
    /// Whether its bytes lie in the journal; otherwise in a content file named by their hash.
    pub in_journal: bool,
}

impl Recorded {
    /// The entry as `apply` sees it.
    #[must_use]
    pub fn to_entry(&self) -> Entry {
        Entry { id: self.id, index: self.index, recorded_at: self.recorded_at, body: self.body.clone() }
    }

    /// The entry as `apply` sees it, without what only the log needs.
    #[must_use]
    pub fn into_entry(self) -> Entry {
        Entry { id: self.id, index: self.index, recorded_at: self.recorded_at, body: self.body }
    }
}

impl std::fmt::Debug for Recorded {
    /// Index, id and class: bodies name people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded")
            .field("index", &self.index)
            .field("id", &self.id)
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}
