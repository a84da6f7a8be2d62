//! The sender's own rows as they stand in the files, for a copy with the findings marked in it.

use std::collections::BTreeSet;

use super::folder;
use super::frame::Sink;
use super::sheets::{Tab, table_named};
use super::{File, xml};
use crate::checks::findings::Findings;
use crate::definition::ReturnType;
use crate::read::sheet;

/// A row of the sender's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRow {
    /// Its number, from 1, as findings have it.
    pub row: u32,
    /// The line of an XML file on which it begins, where that is known.
    pub line: Option<u32>,
    /// Its cells under the headings.
    pub cells: Vec<String>,
}

/// A table of the sender's own: its headings, and those of its rows that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTable {
    /// The position of the table among the type's.
    pub table: usize,
    /// Its headings, in the order of the file.
    pub headings: Vec<String>,
    /// The rows that are kept.
    pub rows: Vec<OwnRow>,
    /// How many rows it has.
    pub all: usize,
}

impl OwnTable {
    fn new(table: usize, headings: Vec<String>) -> Self {
        Self { table, headings, rows: Vec::new(), all: 0 }
    }

    fn push(&mut self, keep: &Keep<'_>, cells: impl FnOnce() -> Vec<String>) {
        self.all += 1;
        let row = u32::try_from(self.all).unwrap_or(u32::MAX);
        if keep.takes(self.table, row) {
            self.rows.push(OwnRow { row, line: None, cells: cells() });
        }
    }
}

/// Which rows are kept.
#[derive(Debug, Clone, Copy)]
pub enum Keep<'k> {
    /// None: they are only counted.
    None,
    /// Every one.
    All,
    /// Those of a table, both by number.
    These(&'k BTreeSet<(usize, u32)>),
}

impl Keep<'_> {
    fn takes(&self, table: usize, row: u32) -> bool {
        match self {
            Keep::None => false,
            Keep::All => true,
            Keep::These(rows) => rows.contains(&(table, row)),
        }
    }
}

/// The rows of a return's files, table by table as far as they can be taken apart.
#[must_use]
pub fn own_rows(of: &ReturnType, files: &[File<'_>], keep: &Keep<'_>) -> Vec<OwnTable> {
    if let Some(schema) = of.bulk.as_ref().and_then(|plan| plan.schema.as_ref()) {
        let tables = of.tables.iter().enumerate().map(|(at, def)| {
            OwnTable::new(at, of.columns(def).iter().map(|field| field.name.clone()).collect())
        });
        let mut sink = Own { tables: tables.collect(), keep };
        let told = xml::take(of, schema, files, &mut sink, &mut Findings::default());
        for (table, lines) in sink.tables.iter_mut().zip(&told.lines) {
            for row in &mut table.rows {
                row.line = lines.get(row.row.saturating_sub(1) as usize).copied();
            }
        }
        sink.tables.retain(|table| table.all > 0);
        return sink.tables;
    }
    let mut tables = Vec::<OwnTable>::new();
    for file in files {
        let known = folder::table_of(of, file.name).filter(|at| tables.iter().all(|own| own.table != *at));
        let Some((at, mut reader)) = known.and_then(|at| Some((at, folder::reader(file.bytes).ok()?))) else {
            continue;
        };
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let mut record = csv::StringRecord::new();
        if !matches!(reader.read_record(&mut record), Ok(true)) {
            continue;
        }
        let mut own = OwnTable::new(at, texts(&record));
        while matches!(reader.read_record(&mut record), Ok(true)) {
            own.push(keep, || texts(&record));
        }
        tables.push(own);
    }
    tables.sort_by_key(|own| own.table);
    tables
}

/// The rows of a workbook's sheets, as a person may read them.
#[must_use]
pub fn own_sheets(of: &ReturnType, tabs: &[Tab], keep: &Keep<'_>) -> Vec<OwnTable> {
    let mut tables = Vec::<OwnTable>::new();
    for tab in tabs.iter().filter(|tab| !tab.hidden) {
        let Some(at) = table_named(of, &tab.name) else { continue };
        let Some((first, rest)) = tab.sheet.rows.split_first() else { continue };
        let mut own = OwnTable::new(at, tab.sheet.headings());
        for row in rest {
            // rows that hold nothing are rows all the same
            let place = row.row.saturating_sub(first.row) as usize;
            own.all = own.all.max(place.saturating_sub(1));
            own.push(keep, || texts(row));
        }
        tables.push(own);
    }
    tables.sort_by_key(|own| own.table);
    tables
}

fn texts(row: &sheet::SheetRow) -> Vec<String> {
    let mut cells = Vec::new();
    for cell in row.cells.iter().filter(|cell| (cell.column as usize) < sheet::MOST_COLUMNS) {
        cells.resize(cell.column as usize, String::new());
        cells.push(sheet::shown(cell));
    }
    cells
}

/// Takes rows as they are read.
struct Own<'k> {
    tables: Vec<OwnTable>,
    keep: &'k Keep<'k>,
}

impl Sink for Own<'_> {
    fn begin(&mut self, _: usize) {}

    fn row<'c>(&mut self, table: usize, cells: impl Iterator<Item = &'c str>) {
        if let Some(own) = self.tables.get_mut(table) {
            own.push(self.keep, || cells.map(str::to_owned).collect());
        }
    }

    fn rows(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |own| own.all)
    }
}
