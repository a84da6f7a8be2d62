//! Frames of the journal: length (u32), kind (u8), CRC32C over both and the body (u32), body. Big-endian.
//!
//! Body of an entry: index (u64), length of the leaf (u16), leaf, count of the sections in the journal (u8),
//! and of each its number (u8), length (u32) and sealed bytes. Body of a checkpoint: its whole text.

use concordat_ledger::leaf::MAX_LEAF_LEN;
use concordat_ledger::{SectionDigest, sha256};

/// Length of what stands before a frame's body, in bytes.
pub(crate) const HEAD_LEN: usize = 9;

/// Longest body, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;

const ENTRY: u8 = 1;
const CHECKPOINT: u8 = 2;

/// One frame, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Entry(EntryFrame<'a>),
    Checkpoint(&'a str),
}

/// The frame of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EntryFrame<'a> {
    pub(crate) index: u64,
    pub(crate) leaf: &'a [u8],
    /// The sections in the journal, by number.
    pub(crate) sections: Vec<(u8, &'a [u8])>,
}

impl EntryFrame<'_> {
    /// Whether each of its sections is the one of its number that is named.
    pub(crate) fn holds<'d>(&self, named: impl Iterator<Item = &'d SectionDigest> + Clone) -> bool {
        self.sections.iter().all(|(number, bytes)| {
            named.clone().any(|named| named.number == *number && named.hash == sha256(&[bytes]))
        })
    }
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadFrame {
    /// They end before the frame does.
    Short,
    /// They are damaged; says what does not fit.
    Damaged(&'static str),
}

impl BadFrame {
    pub(crate) fn why(self) -> &'static str {
        match self {
            BadFrame::Short => "the file ends in the middle of it",
            BadFrame::Damaged(why) => why,
        }
    }
}

/// Writes the frame of an entry behind the bytes given; `false` when a part is longer than a frame may hold.
pub(crate) fn push_entry(out: &mut Vec<u8>, index: u64, leaf: &[u8], sections: &[(u8, &[u8])]) -> bool {
    let (Ok(leaf_len), Ok(count)) = (u16::try_from(leaf.len()), u8::try_from(sections.len())) else {
        return false;
    };
    push(out, ENTRY, |out| {
        out.extend_from_slice(&index.to_be_bytes());
        out.extend_from_slice(&leaf_len.to_be_bytes());
        out.extend_from_slice(leaf);
        out.push(count);
        for (number, bytes) in sections {
            out.push(*number);
            // a body beyond MAX_BODY is refused below, so no length is cut
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(bytes);
        }
    })
}

/// Writes the frame of a checkpoint behind the bytes given.
pub(crate) fn push_checkpoint(out: &mut Vec<u8>, text: &str) -> bool {
    push(out, CHECKPOINT, |out| out.extend_from_slice(text.as_bytes()))
}

fn push(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) -> bool {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD_LEN]);
    body(out);
    let length = out.len() - start - HEAD_LEN;
    let Some(length) = u32::try_from(length).ok().filter(|_| length <= MAX_BODY) else {
        out.truncate(start);
        return false;
    };
    let body = out.get(start + HEAD_LEN..).unwrap_or_default();
    let crc = checksum(length, kind, body);
    let head = length.to_be_bytes().into_iter().chain([kind]).chain(crc.to_be_bytes());
    for (slot, byte) in out.iter_mut().skip(start).zip(head) {
        *slot = byte;
    }
    true
}

fn checksum(length: u32, kind: u8, body: &[u8]) -> u32 {
    let [a, b, c, d] = length.to_be_bytes();
    crc32c::crc32c_append(crc32c::crc32c(&[a, b, c, d, kind]), body)
}

/// What stands before a body.
pub(crate) struct Head {
    /// Length of the body.
    pub(crate) length: usize,
    kind: u8,
    crc: u32,
}

impl Head {
    pub(crate) fn parse(bytes: &[u8; HEAD_LEN]) -> Result<Self, BadFrame> {
        let [a, b, c, d, kind, e, f, g, h] = *bytes;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > MAX_BODY {
            return Err(BadFrame::Damaged("its length is damaged"));
        }
        Ok(Self { length, kind, crc: u32::from_be_bytes([e, f, g, h]) })
    }

    pub(crate) fn frame<'a>(&self, body: &'a [u8]) -> Result<Frame<'a>, BadFrame> {
        let length = u32::try_from(body.len()).map_err(|_| BadFrame::Damaged("its length is damaged"))?;
        if checksum(length, self.kind, body) != self.crc {
            return Err(BadFrame::Damaged("its checksum does not fit"));
        }
        const SHAPE: BadFrame = BadFrame::Damaged("its shape is unknown");
        match self.kind {
            ENTRY => entry(body).map(Frame::Entry).ok_or(SHAPE),
            CHECKPOINT => std::str::from_utf8(body).map(Frame::Checkpoint).map_err(|_| SHAPE),
            _ => Err(SHAPE),
        }
    }
}

/// The frame at the beginning of the bytes, and how long it is.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Frame<'_>, usize), BadFrame> {
    let (head, rest) = bytes.split_first_chunk().ok_or(BadFrame::Short)?;
    let head = Head::parse(head)?;
    let body = rest.get(..head.length).ok_or(BadFrame::Short)?;
    Ok((head.frame(body)?, HEAD_LEN + head.length))
}

fn entry(body: &[u8]) -> Option<EntryFrame<'_>> {
    let (index, rest) = body.split_first_chunk()?;
    let (leaf_len, rest) = rest.split_first_chunk()?;
    let leaf_len = usize::from(u16::from_be_bytes(*leaf_len));
    let (leaf, rest) = rest.split_at_checked(leaf_len).filter(|_| leaf_len <= MAX_LEAF_LEN)?;
    let ([count], mut rest) = rest.split_first_chunk::<1>()?;
    let mut sections = Vec::with_capacity(usize::from(*count).min(8));
    for _ in 0..*count {
        let ([number], after) = rest.split_first_chunk::<1>()?;
        let (length, after) = after.split_first_chunk()?;
        let (bytes, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        sections.push((*number, bytes));
        rest = after;
    }
    rest.is_empty().then_some(EntryFrame { index: u64::from_be_bytes(*index), leaf, sections })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frame_comes_back_and_says_its_length() {
        let mut out = b"before".to_vec();
        assert!(push_entry(&mut out, 7, b"leaf", &[(1, b"core"), (3, b"")]));
        let one = out.len() - 6;
        assert_eq!(one, HEAD_LEN + 8 + 2 + 4 + 1 + 5 + 4 + 5);
        assert!(push_checkpoint(&mut out, "signed"));
        let (frame, length) = parse(&out[6..]).unwrap();
        let expected = EntryFrame { index: 7, leaf: b"leaf", sections: vec![(1, b"core"), (3, b"")] };
        assert_eq!((frame, length), (Frame::Entry(expected), one));
        assert_eq!(parse(&out[6 + one..]).unwrap().0, Frame::Checkpoint("signed"));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let mut out = Vec::new();
        assert!(push_entry(&mut out, 7, b"leaf", &[(1, b"core section")]));
        for at in 0..out.len() {
            for bit in 0..8 {
                let mut altered = out.clone();
                altered[at] ^= 1 << bit;
                assert!(parse(&altered).is_err(), "byte {at} bit {bit}");
            }
            assert_eq!(parse(&out[..at]), Err(BadFrame::Short), "cut at {at}");
        }
    }

    #[test]
    fn leaf_longer_than_a_frame_can_say_is_refused() {
        let mut out = Vec::new();
        assert!(!push_entry(&mut out, 0, &vec![0; 70_000], &[]));
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn arbitrary_bodies_under_a_right_checksum_never_panic(
            kind in 0_u8..4, body in prop::collection::vec(any::<u8>(), 0..300)
        ) {
            let mut out = Vec::new();
            prop_assert!(push(&mut out, kind, |out| out.extend_from_slice(&body)));
            if let Ok((Frame::Entry(entry), length)) = parse(&out) {
                let mut again = Vec::new();
                prop_assert!(push_entry(&mut again, entry.index, entry.leaf, &entry.sections));
                prop_assert_eq!(&again, &out);
                prop_assert_eq!(length, out.len());
            }
        }

        #[test]
        fn frames_between_garbage_come_back_until_the_garbage(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..8),
            garbage in prop::collection::vec(any::<u8>(), 0..40)
        ) {
            let mut out = Vec::new();
            for (index, part) in (0..).zip(&parts) {
                prop_assert!(push_entry(&mut out, index, b"leaf", &[(1, part)]));
            }
            let whole = out.len();
            out.extend_from_slice(&garbage);
            let (mut at, mut seen) = (0, 0);
            while let Ok((frame, length)) = parse(&out[at..]) {
                if at >= whole { break }
                let Frame::Entry(entry) = frame else { panic!("a checkpoint") };
                prop_assert_eq!(entry.sections[0].1, parts[seen].as_slice());
                (at, seen) = (at + length, seen + 1);
            }
            prop_assert_eq!((at, seen), (whole, parts.len()));
        }
    }
}
