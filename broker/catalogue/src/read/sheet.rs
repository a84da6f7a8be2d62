//! The sheet of a workbook in, a table out. A cell is taken as its column's kind has it when the sheet leaves
//! no doubt; whatever a spreadsheet may have changed, hidden or computed is told, never put right in silence.

use std::sync::Arc;

use concordat_core::finding::Severity;
use concordat_core::table::{Cells, Table};

use super::headings::Headings;
use super::stored::{self, Taken};
use super::{Asked, ReadIn};
use crate::checks::findings::{Findings, Place, ids};
use crate::checks::unexpected;

/// How a number is shown in its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As a number.
    Plain,
    /// As a date, a time of day, or both.
    Date {
        /// Whether a day, month or year is shown.
        day: bool,
        /// Whether a time of day is shown.
        time: bool,
    },
    /// As a percentage: 0.147 is shown as 14.7%.
    Percent,
    /// With at least so many digits, zeros in front.
    Digits(u8),
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(Arc<str>),
    /// A number; for a date, days since the last day of 1899.
    Number(f64, Shown),
    /// True or false.
    Truth(bool),
    /// An error, such as a reference to nothing.
    Error,
    /// A formula that was never computed.
    Uncomputed,
}

/// A cell of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetCell {
    /// Its column, from 0.
    pub column: u32,
    /// What it holds; of a formula, what was last computed.
    pub content: Content,
    /// Whether a formula computes it.
    pub formula: bool,
}

/// A row of a sheet: its cells that hold anything, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetRow {
    /// Its place in the sheet, from 0.
    pub row: u32,
    /// Whether the sheet does not show it.
    pub hidden: bool,
    /// Its cells.
    pub cells: Vec<SheetCell>,
}

/// Cells merged into one: the first and last row and column, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Rows.
    pub rows: (u32, u32),
    /// Columns.
    pub columns: (u32, u32),
}

/// A sheet: the rows that hold anything, from top to bottom; the first of them names the columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// The rows.
    pub rows: Vec<SheetRow>,
    /// Merged cells.
    pub merged: Vec<Merged>,
    /// Columns that the sheet does not show: first and last, from 0.
    pub hidden_columns: Vec<(u32, u32)>,
    /// How many other sheets the workbook hides.
    pub hidden_sheets: usize,
}

impl Sheet {
    /// The headings: the text of the first row that holds anything, from the first column on.
    #[must_use]
    pub fn headings(&self) -> Vec<String> {
        let mut headings = Vec::new();
        for cell in self.rows.first().into_iter().flat_map(|row| &row.cells) {
            let at = cell.column as usize;
            if at < MOST_COLUMNS {
                headings.resize(at, String::new());
                headings.push(shown(cell));
            }
        }
        headings
    }

    /// The rows as a person may read them, the headings first and blank rows in their places, for a copy; none
    /// when they are more than [`MOST_COPIED`] cells.
    #[must_use]
    pub fn records(&self) -> Option<Vec<Vec<String>>> {
        let first = self.rows.first().map_or(0, |row| row.row);
        let (mut records, mut cells) = (Vec::<Vec<String>>::new(), 0usize);
        for row in &self.rows {
            records.resize(row.row.saturating_sub(first) as usize, Vec::new());
            let mut record: Vec<String> = Vec::new();
            for cell in row.cells.iter().filter(|cell| (cell.column as usize) < MOST_COLUMNS) {
                record.resize(cell.column as usize, String::new());
                record.push(shown(cell));
            }
            cells = cells.saturating_add(record.len());
            records.push(record);
            if cells.saturating_add(records.len()) > MOST_COPIED {
                return None;
            }
        }
        Some(records)
    }
}

/// The most cells, blank rows counted, of which a copy is made.
pub const MOST_COPIED: usize = 2_000_000;

/// The most columns that a table may have in a file.
pub const MOST_COLUMNS: usize = 1_000;

/// A cell as a person may read it, for headings and for a copy of the sheet.
#[must_use]
pub fn shown(cell: &SheetCell) -> String {
    match &cell.content {
        Content::Text(text) => text.to_string(),
        Content::Number(value, shown) => stored::shown(*value, *shown),
        Content::Truth(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        Content::Error => "#ERROR".to_owned(),
        Content::Uncomputed => String::new(),
    }
}

pub(crate) fn table(sheet: &Sheet, asked: &Asked<'_>, findings: &mut Findings) -> Option<ReadIn> {
    let (of, name) = (asked.of, asked.of.first_table());
    let named = sheet.headings();
    if named.is_empty() {
        findings.error(
            &ids().file_kind,
            Place::table(name),
            "the sheet is empty: its first row names the columns",
        );
        return None;
    }
    if let Some(finding) = super::wrong_table(asked, &named) {
        findings.error(&ids().file_kind, Place::table(name), finding);
        return None;
    }
    let Some(headings) = Headings::of(of, &named, findings) else {
        let some =
            Sheet { rows: sheet.rows.iter().take(unexpected::ENOUGH).cloned().collect(), ..Sheet::default() };
        let rows = some.records().unwrap_or_default();
        unexpected::look(of, &named, rows.get(1..).unwrap_or_default(), findings);
        return None;
    };
    let (first, rest) = sheet.rows.split_first()?;
    let most = of.most_rows_of_a_file();
    let mut reading = Reading { asked, headings, first: first.row, findings };
    reading.look_at_layout(sheet, first.hidden);
    let mut table =
        Table { name: name.to_owned(), columns: reading.headings.names(of), cells: Cells::default() };
    let mut next = first.row.saturating_add(1);
    for row in rest {
        let at = row.row.saturating_sub(first.row).saturating_sub(1) as usize;
        if at >= most {
            let text = format!("there are more than {most} rows");
            reading.findings.error(&ids().rows, Place::table(name), text);
            return None;
        }
        // rows that hold nothing are rows all the same, as in a text file
        let blank = row.row.saturating_sub(next) as usize;
        table.cells.extend(std::iter::repeat_n("", blank.saturating_mul(table.columns.len())));
        next = row.row.saturating_add(1);
        reading.row(row, at, &mut table.cells);
        if table.cells.bytes() > super::MOST_BYTES {
            let text = format!("the cells hold more than {} MiB", super::MOST_BYTES >> 20);
            reading.findings.error(&ids().file, Place::table(name), text);
            return None;
        }
    }
    let left_behind = std::mem::take(&mut reading.headings.left_behind);
    Some(ReadIn {
        tables: vec![table],
        left_behind,
        findings: Vec::new(),
        encoding: None,
        first_line: Some(first.row.saturating_add(2)),
    })
}

struct Reading<'r, 'a> {
    asked: &'r Asked<'a>,
    headings: Headings,
    first: u32,
    findings: &'r mut Findings,
}

impl Reading<'_, '_> {
    fn look_at_layout(&mut self, sheet: &Sheet, heading_hidden: bool) {
        let place = Place::table(self.asked.of.first_table());
        if heading_hidden {
            self.findings.error(&ids().hidden, place, "the row with the headings is hidden: unhide it");
        }
        if sheet.hidden_sheets > 0 {
            let text = match sheet.hidden_sheets {
                1 => "the workbook has a hidden sheet, which was not read: delete it before the file goes further".to_owned(),
                n => format!("the workbook has {n} hidden sheets, which were not read: delete them before the file goes further"),
            };
            self.findings.push(&ids().hidden, Severity::Info, place, text, None);
        }
        for (field, column) in &self.headings.columns {
            let at = u32::try_from(*column).unwrap_or(u32::MAX);
            if sheet.hidden_columns.iter().any(|(from, to)| (*from..=*to).contains(&at)) {
                let column = self.asked.of.fields.get(*field).map(|field| field.name.as_str());
                let text = format!(
                    "the column `{}` is hidden: unhide it and look at what it holds, or take it out",
                    column.unwrap_or_default()
                );
                self.findings.error(&ids().hidden, Place { column, ..place }, text);
            }
        }
        self.look_at_merged(sheet);
    }

    // of merged cells only the first holds anything: what the others were to say cannot be known
    fn look_at_merged(&mut self, sheet: &Sheet) {
        for merged in &sheet.merged {
            let touched = self.headings.columns.iter().find(|(_, column)| {
                u32::try_from(*column).is_ok_and(|at| (merged.columns.0..=merged.columns.1).contains(&at))
            });
            let last = sheet.rows.last().map_or(0, |row| row.row);
            let Some((field, _)) = touched.filter(|_| merged.rows.1 >= self.first && merged.rows.0 <= last)
            else {
                continue;
            };
            let row = merged.rows.0.checked_sub(self.first + 1).map(|row| row as usize);
            let column = self.asked.of.fields.get(*field).map(|field| field.name.as_str());
            let text = if row.is_none() {
                "a heading is merged with other cells: unmerge them and give each column its own heading"
            } else {
                "cells are merged here, and only the first of them holds anything: unmerge them and fill in each"
            };
            self.findings.error(
                &ids().merged,
                Place { table: self.asked.of.first_table(), row, column },
                text,
            );
        }
    }

    fn row(&mut self, row: &SheetRow, at: usize, cells: &mut Cells) {
        let place = Place { table: self.asked.of.first_table(), row: Some(at), column: None };
        if row.hidden {
            let text = "this row is hidden in the sheet: unhide it and look at it, or delete it";
            self.findings.error(&ids().hidden, place, text);
        }
        let width = self.headings.width;
        let stray = |cell: &&SheetCell| {
            (cell.column as usize >= width || self.headings.nameless.contains(&(cell.column as usize)))
                && !shown(cell).trim().is_empty()
        };
        if let Some(cell) = row.cells.iter().find(stray) {
            let text =
                format!("column {} holds something here and has no heading", u64::from(cell.column) + 1);
            self.findings.error(&ids().shape, place, text);
        }
        for (field, column) in &self.headings.columns {
            let cell = row.cells.binary_search_by_key(column, |cell| cell.column as usize);
            let cell = cell.ok().and_then(|at| row.cells.get(at));
            let (Some(field), Some(cell)) = (self.asked.of.fields.get(*field), cell) else {
                cells.push("");
                continue;
            };
            let place = Place { column: Some(&field.name), ..place };
            if cell.formula && !matches!(cell.content, Content::Error | Content::Uncomputed) {
                let text = format!(
                    "`{}` is computed by a formula, and what was last computed is sent: check it, or paste the value over the formula",
                    field.name
                );
                self.findings.push(&ids().formula, Severity::Query, place, text, None);
            }
            match stored::take(field, &cell.content) {
                Taken::Exactly(text) => cells.push(super::cell_text(&text, field)),
                Taken::Told(text, severity, said) => {
                    self.findings.push(
                        &ids().stored,
                        severity,
                        place,
                        format!("`{}` {said}", field.name),
                        None,
                    );
                    cells.push(super::cell_text(&text, field));
                }
                Taken::Not(said) => {
                    let rule = match cell.content {
                        Content::Error | Content::Uncomputed => &ids().formula,
                        _ => &ids().stored,
                    };
                    self.findings.error(rule, place, format!("`{}` {said}", field.name));
                    cells.push("");
                }
            }
        }
    }
}
