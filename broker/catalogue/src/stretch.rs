//! Notations of periods inside tables: what a `period` column may say, and how stretches of time relate.

use concordat_core::period::Period;
use jiff::ToSpan;
use jiff::civil::Date;

/// A stretch of time as a cell states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// A financial year by the calendar year in which it starts.
    FinancialYear(i16),
    /// A quarter of a financial year.
    Quarter(i16, u8),
    /// A half of a financial year.
    Half(i16, u8),
    /// A calendar month.
    Month(i16, u8),
    /// A day.
    Day(Date),
    /// A calendar year.
    Year(i16),
    /// From a day to a day.
    Days(Date, Date),
    /// From a month to a month.
    Months((i16, u8), (i16, u8)),
    /// From a calendar year to a calendar year.
    Years(i16, i16),
    /// A word that the field declares, by its position.
    Word(u16),
}

fn digits(text: &str, len: usize) -> Option<i16> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn year(text: &str) -> Option<i16> {
    digits(text, 4).filter(|year| (1900..=9000).contains(year))
}

fn month(text: &str) -> Option<(i16, u8)> {
    let (head, tail) = text.split_once('-')?;
    let number = u8::try_from(digits(tail, 2)?).ok().filter(|m| (1..=12).contains(m))?;
    Some((year(head)?, number))
}

fn day(text: &str) -> Option<Date> {
    let date: Date = (text.len() == 10 && text.is_ascii()).then(|| text.parse().ok())??;
    (1900..=9000).contains(&date.year()).then_some(date)
}

// `2022/23`: the second year is the one after the first
fn financial_year(text: &str) -> Option<i16> {
    let (head, tail) = text.split_once('/')?;
    let start = year(head)?;
    (digits(tail, 2)? == (start + 1) % 100).then_some(start)
}

impl Stretch {
    /// Reads `2022/23`, `2021/22-Q1`, `2023/24-H1`, `2023-02`, `2023-03-31`, `2021`,
    /// `2022-11-14/2022-11-20`, `2022-04/2022-12` or `2017/2021`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((head, tail)) = text.split_once('/') {
            if let (Some(from), Some(to)) = (day(head), day(tail)) {
                return (from < to).then_some(Self::Days(from, to));
            }
            if let (Some(from), Some(to)) = (month(head), month(tail)) {
                return (from < to).then_some(Self::Months(from, to));
            }
            if let (Some(from), Some(to)) = (year(head), year(tail)) {
                return (from < to).then_some(Self::Years(from, to));
            }
            if let Some((base, part)) = text.split_once('-') {
                let start = financial_year(base)?;
                return match part {
                    "Q1" => Some(Self::Quarter(start, 1)),
                    "Q2" => Some(Self::Quarter(start, 2)),
                    "Q3" => Some(Self::Quarter(start, 3)),
                    "Q4" => Some(Self::Quarter(start, 4)),
                    "H1" => Some(Self::Half(start, 1)),
                    "H2" => Some(Self::Half(start, 2)),
                    _ => None,
                };
            }
            return financial_year(text).map(Self::FinancialYear);
        }
        match text.len() {
            4 => year(text).map(Self::Year),
            7 => month(text).map(|(y, m)| Self::Month(y, m)),
            10 => day(text).map(Self::Day),
            _ => None,
        }
    }

    /// The stretch of a header's period.
    pub(crate) fn of(period: Period) -> Self {
        match period {
            Period::Year(y) => Self::FinancialYear(y),
            Period::Quarter(y, q) => Self::Quarter(y, q),
            Period::Month(y, m) => Self::Month(y, m),
            Period::Snapshot(date) => Self::Day(date),
        }
    }

    fn as_period(self) -> Option<Period> {
        Some(match self {
            Self::FinancialYear(y) => Period::Year(y),
            Self::Quarter(y, q) => Period::Quarter(y, q),
            Self::Month(y, m) => Period::Month(y, m),
            Self::Day(date) => Period::Snapshot(date),
            _ => return None,
        })
    }

    /// A number that is equal for equal stretches only.
    pub(crate) fn packed(self) -> u64 {
        let year = |y: i16| u64::from(y.unsigned_abs());
        let month = |(y, m): (i16, u8)| year(y) << 5 | u64::from(m);
        let day = |d: Date| {
            year(d.year()) << 9 | u64::from(d.month().unsigned_abs()) << 5 | u64::from(d.day().unsigned_abs())
        };
        let (tag, a, b) = match self {
            Self::FinancialYear(y) => (1, year(y), 0),
            Self::Quarter(y, q) => (2, year(y), u64::from(q)),
            Self::Half(y, h) => (3, year(y), u64::from(h)),
            Self::Month(y, m) => (4, month((y, m)), 0),
            Self::Day(d) => (5, day(d), 0),
            Self::Year(y) => (6, year(y), 0),
            Self::Days(a, b) => (7, day(a), day(b)),
            Self::Months(a, b) => (8, month(a), month(b)),
            Self::Years(a, b) => (9, year(a), year(b)),
            Self::Word(w) => (10, u64::from(w), 0),
        };
        tag << 56 | a << 28 | b
    }

    /// The day on which it ends.
    pub(crate) fn end(self) -> Option<Self> {
        Some(Self::Day(self.as_period()?.last_day()))
    }

    /// The day before it starts: the end of the stretch before. A day has none.
    pub(crate) fn start(self) -> Option<Self> {
        match self {
            Self::Day(_) => None,
            other => other.as_period()?.first_day().checked_sub(1.day()).ok().map(Self::Day),
        }
    }

    /// The same stretch a year earlier.
    pub(crate) fn year_before(self) -> Option<Self> {
        Some(match self {
            Self::FinancialYear(y) => Self::FinancialYear(y.checked_sub(1)?),
            Self::Quarter(y, q) => Self::Quarter(y.checked_sub(1)?, q),
            Self::Half(y, h) => Self::Half(y.checked_sub(1)?, h),
            Self::Month(y, m) => Self::Month(y.checked_sub(1)?, m),
            Self::Day(date) => Self::Day(date.checked_sub(1.year()).ok()?),
            Self::Year(y) => Self::Year(y.checked_sub(1)?),
            _ => return None,
        })
    }

    /// The financial year in which it lies.
    pub(crate) fn in_year(self) -> Option<Self> {
        match self {
            Self::FinancialYear(y) | Self::Quarter(y, _) | Self::Half(y, _) => Some(Self::FinancialYear(y)),
            Self::Month(y, m) => Some(Self::FinancialYear(if m >= 4 { y } else { y.checked_sub(1)? })),
            Self::Day(date) => Self::Month(date.year(), u8::try_from(date.month()).ok()?).in_year(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(text: &str) -> Stretch {
        Stretch::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn a_period_that_cannot_exist_is_refused() {
        for text in [
            "2010/22",
            "2022/24",
            "2022-13",
            "2022-02-30",
            "2022/23-Q5",
            "2022/23-Q",
            "22/23",
            "2023/2017",
            "2022-12/2022-04",
            "peak",
            "",
            "/",
            "2022/",
            "2022-23",
            "-",
            "２０２２",
        ] {
            assert_eq!(Stretch::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_notation_is_told_apart() {
        assert_eq!(stretch("2022/23"), Stretch::FinancialYear(2022));
        assert_eq!(stretch("1999/00"), Stretch::FinancialYear(1999));
        assert_eq!(stretch("2021/22-Q1"), Stretch::Quarter(2021, 1));
        assert_eq!(stretch("2023/24-H1"), Stretch::Half(2023, 1));
        assert_eq!(stretch("2022-04/2022-12"), Stretch::Months((2022, 4), (2022, 12)));
        assert_eq!(stretch("2017/2021"), Stretch::Years(2017, 2021));
        assert!(matches!(stretch("2022-11-14/2022-11-20"), Stretch::Days(..)));
    }

    #[test]
    fn different_stretches_pack_into_different_numbers() {
        let all = [
            "2022/23",
            "2023/24",
            "2022/23-Q1",
            "2022/23-Q2",
            "2022/23-H1",
            "2022-04",
            "2022-05",
            "2022-04-01",
            "2022-04-02",
            "2022-05-01",
            "2022",
            "2023",
            "2022-04-01/2022-04-02",
            "2022-04-01/2022-04-03",
            "2022-04/2022-05",
            "2022-03/2022-05",
            "2017/2021",
            "2017/2022",
        ];
        let mut packed: Vec<u64> = all.iter().map(|text| stretch(text).packed()).collect();
        packed.extend([Stretch::Word(0).packed(), Stretch::Word(1).packed()]);
        packed.sort_unstable();
        packed.dedup();
        assert_eq!(packed.len(), all.len() + 2);
    }

    #[test]
    fn a_year_ends_and_starts_on_31_march() {
        assert_eq!(stretch("2022/23").end(), Some(stretch("2023-03-31")));
        assert_eq!(stretch("2022/23").start(), Some(stretch("2022-03-31")));
        assert_eq!(stretch("2023-03-31").in_year(), Some(stretch("2022/23")));
        assert_eq!(stretch("2023-04").in_year(), Some(stretch("2023/24")));
        assert_eq!(stretch("2023-03-31").year_before(), Some(stretch("2022-03-31")));
        assert_eq!(stretch("2017/2021").end(), None);
    }
}
