//! Suppression where each figure has its column.

use std::collections::HashMap;

use concordat_core::table::{Cells, Table};

use super::group::{self, Group, Seen};
use super::{Count, Work, WouldDisclose};

/// What is done with the cells of a column.
struct Column<'a> {
    name: &'a str,
    shown: bool,
    count: bool,
    derived: bool,
}

pub(super) fn suppress(work: &Work<'_>) -> Result<(Table, u32), WouldDisclose> {
    let columns: Vec<Column<'_>> = work
        .table
        .columns
        .iter()
        .zip(work.kept)
        .map(|(name, shown)| {
            let is = |of: fn(&super::FieldInfo) -> bool| work.fields.iter().any(|f| f.name == *name && of(f));
            Column { name, shown: *shown, count: is(|f| f.count), derived: is(|f| f.derived) }
        })
        .collect();
    let groups: Vec<Group<'_>> = work
        .additive
        .iter()
        .map(|group| Group { total: &group.total, parts: group.parts.iter().map(String::as_str).collect() })
        .collect();
    let mut cells = Cells::with_capacity(work.table.cells.len(), work.table.cells.bytes());
    let mut suppressed = 0_u32;
    for row in work.table.rows() {
        let mut row: Vec<&str> = row.iter().collect();
        suppressed = suppressed.saturating_add(row_of(work, &columns, &groups, &mut row)?);
        cells.extend(row);
    }
    let table = Table { name: work.table.name.clone(), columns: work.table.columns.clone(), cells };
    Ok((table, suppressed))
}

/// Suppresses one row; counts the cells that are shown and hold a symbol now.
fn row_of<'a>(
    work: &'a Work<'_>,
    columns: &[Column<'_>],
    groups: &[Group<'_>],
    row: &mut [&'a str],
) -> Result<u32, WouldDisclose> {
    let mut seen: HashMap<&str, Seen> = HashMap::new();
    let mut cells = 0_u32;
    let mut hit = false;
    for (column, cell) in columns.iter().zip(row.iter_mut()) {
        let count = Count::read(cell);
        let small = column.count && count.is_suppressed(work.suppression);
        seen.insert(column.name, Seen::of(count, column.shown, column.count, work.suppression));
        if small {
            hit = true;
            *cell = &work.suppression.symbol;
            cells = cells.saturating_add(u32::from(column.shown));
        }
    }
    group::check(groups, &seen, work.suppression)?;
    if hit {
        for (column, cell) in columns.iter().zip(row).filter(|(column, _)| column.derived) {
            if *cell != work.suppression.symbol && Count::read(cell) != Count::NoNumber {
                *cell = &work.suppression.symbol;
                cells = cells.saturating_add(u32::from(column.shown));
            }
        }
    }
    Ok(cells)
}
