//! The projections: what the log has said, by key, to be found quickly. All of it can be deleted and is rebuilt
//! from the journal by the same `apply` that a commit runs. Values are sealed under the projection key; keys
//! are blind tokens, ids and indexes.

mod inbox;
mod keys;
mod memory;
mod pending;
mod pointers;
mod rows;
mod table;
mod tally;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use concordat_core::apply::{Key, PrincipalRecord, Row};
use concordat_core::ids::{AgencyId, Digest, EntryId, SendKey};
use concordat_ledger::Hash;
use concordat_seal::KeyRing;
use concordat_seal::projection::Tree;
use serde::{Deserialize, Serialize};

use inbox::Inboxes;
use keys::{Keys, PRINCIPAL, RowKey, STAMP, Token};
use pointers::Pointers;
use rows::ReturnRow;
use table::Table;
use tally::Tallies;

pub(crate) use memory::{Kept, LogIndex};
pub(crate) use pending::Pending;
pub(crate) use pointers::Sent;
pub(crate) use rows::Held;
pub(crate) use table::Broken;

/// Name of the projections' folder.
pub(crate) const FOLDER: &str = "projections";

/// The format of the projections; those of another are rebuilt.
const FORMAT: u16 = 3;

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

/// The rows and what is known of them as a whole.
pub(crate) struct Projections {
    table: Table,
    keys: Keys,
    seal: Arc<Tree>,
    tallies: Mutex<Tallies>,
    inboxes: Mutex<Inboxes>,
    pointers: RwLock<Pointers>,
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
            inboxes: Mutex::default(),
            pointers: RwLock::default(),
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
        self.load_pointers()?;
        self.load_inboxes(self.load_waiting()?)?;
        let kept = Kept { size: stamp.size, root: stamp.root, index: self.load_index(stamp.size)? };
        Ok(Some(kept))
    }

    fn stamp(&self) -> Result<Option<Stamp>, Broken> {
        let Some(plain) = self.value(&RowKey::new(STAMP, &[]))? else { return Ok(None) };
        ciborium::from_reader(plain.as_slice())
            .map(Some)
            .map_err(|_| Broken("their stamp cannot be read".to_owned()))
    }

    /// Takes the mark of the clean stop away, before the first row changes.
    pub(crate) fn begin(&self) -> Result<(), Broken> {
        self.table.remove(RowKey::new(STAMP, &[]).as_slice())?;
        self.table.flush()
    }

    /// Sets the mark of a clean stop. Nothing may be written after it.
    pub(crate) fn finish(&self, size: u64, root: Hash, index: &LogIndex) -> Result<(), Broken> {
        self.save_index(index, size)?;
        self.save_pointers()?;
        self.save_inboxes()?;
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

    fn read(&self, key: &RowKey) -> Result<Option<Held>, Broken> {
        let held = match key.sort() {
            keys::DELIVERY => {
                self.delivery(&key.token(), key.index())?.map(|record| Held::Row(Row::Delivery(record)))
            }
            keys::VERSION => {
                self.return_row(&key.token())?.version.map(|record| Held::Row(Row::Version(record)))
            }
            keys::OBLIGATION => {
                self.return_row(&key.token())?.obligation.map(|record| Held::Row(Row::Obligation(record)))
            }
            keys::SUBMISSION => self.submission(EntryId(key.token())).map(Held::Submission),
            keys::SENT => self.sent(&key.token()).map(Held::Sent),
            _ => {
                let Some(plain) = self.value(key)? else { return Ok(None) };
                Some(rows::decode(&plain).map(Held::Row).ok_or_else(unreadable)?)
            }
        };
        Ok(held)
    }

    fn return_row(&self, token: &Token) -> Result<ReturnRow, Broken> {
        let Some(plain) = self.value(&RowKey::new(keys::RETURN, &[token]))? else {
            return Ok(ReturnRow::default());
        };
        ReturnRow::decode(&plain).ok_or_else(unreadable)
    }

    /// Writes the rows of a group that is recorded.
    pub(crate) fn write<'r>(
        &self,
        changed: impl Iterator<Item = (&'r RowKey, &'r Held)>,
    ) -> Result<(), Broken> {
        let mut deliveries = Vec::new();
        let mut returns: HashMap<Token, ReturnRow> = HashMap::new();
        for (key, held) in changed {
            match held {
                Held::Submission(pointer) => self.put_submission(EntryId(key.token()), pointer)?,
                Held::Sent(sent) => self.put_sent(key.token(), sent)?,
                Held::Row(Row::Delivery(delivery)) => deliveries.push((key.token(), delivery)),
                Held::Row(Row::Version(version)) => {
                    returns.entry(key.token()).or_default().version = Some(*version);
                }
                Held::Row(Row::Obligation(record)) => {
                    returns.entry(key.token()).or_default().obligation = Some(record.clone());
                }
                Held::Row(row) => {
                    let plain =
                        rows::encode(row).ok_or_else(|| Broken("a row cannot be written".to_owned()))?;
                    self.put(key, &plain)?;
                }
            }
        }
        for (token, mut row) in returns {
            if row.version.is_none() || row.obligation.is_none() {
                let old = self.return_row(&token)?;
                row = ReturnRow {
                    version: row.version.or(old.version),
                    obligation: row.obligation.or(old.obligation),
                };
            }
            self.put(&RowKey::new(keys::RETURN, &[&token]), &row.encode())?;
        }
        self.put_deliveries(deliveries)
    }

    /// One row; none under the keys of submissions and used keys, of which only the place is kept.
    pub(crate) fn row(&self, key: &Key) -> Result<Option<Row>, Broken> {
        Ok(match self.read(&self.keys.row(key))? {
            Some(Held::Row(row)) => Some(row),
            _ => None,
        })
    }

    /// For what an agency used a key.
    pub(crate) fn sent_under(&self, agency: &AgencyId, key: SendKey) -> Option<Sent> {
        self.sent(&self.keys.row(&Key::Sent(agency.clone(), key)).token())
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

    /// How many rows entries make; for comparing with a rebuild.
    pub(crate) fn count(&self) -> Result<u64, Broken> {
        let mut count = self.count_deliveries()? + self.count_pointers();
        let mut broken = None;
        self.table.scan(&[0], &[0xff], |key, stored| {
            match key.first() {
                Some(
                    &(keys::DELIVERY
                    | keys::POINTERS
                    | keys::AGENCY
                    | STAMP
                    | keys::LEAVES
                    | keys::GROUPS
                    | keys::WAITING),
                ) => {}
                Some(&keys::RETURN) => {
                    match self.seal.open(key, stored).ok().and_then(|row| ReturnRow::decode(&row)) {
                        Some(row) => {
                            count += u64::from(row.version.is_some()) + u64::from(row.obligation.is_some())
                        }
                        None => broken = Some(unreadable()),
                    }
                }
                _ => count += 1,
            }
            broken.is_none()
        })?;
        broken.map_or(Ok(count), Err)
    }

    /// Makes every row unreadable, as damage would.
    #[cfg(test)]
    pub(crate) fn spoil(&self) {
        let mut keys = Vec::new();
        self.table
            .scan(&[0], &[0xff], |key, _| {
                keys.push(key.to_vec());
                true
            })
            .unwrap();
        for key in keys {
            self.table.insert(&key, b"spoilt".to_vec()).unwrap();
        }
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
                None => broken = Some(unreadable()),
            }
            found.len() < limit && broken.is_none()
        })?;
        broken.map_or(Ok(found), Err)
    }
}

fn unreadable() -> Broken {
    Broken("a row cannot be read".to_owned())
}
