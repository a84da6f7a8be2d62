//! The same judgement in plain Rust over typed rows. It decides nothing: it gives the reasons of a denial
//! and the rows of a grant, and where it disagrees with the engine the answer is no.
//!
//! It sees every row of the bundle that speaks of the act and the return type, so it also notices a row lost on
//! the way into an engine.

mod index;

use concordat_core::decision::Fact;
use concordat_core::ids::RuleId;
use concordat_core::refusal::DenyReason;

use crate::question::Question;
use crate::row::{Area, Owner, Purpose, Row, Types, Who};

pub(crate) use index::Index;

/// A part of a row that a request can fail, the gravest first: a row that fails only the last ones is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// The row is about another act.
    Act,
    /// The row is about other return types.
    Type,
    /// The row needs a fact that is not true of the request.
    Fact,
    /// The row is about data of other owners.
    Owner,
    /// The row speaks of other agencies, or of a role that only other kinds of agency may hold.
    Agency,
    /// The row speaks of a role that the asker does not hold.
    Role,
    /// The row is for another purpose.
    Purpose,
    /// The row does not cover the areas.
    Area,
    /// The row has ended.
    Until,
    /// The row has not begun.
    From,
}

impl Clause {
    /// Every clause, the gravest first.
    pub const ALL: [Clause; 10] = [
        Clause::Act,
        Clause::Type,
        Clause::Fact,
        Clause::Owner,
        Clause::Agency,
        Clause::Role,
        Clause::Purpose,
        Clause::Area,
        Clause::Until,
        Clause::From,
    ];

    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Clause::Act => "act",
            Clause::Type => "type",
            Clause::Fact => "fact",
            Clause::Owner => "owner",
            Clause::Agency => "agency",
            Clause::Role => "role",
            Clause::Purpose => "purpose",
            Clause::Area => "area",
            Clause::Until => "until",
            Clause::From => "from",
        }
    }

    pub(crate) fn holds(self, row: &Row, question: &Question<'_>) -> bool {
        let request = question.request;
        match self {
            Clause::Act => row.act.is_none_or(|act| act == request.act),
            Clause::Type => match &row.rtype {
                Types::Any => true,
                Types::None => request.return_type.is_none(),
                Types::All => request.return_type.is_some(),
                Types::Aggregate => request.return_type.is_some() && !question.person_level,
                Types::Person => request.return_type.is_some() && question.person_level,
                Types::One(id) => request.return_type.as_ref() == Some(id),
            },
            Clause::Fact => row.fact.is_none_or(|fact| question.is(fact)),
            Clause::Owner => match &row.owner {
                Owner::Anyone => true,
                Owner::Own => question.own,
                Owner::Other => !question.own,
                Owner::Kind(kind) => question.owner_kind == Some(*kind),
                Owner::Agency(id) => request.owner.as_ref() == Some(id),
            },
            Clause::Agency => {
                row.role.as_ref().is_none_or(|role| question.may_hold(role))
                    && match &row.who {
                        Who::Anyone => true,
                        Who::Kind(kind) => *kind == request.asker.kind,
                        Who::Agency(id) => *id == request.asker.agency,
                    }
            }
            Clause::Role => row.role.as_ref().is_none_or(|role| question.roles.contains(&role)),
            Clause::Purpose => match &row.purpose {
                Purpose::Any => true,
                Purpose::None => request.purpose.is_none(),
                Purpose::One(id) => request.purpose.as_ref() == Some(id),
            },
            Clause::Area => match &row.area {
                Area::Any => true,
                Area::Own => question.within_own_areas(),
                Area::Shared => question.shares_an_area(),
                Area::Code(code) if row.allow => question.only_area() == Some(code),
                Area::Code(code) => request.areas.contains(code),
            },
            Clause::Until => question.day.as_str() <= row.until.as_str(),
            Clause::From => row.from.as_str() <= question.day.as_str(),
        }
    }

    const fn reason(self) -> DenyReason {
        match self {
            Clause::Act | Clause::Type | Clause::Fact | Clause::Owner | Clause::Agency => {
                DenyReason::NoAgreement
            }
            Clause::Role => DenyReason::NoRole,
            Clause::Purpose => DenyReason::WrongPurpose,
            Clause::Area => DenyReason::WrongArea,
            Clause::Until => DenyReason::Expired,
            Clause::From => DenyReason::NotYet,
        }
    }
}

/// What the rows say to a request.
pub(crate) struct Verdict<'a> {
    /// The rows that allow it.
    pub allows: Vec<&'a Row>,
    /// The rows that deny it.
    pub denies: Vec<&'a Row>,
    /// Where no row allows: the allow of those judged that came nearest, and what of it the request failed.
    pub nearest: Option<(&'a Row, Vec<Clause>)>,
}

impl Verdict<'_> {
    pub fn allowed(&self) -> bool {
        !self.allows.is_empty() && self.denies.is_empty()
    }

    /// Why not, and by which row; meaningless where the request is allowed.
    ///
    /// A row that denies for want of a purpose gives way to any other that denies, and counts as a wrong
    /// purpose, which is what the asker can mend.
    pub fn denial(&self) -> (DenyReason, Option<&RuleId>) {
        if let Some(row) = self.denies.iter().find(|row| row.purpose != Purpose::None) {
            let reason = match row.fact {
                Some(Fact::Withheld) => DenyReason::Withheld,
                _ => DenyReason::ExplicitDeny,
            };
            return (reason, Some(&row.id));
        }
        if let Some(row) = self.denies.first() {
            return (DenyReason::WrongPurpose, Some(&row.id));
        }
        match &self.nearest {
            Some((row, failed)) => {
                let reason = failed.first().map_or(DenyReason::PolicyError, |clause| clause.reason());
                (reason, Some(&row.id))
            }
            None => (DenyReason::NoAgreement, None),
        }
    }
}

/// Judges a request by rows, of which those about another act say nothing.
pub(crate) fn judge<'a>(rows: impl Iterator<Item = &'a Row>, question: &Question<'_>) -> Verdict<'a> {
    let mut verdict = Verdict { allows: Vec::new(), denies: Vec::new(), nearest: None };
    let (mut nearest, mut distance) = (None, u32::MAX);
    for row in rows.filter(|row| Clause::Act.holds(row, question)) {
        let failed = failed(row, question, distance);
        match (row.allow, failed) {
            (true, 0) => verdict.allows.push(row),
            (false, 0) => verdict.denies.push(row),
            (true, bits) if bits < distance => (nearest, distance) = (Some(row), bits),
            _ => {}
        }
    }
    if verdict.allows.is_empty() {
        verdict.nearest = nearest.map(|row| {
            (row, Clause::ALL.into_iter().filter(|clause| !clause.holds(row, question)).collect())
        });
    }
    verdict
}

/// The clauses failed, the gravest as the highest bit: of two rows the lesser number is the nearer. Stops
/// when a deny fails at all, or an allow is already farther than `distance`.
fn failed(row: &Row, question: &Question<'_>, distance: u32) -> u32 {
    let mut bits = 0_u32;
    for (place, clause) in (0..Clause::ALL.len()).rev().zip(Clause::ALL) {
        if !clause.holds(row, question) {
            bits |= 1 << place;
            if !row.allow || bits > distance {
                break;
            }
        }
    }
    bits
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod narrowing;
#[cfg(test)]
mod random;
