//! Suppression where each figure has its row.

use std::collections::{HashMap, HashSet};

use concordat_core::table::{Cells, Table};

use super::group::{self, Group, Seen};
use super::{Count, Work, WouldDisclose};
use crate::profile::Unit;

/// The columns of a long table, by name.
pub(super) struct Columns<'a> {
    pub key: &'a str,
    pub value: &'a str,
    pub unit: &'a str,
    pub group_by: &'a [&'a str],
}

/// What suppression needs of one row.
struct Figure<'a> {
    key: &'a str,
    unit: &'a str,
    sort: Unit,
    count: Count,
}

pub(super) fn suppress(work: &Work<'_>, columns: &Columns<'_>) -> Result<(Table, u32), WouldDisclose> {
    let at = |name: &str| work.table.column(name).ok_or(WouldDisclose);
    let (key, value, unit) = (at(columns.key)?, at(columns.value)?, at(columns.unit)?);
    let group_by = columns.group_by.iter().map(|name| at(name)).collect::<Result<Vec<_>, _>>()?;
    let shown = work.kept.get(value).copied().unwrap_or(false);

    let mut figures: Vec<Figure<'_>> = Vec::with_capacity(work.table.height());
    let mut groups: HashMap<Vec<&str>, Vec<usize>> = HashMap::new();
    for row in work.table.rows() {
        let cell = |at: usize| row.get(at).unwrap_or_default();
        groups.entry(group_by.iter().map(|at| cell(*at)).collect()).or_default().push(figures.len());
        figures.push(Figure {
            key: cell(key),
            unit: cell(unit),
            sort: work.suppression.unit(cell(unit)),
            count: Count::read(cell(value)),
        });
    }

    let mut small: HashSet<usize> = HashSet::new();
    for members in groups.values() {
        let of_group: Vec<(usize, &Figure<'_>)> =
            members.iter().filter_map(|at| Some((*at, figures.get(*at)?))).collect();
        let is_small = |f: &Figure<'_>| f.sort == Unit::Count && f.count.is_suppressed(work.suppression);
        let hit: Vec<usize> = of_group.iter().filter(|(_, f)| is_small(f)).map(|(at, _)| *at).collect();
        if hit.is_empty() {
            continue;
        }
        check(work, &of_group, shown)?;
        let derived = of_group.iter().filter(|(_, f)| f.sort == Unit::Derived && f.count != Count::NoNumber);
        small.extend(derived.map(|(at, _)| *at));
        small.extend(hit);
    }

    let mut cells = Cells::with_capacity(work.table.cells.len(), work.table.cells.bytes());
    for (at, row) in work.table.rows().enumerate() {
        let hidden = |column: usize| column == value && small.contains(&at);
        let shown = |(column, cell)| if hidden(column) { work.suppression.symbol.as_str() } else { cell };
        cells.extend(row.iter().enumerate().map(shown));
    }
    let table = Table { name: work.table.name.clone(), columns: work.table.columns.clone(), cells };
    Ok((table, if shown { u32::try_from(small.len()).unwrap_or(u32::MAX) } else { 0 }))
}

/// Checks the additive groups among the figures of one area and period. A group names an indicator, or an
/// indicator and its unit with a space between.
fn check(work: &Work<'_>, figures: &[(usize, &Figure<'_>)], shown: bool) -> Result<(), WouldDisclose> {
    let mut by_key: HashMap<&str, Vec<&Figure<'_>>> = HashMap::new();
    for (_, figure) in figures.iter().filter(|(_, figure)| figure.sort == Unit::Count) {
        by_key.entry(figure.key).or_default().push(figure);
    }
    let mut seen: HashMap<&str, Seen> = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::with_capacity(work.additive.len());
    for group in work.additive {
        for name in std::iter::once(&group.total).chain(&group.parts) {
            let (key, unit) =
                name.split_once(' ').map_or((name.as_str(), None), |(key, unit)| (key, Some(unit)));
            let mut named = by_key
                .get(key)
                .into_iter()
                .flatten()
                .filter(|figure| unit.is_none_or(|unit| unit == figure.unit));
            let (first, second) = (named.next(), named.next());
            // an indicator that stands twice cannot be added up
            if second.is_some() {
                return Err(WouldDisclose);
            }
            if let Some(figure) = first {
                seen.insert(name, Seen::of(figure.count, shown, true, work.suppression));
            }
        }
        groups.push(Group { total: &group.total, parts: group.parts.iter().map(String::as_str).collect() });
    }
    group::check(&groups, &seen, work.suppression)
}
