//! Suppression among figures that belong together: small counts first, then as many others as it takes that no
//! suppressed one can be worked out.

use std::collections::BTreeSet;

use super::attack::{self, Equation, NO_BOUND, Seen};
use super::{Count, WouldDisclose};
use crate::profile::Suppression;

/// One figure of a row, or of a period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure<'m> {
    pub count: Count,
    /// Whether it counts people or cases, which alone is suppressed or rounded.
    pub counts: bool,
    /// Whether a reader sees its cell.
    pub shown: bool,
    /// How it is suppressed, where it is.
    pub method: Option<&'m Suppression>,
    /// Whether it is what its parts leave of a total: no cell holds it, and yet it is a count.
    pub rest: bool,
}

impl<'m> Figure<'m> {
    /// A part that is not in the table: a reader takes it for nothing.
    pub const ABSENT: Figure<'static> =
        Figure { count: Count::NoNumber, counts: false, shown: true, method: None, rest: false };
    /// A total that is not in the table.
    pub const UNKNOWN: Figure<'static> = Figure { shown: false, ..Figure::ABSENT };

    /// What its parts leave of a total. `None` where it is not known.
    pub fn rest(count: Option<u64>, method: Option<&'m Suppression>) -> Self {
        let protects = method.is_some_and(|method| method.complements);
        let count = count.filter(|_| protects).map_or(Count::NoNumber, Count::Number);
        Figure { count, method, rest: true, ..Figure::UNKNOWN }
    }
}

/// What becomes of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    AsItIs,
    /// The symbol stands there. Whether its count lies in the range of the method, or beyond it: suppressed to protect
    /// another. A reader is taken to know which.
    Suppressed {
        beyond: bool,
    },
    Rounded(u64),
}

/// What becomes of each figure. Further cells are suppressed one by one, the smallest that helps first, and of two alike
/// the one that stands earlier in the groups; those that in the end were not needed are shown after all.
pub(super) fn suppress(
    figures: &[Figure<'_>],
    equations: &[Equation],
) -> Result<Vec<Outcome>, WouldDisclose> {
    // of a total none of whose parts is given nobody would think that it is nothing
    let is_given =
        |at: &usize| figures.get(*at).is_some_and(|figure| figure.count != Count::NoNumber || figure.rest);
    let given = equations.iter().filter(|equation| equation.parts.iter().any(is_given));
    let equations: &[Equation] = &given.cloned().collect::<Vec<_>>();
    let mut outcomes: Vec<Outcome> = figures.iter().map(first).collect();
    for at in whole_parts(figures, equations) {
        set(&mut outcomes, at, Outcome::Suppressed { beyond: true });
    }
    let disclosed = |outcomes: &[Outcome]| {
        let seen: Vec<Seen> =
            figures.iter().zip(outcomes).map(|(figure, outcome)| see(figure, *outcome)).collect();
        attack::disclosed(equations, &seen)
    };
    let mut before = Vec::new();
    loop {
        let disclosed = disclosed(&outcomes);
        if disclosed.is_empty() {
            break;
        }
        let more = further(figures, &outcomes, equations, &disclosed).ok_or(WouldDisclose)?;
        before.extend(outcomes.get(more).map(|outcome| (more, *outcome)));
        set(&mut outcomes, more, Outcome::Suppressed { beyond: true });
    }
    if before.len() > 1 {
        // the last one was needed; the greatest that was not is shown first
        before.pop();
        before.sort_by_key(|(at, _)| std::cmp::Reverse(figures.get(*at).map(|figure| figure.count)));
        for (at, outcome) in before {
            let hidden = outcomes.get(at).copied();
            put(&mut outcomes, at, outcome);
            if let Some(hidden) = hidden.filter(|_| !disclosed(&outcomes).is_empty()) {
                put(&mut outcomes, at, hidden);
            }
        }
    }
    Ok(outcomes)
}

fn first(figure: &Figure<'_>) -> Outcome {
    let Some(method) = figure.method.filter(|_| figure.counts) else { return Outcome::AsItIs };
    match figure.count {
        count if count.is_suppressed(method) => Outcome::Suppressed { beyond: false },
        Count::Number(number) if method.round_to > 1 => Outcome::Rounded(method.round(number)),
        Count::Number(_) | Count::NoNumber | Count::Unclear => Outcome::AsItIs,
    }
}

fn set(outcomes: &mut [Outcome], at: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(at).filter(|slot| !matches!(slot, Outcome::Suppressed { .. })) {
        *slot = outcome;
    }
}

fn put(outcomes: &mut [Outcome], at: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(at) {
        *slot = outcome;
    }
}

/// The parts that are all of their total, though the total is more than nothing, where the method minds.
fn whole_parts(figures: &[Figure<'_>], equations: &[Equation]) -> Vec<usize> {
    let number = |at: usize| match figures.get(at) {
        Some(Figure { count: Count::Number(number), counts: true, .. }) if *number > 0 => Some(*number),
        _ => None,
    };
    let minds = |at: &usize| {
        figures.get(*at).and_then(|figure| figure.method).is_some_and(|method| method.whole_parts)
    };
    let of = |equation: &Equation| {
        let total = number(equation.total);
        let parts = equation.parts.iter().copied();
        let is_whole = move |at: &usize| total.is_some() && number(*at) == total && minds(at);
        parts.filter(is_whole).collect::<Vec<_>>()
    };
    // one part alone is the same figure once more
    equations.iter().filter(|equation| equation.parts.len() > 1).flat_map(of).collect()
}

fn see(figure: &Figure<'_>, outcome: Outcome) -> Seen {
    let int = |number: u64| i64::try_from(number).unwrap_or(NO_BOUND).min(NO_BOUND);
    match (outcome, figure.count, figure.method) {
        // no symbol says so, but it is to stay unknown
        (_, Count::Number(number), Some(method)) if figure.rest && method.covers(number) => {
            Seen::Suppressed(0, NO_BOUND)
        }
        _ if !figure.shown => Seen::Hidden,
        (Outcome::Suppressed { beyond: false }, _, Some(method)) => {
            Seen::Suppressed(int(method.from), int(method.to))
        }
        (Outcome::Suppressed { .. }, _, method) => {
            Seen::Suppressed(int(method.map_or(0, |method| method.to.saturating_add(1))), NO_BOUND)
        }
        (Outcome::Rounded(shown), _, Some(method)) => {
            let (low, high) = method.behind(shown);
            Seen::Between(int(low), int(high))
        }
        (_, Count::Number(number), _) => Seen::Between(int(number), int(number)),
        (_, Count::NoNumber | Count::Unclear, _) => Seen::NoNumber,
    }
}

/// The next cell to suppress: the smallest in a group of a disclosed one, otherwise the smallest in any group that
/// hangs together with it.
fn further(
    figures: &[Figure<'_>],
    outcomes: &[Outcome],
    equations: &[Equation],
    disclosed: &BTreeSet<usize>,
) -> Option<usize> {
    let could = |at: usize| match (figures.get(at)?, outcomes.get(at)?) {
        (
            Figure { count: Count::Number(number), counts: true, shown: true, method: Some(method), .. },
            outcome,
        ) => {
            let is_shown = !matches!(outcome, Outcome::Suppressed { .. });
            (is_shown && *number > method.to).then_some((*number, at))
        }
        _ => None,
    };
    let mut reached = disclosed.clone();
    loop {
        let touched: Vec<&Equation> = equations
            .iter()
            .filter(|equation| equation.members().any(|member| reached.contains(&member)))
            .collect();
        let members =
            touched.iter().flat_map(|equation| equation.parts.iter().copied().chain([equation.total]));
        // the first of several alike
        let next = members.filter_map(could).min_by_key(|(number, _)| *number);
        if let Some((_, at)) = next {
            return Some(at);
        }
        let before = reached.len();
        reached.extend(touched.iter().flat_map(|equation| equation.members()));
        if reached.len() == before {
            return None;
        }
    }
}

#[cfg(test)]
mod tests;
