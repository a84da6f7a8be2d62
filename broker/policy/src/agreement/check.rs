//! Rows and agreements set against each other, however the rows came about: every allow rests on an agreement,
//! reaches nobody who has not signed it, and no day or purpose beyond it.

use std::collections::{BTreeSet, HashMap};

use concordat_core::ids::{AgencyId, AgreementId, RuleId};
use jiff::civil::Date;

use super::{Agreement, FILE};
use crate::complaint::Complaint;
use crate::reach::{Senders, askers};
use crate::row::{Purpose, Row};
use crate::vocabulary::Vocabulary;

/// Answers which agreements each row carries out. `file` is where the rows stand.
pub(crate) fn check_rows(
    file: &str,
    agreements: &[Agreement],
    rows: &[Row],
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) -> HashMap<RuleId, Vec<AgreementId>> {
    let by_id: HashMap<&RuleId, &Row> = rows.iter().map(|row| (&row.id, row)).collect();
    let mut senders = Senders::default();
    for row in rows {
        senders.add(row, &askers(row, vocabulary), vocabulary);
    }
    let mut by_rule: HashMap<RuleId, Vec<AgreementId>> = HashMap::new();
    for agreement in agreements {
        let mut seen = BTreeSet::new();
        for rule in &agreement.rules {
            let Some(row) = by_id.get(rule) else {
                let text = format!("`{rule}` is no row of {file}, or that row has something wrong with it");
                complaints.push(agreement.complaint("rules", text));
                continue;
            };
            if !seen.insert(rule) {
                complaints.push(agreement.complaint("rules", format!("`{rule}` is there twice")));
                continue;
            }
            bounds(agreement, row, complaints);
            parties(file, agreement, row, &senders, vocabulary, complaints);
            by_rule.entry(rule.clone()).or_default().push(agreement.id.clone());
        }
    }
    for row in rows.iter().filter(|row| row.allow && !by_rule.contains_key(&row.id)) {
        let text = format!("`{}` allows and no agreement of {FILE} names it", row.id);
        complaints.push(Complaint::of_cell(file, row.line, "id", text));
    }
    by_rule
}

fn bounds(agreement: &Agreement, row: &Row, complaints: &mut Vec<Complaint>) {
    let mut complain =
        |text: &str| complaints.push(agreement.complaint("rules", format!("`{}` {text}", row.id)));
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
    file: &str,
    agreement: &Agreement,
    row: &Row,
    senders: &Senders<'_>,
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) {
    let askers = askers(row, vocabulary);
    for asker in &askers {
        if let Some(why) = not_bound(agreement, &asker.id, row) {
            let text = format!("`{}` would let `{}` act, which {why}", row.id, asker.id);
            complaints.push(Complaint::of_cell(file, row.line, "sub", text));
        }
    }
    for (owner, rtype) in senders.owners(row, &askers, vocabulary) {
        if let Some(why) = not_bound(agreement, owner, row) {
            let text = format!("`{}` reaches `{rtype}` of `{owner}`, which {why}", row.id);
            complaints.push(Complaint::of_cell(file, row.line, "owner", text));
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
