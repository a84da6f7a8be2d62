//! Free text of aggregate returns, read for what contradicts itself: N1 to N7.
//!
//! Precision comes before recall: a text is queried only where its own numbers, in one sentence and a known
//! turn of phrase, cannot all be right. A stated figure is right if rounding the true one to the places
//! shown, half either way, gives it; `about`, `over` and `nearly` are taken at their word.

mod change;
mod pair;
mod parts;
mod period;
mod rate;
pub(crate) mod roles;
mod share;
mod small;
pub(crate) mod tokens;

use roles::Passage;
use tokens::{Loose, Number};

use crate::decimal;

/// The most that is told of one rule in one text.
const MOST: usize = 5;

/// What a text is queried for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A percentage change against its two numbers.
    N1,
    /// Parts against their total.
    N2,
    /// A percentage against its count and base.
    N3,
    /// A rate against its count and population.
    N4,
    /// A change against the value it led to, or against its two numbers.
    N5,
    /// A period that cannot exist.
    N6,
    /// A count of 1 to 5 about people.
    N7,
}

impl Rule {
    /// What is wrong and what to do.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Rule::N1 => {
                "a percentage change is not that of its two numbers: divide the difference by the earlier \
                 number and round once, or correct a number"
            }
            Rule::N2 => {
                "parts do not add up to their total: correct a part or the total, or say what is missing"
            }
            Rule::N3 => "a percentage is not that of its count and base: correct one of the three",
            Rule::N4 => "a rate is not that of its count and population: correct one of the three",
            Rule::N5 => {
                "a change does not fit the numbers beside it: correct it; \
                 if an earlier figure was meant, write `from`, not `of`"
            }
            Rule::N6 => "a period or date that cannot exist: correct it",
            Rule::N7 => {
                "a count of 1 to 5 about people may point to someone: write `fewer than 6`, or leave it out"
            }
        }
    }
}

/// One thing that a text is queried for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Remark {
    pub(crate) rule: Rule,
    /// The figures compared, for the sender alone.
    pub(crate) figures: Option<String>,
}

/// Reads a text and tells what contradicts itself, in the order of the rules.
pub(crate) fn remarks(text: &str) -> Vec<Remark> {
    of(&Passage::of(text))
}

fn of(passage: &Passage<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    change::look(passage, &mut found);
    parts::look(passage, &mut found);
    share::look(passage, &mut found);
    rate::look(passage, &mut found);
    period::look(passage, &mut found);
    small::look(passage, &mut found);
    found.sort();
    found.dedup();
    let mut told = [0usize; 7];
    found.retain(|remark| {
        told.get_mut(remark.rule as usize).is_some_and(|told| {
            *told += 1;
            *told <= MOST
        })
    });
    found
}

// half of the last place that a number shows, in millionths
fn half(number: &Number) -> i128 {
    500_000 / 10i128.pow(u32::from(number.places.min(5)))
}

/// Whether a stated number is `numerator / denominator`, rounded. Both in one unit, the denominator above 0.
fn fits(stated: &Number, numerator: i128, denominator: i128) -> bool {
    let stands = i128::from(stated.value).saturating_mul(denominator);
    let truth = numerator.saturating_mul(decimal::ONE);
    let slack = half(stated).saturating_mul(denominator);
    match stated.loose {
        Loose::Exact => (stands - truth).abs() <= slack,
        Loose::About => (stands - truth).abs() <= slack.saturating_mul(4).max(stands.abs() / 10),
        Loose::Over => truth >= stands - slack,
        Loose::Under => truth <= stands + slack,
    }
}

// a quotient as it is shown beside what was stated
fn shown(numerator: i128, denominator: i128) -> String {
    let tenths = decimal::divide(numerator.saturating_mul(10), denominator).unwrap_or(0);
    let rounded = (tenths.abs() + decimal::ONE / 2) / decimal::ONE * decimal::ONE / 10;
    decimal::show(rounded * tenths.signum())
}

fn show(number: &Number) -> String {
    decimal::show(number.value.into())
}

#[cfg(test)]
mod tests;
