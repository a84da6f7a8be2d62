//! One row of `rules.csv`, typed: thirteen cells, each from a closed vocabulary.

mod parse;

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Fact};
use concordat_core::ids::{AgencyId, AreaCode, ProfileId, PurposeId, ReturnTypeId, RoleId, RuleId};

pub(crate) use parse::{iso_date, parse};

/// The columns of `rules.csv`, in their order.
pub(crate) const COLUMNS: [&str; 13] = [
    "id", "sub", "part", "owner", "area", "rtype", "act", "purpose", "fact", "from", "until", "profile",
    "eft",
];

/// A row: whom it speaks of, about whose data, for what, when, and whether it allows or denies.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub id: RuleId,
    pub line: u32,
    pub role: Option<RoleId>,
    pub who: Who,
    pub owner: Owner,
    pub area: Area,
    pub rtype: Types,
    /// `None` for `*`, which only a deny may say.
    pub act: Option<Act>,
    pub purpose: Purpose,
    pub fact: Option<Fact>,
    pub from: String,
    pub until: String,
    /// `None` for `none`, which is all that a deny may say.
    pub profile: Option<ProfileId>,
    pub allow: bool,
    /// The cells as they stand in the file, which is what the engine is given.
    pub cells: Vec<String>,
}

/// Which agencies a row speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    Anyone,
    Kind(Kind),
    Agency(AgencyId),
}

/// Whose data a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Anyone,
    /// The asker's own agency.
    Own,
    /// Not the asker's own agency.
    Other,
    Kind(Kind),
    Agency(AgencyId),
}

/// Which areas a row covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Area {
    Any,
    /// All areas of the request are the asker's.
    Own,
    /// Some area of the request is the asker's.
    Shared,
    /// An allow: the request is about this area alone. A deny: the request touches it.
    Code(AreaCode),
}

/// Which return types a row covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Types {
    /// Any, or none.
    Any,
    /// The request is about no return type.
    None,
    /// Every return type.
    All,
    Aggregate,
    Person,
    One(ReturnTypeId),
}

/// Which purposes a row covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Any, or none.
    Any,
    /// None was named.
    None,
    One(PurposeId),
}
