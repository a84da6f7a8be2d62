//! Who belongs to the partnership, and who owes what: `policies/partnership.toml`.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::agency::Agency;
use crate::ids::{AgencyId, AreaCode, PartnershipId, ReturnTypeId};
use crate::period::Period;

/// The file's name under `policies/`.
pub const FILE: &str = "partnership.toml";

/// The partnership as its file declares it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: PartnershipId,
    name: String,
    #[serde(default, rename = "agency")]
    agencies: Vec<Agency>,
    #[serde(default, rename = "obligation")]
    obligations: Vec<Owed>,
    #[serde(default, rename = "source")]
    sources: Vec<Source>,
}

/// One thing wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1; `None` when it is about no single line.
    pub line: Option<u32>,
    /// What is wrong.
    pub text: String,
}

/// One line of who owes what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// The agency.
    pub agency: AgencyId,
    /// The return type.
    pub return_type: ReturnTypeId,
    /// The areas the return covers.
    pub areas: Vec<AreaCode>,
    /// The part, for a return that several owners fill.
    #[serde(default)]
    pub part: Option<String>,
    /// The first period owed.
    pub from: Period,
    /// The last period owed; no end when absent.
    #[serde(default)]
    pub until: Option<Period>,
    /// The role title of the person who owns it.
    pub owner: String,
    /// The role title of the deputy.
    pub deputy: String,
}

/// Which agency a kind and area of a published file belong to: used by the sample alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The kind as the file writes it.
    pub kind: String,
    /// The area as the file writes it.
    pub area: String,
    /// The agency.
    pub agency: AgencyId,
}

/// The partnership: agencies by id, and what is owed.
#[derive(Debug, Clone)]
pub struct Partnership {
    /// Its id.
    pub id: PartnershipId,
    /// Its name as people write it.
    pub name: String,
    /// Its agencies, in the order of the file.
    pub agencies: Vec<Arc<Agency>>,
    /// What is owed.
    pub obligations: Vec<Owed>,
    /// Which agency each kind and area of a published file belongs to.
    pub sources: Vec<Source>,
    by_id: HashMap<AgencyId, Arc<Agency>>,
}

impl Partnership {
    /// Reads the file.
    ///
    /// # Errors
    /// Everything that is wrong with it: unknown keys, agencies named twice, obligations of unknown agencies,
    /// areas that are not the agency's own, periods that run backwards.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Wrong>> {
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| line_of(text, span.start));
            vec![Wrong { line, text: e.message().to_owned() }]
        })?;
        let mut complaints = Vec::new();
        let mut by_id = HashMap::new();
        let agencies: Vec<Arc<Agency>> = file.agencies.into_iter().map(sorted).map(Arc::new).collect();
        for agency in &agencies {
            if by_id.insert(agency.id.clone(), Arc::clone(agency)).is_some() {
                complaints.push(said(format!("agency `{}` is declared twice", agency.id)));
            }
        }
        for owed in &file.obligations {
            complaints.extend(wrong_with(owed, &by_id).map(said));
        }
        for source in &file.sources {
            if !by_id.contains_key(&source.agency) {
                complaints.push(said(format!("source `{}` names no agency of this file", source.agency)));
            }
        }
        if complaints.is_empty() {
            let mut obligations = file.obligations;
            for owed in &mut obligations {
                owed.areas.sort();
                owed.areas.dedup();
            }
            Ok(Self { id: file.id, name: file.name, agencies, obligations, sources: file.sources, by_id })
        } else {
            Err(complaints)
        }
    }

    /// The agency of an id.
    #[must_use]
    pub fn agency(&self, id: &AgencyId) -> Option<&Arc<Agency>> {
        self.by_id.get(id)
    }
}

fn sorted(mut agency: Agency) -> Agency {
    agency.areas.sort();
    agency.areas.dedup();
    agency
}

fn said(text: String) -> Wrong {
    Wrong { line: None, text }
}

fn wrong_with(owed: &Owed, agencies: &HashMap<AgencyId, Arc<Agency>>) -> impl Iterator<Item = String> {
    let mut wrong = Vec::new();
    let what = format!("obligation of `{}` for `{}`", owed.agency, owed.return_type);
    match agencies.get(&owed.agency) {
        None => wrong.push(format!("{what}: there is no such agency in this file")),
        Some(agency) => wrong.extend(
            owed.areas
                .iter()
                .filter(|area| !agency.areas.contains(area))
                .map(|area| format!("{what}: area {area} is not one of the agency's")),
        ),
    }
    if owed.areas.is_empty() {
        wrong.push(format!("{what}: name at least one area"));
    }
    if let Some(until) = owed.until
        && (until.frequency() != owed.from.frequency() || until.first_day() < owed.from.first_day())
    {
        wrong.push(format!("{what}: `until` must be a period like `from`, and not before it"));
    }
    wrong.into_iter()
}

/// The line, from 1, of a byte of a text.
#[must_use]
pub fn line_of(text: &str, at: usize) -> u32 {
    let before = text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count();
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "north"
name = "North"
[[agency]]
id = "met"
name = "Police"
kind = "police"
areas = ["E09000012"]
[[obligation]]
agency = "met"
return_type = "cds-police-quarterly"
areas = ["E09000012"]
from = "2022-23/Q4"
owner = "Head of returns"
deputy = "Deputy"
"#;

    #[test]
    fn a_good_file_reads() {
        let north = Partnership::from_toml(GOOD).unwrap();
        assert_eq!(north.obligations.len(), 1);
        assert!(north.agency(&"met".parse().unwrap()).is_some());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let text = GOOD
            .replace("agency = \"met\"", "agency = \"meet\"")
            .replace("from = \"2022-23/Q4\"", "from = \"2022-23/Q4\"\nuntil = \"2022-23\"");
        let complaints = Partnership::from_toml(&text).unwrap_err();
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let complaints = Partnership::from_toml(&GOOD.replace("owner =", "owns =")).unwrap_err();
        assert!(complaints[0].line.is_some(), "{complaints:?}");
    }

    #[test]
    fn an_obligation_outside_the_agencys_areas_is_refused() {
        let text = GOOD.replace("areas = [\"E09000012\"]\nfrom", "areas = [\"E09000001\"]\nfrom");
        assert!(Partnership::from_toml(&text).is_err());
    }
}
