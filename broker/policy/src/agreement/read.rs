//! Reading the file: every agreement whole, each thing wrong with its key.

use std::collections::BTreeSet;

use concordat_core::ids::{AgencyId, AgreementId, PurposeId, RuleId};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::{Agreement, Clause, FILE, Signature};
use crate::complaint::Complaint;
use crate::document;
use crate::row::iso_date;
use crate::vocabulary::Vocabulary;

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
    signed: Vec<Signature>,
    purposes: BTreeSet<PurposeId>,
    basis: Vec<String>,
    #[serde(default)]
    gateway: Option<Vec<String>>,
    #[serde(deserialize_with = "date")]
    from: Date,
    #[serde(deserialize_with = "date")]
    until: Date,
    #[serde(deserialize_with = "date")]
    review: Date,
    #[serde(default)]
    by_hand: Vec<RuleId>,
    #[serde(default)]
    clause: Vec<RawClause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClause {
    id: RuleId,
    text: String,
    who: Vec<String>,
    acts: Vec<String>,
    whose: String,
    areas: String,
    returns: Vec<String>,
    purpose: String,
    #[serde(default = "any")]
    fact: String,
    profile: String,
    #[serde(default, deserialize_with = "date_if_any")]
    from: Option<Date>,
    #[serde(default, deserialize_with = "date_if_any")]
    until: Option<Date>,
}

fn any() -> String {
    "*".to_owned()
}

pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    iso_date(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn date_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    date(from).map(Some)
}

/// The agreements, in the order of the file.
pub(crate) fn read(
    bytes: &[u8],
    vocabulary: &Vocabulary<'_>,
    complaints: &mut Vec<Complaint>,
) -> Vec<Agreement> {
    let Some(file) = document::read::<File>(FILE, bytes, complaints) else { return Vec::new() };
    let agreements: Vec<Agreement> = file.agreement.into_iter().map(|raw| whole(raw, vocabulary)).collect();
    let (mut ids, mut clauses) = (BTreeSet::new(), BTreeSet::new());
    for agreement in &agreements {
        if !ids.insert(&agreement.id) {
            complaints.push(agreement.complaint("id", "is there twice"));
        }
        parties(agreement, vocabulary, complaints);
        law(agreement, vocabulary, complaints);
        for clause in &agreement.clauses {
            if !clauses.insert(&clause.id) {
                complaints.push(agreement.of_clause(clause, "id", "is there twice"));
            }
            whole_clause(agreement, clause, complaints);
        }
    }
    agreements
}

fn whole(raw: Raw, vocabulary: &Vocabulary<'_>) -> Agreement {
    let of_purposes = || {
        let purposes = raw.purposes.iter().filter_map(|id| vocabulary.purposes.get(id));
        purposes.flat_map(|purpose| purpose.gateway.iter().cloned()).collect()
    };
    Agreement {
        gateway: raw.gateway.unwrap_or_else(of_purposes),
        id: raw.id,
        title: raw.title,
        parties: raw.parties,
        signatures: raw.signed,
        purposes: raw.purposes,
        basis: raw.basis,
        from: raw.from,
        until: raw.until,
        review: raw.review,
        rules: raw.by_hand.clone(),
        by_hand: raw.by_hand,
        clauses: raw
            .clause
            .into_iter()
            .map(|clause| Clause {
                id: clause.id,
                text: clause.text,
                who: clause.who,
                acts: clause.acts,
                whose: clause.whose,
                areas: clause.areas,
                returns: clause.returns,
                purpose: clause.purpose,
                fact: clause.fact,
                profile: clause.profile,
                from: clause.from.unwrap_or(raw.from),
                until: clause.until.unwrap_or(raw.until),
            })
            .collect(),
    }
}

fn parties(agreement: &Agreement, vocabulary: &Vocabulary<'_>, complaints: &mut Vec<Complaint>) {
    let mut complain = |key: &str, text: String| complaints.push(agreement.complaint(key, text));
    let mut seen = BTreeSet::new();
    for party in &agreement.parties {
        if vocabulary.kind_of(party).is_none() {
            complain("parties", format!("`{party}` is no agency of partnership.toml"));
        }
        if !seen.insert(party) {
            complain("parties", format!("`{party}` is there twice"));
        }
    }
    if seen.len() < 2 {
        complain("parties", "an agreement has two parties or more".to_owned());
    }
    let mut signed = BTreeSet::new();
    for signature in &agreement.signatures {
        let party = &signature.party;
        if !seen.contains(party) {
            complain("signed", format!("`{party}` is no party; add it to `parties` or remove its signature"));
        }
        if !signed.insert(party) {
            complain("signed", format!("`{party}` is there twice"));
        }
        if signature.office.trim().is_empty() {
            complain("signed", format!("which office signed for `{party}`? `office` is empty"));
        }
        if signature.on > agreement.until {
            complain("signed", format!("`{party}` signed after the last day of the agreement"));
        }
    }
}

fn law(agreement: &Agreement, vocabulary: &Vocabulary<'_>, complaints: &mut Vec<Complaint>) {
    let mut complain = |key: &str, text: String| complaints.push(agreement.complaint(key, text));
    if agreement.purposes.is_empty() {
        complain("purposes", "an agreement names the purposes it is made for".to_owned());
    }
    for purpose in agreement.purposes.iter().filter(|purpose| !vocabulary.purposes.contains_key(purpose)) {
        complain("purposes", format!("`{purpose}` is no purpose of purposes.toml"));
    }
    let said = |texts: &[String]| !texts.is_empty() && texts.iter().all(|text| !text.trim().is_empty());
    if !said(&agreement.basis) {
        complain("basis", "an agreement names its lawful basis".to_owned());
    }
    if !said(&agreement.gateway) {
        let text = "neither the agreement nor a purpose of it names a statutory gateway";
        complain("gateway", text.to_owned());
    }
    if agreement.from > agreement.until {
        complain("until", "the last day lies before the first".to_owned());
    }
}

fn whole_clause(agreement: &Agreement, clause: &Clause, complaints: &mut Vec<Complaint>) {
    let mut complain =
        |key: &str, text: &str| complaints.push(agreement.of_clause(clause, key, text.to_owned()));
    for (key, words) in [("who", &clause.who), ("acts", &clause.acts), ("returns", &clause.returns)] {
        if words.is_empty() {
            complain(key, "is empty: the clause would let nothing happen; remove it");
        }
        if words.iter().collect::<BTreeSet<_>>().len() < words.len() {
            complain(key, "names something twice");
        }
    }
    if clause.text.trim().is_empty() {
        complain("text", "say in words what the clause allows");
    }
    if clause.from < agreement.from {
        complain("from", "lies before the first day of the agreement");
    }
    if clause.until > agreement.until {
        complain("until", "lies after the last day of the agreement");
    }
}
