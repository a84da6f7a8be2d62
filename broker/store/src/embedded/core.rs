//! The `core` section: what an entry says, its statement and the random bytes of the statement's commitment, as
//! versioned CBOR. And the way back from a frame to an entry.

use concordat_core::entry::{Body, EntryClass};
use concordat_core::ids::EntryId;
use concordat_ledger::{Hash, Leaf, commit_statement, sha256};
use concordat_seal::{KeyRing, Place, SealFault, SectionClass};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf, Bytes};

use crate::CORE_SECTION;
use crate::recorded::{Recorded, StoredSection};

use super::frame::EntryFrame;

/// The version of the section's body.
const VERSION: u16 = 1;

#[derive(Serialize)]
struct Writing<'a> {
    v: u16,
    body: &'a Body,
    statement: &'a Bytes,
    random: &'a Bytes,
}

#[derive(Deserialize)]
struct Reading {
    v: u16,
    body: Body,
    statement: ByteBuf,
    random: ByteArray<32>,
}

#[derive(Deserialize)]
struct Version {
    v: u16,
}

/// The plaintext of a core section.
pub(crate) fn encode(body: &Body, statement: &[u8], random: &[u8; 32]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(2048);
    let section = Writing { v: VERSION, body, statement: Bytes::new(statement), random: Bytes::new(random) };
    ciborium::into_writer(&section, &mut out).ok()?;
    Some(out)
}

/// Why a frame is not the entry that it should be.
#[derive(Debug)]
pub(crate) enum BadEntry {
    /// What does not fit.
    Altered(String),
    /// The section was written by a newer broker.
    Newer(u16),
    /// The keys failed for another reason than the bytes.
    Seal(SealFault),
}

impl std::fmt::Display for BadEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadEntry::Altered(what) => f.write_str(what),
            BadEntry::Newer(version) => {
                write!(f, "its core section has version {version}, which is newer than this broker")
            }
            BadEntry::Seal(fault) => fault.fmt(f),
        }
    }
}

fn altered(what: &str) -> BadEntry {
    BadEntry::Altered(what.to_owned())
}

/// Reads the entry in a frame: its leaf, and its core section opened and compared with the leaf.
pub(crate) fn read(ring: &KeyRing, log: &Hash, frame: &EntryFrame<'_>) -> Result<Recorded, BadEntry> {
    let leaf = Leaf::decode(frame.leaf).map_err(|fault| BadEntry::Altered(fault.to_string()))?;
    if leaf.log != *log {
        return Err(altered("its leaf belongs to another log"));
    }
    let class = EntryClass::from_number(leaf.class).ok_or_else(|| altered("its class is unknown"))?;
    let recorded_at = i64::try_from(leaf.recorded_at_us)
        .ok()
        .and_then(|us| Timestamp::from_microsecond(us).ok())
        .ok_or_else(|| altered("its recorded time is out of range"))?;
    let held = frame.sections.iter().find(|(number, _)| *number == CORE_SECTION);
    let named = leaf.sections.iter().find(|section| section.number == CORE_SECTION);
    let ((_, sealed), named) = held.zip(named).ok_or_else(|| altered("its core section is missing"))?;
    if sha256(&[sealed]) != named.hash {
        return Err(altered("its core section is not the one recorded"));
    }
    let place = Place { log: log.0, entry: leaf.entry, number: CORE_SECTION, class: SectionClass::Core };
    let plain = ring.open_section(&place, sealed).map_err(|fault| match fault {
        SealFault::Altered | SealFault::Malformed { .. } | SealFault::KeyUnknown { .. } => {
            BadEntry::Altered(format!("its core section does not open: {fault}"))
        }
        other => BadEntry::Seal(other),
    })?;
    let core = decode(&plain)?;
    if core.body.class() != class {
        return Err(altered("its class is not that of what it says"));
    }
    if commit_statement(&core.random, &core.statement) != leaf.statement {
        return Err(altered("its statement is not the one its leaf commits to"));
    }
    let sections = leaf
        .sections
        .into_iter()
        .map(|digest| StoredSection {
            in_journal: frame.sections.iter().any(|(number, _)| *number == digest.number),
            digest,
        })
        .collect();
    Ok(Recorded {
        index: frame.index,
        id: EntryId(leaf.entry),
        class,
        recorded_at,
        body: core.body,
        statement: core.statement.into_vec(),
        random: *core.random,
        leaf: frame.leaf.to_vec(),
        sections,
    })
}

fn decode(plain: &[u8]) -> Result<Reading, BadEntry> {
    let read = ciborium::from_reader::<Reading, _>(plain);
    match read {
        Ok(core) if core.v == VERSION => Ok(core),
        Ok(Reading { v, .. }) => Err(BadEntry::Newer(v)),
        Err(_) => match ciborium::from_reader::<Version, _>(plain) {
            Ok(Version { v }) if v > VERSION => Err(BadEntry::Newer(v)),
            _ => Err(altered("its core section cannot be read")),
        },
    }
}

#[cfg(test)]
mod tests {
    use concordat_core::entry::{Administered, ClockMoved};

    use super::*;

    fn body() -> Body {
        Body::ClockMoved(ClockMoved { offset_us: 5, by: "root".into() })
    }

    #[test]
    fn an_accepted_entry_without_explanations_is_written_and_read_as_before_there_were_any() {
        use concordat_core::explanation::{Explanation, ExplanationCode};
        let mut accepted = crate::conformance::fixture::accepted(1, 1, None);
        let plain = encode(&Body::Accepted(Box::new(accepted.clone())), b"said", &[9; 32]).unwrap();
        assert!(!plain.windows(12).any(|window| window == b"explanations"), "old brokers wrote no such key");
        assert_eq!(decode(&plain).unwrap().body, Body::Accepted(Box::new(accepted.clone())));
        let rule = "N1".parse().unwrap();
        accepted.explanations =
            vec![Explanation { rule, code: ExplanationCode::LateData, text: "two teams".into() }];
        let body = Body::Accepted(Box::new(accepted));
        assert_eq!(decode(&encode(&body, b"said", &[9; 32]).unwrap()).unwrap().body, body);
    }

    #[test]
    fn core_section_comes_back() {
        let plain = encode(&body(), b"said", &[9; 32]).unwrap();
        let core = decode(&plain).unwrap();
        assert_eq!(
            (core.body, core.statement.as_slice(), *core.random),
            (body(), b"said".as_slice(), [9; 32])
        );
    }

    #[test]
    fn newer_version_is_told_from_damage() {
        #[derive(Serialize)]
        struct Next {
            v: u16,
            anew: u8,
        }
        let mut plain = Vec::new();
        ciborium::into_writer(&Next { v: 2, anew: 1 }, &mut plain).unwrap();
        assert!(matches!(decode(&plain), Err(BadEntry::Newer(2))));
        assert!(matches!(decode(&plain[1..]), Err(BadEntry::Altered(_))));
    }

    /// What a withdrawal's entry was first written as, by its digest: it must read for ever.
    #[test]
    fn a_withdrawal_reads_as_it_was_first_written() {
        use crate::conformance::fixture::{id, withdrawn};
        let body = withdrawn(1, 2, &[(id(2), 1), (id(1), 0)]);
        let plain = encode(&body, b"", &[7; 32]).unwrap();
        assert_eq!(
            sha256(&[&plain]).to_string(),
            "9aa58b9440c7b5a49d3b8a997982f94170fb6f394629fea77475d4658bccfe8e"
        );
        assert_eq!(decode(&plain).unwrap().body, body);
    }

    /// The bytes of version 1 as they were first written: they must read for ever.
    #[test]
    fn version_1_reads_as_it_was_first_written() {
        let act = Administered { act: "start".into(), reason: "first".into(), by: "root".into() };
        let plain = encode(&Body::Administered(act.clone()), b"", &[7; 32]).unwrap();
        let first = [
            b"\xa4\x61v\x01\x64body\xa1\x6cadministered\xa3\x63act\x65start\x66reason\x65first\x62by\x64root"
                .as_slice(),
            b"\x69statement\x40\x66random\x58\x20",
            &[7; 32],
        ]
        .concat();
        assert_eq!(plain, first);
        assert_eq!(decode(&first).unwrap().body, Body::Administered(act));
    }
}
