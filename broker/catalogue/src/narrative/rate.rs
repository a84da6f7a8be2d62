//! N4: a rate against a count and a population in the same sentence or the next.

use super::roles::Passage;
use super::tokens::{Loose, Number, Token};
use super::{Remark, Rule, fits, show, shown};
use crate::decimal;

/// What stands in one sentence: one of each, or too many to tell which belongs to which.
#[derive(Clone, Copy, Default)]
struct Sentence {
    rate: Option<(Number, i128)>,
    count_of: Option<(Number, Number)>,
    rates: usize,
    counts: usize,
}

pub(crate) fn look(passage: &Passage<'_>, found: &mut Vec<Remark>) {
    let (mut before, mut here) = (Sentence::default(), Sentence::default());
    for at in 0..passage.len() {
        if matches!(passage.at(at), Token::End) {
            compare(&before, &here, found);
            before = std::mem::take(&mut here);
            continue;
        }
        if let Some(per) = rate(passage, at) {
            here.rates += 1;
            here.rate = passage.figure(at).map(|rate| (rate, per));
        }
        if let Some(pair) = count_of(passage, at) {
            here.counts += 1;
            here.count_of = Some(pair);
        }
    }
}

fn compare(before: &Sentence, here: &Sentence, found: &mut Vec<Remark>) {
    let alone = |s: &Sentence| s.rates <= 1 && s.counts <= 1;
    if !alone(here) {
        return;
    }
    let near = alone(before);
    match (here.rate, here.count_of) {
        (Some(rate), Some(pair)) => judge(rate, pair, false, found),
        // the other half may stand in the sentence before, if that has no pair of its own
        (Some(rate), None) if near && before.rate.is_none() => {
            before.count_of.into_iter().for_each(|pair| judge(rate, pair, true, found));
        }
        (None, Some(pair)) if near && before.count_of.is_none() => {
            before.rate.into_iter().for_each(|rate| judge(rate, pair, true, found));
        }
        _ => {}
    }
}

// `65 per 10,000`, `65 children per 10k`, `a rate of 65 for every 10,000`
fn rate(passage: &Passage<'_>, at: usize) -> Option<i128> {
    passage.figure(at).filter(|n| !n.percent && !n.written)?;
    // `down from 75 per 10,000` is the rate of another year or place
    if passage.is_before(at, 1, &["from", "than", "with", "against"]) {
        return None;
    }
    let per = (at + 1..=at + 3).find(|at| passage.is(*at, &["per", "every"]))?;
    if !(at + 1..per).all(|at| matches!(passage.at(at), Token::Word(_))) {
        return None;
    }
    match passage.at(per + 1) {
        Token::Number(n) => match n.value / 1_000_000 {
            whole @ (1_000 | 10_000 | 100_000) => Some(whole.into()),
            _ => None,
        },
        Token::Word(word) if word.eq_ignore_ascii_case("10k") => Some(10_000),
        Token::Word(word) if word.eq_ignore_ascii_case("100k") => Some(100_000),
        Token::Word(word) if word.eq_ignore_ascii_case("thousand") => Some(1_000),
        _ => None,
    }
}

// `392 of 55,059`, `392 children out of a population of 55,059`
fn count_of(passage: &Passage<'_>, at: usize) -> Option<(Number, Number)> {
    let count = passage.figure(at).filter(|n| !n.percent)?;
    let of = (at + 1..=at + 6).find(|at| !matches!(passage.at(*at), Token::Word(word) if !linking(word)))?;
    let listed = passage.is_mark(of, &[',']) && passage.is(of + 1, &["population"]);
    if !listed && !matches!(passage.at(of), Token::Word(_)) {
        return None;
    }
    let base = (of + 1..=of + 6).find(|at| !matches!(passage.at(*at), Token::Word(_)))?;
    let whole = passage.figure(base).filter(|n| !n.percent)?;
    let named = (of..base).any(|at| passage.is(at, &["population"]));
    let direct = passage.is(of, &["of"]);
    let large = whole.value >= 1_000_000_000 && i128::from(whole.value) >= i128::from(count.value) * 5;
    // `per 10,000 of 55,059` speaks of the rate
    let is_base = passage.is_before(at, 1, &["per", "every"]);
    ((named || direct) && large && !is_base).then_some((count, whole))
}

fn linking(word: &str) -> bool {
    ["of", "in", "among", "from", "per", "every", "and", "to"]
        .iter()
        .any(|one| one.eq_ignore_ascii_case(word))
}

// across sentences only what nearly fits is taken to speak of one thing
fn judge(
    (rate, per): (Number, i128),
    (count, whole): (Number, Number),
    apart: bool,
    found: &mut Vec<Remark>,
) {
    if count.loose != Loose::Exact || whole.loose != Loose::Exact {
        return;
    }
    let (part, whole_value) = (i128::from(count.value) * per, i128::from(whole.value));
    let truth = decimal::divide(part, whole_value).unwrap_or(0);
    let near = (truth - i128::from(rate.value)).abs() * 4 <= i128::from(rate.value);
    if !fits(&rate, part, whole_value) && (near || !apart) {
        let truth = shown(part, whole_value);
        let per = decimal::show(per * decimal::ONE);
        let figures =
            format!("{} per {per} stated; {} of {} is {truth}", show(&rate), show(&count), show(&whole));
        found.push(Remark { rule: Rule::N4, figures: Some(figures) });
    }
}
