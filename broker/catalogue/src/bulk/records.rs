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
    let mut leaving = Leaving::new(of, refused);
    let mut left = Vec::with_capacity(tables.len());
    for table in tables {
        let Some(at) = leaving.begin(&table.name) else {
            left.push(table);
            continue;
        };
        let mut cells = Cells::with_capacity(table.cells.len(), table.cells.bytes());
        for row in table.rows() {
            leaving.row(at, |column| row.get(column), row.iter(), |cell| cells.push(cell));
        }
        left.push(Table { name: table.name, columns: table.columns, cells });
    }
    left
}

/// Leaves refused records out row by row, tables in the order of the type.
pub(super) struct Leaving<'t> {
    of: &'t ReturnType,
    root: Option<(usize, usize)>,
    refused: BTreeSet<&'t str>,
    /// Per table, where each of its rows stands in what is left; [`NONE`] for one that is left out.
    now: Vec<Vec<u32>>,
    /// How many rows the table that is being read has left.
    next: u32,
}

impl<'t> Leaving<'t> {
    pub(super) fn new(of: &'t ReturnType, refused: &'t [RefusedRecord]) -> Self {
        let root = match of.acceptance {
            Acceptance::Record { table, field } => Some((table, field)),
            Acceptance::Whole | Acceptance::Event => None,
        };
        let refused = refused.iter().map(|refused| refused.record.as_str()).collect();
        Self { of, root, refused, now: vec![Vec::new(); of.tables.len()], next: 0 }
    }

    /// Which table of the type the next rows are of.
    pub(super) fn begin(&mut self, table: &str) -> Option<usize> {
        self.next = 0;
        self.of.tables.iter().position(|def| def.name == table)
    }

    /// How many rows the table that is being read has left.
    pub(super) fn left(&self) -> usize {
        self.next as usize
    }

    /// One row: its cells go to `put` if it stays, the number of the row that it stands under put right.
    pub(super) fn row<'c>(
        &mut self,
        at: usize,
        cell: impl Fn(usize) -> Option<&'c str>,
        cells: impl Iterator<Item = &'c str>,
        mut put: impl FnMut(&str),
    ) {
        let first = self.of.tables.get(at).map_or(0, |def| def.fields.start);
        let column = |field: usize| field.checked_sub(first);
        let (mut stays, mut moved) = (true, None);
        match self.root.map(|(root, field)| belongs(self.of, at, root, field)) {
            Some(Belongs::Named(field)) => {
                let record = column(field).and_then(&cell);
                stays = record.is_none_or(|record| !self.refused.contains(record));
            }
            Some(Belongs::Under(parent, field)) => {
                let above = self.now.get(parent).map_or(&[][..], Vec::as_slice);
                let before = parent_of(self.of, field, column(field).and_then(&cell), above.len());
                if let Some(after) = above.get(before as usize) {
                    stays = *after != NONE;
                    moved = column(field).filter(|_| *after != before).map(|column| (column, *after));
                }
            }
            Some(Belongs::Nowhere) | None => {}
        }
        if let Some(now) = self.now.get_mut(at) {
            now.push(if stays { self.next } else { NONE });
        }
        if !stays {
            return;
        }
        self.next += 1;
        for (column, cell) in cells.enumerate() {
            match moved {
                Some((own, after)) if own == column => put(&(u64::from(after) + 1).to_string()),
                _ => put(cell),
            }
        }
    }
}

/// The row, from 0, that a cell names.
fn parent_of(of: &ReturnType, field: usize, cell: Option<&str>, height: usize) -> u32 {
    let read = of.fields.get(field).zip(cell).map(|(field, cell)| cell::read(field, cell));
    match read {
        Some(Ok(Value::Number(number))) => links::parent_row(number, height),
        _ => NONE,
    }
}
