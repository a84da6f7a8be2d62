//! Obligations: which agency owes which return for which period, and where that stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::Due;
use crate::ids::EntryId;
use crate::submission::Identity;

/// One thing owed: the identity of the return and when it is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// The return owed.
    pub identity: Identity,
    /// When.
    pub due: Due,
}

/// What the log has said of one obligation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationRecord {
    /// When `overdue` was raised; remembered for ever.
    pub overdue_at: Option<Timestamp>,
    /// When it was cleared by an accepted return or nil.
    pub cleared_at: Option<Timestamp>,
    /// When the first acceptable return or nil was recorded: decides lateness.
    pub first_at: Option<Timestamp>,
    /// The submission in force.
    pub in_force: Option<InForce>,
    /// When a return was last refused for errors, if none was accepted since.
    pub rejected_at: Option<Timestamp>,
}

/// The submission that stands for an obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// Its id.
    pub submission: EntryId,
    /// Its version.
    pub version: u32,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whether it is a nil.
    pub nil: bool,
    /// How many queries its checks left.
    pub queries: u32,
}

/// Where an obligation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its period has not ended.
    NotDue,
    /// Its period has ended and its deadline has not passed.
    Due,
    /// Accepted.
    Accepted,
    /// Accepted, and its checks left queries.
    AcceptedWithQueries,
    /// The last attempt was refused for errors, and nothing is accepted.
    Rejected,
    /// The agency declared that there was nothing.
    NilDeclared,
    /// Its deadline has passed and nothing is accepted.
    Overdue,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::NotDue,
        State::Due,
        State::Accepted,
        State::AcceptedWithQueries,
        State::Rejected,
        State::NilDeclared,
        State::Overdue,
    ];

    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            State::NotDue => "not_due",
            State::Due => "due",
            State::Accepted => "accepted",
            State::AcceptedWithQueries => "accepted_with_queries",
            State::Rejected => "rejected",
            State::NilDeclared => "nil_declared",
            State::Overdue => "overdue",
        }
    }

    /// Whether something is still owed past its deadline.
    #[must_use]
    pub const fn is_missing(self) -> bool {
        matches!(self, State::Overdue)
    }
}

impl Obligation {
    /// The id of the entry that raises `overdue` for this obligation: always the same, so that it cannot be
    /// raised twice. The digest is the caller's SHA-256 of [`Obligation::overdue_seed`].
    #[must_use]
    pub fn overdue_seed(&self) -> String {
        let identity = &self.identity;
        let areas: Vec<&str> = identity.areas.iter().map(|area| area.as_str()).collect();
        format!(
            "concordat/overdue/v1\n{}\n{}\n{}\n{}\n{}\n",
            identity.agency,
            identity.return_type,
            areas.join(","),
            identity.covers,
            identity.part.as_deref().unwrap_or("")
        )
    }

    /// Where it stands at an instant, given what the log has said.
    #[must_use]
    pub fn state(&self, record: Option<&ObligationRecord>, now: Timestamp, period_end: Timestamp) -> State {
        match record.and_then(|record| record.in_force) {
            Some(in_force) if in_force.nil => State::NilDeclared,
            Some(in_force) if in_force.queries > 0 => State::AcceptedWithQueries,
            Some(_) => State::Accepted,
            None if now >= self.due.before => State::Overdue,
            None if record.is_some_and(|record| record.rejected_at.is_some()) => State::Rejected,
            None if now >= period_end => State::Due,
            None => State::NotDue,
        }
    }

    /// Whether the first acceptable return came at or after the deadline.
    #[must_use]
    pub fn was_late(&self, record: &ObligationRecord) -> bool {
        record.first_at.is_some_and(|first| first >= self.due.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obligation() -> Obligation {
        Obligation {
            identity: Identity {
                agency: "metropolitan-police".parse().unwrap(),
                return_type: "cds-police-quarterly".parse().unwrap(),
                areas: vec!["E09000012".parse().unwrap()],
                covers: crate::submission::Covers::Period("2022-23/Q4".parse().unwrap()),
                part: None,
            },
            due: Due { date: "2023-05-03".parse().unwrap(), before: "2023-05-03T16:00:00Z".parse().unwrap() },
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_deadline_itself_is_already_late() {
        let end = at("2023-03-31T23:00:00Z");
        let state = |now: &str, record| obligation().state(record, at(now), end);
        assert_eq!(state("2023-03-31T22:59:59Z", None), State::NotDue);
        assert_eq!(state("2023-03-31T23:00:00Z", None), State::Due);
        assert_eq!(state("2023-05-03T15:59:59Z", None), State::Due);
        assert_eq!(state("2023-05-03T16:00:00Z", None), State::Overdue);
    }

    #[test]
    fn lateness_is_remembered_after_the_return_came() {
        let record =
            ObligationRecord { first_at: Some(at("2023-05-03T16:00:00Z")), ..ObligationRecord::default() };
        assert!(obligation().was_late(&record));
        let record = ObligationRecord { first_at: Some(at("2023-05-03T15:59:59Z")), ..record };
        assert!(!obligation().was_late(&record));
    }

    #[test]
    fn obligations_of_two_periods_have_different_overdue_entries() {
        let mut other = obligation();
        other.identity.covers = crate::submission::Covers::Period("2022-23/Q3".parse().unwrap());
        assert_ne!(other.overdue_seed(), obligation().overdue_seed());
    }
}
