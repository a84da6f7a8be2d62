//! Where projection rows are kept: sled on disk, or memory. Nothing rests on either: what is lost is rebuilt.
//! A panic of sled ends in a [`Broken`], never in the caller.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use sled::IVec;

/// The rows cannot be read or written: they have to be rebuilt.
#[derive(Debug, Clone)]
pub(crate) struct Broken(pub(crate) String);

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the projections cannot be used: {}", self.0)
    }
}

/// How long to wait between attempts to open a table whose files are still held, and how often.
const LETTING_GO: (Duration, u32) = (Duration::from_millis(20), 250);

/// Rows by key.
pub(crate) enum Table {
    Sled(sled::Db),
    Memory(RwLock<BTreeMap<Vec<u8>, IVec>>),
}

fn contained<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Broken> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|fault| Broken(fault.to_string())),
        Err(_) => Err(Broken("their files are damaged".to_owned())),
    }
}

impl Table {
    /// Opens or creates the table in a directory.
    pub(crate) fn open(path: &Path) -> Result<Self, Broken> {
        let open = || {
            sled::Config::new()
                .path(path)
                .cache_capacity(64 * 1024 * 1024)
                .flush_every_ms(Some(2_000))
                .mode(sled::Mode::HighThroughput)
                .open()
        };
        // nobody else can be here, for the store has a lock of its own; but a table that this process has dropped
        // lets go of its files only when its threads have ended
        let let_go = |opened: &sled::Result<sled::Db>| match opened {
            // sled says it in words alone
            Err(sled::Error::Io(source)) => !source.to_string().contains("could not acquire lock"),
            _ => true,
        };
        contained(|| {
            for _ in 0..LETTING_GO.1 {
                let opened = open();
                if let_go(&opened) {
                    return opened;
                }
                std::thread::sleep(LETTING_GO.0);
            }
            open()
        })
        .map(Table::Sled)
    }

    pub(crate) fn memory() -> Self {
        Table::Memory(RwLock::default())
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<IVec>, Broken> {
        match self {
            Table::Sled(db) => contained(|| db.get(key)),
            Table::Memory(rows) => Ok(rows.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()),
        }
    }

    /// Puts a value and gives the one it replaced.
    pub(crate) fn insert(&self, key: &[u8], value: Vec<u8>) -> Result<Option<IVec>, Broken> {
        match self {
            Table::Sled(db) => contained(|| db.insert(key, value)),
            Table::Memory(rows) => {
                Ok(rows.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_vec(), value.into()))
            }
        }
    }

    /// Removes a value and gives it.
    pub(crate) fn remove(&self, key: &[u8]) -> Result<Option<IVec>, Broken> {
        match self {
            Table::Sled(db) => contained(|| db.remove(key)),
            Table::Memory(rows) => Ok(rows.write().unwrap_or_else(PoisonError::into_inner).remove(key)),
        }
    }

    /// Shows rows from the first key to the last, both included, in order, until `show` says enough.
    pub(crate) fn scan(
        &self,
        first: &[u8],
        last: &[u8],
        mut show: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Broken> {
        if first > last {
            return Ok(());
        }
        match self {
            Table::Sled(db) => contained(|| {
                for row in db.range::<&[u8], _>((Bound::Included(first), Bound::Included(last))) {
                    let (key, value) = row?;
                    if !show(&key, &value) {
                        break;
                    }
                }
                Ok(())
            }),
            Table::Memory(rows) => {
                let rows = rows.read().unwrap_or_else(PoisonError::into_inner);
                for (key, value) in rows.range::<[u8], _>((Bound::Included(first), Bound::Included(last))) {
                    if !show(key, value) {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// The last row from the first key to the last, both included.
    pub(crate) fn last(&self, first: &[u8], last: &[u8]) -> Result<Option<(IVec, IVec)>, Broken> {
        match self {
            Table::Sled(db) => contained(|| {
                db.range::<&[u8], _>((Bound::Included(first), Bound::Included(last))).next_back().transpose()
            }),
            Table::Memory(rows) => {
                let rows = rows.read().unwrap_or_else(PoisonError::into_inner);
                let mut range = rows.range::<[u8], _>((Bound::Included(first), Bound::Included(last)));
                Ok(range.next_back().map(|(key, value)| (key.as_slice().into(), value.clone())))
            }
        }
    }

    pub(crate) fn flush(&self) -> Result<(), Broken> {
        match self {
            Table::Sled(db) => contained(|| db.flush().map(drop)),
            Table::Memory(_) => Ok(()),
        }
    }

    /// Lets go of a table that may panic once more while it is dropped.
    pub(crate) fn abandon(self) {
        let _ = catch_unwind(AssertUnwindSafe(move || drop(self)));
    }
}
