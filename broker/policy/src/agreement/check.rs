//! Rows and agreements set against each other, however the rows came about: every allow rests on an agreement,
//! reaches nobody who has not signed it, and no day or purpose beyond it.

use std::collections::{BTreeSet, HashMap};

use concordat_core::ids::{AgencyId, AgreementId, RuleId};
use jiff::civil::Date;

use super::{Agreement, FILE};
use crate::complaint::Complaint;
use crate::generate::BY_HAND;
use crate::reach::{Senders, askers};
use crate::row::{Purpose, Row};
use crate::vocabulary::Vocabulary;

/// Where generated rows stand.
const RULES: &str = "rules.csv";

/// Answers which agreements each row carries out. `senders` are those who may have sent something, be it before they
/// took a signature back. What is wrong with a row by hand is told where it was written.
pub(crate) fn check_rows(
    agreements: &[Agreement],
    rows: &[Row],
    by_hand: &[Row],
    senders: &Senders<'_>,
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) -> HashMap<RuleId, Vec<AgreementId>> {
    let by_id: HashMap<&RuleId, &Row> = rows.iter().map(|row| (&row.id, row)).collect();
    let written: HashMap<&RuleId, u32> = by_hand.iter().map(|row| (&row.id, row.line)).collect();
    let cell = |row: &Row, column: &str, text: String| match written.get(&row.id) {
        Some(line) => Complaint::of_cell(BY_HAND, *line, column, text),
        None => Complaint::of_cell(RULES, row.line, column, text),
    };
    let mut by_rule: HashMap<RuleId, Vec<AgreementId>> = HashMap::new();
    for agreement in agreements {
        let mut seen = BTreeSet::new();
        for rule in &agreement.rules {
            let Some(row) = by_id.get(rule) else {
                let text = format!("`{rule}` is no row of {BY_HAND}");
                complaints.push(agreement.complaint(key(agreement, rule), text));
                continue;
            };
            if !seen.insert(rule) {
                let text = format!("`{rule}` is there twice");
                complaints.push(agreement.complaint(key(agreement, rule), text));
                continue;
            }
            bounds(agreement, row, complaints);
            parties(agreement, row, senders, vocabulary, |column, text| {
                complaints.push(cell(row, column, text))
            });
            by_rule.entry(rule.clone()).or_default().push(agreement.id.clone());
        }
    }
    for row in rows.iter().filter(|row| row.allow && !by_rule.contains_key(&row.id)) {
        let text = format!("`{}` allows and no agreement of {FILE} names it in `by_hand`", row.id);
        complaints.push(cell(row, "id", text));
    }
    by_rule
}

/// The key of an agreement by which a row is one of its own.
fn key(agreement: &Agreement, rule: &RuleId) -> &'static str {
    if agreement.by_hand.contains(rule) { "by_hand" } else { "rules" }
}

fn bounds(agreement: &Agreement, row: &Row, complaints: &mut Vec<Complaint>) {
    let mut complain = |text: &str| {
        complaints.push(agreement.complaint(key(agreement, &row.id), format!("`{}` {text}", row.id)))
    };
    if !row.allow {
        complain("denies; an agreement names only the rows that allow");
    }
    if row.from < agreement.from.to_string() || row.until > agreement.until.to_string() {
        complain("reaches beyond the days of the agreement");
    }
    if matches!(&row.purpose, Purpose::One(id) if !agreement.purposes.contains(id)) {
        complain("has a purpose that the agreement does not allow");
    }
}

/// Nobody but parties that have signed, by the first day of the row; neither as asker nor as owner.
fn parties(
    agreement: &Agreement,
    row: &Row,
    senders: &Senders<'_>,
    vocabulary: &Vocabulary<'_>,
    mut complain: impl FnMut(&str, String),
) {
    let askers = askers(row, vocabulary);
    for asker in &askers {
        if let Some(why) = not_bound(agreement, &asker.id, row) {
            let text = format!("`{}` would let `{}` act, which {why}", row.id, asker.id);
            complain("sub", text);
        }
    }
    for (owner, rtype) in senders.owners(row, &askers, vocabulary) {
        if let Some(why) = not_bound(agreement, owner, row) {
            let text = format!("`{}` reaches `{rtype}` of `{owner}`, which {why}", row.id);
            complain("owner", text);
        }
    }
}

fn not_bound(agreement: &Agreement, agency: &AgencyId, row: &Row) -> Option<String> {
    let id = &agreement.id;
    let signed: Option<Date> = agreement.signed(agency);
    match signed {
        Some(on) if on.to_string() <= row.from => None,
        Some(on) => Some(format!("signed {id} only on {on}")),
        None if agreement.parties.contains(agency) => Some(format!("has not signed {id}")),
        None => Some(format!("is no party to {id}")),
    }
}
