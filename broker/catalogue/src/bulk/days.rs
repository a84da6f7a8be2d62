//! Days as numbers: days since 1 January 1970, so that a column of dates is a column of `i32`.

use jiff::civil::Date;

/// The number of a day.
pub(crate) fn of(date: Date) -> i32 {
    number(i32::from(date.year()), i32::from(date.month()), i32::from(date.day()))
}

/// The date of a number; `None` outside the years that a date may have.
pub(crate) fn date_of(day: i32) -> Option<Date> {
    let z = day.checked_add(719_468)?;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i32::from(month <= 2);
    let day = doy - (153 * mp + 2) / 5 + 1;
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A day of `31/03/2023`.
pub(crate) fn uk(text: &str) -> Option<i32> {
    match text.as_bytes() {
        [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4] => {
            valid(four(*y1, *y2, *y3, *y4)?, two(*m1, *m2)?, two(*d1, *d2)?)
        }
        _ => None,
    }
}

/// A day of `2023-03-31`.
pub(crate) fn iso(text: &str) -> Option<i32> {
    match text.as_bytes() {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
            valid(four(*y1, *y2, *y3, *y4)?, two(*m1, *m2)?, two(*d1, *d2)?)
        }
        _ => None,
    }
}

// days from civil: the months counted from March, so that a leap day is the last of its year
fn number(year: i32, month: i32, day: i32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn valid(year: i32, month: i32, day: i32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (year >= 1 && (1..=longest).contains(&day)).then(|| number(year, month, day))
}

fn digit(byte: u8) -> Option<i32> {
    byte.is_ascii_digit().then(|| i32::from(byte - b'0'))
}

fn two(a: u8, b: u8) -> Option<i32> {
    Some(digit(a)? * 10 + digit(b)?)
}

fn four(a: u8, b: u8, c: u8, d: u8) -> Option<i32> {
    Some(two(a, b)? * 100 + two(c, d)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_has_one_number_and_comes_back() {
        let mut date: Date = "1799-12-31".parse().unwrap();
        let mut last = of(date);
        while date.year() < 2201 {
            date = date.tomorrow().unwrap();
            let day = of(date);
            assert_eq!((day, date_of(day)), (last + 1, Some(date)));
            assert_eq!(iso(&date.to_string()), Some(day));
            assert_eq!(uk(&date.strftime("%d/%m/%Y").to_string()), Some(day));
            last = day;
        }
        assert_eq!(of("1970-01-01".parse().unwrap()), 0);
    }

    #[test]
    fn what_is_no_day_has_no_number() {
        for text in [
            "29/02/2023",
            "31/04/2023",
            "00/01/2023",
            "01/13/2023",
            "1/1/2023",
            "2023-01-01",
            "",
            "01/01/0000",
        ] {
            assert_eq!(uk(text), None, "{text}");
        }
        for text in ["2023-02-29", "2023-1-1", "01/01/2023", "2023-01-01T00:00"] {
            assert_eq!(iso(text), None, "{text}");
        }
    }
}
