//! N1 and N5: a stated change against the two figures that it lies between, or against the one it led to.

use super::pair::{Pair, Stated, Way, pairs, stated, way};
use super::roles::Passage;
use super::tokens::{Loose, Number, Role, Token};
use super::{Remark, Rule, fits, half, show, shown};

pub(crate) fn look(passage: &Passage<'_>, found: &mut Vec<Remark>) {
    let mut judged = vec![false; passage.len()];
    pairs(passage, |pair| {
        if let Some(slot) = judged.get_mut(pair.change.at) {
            *slot = true;
        }
        judge(&pair, found);
    });
    for (at, judged) in judged.into_iter().enumerate() {
        if !judged && let Some(change) = stated(passage, at) {
            alone(passage, &change, found);
        }
    }
}

fn judge(pair: &Pair, found: &mut Vec<Remark>) {
    let Pair { earlier, later, change } = pair;
    let stands = &change.number;
    let difference = i128::from(later.value) - i128::from(earlier.value);
    let size = difference.abs();
    let wrong_way = match change.way {
        Some(Way::Up) => difference < 0,
        Some(Way::Down) => difference > 0,
        None => false,
    };
    let base = i128::from(earlier.value);
    let points = stands.role == Role::Points;
    let relative = stands.percent && !points;
    let near = (size - i128::from(stands.value)).abs() <= slack(pair);
    let right = match (relative, earlier.percent) {
        // a change of shares may be told in points or relative to the first
        (true, true) => near || base > 0 && fits(stands, size * 100, base),
        (true, false) => base <= 0 || fits(stands, size * 100, base),
        (false, true) => !points || near,
        (false, false) => points || near,
    };
    if right && !wrong_way {
        return;
    }
    let unit = if earlier.percent { "%" } else { "" };
    let from_to = format!("from {}{unit} to {}{unit}", show(earlier), show(later));
    let (rule, figures) = if relative && base > 0 && !earlier.percent {
        (Rule::N1, format!("{}% stated; {from_to} is {}%", show(stands), shown(difference * 100, base)))
    } else {
        let sign = if relative { "%" } else { "" };
        let rule = if relative || points { Rule::N1 } else { Rule::N5 };
        let difference = crate::decimal::show(difference);
        (rule, format!("{}{sign} stated; {from_to} is {difference}", show(stands)))
    };
    found.push(Remark { rule, figures: Some(figures) });
}

// a difference may be out by half the last place of each of its figures; of whole numbers, by nothing
fn slack(pair: &Pair) -> i128 {
    let Pair { earlier, later, change } = pair;
    match change.number.loose {
        Loose::Exact if earlier.percent => half(earlier) + half(later) + half(&change.number),
        Loose::Exact => 0,
        _ => (i128::from(change.number.value) / 5).max(crate::decimal::ONE),
    }
}

// `181, a reduction of 211`: more went than is left; `14, an increase of 20`: more came than there is
fn alone(passage: &Passage<'_>, change: &Stated, found: &mut Vec<Remark>) {
    let number = &change.number;
    let of = passage.is_before(change.at, 1, &["of"]) && way(passage, change.at.saturating_sub(2)).is_some();
    if number.percent
        || number.role == Role::Points
        || number.loose != Loose::Exact
        || !of
        || !ends(passage, change.at)
    {
        return;
    }
    let Some(value) = led_to(passage, change.at - 2) else { return };
    if value.percent || value.written || value.loose != Loose::Exact {
        return;
    }
    if number.value > value.value && number.value > 5_000_000 {
        let figures = format!("a change of {} beside {}", show(number), show(&value));
        found.push(Remark { rule: Rule::N5, figures: Some(figures) });
    }
}

// the change is of the same things as the value: nothing else is named after it
fn ends(passage: &Passage<'_>, at: usize) -> bool {
    matches!(passage.at(at + 1), Token::End | Token::Mark(',' | ')' | ';' | '.'))
        || passage.is(
            at + 1,
            &["from", "on", "compared", "since", "in", "over", "against", "than", "when", "during", "and"],
        )
}

// the value before `, a reduction`, at most eight words off
fn led_to(passage: &Passage<'_>, noun: usize) -> Option<Number> {
    let mut at = noun;
    while passage.is_before(
        at,
        1,
        &[
            "a",
            "an",
            "which",
            "is",
            "was",
            "representing",
            "marking",
            "showing",
            "this",
            "significant",
            "further",
        ],
    ) {
        at -= 1;
    }
    if at == 0 || !passage.is_mark(at - 1, &[',', '(', '-']) {
        return None;
    }
    for back in 2..=10usize {
        match passage.before(at, back) {
            Token::Number(n) if n.role == Role::Figure => return Some(n),
            Token::End | Token::Mark(_) => return None,
            Token::Word("and" | "with" | "while" | "but" | "when") => return None,
            _ => {}
        }
    }
    None
}
