//! Text as tokens: words, marks and numbers, in one pass. What a number is for is settled in `roles`.

use crate::decimal;

/// What is known of a number that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// Millionths.
    pub(crate) value: i64,
    /// How many decimal places it was written with.
    pub(crate) places: u8,
    /// Whether `%` or `per cent` follows.
    pub(crate) percent: bool,
    /// Whether it is written as a word.
    pub(crate) written: bool,
    /// Whether it is written with separators of thousands.
    pub(crate) grouped: bool,
    /// What it is for.
    pub(crate) role: Role,
    /// How exactly it is meant.
    pub(crate) loose: Loose,
}

/// What a number in a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A count, an amount or a percentage.
    Figure,
    /// A calendar year.
    Year,
    /// A day of a month.
    Day,
    /// A number of percentage points.
    Points,
    /// Anything else that is no figure: an age, a section, the place in a list.
    Label,
}

/// How exactly a number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loose {
    /// As it stands.
    Exact,
    /// `about 12`.
    About,
    /// `over 12`, `at least 12`.
    Over,
    /// `nearly 12`, `fewer than 12`.
    Under,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    Number(Number),
    /// A number with its ending: `31st`.
    Ordinal(u8),
    /// Numbers joined by strokes, dashes, colons or points: `2022/23`, `10-17`, `31.3.2023`.
    Span(&'t str),
    Word(&'t str),
    /// One of `, ; : ( ) + = - .`, or any other sign as `?`.
    Mark(char),
    /// The end of a sentence or line.
    End,
}

const WRITTEN: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Splits a text into tokens. Signs of currency and quotation marks are dropped.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '0'..='9' => number(rest, &mut out),
            c if c.is_alphabetic() => word(rest, &mut out),
            '\n' | '\r' | '•' => {
                end(&mut out);
                first.len_utf8()
            }
            c if c.is_whitespace() => first.len_utf8(),
            '£' | '"' | '\'' | '‘' | '’' | '“' | '”' | '*' => first.len_utf8(),
            _ => {
                mark(first, rest, &mut out);
                first.len_utf8()
            }
        };
        rest = rest.get(len..).unwrap_or("");
    }
    end(&mut out);
    out
}

fn end(out: &mut Vec<Token<'_>>) {
    if !matches!(out.last(), None | Some(Token::End)) {
        out.push(Token::End);
    }
}

fn mark(first: char, rest: &str, out: &mut Vec<Token<'_>>) {
    let mut after = rest.chars().skip(1).skip_while(|c| matches!(c, '"' | '\'' | '”' | '’' | ')')).peekable();
    let spaced = after.peek().is_none_or(|c| c.is_whitespace());
    let next = after.find(|c| !c.is_whitespace());
    match first {
        '!' | '?' => end(out),
        // `e.g. children` and `approx. 300` go on
        '.' if spaced && !next.is_some_and(char::is_lowercase) && !shortened(out.last()) => end(out),
        ',' | ';' | ':' | '(' | ')' | '+' | '=' | '.' => out.push(Token::Mark(first)),
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push(Token::Mark('-')),
        '[' => out.push(Token::Mark('(')),
        ']' => out.push(Token::Mark(')')),
        _ => out.push(Token::Mark('?')),
    }
}

fn shortened(last: Option<&Token<'_>>) -> bool {
    let is = |word: &str| ["approx", "no", "nos", "vs", "c", "ca", "s", "ss", "para", "b"].contains(&word);
    matches!(last, Some(Token::Word(word)) if is(&word.to_ascii_lowercase()))
}

// letters and digits, with dashes and apostrophes between them: `one-off`, `children's`, `s47`
fn word<'t>(rest: &'t str, out: &mut Vec<Token<'t>>) -> usize {
    let len = letters(rest);
    let text = rest.get(..len).unwrap_or(rest);
    let written = WRITTEN.iter().zip(1i64..).find(|(word, _)| text.eq_ignore_ascii_case(word));
    out.push(match written {
        Some((_, value)) => {
            Token::Number(Number { written: true, ..plain(value * 1_000_000, percent(rest, len).is_some()) })
        }
        None => Token::Word(text),
    });
    match written {
        Some(_) => percent(rest, len).unwrap_or(len),
        None => len,
    }
}

fn letters(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let joins = matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\'' | '’')
            && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !(c.is_alphanumeric() || c == '_' || joins) {
            return at;
        }
    }
    rest.len()
}

const fn plain(value: i64, percent: bool) -> Number {
    Number {
        value,
        places: 0,
        percent,
        written: false,
        grouped: false,
        role: Role::Figure,
        loose: Loose::Exact,
    }
}

/// How a run of digits and the signs between them reads.
struct Run {
    len: usize,
    grouped: bool,
    /// Where the decimals start.
    point: Option<usize>,
    joined: bool,
}

fn run(rest: &str) -> Run {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut run = Run { len: 0, grouped: false, point: None, joined: false };
    loop {
        let start = run.len;
        while digit(run.len) {
            run.len += 1;
        }
        let at = run.len;
        let thousand = (1..=3).all(|n| digit(at + n)) && !digit(at + 4) && at - start <= 3;
        let whole = !run.joined && run.point.is_none();
        // the dash between numbers may be a longer one
        let wide = rest.get(at..).is_some_and(|rest| rest.starts_with(['\u{2010}', '\u{2011}', '\u{2013}']));
        match bytes.get(at) {
            Some(b',') if thousand && whole => run.grouped = true,
            Some(b'.') if digit(at + 1) && whole => run.point = Some(at + 1),
            Some(b'/' | b'-' | b':' | b'.') if digit(at + 1) => run.joined = true,
            Some(_) if wide && digit(at + 3) => run.joined = true,
            _ => return run,
        }
        run.len += if wide { 3 } else { 1 };
    }
}

fn number<'t>(rest: &'t str, out: &mut Vec<Token<'t>>) -> usize {
    let run = run(rest);
    let text = rest.get(..run.len).unwrap_or(rest);
    let after = rest.get(run.len..).unwrap_or("");
    let glued = match after.chars().next() {
        Some(c) if c.is_alphabetic() || c == '_' => run.len + letters(after),
        Some('-') if after.chars().nth(1).is_some_and(char::is_alphabetic) => {
            run.len + 1 + letters(after.get(1..).unwrap_or(""))
        }
        _ => run.len,
    };
    let value = decimal::parse(&text.replace(',', ""), 6).filter(|_| !run.joined && glued == run.len);
    if let Some(value) = value {
        let end = percent(rest, run.len);
        out.push(Token::Number(Number {
            places: run.point.map_or(0, |point| u8::try_from(run.len - point).unwrap_or(0)),
            grouped: run.grouped,
            ..plain(value, end.is_some())
        }));
        return end.unwrap_or(run.len);
    }
    let whole = rest.get(..glued).unwrap_or(rest);
    out.push(match ordinal(text, rest.get(run.len..glued).unwrap_or("")) {
        Some(day) => Token::Ordinal(day),
        None if glued == run.len => Token::Span(text),
        None => Token::Word(whole),
    });
    glued
}

fn ordinal(digits: &str, ending: &str) -> Option<u8> {
    if !["st", "nd", "rd", "th"].iter().any(|word| ending.eq_ignore_ascii_case(word)) {
        return None;
    }
    digits.parse().ok()
}

// where a sign or word for per cent ends that stands at a place
fn percent(rest: &str, at: usize) -> Option<usize> {
    let after = rest.get(at..)?;
    let trimmed = after.trim_start_matches([' ', '\u{a0}']);
    let skipped = after.len() - trimmed.len();
    let len = ["%", "per cent", "percent", "pct"].into_iter().find_map(|word| {
        let head = trimmed.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
        let next = trimmed.get(head.len()..).and_then(|rest| rest.chars().next());
        (word == "%" || !next.is_some_and(char::is_alphanumeric)).then_some(head.len())
    })?;
    (skipped <= 2).then_some(at + skipped + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        let show = |token: Token<'_>| match token {
            Token::Number(n) => format!(
                "{}{}{}",
                decimal::show(n.value.into()),
                if n.percent { "%" } else { "" },
                if n.written { "w" } else { "" }
            ),
            Token::Ordinal(n) => format!("{n}th"),
            Token::Span(text) => format!("<{text}>"),
            Token::Word(word) => word.to_owned(),
            Token::Mark(mark) => mark.to_string(),
            Token::End => "|".to_owned(),
        };
        tokens(text).into_iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_are_read_with_their_separators_places_and_signs() {
        for (text, wanted) in [
            ("3,559 to 4148", "3,559 to 4,148 |"),
            ("12%, 16.5 % and 8 per cent, ten percent", "12% , 16.5% and 8% , 10%w |"),
            ("8 percentage points", "8 percentage points |"),
            ("£387,633.50", "387,633.5 |"),
            ("1,2 and 12,34", "1 , 2 and 12 , 34 |"),
            ("1,1212", "1 , 1,212 |"),
            ("2022/23 10–17 31.03.2023 9:30", "<2022/23> <10–17> <31.03.2023> <9:30> |"),
            (
                "31st March, s47, 10k, 16-year-old, one-off",
                "31th March , s47 , 10k , 16-year-old , one-off |",
            ),
            ("99999999999999999999", "<99999999999999999999> |"),
        ] {
            assert_eq!(shape(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_sentence_ends_at_a_stop_and_a_line_at_its_end() {
        for (text, wanted) in [
            ("It fell. Then rose!", "It fell | Then rose |"),
            ("approx. 300, e.g. children", "approx . 300 , e . g . children |"),
            ("one\n\ntwo", "1w | 2w |"),
            ("up to 4.9. 34 (17%) of 405.", "up to 4.9 | 34 ( 17% ) of 405 |"),
        ] {
            assert_eq!(shape(text), wanted, "{text}");
        }
    }
}
