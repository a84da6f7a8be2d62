//! A CSV file in, tables out. Comma, semicolon or tab; UTF-8 with or without a byte order mark; columns in
//! any order, by name or alias. Nothing is converted but this: spaces around cells go, and the spellings of
//! "no figure" become the stored one.

use concordat_core::finding::Finding;
use concordat_core::table::{Cells, Table};

use crate::cell::Symbol;
use crate::checks::findings::{Findings, Place, ids};
use crate::checks::unexpected;
use crate::definition::{MAIN, ReturnType, TypeKind};

/// The largest file that is read, in bytes.
pub const MOST_BYTES: usize = 64 << 20;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadIn {
    /// Its tables, columns in the order of the return type.
    pub tables: Vec<Table>,
    /// The columns that the file has and that were left behind, because the type says they never travel.
    pub left_behind: Vec<String>,
}

/// Reads a CSV file as the one table of a return type.
///
/// # Errors
/// Every finding about the file's shape: not UTF-8, no heading, unknown, doubled or missing columns, rows
/// of another width, too many rows. Rows are records counted from 1 without the heading.
pub fn csv(bytes: &[u8], of: &ReturnType) -> Result<ReadIn, Vec<Finding>> {
    let mut findings = Findings::default();
    let read = file(bytes, of, &mut findings);
    match read {
        Some(read) if !findings.has_errors() => Ok(read),
        _ => {
            unexpected::look(bytes, of, &mut findings);
            Err(findings.finish().0)
        }
    }
}

fn file(bytes: &[u8], of: &ReturnType, findings: &mut Findings) -> Option<ReadIn> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let place = Place::table(MAIN);
    if bytes.len() > MOST_BYTES {
        findings.error(&ids().file, place, format!("the file is larger than {} MiB", MOST_BYTES >> 20));
        return None;
    }
    if std::str::from_utf8(bytes).is_err() {
        findings.error(&ids().file, place, "the file is not UTF-8 text: save it as \"CSV UTF-8\"");
        return None;
    }
    let delimiter = delimiter(bytes);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::StringRecord::new();
    if !matches!(reader.read_record(&mut record), Ok(true)) {
        findings.error(&ids().file, place, "the file is empty: the first line names the columns");
        return None;
    }
    let headings = Headings::of(of, &record, findings)?;
    let mut table = Table { name: MAIN.to_owned(), columns: headings.names(of), cells: Cells::default() };
    let most = of.tables.first().map_or(0, |def| def.max_rows);
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
        let is_blank = record.iter().all(|cell| cell.trim().is_empty());
        blank = if is_blank { blank + 1 } else { 0 };
        if !is_blank && record.len() != headings.width {
            let text = format!("this row has {} cells and the heading {}", record.len(), headings.width);
            findings.error(&ids().shape, Place { row: Some(row), ..place }, text);
        }
        if row - blank.min(row) >= most {
            findings.error(&ids().rows, place, format!("there are more than {most} rows"));
            return None;
        }
        for (field, at) in &headings.columns {
            let symbols = of.fields.get(*field).is_some_and(|field| field.kind.row().symbols);
            table.cells.push(stored(record.get(*at).unwrap_or_default(), symbols));
        }
    }
    // spreadsheets leave blank rows at the end
    let width = table.columns.len();
    table.cells.truncate(table.cells.len().saturating_sub(blank.saturating_mul(width)));
    Some(ReadIn { tables: vec![table], left_behind: headings.left_behind })
}

fn stored(cell: &str, symbols: bool) -> &str {
    let cell = cell.trim();
    match Symbol::of(cell).filter(|_| symbols).and_then(Symbol::stored) {
        Some(symbol) => symbol,
        None => cell,
    }
}

// the separator that the first line has most of, outside quotes
pub(crate) fn delimiter(bytes: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([(b',', 0usize), (b';', 0), (b'\t', 0)], false);
    for byte in bytes {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(sep, _)| sep == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // the first of equals: a comma
    counts.into_iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(separator, _)| separator)
}

struct Headings {
    /// Per column that travels, in the order of the type: the field and the column in the file.
    columns: Vec<(usize, usize)>,
    left_behind: Vec<String>,
    width: usize,
}

impl Headings {
    fn of(of: &ReturnType, record: &csv::StringRecord, findings: &mut Findings) -> Option<Self> {
        let place = Place::table(MAIN);
        let mut read = Headings { columns: Vec::new(), left_behind: Vec::new(), width: record.len() };
        let mut unknown = Vec::new();
        for (at, heading) in record.iter().enumerate() {
            let name = heading.trim().to_lowercase();
            let found =
                of.fields.iter().position(|field| field.name == name || field.aliases.contains(&name));
            match found {
                Some(field) if read.columns.iter().any(|(other, _)| *other == field) => {
                    findings.error(&ids().columns, place, format!("the column `{name}` stands twice"));
                }
                Some(field) => read.columns.push((field, at)),
                None if of.ignored_columns.contains(&name) => read.left_behind.push(name),
                None => unknown.push((at, name)),
            }
        }
        if read.columns.is_empty() {
            // the first line may be a row of data: it is not repeated
            let text = format!("the first line names none of the columns of {}", of.id);
            findings.error(&ids().columns, place, text);
            return None;
        }
        for (at, name) in unknown {
            findings.error(&ids().columns, place, unknown_column(of, at, &name));
        }
        for (at, field) in of.fields.iter().enumerate() {
            if field.required && !read.columns.iter().any(|(other, _)| *other == at) {
                findings.error(&ids().columns, place, format!("the column `{}` is missing", field.name));
            }
        }
        read.columns.sort_unstable();
        (!findings.has_errors()).then_some(read)
    }

    fn names(&self, of: &ReturnType) -> Vec<String> {
        self.columns.iter().filter_map(|(field, _)| of.fields.get(*field)).map(|f| f.name.clone()).collect()
    }
}

/// Says of a heading that it is no column. About persons only what cannot be a name or number is repeated.
pub(crate) fn unknown_column(of: &ReturnType, at: usize, name: &str) -> String {
    let word = name.contains('_') && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if (of.kind == TypeKind::Aggregate || word) && name.len() <= 64 {
        let name: String = name.chars().map(|c| if c.is_control() || c == '`' { '?' } else { c }).collect();
        format!("`{name}` is no column of {}: take it out or correct its name", of.id)
    } else {
        format!("column {} is no column of {}: take it out or correct its name", at + 1, of.id)
    }
}
