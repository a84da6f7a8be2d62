//! The closed vocabularies against which the cells of a row are read.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::agency::{Agency, Kind};
use concordat_core::ids::{AgencyId, PartnershipId, ProfileId, PurposeId, ReturnTypeId, RoleId};
use concordat_core::partnership::Partnership;

use crate::purpose::Purpose;
use crate::roles::Role;

/// What stands outside the policy files and what they may speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Its agencies, as `partnership.toml` declares them.
    pub agencies: Vec<Agency>,
    /// Its return types, and of each whether it is about persons.
    pub types: Vec<(ReturnTypeId, bool)>,
}

impl Known {
    /// What a partnership's file and a catalogue's types say; of each type its id, and whether it is about persons.
    #[must_use]
    pub fn of(partnership: &Partnership, types: impl IntoIterator<Item = (ReturnTypeId, bool)>) -> Self {
        Self {
            partnership: partnership.id.clone(),
            agencies: partnership.agencies.iter().map(|agency| agency.as_ref().clone()).collect(),
            types: types.into_iter().collect(),
        }
    }
}

/// What a row may say.
pub(crate) struct Vocabulary<'a> {
    pub known: &'a Known,
    pub roles: &'a BTreeMap<RoleId, Role>,
    pub purposes: &'a BTreeMap<PurposeId, Purpose>,
    pub profiles: BTreeSet<ProfileId>,
}

impl Vocabulary<'_> {
    pub fn kind_of(&self, agency: &AgencyId) -> Option<Kind> {
        self.known.agencies.iter().find(|known| known.id == *agency).map(|known| known.kind)
    }

    pub fn role_allowed(&self, role: &RoleId, kind: Kind) -> bool {
        self.roles.get(role).is_some_and(|role| role.may_be_held_by(kind))
    }
}
