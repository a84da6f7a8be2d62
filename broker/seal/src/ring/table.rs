//! The keys of a ring in memory, by what they are for.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::hmac;
use jiff::civil::Date;

use super::RING_FILE;
use super::file::Image;
use super::record::Record;
use crate::fault::SealFault;
use crate::kek::KekProvider;
use crate::key::{KEY_LEN, KeyId, Purpose, RetentionClass, Secret};

/// The keys that sections and index tokens are made with.
#[derive(Default)]
pub(super) struct Table {
    sections: HashMap<KeyId, Slot>,
    days: HashMap<(RetentionClass, Date), KeyId>,
    months: HashMap<(i16, i8), Arc<hmac::Key>>,
    pseudonyms: Option<Arc<Secret>>,
}

enum Slot {
    Live(Arc<Secret>),
    Destroyed,
}

/// All that a ring file holds.
pub(super) struct Loaded {
    pub(super) table: Table,
    pub(super) projection: Secret,
    pub(super) log: Secret,
}

impl Table {
    /// Unwraps every key of a file that was read.
    pub(super) fn load(image: &Image, kek: &dyn KekProvider) -> Result<Loaded, SealFault> {
        let corrupt = |record, why| SealFault::RingCorrupt { file: RING_FILE.to_owned(), record, why };
        let mut table = Table::default();
        let (mut projection, mut log) = (None, None);
        for (number, record) in (1..).zip(&image.records) {
            if table.has(&record.purpose) || table.holds(record.id) {
                return Err(corrupt(number, "it repeats an earlier one"));
            }
            let Some(secret) = record.unwrap_key(RING_FILE, number, kek)? else {
                table.insert_slot(record, Slot::Destroyed);
                continue;
            };
            if secret.bytes().len() != KEY_LEN && record.purpose != Purpose::Log {
                return Err(corrupt(number, "its key has the wrong length"));
            }
            match record.purpose {
                Purpose::Chain => {}
                Purpose::Projection => projection = Some(secret),
                Purpose::Log => log = Some(secret),
                purpose => table.insert(purpose, record.id, secret),
            }
        }
        Ok(Loaded {
            table,
            projection: projection.ok_or_else(|| corrupt(2, "the projection key is missing"))?,
            log: log.ok_or_else(|| corrupt(3, "the log key is missing"))?,
        })
    }

    /// Whether there is, or was, a key of this purpose.
    pub(super) fn has(&self, purpose: &Purpose) -> bool {
        match purpose {
            Purpose::Data { class, day } => self.days.contains_key(&(*class, *day)),
            Purpose::Record { entry } => self.holds(KeyId(*entry)),
            Purpose::Index { year, month } => self.months.contains_key(&(*year, *month)),
            Purpose::Pseudonym => self.pseudonyms.is_some(),
            Purpose::Chain | Purpose::Projection | Purpose::Log => false,
        }
    }

    /// Whether there is, or was, a section key of this id.
    pub(super) fn holds(&self, key: KeyId) -> bool {
        self.sections.contains_key(&key)
    }

    /// Takes in a key that is durable.
    pub(super) fn insert(&mut self, purpose: Purpose, id: KeyId, secret: Secret) {
        match purpose {
            Purpose::Data { class, day } => {
                self.days.insert((class, day), id);
                self.sections.insert(id, Slot::Live(Arc::new(secret)));
            }
            Purpose::Record { .. } => {
                self.sections.insert(id, Slot::Live(Arc::new(secret)));
            }
            Purpose::Index { year, month } => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
                self.months.insert((year, month), Arc::new(key));
            }
            Purpose::Pseudonym => self.pseudonyms = Some(Arc::new(secret)),
            Purpose::Chain | Purpose::Projection | Purpose::Log => {}
        }
    }

    fn insert_slot(&mut self, record: &Record, slot: Slot) {
        if let Purpose::Data { class, day } = record.purpose {
            self.days.insert((class, day), record.id);
        }
        self.sections.insert(record.id, slot);
    }

    /// Forgets a section key, but not that it was there.
    pub(super) fn destroy(&mut self, key: KeyId) {
        self.sections.insert(key, Slot::Destroyed);
    }

    /// The section key of an id.
    pub(super) fn section_key(&self, key: KeyId) -> Result<Arc<Secret>, SealFault> {
        match self.sections.get(&key) {
            Some(Slot::Live(secret)) => Ok(Arc::clone(secret)),
            Some(Slot::Destroyed) => Err(SealFault::KeyDestroyed { key }),
            None => Err(SealFault::KeyUnknown { key }),
        }
    }

    /// The id of a daily data key.
    pub(super) fn data_key(&self, class: RetentionClass, day: Date) -> Option<KeyId> {
        self.days.get(&(class, day)).copied()
    }

    /// The secret that gives the keys of pseudonyms.
    pub(super) fn pseudonym_secret(&self) -> Option<Arc<Secret>> {
        self.pseudonyms.as_ref().map(Arc::clone)
    }

    /// The index key of a month.
    pub(super) fn index_key(&self, year: i16, month: i8) -> Option<Arc<hmac::Key>> {
        self.months.get(&(year, month)).map(Arc::clone)
    }
}
