//! A file in, tables out. Text: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252; columns in any order,
//! by name or alias. A workbook's sheet, once it is opened: every cell by its column's kind. Nothing is
//! converted but this: spaces around cells go, and the spellings of "no figure" become the stored one.
//!
//! - [`text`]: which encoding it is
//! - [`kind`]: what sort of file the bytes are
//! - [`headings`]: which column is which field
//! - [`sheet`]: the sheet of a workbook
//!
//! Inside: `stored` (what a spreadsheet's cell says of its column's kind).

use std::sync::Arc;

use concordat_core::finding::Finding;
use concordat_core::period::Period;
use concordat_core::table::Table;

use crate::cell::{self, Symbol, Value};
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::{Field, MAIN, ReturnType};
use crate::stretch::Stretch;
use headings::Headings;
use kind::FileKind;
use sheet::Sheet;
use text::Encoding;

pub mod headings;
pub mod kind;
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
    /// The line of the file, or row of the sheet, where row 1 stands if no cell before it has lines of its own.
    pub first_line: u32,
}

/// What a file is asked to be.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The return type.
    pub of: &'a ReturnType,
    /// The types whose headings it may have instead, to name the right one.
    pub among: &'a [Arc<ReturnType>],
    /// The period that it is said to be for.
    pub period: Option<Period>,
}

impl<'a> Asked<'a> {
    /// A file of a type, whatever the period, with no other type to compare.
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
/// One finding for a file of another sort, type or period; else every finding about the file's shape: no text,
/// no heading, unknown, doubled or missing columns, rows of another width, too many rows. Rows are records
/// counted from 1 without the heading.
pub fn csv_as(bytes: &[u8], asked: &Asked<'_>) -> Result<ReadIn, Vec<Finding>> {
    told(asked, |findings| file(bytes, asked, findings))
}

/// Reads the sheet of a workbook as what it is asked to be.
///
/// # Errors
/// One finding for a table of another type or period; else every finding about the sheet: columns, hidden and
/// merged parts, cells that a spreadsheet has changed. Rows are counted from 1 below the headings.
pub fn sheet_as(sheet: &Sheet, asked: &Asked<'_>) -> Result<ReadIn, Vec<Finding>> {
    told(asked, |findings| sheet::table(sheet, asked, findings))
}

fn told(
    asked: &Asked<'_>,
    read: impl FnOnce(&mut Findings) -> Option<ReadIn>,
) -> Result<ReadIn, Vec<Finding>> {
    let mut findings = Findings::default();
    let read = read(&mut findings);
    if let Some(text) = read.as_ref().and_then(|read| other_period(asked, &read.tables)) {
        let mut findings = Findings::default();
        findings.error(&ids().file_period, Place::table(MAIN), text);
        return Err(findings.finish().0);
    }
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

/// The records of a text file as they stand, the headings first, for a copy of it; none when it is no text, or
/// has more than [`sheet::MOST_COPIED`] cells.
#[must_use]
pub fn records(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let (text, _) = text::decode(bytes).ok().filter(|(text, _)| kind::of_text(text).is_none())?;
    let (mut records, mut cells) = (Vec::new(), 0usize);
    let text = body(&text).0;
    if delimiter(text.as_bytes()).1 >= sheet::MOST_COLUMNS {
        return None;
    }
    for record in reader(text).into_records().map_while(Result::ok) {
        cells = cells.saturating_add(record.len()).saturating_add(1);
        if cells > sheet::MOST_COPIED {
            return None;
        }
        records.push(record.iter().map(str::to_owned).collect());
    }
    Some(records)
}

fn file(bytes: &[u8], asked: &Asked<'_>, findings: &mut Findings) -> Option<ReadIn> {
    let place = Place::table(MAIN);
    if bytes.len() > MOST_BYTES {
        findings.error(&ids().file, place, format!("the file is larger than {} MiB", MOST_BYTES >> 20));
        return None;
    }
    let other = match kind::of_bytes(bytes) {
        FileKind::Text => None,
        FileKind::Workbook => {
            Some("this is an Excel workbook (.xlsx) and cannot be read as text: save it as CSV".to_owned())
        }
        FileKind::Other(other) => Some(other.to_string()),
    };
    if let Some(text) = other {
        findings.error(&ids().file_kind, place, text);
        return None;
    }
    let (text, encoding) = match text::decode(bytes) {
        Ok(read) => read,
        Err(why) => {
            findings.error(&ids().file, place, why.to_string());
            return None;
        }
    };
    if let Some(other) = kind::of_text(&text) {
        findings.error(&ids().file_kind, place, other.to_string());
        return None;
    }
    let read = records_as(&text, asked, findings)?;
    Some(ReadIn { encoding: Some(encoding), ..read })
}

fn records_as(text: &str, asked: &Asked<'_>, findings: &mut Findings) -> Option<ReadIn> {
    let (of, place) = (asked.of, Place::table(MAIN));
    let (text, skipped) = body(text);
    // before the line is taken apart: a record holds a place for every cell
    if delimiter(text.as_bytes()).1 >= sheet::MOST_COLUMNS {
        let text = format!("there are more than {} columns", sheet::MOST_COLUMNS);
        findings.error(&ids().columns, place, text);
        return None;
    }
    let mut reader = reader(text);
    let mut record = csv::StringRecord::new();
    if !matches!(reader.read_record(&mut record), Ok(true)) {
        findings.error(&ids().file_kind, place, "the file is empty: the first line names the columns");
        return None;
    }
    let named: Vec<&str> = record.iter().collect();
    if let Some(text) = wrong_table(asked, &named) {
        findings.error(&ids().file_kind, place, text);
        return None;
    }
    let mut headings = Headings::of(of, &named, findings)?;
    let own_lines: usize = named.iter().map(|name| name.matches('\n').count()).sum();
    let before = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let before = text.get(..before).map_or(0, |before| before.matches('\n').count());
    let first_line = u32::try_from(2 + skipped + before + own_lines).unwrap_or(u32::MAX);
    let mut table = Table { name: MAIN.to_owned(), columns: headings.names(of), cells: Vec::new() };
    let most = of.tables.first().map_or(0, |def| def.max_rows);
    // blank rows are rows only once another follows: spreadsheets leave some at the end, and they are not held
    let mut blank = 0usize;
    for row in 0.. {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                let place = Place { row: Some(row), ..place };
                findings.error(&ids().file, place, "this row cannot be read as CSV: look for a stray quote");
                return None;
            }
        }
        if record.iter().all(|cell| cell.trim().is_empty()) {
            blank += 1;
            continue;
        }
        if row >= most {
            findings.error(&ids().rows, Place::table(MAIN), format!("there are more than {most} rows"));
            return None;
        }
        let width = table.columns.len();
        table.cells.extend(std::iter::repeat_n(String::new(), blank.saturating_mul(width)));
        blank = 0;
        let place = Place { row: Some(row), ..place };
        if record.len() != headings.width {
            let text = format!("this row has {} cells and the heading {}", record.len(), headings.width);
            findings.error(&ids().shape, place, text);
        }
        let filled = |at: &usize| record.get(*at).is_some_and(|cell| !cell.trim().is_empty());
        if let Some(at) = headings.nameless.iter().copied().find(filled) {
            let text = format!("column {} holds something here and has no heading", at + 1);
            findings.error(&ids().shape, place, text);
            headings.nameless.retain(|nameless| *nameless != at);
        }
        row_as(&record, &headings, of, place, &mut table.cells, findings);
    }
    let left_behind = headings.left_behind;
    Some(ReadIn { tables: vec![table], left_behind, findings: Vec::new(), encoding: None, first_line })
}

/// One row's cells, in the order of the type.
fn row_as(
    record: &csv::StringRecord,
    headings: &Headings,
    of: &ReturnType,
    place: Place<'_>,
    cells: &mut Vec<String>,
    findings: &mut Findings,
) {
    for (field, at) in &headings.columns {
        let Some(field) = of.fields.get(*field) else { continue };
        let text = record.get(*at).unwrap_or_default();
        if let Some(said) = stored::spoilt(field, text) {
            let place = Place { column: Some(&field.name), ..place };
            findings.error(&ids().stored, place, format!("`{}` {said}", field.name));
        }
        cells.push(stored(text, field));
    }
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
    if fit.unknown > 0 && headings::is_903(named) {
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

/// What there is to say of a table whose every row is of one period, and that another than asked for.
fn other_period(asked: &Asked<'_>, tables: &[Table]) -> Option<String> {
    let declared = asked.period.filter(|period| period.frequency() == Some(asked.of.frequency))?;
    let field = asked.of.fields.iter().find(|field| field.is_period)?;
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
    Some(format!(
        "this file is for {is}, and the period given is {declared}: correct --period or choose the other file"
    ))
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter(text.as_bytes()).0)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The text without the line `sep=;` that some programs write in front, and how many lines that was.
fn body(text: &str) -> (&str, usize) {
    let rest = text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n'));
    match rest {
        Some((separator, rest)) if separator.trim_end_matches('\r').chars().count() == 1 => (rest, 1),
        _ => (text, 0),
    }
}

fn stored(cell: &str, field: &Field) -> String {
    let cell = cell.trim();
    match Symbol::of(cell).filter(|_| field.kind.row().symbols).and_then(Symbol::stored) {
        Some(symbol) => symbol.to_owned(),
        None => cell.to_owned(),
    }
}

// the separator that the first line has most of, outside quotes, and how many
fn delimiter(bytes: &[u8]) -> (u8, usize) {
    let (mut counts, mut quoted) = ([(b',', 0usize), (b';', 0), (b'\t', 0)], false);
    for byte in bytes.trim_ascii_start() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(sep, _)| sep == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // the first of equals: a comma
    counts.into_iter().rev().max_by_key(|(_, n)| *n).unwrap_or((b',', 0))
}
