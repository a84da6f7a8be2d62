//! N3: a percentage against the count and the base beside it.

use super::roles::Passage;
use super::tokens::{Loose, Number, Role, Token};
use super::{Remark, Rule, fits, show, shown};

pub(crate) fn look(passage: &Passage<'_>, found: &mut Vec<Remark>) {
    for at in 0..passage.len() {
        base_first(passage, at, found);
        let Some(first) = passage.figure(at) else {
            fraction(passage, at, found);
            continue;
        };
        if first.percent {
            percent_first(passage, at, &first, found);
        } else {
            count_first(passage, at, &first, found);
        }
    }
}

// `34 (17%) of 405`, `34 of 405 (17%)`, `34 out of the 405 children, or 17%`, `34, or 17% of 405`
fn count_first(passage: &Passage<'_>, at: usize, count: &Number, found: &mut Vec<Remark>) {
    if let Some((after, share)) = bracketed(passage, at + 1, 3)
        && let Some((_, base)) = base(passage, after)
    {
        judge(count, &share, &base, found);
    }
    if let Some((end, base)) = base(passage, at + 1)
        && let Some(share) = trailing(passage, end + 1)
    {
        judge(count, &share, &base, found);
    }
    let beside = (at + 1..at + 4).find(|at| !passage.is_mark(*at, &[',', '-']) && !passage.is(*at, &["or"]));
    if let Some(beside) = beside
        && let Some(share) = passage.figure(beside).filter(|n| n.percent)
        && let Some((_, base)) = base(passage, beside + 1)
    {
        judge(count, &share, &base, found);
    }
}

// `Of the 405 children, 34 (17%)`, `Of 405, 17% (34)`
fn base_first(passage: &Passage<'_>, at: usize, found: &mut Vec<Remark>) {
    if !passage.is(at, &["of"]) || !matches!(passage.before(at, 1), Token::End | Token::Mark(_)) {
        return;
    }
    let Some((end, base)) = base(passage, at) else { return };
    let comma = (end + 1..end + 8).find(|at| !matches!(passage.at(*at), Token::Word(_)));
    let Some(comma) = comma.filter(|at| passage.is_mark(*at, &[','])) else { return };
    let first = if passage.is(comma + 1, &["only", "just"]) { comma + 2 } else { comma + 1 };
    let (Some(one), Some(other)) = (passage.figure(first), passage.figure(first + 2)) else { return };
    if passage.is_mark(first + 1, &['('])
        && passage.is_mark(first + 3, &[')'])
        && one.percent != other.percent
    {
        let (count, share) = if one.percent { (other, one) } else { (one, other) };
        judge(&count, &share, &base, found);
    }
}

// `17% (34) of 405`, `17% of 405 (34)`, `17% (34 of 405)`
fn percent_first(passage: &Passage<'_>, at: usize, share: &Number, found: &mut Vec<Remark>) {
    if passage.is_mark(at + 1, &['('])
        && let Some(count) = passage.figure(at + 2)
    {
        let inner = if passage.is_mark(at + 3, &[')']) { at + 4 } else { at + 3 };
        if let Some((end, base)) = base(passage, inner)
            && (inner == at + 4 || closes(passage, end + 1))
        {
            judge(&count, share, &base, found);
        }
    }
    if let Some((end, base)) = base(passage, at + 1)
        && let Some(open) = (end + 1..=end + 4).find(|at| !matches!(passage.at(*at), Token::Word(_)))
        && passage.is_mark(open, &['('])
        && passage.is_mark(open + 2, &[')'])
        && let Some(count) = passage.figure(open + 1)
    {
        judge(&count, share, &base, found);
    }
}

// within a few words the bracket closes
fn closes(passage: &Passage<'_>, start: usize) -> bool {
    (start..start + 5)
        .find(|at| !matches!(passage.at(*at), Token::Word(_)))
        .is_some_and(|at| passage.is_mark(at, &[')']))
}

// a percentage alone in brackets, at most some words on; with the place after the bracket
fn bracketed(passage: &Passage<'_>, start: usize, words: usize) -> Option<(usize, Number)> {
    let open = (start..=start + words).find(|at| !matches!(passage.at(*at), Token::Word(_)))?;
    let share = passage.figure(open + 1).filter(|n| n.percent)?;
    let alone = passage.is_mark(open, &['(']) && passage.is_mark(open + 2, &[')']);
    alone.then_some((open + 3, share))
}

// `of 405`, `out of the 405`, `of a total of 405`
fn base(passage: &Passage<'_>, start: usize) -> Option<(usize, Number)> {
    const BETWEEN: &[&str] =
        &["the", "all", "our", "a", "total", "of", "those", "cohort", "these", "some", "its", "their"];
    let start = if passage.is(start, &["out"]) { start + 1 } else { start };
    if !passage.is(start, &["of"]) {
        return None;
    }
    let at = (start + 1..start + 5).find(|at| !passage.is(*at, BETWEEN))?;
    let base = passage.figure(at).filter(|n| !n.percent)?;
    Some((at, base))
}

// the percentage after a base: `(17%)`, `, or 17%`, `= 17%`, `is 17%`, with at most six words before it
fn trailing(passage: &Passage<'_>, start: usize) -> Option<Number> {
    let lead = (start..start + 7).find(|at| {
        !matches!(passage.at(*at), Token::Word(_))
            || passage.is(*at, &["or", "is", "equals", "being", "and", "with"])
    })?;
    if passage.is(lead, &["or", "is", "equals", "being"]) {
        return passage.figure(lead + 1).filter(|n| n.percent && !counts_on(passage, lead + 2));
    }
    let share = |at: usize| passage.figure(at).filter(|n| n.percent);
    match passage.at(lead) {
        Token::Mark('(') => share(lead + 1).filter(|_| passage.is_mark(lead + 2, &[')', ',', ';'])),
        Token::Mark('=') => share(lead + 1),
        Token::Mark(',') if passage.is(lead + 1, &["or", "equal", "i.e"]) => {
            let at = if passage.is(lead + 2, &["to"]) { lead + 3 } else { lead + 2 };
            share(at).filter(|_| !counts_on(passage, at + 1))
        }
        Token::Mark(',') => share(lead + 1).filter(|_| !counts_on(passage, lead + 2)),
        _ => None,
    }
}

// `17% of them`, `17% more`: the percentage is of something else
fn counts_on(passage: &Passage<'_>, at: usize) -> bool {
    passage.is(at, &["of", "more", "fewer", "less", "higher", "lower", "were", "was", "had", "in", "for"])
}

// `103/166 = 62%`, `103/166 (62%)`, `62% (103/166)`
fn fraction(passage: &Passage<'_>, at: usize, found: &mut Vec<Remark>) {
    let Token::Span(text) = passage.at(at) else { return };
    let sign = matches!(passage.at(at + 1), Token::Mark('=' | '('));
    let after = passage.figure(at + 2).filter(|n| n.percent && sign);
    let before = at.checked_sub(2).and_then(|share| passage.figure(share));
    let before =
        before.filter(|n| n.percent && passage.is_mark(at - 1, &['(']) && passage.is_mark(at + 1, &[')']));
    let Some(share) = after.or(before) else { return };
    let Some((count, base)) = text.split_once('/') else { return };
    let read = |text: &str| {
        let value = crate::decimal::parse(&text.replace(',', ""), 0)?;
        Some(Number { value, percent: false, places: 0, loose: Loose::Exact, role: Role::Figure, ..share })
    };
    if let (Some(count), Some(base)) = (read(count), read(base)) {
        judge(&count, &share, &base, found);
    }
}

fn judge(count: &Number, share: &Number, base: &Number, found: &mut Vec<Remark>) {
    let exact = count.loose == Loose::Exact && base.loose == Loose::Exact;
    if !exact || count.percent || base.percent || base.value <= 0 || count.value > base.value {
        return;
    }
    let (part, whole) = (i128::from(count.value) * 100, i128::from(base.value));
    if !fits(share, part, whole) {
        let truth = shown(part, whole);
        let figures = format!("{}% stated; {} of {} is {truth}%", show(share), show(count), show(base));
        found.push(Remark { rule: Rule::N3, figures: Some(figures) });
    }
}
