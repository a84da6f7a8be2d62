//! A return of CSV files: which file is which table, which column which field.

use super::frame::Sink;
use super::sheets::table_named;
use super::{File, Told};
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::{ReturnType, TableDef};

/// Reads every file into its table.
pub(super) fn take(
    of: &ReturnType,
    files: &[File<'_>],
    sink: &mut impl Sink,
    findings: &mut Findings,
) -> Told {
    let mut told = Told { whole: true, ..Told::default() };
    let mut found: Vec<Option<&File<'_>>> = vec![None; of.tables.len()];
    let mut strays = Vec::new();
    for file in files {
        let slot = table_of(of, file.name).and_then(|at| Some((at, found.get_mut(at)?)));
        match slot {
            None => strays.push(file),
            Some((_, slot @ None)) => *slot = Some(file),
            Some((at, Some(_))) => {
                let name = of.tables.get(at).map_or("", |table| table.name.as_str());
                findings.error(
                    &ids().tables,
                    Place::table(name),
                    "two files are this table: keep one of them",
                );
                told.whole = false;
            }
        }
    }
    let absent: Vec<bool> = found.iter().map(Option::is_none).collect();
    let misnamed = misnamed(of, &strays, &absent, &mut told.unread);
    for (at, (table, file)) in of.tables.iter().zip(&found).enumerate() {
        let Some(place) = &table.place else { continue };
        let by_columns = misnamed.iter().filter(|(table, _)| *table == at);
        for (_, name) in by_columns.clone() {
            let text = wrong_name(&table.name, "file", name, &format!("{}.csv", first(&place.files)));
            findings.error(&ids().tables, Place::table(&table.name), text);
            told.whole = false;
        }
        match file {
            None if by_columns.count() > 0 => {}
            None if place.required => {
                let text = format!(
                    "there is no file for this table: it is called {}.csv",
                    place.files.join(".csv or ")
                );
                findings.error(&ids().tables, Place::table(&table.name), text);
                told.whole = false;
            }
            None => {}
            Some(file) => {
                let whole = one(of, at, table, file.bytes, sink, findings, &mut told.left_behind);
                told.whole &= whole.is_some();
            }
        }
    }
    told
}

/// What is said of a file or a sheet that is called otherwise than the table that it is.
pub(super) fn wrong_name(table: &str, what: &str, name: &str, right: &str) -> String {
    format!("`{table}` is missing, and the {what} `{name}` has its columns: rename it {right}")
}

/// The first of the names that a table may have.
pub(super) fn first(names: &[String]) -> &str {
    names.first().map_or("", String::as_str)
}

/// Of files that are no table by their names, those that are an absent one by their columns, each with its table;
/// the others are not read.
fn misnamed<'f>(
    of: &ReturnType,
    strays: &[&File<'f>],
    absent: &[bool],
    unread: &mut Vec<String>,
) -> Vec<(usize, &'f str)> {
    let mut misnamed = Vec::new();
    for file in strays {
        let name = last(file.name);
        let is_csv = name.to_lowercase().ends_with(".csv");
        let mut record = csv::StringRecord::new();
        let read =
            is_csv && reader(file.bytes).is_ok_and(|mut r| matches!(r.read_record(&mut record), Ok(true)));
        let fits = |at: &usize| of.tables.get(*at).is_some_and(|table| has_all(of, table, &record));
        let tables = (0..of.tables.len()).filter(|at| read && absent.get(*at) == Some(&true));
        // of several, the one that most of its columns belong to
        let width = |at: &usize| of.tables.get(*at).map_or(0, |table| table.fields.len());
        match tables.filter(fits).max_by_key(width) {
            Some(table) => misnamed.push((table, name)),
            None => unread.push(name.to_owned()),
        }
    }
    misnamed
}

fn last(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

pub(super) fn table_of(of: &ReturnType, name: &str) -> Option<usize> {
    let name = last(name).to_lowercase();
    table_named(of, name.strip_suffix(".csv")?)
}

/// A reader of a file's records.
///
/// # Errors
/// What is wrong with a file that is no text of ours, and what to do.
pub(super) fn reader(bytes: &[u8]) -> Result<csv::Reader<&[u8]>, &'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii_start().starts_with(b"<") || bytes.starts_with(b"PK\x03\x04") {
        return Err("this is no CSV file, though it is called one: save the table as CSV");
    }
    if std::str::from_utf8(bytes).is_err() {
        return Err("the file is not UTF-8 text: save it as \"CSV UTF-8\"");
    }
    Ok(csv::ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes))
}

fn one(
    of: &ReturnType,
    at: usize,
    table: &TableDef,
    bytes: &[u8],
    sink: &mut impl Sink,
    findings: &mut Findings,
    left_behind: &mut Vec<String>,
) -> Option<()> {
    let spot = Place::table(&table.name);
    let mut reader = match reader(bytes) {
        Ok(reader) => reader,
        Err(why) => {
            findings.error(&ids().file, spot, why);
            return None;
        }
    };
    let mut record = csv::StringRecord::new();
    if !matches!(reader.read_record(&mut record), Ok(true)) {
        findings.error(&ids().file, spot, "the file is empty: the first line names the columns");
        return None;
    }
    let columns = headings(of, table, &record, findings, left_behind)?;
    let width = record.len();
    sink.begin(at);
    for row in 0.. {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => {
                let spot = Place { row: Some(row), ..spot };
                findings.error(&ids().file, spot, "this row cannot be read as CSV: look for a stray quote");
                return None;
            }
        }
        if row >= table.max_rows {
            findings.error(&ids().rows, spot, format!("there are more than {} rows", table.max_rows));
            return None;
        }
        if record.len() != width {
            let text = format!("this row has {} cells and the heading {width}", record.len());
            findings.error(&ids().shape, Place { row: Some(row), ..spot }, text);
        }
        let cells = columns.iter().map(|at| at.and_then(|at| record.get(at)).map_or("", trimmed));
        sink.row(at, cells);
    }
    Some(())
}

// almost no cell has a space at either end, and to look for one is cheaper than to trim
fn trimmed(cell: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_none_or(|byte| (0x21..0x7f).contains(byte));
    let bytes = cell.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { cell } else { cell.trim() }
}

// the separator that the first line has most of
fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let count = |of: u8| line.iter().filter(|byte| **byte == of).count();
    // the last of equals: a comma
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// Per field of the table, the column of the file.
fn headings(
    of: &ReturnType,
    table: &TableDef,
    record: &csv::StringRecord,
    findings: &mut Findings,
    left_behind: &mut Vec<String>,
) -> Option<Vec<Option<usize>>> {
    let spot = Place::table(&table.name);
    let fields = of.columns(table);
    let mut columns = vec![None; fields.len()];
    let mut right = true;
    if let Some(other) = other_table(of, table, record) {
        let text = format!("this file has the columns of `{other}`: look whether two files were mixed up");
        findings.error(&ids().columns, spot, text);
        return None;
    }
    for (at, heading) in record.iter().enumerate() {
        let name = heading.trim();
        let is = |known: &String| known.eq_ignore_ascii_case(name);
        let field = fields.iter().position(|field| is(&field.name) || field.aliases.iter().any(is));
        match field.and_then(|at| Some((fields.get(at)?, columns.get_mut(at)?))) {
            Some((_, slot @ None)) => *slot = Some(at),
            Some((field, Some(_))) => {
                right = false;
                findings.error(&ids().columns, spot, format!("the column `{}` stands twice", field.name));
            }
            None if of.ignored_columns.iter().any(is) => left_behind.push(format!("{}.{name}", table.name)),
            None => {
                right = false;
                // a heading of a table about persons is not repeated: the first line may be a row of data
                let text = format!(
                    "column {} is no column of `{}`: take it out or correct its name",
                    at + 1,
                    table.name
                );
                findings.error(&ids().columns, spot, text);
            }
        }
    }
    let optional = table.place.as_ref().map_or(&[][..], |place| place.optional.as_slice());
    for ((at, field), column) in table.fields.clone().zip(fields).zip(&columns) {
        if column.is_none() && !optional.contains(&at) {
            right = false;
            findings.error(&ids().columns, spot, format!("the column `{}` is missing", field.name));
        }
    }
    right.then_some(columns)
}

// a file that lacks columns of its own table and has all those of another is the other's
fn other_table<'t>(of: &'t ReturnType, own: &TableDef, record: &csv::StringRecord) -> Option<&'t str> {
    if has_all(of, own, record) {
        return None;
    }
    let other = of.tables.iter().find(|table| table.name != own.name && has_all(of, table, record));
    other.map(|table| table.name.as_str())
}

/// Whether every column that the file of a table must have is among the headings.
fn has_all(of: &ReturnType, table: &TableDef, record: &csv::StringRecord) -> bool {
    let optional = table.place.as_ref().map_or(&[][..], |place| place.optional.as_slice());
    let needed = table.fields.clone().zip(of.columns(table)).filter(|(at, _)| !optional.contains(at));
    needed.map(|(_, field)| field).all(|field| {
        record.iter().any(|heading| {
            let is = |known: &String| known.eq_ignore_ascii_case(heading.trim());
            is(&field.name) || field.aliases.iter().any(is)
        })
    })
}
