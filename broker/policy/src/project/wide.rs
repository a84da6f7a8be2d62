//! Suppression where each figure has its column.

use std::borrow::Cow;
use std::collections::HashMap;

use concordat_core::table::{Cells, Row, Table};

use super::attack::Equation;
use super::secondary::{self, Figure, Outcome};
use super::{Count, Suppressed, Work, WouldDisclose, outcome_cell};
use crate::profile::Suppression;

/// The figures of a row, and which of them belong together.
struct Layout {
    /// Per column: the position of its figure, where it has one.
    figures: Vec<Option<usize>>,
    /// Per column, whether its figure is made from counts.
    derived: Vec<bool>,
    /// Per figure: whether it counts, whether it is shown. Those of columns first, then those that no column has.
    sorts: Vec<(bool, bool)>,
    equations: Vec<Equation>,
}

pub(super) fn suppress(work: &mut Work<'_>, areas: &[String]) -> Suppressed {
    let layout = layout(work);
    let areas: Vec<usize> = areas.iter().filter_map(|name| work.table.column(name)).collect();
    let mut methods: HashMap<Vec<&str>, Option<Suppression>> = HashMap::new();
    let mut cells = Cells::with_capacity(work.table.cells.len(), work.table.cells.bytes());
    let mut suppressed = 0_u32;
    for row in work.table.rows() {
        let areas: Vec<&str> = areas.iter().map(|at| row.get(*at).unwrap_or_default()).collect();
        let method = methods.entry(areas).or_insert_with_key(|areas| work.methods.of(areas, &work.of.areas));
        let Some(method) = method else {
            cells.extend(row.iter());
            continue;
        };
        let (row, changed) = suppressed_row(&layout, &work.shown, row, method)?;
        suppressed = suppressed.saturating_add(changed);
        cells.extend(row);
    }
    let table = Table { name: work.table.name.clone(), columns: work.table.columns.clone(), cells };
    Ok((table, suppressed))
}

fn layout(work: &Work<'_>) -> Layout {
    let of = |name: &String| work.columns.get(name);
    let in_group = |name: &String| {
        work.of.additive.iter().any(|group| group.total == *name || group.parts.contains(name))
    };
    let (mut sorts, mut at_name) = (Vec::new(), HashMap::new());
    let figures = work
        .table
        .columns
        .iter()
        .zip(&work.shown)
        .map(|(name, shown)| {
            let counts = of(name).is_some_and(|column| column.count);
            (counts || in_group(name)).then(|| {
                at_name.insert(name.as_str(), sorts.len());
                sorts.push((counts, *shown));
                sorts.len() - 1
            })
        })
        .collect();
    let mut position = |name: &'_ String, absent: Figure| match at_name.get(name.as_str()) {
        Some(at) => *at,
        None => {
            sorts.push((false, absent.shown));
            sorts.len() - 1
        }
    };
    let equations = work
        .of
        .additive
        .iter()
        .map(|group| Equation {
            total: position(&group.total, Figure::UNKNOWN),
            parts: group.parts.iter().map(|part| position(part, Figure::ABSENT)).collect(),
        })
        .collect();
    let derived =
        work.table.columns.iter().map(|name| of(name).is_some_and(|column| column.derived)).collect();
    Layout { figures, derived, sorts, equations }
}

/// One row, and how many cells that are shown hold a symbol now.
fn suppressed_row<'a>(
    layout: &Layout,
    shown: &[bool],
    row: Row<'a>,
    method: &'a Suppression,
) -> Result<(Vec<Cow<'a, str>>, u32), WouldDisclose> {
    let mut figures: Vec<Figure> = layout
        .sorts
        .iter()
        .map(|(counts, shown)| Figure { count: Count::NoNumber, counts: *counts, shown: *shown })
        .collect();
    for (at, cell) in layout.figures.iter().zip(row.iter()) {
        if let Some(figure) = at.and_then(|at| figures.get_mut(at)) {
            figure.count = Count::read(cell);
        }
    }
    let outcomes = secondary::suppress(&figures, &layout.equations, method)?;
    let blurred = outcomes.iter().any(|outcome| *outcome != Outcome::AsItIs);
    let mut changed = 0_u32;
    let cells = row.iter().enumerate().map(|(at, cell)| {
        let outcome = layout.figures.get(at).copied().flatten().and_then(|at| outcomes.get(at).copied());
        let is_derived = layout.derived.get(at).copied().unwrap_or(false);
        // beside a count that is rounded too, a percentage may tell what it was
        let hides = blurred && is_derived && Count::read(cell) != Count::NoNumber;
        let outcome = if hides { Some(Outcome::Suppressed { beyond: true }) } else { outcome };
        let (cell, hidden) = outcome_cell(cell, outcome.unwrap_or(Outcome::AsItIs), method);
        changed += u32::from(hidden && shown.get(at).copied().unwrap_or(false));
        cell
    });
    Ok((cells.collect(), changed))
}
