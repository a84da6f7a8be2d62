//! The parts of a request by which rows are told apart. Each leaves out only rows that cannot match whatever
//! the rest of the request is; where that is not sure, the row stays and the engine judges it.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Fact};
use concordat_core::ids::{AgencyId, AreaCode, PurposeId, ReturnTypeId, RoleId};

use crate::question::Question;
use crate::roles::Role;
use crate::row::{Area, Owner, Purpose, Row, Types, Who};

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Act,
    Type,
    Kind,
    Own,
    Purpose,
    PersonLevel,
    Fact(Fact),
    Agency,
    OwnerAgency,
    OwnerKind,
    Area,
    Role(RoleId),
}

/// What a request says in a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Value {
    Yes,
    No,
    /// None was named; of areas: none, or several.
    Nothing,
    Act(Act),
    Type(ReturnTypeId),
    Kind(Kind),
    Purpose(PurposeId),
    Agency(AgencyId),
    Area(AreaCode),
    /// What no row names.
    Other,
}

/// What rows are read against.
pub(super) struct Names<'a> {
    pub kinds: BTreeMap<&'a AgencyId, Kind>,
    pub roles: &'a BTreeMap<RoleId, Role>,
}

impl Part {
    /// Every part, those first that tell most rows apart.
    pub fn all(roles: &BTreeMap<RoleId, Role>) -> Vec<Part> {
        let mut all = vec![Part::Act, Part::Type, Part::Kind, Part::Own, Part::Purpose, Part::PersonLevel];
        all.extend([Fact::OwnStaff, Fact::Withheld, Fact::BreakGlass].map(Part::Fact));
        all.extend([Part::Agency, Part::OwnerAgency, Part::OwnerKind, Part::Area]);
        all.extend(roles.keys().cloned().map(Part::Role));
        all
    }

    /// Whether requests can say more in it than rows do.
    pub fn is_open(&self) -> bool {
        !matches!(
            self,
            Part::Act | Part::Kind | Part::Own | Part::PersonLevel | Part::Fact(_) | Part::Role(_)
        )
    }

    /// The values to be told apart among rows; in an open part every other one is as [`Value::Other`].
    pub fn values(&self, rows: &[&Row]) -> BTreeSet<Value> {
        match self {
            Part::Act => Act::ALL.map(Value::Act).into(),
            Part::Kind => Kind::ALL.map(Value::Kind).into(),
            Part::Own | Part::PersonLevel | Part::Fact(_) | Part::Role(_) => [Value::Yes, Value::No].into(),
            Part::Type | Part::Purpose | Part::Area => {
                let mut values: BTreeSet<Value> = rows.iter().filter_map(|row| self.named(row)).collect();
                values.insert(Value::Nothing);
                values
            }
            Part::Agency | Part::OwnerAgency | Part::OwnerKind => {
                rows.iter().filter_map(|row| self.named(row)).collect()
            }
        }
    }

    /// The value that a row names in an open part.
    fn named(&self, row: &Row) -> Option<Value> {
        match (self, &row.rtype, &row.purpose, &row.area, &row.who, &row.owner) {
            (Part::Type, Types::One(id), ..) => Some(Value::Type(id.clone())),
            (Part::Purpose, _, Purpose::One(id), ..) => Some(Value::Purpose(id.clone())),
            (Part::Area, _, _, Area::Code(code), ..) => Some(Value::Area(code.clone())),
            (Part::Agency, _, _, _, Who::Agency(id), _) => Some(Value::Agency(id.clone())),
            (Part::OwnerAgency, .., Owner::Agency(id)) => Some(Value::Agency(id.clone())),
            (Part::OwnerKind, .., Owner::Kind(kind)) => Some(Value::Kind(*kind)),
            _ => None,
        }
    }

    /// Whether a row could match a request with that value.
    pub fn could(&self, row: &Row, value: &Value, names: &Names<'_>) -> bool {
        let yes = *value == Value::Yes;
        match self {
            Part::Act => row.act.is_none_or(|act| *value == Value::Act(act)),
            Part::Type => match &row.rtype {
                Types::Any => true,
                Types::None => *value == Value::Nothing,
                // whether a return is about persons is another part
                Types::All | Types::Aggregate | Types::Person => *value != Value::Nothing,
                Types::One(_) => self.named(row).as_ref() == Some(value),
            },
            Part::Kind => match value {
                Value::Kind(kind) => speaks_of(row, *kind, names),
                _ => false,
            },
            Part::Own => match (&row.owner, row.fact) {
                (Owner::Own, _) | (_, Some(Fact::Own)) if !yes => false,
                (Owner::Other, _) => !yes,
                _ => true,
            },
            Part::PersonLevel => match (&row.rtype, row.fact) {
                (Types::Person, _) | (_, Some(Fact::PersonLevel)) if !yes => false,
                (Types::Aggregate, _) => !yes,
                _ => true,
            },
            Part::Purpose => match &row.purpose {
                Purpose::Any => true,
                Purpose::None => *value == Value::Nothing,
                Purpose::One(_) => self.named(row).as_ref() == Some(value),
            },
            // of several areas a deny may name one
            Part::Area if !row.allow && *value == Value::Nothing => true,
            Part::Area | Part::Agency | Part::OwnerAgency | Part::OwnerKind => {
                self.named(row).is_none_or(|named| named == *value)
            }
            Part::Fact(fact) => yes || row.fact != Some(*fact),
            Part::Role(role) => yes || row.role.as_ref() != Some(role),
        }
    }

    /// What a request says in this part.
    pub fn of(&self, question: &Question<'_>) -> Value {
        let request = question.request;
        let whether = |it: bool| if it { Value::Yes } else { Value::No };
        match self {
            Part::Act => Value::Act(request.act),
            Part::Type => request.return_type.clone().map_or(Value::Nothing, Value::Type),
            Part::Kind => Value::Kind(request.asker.kind),
            Part::Own => whether(question.own),
            Part::Purpose => request.purpose.clone().map_or(Value::Nothing, Value::Purpose),
            Part::PersonLevel => whether(question.person_level),
            Part::Fact(fact) => whether(question.is(*fact)),
            Part::Agency => Value::Agency(request.asker.agency.clone()),
            Part::OwnerAgency => request.owner.clone().map_or(Value::Other, Value::Agency),
            Part::OwnerKind => question.owner_kind.map_or(Value::Other, Value::Kind),
            Part::Area => question.only_area().cloned().map_or(Value::Nothing, Value::Area),
            Part::Role(role) => whether(question.roles.contains(&role)),
        }
    }
}

/// Whether the row could speak of an asker of that kind.
fn speaks_of(row: &Row, kind: Kind, names: &Names<'_>) -> bool {
    let who = match &row.who {
        Who::Anyone => true,
        Who::Kind(own) => *own == kind,
        Who::Agency(id) => names.kinds.get(id) == Some(&kind),
    };
    let held = |role| names.roles.get(role).is_some_and(|role: &Role| role.may_be_held_by(kind));
    who && row.role.as_ref().is_none_or(held)
}
