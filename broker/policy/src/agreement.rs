//! `agreements.toml`: the information-sharing agreements, who signed them, and the clauses from which the rows
//! of `rules.csv` are generated.

mod check;
mod read;

use std::collections::BTreeSet;

use concordat_core::ids::{AgencyId, AgreementId, PurposeId, RuleId};
use jiff::civil::Date;
use serde::Deserialize;

use crate::complaint::Complaint;

pub(crate) use check::check_rows;
pub(crate) use read::read;

pub(crate) const FILE: &str = "agreements.toml";

/// An information-sharing agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// What people call it.
    pub title: String,
    /// The agencies between which it is made.
    pub parties: Vec<AgencyId>,
    /// Who signed it. It reaches no party that has not.
    pub signatures: Vec<Signature>,
    /// The purposes it allows.
    pub purposes: BTreeSet<PurposeId>,
    /// The lawful basis, with its source.
    pub basis: Vec<String>,
    /// The statutory gateways: its own, or else those of its purposes.
    pub gateway: Vec<String>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
    /// The day by which it is to be reviewed.
    pub review: Date,
    /// What it lets whom do.
    pub clauses: Vec<Clause>,
    /// The rows of `by-hand.csv` that it answers for.
    pub by_hand: Vec<RuleId>,
    /// The rows that carry it out: those generated from its clauses, and those by hand.
    pub rules: Vec<RuleId>,
}

/// That an agency signed an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The agency.
    pub party: AgencyId,
    /// The office that signed for it.
    pub office: String,
    /// The day. Nothing reaches the agency before it.
    #[serde(deserialize_with = "read::date")]
    pub on: Date,
}

/// What an agreement lets whom do, in the words of the columns of `rules.csv`. It gives a row for every one of
/// `who`, `acts` and `returns` together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its id, and that of its row where it gives one alone.
    pub id: RuleId,
    /// What it says, for people.
    pub text: String,
    /// Whom it speaks of.
    pub who: Vec<String>,
    /// What they may do.
    pub acts: Vec<String>,
    /// With whose data.
    pub whose: String,
    /// About which areas.
    pub areas: String,
    /// Of which return types.
    pub returns: Vec<String>,
    /// For which purpose.
    pub purpose: String,
    /// Where which fact is true.
    pub fact: String,
    /// Seeing what.
    pub profile: String,
    /// The first day: the agreement's, where it does not say its own.
    pub from: Date,
    /// The last day: the agreement's, where it does not say its own.
    pub until: Date,
}

impl Agreement {
    /// The day on which a party signed.
    #[must_use]
    pub fn signed(&self, agency: &AgencyId) -> Option<Date> {
        self.signatures.iter().find(|signature| signature.party == *agency).map(|signature| signature.on)
    }

    /// The parties that have not signed. No row reaches them, nor their data.
    pub fn unsigned(&self) -> impl Iterator<Item = &AgencyId> {
        self.parties.iter().filter(|party| self.signed(party).is_none())
    }

    /// The purposes for which no clause is, where all it lets happen stands in clauses.
    pub(crate) fn idle_purposes(&self) -> impl Iterator<Item = &PurposeId> {
        self.purposes.iter().filter(|purpose| {
            self.by_hand.is_empty() && !self.clauses.iter().any(|clause| clause.purpose == purpose.as_str())
        })
    }

    /// A complaint about one of its keys.
    pub(crate) fn complaint(&self, key: &str, text: impl Into<String>) -> Complaint {
        complaint(&format!("{}.{key}", self.id), text)
    }

    /// A complaint about a key of one of its clauses.
    pub(crate) fn of_clause(&self, clause: &Clause, key: &str, text: impl Into<String>) -> Complaint {
        complaint(&format!("{}.{}.{key}", self.id, clause.id), text)
    }
}

fn complaint(column: &str, text: impl Into<String>) -> Complaint {
    Complaint { column: Some(column.to_owned()), ..Complaint::of_file(FILE, text) }
}

#[cfg(test)]
mod tests;
