//! The key ring: every key of one log, wrapped, in one file that is neither log nor projection.
//!
//! A key is in use only once its record is synced. Callers that need new keys at the same time share
//! one write: each leaves its wish, and whoever gets the file writes all wishes at once. After any
//! failed write the file is read, checked and written anew before the next key is made.
//!
//! A destroyed key leaves a record without key bytes, so that what it sealed reads as erased and not
//! as lost; the file is replaced, and the wrapped bytes are gone from it. Old blocks of the disk and
//! backups are beyond this crate: they die with the key-encryption key.
//!
//! One process at a time may hold a ring. Calls that make or destroy keys block on the disk; all
//! others read memory.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use aws_lc_rs::hkdf;
use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::fault::SealFault;
use crate::kek::KekProvider;
use crate::key::{KeyId, Purpose, RetentionClass, Secret};
use crate::port::RingPort;
use crate::projection::Projection;
use crate::section::chunks::{Opening, Sealing};
use crate::section::{self, Place, Sealed};

mod file;
mod record;
mod table;
mod write;

pub use file::Cut;
use file::{Chain, Head};
use record::Record;
use table::Table;
use write::{Turns, Writer, read_fault, read_file, rewrite, write_fault};

/// Name of the key ring's file in its directory.
pub const RING_FILE: &str = "keyring";

/// The keys of one log. Shared between threads behind an `Arc`; its `Debug` is silent.
pub struct KeyRing {
    port: Arc<dyn RingPort>,
    kek: Arc<dyn KekProvider>,
    table: RwLock<Table>,
    wishes: Mutex<Vec<Purpose>>,
    turns: Turns,
    writer: Mutex<Writer>,
    generation: AtomicU64,
    projection: Arc<Projection>,
    log_key: Secret,
    cut: Option<Cut>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(..)")
    }
}

impl KeyRing {
    /// Makes a new ring and its file. The log key is 32 random bytes, fit to be an Ed25519 seed.
    ///
    /// # Errors
    /// [`SealFault::RingExists`] when there is a file already, [`SealFault::RingIo`] when it cannot be
    /// written, [`SealFault::Kek`] when the key-encryption key fails.
    pub fn create(port: Arc<dyn RingPort>, kek: Arc<dyn KekProvider>) -> Result<Self, SealFault> {
        Self::make(port, kek, &Secret::random()?)
    }

    /// Makes a new ring that keeps a log key of the caller's own, at most 1,024 bytes.
    ///
    /// # Errors
    /// As [`KeyRing::create`], and [`SealFault::TooLarge`] when the log key is too long.
    pub fn create_with_log_key(
        port: Arc<dyn RingPort>,
        kek: Arc<dyn KekProvider>,
        log_key: Zeroizing<Vec<u8>>,
    ) -> Result<Self, SealFault> {
        let size = log_key.len();
        if size > file::MAX_SECRET {
            return Err(SealFault::TooLarge { size, limit: file::MAX_SECRET });
        }
        Self::make(port, kek, &Secret::new(log_key))
    }

    fn make(port: Arc<dyn RingPort>, kek: Arc<dyn KekProvider>, log_key: &Secret) -> Result<Self, SealFault> {
        if port.read(RING_FILE).map_err(read_fault)?.is_some() {
            return Err(SealFault::RingExists { file: RING_FILE.to_owned() });
        }
        let head = Head { kek: kek.id(), rewrites: 0 };
        let chain_key = Secret::random()?;
        let mut chain = Chain::start(&chain_key, &head);
        let mut bytes = head.bytes();
        let firsts = [
            (Purpose::Chain, &chain_key),
            (Purpose::Projection, &Secret::random()?),
            (Purpose::Log, log_key),
        ];
        for (purpose, secret) in firsts {
            let record = Record::wrap(purpose, purpose.new_id()?, secret, kek.as_ref())?;
            chain.frame(&record, &mut bytes)?;
        }
        port.replace_synced(RING_FILE, &bytes).map_err(write_fault)?;
        Self::open(port, kek, Some(chain.records()))
    }

    /// Opens the ring of an existing file.
    ///
    /// `known` is the last [`KeyRing::generation`] that the caller has kept elsewhere. With it, a file
    /// that lost keys is refused, and a torn write above it is cut. Without it, a file cut between two
    /// records cannot be told from a younger one, and only a record that the end of the file interrupts
    /// is cut. What was cut is told by [`KeyRing::cut`]; anything else that does not fit is refused.
    ///
    /// # Errors
    /// [`SealFault::RingAbsent`], [`SealFault::RingNewer`], [`SealFault::RingOtherKek`],
    /// [`SealFault::RingCorrupt`] with the number of the record, [`SealFault::RingRolledBack`],
    /// [`SealFault::RingIo`], [`SealFault::Kek`].
    pub fn open(
        port: Arc<dyn RingPort>,
        kek: Arc<dyn KekProvider>,
        known: Option<u64>,
    ) -> Result<Self, SealFault> {
        let bytes = read_file(port.as_ref())?;
        let image = file::read(RING_FILE, &bytes, kek.as_ref(), known)?;
        let loaded = Table::load(&image, kek.as_ref())?;
        // what nobody vouches for may stand in the page cache alone: write it anew before using it
        if image.cut.is_some() || known != Some(image.generation()) {
            rewrite(port.as_ref(), &bytes, &image)?;
        }
        Ok(Self {
            generation: AtomicU64::new(image.generation()),
            writer: Mutex::new(Writer::new(&image)),
            table: RwLock::new(loaded.table),
            wishes: Mutex::default(),
            turns: Turns::default(),
            projection: Arc::new(Projection::new(&loaded.projection)?),
            log_key: loaded.log,
            cut: image.cut,
            port,
            kek,
        })
    }

    /// Counts every key made and every destruction, and never falls. A caller that keeps it elsewhere
    /// can hand it to [`KeyRing::open`], to find a ring that was rolled back.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// What was cut from the end of the file when the ring was opened: a write that was never synced.
    pub fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// The data key of a retention class and day, made and synced if there is none yet.
    ///
    /// # Errors
    /// [`SealFault::RingIo`] or [`SealFault::Kek`] when it could not be made.
    pub fn data_key(&self, class: RetentionClass, day: Date) -> Result<KeyId, SealFault> {
        self.obtain(Purpose::Data { class, day }, |table| table.data_key(class, day))
    }

    /// The record key of a person-level submission, made and synced if there is none yet. Its id is
    /// the id of the entry.
    ///
    /// # Errors
    /// [`SealFault::KeyDestroyed`] when it was destroyed: it is never made again;
    /// [`SealFault::RingIo`] or [`SealFault::Kek`] when it could not be made.
    pub fn record_key(&self, entry: [u8; 16]) -> Result<KeyId, SealFault> {
        let key = KeyId(entry);
        self.obtain(Purpose::Record { entry }, |table| {
            table.holds(key).then(|| table.section_key(key).map(|_| key))
        })?
    }

    /// Destroys the record keys of entries, in memory and in the file. One that is destroyed already
    /// is left as it is.
    ///
    /// # Errors
    /// [`SealFault::KeyUnknown`] when an entry has no record key: then none is destroyed;
    /// [`SealFault::RingIo`] when the file could not be replaced: then call again.
    pub fn destroy_record_keys(&self, entries: &[[u8; 16]]) -> Result<(), SealFault> {
        let mut writer = self.writer()?;
        let mut doomed = HashSet::new();
        for entry in entries {
            let key = KeyId(*entry);
            match self.table().section_key(key) {
                Ok(_) => drop(doomed.insert(key)),
                Err(SealFault::KeyDestroyed { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        if doomed.is_empty() { Ok(()) } else { self.destroy(&mut writer, &doomed) }
    }

    /// Destroys the record key of one entry; see [`KeyRing::destroy_record_keys`].
    ///
    /// # Errors
    /// As [`KeyRing::destroy_record_keys`].
    pub fn destroy_record_key(&self, entry: [u8; 16]) -> Result<(), SealFault> {
        self.destroy_record_keys(&[entry])
    }

    /// HMAC-SHA256 under the index key of the month that holds the day, made and synced if there is
    /// none yet.
    ///
    /// # Errors
    /// [`SealFault::RingIo`] or [`SealFault::Kek`] when the key could not be made.
    pub fn index_hmac(&self, day: Date, data: &[u8]) -> Result<[u8; 32], SealFault> {
        let (year, month) = (day.year(), day.month());
        let key = self.obtain(Purpose::Index { year, month }, |table| table.index_key(year, month))?;
        Ok(crate::key::mac(&key, &[data]))
    }

    /// The key that makes the pseudonyms of one recipient for one purpose: the same always, and it tells nothing of
    /// another's. The secret that it is drawn from is made and synced if there is none yet, and never leaves the ring.
    ///
    /// # Errors
    /// [`SealFault::RingIo`] or [`SealFault::Kek`] when the secret could not be made.
    pub fn pseudonym_key(&self, recipient: &str, purpose: &str) -> Result<Zeroizing<[u8; 32]>, SealFault> {
        let secret = self.obtain(Purpose::Pseudonym, Table::pseudonym_secret)?;
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"concordat/pseudonym/v1").extract(secret.bytes());
        let length = (recipient.len() as u64).to_be_bytes();
        let mut key = Zeroizing::new([0; 32]);
        prk.expand(&[&length, recipient.as_bytes(), purpose.as_bytes()], hkdf::HKDF_SHA256)?
            .fill(key.as_mut_slice())?;
        Ok(key)
    }

    /// The secret that signs the log's checkpoints, as it was given or drawn when the ring was made.
    pub fn log_key(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.log_key.bytes().to_vec())
    }

    /// The keys of the projections.
    pub fn projection(&self) -> &Arc<Projection> {
        &self.projection
    }

    /// Seals a value of a projection tree for its key; see [`crate::projection::Tree::seal`].
    ///
    /// # Errors
    /// As [`crate::projection::Tree::seal`].
    pub fn seal_value(&self, tree: &str, key: &[u8], value: &[u8]) -> Result<Vec<u8>, SealFault> {
        self.projection.seal_value(tree, key, value)
    }

    /// Opens a value of a projection tree for its key; see [`crate::projection::Tree::open`].
    ///
    /// # Errors
    /// As [`crate::projection::Tree::open`].
    pub fn open_value(&self, tree: &str, key: &[u8], stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        self.projection.open_value(tree, key, stored)
    }

    /// Blind index token of a projection; see [`Projection::blind`].
    pub fn blind(&self, domain: &str, parts: &[&[u8]]) -> [u8; 16] {
        self.projection.blind(domain, parts)
    }

    /// Seals a section for its place, under a data key or record key of this ring.
    ///
    /// # Errors
    /// [`SealFault::KeyUnknown`], [`SealFault::KeyDestroyed`]; [`SealFault::TooLarge`] above
    /// [`section::MAX_PLAINTEXT`]; [`SealFault::Primitive`] when the library refuses.
    pub fn seal(&self, key: KeyId, place: &Place, plaintext: &[u8]) -> Result<Sealed, SealFault> {
        let secret = self.table().section_key(key)?;
        section::seal(&secret, key, place, plaintext)
    }

    /// Begins to seal a section in chunks, under a data key or record key of this ring; its head is appended to `out`.
    ///
    /// # Errors
    /// As [`KeyRing::seal`].
    pub fn seal_chunks(&self, key: KeyId, place: &Place, out: &mut Vec<u8>) -> Result<Sealing, SealFault> {
        let secret = self.table().section_key(key)?;
        Sealing::begin(&secret, key, place, out)
    }

    /// Begins to open a section in chunks at its place: with its first [`Opening::HEAD`] bytes, and how many are
    /// stored in all.
    ///
    /// # Errors
    /// As [`KeyRing::open_section`].
    pub fn open_chunks(&self, place: &Place, head: &[u8], stored: u64) -> Result<Opening, SealFault> {
        let secret = self.table().section_key(section::key_of(head)?)?;
        Opening::begin(&secret, place, head, stored)
    }

    /// Opens the stored bytes of a section at their place, with the key that they name and no other.
    ///
    /// # Errors
    /// [`SealFault::KeyDestroyed`] when the section is erased, [`SealFault::KeyUnknown`] when this ring
    /// never held its key, [`SealFault::Altered`] or [`SealFault::Malformed`] when the bytes are not
    /// what was sealed for this place.
    pub fn open_section(&self, place: &Place, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        let secret = self.table().section_key(section::key_of(stored)?)?;
        section::open(&secret, place, stored)
    }

    fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn table_mut(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn wishes(&self) -> MutexGuard<'_, Vec<Purpose>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
