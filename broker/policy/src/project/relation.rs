//! What rules say of figures, which a reader knows as well: parts that are no more than a total, or all of it.

use super::Count;
use super::attack::Equation;
use super::secondary::Figure;
use crate::profile::Suppression;

/// A relation between figures, by their positions.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub parts: Vec<usize>,
    pub totals: Vec<usize>,
    /// Whether the parts are all of the totals.
    pub exact: bool,
}

/// Adds what a relation tells, where it holds: of figures that it does not hold for a reader learns nothing by it. What
/// the parts leave of a single total is a figure too, with a method of its own.
pub(super) fn add<'m>(
    relation: &Placed,
    of_rest: Option<&'m Suppression>,
    figures: &mut Vec<Figure<'m>>,
    equations: &mut Vec<Equation>,
) {
    let of = |at: &usize| figures.get(*at).filter(|figure| figure.counts).map(|figure| figure.count);
    let Some(totals) = relation.totals.iter().map(of).collect::<Option<Vec<_>>>() else { return };
    let Some(counts) = relation.parts.iter().map(of).collect::<Option<Vec<_>>>() else { return };
    let there = relation.parts.iter().zip(&counts).filter(|(_, count)| **count != Count::NoNumber);
    let mut parts: Vec<usize> = there.map(|(at, _)| *at).collect();
    let exact = relation.exact && parts.len() == relation.parts.len();
    if parts.is_empty() || totals.is_empty() || totals.contains(&Count::NoNumber) {
        return;
    }
    let rest = match (sum(&counts), sum(&totals)) {
        (Some(parts), Some(total)) if parts > total || (exact && parts < total) => return,
        (Some(parts), Some(total)) => Some(total - parts),
        _ => None,
    };
    let mut push = |figure: Figure<'m>| {
        figures.push(figure);
        figures.len() - 1
    };
    let total = match relation.totals.as_slice() {
        [total] => *total,
        several => {
            let total = push(Figure::UNKNOWN);
            equations.push(Equation { total, parts: several.to_vec() });
            total
        }
    };
    if !exact {
        let is_one = relation.totals.len() == 1;
        parts.push(push(Figure::rest(rest.filter(|_| is_one), of_rest)));
    }
    equations.push(Equation { total, parts });
}

/// The sum of those that hold a number; `None` where one cannot be read.
fn sum(counts: &[Count]) -> Option<u64> {
    counts.iter().try_fold(0_u64, |sum, count| match count {
        Count::Number(number) => sum.checked_add(*number),
        Count::NoNumber => Some(sum),
        Count::Unclear => None,
    })
}
