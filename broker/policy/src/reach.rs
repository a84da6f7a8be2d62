//! Which agencies a row lets do something, and whose data it reaches, as the partnership stands.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::agency::Agency;
use concordat_core::decision::Act;
use concordat_core::ids::{AgencyId, ReturnTypeId};

use crate::row::{Owner, Row, Types, Who};
use crate::vocabulary::Vocabulary;

/// Which agencies may send which return types: where there may be data of theirs.
#[derive(Debug, Default)]
pub(crate) struct Senders<'a>(BTreeSet<(&'a AgencyId, &'a ReturnTypeId)>);

impl<'a> Senders<'a> {
    /// Adds what a row lets `askers` send; a row that allows something else adds nothing.
    pub fn add(&mut self, row: &Row, askers: &[&'a Agency], vocabulary: &Vocabulary<'a>) {
        if !row.allow || !matches!(row.act, Some(Act::Submit | Act::DeclareNil)) {
            return;
        }
        for asker in askers {
            for owner in vocabulary.known.agencies.iter().filter(|owner| owns(&row.owner, owner, asker)) {
                let types =
                    types(vocabulary).into_iter().filter(|(id, person)| covers(&row.rtype, id, *person));
                self.0.extend(types.map(|(id, _)| (&owner.id, id)));
            }
        }
    }

    /// The owners whose data a row reaches when `askers` ask, each with a return type it may send.
    pub fn owners<'r>(
        &'r self,
        row: &Row,
        askers: &[&'a Agency],
        vocabulary: &Vocabulary<'a>,
    ) -> BTreeMap<&'a AgencyId, &'a ReturnTypeId> {
        let types = types(vocabulary);
        let reached = vocabulary.known.agencies.iter().filter(|owner| {
            // what is the asker's own reaches nobody else's
            askers.iter().any(|asker| asker.id != owner.id && owns(&row.owner, owner, asker))
        });
        reached
            .filter_map(|owner| {
                let mut sent = self.0.iter().filter(|(agency, _)| **agency == owner.id);
                let (_, rtype) =
                    sent.find(|(_, id)| covers(&row.rtype, id, types.get(id).copied().unwrap_or_default()))?;
                Some((&owner.id, *rtype))
            })
            .collect()
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
