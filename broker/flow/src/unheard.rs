//! Refusals made before a caller was known: counted in memory, one entry for each sort, origin and minute.

use std::collections::BTreeMap;

use concordat_core::entry::{Body, RefusedUnheard};
use concordat_store::Store;
use jiff::Timestamp;

use crate::open::Flow;
use crate::stop::Stop;

/// What sort of refusal it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unheard {
    /// A certificate whose key is not registered, or whose name is not the registered one.
    UnknownKey,
    /// A revoked key.
    Revoked,
    /// A certificate that is not valid now.
    Expired,
    /// A handshake that did not come to an end.
    Handshake,
    /// Too much at once.
    Overload,
    /// A message that is not well formed, or too large.
    Malformed,
    /// An enrolment with a token that does not count.
    Enrolment,
}

impl Unheard {
    /// Every sort.
    pub const ALL: [Unheard; 7] = [
        Unheard::UnknownKey,
        Unheard::Revoked,
        Unheard::Expired,
        Unheard::Handshake,
        Unheard::Overload,
        Unheard::Malformed,
        Unheard::Enrolment,
    ];

    /// The word in the entry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Unheard::UnknownKey => "unknown_key",
            Unheard::Revoked => "revoked",
            Unheard::Expired => "expired",
            Unheard::Handshake => "handshake",
            Unheard::Overload => "overload",
            Unheard::Malformed => "malformed",
            Unheard::Enrolment => "enrolment",
        }
    }
}

/// Different origins kept apart in one minute; more are counted together.
const ORIGINS: usize = 256;

/// The counts of the minute that runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<(Unheard, String), (Timestamp, u32)>,
}

impl Tally {
    fn add(&mut self, sort: Unheard, from: String, now: Timestamp) {
        let from = if self.counts.len() >= ORIGINS { "many".to_owned() } else { from };
        let (_, count) = self.counts.entry((sort, from)).or_insert((now, 0));
        *count = count.saturating_add(1);
    }

    /// Counts on what could not be written.
    fn put_back(&mut self, unwritten: RefusedUnheard) {
        let Some(sort) = Unheard::ALL.into_iter().find(|sort| sort.as_str() == unwritten.sort) else {
            return;
        };
        let (since, count) = self.counts.entry((sort, unwritten.from)).or_insert((unwritten.since, 0));
        *since = (*since).min(unwritten.since);
        *count = count.saturating_add(unwritten.count);
    }

    /// Takes out what is a minute old, or all.
    fn take(&mut self, now: Timestamp, all: bool) -> Vec<RefusedUnheard> {
        let old = |since: Timestamp| all || now.duration_since(since).as_secs() >= 60;
        let (ripe, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.counts).into_iter().partition(|(_, (since, _))| old(*since));
        self.counts = rest;
        ripe.into_iter()
            .map(|((sort, from), (since, count))| RefusedUnheard {
                sort: sort.as_str().to_owned(),
                from,
                since,
                count,
            })
            .collect()
    }
}

impl<S: Store> Flow<S> {
    /// Counts a refusal that no caller could be held to.
    ///
    /// `from` is the principal that the certificate names, or the class of address; never an address.
    pub fn unheard(&self, sort: Unheard, from: String) {
        let now = self.now();
        self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(sort, from, now);
    }

    /// Writes what was counted and is a minute old, or everything.
    ///
    /// # Errors
    /// A fault when the log cannot be written.
    pub async fn write_unheard(&self, all: bool) -> Result<u32, Stop> {
        let now = self.now();
        let ripe = self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take(now, all);
        let mut written = 0u32;
        let mut ripe = ripe.into_iter();
        while let Some(summary) = ripe.next() {
            let kept = summary.clone();
            if let Err(stop) = self.append_one(Body::RefusedUnheard(summary)).await {
                let mut tally = self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                std::iter::once(kept).chain(ripe).for_each(|unwritten| tally.put_back(unwritten));
                return Err(stop);
            }
            written = written.saturating_add(1);
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_minute_of_refusals_becomes_one_summary_per_origin() {
        let mut tally = Tally::default();
        for second in 0..50 {
            tally.add(Unheard::UnknownKey, "loopback".into(), at(second));
        }
        tally.add(Unheard::UnknownKey, "private".into(), at(55));
        assert!(tally.take(at(59), false).is_empty());
        let ripe = tally.take(at(60), false);
        assert_eq!(ripe.len(), 1);
        assert_eq!((ripe[0].count, ripe[0].from.as_str()), (50, "loopback"));
        assert_eq!(tally.take(at(60), true).len(), 1);
    }

    #[test]
    fn a_flood_of_origins_is_counted_together() {
        let mut tally = Tally::default();
        for origin in 0..10_000 {
            tally.add(Unheard::Handshake, format!("origin-{origin}"), at(0));
        }
        let ripe = tally.take(at(60), false);
        assert_eq!(ripe.len(), ORIGINS + 1);
        assert_eq!(ripe.iter().map(|summary| summary.count).sum::<u32>(), 10_000);
    }
}
