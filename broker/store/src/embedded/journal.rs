//! The journal: segment files that only grow, written by one writer.
//!
//! A segment begins with 64 bytes: `CCDSEGMT`, format (u16), log (32), its number (u32), index of its first
//! entry (u64), zeros (6), CRC32C of all before (u32). Frames follow to its end.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use concordat_ledger::Hash;

use crate::fault::OpenFault;
use crate::port::{Port, PortFile};

use super::frame::{self, HEAD_LEN};

const MAGIC: &[u8; 8] = b"CCDSEGMT";
const FORMAT: u16 = 1;

/// Length of what stands before the first frame of a segment, in bytes.
pub(crate) const SEGMENT_HEAD: u32 = 64;

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// The segment's number, from 1.
    pub(crate) segment: u32,
    /// The offset in it, in bytes.
    pub(crate) offset: u32,
}

impl Position {
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.segment) << 32 | u64::from(self.offset)
    }

    pub(crate) fn unpack(packed: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = packed.to_be_bytes();
        Self { segment: u32::from_be_bytes([a, b, c, d]), offset: u32::from_be_bytes([e, f, g, h]) }
    }

    pub(crate) fn plus(self, bytes: usize) -> Option<Self> {
        let offset = u32::try_from(bytes).ok().and_then(|bytes| self.offset.checked_add(bytes))?;
        Some(Self { offset, ..self })
    }
}

/// The name of a segment's file.
pub(crate) fn segment_name(number: u32) -> String {
    format!("{number:08}.seg")
}

/// The number of a segment by its file's name.
pub(crate) fn segment_number(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".seg")?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// What stands at the beginning of a segment.
pub(crate) fn segment_head(log: &Hash, number: u32, first: u64) -> Vec<u8> {
    let mut head = Vec::with_capacity(SEGMENT_HEAD as usize);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&FORMAT.to_be_bytes());
    head.extend_from_slice(&log.0);
    head.extend_from_slice(&number.to_be_bytes());
    head.extend_from_slice(&first.to_be_bytes());
    head.resize(SEGMENT_HEAD as usize - 4, 0);
    head.extend_from_slice(&crc32c::crc32c(&head).to_be_bytes());
    head
}

/// Why a segment's head is not what it should be.
pub(crate) enum BadHead {
    Newer(u16),
    Damaged,
}

/// Checks a segment's head; the index of its first entry.
pub(crate) fn check_head(bytes: &[u8], log: &Hash, number: u32) -> Result<u64, BadHead> {
    let head = bytes.get(..SEGMENT_HEAD as usize).ok_or(BadHead::Damaged)?;
    let (covered, crc) = head.split_last_chunk::<4>().ok_or(BadHead::Damaged)?;
    if crc32c::crc32c(covered) != u32::from_be_bytes(*crc) {
        return Err(BadHead::Damaged);
    }
    let (_, rest) = head.split_first_chunk::<8>().ok_or(BadHead::Damaged)?;
    let (format, rest) = rest.split_first_chunk().ok_or(BadHead::Damaged)?;
    if u16::from_be_bytes(*format) > FORMAT {
        return Err(BadHead::Newer(u16::from_be_bytes(*format)));
    }
    let first = rest.get(36..).and_then(|rest| rest.first_chunk()).ok_or(BadHead::Damaged)?;
    let first = u64::from_be_bytes(*first);
    if segment_head(log, number, first) == head { Ok(first) } else { Err(BadHead::Damaged) }
}

/// The segments as files, for reading.
pub(crate) struct Segments {
    port: Arc<dyn Port>,
    dir: PathBuf,
    open: RwLock<HashMap<u32, Arc<dyn PortFile>>>,
}

impl Segments {
    pub(crate) fn new(port: Arc<dyn Port>, dir: PathBuf) -> Self {
        Self { port, dir, open: RwLock::default() }
    }

    pub(crate) fn path(&self, number: u32) -> PathBuf {
        self.dir.join(segment_name(number))
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The numbers of the segments there are, ascending; strange names are passed over.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u32>> {
        Ok(self.port.list(&self.dir)?.iter().filter_map(|name| segment_number(name)).collect())
    }

    /// The length of a segment in bytes, or `None` if there is none.
    pub(crate) fn length(&self, number: u32) -> io::Result<Option<u64>> {
        match self.port.open(&self.path(number)) {
            Ok(file) => file.length().map(Some),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(source),
        }
    }

    /// The whole segment, or `None` if there is none.
    pub(crate) fn load(&self, number: u32) -> io::Result<Option<Vec<u8>>> {
        self.port.read(&self.path(number))
    }

    fn file(&self, number: u32) -> io::Result<Arc<dyn PortFile>> {
        if let Some(file) = self.open.read().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(Arc::clone(file));
        }
        let file: Arc<dyn PortFile> = self.port.open(&self.path(number))?.into();
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// The frame at a position, head and body, not yet checked.
    pub(crate) fn frame_at(&self, position: Position) -> io::Result<Vec<u8>> {
        let file = self.file(position.segment)?;
        let mut head = [0; HEAD_LEN];
        let offset = u64::from(position.offset);
        file.read_at(offset, &mut head)?;
        let length = frame::Head::parse(&head).map_err(|bad| io::Error::other(bad.why()))?.length;
        let mut bytes = vec![0; HEAD_LEN + length];
        file.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }
}

/// The end of the journal, where the one writer writes.
pub(crate) struct Journal {
    segments: Arc<Segments>,
    log: Hash,
    file: Box<dyn PortFile>,
    end: Position,
    /// From which length on a segment is followed by a new one, in bytes.
    rotate_at: u32,
}

impl Journal {
    /// Makes the first segment.
    pub(crate) fn create(segments: Arc<Segments>, log: Hash, rotate_at: u32) -> Result<Self, OpenFault> {
        let path = segments.path(1);
        let file = new_segment(&segments, &log, 1, 0).map_err(OpenFault::io(&path, "written"))?;
        let end = Position { segment: 1, offset: SEGMENT_HEAD };
        Ok(Self { segments, log, file, end, rotate_at })
    }

    /// Opens the segment in which a position lies, to write from there on.
    pub(crate) fn open(
        segments: Arc<Segments>,
        log: Hash,
        end: Position,
        rotate_at: u32,
    ) -> io::Result<Self> {
        let file = segments.port.open(&segments.path(end.segment))?;
        Ok(Self { segments, log, file, end, rotate_at })
    }

    /// Where the next frame goes.
    pub(crate) fn end(&self) -> Position {
        self.end
    }

    /// Begins a new segment if the current one is long enough; `first` is the index of the next entry.
    pub(crate) fn rotate(&mut self, first: u64) -> io::Result<()> {
        if self.end.offset < self.rotate_at {
            return Ok(());
        }
        let number = self.end.segment.checked_add(1).ok_or_else(|| io::Error::other("too many segments"))?;
        self.file = new_segment(&self.segments, &self.log, number, first)?;
        self.end = Position { segment: number, offset: SEGMENT_HEAD };
        Ok(())
    }

    /// Writes frames at the end and syncs them.
    pub(crate) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        let end = self.end.plus(frames.len()).ok_or_else(|| io::Error::other("the segment is full"))?;
        self.file.write_at(u64::from(self.end.offset), frames)?;
        self.file.sync()?;
        self.end = end;
        Ok(())
    }

    /// Makes durable whatever stands in the segment.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// Cuts everything above a position, later segments too, and syncs.
    pub(crate) fn cut(&mut self, end: Position) -> io::Result<()> {
        let later: Vec<_> =
            self.segments.numbers()?.into_iter().filter(|number| *number > end.segment).collect();
        {
            let mut open = self.segments.open.write().unwrap_or_else(PoisonError::into_inner);
            open.retain(|number, _| *number < end.segment);
        }
        for number in &later {
            self.segments.port.remove(&self.segments.path(*number))?;
        }
        if !later.is_empty() {
            self.segments.port.sync_dir(&self.segments.dir)?;
        }
        self.file = self.segments.port.open(&self.segments.path(end.segment))?;
        self.file.truncate(u64::from(end.offset))?;
        self.file.sync()?;
        self.end = end;
        Ok(())
    }
}

fn new_segment(segments: &Segments, log: &Hash, number: u32, first: u64) -> io::Result<Box<dyn PortFile>> {
    let path = segments.path(number);
    // one that a failed rotation left holds nothing that was acknowledged
    segments.port.remove(&path)?;
    let file = segments.port.create(&path)?;
    file.write_at(0, &segment_head(log, number, first))?;
    file.sync()?;
    segments.port.sync_dir(&segments.dir)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use concordat_ledger::sha256;

    use super::*;
    use crate::port::DiskPort;

    fn segments(dir: &Path) -> Arc<Segments> {
        Arc::new(Segments::new(Arc::new(DiskPort), dir.to_owned()))
    }

    #[test]
    fn segments_follow_one_another_at_the_length_set() {
        let dir = tempfile::tempdir().unwrap();
        let segments = segments(dir.path());
        let log = sha256(&[b"log"]);
        let mut journal = Journal::create(Arc::clone(&segments), log, 100).unwrap();
        journal.rotate(0).unwrap();
        assert_eq!(journal.end().segment, 1);
        journal.append(&[7; 36]).unwrap();
        journal.rotate(5).unwrap();
        assert_eq!(journal.end(), Position { segment: 2, offset: SEGMENT_HEAD });
        assert_eq!(segments.numbers().unwrap(), [1, 2]);
        let second = segments.load(2).unwrap().unwrap();
        assert_eq!(check_head(&second, &log, 2).ok(), Some(5));
        assert!(check_head(&second, &log, 3).is_err(), "a segment under another name");
        assert!(check_head(&second, &sha256(&[b"other"]), 2).is_err(), "a segment of another log");
        journal.cut(Position { segment: 1, offset: 80 }).unwrap();
        assert_eq!(segments.numbers().unwrap(), [1]);
        assert_eq!(segments.load(1).unwrap().unwrap().len(), 80);
    }

    #[test]
    fn every_flipped_bit_of_a_segment_head_is_seen() {
        let log = sha256(&[b"log"]);
        let head = segment_head(&log, 3, 77);
        for at in 0..head.len() {
            let mut altered = head.clone();
            altered[at] ^= 4;
            assert!(check_head(&altered, &log, 3).is_err(), "byte {at}");
        }
    }

    /// The bytes of format 1 as they were first written: they must read for ever.
    #[test]
    fn segment_head_is_laid_out_as_documented() {
        let log = sha256(&[b"log"]);
        let mut expected = b"CCDSEGMT\x00\x01".to_vec();
        expected.extend(log.0);
        expected.extend([0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0]);
        expected.extend(crc32c::crc32c(&expected).to_be_bytes());
        assert_eq!(segment_head(&log, 3, 77), expected);
        assert_eq!(expected.len(), SEGMENT_HEAD as usize);
    }

    #[test]
    fn names_are_read_in_one_spelling() {
        assert_eq!(segment_number(&segment_name(12)), Some(12));
        for name in ["1.seg", "00000001.seg.bak", "0000000a.seg", "+0000001.seg", "reserve"] {
            assert_eq!(segment_number(name), None, "{name}");
        }
        let position = Position { segment: 3, offset: 9 };
        assert_eq!(Position::unpack(position.pack()), position);
    }
}
