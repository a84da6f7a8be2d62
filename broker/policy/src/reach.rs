//! Which agencies a row lets do something, and whose data it reaches, as the partnership stands.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::agency::Agency;
use concordat_core::decision::Act;
use concordat_core::ids::{AgencyId, ReturnTypeId};

use crate::row::{Owner, Row, Types, Who};
use crate::vocabulary::Vocabulary;

/// Which agencies may send which return types: where there may be data of theirs.
#[derive(Debug)]
pub(crate) struct Senders<'a> {
    /// Every type, and whether any version of it is about persons.
    types: BTreeMap<&'a ReturnTypeId, bool>,
    sent: BTreeMap<&'a AgencyId, BTreeSet<&'a ReturnTypeId>>,
}

impl<'a> Senders<'a> {
    /// Nobody yet.
    pub fn none(vocabulary: &Vocabulary<'a>) -> Self {
        Self { types: types(vocabulary), sent: BTreeMap::new() }
    }

    /// Adds what a row lets `askers` send; a row that allows something else adds nothing.
    pub fn add(&mut self, row: &Row, askers: &[&'a Agency], vocabulary: &Vocabulary<'a>) {
        if !row.allow || !matches!(row.act, Some(Act::Submit | Act::DeclareNil)) {
            return;
        }
        let all = vocabulary.known.agencies.iter();
        let owners = all.filter(|owner| askers.iter().any(|asker| owns(&row.owner, owner, asker)));
        let covered: Vec<&ReturnTypeId> = match &row.rtype {
            Types::One(id) => self.types.get_key_value(id).map(|(id, _)| *id).into_iter().collect(),
            word => {
                let all = self.types.iter().filter(|(id, person)| covers(word, id, **person));
                all.map(|(id, _)| *id).collect()
            }
        };
        for owner in owners {
            self.sent.entry(&owner.id).or_default().extend(&covered);
        }
    }

    /// The owners whose data a row reaches when `askers` ask, each with a return type it may send.
    pub fn owners(
        &self,
        row: &Row,
        askers: &[&'a Agency],
        vocabulary: &Vocabulary<'a>,
    ) -> BTreeMap<&'a AgencyId, &'a ReturnTypeId> {
        // what is the asker's own reaches nobody else's
        if row.owner == Owner::Own {
            return BTreeMap::new();
        }
        let reached = vocabulary.known.agencies.iter().filter(|owner| {
            askers.iter().any(|asker| asker.id != owner.id && owns(&row.owner, owner, asker))
        });
        reached.filter_map(|owner| Some((&owner.id, self.sent_of(&owner.id, &row.rtype)?))).collect()
    }

    /// A return type among those a word speaks of that an agency may send.
    fn sent_of(&self, owner: &AgencyId, word: &Types) -> Option<&'a ReturnTypeId> {
        let sent = self.sent.get(owner)?;
        match word {
            Types::One(id) => sent.get(id).copied(),
            word => sent
                .iter()
                .find(|id| covers(word, id, self.types.get(**id).copied().unwrap_or_default()))
                .copied(),
        }
    }
}

/// The agencies whose principals, or which themselves, a row speaks of.
pub(crate) fn askers<'a>(row: &Row, vocabulary: &Vocabulary<'a>) -> Vec<&'a Agency> {
    let agencies = vocabulary.known.agencies.iter();
    agencies
        .filter(|agency| match &row.who {
            Who::Anyone => true,
            Who::Kind(kind) => *kind == agency.kind,
            Who::Agency(id) => *id == agency.id,
        })
        .filter(|agency| row.role.as_ref().is_none_or(|role| vocabulary.role_allowed(role, agency.kind)))
        .collect()
}

fn owns(word: &Owner, owner: &Agency, asker: &Agency) -> bool {
    match word {
        Owner::Anyone => true,
        Owner::Own => owner.id == asker.id,
        Owner::Other => owner.id != asker.id,
        Owner::Kind(kind) => owner.kind == *kind,
        Owner::Agency(id) => owner.id == *id,
    }
}

/// Every type, and whether any version of it is about persons.
pub(crate) fn types<'a>(vocabulary: &Vocabulary<'a>) -> BTreeMap<&'a ReturnTypeId, bool> {
    let mut types = BTreeMap::new();
    for (id, person) in &vocabulary.known.types {
        *types.entry(id).or_insert(false) |= *person;
    }
    types
}

pub(crate) fn covers(word: &Types, id: &ReturnTypeId, person: bool) -> bool {
    match word {
        Types::Any | Types::All => true,
        Types::None => false,
        Types::Aggregate => !person,
        Types::Person => person,
        Types::One(own) => own == id,
    }
}
