//! N2: parts that are said to make a total.

use super::roles::Passage;
use super::tokens::{Loose, Number, Token};
use super::{Remark, Rule, half};
use crate::decimal;

/// The most parts of one list that are read.
const MOST_PARTS: usize = 24;

/// How surely a list is meant to be all of its total.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meant {
    /// It says so, or its labels leave nothing out.
    Whole,
    /// Only if it nearly is: a list that comes so close was meant to add up.
    IfNear,
}

pub(crate) fn look(passage: &Passage<'_>, found: &mut Vec<Remark>) {
    let mut at = 0;
    while at < passage.len() {
        let step = sum(passage, at, found).unwrap_or(at + 1);
        if step == at + 1 {
            list_of(passage, at, found);
            list_then_total(passage, at, found);
            added_up(passage, at, found);
        }
        at = step;
    }
}

// `1,121 + 252 + 345 = 1,718`; gives the place after it
fn sum(passage: &Passage<'_>, start: usize, found: &mut Vec<Remark>) -> Option<usize> {
    let first = passage.figure(start)?;
    let (mut parts, mut at) = (vec![first], start);
    let total = loop {
        let sign = (at + 1..=at + 4).find(|at| !matches!(passage.at(*at), Token::Word(_)))?;
        let next = passage.figure(sign + 1)?;
        match passage.at(sign) {
            Token::Mark('+') if parts.len() < MOST_PARTS => parts.push(next),
            Token::Mark('=') if parts.len() > 1 => break next,
            _ => return (parts.len() > 1).then_some(at + 1),
        }
        at = sign + 1;
    };
    if parts.iter().all(|part| part.percent == total.percent && part.loose == Loose::Exact) {
        judge(&parts, &total, Meant::Whole, found);
    }
    Some(at + 2)
}

/// A list as it was read.
struct List {
    parts: Vec<Number>,
    /// Whether every label is of one sex or says that it is not known, and both are there.
    sexes: bool,
    end: usize,
}

// words that make a list something else than parts of a whole
const BLOCK: &[&str] = &[
    "from",
    "to",
    "than",
    "compared",
    "per",
    "up",
    "down",
    "least",
    "including",
    "whom",
    "which",
    "both",
    "rest",
    "remaining",
    "remainder",
    "others",
    "under",
    "over",
    "last",
    "year",
    "years",
    "each",
    "average",
    "mainly",
    "mostly",
    "such",
    "another",
    "then",
    "more",
    "fewer",
    "between",
    "about",
    "every",
    "also",
    "again",
    "twice",
];
const MALE: &[&str] = &["male", "males", "boy", "boys", "men", "man"];
const FEMALE: &[&str] = &["female", "females", "girl", "girls", "women", "woman"];
const OTHER: &[&str] = &["unknown", "other", "unspecified", "known", "stated", "unborn", "non-binary"];

// `26 (74%) were male and 6 female`, up to a bracket, the end, or a word that is no label
fn list(passage: &Passage<'_>, start: usize) -> Option<List> {
    let mut list = List { parts: Vec::new(), sexes: true, end: start };
    let (mut male, mut female) = (false, false);
    let mut at = start;
    loop {
        let (mut part, mut labelled, mut words) = (None, false, 0usize);
        loop {
            match passage.at(at) {
                Token::Number(n) if n.percent && passage.is_mark(at.checked_sub(1)?, &['(']) => {}
                Token::Mark('(') if passage.number(at + 1).is_some_and(|n| n.percent) => {}
                Token::Mark(')') if passage.number(at.checked_sub(1)?).is_some_and(|n| n.percent) => {}
                Token::Number(_) if part.is_none() => part = Some(passage.figure(at)?),
                Token::Word(word) if word.eq_ignore_ascii_case("and") => break,
                Token::Word(_) if words < 6 && !passage.is(at, BLOCK) => {
                    words += 1;
                    let (m, f) = (passage.is(at, MALE), passage.is(at, FEMALE));
                    (male, female) = (male || m, female || f);
                    labelled = labelled || m || f || passage.is(at, OTHER);
                }
                Token::Mark(',' | ';' | ')' | '.') | Token::End => break,
                _ => return None,
            }
            at += 1;
        }
        // `…, have been received`: the list ended at the comma
        if part.is_none() && list.parts.len() > 1 {
            break;
        }
        let part = part.filter(|n: &Number| !n.percent && n.loose == Loose::Exact)?;
        list.parts.push(part);
        list.sexes &= labelled;
        list.end = at;
        if list.parts.len() > MOST_PARTS {
            return None;
        }
        let separated = matches!(passage.at(at), Token::Mark(',' | ';'));
        if passage.is(at, &["and"]) || separated && passage.is(at + 1, &["and"]) {
            at += if separated { 2 } else { 1 };
        } else if separated && total(passage, at + 1).is_none() {
            at += 1;
        } else {
            break;
        }
    }
    list.sexes &= male && female;
    (list.parts.len() > 1).then_some(list)
}

// `of 35: 26 and 6`, `35 referrals (26 male and 6 female)`, `56, comprising 40 here and 15 there`
fn list_of(passage: &Passage<'_>, at: usize, found: &mut Vec<Remark>) {
    let Some(whole) = passage.figure(at).filter(plain) else { return };
    let opener = (at + 1..at + 8).find(|at| {
        !matches!(passage.at(*at), Token::Word(_)) || passage.is(*at, &["comprising", "consisting"])
    });
    let Some(open) = opener else { return };
    let told = passage.is(open, &["comprising", "consisting"])
        || passage.is_mark(open, &[','])
            && (passage.is(open + 1, &["comprising", "consisting", "namely"])
                || passage.is(open + 1, &["made"]) && passage.is(open + 2, &["up"]));
    let start = (open + 1..open + 5)
        .find(|at| !passage.is(*at, &["comprising", "consisting", "namely", "made", "up", "of"]));
    let Some(list) = start.and_then(|start| list(passage, start)) else { return };
    let of = passage.is_before(at, 1, &["of"])
        || passage.is_before(at, 2, &["of"]) && passage.is_before(at, 1, &["the"]);
    let colon = passage.is_mark(open, &[':']);
    let bracket = passage.is_mark(open, &['(']) && passage.is_mark(list.end, &[')']);
    let ended = bracket || matches!(passage.at(list.end), Token::End);
    let meant = if told || ended && list.sexes || ended && colon && of {
        Meant::Whole
    } else if ended && (colon || bracket && list.parts.len() > 2) {
        Meant::IfNear
    } else {
        return;
    };
    judge(&list.parts, &whole, meant, found);
}

// `1,121 attended, 252 cancelled and 345 did not attend, a total of 1,718`
fn list_then_total(passage: &Passage<'_>, at: usize, found: &mut Vec<Remark>) {
    let Some(first) = passage.figure(at).filter(plain) else { return };
    // only from the first figure of a sentence
    let starts = (1..=8usize)
        .map(|back| passage.before(at, back))
        .find(|token| !matches!(token, Token::Word(_)))
        .is_some_and(|token| matches!(token, Token::End | Token::Mark(':')));
    let Some(list) = list(passage, at).filter(|_| starts && plain(&first)) else { return };
    let start = if passage.is_mark(list.end, &[',', ';']) { list.end + 1 } else { list.end };
    if let Some(whole) = total(passage, start).filter(plain) {
        judge(&list.parts, &whole, Meant::IfNear, found);
    }
}

// `the lines add up to 387,633 against a total of 363,153`
fn added_up(passage: &Passage<'_>, at: usize, found: &mut Vec<Remark>) {
    let Some(sum) = passage.figure(at).filter(plain) else { return };
    let verb = |back: usize| passage.is_before(at, back, &["add", "adds", "added", "sum", "sums"]);
    if !passage.is_before(at, 1, &["to"]) || !(verb(2) || verb(3) && passage.is_before(at, 2, &["up"])) {
        return;
    }
    let figure = (at + 1..at + 10).find(|at| !matches!(passage.at(*at), Token::Word(_) | Token::Mark(',')));
    let Some(whole) = figure.and_then(|at| passage.figure(at)).filter(plain) else { return };
    let end = figure.unwrap_or(at);
    if (at + 1..end).any(|at| passage.is(at, &["total"])) {
        judge(&[sum], &whole, Meant::Whole, found);
    }
}

// `a total of 1,718`, `totalling 1,718`, `making 1,718 in all`
fn total(passage: &Passage<'_>, start: usize) -> Option<Number> {
    let at = (start..start + 4)
        .find(|at| !passage.is(*at, &["a", "making", "giving", "or", "in", "for", "all"]))?;
    if passage.is(at, &["total", "totalling", "totaling"]) {
        let at = (at + 1..at + 3).find(|at| !passage.is(*at, &["of", "is", "was"]))?;
        return passage.figure(at);
    }
    let after = passage.is(at + 1, &["altogether", "overall"])
        || passage.is(at + 1, &["in"]) && passage.is(at + 2, &["total", "all"]);
    passage.figure(at).filter(|_| after)
}

fn plain(number: &Number) -> bool {
    !number.percent && !number.written && number.loose == Loose::Exact
}

fn judge(parts: &[Number], total: &Number, meant: Meant, found: &mut Vec<Remark>) {
    if total.loose != Loose::Exact {
        return;
    }
    let sum: i128 = parts.iter().map(|part| i128::from(part.value)).sum();
    let wanted = i128::from(total.value);
    let rounded = total.percent || parts.iter().chain([total]).any(|n| n.places > 0);
    let slack: i128 = if rounded { parts.iter().chain([total]).map(half).sum() } else { 0 };
    let out = (sum - wanted).abs();
    if out <= slack || meant == Meant::IfNear && out.saturating_mul(10) > wanted {
        return;
    }
    let sign = if total.percent { "%" } else { "" };
    let (sum, wanted) = (decimal::show(sum), decimal::show(wanted));
    let figures = format!("the parts add up to {sum}{sign}; the total says {wanted}{sign}");
    found.push(Remark { rule: Rule::N2, figures: Some(figures) });
}
