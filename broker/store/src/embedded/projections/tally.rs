//! What tells that no stored value was lost, added, damaged or put back from an older copy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Count and keyed digest of the rows of one sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    count: u64,
    sum: u128,
}

/// Counts and keyed digests by sort of row, kept up with every write.
///
/// The digest is a sum over the values' authentication tags, which only the projection key makes, each mixed
/// with a checksum of its row.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_writing_does_not_matter_and_every_byte_does() {
        let rows: [(&[u8], Vec<u8>); 3] = [(b"a1", vec![1; 40]), (b"a2", vec![2; 40]), (b"b1", vec![3; 40])];
        let over = |rows: &[(&[u8], Vec<u8>)]| {
            let mut tallies = Tallies::default();
            rows.iter().for_each(|(key, value)| tallies.add(key, value));
            tallies
        };
        let whole = over(&rows);
        let mut reversed = rows.clone();
        reversed.reverse();
        assert_eq!(over(&reversed), whole);
        assert_ne!(over(&rows[1..]), whole);
        for at in 0..40 {
            let mut altered = rows.clone();
            altered[1].1[at] ^= 1;
            assert_ne!(over(&altered), whole, "byte {at}");
        }
        let mut swapped = whole.clone();
        swapped.subtract(rows[0].0, &rows[0].1);
        swapped.add(rows[0].0, &rows[1].1);
        assert_ne!(swapped, whole, "a value under another key");
        swapped.subtract(rows[0].0, &rows[1].1);
        swapped.add(rows[0].0, &rows[0].1);
        assert_eq!(swapped, whole);
    }
}
