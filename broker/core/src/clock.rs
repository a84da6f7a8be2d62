//! Time. Nothing else in the workspace reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// The zone in which deadlines and policy days are reckoned.
pub const ZONE: &str = "Europe/London";

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time of business: what entries are stamped with and deadlines are judged by.
    fn now(&self) -> Timestamp;

    /// The machine's own time: certificates and tokens are judged by it, never by a demonstration's clock.
    fn machine_now(&self) -> Timestamp {
        self.now()
    }
}

/// The local calendar date in London at an instant.
#[must_use]
pub fn london_date(at: Timestamp) -> Date {
    london(at).date()
}

/// An instant as London reads it.
#[must_use]
pub fn london(at: Timestamp) -> jiff::Zoned {
    match jiff::tz::TimeZone::get(ZONE) {
        Ok(zone) => at.to_zoned(zone),
        // the zone database is compiled in, so this arm is for a broken build: UTC is at most an hour off
        Err(_) => at.to_zoned(jiff::tz::TimeZone::UTC),
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A business clock that runs ahead of (or behind) another by a settable amount: the demonstration's clock.
#[derive(Clone)]
pub struct OffsetClock {
    base: Arc<dyn Clock>,
    offset_us: Arc<AtomicI64>,
}

impl std::fmt::Debug for OffsetClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OffsetClock").field("offset_us", &self.offset_us).finish_non_exhaustive()
    }
}

impl OffsetClock {
    /// A clock that shows what `base` shows until it is moved.
    #[must_use]
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, offset_us: Arc::new(AtomicI64::new(0)) }
    }

    /// Sets how many microseconds the business clock is ahead of its base; negative is behind.
    pub fn set_offset_us(&self, offset_us: i64) {
        self.offset_us.store(offset_us, Ordering::SeqCst);
    }

    /// How many microseconds the business clock is ahead of its base.
    #[must_use]
    pub fn offset_us(&self) -> i64 {
        self.offset_us.load(Ordering::SeqCst)
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        let base = self.base.now();
        base.checked_add(SignedDuration::from_micros(self.offset_us())).unwrap_or(base)
    }

    fn machine_now(&self) -> Timestamp {
        self.base.machine_now()
    }
}

/// A clock that tests set by hand; clones share the time.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// A clock that stands at an instant.
    #[must_use]
    pub fn at(instant: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(instant.as_microsecond())))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::SeqCst);
    }

    /// Sets the clock to an instant, earlier or later.
    pub fn set(&self, instant: Timestamp) {
        self.0.store(instant.as_microsecond(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_clock_moves_business_and_leaves_the_machine_alone() {
        let base = TestClock::at("2026-11-22T10:00:00Z".parse().unwrap());
        let clock = OffsetClock::new(Arc::new(base.clone()));
        clock.set_offset_us(-86_400_000_000);
        assert_eq!(clock.now().to_string(), "2026-11-21T10:00:00Z");
        assert_eq!(clock.machine_now().to_string(), "2026-11-22T10:00:00Z");
        base.advance(SignedDuration::from_secs(1));
        assert_eq!(clock.now().to_string(), "2026-11-21T10:00:01Z");
    }

    #[test]
    fn london_is_an_hour_ahead_in_summer() {
        assert_eq!(london_date("2023-06-30T23:30:00Z".parse().unwrap()).to_string(), "2023-07-01");
        assert_eq!(london_date("2023-01-31T23:30:00Z".parse().unwrap()).to_string(), "2023-01-31");
    }
}
