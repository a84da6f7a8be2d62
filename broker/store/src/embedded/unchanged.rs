//! Whether the journal below a clean stop is still what was signed, byte for byte: every frame against its leaf, every
//! leaf against the tree, every section in the journal against its leaf. Nothing is decrypted and no row is made, so
//! that it takes a fraction of reading the log anew. A journal that is not unchanged is read anew, and that reading says
//! what is wrong with which entry.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use concordat_ledger::{Hash, Leaf, leaf_hash};

use super::frame::{self, EntryFrame, Frame};
use super::journal::{self, Position, SEGMENT_HEAD, Segments};
use super::projections::LogIndex;

/// Reads at most on so many threads: a segment in memory for each.
const READERS: usize = 4;

/// Whether every entry that the index speaks of stands in the journal where and as it was recorded.
pub(crate) fn unchanged(segments: &Segments, log: &Hash, index: &LogIndex) -> bool {
    let Some(last) = index.positions.last().map(|packed| Position::unpack(*packed).segment) else {
        return true;
    };
    let (next, whole) = (AtomicU32::new(1), AtomicBool::new(true));
    let read = || {
        while whole.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number > last {
                return;
            }
            if !segment(segments, log, index, number).unwrap_or(false) {
                whole.store(false, Ordering::Relaxed);
            }
        }
    };
    let readers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(READERS);
    std::thread::scope(|scope| {
        for _ in 1..readers {
            scope.spawn(read);
        }
        read();
    });
    whole.into_inner()
}

/// Whether a segment holds its part of the index; `None` when it cannot be read.
fn segment(segments: &Segments, log: &Hash, index: &LogIndex, number: u32) -> Option<bool> {
    let bytes = segments.load(number).ok()??;
    let starts = |number: u32| {
        let start = Position { segment: number, offset: 0 }.pack();
        index.positions.partition_point(|position| *position < start)
    };
    let (first, end) = (starts(number), starts(number.checked_add(1)?));
    if journal::check_head(&bytes, log, number).ok()? != first as u64 {
        return Some(false);
    }
    let mut entry = first;
    let mut at = Position { segment: number, offset: SEGMENT_HEAD };
    while entry < end {
        let (frame, length) = frame::parse(bytes.get(at.offset as usize..)?).ok()?;
        match frame {
            Frame::Entry(frame) => {
                if index.positions.get(entry) != Some(&at.pack()) || !is_recorded(index, entry as u64, &frame)
                {
                    return Some(false);
                }
                entry += 1;
            }
            // its signature says which root it is of; a text of the right checksum is the one written
            Frame::Checkpoint(_) => {
                let position = at.pack();
                if index.checkpoints.binary_search_by_key(&position, |(_, position)| *position).is_err() {
                    return Some(false);
                }
            }
        }
        at = at.plus(length)?;
    }
    Some(true)
}

/// Whether a frame holds the entry that was signed, and its sections those that the leaf names.
fn is_recorded(index: &LogIndex, entry: u64, frame: &EntryFrame<'_>) -> bool {
    if frame.index != entry || index.tree.leaf(entry) != Some(leaf_hash(frame.leaf)) {
        return false;
    }
    Leaf::decode(frame.leaf).is_ok_and(|leaf| frame.holds(leaf.sections.iter()))
}
