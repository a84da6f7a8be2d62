//! The head guard: how far the log was acknowledged. Two slots of 4 KiB in one preallocated file; the one that was
//! synced last is never touched until the other is synced, so one of them is whole at every moment.
//!
//! Slot: `CCDGUARD`, format (u16), sequence (u64), log (32), segment (u32), offset (u32), size (u64), root (32),
//! generation of the key ring (u64), length of the checkpoint (u16), checkpoint, CRC32C (u32) over all before.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use concordat_ledger::Hash;

use crate::fault::OpenFault;
use crate::port::{Port, PortFile};

use super::journal::Position;

const MAGIC: &[u8; 8] = b"CCDGUARD";
const FORMAT: u16 = 1;
const SLOT_LEN: usize = 4096;

/// What the guard vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guarded {
    /// The end of the journal.
    pub(crate) position: Position,
    /// How many entries it holds.
    pub(crate) size: u64,
    /// The root over their leaves.
    pub(crate) root: Hash,
    /// The least generation of the key ring.
    pub(crate) ring: u64,
    /// The signed checkpoint.
    pub(crate) checkpoint: Arc<str>,
}

/// The open guard.
pub(crate) struct Guard {
    path: PathBuf,
    file: Box<dyn PortFile>,
    log: Hash,
    sequence: u64,
    /// The slot, 0 or 1, that was synced last.
    whole: u64,
}

/// One slot as found.
enum Slot {
    Whole { sequence: u64, log: Hash, guarded: Guarded },
    Newer(u16),
    Bad,
}

impl Guard {
    /// Makes the guard's file, both slots preallocated and the first one written.
    pub(crate) fn create(
        port: &dyn Port,
        path: &Path,
        log: Hash,
        guarded: &Guarded,
    ) -> Result<Self, OpenFault> {
        let fault = || OpenFault::io(path, "written");
        let first = slot(1, &log, guarded).map_err(fault())?;
        let mut bytes = first.clone();
        bytes.resize(2 * SLOT_LEN, 0);
        port.replace(path, &bytes).map_err(fault())?;
        let file = port.open(path).map_err(fault())?;
        Ok(Self { path: path.to_owned(), file, log, sequence: 1, whole: 0 })
    }

    /// Opens the guard and reads the newer of its whole slots.
    pub(crate) fn open(port: &dyn Port, path: &Path, log: Hash) -> Result<(Self, Guarded), OpenFault> {
        let fault = || OpenFault::io(path, "read");
        let bytes = port.read(path).map_err(fault())?;
        let bytes = bytes.ok_or_else(|| OpenFault::GuardMissing { path: path.to_owned() })?;
        let (whole, sequence, guarded) = newest(path, &bytes, log)?;
        let file = port.open(path).map_err(fault())?;
        Ok((Self { path: path.to_owned(), file, log, sequence, whole }, guarded))
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Overwrites the slot that was not synced last, and syncs it.
    pub(crate) fn write(&mut self, guarded: &Guarded) -> io::Result<()> {
        let sequence = self.sequence.saturating_add(1);
        // the sequence moves on even if the write fails: what may have landed there must be overtaken
        self.sequence = sequence;
        let bytes = slot(sequence, &self.log, guarded)?;
        let slot = 1 - self.whole.min(1);
        self.file.write_at(slot * SLOT_LEN as u64, &bytes)?;
        self.file.sync()?;
        // not before: a slot whose write failed may be torn, and the other must stand until this one does
        self.whole = slot;
        Ok(())
    }

    /// Writes both slots, so that nothing a failed write may have left can be read again.
    pub(crate) fn write_both(&mut self, guarded: &Guarded) -> io::Result<()> {
        self.write(guarded)?;
        self.write(guarded)
    }
}

/// What a guard's file says, read for nothing but to be compared.
pub(crate) fn read(port: &dyn Port, path: &Path, log: Hash) -> Result<Guarded, OpenFault> {
    let bytes = port.read(path).map_err(OpenFault::io(path, "read"))?;
    let bytes = bytes.ok_or_else(|| OpenFault::GuardMissing { path: path.to_owned() })?;
    newest(path, &bytes, log).map(|(_, _, guarded)| guarded)
}

/// The newer whole slot: which, its sequence, what it says.
fn newest(path: &Path, bytes: &[u8], log: Hash) -> Result<(u64, u64, Guarded), OpenFault> {
    let damaged = |why| OpenFault::GuardDamaged { path: path.to_owned(), why };
    let mut best: Option<(u64, u64, Guarded)> = None;
    for (slot, chunk) in (0..2).zip(bytes.chunks(SLOT_LEN)) {
        match parse(chunk) {
            Slot::Whole { log: found, .. } if found != log => return Err(damaged("belongs to another log")),
            Slot::Whole { sequence, guarded, .. } => {
                if best.as_ref().is_none_or(|(_, other, _)| sequence > *other) {
                    best = Some((slot, sequence, guarded));
                }
            }
            Slot::Newer(found) => {
                let what = format!("the head guard `{}`", PathBuf::from(path).display());
                return Err(OpenFault::Newer { what, found: found.into(), known: FORMAT.into() });
            }
            Slot::Bad => {}
        }
    }
    best.ok_or_else(|| damaged("holds no whole slot"))
}

fn slot(sequence: u64, log: &Hash, guarded: &Guarded) -> io::Result<Vec<u8>> {
    let text = guarded.checkpoint.as_bytes();
    let length = u16::try_from(text.len()).map_err(io::Error::other)?;
    let mut bytes = Vec::with_capacity(SLOT_LEN);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_be_bytes());
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&log.0);
    bytes.extend_from_slice(&guarded.position.segment.to_be_bytes());
    bytes.extend_from_slice(&guarded.position.offset.to_be_bytes());
    bytes.extend_from_slice(&guarded.size.to_be_bytes());
    bytes.extend_from_slice(&guarded.root.0);
    bytes.extend_from_slice(&guarded.ring.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text);
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
    if bytes.len() > SLOT_LEN {
        return Err(io::Error::other("the checkpoint is too long for the head guard"));
    }
    bytes.resize(SLOT_LEN, 0);
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Slot {
    take(bytes).unwrap_or(Slot::Bad)
}

fn take(bytes: &[u8]) -> Option<Slot> {
    let (magic, rest) = bytes.split_first_chunk::<8>()?;
    let (format, rest) = rest.split_first_chunk()?;
    let (sequence, rest) = rest.split_first_chunk()?;
    let (log, rest) = rest.split_first_chunk()?;
    let (segment, rest) = rest.split_first_chunk()?;
    let (offset, rest) = rest.split_first_chunk()?;
    let (size, rest) = rest.split_first_chunk()?;
    let (root, rest) = rest.split_first_chunk()?;
    let (ring, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let (crc, rest) = rest.split_first_chunk()?;
    let covered = bytes.get(..bytes.len() - rest.len() - 4)?;
    // what a power cut can do to a slot is seen by the checksum; the rest of the slot is always zero
    if magic != MAGIC || u32::from_be_bytes(*crc) != crc32c::crc32c(covered) || rest.iter().any(|b| *b != 0) {
        return None;
    }
    let format = u16::from_be_bytes(*format);
    if format > FORMAT {
        return Some(Slot::Newer(format));
    }
    Some(Slot::Whole {
        sequence: u64::from_be_bytes(*sequence),
        log: Hash(*log),
        guarded: Guarded {
            position: Position { segment: u32::from_be_bytes(*segment), offset: u32::from_be_bytes(*offset) },
            size: u64::from_be_bytes(*size),
            root: Hash(*root),
            ring: u64::from_be_bytes(*ring),
            checkpoint: std::str::from_utf8(text).ok()?.into(),
        },
    })
}

#[cfg(test)]
mod tests {
    use concordat_ledger::sha256;

    use super::*;
    use crate::port::DiskPort;

    fn guarded(size: u64) -> Guarded {
        Guarded {
            position: Position { segment: 2, offset: 640 },
            size,
            root: sha256(&[&size.to_be_bytes()]),
            ring: 9,
            checkpoint: format!("origin\n{size}\n").into(),
        }
    }

    fn log() -> Hash {
        sha256(&[b"log"])
    }

    #[test]
    fn newest_whole_slot_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let mut guard = Guard::create(&DiskPort, &path, log(), &guarded(0)).unwrap();
        for size in 1..6 {
            guard.write(&guarded(size)).unwrap();
            assert_eq!(Guard::open(&DiskPort, &path, log()).unwrap().1, guarded(size));
            assert_eq!(std::fs::metadata(&path).unwrap().len(), 8192, "slots are overwritten in place");
        }
    }

    #[test]
    fn a_torn_slot_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let mut guard = Guard::create(&DiskPort, &path, log(), &guarded(0)).unwrap();
        guard.write(&guarded(1)).unwrap();
        let before = std::fs::read(&path).unwrap();
        guard.write(&guarded(2)).unwrap();
        let after = std::fs::read(&path).unwrap();
        for cut in [1, 8, 17, 100, 160, 4095] {
            // the slot of the third write is the first: some of it new, some of it old
            let torn = [&after[..cut], &before[cut..]].concat();
            std::fs::write(&path, &torn).unwrap();
            let found = Guard::open(&DiskPort, &path, log()).unwrap().1.size;
            let whole = torn == after;
            assert_eq!(found, if whole { 2 } else { 1 }, "torn at {cut}");
        }
    }

    #[test]
    fn slot_whose_write_failed_is_written_again_before_the_other_is_touched() {
        use crate::sim::{SimFault, SimPort};
        for seed in 0..300 {
            let dir = Path::new("/disk");
            let port = SimPort::new(seed, dir);
            let path = dir.join("guard");
            let mut guard = Guard::create(&port, &path, log(), &guarded(0)).unwrap();
            guard.write(&guarded(1)).unwrap();
            port.fail_at(2, SimFault::Io);
            assert!(guard.write(&guarded(2)).is_err());
            port.fail_at(1 + seed % 4, SimFault::PowerCut);
            assert!(guard.write_both(&guarded(1)).is_err());
            let found = Guard::open(&port.power_on(seed), &path, log()).unwrap().1.size;
            assert!((1..=2).contains(&found), "seed {seed}: {found}");
        }
    }

    #[test]
    fn every_flipped_bit_leaves_the_other_slot_and_two_leave_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let mut guard = Guard::create(&DiskPort, &path, log(), &guarded(0)).unwrap();
        guard.write(&guarded(1)).unwrap();
        let good = std::fs::read(&path).unwrap();
        for at in (0..200).chain([4095]) {
            let mut altered = good.clone();
            altered[SLOT_LEN + at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            assert_eq!(Guard::open(&DiskPort, &path, log()).unwrap().1.size, 0, "byte {at}");
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            assert!(matches!(Guard::open(&DiskPort, &path, log()), Err(OpenFault::GuardDamaged { .. })));
        }
    }

    #[test]
    fn guard_of_another_log_of_a_newer_format_or_missing_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        assert!(matches!(
            Guard::open(&DiskPort, &path, log()).err().unwrap(),
            OpenFault::GuardMissing { .. }
        ));
        Guard::create(&DiskPort, &path, sha256(&[b"other"]), &guarded(0)).unwrap();
        assert!(Guard::open(&DiskPort, &path, log()).err().unwrap().is_tampered());
        let mut newer = slot(1, &log(), &guarded(0)).unwrap();
        newer[9] = 2;
        let end = newer.iter().rposition(|b| *b != 0).unwrap() + 1 - 4;
        let crc = crc32c::crc32c(&newer[..end]).to_be_bytes();
        newer[end..end + 4].copy_from_slice(&crc);
        std::fs::write(&path, &newer).unwrap();
        assert!(matches!(
            Guard::open(&DiskPort, &path, log()).err().unwrap(),
            OpenFault::Newer { found: 2, .. }
        ));
    }
}
