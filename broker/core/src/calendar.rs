//! Working days of England and Wales, and deadlines reckoned in them.
//!
//! Day 0 is the local calendar date of the anchor, working day or not; "n working days" is the n-th working
//! day after it. A deadline is half-open: in time means before the instant given here.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

/// Bank holidays from a first to a last year. Beyond them nothing is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    first: Date,
    last: Date,
    holidays: BTreeSet<Date>,
}

/// Why a date or deadline could not be computed, or a calendar not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// The calendar does not reach so far.
    #[error(
        "the bank-holiday calendar covers {first} to {last}, and {wanted} lies outside; update policies/calendar.toml"
    )]
    Beyond {
        /// The calendar's first day.
        first: Date,
        /// The calendar's last day.
        last: Date,
        /// The day that was needed.
        wanted: Date,
    },
    /// The file is not a calendar.
    #[error("the bank-holiday calendar cannot be read: {0}")]
    Unreadable(String),
}

/// The unit in which a due rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueUnit {
    /// Working days of the calendar.
    WorkingDays,
    /// Calendar days.
    Days,
    /// Calendar months; 31 August and one month is 30 September.
    Months,
    /// Elapsed hours, through weekends and clock changes.
    ClockHours,
}

/// When something is due, counted from an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueRule {
    /// How many units after the anchor.
    pub add: u16,
    /// The unit.
    pub unit: DueUnit,
    /// The local time on the last day before which it must be in; to the end of the day when absent.
    #[serde(default)]
    pub cut_off: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    from: i16,
    to: i16,
    holidays: Vec<String>,
}

impl Calendar {
    /// Reads a calendar file: `from` and `to` (years), `holidays` (a list of dates).
    ///
    /// # Errors
    /// [`CalendarFault::Unreadable`] when it is not such a file or a date lies outside its years.
    pub fn from_toml(text: &str) -> Result<Self, CalendarFault> {
        let unreadable = |why: String| CalendarFault::Unreadable(why);
        let file: File = toml::from_str(text).map_err(|e| unreadable(e.message().to_owned()))?;
        let first = Date::new(file.from, 1, 1).map_err(|e| unreadable(e.to_string()))?;
        let last = Date::new(file.to, 12, 31).map_err(|e| unreadable(e.to_string()))?;
        let mut holidays = BTreeSet::new();
        for text in &file.holidays {
            let date: Date = text.parse().map_err(|_| unreadable(format!("`{text}` is not a date")))?;
            if date < first || date > last {
                return Err(unreadable(format!("{date} lies outside the years it says it covers")));
            }
            holidays.insert(date);
        }
        Ok(Self { first, last, holidays })
    }

    fn covers(&self, wanted: Date) -> Result<(), CalendarFault> {
        if wanted < self.first || wanted > self.last {
            return Err(CalendarFault::Beyond { first: self.first, last: self.last, wanted });
        }
        Ok(())
    }

    /// Whether a day is Monday to Friday and no bank holiday.
    ///
    /// # Errors
    /// [`CalendarFault::Beyond`] for a day the calendar does not cover.
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarFault> {
        self.covers(date)?;
        Ok(!matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.contains(&date))
    }

    /// The n-th working day after a date, the date itself being day 0.
    ///
    /// # Errors
    /// [`CalendarFault::Beyond`] when the count runs off the calendar.
    pub fn add_working_days(&self, anchor: Date, n: u16) -> Result<Date, CalendarFault> {
        self.covers(anchor)?;
        let mut date = anchor;
        for _ in 0..n {
            date = self.step(date)?;
            while !self.is_working_day(date)? {
                date = self.step(date)?;
            }
        }
        Ok(date)
    }

    /// How many working days lie after `from`, up to and including `to`; 0 when `to` is not later.
    ///
    /// # Errors
    /// [`CalendarFault::Beyond`] when either day lies outside the calendar.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<u32, CalendarFault> {
        self.covers(from)?;
        self.covers(to)?;
        let (mut date, mut count) = (from, 0);
        while date < to {
            date = self.step(date)?;
            count += u32::from(self.is_working_day(date)?);
        }
        Ok(count)
    }

    fn step(&self, date: Date) -> Result<Date, CalendarFault> {
        let next = date.checked_add(1.day()).map_err(|_| CalendarFault::Beyond {
            first: self.first,
            last: self.last,
            wanted: date,
        })?;
        self.covers(next)?;
        Ok(next)
    }

    /// The last local date on which it is in time, and the instant before which it must be in.
    ///
    /// # Errors
    /// [`CalendarFault::Beyond`] when the calendar does not reach.
    pub fn due(&self, anchor: Date, rule: DueRule) -> Result<Due, CalendarFault> {
        self.covers(anchor)?;
        let date = match rule.unit {
            DueUnit::WorkingDays => self.add_working_days(anchor, rule.add)?,
            DueUnit::Days => anchor.saturating_add(i32::from(rule.add).days()),
            DueUnit::Months => anchor.saturating_add(i32::from(rule.add).months()),
            DueUnit::ClockHours => anchor.saturating_add((i32::from(rule.add) / 24).days()),
        };
        self.covers(date)?;
        let before = match rule.cut_off {
            Some(time) => date.to_datetime(time),
            None => date.saturating_add(1.day()).to_datetime(Time::midnight()),
        };
        let before = before
            .in_tz(crate::clock::ZONE)
            .map_err(|e| CalendarFault::Unreadable(e.to_string()))?
            .timestamp();
        Ok(Due { date, before })
    }
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct Due {
    /// The last local calendar date on which it is in time.
    pub date: Date,
    /// In time means recorded before this instant.
    pub before: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::from_toml(include_str!("../../../policies/calendar.toml")).unwrap()
    }

    #[test]
    fn the_vectors_of_the_catalogue_hold() {
        for (anchor, add, due) in [
            ("2022-06-01", 1, "2022-06-06"),
            ("2022-09-16", 1, "2022-09-20"),
            ("2023-05-05", 1, "2023-05-09"),
            ("2022-12-23", 1, "2022-12-28"),
            ("2023-04-08", 1, "2023-04-11"),
            ("2024-03-28", 1, "2024-04-02"),
            ("2026-12-24", 1, "2026-12-29"),
            ("2022-12-15", 5, "2022-12-22"),
            ("2022-12-15", 20, "2023-01-17"),
            ("2022-06-30", 20, "2022-07-28"),
            ("2022-12-31", 20, "2023-01-30"),
            ("2023-03-31", 20, "2023-05-03"),
            ("2023-03-24", 15, "2023-04-18"),
            ("2022-06-01", 45, "2022-08-05"),
        ] {
            let got = calendar().add_working_days(anchor.parse().unwrap(), add).unwrap();
            assert_eq!(got.to_string(), due, "{anchor} + {add}");
            assert_eq!(
                calendar().working_days_between(anchor.parse().unwrap(), got).unwrap(),
                u32::from(add)
            );
        }
    }

    #[test]
    fn nothing_is_computed_past_the_calendars_last_year() {
        let last: Date = "2028-12-29".parse().unwrap();
        assert!(matches!(calendar().add_working_days(last, 5), Err(CalendarFault::Beyond { .. })));
        assert!(matches!(
            calendar().is_working_day("2029-01-02".parse().unwrap()),
            Err(CalendarFault::Beyond { .. })
        ));
    }

    #[test]
    fn a_deadline_ends_with_the_london_day_or_at_its_cut_off() {
        let rule = DueRule { add: 20, unit: DueUnit::WorkingDays, cut_off: None };
        let due = calendar().due("2023-03-31".parse().unwrap(), rule).unwrap();
        assert_eq!(
            (due.date.to_string(), due.before.to_string()),
            ("2023-05-03".into(), "2023-05-03T23:00:00Z".into())
        );
        let rule = DueRule { cut_off: Some("17:00:00".parse().unwrap()), ..rule };
        let due = calendar().due("2022-12-31".parse().unwrap(), rule).unwrap();
        assert_eq!(due.before.to_string(), "2023-01-30T17:00:00Z");
    }

    #[test]
    fn a_month_after_the_last_of_august_is_the_last_of_september() {
        let rule = DueRule { add: 1, unit: DueUnit::Months, cut_off: None };
        assert_eq!(
            calendar().due("2022-08-31".parse().unwrap(), rule).unwrap().date.to_string(),
            "2022-09-30"
        );
    }

    #[test]
    fn a_calendar_with_an_unknown_key_or_a_wrong_date_is_refused() {
        for text in [
            "from = 2012\nto = 2028\nholidays = []\nextra = 1",
            "from = 2012\nto = 2028\nholidays = [\"2011-01-01\"]",
        ] {
            assert!(Calendar::from_toml(text).is_err(), "{text}");
        }
    }
}
