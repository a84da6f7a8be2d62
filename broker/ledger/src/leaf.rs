//! The leaf: the small clear record of an entry that the tree hashes. It names no one and shows nothing;
//! it binds the sealed sections and, through a commitment, the statement.

use thiserror::Error;

use crate::hash::{HASH_LEN, Hash, sha256};

/// The first four bytes of every leaf: the format and its version.
pub const LEAF_MAGIC: [u8; 4] = *b"CCL1";

/// The most sections one entry may have.
pub const MAX_SECTIONS: usize = 8;

/// What a statement's commitment is prefixed with.
pub const STATEMENT_TAG: &str = "concordat/statement/v1";

const FIXED_LEN: usize = 4 + HASH_LEN + 16 + 1 + 8 + 1 + HASH_LEN;
const SECTION_LEN: usize = 1 + 1 + 16 + 4 + HASH_LEN;

/// The longest a leaf can be, in bytes.
pub const MAX_LEAF_LEN: usize = FIXED_LEN + MAX_SECTIONS * SECTION_LEN;

/// What the leaf says of one sealed section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionDigest {
    /// The section's number within the entry; strictly ascending in a leaf.
    pub number: u8,
    /// What it holds: 1 core, 2 subject, 3 payload, 4 bundle.
    pub class: u8,
    /// Which key of the key ring it is sealed under.
    pub key: [u8; 16],
    /// Length of the sealed bytes.
    pub stored_len: u32,
    /// SHA-256 of the sealed bytes.
    pub hash: Hash,
}

/// The clear record of one entry. Encoded: [`LEAF_MAGIC`], log, entry, class, recorded time, section count,
/// the sections, statement; integers big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// SHA-256 of the log's origin; see [`log_id`].
    pub log: Hash,
    /// The entry's id.
    pub entry: [u8; 16],
    /// The entry's class: what sort of event it records.
    pub class: u8,
    /// When it was recorded, in microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at_us: u64,
    /// The sealed sections, by ascending number; at most [`MAX_SECTIONS`].
    pub sections: Vec<SectionDigest>,
    /// The commitment to the statement; see [`commit_statement`].
    pub statement: Hash,
}

/// Why bytes are not a leaf, or a leaf has no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LeafFault {
    /// The first four bytes are not those of a leaf of a known version.
    #[error("the leaf does not begin with `CCL1`")]
    UnknownFormat,
    /// The bytes end before the leaf does.
    #[error("the leaf is cut short")]
    CutShort,
    /// Bytes follow the leaf.
    #[error("the leaf is followed by further bytes")]
    TrailingBytes,
    /// More sections than an entry may have.
    #[error("the leaf names {found} sections; at most 8 are allowed")]
    TooManySections {
        /// How many it names.
        found: usize,
    },
    /// Section numbers repeat or do not ascend.
    #[error("section {number} is out of order in the leaf")]
    SectionOrder {
        /// The section's number.
        number: u8,
    },
}

impl Leaf {
    /// The leaf's bytes: the one encoding [`Leaf::decode`] accepts.
    ///
    /// # Errors
    /// [`LeafFault::TooManySections`] or [`LeafFault::SectionOrder`].
    pub fn encode(&self) -> Result<Vec<u8>, LeafFault> {
        check_sections(&self.sections)?;
        let count = u8::try_from(self.sections.len())
            .map_err(|_| LeafFault::TooManySections { found: self.sections.len() })?;
        let mut out = Vec::with_capacity(FIXED_LEN + self.sections.len() * SECTION_LEN);
        out.extend_from_slice(&LEAF_MAGIC);
        out.extend_from_slice(&self.log.0);
        out.extend_from_slice(&self.entry);
        out.push(self.class);
        out.extend_from_slice(&self.recorded_at_us.to_be_bytes());
        out.push(count);
        for section in &self.sections {
            out.push(section.number);
            out.push(section.class);
            out.extend_from_slice(&section.key);
            out.extend_from_slice(&section.stored_len.to_be_bytes());
            out.extend_from_slice(&section.hash.0);
        }
        out.extend_from_slice(&self.statement.0);
        Ok(out)
    }

    /// Reads a leaf; nothing may follow it.
    ///
    /// # Errors
    /// [`LeafFault`] for anything but the one encoding of a leaf.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafFault> {
        let mut rest = Reader(bytes);
        if rest.take()? != LEAF_MAGIC {
            return Err(LeafFault::UnknownFormat);
        }
        let log = Hash(rest.take()?);
        let entry = rest.take()?;
        let [class] = rest.take()?;
        let recorded_at_us = u64::from_be_bytes(rest.take()?);
        let [count] = rest.take()?;
        if usize::from(count) > MAX_SECTIONS {
            return Err(LeafFault::TooManySections { found: count.into() });
        }
        let sections = (0..count).map(|_| rest.section()).collect::<Result<Vec<_>, _>>()?;
        check_sections(&sections)?;
        let statement = Hash(rest.take()?);
        if !rest.0.is_empty() {
            return Err(LeafFault::TrailingBytes);
        }
        Ok(Self { log, entry, class, recorded_at_us, sections, statement })
    }
}

/// What a leaf calls its log: SHA-256 of the origin's bytes.
#[must_use]
pub fn log_id(origin: &str) -> Hash {
    sha256(&[origin.as_bytes()])
}

/// The commitment to a statement: SHA-256 of `tag ‖ random ‖ statement`. Without the random bytes it tells
/// nothing of the statement, not even to one who guesses it.
#[must_use]
pub fn commit_statement(random: &[u8; 32], statement: &[u8]) -> Hash {
    sha256(&[STATEMENT_TAG.as_bytes(), random, statement])
}

fn check_sections(sections: &[SectionDigest]) -> Result<(), LeafFault> {
    if sections.len() > MAX_SECTIONS {
        return Err(LeafFault::TooManySections { found: sections.len() });
    }
    let following = sections.iter().skip(1);
    match sections.iter().zip(following).find(|(one, next)| one.number >= next.number) {
        Some((_, next)) => Err(LeafFault::SectionOrder { number: next.number }),
        None => Ok(()),
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], LeafFault> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(LeafFault::CutShort)?;
        self.0 = rest;
        Ok(*head)
    }

    fn section(&mut self) -> Result<SectionDigest, LeafFault> {
        let [number, class] = self.take()?;
        Ok(SectionDigest {
            number,
            class,
            key: self.take()?,
            stored_len: u32::from_be_bytes(self.take()?),
            hash: Hash(self.take()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaf(sections: u8) -> Leaf {
        Leaf {
            log: log_id("concordat/test/log"),
            entry: [7; 16],
            class: 3,
            recorded_at_us: 0x0102_0304_0506_0708,
            sections: (0..sections)
                .map(|number| SectionDigest {
                    number,
                    class: 2,
                    key: [9; 16],
                    stored_len: 0x0A0B_0C0D,
                    hash: sha256(&[&[number]]),
                })
                .collect(),
            statement: commit_statement(&[5; 32], b"said"),
        }
    }

    #[test]
    fn encoding_is_laid_out_as_documented() {
        let bytes = leaf(1).encode().unwrap();
        let mut expected = b"CCL1".to_vec();
        expected.extend(log_id("concordat/test/log").0);
        expected.extend([7; 16]);
        expected.extend([3, 1, 2, 3, 4, 5, 6, 7, 8, 1]);
        expected.extend([0, 2]);
        expected.extend([9; 16]);
        expected.extend([0x0A, 0x0B, 0x0C, 0x0D]);
        expected.extend(sha256(&[&[0]]).0);
        expected.extend(commit_statement(&[5; 32], b"said").0);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn largest_leaf_stays_well_below_one_kibibyte() {
        assert_eq!(leaf(8).encode().unwrap().len(), MAX_LEAF_LEN);
        const { assert!(MAX_LEAF_LEN <= 1024) };
    }

    #[test]
    fn every_length_of_section_list_comes_back() {
        for count in 0..=8 {
            let leaf = leaf(count);
            assert_eq!(Leaf::decode(&leaf.encode().unwrap()), Ok(leaf));
        }
    }

    #[test]
    fn ninth_section_is_refused_both_ways() {
        assert_eq!(leaf(9).encode(), Err(LeafFault::TooManySections { found: 9 }));
        let mut bytes = leaf(8).encode().unwrap();
        bytes[61] = 9;
        assert_eq!(Leaf::decode(&bytes), Err(LeafFault::TooManySections { found: 9 }));
    }

    #[test]
    fn sections_must_ascend() {
        let mut swapped = leaf(3);
        swapped.sections.swap(1, 2);
        assert_eq!(swapped.encode(), Err(LeafFault::SectionOrder { number: 1 }));
        let mut bytes = leaf(2).encode().unwrap();
        bytes[62] = 1;
        assert_eq!(Leaf::decode(&bytes), Err(LeafFault::SectionOrder { number: 1 }));
    }

    #[test]
    fn cut_or_lengthened_leaf_is_refused() {
        let bytes = leaf(2).encode().unwrap();
        for end in 0..bytes.len() {
            assert_eq!(Leaf::decode(&bytes[..end]), Err(LeafFault::CutShort), "{end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Leaf::decode(&longer), Err(LeafFault::TrailingBytes));
        assert_eq!(Leaf::decode(b"CCL2"), Err(LeafFault::UnknownFormat));
    }

    #[test]
    fn commitment_is_the_hash_of_tag_random_and_statement() {
        let random = [1; 32];
        let whole = [b"concordat/statement/v1".as_slice(), &random, b"text"].concat();
        assert_eq!(commit_statement(&random, b"text"), sha256(&[&whole]));
        assert_ne!(commit_statement(&[2; 32], b"text"), sha256(&[&whole]));
    }

    proptest! {
        #[test]
        fn bytes_that_decode_are_the_encoding(mut bytes in prop::collection::vec(any::<u8>(), 0..400), count in 0_u8..10) {
            if bytes.len() > 61 {
                bytes[..4].copy_from_slice(b"CCL1");
                bytes[61] = count;
                bytes.resize(FIXED_LEN + usize::from(count) * SECTION_LEN, 0);
            }
            if let Ok(leaf) = Leaf::decode(&bytes) {
                prop_assert_eq!(leaf.encode().unwrap(), bytes);
            }
        }
    }
}
