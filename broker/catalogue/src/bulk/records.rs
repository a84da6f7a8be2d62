//! To which record every row of a return belongs, where its type is accepted record by record: by the child that
//! it names, or by the row that it stands under.

use std::collections::BTreeSet;

use concordat_core::record::RefusedRecord;
use concordat_core::table::{Cells, Table};

use super::frame::{Column, Frame, Marked};
use super::links::{self, NONE};
use crate::cell::{self, Value};
use crate::definition::{Acceptance, ReturnType};

/// How the rows of a table belong to records.
enum Belongs {
    /// A field names the record.
    Named(usize),
    /// A field says under which row of another table it stands.
    Under(usize, usize),
    /// Not at all.
    Nowhere,
}

fn belongs(of: &ReturnType, table: usize, root: usize, field: usize) -> Belongs {
    let place = |at: usize| of.tables.get(at).and_then(|def| def.place.as_ref());
    let by_child = place(root).is_some_and(|place| place.child.is_some());
    match place(table) {
        _ if table == root => Belongs::Named(field),
        Some(place) => match (place.parent, place.child) {
            (Some((parent, at)), _) => Belongs::Under(parent, at),
            (None, Some(child)) if by_child => Belongs::Named(child),
            _ => Belongs::Nowhere,
        },
        None => Belongs::Nowhere,
    }
}

/// By table and row, the number of the text that names the record; [`NONE`] for a row that belongs to none.
pub(super) fn of_rows(of: &ReturnType, frame: &Frame<'_>, root: usize, field: usize) -> Vec<Vec<u32>> {
    let mut out: Vec<Vec<u32>> = Vec::with_capacity(of.tables.len());
    for table in 0..of.tables.len() {
        let rows = match belongs(of, table, root, field) {
            Belongs::Named(at) => match frame.columns.get(at) {
                Some(Column::Texts(texts)) => {
                    texts.iter().map(|text| if *text >= u32::BAD { NONE } else { *text }).collect()
                }
                _ => vec![NONE; frame.height(table)],
            },
            Belongs::Under(parent, _) => {
                let above = out.get(parent).map_or(&[][..], Vec::as_slice);
                let up = links::keys(of, frame, table);
                up.iter().map(|row| above.get(*row as usize).copied().unwrap_or(NONE)).collect()
            }
            Belongs::Nowhere => vec![NONE; frame.height(table)],
        };
        out.push(rows);
    }
    out
}

/// Leaves refused records out of the tables of a return: every row that belongs to one, and the numbers of rows
/// that others stand under put right. What is left is what an acceptance in part records; client and broker make
/// it alike.
#[must_use]
pub fn leave_out(of: &ReturnType, tables: Vec<Table>, refused: &[RefusedRecord]) -> Vec<Table> {
    let Acceptance::Record { table: root, field } = of.acceptance else { return tables };
    let refused: BTreeSet<&str> = refused.iter().map(|refused| refused.record.as_str()).collect();
    let mut records: Vec<Vec<Option<&str>>> = Vec::with_capacity(of.tables.len());
    for (at, def) in of.tables.iter().enumerate() {
        let table = tables.iter().find(|table| table.name == def.name);
        let column = |field: usize| field.checked_sub(def.fields.start);
        let rows = match (table, belongs(of, at, root, field)) {
            (Some(table), Belongs::Named(at)) => {
                let cell = |row| cell_of(table, row, column(at)).filter(|text| !text.is_empty());
                (0..table.height()).map(cell).collect()
            }
            (Some(table), Belongs::Under(parent, at)) => {
                let above = records.get(parent).map_or(&[][..], Vec::as_slice);
                let up =
                    |row| above.get(parent_of(of, at, cell_of(table, row, column(at)), above.len()) as usize);
                (0..table.height()).map(|row| up(row).copied().flatten()).collect()
            }
            (table, _) => vec![None; table.map_or(0, Table::height)],
        };
        records.push(rows);
    }
    let stays = |record: &Option<&str>| record.is_none_or(|record| !refused.contains(record));
    let keep: Vec<Vec<bool>> = records.iter().map(|rows| rows.iter().map(stays).collect()).collect();
    let now: Vec<Vec<u32>> = keep.iter().map(|keep| links::renumbered(keep)).collect();
    let left = tables.iter().map(|table| only(of, table, &keep, &now));
    left.collect()
}

fn cell_of(table: &Table, row: usize, column: Option<usize>) -> Option<&str> {
    table.cells.get(row * table.columns.len() + column?)
}

/// The row, from 0, that a cell names.
fn parent_of(of: &ReturnType, field: usize, cell: Option<&str>, height: usize) -> u32 {
    let read = of.fields.get(field).zip(cell).map(|(field, cell)| cell::read(field, cell));
    match read {
        Some(Ok(Value::Number(number))) => links::parent_row(number, height),
        _ => NONE,
    }
}

// the rows of one table that stay, each under the new number of the row that it stands under
fn only(of: &ReturnType, table: &Table, keep: &[Vec<bool>], now: &[Vec<u32>]) -> Table {
    let found = of.tables.iter().enumerate().find(|(_, def)| def.name == table.name);
    let Some((at, def)) = found else { return table.clone() };
    let parent = def.place.as_ref().and_then(|place| place.parent);
    let renumber = parent
        .and_then(|(parent, field)| Some((field.checked_sub(def.fields.start)?, field, now.get(parent)?)));
    let stays = keep.get(at).map_or(&[][..], Vec::as_slice);
    let mut cells = Cells::with_capacity(table.cells.len(), table.cells.bytes());
    for (row, _) in table.rows().zip(stays).filter(|(_, stays)| **stays) {
        for (column, cell) in row.iter().enumerate() {
            let moved = renumber.filter(|(own, ..)| *own == column).and_then(|(_, field, now)| {
                let before = parent_of(of, field, Some(cell), now.len());
                now.get(before as usize).filter(|after| **after != before && **after != NONE)
            });
            match moved {
                Some(after) => cells.push(&(u64::from(*after) + 1).to_string()),
                None => cells.push(cell),
            }
        }
    }
    Table { name: table.name.clone(), columns: table.columns.clone(), cells }
}
