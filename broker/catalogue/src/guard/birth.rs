//! Dates of birth: a full date within a few words of `born`, `dob` or `date of birth`. A full date alone is
//! none, for free text is full of dates.

use jiff::civil::Date;

use crate::narrative::roles::month;
use crate::narrative::tokens::{Token, tokens};

/// How many tokens may stand between the word and the date.
const REACH: usize = 5;

/// Whether a text holds a date of birth.
pub(super) fn has_birth_date(text: &str) -> bool {
    let tokens = tokens(text);
    // where a date was last seen, and where a word for birth
    let (mut date, mut word): (Option<usize>, Option<usize>) = (None, None);
    let near = |one: Option<usize>, at: usize| one.is_some_and(|one| at - one <= REACH + 1);
    for (at, token) in tokens.iter().enumerate() {
        let rest = tokens.get(at..).unwrap_or(&[]);
        if birth(rest) {
            if near(date, at) {
                return true;
            }
            word = Some(at);
        }
        if full_date(rest) {
            if near(word, at) {
                return true;
            }
            date = Some(at);
        }
        if matches!(token, Token::End) {
            (date, word) = (None, None);
        }
    }
    false
}

fn birth(tokens: &[Token<'_>]) -> bool {
    let is = |token: &Token<'_>, word: &str| matches!(token, Token::Word(w) if w.eq_ignore_ascii_case(word));
    match tokens {
        [first, ..]
            if ["born", "dob", "birthdate", "birthday", "d.o.b", "date_of_birth"]
                .iter()
                .any(|w| is(first, w)) =>
        {
            true
        }
        [a, b, c, ..] if is(a, "date") && is(b, "of") && is(c, "birth") => true,
        [a, Token::Mark('.'), b, Token::Mark('.'), c, ..] => is(a, "d") && is(b, "o") && is(c, "b"),
        _ => false,
    }
}

/// Whether a text is a full date and nothing else.
pub(super) fn is_date(text: &str) -> bool {
    let text = text.trim().split([' ', 'T']).next().unwrap_or("");
    matches!(tokens(text).as_slice(), [Token::Span(span), Token::End] if numeric(span))
}

// `12/03/2015`, `12.3.15`, `2015-03-12`, `12 March 2015`, `12th of March 2015`, `March 12, 2015`
fn full_date(tokens: &[Token<'_>]) -> bool {
    let day = |token: &Token<'_>| match token {
        Token::Number(n) => (1_000_000..=31_000_000).contains(&n.value) && n.places == 0 && !n.percent,
        Token::Ordinal(day) => (1..=31).contains(day),
        _ => false,
    };
    let year = |token: &Token<'_>| match token {
        Token::Number(n) => (1_900_000_000..2_100_000_000).contains(&n.value) && n.places == 0,
        _ => false,
    };
    let of = |token: &Token<'_>| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("of"));
    match tokens {
        [Token::Span(span), ..] if numeric(span) => true,
        [d, m, y, ..] if day(d) && month(*m).is_some() && year(y) => true,
        [d, o, m, y, ..] if day(d) && of(o) && month(*m).is_some() && year(y) => true,
        [m, d, y, ..] if month(*m).is_some() && day(d) && year(y) => true,
        [m, d, Token::Mark(','), y, ..] => month(*m).is_some() && day(d) && year(y),
        _ => false,
    }
}

fn numeric(span: &str) -> bool {
    let mut parts = span.split(['/', '-', '.', '\u{2013}']);
    let (Some(a), Some(b), Some(c), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let number = |text: &str| text.parse::<i16>().ok().filter(|_| text.len() <= 4);
    let (Some(a), Some(b), Some(c)) = (number(a), number(b), number(c)) else { return false };
    let exists = |y: i16, m: i16, d: i16| {
        let (Ok(m), Ok(d)) = (i8::try_from(m), i8::try_from(d)) else { return false };
        // two digits are a year of this century or the last
        let y = if y < 100 { y + 2000 } else { y };
        (1900..2100).contains(&y) && Date::new(y, m, d).is_ok()
    };
    if a >= 1900 { exists(a, b, c) } else { exists(c, b, a) || exists(c, a, b) }
}
