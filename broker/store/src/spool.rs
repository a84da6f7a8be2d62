//! The content of a large return on its way into the log and out of it: sealed as it comes, opened as it is read, so
//! that neither needs more memory than a chunk.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256};
use concordat_core::fault::Fault;
use concordat_core::ids::{Digest, EntryId};
use concordat_seal::{KeyId, KeyRing, Opening, Place, SealedChunks, Sealing};
use zeroize::Zeroizing;

use crate::port::{Port, PortFile};

/// A file of the store's own that goes when it is dropped, unless it was kept.
struct Aside {
    port: Arc<dyn Port>,
    path: PathBuf,
    kept: bool,
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.kept
            && let Err(why) = self.port.remove(&self.path)
        {
            tracing::warn!(%why, "the file of content that was not recorded could not be removed");
        }
    }
}

/// Content that is arriving. Nothing of it is recorded, and nothing of it stays when it is dropped.
pub struct Spool {
    file: Box<dyn PortFile>,
    sealing: Sealing,
    ring: Arc<KeyRing>,
    place: Place,
    hash: digest::Context,
    /// How much has arrived.
    taken: u64,
    /// How much is written.
    written: u64,
    sealed: Vec<u8>,
    aside: Aside,
}

impl Spool {
    /// Begins a file at a path that must be free.
    pub(crate) fn begin(
        (port, path): (Arc<dyn Port>, PathBuf),
        ring: Arc<KeyRing>,
        key: KeyId,
        place: Place,
    ) -> Result<Self, Fault> {
        let mut sealed = Vec::new();
        let sealing = ring.seal_chunks(key, &place, &mut sealed).map_err(Fault::unavailable)?;
        let file = port.create(&path).map_err(|why| unwritten(&why))?;
        let aside = Aside { port, path, kept: false };
        let hash = digest::Context::new(&SHA256);
        Ok(Self { file, sealing, ring, place, hash, taken: 0, written: 0, sealed, aside })
    }

    /// The id of the entry that its content was sealed for.
    #[must_use]
    pub fn entry(&self) -> EntryId {
        EntryId(self.place.entry)
    }

    /// How many bytes have arrived.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes more of the content.
    ///
    /// # Errors
    /// `unavailable` when it cannot be written: then what is there is of no use any more.
    pub fn push(&mut self, plain: &[u8]) -> Result<(), Fault> {
        self.hash.update(plain);
        self.taken += plain.len() as u64;
        self.sealing.push(plain, &mut self.sealed).map_err(Fault::unavailable)?;
        self.write()
    }

    fn write(&mut self) -> Result<(), Fault> {
        self.file.write_at(self.written, &self.sealed).map_err(|why| unwritten(&why))?;
        self.written += self.sealed.len() as u64;
        self.sealed.clear();
        Ok(())
    }

    /// All of it has arrived: its file is durable when this returns.
    ///
    /// # Errors
    /// As [`Spool::push`].
    pub fn finish(mut self) -> Result<Spooled, Fault> {
        let chunks = self.sealing.finish(&mut self.sealed).map_err(Fault::unavailable)?;
        self.file.write_at(self.written, &self.sealed).map_err(|why| unwritten(&why))?;
        self.file.sync().map_err(|why| unwritten(&why))?;
        let mut content = [0; 32];
        content.iter_mut().zip(self.hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
        let Self { ring, aside, taken, .. } = self;
        Ok(Spooled { chunks, content: Digest(content), taken, ring, aside })
    }
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("taken", &self.taken).finish_non_exhaustive()
    }
}

/// Content that has arrived, sealed for its entry and not recorded yet. When it is dropped nothing of it stays.
pub struct Spooled {
    chunks: SealedChunks,
    content: Digest,
    taken: u64,
    ring: Arc<KeyRing>,
    aside: Aside,
}

impl Spooled {
    /// The id of the entry that it was sealed for.
    #[must_use]
    pub fn entry(&self) -> EntryId {
        EntryId(self.chunks.place().entry)
    }

    /// The key of the ring that it was sealed under.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.chunks.key()
    }

    /// SHA-256 of the content.
    #[must_use]
    pub fn content(&self) -> Digest {
        self.content
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.taken
    }

    /// Reads it from the beginning.
    ///
    /// # Errors
    /// `unavailable` when it cannot be read.
    pub fn read(&self) -> Result<Content, Fault> {
        let file = self.aside.port.open(&self.aside.path).map_err(|why| unread(&why))?;
        Content::of_file(file, &self.ring, self.chunks.place())
    }

    pub(crate) fn chunks(&self) -> &SealedChunks {
        &self.chunks
    }

    /// Where its file lies, which is moved by whoever asks and is theirs from then on.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.aside.kept = true;
        self.aside.path.clone()
    }
}

impl std::fmt::Debug for Spooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spooled").field("length", &self.taken).finish_non_exhaustive()
    }
}

/// The content of a return, opened as it is read.
pub struct Content {
    from: From,
    plain: Zeroizing<Vec<u8>>,
    at: usize,
}

enum From {
    /// All of it is in memory.
    Whole,
    /// The chunks of a file, read up to an offset.
    Chunks { file: Box<dyn PortFile>, opening: Opening, offset: u64 },
}

impl Content {
    pub(crate) fn whole(plain: Zeroizing<Vec<u8>>) -> Self {
        Self { from: From::Whole, plain, at: 0 }
    }

    /// The content of a file that was sealed in chunks for a place.
    pub(crate) fn of_file(file: Box<dyn PortFile>, ring: &KeyRing, place: &Place) -> Result<Self, Fault> {
        let stored = file.length().map_err(|why| unread(&why))?;
        let mut head = [0; Opening::HEAD];
        file.read_at(0, &mut head).map_err(|why| unread(&why))?;
        let opening = ring.open_chunks(place, &head, stored).map_err(Fault::tampered)?;
        let from = From::Chunks { file, opening, offset: Opening::HEAD as u64 };
        Ok(Self { from, plain: Zeroizing::default(), at: 0 })
    }

    /// Opens the next chunk; `false` when there is none.
    fn next(&mut self) -> io::Result<bool> {
        let From::Chunks { file, opening, offset } = &mut self.from else { return Ok(false) };
        let Some(wanted) = opening.wants() else { return Ok(false) };
        self.at = 0;
        self.plain.resize(wanted, 0);
        file.read_at(*offset, &mut self.plain)?;
        *offset += wanted as u64;
        opening.open(&mut self.plain).map_err(io::Error::other)?;
        Ok(true)
    }
}

impl Read for Content {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.plain.len() {
            if !self.next()? {
                return Ok(0);
            }
        }
        let left = self.plain.get(self.at..).unwrap_or_default();
        let (now, _) = left.split_at(left.len().min(room.len()));
        room.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
        self.at += now.len();
        Ok(now.len())
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").finish_non_exhaustive()
    }
}

fn unwritten(why: &io::Error) -> Fault {
    Fault::unavailable(format!("content on its way into the log could not be written: {why}"))
}

fn unread(why: &io::Error) -> Fault {
    Fault::unavailable(format!("the content of a return could not be read: {why}"))
}
