//! Suppression where each figure has its row.

use std::borrow::Cow;
use std::collections::HashMap;

use concordat_core::table::{Cells, Table};

use super::attack::Equation;
use super::secondary::{self, Outcome};
use super::{AdditiveGroup, Count, Suppressed, Work, WouldDisclose, outcome_cell};
use crate::profile::{Suppression, suppression::Unit};

/// The columns of a long table, by name.
pub(super) struct Columns<'a> {
    pub key: &'a str,
    pub value: &'a str,
    pub unit: &'a str,
    pub area: &'a str,
    pub period: &'a str,
}

/// What suppression needs of one row.
struct Figure<'a> {
    row: usize,
    key: &'a str,
    unit: &'a str,
    cell: &'a str,
    count: Count,
}

pub(super) fn suppress(work: &mut Work<'_>, columns: &Columns<'_>) -> Suppressed {
    let at = |name: &str| work.table.column(name).ok_or(WouldDisclose);
    let (key, value, unit) = (at(columns.key)?, at(columns.value)?, at(columns.unit)?);
    let (area, period) = (at(columns.area)?, at(columns.period)?);
    let shown = work.shown.get(value).copied().unwrap_or(false);

    let mut groups: HashMap<(&str, &str), Vec<Figure<'_>>> = HashMap::new();
    for (at, row) in work.table.rows().enumerate() {
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let (cell_of, count) = (cell(value), Count::read(cell(value)));
        let figure = Figure { row: at, key: cell(key), unit: cell(unit), cell: cell_of, count };
        groups.entry((cell(area), cell(period))).or_default().push(figure);
    }

    let mut values: Vec<Option<Cow<'_, str>>> = vec![None; work.table.height()];
    let mut suppressed = 0_u32;
    for ((area, _), figures) in &groups {
        let Some(method) = work.methods.of(&[area], &work.of.areas) else { continue };
        for (figure, outcome) in outcomes(figures, &work.of.additive, &method, shown)? {
            let (cell, hidden) = outcome_cell(figure.cell, outcome, &method);
            suppressed = suppressed.saturating_add(u32::from(shown && hidden));
            if let Some(slot) = values.get_mut(figure.row) {
                *slot = Some(Cow::Owned(cell.into_owned()));
            }
        }
    }

    let mut cells = Cells::with_capacity(work.table.cells.len(), work.table.cells.bytes());
    for (row, new) in work.table.rows().zip(&values) {
        let of = |(column, cell)| match new {
            Some(new) if column == value => new.as_ref(),
            _ => cell,
        };
        cells.extend(row.iter().enumerate().map(of));
    }
    let table = Table { name: work.table.name.clone(), columns: work.table.columns.clone(), cells };
    Ok((table, suppressed))
}

/// The figures of one area and period that do not stay as they are, and what becomes of them. Beside a count that is
/// suppressed or rounded, what is made from counts is suppressed.
fn outcomes<'f, 'a>(
    figures: &'f [Figure<'a>],
    additive: &[AdditiveGroup],
    method: &Suppression,
    shown: bool,
) -> Result<Vec<(&'f Figure<'a>, Outcome)>, WouldDisclose> {
    let sort = |figure: &Figure<'_>| method.unit(figure.unit);
    let mut counts: Vec<secondary::Figure> = Vec::with_capacity(figures.len());
    let mut by_key: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
    for (at, figure) in figures.iter().enumerate() {
        let is_count = sort(figure) == Unit::Count;
        counts.push(secondary::Figure { count: figure.count, counts: is_count, shown });
        if is_count {
            by_key.entry(figure.key).or_default().push((figure.unit, at));
        }
    }
    let is_small = |figure: &secondary::Figure| figure.counts && figure.count.is_suppressed(method);
    let matters = method.whole_parts || counts.iter().any(is_small);
    let equations = match equations(additive, &by_key, &mut counts) {
        // nothing is to be protected, so that it cannot be added up does not matter
        Err(WouldDisclose) if !matters => Vec::new(),
        equations => equations?,
    };
    let outcomes = secondary::suppress(&counts, &equations, method)?;
    let blurred = outcomes.iter().any(|outcome| *outcome != Outcome::AsItIs);
    let of = |(figure, outcome): (&'f Figure<'a>, &Outcome)| {
        let hides = blurred && sort(figure) == Unit::Derived && figure.count != Count::NoNumber;
        let outcome = if hides { Outcome::Suppressed { beyond: true } } else { *outcome };
        (outcome != Outcome::AsItIs).then_some((figure, outcome))
    };
    Ok(figures.iter().zip(&outcomes).filter_map(of).collect())
}

/// The additive groups among the figures of one area and period. A group names an indicator, or an indicator and its
/// unit with a space between. One that stands twice cannot be added up.
fn equations(
    additive: &[AdditiveGroup],
    by_key: &HashMap<&str, Vec<(&str, usize)>>,
    counts: &mut Vec<secondary::Figure>,
) -> Result<Vec<Equation>, WouldDisclose> {
    let mut position = |name: &str, absent: secondary::Figure| {
        let (key, unit) = name.split_once(' ').map_or((name, None), |(key, unit)| (key, Some(unit)));
        let named = by_key.get(key).into_iter().flatten();
        let mut named = named.filter(|(own, _)| unit.is_none_or(|unit| unit == *own)).map(|(_, at)| *at);
        match (named.next(), named.next()) {
            (Some(_), Some(_)) => Err(WouldDisclose),
            (Some(at), None) => Ok(at),
            (None, _) => {
                counts.push(absent);
                Ok(counts.len() - 1)
            }
        }
    };
    additive
        .iter()
        .map(|group| {
            let total = position(&group.total, secondary::Figure::UNKNOWN)?;
            let parts = group.parts.iter().map(|part| position(part, secondary::Figure::ABSENT));
            Ok(Equation { total, parts: parts.collect::<Result<_, _>>()? })
        })
        .collect()
}
