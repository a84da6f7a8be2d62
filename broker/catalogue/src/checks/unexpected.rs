//! Columns that a return type does not have: refused anyway, and more must be said if they hold what
//! names persons, for the file that held them is still with its sender.

use concordat_core::finding::Severity;

use super::findings::{Findings, Place, ids};
use super::text::severity;
use crate::definition::ReturnType;
use crate::guard::{self, Detail};
use crate::read::headings::is_known;

/// How many rows of a file that is refused are looked at.
pub(crate) const ENOUGH: usize = 2_000;

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
    findings.push(&ids().overshare, severity, Place::table(of.first_table()), text, None);
}

/// Looks at the unexpected columns of a file that is refused for its headings.
pub(crate) fn look<S: AsRef<str>>(
    of: &ReturnType,
    headings: &[S],
    rows: &[Vec<String>],
    findings: &mut Findings,
) {
    let named = headings.iter().map(AsRef::as_ref).enumerate();
    for (at, heading) in named.filter(|(_, heading)| !is_known(of, heading)) {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(String::as_str);
        column(of, at, &heading.trim().to_lowercase(), cells, findings);
    }
}
