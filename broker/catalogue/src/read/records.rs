//! Records of a text file: which separator, which rows, and what is wrong with their shape.

use concordat_core::table::{Cells, Table};

use super::headings::Headings;
use super::kind::{self, FileKind};
use super::published::Columns;
use super::{Asked, MOST_BYTES, ReadIn, sheet, stored, text, wrong_table};
use crate::checks::findings::{Findings, Place, ids};
use crate::checks::unexpected;
use crate::definition::{MAIN, ReturnType};

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

/// The line of a text file where row 1 stands, if no cell before it has lines of its own; none when it is no text.
#[must_use]
pub fn first_line(bytes: &[u8]) -> Option<u32> {
    let (text, _) = text::decode(bytes).ok()?;
    let (text, skipped) = body(&text);
    let mut record = csv::StringRecord::new();
    reader(text).read_record(&mut record).ok().filter(|is_there| *is_there)?;
    Some(line_below(&record, text, skipped))
}

// the line after the headings, which may have lines of their own
fn line_below(headings: &csv::StringRecord, text: &str, skipped: usize) -> u32 {
    let own_lines: usize = headings.iter().map(|name| name.matches('\n').count()).sum();
    let before = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let before = text.get(..before).map_or(0, |before| before.matches('\n').count());
    u32::try_from(2 + skipped + before + own_lines).unwrap_or(u32::MAX)
}

pub(super) fn file(bytes: &[u8], asked: &Asked<'_>, findings: &mut Findings) -> Option<ReadIn> {
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
    if let Some(columns) = of.published.as_ref().and_then(|layout| Columns::of(layout, &named)) {
        return columns.read(&mut reader, asked, findings);
    }
    if let Some(text) = wrong_table(asked, &named) {
        findings.error(&ids().file_kind, place, text);
        return None;
    }
    let first_line = line_below(&record, text, skipped);
    let Some(mut headings) = Headings::of(of, &named, findings) else {
        let rows = reader.records().map_while(Result::ok).take(unexpected::ENOUGH);
        let rows: Vec<Vec<String>> = rows.map(|row| row.iter().map(str::to_owned).collect()).collect();
        unexpected::look(of, &named, &rows, findings);
        return None;
    };
    let mut table = Table { name: MAIN.to_owned(), columns: headings.names(of), cells: Cells::default() };
    let most = of.most_rows_of_a_file();
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
        table.cells.extend(std::iter::repeat_n("", blank.saturating_mul(width)));
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
    let first_line = Some(first_line);
    Some(ReadIn { tables: vec![table], left_behind, findings: Vec::new(), encoding: None, first_line })
}

/// One row's cells, in the order of the type.
fn row_as(
    record: &csv::StringRecord,
    headings: &Headings,
    of: &ReturnType,
    place: Place<'_>,
    cells: &mut Cells,
    findings: &mut Findings,
) {
    for (field, at) in &headings.columns {
        let Some(field) = of.fields.get(*field) else { continue };
        let text = record.get(*at).unwrap_or_default();
        if let Some(said) = stored::spoilt(field, text) {
            let place = Place { column: Some(&field.name), ..place };
            findings.error(&ids().stored, place, format!("`{}` {said}", field.name));
        }
        cells.push(super::cell_text(text, field));
    }
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
