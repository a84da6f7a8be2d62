//! `agreements.toml`: the information-sharing agreements that the rows of `rules.csv` carry out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use concordat_core::ids::{AgencyId, AgreementId, PurposeId, RuleId};
use jiff::civil::Date;
use serde::Deserialize;

use crate::complaint::Complaint;
use crate::document;
use crate::row::{Purpose, Row, iso_date};
use crate::vocabulary::Vocabulary;

pub(crate) const FILE: &str = "agreements.toml";

/// An information-sharing agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// What people call it.
    pub title: String,
    /// The agencies that signed it.
    pub parties: Vec<AgencyId>,
    /// The purposes it allows.
    pub purposes: BTreeSet<PurposeId>,
    /// The lawful basis, with its source.
    pub basis: Vec<String>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
    /// The day by which it is to be reviewed.
    pub review: Date,
    /// The rows that carry it out.
    pub rules: Vec<RuleId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    agreement: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: AgreementId,
    title: String,
    parties: Vec<AgencyId>,
    purposes: BTreeSet<PurposeId>,
    basis: Vec<String>,
    from: String,
    until: String,
    review: String,
    rules: Vec<RuleId>,
}

pub(crate) fn read(
    bytes: &[u8],
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) -> BTreeMap<AgreementId, Agreement> {
    let mut agreements = BTreeMap::new();
    let Some(file) = document::read::<File>(FILE, bytes, complaints) else { return agreements };
    for raw in file.agreement {
        let id = raw.id.clone();
        let mut complain = |key: &str, text: String| {
            complaints.push(Complaint {
                file: FILE.to_owned(),
                row: None,
                column: Some(format!("{id}.{key}")),
                text,
            });
        };
        for party in raw.parties.iter().filter(|party| vocabulary.kind_of(party).is_none()) {
            complain("parties", format!("`{party}` is no agency of partnership.toml"));
        }
        for purpose in raw.purposes.iter().filter(|purpose| !vocabulary.purposes.contains(purpose)) {
            complain("purposes", format!("`{purpose}` is no purpose of purposes.toml"));
        }
        if raw.parties.len() < 2 {
            complain("parties", "an agreement has two parties or more".to_owned());
        }
        if raw.basis.is_empty() {
            complain("basis", "an agreement names its lawful basis".to_owned());
        }
        let mut date = |key: &str, text: &str| iso_date(text).map_err(|why| complain(key, why)).ok();
        let (from, until, review) =
            (date("from", &raw.from), date("until", &raw.until), date("review", &raw.review));
        let (Some(from), Some(until), Some(review)) = (from, until, review) else { continue };
        if from > until {
            complain("until", "the last day lies before the first".to_owned());
        }
        let agreement = Agreement {
            id: raw.id.clone(),
            title: raw.title,
            parties: raw.parties,
            purposes: raw.purposes,
            basis: raw.basis,
            from,
            until,
            review,
            rules: raw.rules,
        };
        if agreements.insert(raw.id, agreement).is_some() {
            complain("id", "is there twice".to_owned());
        }
    }
    agreements
}

/// Sets rows and agreements against each other: every allow rests on an agreement, and no row reaches beyond
/// the agreement it carries out. Answers which agreements each row carries out.
pub(crate) fn match_rows(
    agreements: &BTreeMap<AgreementId, Agreement>,
    rows: &[Row],
    complaints: &mut Vec<Complaint>,
) -> HashMap<RuleId, Vec<AgreementId>> {
    let by_id: HashMap<&RuleId, &Row> = rows.iter().map(|row| (&row.id, row)).collect();
    let mut by_rule: HashMap<RuleId, Vec<AgreementId>> = HashMap::new();
    for agreement in agreements.values() {
        let mut complain = |rule: &RuleId, text: &str| {
            complaints.push(Complaint {
                file: FILE.to_owned(),
                row: None,
                column: Some(format!("{}.rules", agreement.id)),
                text: format!("`{rule}` {text}"),
            });
        };
        let mut seen = BTreeSet::new();
        for rule in &agreement.rules {
            let Some(row) = by_id.get(rule) else {
                complain(rule, "is no row of rules.csv, or that row has something wrong with it");
                continue;
            };
            if !seen.insert(rule) {
                complain(rule, "is there twice");
                continue;
            }
            if !row.allow {
                complain(rule, "denies; an agreement names only the rows that allow");
            }
            if row.from < agreement.from.to_string() || row.until > agreement.until.to_string() {
                complain(rule, "reaches beyond the days of the agreement");
            }
            if matches!(&row.purpose, Purpose::One(id) if !agreement.purposes.contains(id)) {
                complain(rule, "has a purpose that the agreement does not allow");
            }
            by_rule.entry(rule.clone()).or_default().push(agreement.id.clone());
        }
    }
    for row in rows.iter().filter(|row| row.allow && !by_rule.contains_key(&row.id)) {
        complaints.push(Complaint::of_cell(
            "rules.csv",
            row.line,
            "id",
            format!("`{}` allows and no agreement of {FILE} names it", row.id),
        ));
    }
    by_rule
}
