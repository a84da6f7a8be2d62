//! N6: a period or date that cannot exist.

use jiff::civil::Date;

use super::roles::{Passage, month};
use super::tokens::{Role, Token};
use super::{Remark, Rule};

pub(crate) fn look(passage: &Passage<'_>, found: &mut Vec<Remark>) {
    for at in 0..passage.len() {
        let figures = match passage.at(at) {
            Token::Span(text) if years(text) == Some(false) => Some(text.to_owned()),
            Token::Span(text) if day(text) => None,
            Token::Number(_) | Token::Ordinal(_) if day_of_month(passage, at) => None,
            Token::Word(word) if quarter(word) && beside_a_year(passage, at) => None,
            _ => continue,
        };
        found.push(Remark { rule: Rule::N6, figures });
    }
}

fn digits(text: &str, len: usize) -> Option<i16> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Whether `2022/23` is a year that can be; `None` for any other notation. `2021-24` are several years, and
/// `2022-10` may be a month.
fn years(text: &str) -> Option<bool> {
    let (head, tail, stroke) = match text.split_once('/') {
        Some((head, tail)) => (head, tail, true),
        None => text
            .split_once(['-', '\u{2010}', '\u{2011}', '\u{2013}'])
            .map(|(head, tail)| (head, tail, false))?,
    };
    let start = digits(head, 4).filter(|year| (1900..2100).contains(year))?;
    let end = digits(tail, 2)?;
    let follows = end == (start + 1) % 100;
    let month = (1..=12).contains(&end);
    Some(follows || month || !stroke && end > start % 100)
}

// whether it is a date in three parts that is in no calendar, whichever of day and month stands first
fn day(text: &str) -> bool {
    let mut parts = text.split(['/', '-', '.', '\u{2013}']);
    let (Some(a), Some(b), Some(c), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let small = |text: &str| (text.len() <= 2).then(|| text.parse::<i8>().ok()).flatten();
    let year = |text: &str| digits(text, 4).filter(|year| (1900..2100).contains(year));
    let exists = |y: i16, m: i8, d: i8| Date::new(y, m, d).is_ok();
    match (year(a), small(a), small(b), small(c), year(c)) {
        // `2022/23/24` are years
        (Some(y), _, Some(m), Some(d), _) => !text.contains('/') && !exists(y, m, d),
        (_, Some(d), Some(m), _, Some(y)) => !exists(y, m, d) && !exists(y, d, m),
        _ => false,
    }
}

// `31 June`, `29 February 2023`, `June 31st`; `40 March referrals` counts
fn day_of_month(passage: &Passage<'_>, at: usize) -> bool {
    let (day, sure) = match passage.at(at) {
        Token::Number(n) if n.role == Role::Day => (n.value / 1_000_000, false),
        Token::Ordinal(day) => (i64::from(day), true),
        _ => return false,
    };
    let year = |at: usize| {
        let at = if passage.is_mark(at, &[',']) { at + 1 } else { at };
        passage
            .number(at)
            .filter(|n| n.role == Role::Year)
            .and_then(|n| i16::try_from(n.value / 1_000_000).ok())
    };
    let of = usize::from(passage.is(at + 1, &["of"]) && sure);
    let (found, year) = match (month(passage.at(at + 1 + of)), month(passage.before(at, 1))) {
        (Some(month), _) => (month, year(at + 2 + of)),
        (None, Some(month)) => (month, year(at + 1)),
        _ => return false,
    };
    let (month, most) = found;
    match year {
        Some(year) => i8::try_from(day).ok().is_none_or(|day| Date::new(year, month, day).is_err()),
        None => (day > i64::from(most) || day == 0) && (day <= 31 || sure),
    }
}

fn quarter(word: &str) -> bool {
    matches!(word.as_bytes(), [b'Q' | b'q', digit] if digit.is_ascii_digit() && !(b'1'..=b'4').contains(digit))
}

fn beside_a_year(passage: &Passage<'_>, at: usize) -> bool {
    let year = |token: Token<'_>| match token {
        Token::Span(text) => years(text).is_some(),
        Token::Number(n) => n.role == Role::Year,
        _ => false,
    };
    year(passage.at(at + 1)) || year(passage.before(at, 1))
}
