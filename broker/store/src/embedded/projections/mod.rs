//! The projections: what the log has said, by key, to be found quickly. All of it can be deleted and is rebuilt
//! from the journal by the same `apply` that a commit runs. Values are sealed under the projection key; keys
//! are blind tokens, ids and indexes.

mod keys;
mod memory;
mod pending;
mod rows;
mod table;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use concordat_core::apply::{Key, PrincipalRecord, Row};
use concordat_core::ids::{AgencyId, Digest};
use concordat_core::submission::{DeliveryRecord, DeliveryState};
use concordat_ledger::Hash;
use concordat_seal::KeyRing;
use concordat_seal::projection::Tree;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use keys::{Keys, PRINCIPAL, RowKey, STAMP, Token};
use rows::Tallies;
use table::Table;

pub(crate) use memory::{Kept, LogIndex};
pub(crate) use pending::Pending;
pub(crate) use table::Broken;

/// Name of the projections' folder.
pub(crate) const FOLDER: &str = "projections";

/// The format of the projections; those of another are rebuilt.
const FORMAT: u16 = 1;

/// The state in which projections were left at a clean stop.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    format: u16,
    /// How many entries they show.
    size: u64,
    /// The root over those entries.
    root: Hash,
    tallies: Tallies,
}

/// A delivery that waits to be collected: until when, and its key.
type Waiting = (i64, u64, Token);

/// The rows and what is known of them as a whole.
pub(crate) struct Projections {
    table: Table,
    keys: Keys,
    seal: Arc<Tree>,
    tallies: Mutex<Tallies>,
    waiting: Mutex<BTreeSet<Waiting>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Projections {
    fn over(table: Table, ring: &KeyRing) -> Result<Self, Broken> {
        let projection = ring.projection();
        let seal = projection.tree("rows").map_err(|fault| Broken(fault.to_string()))?;
        Ok(Self {
            table,
            keys: Keys::new(Arc::clone(projection)),
            seal,
            tallies: Mutex::default(),
            waiting: Mutex::default(),
        })
    }

    /// Empty projections in memory.
    pub(crate) fn memory(ring: &KeyRing) -> Result<Self, Broken> {
        Self::over(Table::memory(), ring)
    }

    /// Empty projections in a directory that does not exist.
    pub(crate) fn create(path: &Path, ring: &KeyRing) -> Result<Self, Broken> {
        Self::over(Table::open(path)?, ring)
    }

    /// The projections that a clean stop left in a directory, with the log's index; `None` when they were not
    /// stopped cleanly or are not whole.
    pub(crate) fn open(path: &Path, ring: &KeyRing) -> Result<Option<(Self, Kept)>, Broken> {
        let opened = Self::over(Table::open(path)?, ring)?;
        match opened.load() {
            Ok(Some(kept)) => Ok(Some((opened, kept))),
            Ok(None) => {
                opened.table.abandon();
                Ok(None)
            }
            Err(broken) => {
                opened.table.abandon();
                Err(broken)
            }
        }
    }

    fn load(&self) -> Result<Option<Kept>, Broken> {
        let Some(stamp) = self.stamp()? else { return Ok(None) };
        let mut tallies = Tallies::default();
        self.table.scan(&[0], &[0xff], |key, value| {
            if key.first() != Some(&STAMP) {
                tallies.add(key, value);
            }
            true
        })?;
        if tallies != stamp.tallies || stamp.format != FORMAT {
            return Err(Broken("their counts and digests are not those of the last stop".to_owned()));
        }
        *locked(&self.tallies) = tallies;
        *locked(&self.waiting) = self.load_waiting()?;
        let kept = Kept { size: stamp.size, root: stamp.root, index: self.load_index(stamp.size)? };
        Ok(Some(kept))
    }

    fn stamp(&self) -> Result<Option<Stamp>, Broken> {
        let Some(plain) = self.value(&RowKey::new(STAMP, &[]))? else { return Ok(None) };
        ciborium::from_reader(plain.as_slice()).map(Some).map_err(|_| Broken("their stamp cannot be read".to_owned()))
    }

    /// Takes the mark of the clean stop away, before the first row changes.
    pub(crate) fn begin(&self) -> Result<(), Broken> {
        self.table.remove(RowKey::new(STAMP, &[]).as_slice())?;
        self.table.flush()
    }

    /// Sets the mark of a clean stop. Nothing may be written after it.
    pub(crate) fn finish(&self, size: u64, root: Hash, index: &LogIndex) -> Result<(), Broken> {
        self.save_index(index, size)?;
        self.save_waiting()?;
        let stamp = Stamp { format: FORMAT, size, root, tallies: locked(&self.tallies).clone() };
        let mut plain = Vec::new();
        ciborium::into_writer(&stamp, &mut plain).map_err(|fault| Broken(fault.to_string()))?;
        let key = RowKey::new(STAMP, &[]);
        let sealed = self.sealed(&key, &plain)?;
        self.table.insert(key.as_slice(), sealed)?;
        self.table.flush()
    }

    /// Lets go of projections that broke.
    pub(crate) fn abandon(self) {
        self.table.abandon();
    }

    fn sealed(&self, key: &RowKey, plain: &[u8]) -> Result<Vec<u8>, Broken> {
        self.seal.seal(key.as_slice(), plain).map_err(|fault| Broken(fault.to_string()))
    }

    fn value(&self, key: &RowKey) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, Broken> {
        let Some(stored) = self.table.get(key.as_slice())? else { return Ok(None) };
        self.seal.open(key.as_slice(), &stored).map(Some).map_err(|fault| Broken(fault.to_string()))
    }

    /// Puts a value and keeps count.
    fn put(&self, key: &RowKey, plain: &[u8]) -> Result<(), Broken> {
        let sealed = self.sealed(key, plain)?;
        locked(&self.tallies).add(key.as_slice(), &sealed);
        let old = self.table.insert(key.as_slice(), sealed)?;
        if let Some(old) = old {
            locked(&self.tallies).subtract(key.as_slice(), &old);
        }
        Ok(())
    }

    fn drop_row(&self, key: &[u8]) -> Result<(), Broken> {
        if let Some(old) = self.table.remove(key)? {
            locked(&self.tallies).subtract(key, &old);
        }
        Ok(())
    }

    fn read(&self, key: &RowKey) -> Result<Option<Row>, Broken> {
        let Some(plain) = self.value(key)? else { return Ok(None) };
        rows::decode(&plain).map(Some).ok_or_else(|| Broken("a row cannot be read".to_owned()))
    }

    /// Writes the rows of a group that is recorded.
    pub(crate) fn write<'r>(&self, changed: impl Iterator<Item = (&'r RowKey, &'r Row)>) -> Result<(), Broken> {
        for (key, row) in changed {
            let plain = rows::encode(row).ok_or_else(|| Broken("a row cannot be written".to_owned()))?;
            self.put(key, &plain)?;
            if let (Row::Delivery(delivery), Some(agency)) = (row, key.agency()) {
                let waiting = (delivery.collect_by.as_microsecond(), delivery.index, agency);
                if delivery.state == DeliveryState::Queued && !delivery.reported {
                    locked(&self.waiting).insert(waiting);
                } else {
                    locked(&self.waiting).remove(&waiting);
                }
            }
        }
        Ok(())
    }

    /// One row.
    pub(crate) fn row(&self, key: &Key) -> Result<Option<Row>, Broken> {
        self.read(&self.keys.row(key))
    }

    /// A page of an agency's deliveries.
    pub(crate) fn inbox(
        &self,
        agency: &AgencyId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>, Broken> {
        let token = self.keys.agency(agency);
        let (first, last) = (RowKey::delivery(&token, from), RowKey::delivery(&token, u64::MAX));
        let rows = self.collect(first.as_slice(), last.as_slice(), limit)?;
        Ok(rows.into_iter().filter_map(delivery).collect())
    }

    /// Deliveries queued beyond their time and not reported.
    pub(crate) fn uncollected(&self, now: Timestamp, limit: usize) -> Result<Vec<DeliveryRecord>, Broken> {
        let due: Vec<Waiting> = locked(&self.waiting)
            .iter()
            .take_while(|(collect_by, ..)| *collect_by <= now.as_microsecond())
            .take(limit)
            .copied()
            .collect();
        let rows = due.iter().map(|(_, index, agency)| self.read(&RowKey::delivery(agency, *index)));
        Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().filter_map(delivery).collect())
    }

    /// Every principal.
    pub(crate) fn principals(&self) -> Result<Vec<PrincipalRecord>, Broken> {
        let rows = self.collect(&[PRINCIPAL], &[PRINCIPAL + 1], usize::MAX)?;
        let mut principals: Vec<_> = rows
            .into_iter()
            .filter_map(|row| match row {
                Row::Principal(principal) => Some(principal),
                _ => None,
            })
            .collect();
        principals.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(principals)
    }

    /// What stands for a content digest in a row.
    pub(crate) fn content(&self, content: &Digest) -> Digest {
        self.keys.content(content)
    }

    /// How many rows there are that entries make; for comparing with a rebuild.
    pub(crate) fn count(&self) -> Result<u64, Broken> {
        let mut count = 0;
        self.table.scan(&[0], &[0xff], |key, _| {
            let inner = [STAMP, keys::LEAVES, keys::GROUPS, keys::WAITING];
            count += u64::from(key.first().is_some_and(|sort| !inner.contains(sort)));
            true
        })?;
        Ok(count)
    }

    fn collect(&self, first: &[u8], last: &[u8], limit: usize) -> Result<Vec<Row>, Broken> {
        let mut found = Vec::new();
        let mut broken = None;
        if limit == 0 {
            return Ok(found);
        }
        self.table.scan(first, last, |key, stored| {
            let row = self.seal.open(key, stored).ok().and_then(|plain| rows::decode(&plain));
            match row {
                Some(row) => found.push(row),
                None => broken = Some(Broken("a row cannot be read".to_owned())),
            }
            found.len() < limit && broken.is_none()
        })?;
        broken.map_or(Ok(found), Err)
    }
}

fn delivery(row: Row) -> Option<DeliveryRecord> {
    match row {
        Row::Delivery(delivery) => Some(delivery),
        _ => None,
    }
}

