//! How rows are kept: those that every submission writes in a compact form, the others as CBOR. Of a submission
//! and of a used key only the place is kept, since the entry there says the rest; a return's version in force and
//! its obligation share one row.

use concordat_core::apply::{Row, VersionRecord};
use concordat_core::ids::{Digest, EntryId};
use concordat_core::obligation::{InForce, ObligationRecord};
use concordat_core::submission::DeliveryState;
use jiff::Timestamp;

use super::pointers::{Pointer, Sent};

/// The version of the rows' plaintext. Rows of another version are rebuilt, never converted.
const VERSION: u8 = 1;

/// A row in the form in which it is changed and kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Held {
    Submission(Pointer),
    Sent(Sent),
    Row(Row),
}

/// What is kept of a return under its identity.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ReturnRow {
    pub(super) version: Option<VersionRecord>,
    pub(super) obligation: Option<ObligationRecord>,
}

/// A delivery within an agency's inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) index: u64,
    pub(super) submission: EntryId,
    pub(super) state: DeliveryState,
    pub(super) reported: bool,
    pub(super) collect_by: Timestamp,
}

const STATES: [DeliveryState; 5] = [
    DeliveryState::Queued,
    DeliveryState::Collected,
    DeliveryState::Acknowledged,
    DeliveryState::Rejected,
    DeliveryState::Withdrawn,
];

pub(crate) fn encode(row: &Row) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(512);
    out.push(VERSION);
    ciborium::into_writer(row, &mut out).ok()?;
    Some(out)
}

pub(crate) fn decode(plain: &[u8]) -> Option<Row> {
    let (version, body) = plain.split_first()?;
    if *version == VERSION { ciborium::from_reader(body).ok() } else { None }
}

/// Bytes being written.
struct Out(Vec<u8>);

impl Out {
    fn new() -> Self {
        Self(Vec::with_capacity(192))
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn option(&mut self, present: bool) -> &mut Self {
        self.put(&[u8::from(present)])
    }

    fn time(&mut self, at: Timestamp) -> &mut Self {
        self.put(&at.as_second().to_be_bytes()).put(&at.subsec_nanosecond().to_be_bytes())
    }

    fn maybe_time(&mut self, at: Option<Timestamp>) -> &mut Self {
        self.option(at.is_some());
        if let Some(at) = at {
            self.time(at);
        }
        self
    }
}

/// Bytes being read.
struct In<'a>(&'a [u8]);

impl In<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn small(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        let second = self.take().map(i64::from_be_bytes)?;
        Timestamp::new(second, self.take().map(i32::from_be_bytes)?).ok()
    }

    fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.flag()? { read(self).map(Some) } else { Some(None) }
    }

    /// The value, if nothing follows it.
    fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

impl ReturnRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Out::new();
        out.option(self.version.is_some());
        if let Some(version) = &self.version {
            out.put(&version.submission.0)
                .put(&version.index.to_be_bytes())
                .put(&version.version.to_be_bytes())
                .put(&version.content.0)
                .option(version.withdrawn);
        }
        out.option(self.obligation.is_some());
        if let Some(record) = &self.obligation {
            out.maybe_time(record.overdue_at).maybe_time(record.cleared_at).maybe_time(record.first_at);
            out.maybe_time(record.rejected_at).option(record.in_force.is_some());
            if let Some(in_force) = &record.in_force {
                out.put(&in_force.submission.0)
                    .put(&in_force.version.to_be_bytes())
                    .time(in_force.recorded_at)
                    .option(in_force.nil)
                    .put(&in_force.queries.to_be_bytes());
            }
        }
        out.0
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = In(bytes);
        let version = from.maybe(|from| {
            Some(VersionRecord {
                submission: EntryId(from.take()?),
                index: from.number()?,
                version: from.small()?,
                content: Digest(from.take()?),
                withdrawn: from.flag()?,
            })
        })?;
        let obligation = from.maybe(|from| {
            Some(ObligationRecord {
                overdue_at: from.maybe(In::time)?,
                cleared_at: from.maybe(In::time)?,
                first_at: from.maybe(In::time)?,
                rejected_at: from.maybe(In::time)?,
                in_force: from.maybe(|from| {
                    Some(InForce {
                        submission: EntryId(from.take()?),
                        version: from.small()?,
                        recorded_at: from.time()?,
                        nil: from.flag()?,
                        queries: from.small()?,
                    })
                })?,
            })
        })?;
        from.end(Self { version, obligation })
    }
}

/// The plaintext of a chunk of an inbox.
pub(super) fn encode_deliveries(deliveries: &[Delivery]) -> Vec<u8> {
    let mut out = Out(Vec::with_capacity(deliveries.len() * 38));
    for delivery in deliveries {
        let state = STATES.iter().position(|state| *state == delivery.state).unwrap_or(0);
        out.put(&delivery.index.to_be_bytes())
            .put(&delivery.submission.0)
            .put(&[u8::try_from(state).unwrap_or(0)])
            .option(delivery.reported)
            .time(delivery.collect_by);
    }
    out.0
}

pub(super) fn decode_deliveries(bytes: &[u8]) -> Option<Vec<Delivery>> {
    let mut from = In(bytes);
    let mut deliveries = Vec::with_capacity(bytes.len() / 38);
    while !from.0.is_empty() {
        deliveries.push(Delivery {
            index: from.number()?,
            submission: EntryId(from.take()?),
            state: {
                let [state] = from.take()?;
                *STATES.get(usize::from(state))?
            },
            reported: from.flag()?,
            collect_by: from.time()?,
        });
    }
    Some(deliveries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::new(second, 5_000).unwrap()
    }

    #[test]
    fn compact_rows_come_back() {
        let version = VersionRecord {
            submission: EntryId([1; 16]),
            index: 9,
            version: 3,
            content: Digest([2; 32]),
            withdrawn: true,
        };
        let in_force =
            InForce { submission: EntryId([4; 16]), version: 2, recorded_at: at(7), nil: true, queries: 5 };
        let times = [None, Some(at(1)), Some(at(-9))];
        for (number, time) in times.into_iter().enumerate() {
            let record = ObligationRecord {
                overdue_at: time,
                cleared_at: times[(number + 1) % 3],
                first_at: times[(number + 2) % 3],
                rejected_at: time,
                in_force: (number != 1).then_some(in_force),
            };
            for version in [None, Some(version)] {
                for obligation in [None, Some(record.clone())] {
                    let row = ReturnRow { version, obligation };
                    assert_eq!(ReturnRow::decode(&row.encode()), Some(row));
                }
            }
        }
        let deliveries: Vec<Delivery> = STATES
            .into_iter()
            .map(|state| Delivery {
                index: 5,
                submission: EntryId([6; 16]),
                state,
                reported: state == DeliveryState::Queued,
                collect_by: Timestamp::new(9, 123_456_789).unwrap(),
            })
            .collect();
        assert_eq!(decode_deliveries(&encode_deliveries(&deliveries)), Some(deliveries));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_no_row_or_exactly_one(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
            if let Some(row) = ReturnRow::decode(&bytes) { prop_assert_eq!(row.encode(), bytes.clone()); }
            let _ = decode_deliveries(&bytes);
        }
    }
}
