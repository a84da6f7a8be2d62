//! Suppression among figures that belong together: small counts first, then as many others as it takes that no
//! suppressed one can be worked out.

use std::collections::BTreeSet;

use super::attack::{self, Equation, NO_BOUND, Seen};
use super::{Count, WouldDisclose};
use crate::profile::Suppression;

/// One figure of a row, or of an area and period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub count: Count,
    /// Whether it counts people or cases, which alone is suppressed or rounded.
    pub counts: bool,
    /// Whether a reader sees its cell.
    pub shown: bool,
}

impl Figure {
    /// A part that is not in the table: a reader takes it for nothing.
    pub const ABSENT: Figure = Figure { count: Count::NoNumber, counts: false, shown: true };
    /// A total that is not in the table.
    pub const UNKNOWN: Figure = Figure { count: Count::NoNumber, counts: false, shown: false };
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
/// the one that stands earlier in the groups.
pub(super) fn suppress(
    figures: &[Figure],
    equations: &[Equation],
    method: &Suppression,
) -> Result<Vec<Outcome>, WouldDisclose> {
    let mut outcomes: Vec<Outcome> = figures.iter().map(|figure| first(figure, method)).collect();
    if method.whole_parts {
        for at in whole_parts(figures, equations) {
            set(&mut outcomes, at, Outcome::Suppressed { beyond: true });
        }
    }
    loop {
        if !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Suppressed { .. })) {
            return Ok(outcomes);
        }
        let seen: Vec<Seen> =
            figures.iter().zip(&outcomes).map(|(figure, outcome)| see(figure, *outcome, method)).collect();
        let disclosed = attack::disclosed(equations, &seen);
        if disclosed.is_empty() {
            return Ok(outcomes);
        }
        let more = further(figures, &outcomes, equations, &disclosed, method).ok_or(WouldDisclose)?;
        set(&mut outcomes, more, Outcome::Suppressed { beyond: true });
    }
}

fn first(figure: &Figure, method: &Suppression) -> Outcome {
    match figure.count {
        _ if !figure.counts => Outcome::AsItIs,
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

/// The parts that are all of their total, though the total is more than nothing.
fn whole_parts(figures: &[Figure], equations: &[Equation]) -> Vec<usize> {
    let number = |at: usize| match figures.get(at) {
        Some(Figure { count: Count::Number(number), counts: true, .. }) if *number > 0 => Some(*number),
        _ => None,
    };
    let of = |equation: &Equation| {
        let total = number(equation.total);
        let parts = equation.parts.iter().copied();
        parts.filter(move |at| total.is_some() && number(*at) == total).collect::<Vec<_>>()
    };
    equations.iter().flat_map(of).collect()
}

fn see(figure: &Figure, outcome: Outcome, method: &Suppression) -> Seen {
    let int = |number: u64| i64::try_from(number).unwrap_or(NO_BOUND).min(NO_BOUND);
    match (outcome, figure.count) {
        _ if !figure.shown => Seen::Hidden,
        (Outcome::Suppressed { beyond: false }, _) => Seen::Suppressed(int(method.from), int(method.to)),
        (Outcome::Suppressed { beyond: true }, _) => {
            Seen::Suppressed(int(method.to.saturating_add(1)), NO_BOUND)
        }
        (Outcome::Rounded(shown), _) => {
            let (low, high) = method.behind(shown);
            Seen::Between(int(low), int(high))
        }
        (Outcome::AsItIs, Count::Number(number)) => Seen::Between(int(number), int(number)),
        (Outcome::AsItIs, Count::NoNumber | Count::Unclear) => Seen::NoNumber,
    }
}

/// The next cell to suppress: the smallest in a group of a disclosed one, otherwise the smallest in any group that
/// hangs together with it.
fn further(
    figures: &[Figure],
    outcomes: &[Outcome],
    equations: &[Equation],
    disclosed: &BTreeSet<usize>,
    method: &Suppression,
) -> Option<usize> {
    let could = |at: usize| match (figures.get(at)?, outcomes.get(at)?) {
        (Figure { count: Count::Number(number), counts: true, shown: true }, outcome) => {
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
