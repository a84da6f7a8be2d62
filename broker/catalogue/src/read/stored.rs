//! What a spreadsheet's cell says once its column's kind is known: exactly, with something to be told, or not
//! at all.

use concordat_core::finding::Severity;
use concordat_core::table::FieldClass;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, date};

use super::sheet::{Content, Shown};
use crate::definition::Field;
use crate::kind::{FieldKind, Sort};

/// How a cell was taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Taken {
    /// As it stands; there is no doubt.
    Exactly(String),
    /// So, and the sender is told.
    Told(String, Severity, &'static str),
    /// Not: why, and what to do.
    Not(&'static str),
}

use Taken::{Exactly, Not, Told};

/// From here on a spreadsheet no longer holds every whole number.
const MOST_EXACT: f64 = 1e15;

/// Takes a cell as a field declares it.
pub(super) fn take(field: &Field, content: &Content) -> Taken {
    match content {
        Content::Text(text) => of_text(field, text),
        Content::Number(value, shown) => of_number(field, *value, *shown),
        Content::Truth(truth) => of_truth(field, *truth),
        Content::Error => Not("holds an error of the spreadsheet: correct the formula, or write the value"),
        Content::Uncomputed => Not(
            "holds a formula that was never computed: open the file in the spreadsheet and save it, or write the value",
        ),
    }
}

/// What there is to say of text that a spreadsheet or program has spoilt on its way into the file, whatever the
/// file is: an error in place of a value, or a number that was a name.
pub(super) fn spoilt(field: &Field, text: &str) -> Option<&'static str> {
    const ERRORS: [&str; 7] = ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"];
    let text = text.trim();
    if text.starts_with('#') {
        if ERRORS.contains(&text) {
            return Some("holds an error of the spreadsheet: correct the formula, or write the value");
        }
        let only = text.len() > 3 && text.bytes().all(|b| b == b'#');
        return only
            .then_some("holds nothing but #, which is what a narrow column shows: widen it and save again");
    }
    let names =
        matches!(field.kind.row().sort, Sort::Text | Sort::Code) && field.class != FieldClass::FreeText;
    if !names || text.len() > 24 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(digits) = text.strip_suffix(".0") {
        return (digits.len() > 4 && all(digits))
            .then_some("holds a number that a program has given a decimal point: write its digits as text");
    }
    let (digits, power) = text.split_once("E+")?;
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    (whole.len() == 1 && all(whole) && all(part) && power.len() <= 2 && all(power)).then_some(
        "holds a long number that a spreadsheet has cut down: format the column as text and write the number again",
    )
}

fn of_text(field: &Field, text: &str) -> Taken {
    spoilt(field, text).map_or_else(|| Exactly(text.to_owned()), Not)
}

fn of_truth(field: &Field, truth: bool) -> Taken {
    let word = if truth { "yes" } else { "no" }.to_owned();
    match field.kind {
        FieldKind::Bool | FieldKind::Tristate => Exactly(word),
        FieldKind::ByCode => {
            Told(word, Severity::Query, "is TRUE or FALSE in the sheet and was read as yes or no")
        }
        _ => Not("is TRUE or FALSE in the sheet: write what the column asks for"),
    }
}

fn of_number(field: &Field, value: f64, shown: Shown) -> Taken {
    if !value.is_finite() {
        return Not("holds no number that can be read: write it again");
    }
    if let Shown::Date { day, time } = shown {
        return of_date(field, value, day, time);
    }
    match field.kind.row().sort {
        Sort::Number | Sort::Varies => of_figure(field, value, shown),
        Sort::Text => of_name(field, value, shown),
        Sort::Code | Sort::Set => of_code(field, value, shown),
        Sort::Date | Sort::Time => Not(
            "holds a plain number, perhaps the number of a day: format the column as a date and look at it",
        ),
        Sort::Period | Sort::Bool => Exactly(self::shown(value, shown)),
    }
}

fn of_figure(field: &Field, value: f64, shown: Shown) -> Taken {
    if shown == Shown::Percent {
        let says = "is formatted as a percentage and was read as it is shown: 14.7% as 14.7";
        return if field.kind == FieldKind::Percent {
            Told(plain(value * 100.0), Severity::Info, says)
        } else {
            Not("is formatted as a percentage: format the column as a number and write the figure again")
        };
    }
    if value.abs() >= MOST_EXACT {
        return Not(
            "is longer than a spreadsheet can hold exactly: format the column as text and write it again",
        );
    }
    Exactly(plain(value))
}

// a reference, an NHS number, a pupil number: zeros in front are lost once it is a number
fn of_name(field: &Field, value: f64, shown: Shown) -> Taken {
    if value.abs() >= MOST_EXACT {
        return Not(
            "is longer than a spreadsheet can hold exactly: format the column as text and write it again",
        );
    }
    let text = self::shown(value, shown);
    let whole = value >= 0.0 && value.fract() == 0.0;
    if field.kind == FieldKind::NhsNumber {
        return match (whole, text.len()) {
            (true, 10) => Told(
                text,
                Severity::Query,
                "is a number in the sheet; its ten digits were read: format the column as text",
            ),
            _ => Not(
                "is a number in the sheet and has not ten digits, so some are lost: format the column as text and write it again",
            ),
        };
    }
    if field.class == FieldClass::FreeText {
        return Exactly(text);
    }
    match (whole, shown) {
        (true, Shown::Digits(_)) => Told(
            text,
            Severity::Query,
            "is a number that the sheet shows with zeros in front, and was read as it is shown: format the column as text",
        ),
        (true, _) => Told(
            text,
            Severity::Query,
            "is a number in the sheet, and zeros in front, had it any, are lost: compare it, and format the column as text",
        ),
        (false, _) => {
            Not("is a number with a fraction in the sheet: format the column as text and write it again")
        }
    }
}

fn of_code(field: &Field, value: f64, shown: Shown) -> Taken {
    let text = self::shown(value, shown);
    let Some(list) = field.codes.as_ref() else { return Exactly(text) };
    if list.position(&text).is_some() {
        return Exactly(text);
    }
    let digits = text.trim_start_matches('0');
    let lost = |code: &crate::codes::Code| {
        code.code.starts_with('0') && code.code.trim_start_matches('0') == digits && !digits.is_empty()
    };
    if list.codes().iter().any(lost) {
        return Not(
            "is a number in the sheet and has lost the zero in front: format the column as text and write the code again",
        );
    }
    // no code: the check says which there are
    Exactly(text)
}

fn of_date(field: &Field, value: f64, day: bool, time: bool) -> Taken {
    let at = instant(value);
    match field.kind.row().sort {
        Sort::Date => match at {
            Some(at) if day && at.time() == jiff::civil::Time::midnight() => Exactly(match field.kind {
                FieldKind::UkDate => at.strftime("%d/%m/%Y").to_string(),
                _ => at.date().to_string(),
            }),
            Some(_) if day => Not("holds a time of day besides the date: take the time off"),
            _ if field.kind == FieldKind::UkDate => {
                Not("holds no date that can be read: write it as 31/03/2023")
            }
            _ => Not("holds no date that can be read: write it as 2023-03-31"),
        },
        Sort::Time => match at {
            Some(at) if day && (time || at.time() != jiff::civil::Time::midnight()) => {
                Exactly(at.strftime("%Y-%m-%dT%H:%M:%S").to_string())
            }
            Some(_) if day => Not("holds a date without a time of day: write both, such as 2023-03-31T14:30"),
            _ => Not("holds no date and time that can be read: write it as 2023-03-31T14:30"),
        },
        Sort::Period => of_period(field, at.filter(|_| day)),
        Sort::Text if field.class == FieldClass::FreeText => match at {
            Some(at) if day && !time => Exactly(at.date().to_string()),
            _ => Not("holds a date or time: format the column as text and write it in words"),
        },
        _ => Not("was turned into a date by the spreadsheet: format the column as text and write it again"),
    }
}

// a spreadsheet turns 2022-04 into the first day of April as it is typed
fn of_period(field: &Field, at: Option<DateTime>) -> Taken {
    let midnight = at.filter(|at| at.time() == jiff::civil::Time::midnight());
    let Some(at) = midnight else {
        return Not(
            "was turned into a date by the spreadsheet: format the column as text and write the period again",
        );
    };
    match field.kind {
        FieldKind::Month if at.day() == 1 => Told(
            at.strftime("%Y-%m").to_string(),
            Severity::Info,
            "was turned into a date by the spreadsheet and was read as its month",
        ),
        // the first of a month may have been typed as the month
        FieldKind::PeriodNotation if at.day() != 1 => Exactly(at.date().to_string()),
        _ => Not(
            "was turned into a date by the spreadsheet: format the column as text and write the period again",
        ),
    }
}

/// The day and time of a day number, to the second. None before March 1900, where spreadsheets count a day
/// that never was, past the year 9999, and between seconds.
fn instant(value: f64) -> Option<DateTime> {
    const DAY: f64 = 86_400.0;
    if !(61.0..2_958_466.0).contains(&value) {
        return None;
    }
    let seconds = (value.fract() * DAY).round();
    if (value.fract() * DAY - seconds).abs() > 0.002 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "both are whole and in range")]
    let (days, seconds) = (value.trunc() as i64, seconds as i64);
    let start: Date = date(1899, 12, 30);
    start.at(0, 0, 0, 0).checked_add(days.days()).ok()?.checked_add(seconds.seconds()).ok()
}

/// A number as its cell shows it.
pub(super) fn shown(value: f64, shown: Shown) -> String {
    match shown {
        Shown::Plain => plain(value),
        Shown::Percent => format!("{}%", plain(value * 100.0)),
        Shown::Digits(least) if value >= 0.0 && value.fract() == 0.0 => {
            format!("{:0>least$}", plain(value), least = usize::from(least))
        }
        Shown::Digits(_) => plain(value),
        Shown::Date { time, .. } => match instant(value) {
            Some(at) if time || at.time() != jiff::civil::Time::midnight() => {
                at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
            }
            Some(at) => at.date().to_string(),
            None => plain(value),
        },
    }
}

/// A number in decimal digits, with the fifteen that a spreadsheet vouches for: what it stores as
/// 0.30000000000000004 is 0.3.
fn plain(value: f64) -> String {
    if !value.is_finite() {
        return "#ERROR".to_owned();
    }
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    // no sign on a nought; display of f64 never uses an exponent
    if rounded == 0.0 { "0".to_owned() } else { format!("{rounded}") }
}

#[cfg(test)]
mod tests;
