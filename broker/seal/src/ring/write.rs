//! The writing side of the key ring: making, destroying, and mending after a failed write.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::file::{self, Chain, Head, Image};
use super::record::Record;
use super::table::Table;
use super::{KeyRing, RING_FILE};
use crate::fault::SealFault;
use crate::key::{KeyId, Purpose, Secret};
use crate::port::RingPort;

/// Where the next record goes.
pub(super) struct Writer {
    pub(super) head: Head,
    pub(super) chain: Chain,
    /// A write did not end well, so nothing is known about the file.
    pub(super) suspect: bool,
}

impl Writer {
    /// The writer of a file that was read and is durable.
    pub(super) fn new(image: &Image) -> Self {
        Self { head: image.head.clone(), chain: image.chain.clone(), suspect: false }
    }
}

/// Lets one caller at a time write; the others sleep, and look on waking whether their key is there.
#[derive(Default)]
pub(super) struct Turns {
    taken: Mutex<bool>,
    ended: Condvar,
}

/// The right to write, until dropped.
struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits for a turn, or for what `look` finds after the turn of another.
    fn wait<T>(&self, look: impl Fn() -> Option<T>) -> Result<T, Turn<'_>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if !*taken {
                *taken = true;
                return Err(Turn(self));
            }
            taken = self.ended.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.ended.notify_all();
    }
}

impl KeyRing {
    /// The writer, with a file that is known to be right.
    pub(super) fn writer(&self) -> Result<MutexGuard<'_, Writer>, SealFault> {
        let mut writer = self.writer.lock().unwrap_or_else(|poisoned| {
            self.writer.clear_poison();
            let mut writer = poisoned.into_inner();
            writer.suspect = true;
            writer
        });
        if writer.suspect {
            self.mend(&mut writer)?;
        }
        Ok(writer)
    }

    /// What `look` finds in the table, after making a key of this purpose if it finds nothing.
    pub(super) fn obtain<T>(
        &self,
        purpose: Purpose,
        look: impl Fn(&Table) -> Option<T>,
    ) -> Result<T, SealFault> {
        if let Some(found) = look(&self.table()) {
            return Ok(found);
        }
        self.wishes().push(purpose);
        // while this call waits, another may write its wish too
        let _turn = match self.turns.wait(|| look(&self.table())) {
            Ok(found) => return Ok(found),
            Err(turn) => turn,
        };
        let mut writer = self.writer().inspect_err(|_| self.wishes().retain(|wish| *wish != purpose))?;
        self.add(&mut writer, purpose)?;
        look(&self.table()).ok_or(SealFault::Primitive)
    }

    /// Makes a key for this purpose and for all wishes waiting, in one synced write.
    fn add(&self, writer: &mut Writer, purpose: Purpose) -> Result<(), SealFault> {
        let mut purposes: HashSet<Purpose> = std::mem::take(&mut *self.wishes()).into_iter().collect();
        purposes.insert(purpose);
        let mut chain = writer.chain.clone();
        let mut frames = Vec::new();
        let mut made = Vec::new();
        for purpose in purposes {
            if self.table().has(&purpose) {
                continue;
            }
            let (id, secret) = (purpose.new_id()?, Secret::random()?);
            let record = Record::wrap(purpose, id, &secret, self.kek.as_ref())?;
            chain.frame(&record, &mut frames)?;
            made.push((purpose, id, secret));
        }
        writer.suspect = true;
        self.port.append_synced(RING_FILE, &frames).map_err(write_fault)?;
        writer.suspect = false;
        writer.chain = chain;
        let mut table = self.table_mut();
        for (purpose, id, secret) in made {
            table.insert(purpose, id, secret);
        }
        self.generation.store(file::generation(&writer.head, &writer.chain), Ordering::Release);
        Ok(())
    }

    /// Replaces the file by one that holds no key bytes of the doomed keys, then forgets them.
    pub(super) fn destroy(&self, writer: &mut Writer, doomed: &HashSet<KeyId>) -> Result<(), SealFault> {
        let bytes = read_file(self.port.as_ref())?;
        let image = file::read(RING_FILE, &bytes, self.kek.as_ref(), Some(self.generation()))?;
        let rewrites = image.head.rewrites.checked_add(1).ok_or(SealFault::Primitive)?;
        let head = Head { rewrites, ..image.head };
        let mut chain = writer.chain.restart(&head);
        let mut bytes = head.bytes();
        for mut record in image.records {
            if doomed.contains(&record.id) {
                record.wrapped = None;
            }
            chain.frame(&record, &mut bytes)?;
        }
        writer.suspect = true;
        self.port.replace_synced(RING_FILE, &bytes).map_err(write_fault)?;
        *writer = Writer { head, chain, suspect: false };
        let mut table = self.table_mut();
        doomed.iter().for_each(|key| table.destroy(*key));
        self.generation.store(file::generation(&writer.head, &writer.chain), Ordering::Release);
        Ok(())
    }

    /// After a failed write: takes what the file holds, if that is no less than was ever acknowledged,
    /// and writes it anew.
    fn mend(&self, writer: &mut Writer) -> Result<(), SealFault> {
        let bytes = read_file(self.port.as_ref())?;
        let image = file::read(RING_FILE, &bytes, self.kek.as_ref(), Some(self.generation()))?;
        let loaded = Table::load(&image, self.kek.as_ref())?;
        rewrite(self.port.as_ref(), &bytes, &image)?;
        *self.table_mut() = loaded.table;
        *writer = Writer::new(&image);
        self.generation.store(image.generation(), Ordering::Release);
        Ok(())
    }
}

/// The whole ring file.
pub(super) fn read_file(port: &dyn RingPort) -> Result<Vec<u8>, SealFault> {
    let bytes = port.read(RING_FILE).map_err(read_fault)?;
    bytes.ok_or_else(|| SealFault::RingAbsent { file: RING_FILE.to_owned() })
}

/// Writes the sound part of a file that was read, so that it is durable whatever happened before.
pub(super) fn rewrite(port: &dyn RingPort, bytes: &[u8], image: &Image) -> Result<(), SealFault> {
    let sound = bytes.get(..image.length).ok_or(SealFault::Primitive)?;
    port.replace_synced(RING_FILE, sound).map_err(write_fault)
}

/// The fault of a ring file that cannot be read.
pub(super) fn read_fault(source: std::io::Error) -> SealFault {
    SealFault::RingIo { file: RING_FILE.to_owned(), act: "read", source }
}

/// The fault of a ring file that cannot be written.
pub(super) fn write_fault(source: std::io::Error) -> SealFault {
    SealFault::RingIo { file: RING_FILE.to_owned(), act: "written", source }
}
