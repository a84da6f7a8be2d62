//! Columns that a return type does not have: refused anyway, and more must be said if they hold what
//! names persons, for the file that held them is still with its sender.

use concordat_core::finding::Severity;

use super::findings::{Findings, Place, ids};
use super::text::severity;
use crate::definition::{MAIN, ReturnType};
use crate::guard::{self, Detail};
use crate::read::delimiter;

/// How many rows of a file that is refused are looked at.
const ENOUGH: usize = 2_000;

/// Tells what personal detail an unexpected column holds, by its place from 0.
pub(crate) fn column<'c>(
    of: &ReturnType,
    at: usize,
    heading: &str,
    cells: impl IntoIterator<Item = &'c str>,
    findings: &mut Findings,
) {
    let details = guard::column(heading, cells.into_iter().take(ENOUGH));
    if details.is_empty() {
        return;
    }
    let severity = if details == [Detail::Name] { Severity::Query } else { severity(of) };
    let held: Vec<&str> = details.into_iter().map(Detail::many).collect();
    let text = format!(
        "column {}, which is no column of this type, holds {}: take it out before you send or store the file",
        at + 1,
        held.join(" and ")
    );
    findings.push(&ids().overshare, severity, Place::table(MAIN), text, None);
}

/// Looks at the unexpected columns of a CSV file that is refused.
pub(crate) fn look(bytes: &[u8], of: &ReturnType, findings: &mut Findings) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut records = reader.byte_records().take(ENOUGH + 1).map_while(Result::ok);
    let Some(headings) = records.next() else { return };
    let unexpected: Vec<(usize, String)> = headings
        .iter()
        .map(|heading| String::from_utf8_lossy(heading).trim().to_lowercase())
        .enumerate()
        .filter(|(_, name)| !known(of, name))
        .collect();
    // the common case: every column is known, and some other thing was wrong
    if unexpected.is_empty() {
        return;
    }
    let rows: Vec<csv::ByteRecord> = records.collect();
    for (at, heading) in unexpected {
        let cells: Vec<_> = rows.iter().filter_map(|row| row.get(at)).map(String::from_utf8_lossy).collect();
        column(of, at, &heading, cells.iter().map(AsRef::as_ref), findings);
    }
}

fn known(of: &ReturnType, name: &str) -> bool {
    of.ignored_columns.iter().any(|column| column == name)
        || of.fields.iter().any(|field| field.name == name || field.aliases.iter().any(|alias| alias == name))
}
