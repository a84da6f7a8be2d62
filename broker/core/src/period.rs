//! Periods: what stretch of time a return is about.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A period. Written `2022-23` (financial year), `2022-23/Q1`, `2022-04` (month), `@2023-03-31` (snapshot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// A financial year, 1 April to 31 March, by the calendar year in which it starts.
    Year(i16),
    /// A quarter of a financial year: 1 is April to June.
    Quarter(i16, u8),
    /// A calendar month, 1 to 12.
    Month(i16, u8),
    /// One day.
    Snapshot(Date),
}

/// Why a text is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period; write 2022-23, 2022-23/Q1, 2022-04 or @2023-03-31")]
pub struct BadPeriod(pub String);

/// How often a return is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Each financial year.
    Year,
    /// Each quarter.
    Quarter,
    /// Each month.
    Month,
    /// When something happens.
    Event,
}

impl Period {
    /// The first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        match self {
            Period::Year(year) => day(year, 4, 1),
            Period::Quarter(year, 4) => day(year.saturating_add(1), 1, 1),
            Period::Quarter(year, quarter) => day(year, 1 + 3 * quarter as i8, 1),
            Period::Month(year, month) => day(year, month as i8, 1),
            Period::Snapshot(date) => date,
        }
    }

    /// The last day, which anchors `period_end` deadlines.
    #[must_use]
    pub fn last_day(self) -> Date {
        match self {
            Period::Year(year) => day(year.saturating_add(1), 3, 31),
            Period::Quarter(..) => self.first_day().saturating_add(2.months()).last_of_month(),
            Period::Month(..) => self.first_day().last_of_month(),
            Period::Snapshot(date) => date,
        }
    }

    /// How often a period of this sort comes round; `None` for a snapshot.
    #[must_use]
    pub const fn frequency(self) -> Option<Frequency> {
        match self {
            Period::Year(_) => Some(Frequency::Year),
            Period::Quarter(..) => Some(Frequency::Quarter),
            Period::Month(..) => Some(Frequency::Month),
            Period::Snapshot(_) => None,
        }
    }

    /// The period after this one, of the same sort; `None` for a snapshot and past year 9000.
    #[must_use]
    pub fn next(self) -> Option<Period> {
        let next = match self {
            Period::Year(year) => Period::Year(year.checked_add(1)?),
            Period::Quarter(year, 4) => Period::Quarter(year.checked_add(1)?, 1),
            Period::Quarter(year, quarter) => Period::Quarter(year, quarter + 1),
            Period::Month(year, 12) => Period::Month(year.checked_add(1)?, 1),
            Period::Month(year, month) => Period::Month(year, month + 1),
            Period::Snapshot(_) => return None,
        };
        (next.first_day().year() <= 9000).then_some(next)
    }

    /// The period before this one, of the same sort; `None` for a snapshot.
    #[must_use]
    pub fn previous(self) -> Option<Period> {
        Some(match self {
            Period::Year(year) => Period::Year(year.checked_sub(1)?),
            Period::Quarter(year, 1) => Period::Quarter(year.checked_sub(1)?, 4),
            Period::Quarter(year, quarter) => Period::Quarter(year, quarter - 1),
            Period::Month(year, 1) => Period::Month(year.checked_sub(1)?, 12),
            Period::Month(year, month) => Period::Month(year, month - 1),
            Period::Snapshot(_) => return None,
        })
    }
}

// constructors admit years 1900 to 9000 and real months only, so the date exists
fn day(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap_or(Date::ZERO)
}

fn year_of(text: &str) -> Option<i16> {
    let year: i16 =
        (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())??;
    (1900..=9000).contains(&year).then_some(year)
}

fn parse(text: &str) -> Option<Period> {
    if let Some(date) = text.strip_prefix('@') {
        let date: Date = (date.len() == 10).then(|| date.parse().ok())??;
        return (1900..=9000).contains(&date.year()).then_some(Period::Snapshot(date));
    }
    let (head, quarter) = match text.split_once('/') {
        Some((head, quarter)) => (head, Some(quarter)),
        None => (text, None),
    };
    let (year, second) = head.split_once('-')?;
    let year = year_of(year)?;
    if second.len() != 2 || !second.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let second: u8 = second.parse().ok()?;
    let is_year = i16::from(second) == (year + 1) % 100;
    match quarter {
        Some(quarter) if is_year => match quarter {
            "Q1" => Some(Period::Quarter(year, 1)),
            "Q2" => Some(Period::Quarter(year, 2)),
            "Q3" => Some(Period::Quarter(year, 3)),
            "Q4" => Some(Period::Quarter(year, 4)),
            _ => None,
        },
        Some(_) => None,
        // 2009-10 reads as a financial year; October 2009 is then written 2009-10 too, so it is refused as a month
        None if is_year => Some(Period::Year(year)),
        None if (1..=12).contains(&second) => Some(Period::Month(year, second)),
        None => None,
    }
}

impl FromStr for Period {
    type Err = BadPeriod;
    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        parse(text).ok_or_else(|| BadPeriod(text.chars().take(32).collect()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Year(year) => write!(f, "{year:04}-{:02}", (year + 1) % 100),
            Period::Quarter(year, quarter) => write!(f, "{year:04}-{:02}/Q{quarter}", (year + 1) % 100),
            Period::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Period::Snapshot(date) => write!(f, "@{date}"),
        }
    }
}

impl TryFrom<String> for Period {
    type Error = BadPeriod;
    fn try_from(text: String) -> Result<Self, BadPeriod> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn quarters_of_a_financial_year_start_in_april_and_end_in_march() {
        let days = |text: &str| (period(text).first_day().to_string(), period(text).last_day().to_string());
        assert_eq!(days("2022-23/Q1"), ("2022-04-01".into(), "2022-06-30".into()));
        assert_eq!(days("2022-23/Q3"), ("2022-10-01".into(), "2022-12-31".into()));
        assert_eq!(days("2022-23/Q4"), ("2023-01-01".into(), "2023-03-31".into()));
        assert_eq!(days("2022-23"), ("2022-04-01".into(), "2023-03-31".into()));
        assert_eq!(days("2024-02"), ("2024-02-01".into(), "2024-02-29".into()));
    }

    #[test]
    fn periods_print_as_they_are_written_and_step_both_ways() {
        for text in ["2022-23", "1999-00", "2022-23/Q1", "2022-23/Q4", "2022-04", "2022-12", "@2023-03-31"] {
            assert_eq!(period(text).to_string(), text);
        }
        assert_eq!(period("2022-23/Q4").next(), Some(period("2023-24/Q1")));
        assert_eq!(period("2022-12").next(), Some(period("2023-01")));
        assert_eq!(period("2023-24/Q1").previous(), Some(period("2022-23/Q4")));
        assert_eq!(period("@2023-03-31").next(), None);
    }

    #[test]
    fn a_period_that_cannot_exist_is_refused() {
        for text in [
            "",
            "2022",
            "2010/22",
            "2022-24",
            "2022-23/Q5",
            "2022-23/q1",
            "2022-13",
            "2022-4",
            "@2023-02-30",
            "２０２２-23",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
