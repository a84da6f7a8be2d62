//! What can be told of a row in a few comparisons of numbers. It leaves out only what cannot match whatever the
//! rest of the request is; where that is not sure, the row stays and the engine judges it.

use std::collections::{BTreeMap, HashMap};

use concordat_core::agency::Kind;
use concordat_core::decision::Fact;
use concordat_core::ids::RoleId;

use crate::question::Question;
use crate::roles::Role;
use crate::row::{Area, Owner, Purpose, Row, Types, Who};

/// Numbers for the names that rows use; the same text has the same number in every column.
#[derive(Default)]
pub(super) struct Names(HashMap<Box<str>, Name>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    /// Of a row: whatever the request says. No request says it.
    Any,
    /// None was named; of areas: none, or several.
    Nothing,
    /// Of a request: what no row names.
    Other,
    Number(u32),
}

impl Names {
    fn give(&mut self, text: &str) -> Name {
        let next = u32::try_from(self.0.len()).map_or(Name::Any, Name::Number);
        *self.0.entry(text.into()).or_insert(next)
    }

    fn find(&self, text: &str) -> Name {
        self.0.get(text).copied().unwrap_or(Name::Other)
    }
}

impl Name {
    /// Whether a row that says this could match a request that says `said`.
    fn covers(self, said: Self) -> bool {
        self == Name::Any || self == said
    }
}

/// A row as far as it can be told quickly.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    at: u32,
    allow: bool,
    /// The kinds of agency of which it could speak, a bit each.
    kinds: u16,
    /// The fact that must be true, as a bit, or none.
    fact: u16,
    own: Option<bool>,
    person_level: Option<bool>,
    owner_kind: Option<Kind>,
    owner: Name,
    agency: Name,
    role: Name,
    purpose: Name,
    area: Name,
}

/// A request in the same terms.
pub(super) struct Asked {
    kind: u16,
    facts: u16,
    own: bool,
    person_level: bool,
    owner_kind: Option<Kind>,
    owner: Name,
    agency: Name,
    roles: Vec<Name>,
    purpose: Name,
    area: Name,
}

impl Candidate {
    pub fn of(at: u32, row: &Row, roles: &BTreeMap<RoleId, Role>, names: &mut Names) -> Self {
        let kinds = Kind::ALL.into_iter().filter(|kind| speaks_of(row, *kind, roles)).map(bit_of_kind);
        Self {
            at,
            allow: row.allow,
            kinds: kinds.fold(0, |all, bit| all | bit),
            fact: row.fact.map_or(0, bit_of_fact),
            own: match row.owner {
                Owner::Own => Some(true),
                Owner::Other => Some(false),
                Owner::Anyone | Owner::Kind(_) | Owner::Agency(_) => None,
            },
            person_level: match row.rtype {
                Types::Person => Some(true),
                Types::Aggregate => Some(false),
                Types::Any | Types::None | Types::All | Types::One(_) => None,
            },
            owner_kind: if let Owner::Kind(kind) = row.owner { Some(kind) } else { None },
            owner: if let Owner::Agency(id) = &row.owner { names.give(id.as_str()) } else { Name::Any },
            agency: if let Who::Agency(id) = &row.who { names.give(id.as_str()) } else { Name::Any },
            role: row.role.as_ref().map_or(Name::Any, |role| names.give(role.as_str())),
            purpose: match &row.purpose {
                Purpose::Any => Name::Any,
                Purpose::None => Name::Nothing,
                Purpose::One(id) => names.give(id.as_str()),
            },
            area: if let Area::Code(code) = &row.area { names.give(code.as_str()) } else { Name::Any },
        }
    }

    /// Its place among the rows.
    pub fn at(&self) -> usize {
        usize::try_from(self.at).unwrap_or(usize::MAX)
    }

    pub fn could_match(&self, asked: &Asked) -> bool {
        self.kinds & asked.kind != 0
            && self.fact & !asked.facts == 0
            && self.own.is_none_or(|own| own == asked.own)
            && self.person_level.is_none_or(|is| is == asked.person_level)
            && self.purpose.covers(asked.purpose)
            && self.agency.covers(asked.agency)
            && self.owner.covers(asked.owner)
            && (self.owner_kind.is_none() || self.owner_kind == asked.owner_kind)
            // of several areas a deny may name one
            && (self.area.covers(asked.area) || !self.allow && asked.area == Name::Nothing)
            && (self.role == Name::Any || asked.roles.contains(&self.role))
    }
}

impl Asked {
    pub fn of(question: &Question<'_>, names: &Names) -> Self {
        let request = question.request;
        let facts = Fact::ALL.into_iter().filter(|fact| question.is(*fact)).map(bit_of_fact);
        Self {
            kind: bit_of_kind(request.asker.kind),
            facts: facts.fold(0, |all, bit| all | bit),
            own: question.own,
            person_level: question.person_level,
            owner_kind: question.owner_kind,
            owner: request.owner.as_ref().map_or(Name::Nothing, |id| names.find(id.as_str())),
            agency: names.find(request.asker.agency.as_str()),
            roles: question.roles.iter().map(|role| names.find(role.as_str())).collect(),
            purpose: request.purpose.as_ref().map_or(Name::Nothing, |id| names.find(id.as_str())),
            area: question.only_area().map_or(Name::Nothing, |code| names.find(code.as_str())),
        }
    }
}

/// Whether the row could speak of an asker of that kind.
fn speaks_of(row: &Row, kind: Kind, roles: &BTreeMap<RoleId, Role>) -> bool {
    let who = match &row.who {
        Who::Anyone | Who::Agency(_) => true,
        Who::Kind(own) => *own == kind,
    };
    let held = |role| roles.get(role).is_some_and(|role: &Role| role.may_be_held_by(kind));
    who && row.role.as_ref().is_none_or(held)
}

const fn bit_of_kind(kind: Kind) -> u16 {
    1 << kind as u16
}

const fn bit_of_fact(fact: Fact) -> u16 {
    1 << fact as u16
}
