//! From agreements to rows: `rules.csv` is what the clauses of `agreements.toml` give, then `by-hand.csv`.
//!
//! - `expand`: a clause becomes a row for every word of `who`, `acts` and `returns`
//! - `narrow`: rows reach nobody who has not signed, and no data of such
//! - `name`: a row is called by its clause and by what tells it from the clause's other rows

mod expand;
mod name;
mod narrow;

use std::collections::BTreeMap;

use concordat_core::ids::RuleId;

use crate::agreement::{self, Agreement};
use crate::bundle;
use crate::complaint::Complaint;
use crate::reach::{Senders, askers};
use crate::row::{COLUMNS, Row};
use crate::vocabulary::{Known, Vocabulary};
use narrow::Narrowed;

/// The rows that are written by hand.
pub(crate) const BY_HAND: &str = "by-hand.csv";

/// What `rules.csv` of a policies folder must be, from its other files: paths relative to `policies/`, as for
/// [`crate::Bundle::from_files`]. A `rules.csv` among them is not looked at.
///
/// # Errors
/// Everything that is wrong with the files that rows are made from.
pub fn generate(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    known: &Known,
) -> Result<String, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let text = bundle::generated(files, known, &mut complaints);
    complaints.sort();
    complaints.dedup();
    match text {
        Some(text) if complaints.is_empty() => Ok(text),
        _ => Err(complaints),
    }
}

/// The text of `rules.csv` from agreements and the rows by hand, already read; and the agreements, each with the
/// rows that carry it out; and who may have sent what.
pub(crate) fn from_agreements<'a>(
    mut agreements: Vec<Agreement>,
    by_hand: &[Row],
    vocabulary: &Vocabulary<'a>,
    complaints: &mut Vec<Complaint>,
) -> (String, Vec<Agreement>, Senders<'a>) {
    let drafts: Vec<Vec<expand::Draft<'_>>> =
        agreements.iter().map(|of| expand::drafts(of, vocabulary, complaints)).collect();
    let mut senders = Senders::none(vocabulary);
    for row in by_hand {
        senders.add(row, &askers(row, vocabulary), vocabulary);
    }
    for draft in drafts.iter().flatten() {
        for row in &draft.rows {
            // a party that has not signed, or took its signature back, may have sent before
            senders.add(row, &narrow::parties(draft, row, vocabulary), vocabulary);
        }
    }
    let mut text = format!("{}\n", COLUMNS.join(","));
    let mut bodies: BTreeMap<Vec<String>, RuleId> = BTreeMap::new();
    let mut rules: Vec<Vec<RuleId>> = Vec::with_capacity(agreements.len());
    for drafts in &drafts {
        let mut own = Vec::new();
        for draft in drafts {
            let rows: Vec<Narrowed> =
                draft.rows.iter().flat_map(|row| narrow::rows(draft, row, &senders, vocabulary)).collect();
            for (id, row) in name::rows(draft, &rows, complaints) {
                let cells = row.cells(draft, vocabulary.known);
                if let Some(before) = bodies.insert(cells.clone(), id.clone()) {
                    let text = format!("`{id}` would say the same as `{before}`");
                    complaints.push(draft.agreement.of_clause(draft.clause, "who", text));
                }
                text.push_str(&format!("{id},{}\n", cells.join(",")));
                own.push(id);
            }
        }
        rules.push(own);
    }
    for row in by_hand {
        text.push_str(&row.cells.join(","));
        text.push('\n');
    }
    for (agreement, own) in agreements.iter_mut().zip(rules) {
        agreement.rules.splice(0..0, own);
    }
    (text, agreements, senders)
}

/// The first place where the committed `rules.csv` is not what was generated.
pub(crate) fn first_difference(file: &str, committed: &[u8], generated: &str) -> Option<Complaint> {
    if committed == generated.as_bytes() {
        return None;
    }
    let committed = String::from_utf8_lossy(committed);
    let mut lines = (1_u32..).zip(std::iter::zip(
        committed.lines().map(Some).chain(std::iter::repeat(None)),
        generated.lines().map(Some).chain(std::iter::repeat(None)),
    ));
    let found = lines.find(|(_, (here, there))| here != there || here.is_none());
    let (number, (here, there)) = found?;
    let what = match (here, there) {
        (Some(_), Some(there)) => format!("should read `{there}`"),
        (None, Some(there)) => format!("ends too early: here should stand `{there}`"),
        (Some(_), None) => "stands in no agreement and not in by-hand.csv".to_owned(),
        (None, None) => "has other line breaks than it should".to_owned(),
    };
    Some(Complaint::of_row(
        file,
        number,
        format!(
            "{what}; it is generated from {} and {BY_HAND}: change those, then run \
             `concordat policy generate DIR` with this folder",
            agreement::FILE
        ),
    ))
}

#[cfg(test)]
mod tests;
