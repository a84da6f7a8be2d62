//! Suppression where each figure has its row.

use std::collections::{HashMap, HashSet};

use concordat_core::table::Table;

use super::group::{self, Group, Seen};
use super::{Count, DERIVED_UNITS, Work, WouldDisclose};

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
    count: Count,
    derived: bool,
}

pub(super) fn suppress(work: &Work<'_>, columns: &Columns<'_>) -> Result<(Table, u32), WouldDisclose> {
    let at = |name: &str| work.table.column(name).ok_or(WouldDisclose);
    let (key, value, unit) = (at(columns.key)?, at(columns.value)?, at(columns.unit)?);
    let group_by = columns.group_by.iter().map(|name| at(name)).collect::<Result<Vec<_>, _>>()?;
    let shown = work.kept.get(value).copied().unwrap_or(false);

    let mut figures: Vec<Figure<'_>> = Vec::with_capacity(work.table.height());
    let mut groups: HashMap<Vec<&str>, Vec<usize>> = HashMap::new();
    for row in work.table.rows() {
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        groups.entry(group_by.iter().map(|at| cell(*at)).collect()).or_default().push(figures.len());
        figures.push(Figure {
            key: cell(key),
            count: Count::read(cell(value)),
            derived: DERIVED_UNITS.contains(&cell(unit)),
        });
    }

    let mut small: HashSet<usize> = HashSet::new();
    for members in groups.values() {
        let of_group: Vec<(usize, &Figure<'_>)> =
            members.iter().filter_map(|at| Some((*at, figures.get(*at)?))).collect();
        let hit = of_group.iter().filter(|(_, f)| !f.derived && f.count.is_suppressed(work.suppression));
        let mut hit: Vec<usize> = hit.map(|(at, _)| *at).collect();
        check(work, &of_group, shown)?;
        if !hit.is_empty() {
            let derived = of_group.iter().filter(|(_, f)| f.derived && f.count != Count::NoNumber);
            hit.extend(derived.map(|(at, _)| *at));
        }
        small.extend(hit);
    }

    let mut table = work.table.clone();
    let width = table.columns.len().max(1);
    for (at, row) in table.cells.chunks_mut(width).enumerate() {
        if let Some(cell) = row.get_mut(value).filter(|_| small.contains(&at)) {
            cell.clone_from(&work.suppression.symbol);
        }
    }
    let cells = if shown { u32::try_from(small.len()).unwrap_or(u32::MAX) } else { 0 };
    Ok((table, cells))
}

/// Checks the additive groups among the figures of one area and period.
fn check(work: &Work<'_>, figures: &[(usize, &Figure<'_>)], shown: bool) -> Result<(), WouldDisclose> {
    let mut seen: HashMap<&str, Seen> = HashMap::new();
    for (_, figure) in figures.iter().filter(|(_, figure)| !figure.derived) {
        let member = Seen::of(figure.count, shown, true, work.suppression);
        let twice = seen.insert(figure.key, member).is_some();
        let added = |key: &str| {
            work.additive.iter().any(|g| g.total == key || g.parts.iter().any(|part| part == key))
        };
        // an indicator that stands twice cannot be added up
        if twice && added(figure.key) {
            return Err(WouldDisclose);
        }
    }
    let groups: Vec<Group<'_>> = work
        .additive
        .iter()
        .map(|group| Group {
            total: &group.total,
            parts: group.parts.iter().map(String::as_str).collect(),
        })
        .collect();
    group::check(&groups, &seen, work.suppression)
}
