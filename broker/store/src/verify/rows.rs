//! The rows that the log makes, in a plain map, and the projections compared with them row by row.

use std::collections::BTreeMap;
use std::path::Path;

use concordat_core::apply::{Key, Row, apply, merge};
use concordat_core::entry::Entry;
use concordat_seal::KeyRing;

use crate::embedded::projections::{Broken, FOLDER, Projections, Sent};

use super::{Report, VerifyFault};

/// Rows by key.
#[derive(Default)]
pub(super) struct Rows(BTreeMap<Key, Row>);

impl Rows {
    pub(super) fn apply(&mut self, entry: &Entry) {
        for change in apply(entry) {
            let key = change.key();
            let old = self.0.get(&key).cloned();
            if let Some(row) = merge(old, change) {
                self.0.insert(key, row);
            }
        }
    }
}

/// Compares the projections that a clean stop left; others are rebuilt at the next opening and not compared.
pub(super) fn compare(dir: &Path, ring: &KeyRing, rows: &Rows, report: &mut Report) {
    let folder = dir.join(FOLDER);
    if !folder.exists() {
        return;
    }
    let mut differ = |what: String| report.faults.push(VerifyFault::Projections { what });
    let (projections, kept) = match Projections::open(&folder, ring) {
        Ok(Some(opened)) => opened,
        Ok(None) => return,
        Err(broken) => return differ(broken.to_string()),
    };
    if kept.size != report.size || Some(kept.root) != report.root {
        return differ(format!("they show {} entries, the log has {}", kept.size, report.size));
    }
    let mut compared = 0;
    for (key, row) in &rows.0 {
        match same(key, row, &projections) {
            Ok(true) => compared += 1,
            Ok(false) => return differ(format!("a row of {} is not what the log says", sort(key))),
            Err(broken) => return differ(broken.to_string()),
        }
    }
    match projections.count() {
        Ok(count) if count == compared => report.rows = Some(compared),
        Ok(count) => differ(format!("they hold {count} rows where the log makes {compared}")),
        Err(broken) => differ(broken.to_string()),
    }
}

/// Whether the projections hold this row.
fn same(key: &Key, row: &Row, projections: &Projections) -> Result<bool, Broken> {
    match (key, row) {
        (Key::Submission(id), Row::Submission(record)) => {
            let kept = projections.submission(*id);
            let kept = kept.map(|pointer| (pointer.index, pointer.superseded_by, pointer.withdrawn));
            let withdrawn = record.withdrawn.map(|withdrawal| withdrawal.index);
            return Ok(kept == Some((record.index, record.superseded_by, withdrawn)));
        }
        (Key::Sent(agency, key), Row::Sent(record)) => {
            let expected = Sent::new(record.index, &projections.content(&record.content));
            return Ok(projections.sent_under(agency, *key) == Some(expected));
        }
        _ => {}
    }
    Ok(projections.row(key)?.is_some_and(|found| found == hidden(row.clone(), projections)))
}

/// The row as the projections keep it: content digests as HMACs.
fn hidden(row: Row, projections: &Projections) -> Row {
    match row {
        Row::Version(mut version) => {
            version.content = projections.content(&version.content);
            Row::Version(version)
        }
        other => other,
    }
}

fn sort(key: &Key) -> &'static str {
    match key {
        Key::Submission(_) => "submissions",
        Key::Version(_) => "versions in force",
        Key::Sent(..) => "keys used",
        Key::Delivery(..) => "deliveries",
        Key::Obligation(_) => "obligations",
        Key::Across(_) => "comparisons across returns",
        Key::Principal(_) => "principals",
        Key::Key(_) => "registered keys",
        Key::Invitation(_) => "invitations",
        Key::Standing => "settings",
        Key::Governance => "proposals, suspensions and reviews",
    }
}
