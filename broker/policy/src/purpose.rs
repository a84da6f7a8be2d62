//! `purposes.toml`: for what data may be asked, and on what lawful basis.

use std::collections::BTreeMap;

use concordat_core::ids::PurposeId;
use serde::Deserialize;

use crate::complaint::Complaint;
use crate::document;

pub(crate) const FILE: &str = "purposes.toml";

/// A purpose and the law it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Its id.
    pub id: PurposeId,
    /// What it is.
    pub text: String,
    /// The condition of Article 6 of the UK GDPR.
    pub article6: String,
    /// The condition of Article 9 of the UK GDPR with its paragraph of Schedule 1 to the Data Protection Act
    /// 2018, where special category data may be concerned.
    #[serde(default)]
    pub article9: Option<String>,
    /// The condition for criminal-offence data, Article 10 of the UK GDPR, where such may be concerned.
    #[serde(default)]
    pub article10: Option<String>,
    /// The statutory gateways.
    pub gateway: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    purpose: Vec<Purpose>,
}

pub(crate) fn read(bytes: &[u8], complaints: &mut Vec<Complaint>) -> BTreeMap<PurposeId, Purpose> {
    let mut purposes = BTreeMap::new();
    let Some(file) = document::read::<File>(FILE, bytes, complaints) else { return purposes };
    for purpose in file.purpose {
        let id = purpose.id.clone();
        if matches!(id.as_str(), "none") {
            complaints
                .push(Complaint::of_file(FILE, "`none` is a word of rules.csv and cannot be a purpose"));
        }
        if purposes.insert(id.clone(), purpose).is_some() {
            complaints.push(Complaint::of_file(FILE, format!("`{id}` is there twice")));
        }
    }
    purposes
}
