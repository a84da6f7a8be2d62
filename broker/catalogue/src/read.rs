//! A file in, tables out. Text: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252; columns in any order,
//! by name or alias. A workbook's sheet, once it is opened: every cell by its column's kind. Nothing is
//! converted but this: spaces around cells go, and the spellings of "no figure" become the stored one.
//!
//! - [`text`]: which encoding it is
//! - [`kind`]: what sort of file the bytes are
//! - [`headings`]: which column is which field
//! - [`sheet`]: the sheet of a workbook
//!
//! Inside: `records` (the rows of a text file), `published` (a file as who publishes the figures lays it out), `stored` (what a spreadsheet's cell says of its column's kind).

use std::sync::Arc;

use concordat_core::finding::Finding;
use concordat_core::period::Period;
use concordat_core::table::Table;

use crate::cell::{self, Symbol, Value};
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::{Field, MAIN, ReturnType};
use crate::stretch::Stretch;
use sheet::Sheet;
use text::Encoding;

pub use records::{first_line, records};

pub mod headings;
pub mod kind;
mod published;
mod records;
pub mod sheet;
mod stored;
pub mod text;

/// The largest file that is read, in bytes.
pub const MOST_BYTES: usize = 64 << 20;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadIn {
    /// Its tables, columns in the order of the return type.
    pub tables: Vec<Table>,
    /// The columns that the file has and that were left behind, because the type says they never travel.
    pub left_behind: Vec<String>,
    /// What there is to tell of the reading that is no error.
    pub findings: Vec<Finding>,
    /// How the text was encoded; none of a workbook.
    pub encoding: Option<Encoding>,
    /// The line of the file, or row of the sheet, where row 1 stands if no cell before it has lines of its own; none
    /// where its rows are not those of the file.
    pub first_line: Option<u32>,
}

/// What a file is asked to be.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The return type.
    pub of: &'a ReturnType,
    /// The types whose headings it may have instead, to name the right one.
    pub among: &'a [Arc<ReturnType>],
    /// The period, where it is known: of a file of many years only this is read.
    pub period: Option<Period>,
}

impl<'a> Asked<'a> {
    /// A file of a type, with no other type to compare.
    #[must_use]
    pub fn only(of: &'a ReturnType) -> Self {
        Self { of, among: &[], period: None }
    }
}

/// Reads a CSV file as the one table of a return type.
///
/// # Errors
/// As [`csv_as`].
pub fn csv(bytes: &[u8], of: &ReturnType) -> Result<ReadIn, Vec<Finding>> {
    csv_as(bytes, &Asked::only(of))
}

/// Reads a CSV file as what it is asked to be.
///
/// # Errors
/// One finding for a file of another sort or type; else every finding about the file's shape: no text,
/// no heading, unknown, doubled or missing columns, rows of another width, too many rows. Rows are records
/// counted from 1 without the heading.
pub fn csv_as(bytes: &[u8], asked: &Asked<'_>) -> Result<ReadIn, Vec<Finding>> {
    told(|findings| records::file(bytes, asked, findings))
}

/// Reads the sheet of a workbook as what it is asked to be.
///
/// # Errors
/// One finding for a table of another type; else every finding about the sheet: columns, hidden and
/// merged parts, cells that a spreadsheet has changed. Rows are counted from 1 below the headings.
pub fn sheet_as(sheet: &Sheet, asked: &Asked<'_>) -> Result<ReadIn, Vec<Finding>> {
    told(|findings| sheet::table(sheet, asked, findings))
}

fn told(read: impl FnOnce(&mut Findings) -> Option<ReadIn>) -> Result<ReadIn, Vec<Finding>> {
    let mut findings = Findings::default();
    let read = read(&mut findings);
    let right = !findings.has_errors();
    let found = findings.finish().0;
    match read {
        Some(read) if right => Ok(ReadIn { findings: found, ..read }),
        _ => Err(found),
    }
}

/// The one finding of a file that is no table of ours.
#[must_use]
pub fn refused(text: &str) -> Vec<Finding> {
    let mut findings = Findings::default();
    findings.error(&ids().file_kind, Place::table(MAIN), text);
    findings.finish().0
}

/// What there is to say of a table whose headings are those of another type.
fn wrong_table<S: AsRef<str>>(asked: &Asked<'_>, named: &[S]) -> Option<String> {
    let of = asked.of;
    if let Some(other) = headings::other_type(of, asked.among, named) {
        return Some(format!(
            "this is a file of `{}` ({}), not of `{}`: name that type with --type, or choose the other file",
            other.id, other.title, of.id
        ));
    }
    let fit = headings::fit(of, named);
    let one_of_several = of.tables.first().is_some_and(|def| def.place.is_some());
    if fit.unknown > 0 && !one_of_several && headings::is_903(named) {
        return Some(format!(
            "this is a table of the SSDA903 return on looked-after children, not a file of `{}`",
            of.id
        ));
    }
    // one sentence in place of one for every column of a file that is another
    (!fit.whole && fit.known > 0 && fit.unknown > fit.known).then(|| {
        format!(
            "this does not look like a file of `{}`: {} of its headings are columns of that return and {} are not",
            of.id, fit.known, fit.unknown
        )
    })
}

/// The one finding of a table whose every row is of one period, and that another than the return is said to be
/// for: a file that was mistaken for another, and not so many wrong rows.
#[must_use]
pub fn other_period(of: &ReturnType, declared: Period, tables: &[Table]) -> Option<Finding> {
    if declared.frequency() != Some(of.frequency) {
        return None;
    }
    let field = of.fields.iter().find(|field| field.is_period)?;
    let table = tables.first()?;
    let column = table.column(&field.name)?;
    let mut rows = table.rows().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
    let first = rows.next()?;
    let Ok(Value::Stretch(stretch)) = cell::read(field, first) else { return None };
    if stretch == Stretch::of(declared) || rows.any(|cell| cell != first) {
        return None;
    }
    // only what was read as a period is repeated
    let is =
        first.parse::<Period>().map_or_else(|_| "another period".to_owned(), |period| period.to_string());
    let text = format!(
        "this file is for {is}, and the period given is {declared}: correct --period or choose the other file"
    );
    let mut findings = Findings::default();
    findings.error(&ids().file_period, Place { column: Some(&field.name), ..Place::table(MAIN) }, text);
    findings.finish().0.pop()
}

/// A cell as it is kept: without spaces around it, and no figure in its one spelling.
fn cell_text<'c>(cell: &'c str, field: &Field) -> &'c str {
    let cell = cell.trim();
    match Symbol::of(cell).filter(|_| field.kind.row().symbols).and_then(|symbol| symbol.stored(field)) {
        Some(symbol) => symbol,
        None => cell,
    }
}
