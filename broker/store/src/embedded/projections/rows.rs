//! How a row becomes a sealed value, and what tells that no value was lost or exchanged.

use std::collections::BTreeMap;

use concordat_core::apply::Row;
use serde::{Deserialize, Serialize};

/// The version of the rows' plaintext. Rows of another version are rebuilt, never converted.
const VERSION: u8 = 1;

pub(crate) fn encode(row: &Row) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(768);
    out.push(VERSION);
    ciborium::into_writer(row, &mut out).ok()?;
    Some(out)
}

pub(crate) fn decode(plain: &[u8]) -> Option<Row> {
    let (version, body) = plain.split_first()?;
    if *version == VERSION { ciborium::from_reader(body).ok() } else { None }
}

/// Count and keyed digest of the rows of one sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    count: u64,
    sum: u128,
}

/// Counts and keyed digests by sort of row, kept up with every write.
///
/// The digest is a sum over the values' authentication tags, which only the projection key makes, each mixed
/// with a checksum of its row. It finds rows that were lost, added or damaged; a row put back from an older
/// copy changes it too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tallies(BTreeMap<u8, Tally>);

impl Tallies {
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        let Some(sort) = key.first() else { return };
        let tally = self.0.entry(*sort).or_default();
        tally.count = tally.count.wrapping_add(1);
        tally.sum = tally.sum.wrapping_add(weight(key, value));
    }

    pub(crate) fn subtract(&mut self, key: &[u8], value: &[u8]) {
        let Some(sort) = key.first() else { return };
        let tally = self.0.entry(*sort).or_default();
        tally.count = tally.count.wrapping_sub(1);
        tally.sum = tally.sum.wrapping_sub(weight(key, value));
        if *tally == Tally::default() {
            self.0.remove(sort);
        }
    }
}

fn weight(key: &[u8], value: &[u8]) -> u128 {
    let tag = value.last_chunk::<16>().map_or(0, |tag| u128::from_be_bytes(*tag));
    let sum = crc32c::crc32c_append(crc32c::crc32c(key), value);
    tag ^ u128::from(sum) << 48
}
