//! All policy files together, read, checked against each other and sorted for the engine. A bundle that exists
//! is one that could be decided by.

mod buckets;
mod files;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use concordat_core::agency::{Agency, Kind};
use concordat_core::decision::DecisionRequest;
use concordat_core::ids::{
    AgencyId, AgreementId, Digest, ProfileId, PurposeId, ReturnTypeId, RoleId, RuleId,
};
use concordat_core::table::FieldClass;

use crate::agreement::Agreement;
use crate::complaint::Complaint;
use crate::profile::{Profile, Suppression, Treatment};
use crate::purpose::Purpose;
use crate::question::Question;
use crate::reference::Index;
use crate::roles::Role;
use crate::row::{COLUMNS, Row};
use crate::vocabulary::Known;

use buckets::Buckets;

pub(crate) use files::text as generated;

/// One generation of policy: immutable.
#[derive(Clone)]
pub struct Bundle {
    pub(crate) known: Arc<Known>,
    pub(crate) rows: Arc<[Row]>,
    buckets: Arc<Buckets>,
    index: Arc<Index>,
    pub(crate) purposes: Arc<BTreeMap<PurposeId, Purpose>>,
    roles: Arc<BTreeMap<RoleId, Role>>,
    agreements: Arc<BTreeMap<AgreementId, Agreement>>,
    by_rule: Arc<HashMap<RuleId, Vec<AgreementId>>>,
    profiles: Arc<BTreeMap<ProfileId, Profile>>,
    /// The suppression methods, by the name of their file.
    pub(crate) suppressions: Arc<BTreeMap<String, Suppression>>,
    agencies: Arc<HashMap<AgencyId, Agency>>,
    types: Arc<HashMap<ReturnTypeId, bool>>,
    digest: Digest,
}

impl Bundle {
    /// Reads the files, given with their paths relative to `policies/`. Files of others (`returns/`,
    /// `cases/`, `calendar.toml`, `partnership.toml`) are passed over; a file that looks like one of
    /// policy's and is none is refused.
    ///
    /// # Errors
    /// Everything that is wrong, at once, sorted by file and line.
    pub fn from_files(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        known: &Known,
    ) -> Result<Bundle, Vec<Complaint>> {
        files::read(files, known)
    }

    /// SHA-256 over the files that policy reads, sorted by path: of each the length of its path, its path,
    /// the length of its content, its content; lengths are eight bytes, the highest first.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The roles that exist.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    pub(crate) fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.get(id)
    }

    /// Whether a principal of an agency of that kind may hold the role.
    #[must_use]
    pub fn role_allowed(&self, role: &RoleId, kind: Kind) -> bool {
        self.roles.get(role).is_some_and(|role| role.may_be_held_by(kind))
    }

    /// The purposes that exist.
    pub fn purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.values()
    }

    /// The agreements.
    pub fn agreements(&self) -> impl Iterator<Item = &Agreement> {
        self.agreements.values()
    }

    /// The profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// A profile by its id.
    #[must_use]
    pub fn profile(&self, id: &ProfileId) -> Option<&Profile> {
        self.profiles.get(id)
    }

    /// The profiles that show more of a field of the one class than of the other; than nothing, where it is new.
    #[must_use]
    pub fn showing_more(&self, field: &str, was: Option<FieldClass>, now: FieldClass) -> Vec<String> {
        let more = self.profiles().filter(|profile| {
            let was = was.map_or(Treatment::Drop, |class| profile.treatment(field, class));
            let now = profile.treatment(field, now);
            was != now && Treatment::all([was, now]) != now
        });
        more.map(|profile| profile.id.to_string()).collect()
    }

    /// The profiles that suppress small counts.
    #[must_use]
    pub fn suppressing(&self) -> Vec<String> {
        self.profiles().filter(|profile| profile.suppresses()).map(|profile| profile.id.to_string()).collect()
    }

    /// The ids of the rows, in the order of the file.
    pub fn rules(&self) -> impl Iterator<Item = &RuleId> {
        self.rows.iter().map(|row| &row.id)
    }

    /// The cells of a row as they stand in its file, by column.
    #[must_use]
    pub fn cells(&self, rule: &RuleId) -> Option<Vec<(String, String)>> {
        let row = self.rows.iter().find(|row| row.id == *rule)?;
        let named = COLUMNS.iter().zip(&row.cells);
        Some(named.map(|(column, cell)| ((*column).to_owned(), cell.clone())).collect())
    }

    /// The partnership it is for.
    #[must_use]
    pub fn partnership(&self) -> &concordat_core::ids::PartnershipId {
        &self.known.partnership
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that could match a request.
    pub(crate) fn rows_for(&self, question: &Question<'_>) -> Vec<&Row> {
        self.buckets.rows(&self.rows, question)
    }

    /// The rows that speak of the act and the return type of a request.
    pub(crate) fn rows_about(&self, request: &DecisionRequest) -> impl Iterator<Item = &Row> {
        self.index.rows(&self.rows, request)
    }

    pub(crate) fn agency(&self, id: &AgencyId) -> Option<&Agency> {
        self.agencies.get(id)
    }

    pub(crate) fn person_level(&self, id: &ReturnTypeId) -> Option<bool> {
        self.types.get(id).copied()
    }

    /// The agreements that rows carry out, each once, in the order of the rows.
    pub(crate) fn agreements_of(&self, rows: &[&Row]) -> Vec<AgreementId> {
        let mut found = Vec::new();
        for id in rows.iter().filter_map(|row| self.by_rule.get(&row.id)).flatten() {
            if !found.contains(id) {
                found.push(id.clone());
            }
        }
        found
    }

    /// The parties of each agreement that a row carries out.
    pub(crate) fn parties_of(&self, row: &Row) -> BTreeSet<BTreeSet<AgencyId>> {
        let agreements =
            self.by_rule.get(&row.id).into_iter().flatten().filter_map(|id| self.agreements.get(id));
        agreements.map(|agreement| agreement.parties.iter().cloned().collect()).collect()
    }

    /// The same bundle with other rows: for tests that take a row away or turn it round.
    #[cfg(test)]
    pub(crate) fn with_rows(&self, rows: Vec<Row>) -> Bundle {
        let buckets = Buckets::build(&self.roles, &rows).unwrap();
        let index = Arc::new(Index::of(&rows));
        Bundle { rows: rows.into(), buckets: Arc::new(buckets), index, ..self.clone() }
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle {{ rules: {}, digest: {} }}", self.rows.len(), self.digest)
    }
}

#[cfg(test)]
mod tests;
