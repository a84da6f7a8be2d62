//! How policy is changed by two people, and how one person stops something at once.
//!
//! A change is proposed by one principal, approved by another, and brought into force. A suspension, a return to
//! the policies of before and an emergency load on the host are one person's acts: each waits for a second person's
//! review, and stands in the list until it has one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::Judged;
use crate::ids::{AgencyId, Digest, PrincipalId, ReturnTypeId};

/// What may be suspended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An agency: nothing that its principals ask is allowed.
    Agency(AgencyId),
    /// A principal: nothing that it asks is allowed.
    Principal(PrincipalId),
    /// A return type: it is neither sent, delivered, listed nor read.
    ReturnType(ReturnTypeId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Agency(id) => write!(f, "agency {id}"),
            Subject::Principal(id) => write!(f, "principal {id}"),
            Subject::ReturnType(id) => write!(f, "return type {id}"),
        }
    }
}

/// A change of policy was proposed; its bytes are the entry's bundle section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyProposed {
    /// The digest of the policy bundle.
    pub policy: Digest,
    /// The digest of the catalogue.
    pub catalogue: Digest,
    /// Every file under `policies/`, by path and SHA-256.
    pub files: Vec<(String, Digest)>,
    /// Why.
    pub reason: String,
    /// Who proposes it.
    pub by: PrincipalId,
    /// The decision that permitted it.
    pub judged: Judged,
}

/// What was answered to a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Another person approves of it.
    Approved,
    /// Another person rejects it.
    Rejected,
    /// Who proposed it takes it back.
    TakenBack,
    /// The broker could not bring it into force at its time.
    Lapsed,
}

impl Answer {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Answer::Approved => "approved",
            Answer::Rejected => "rejected",
            Answer::TakenBack => "taken_back",
            Answer::Lapsed => "lapsed",
        }
    }
}

/// A proposal was approved, rejected or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAnswered {
    /// The index of the proposal's entry.
    pub proposal: u64,
    /// What was answered.
    pub answer: Answer,
    /// The index of the entry under whose policies it was answered: what an approval compared the proposal with.
    pub base: u64,
    /// Why.
    pub reason: String,
    /// Who answered: a principal, or the broker on its clock.
    pub by: String,
    /// The decision that permitted it; none for the broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
}

/// An approved proposal is to come into force at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyScheduled {
    /// The index of the proposal's entry.
    pub proposal: u64,
    /// When, in business time.
    pub at: Timestamp,
    /// Who says so.
    pub by: PrincipalId,
    /// The decision that permitted it.
    pub judged: Judged,
}

/// How policies came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChange {
    /// Why.
    pub reason: String,
    /// Which way.
    pub way: Way,
    /// The decision that permitted who brought it into force; none for the broker on its clock and the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
}

/// The ways in which policies come into force once two people look after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Proposed by one person and approved by another.
    Approved {
        /// The index of the proposal's entry.
        proposal: u64,
        /// Who proposed it.
        proposed_by: PrincipalId,
        /// Who approved it.
        approved_by: String,
    },
    /// The policies that an earlier entry brought into force, again, where that lets nobody do more.
    RolledBack {
        /// The index of that entry.
        to: u64,
    },
    /// Loaded on the host by the operator alone.
    Emergency,
    /// Loaded on the host before there were two people to look after it.
    Founding,
}

/// Something is suspended from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// What.
    pub subject: Subject,
    /// Why.
    pub reason: String,
    /// Who suspends it.
    pub by: PrincipalId,
    /// The decision that permitted it.
    pub judged: Judged,
}

/// A second person reviewed what one person did alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The index of the entry reviewed.
    pub of: u64,
    /// Whether it stands. A suspension that does not stand is lifted.
    pub stands: bool,
    /// Why.
    pub reason: String,
    /// Who reviewed it: a principal, or the operating user.
    pub by: String,
    /// The decision that permitted it; none for the operating user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
}

/// Where a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// It waits for a second person.
    Proposed,
    /// It was approved.
    Approved {
        /// By whom.
        by: String,
        /// Under the policies of which entry.
        base: u64,
        /// When it is to come into force; when somebody says so where absent.
        at: Option<Timestamp>,
    },
    /// It came to nothing.
    Ended(Answer),
    /// It came into force.
    InForce {
        /// The index of the entry.
        index: u64,
    },
}

impl ProposalState {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            ProposalState::Proposed => "proposed",
            ProposalState::Approved { at: None, .. } => "approved",
            ProposalState::Approved { at: Some(_), .. } => "scheduled",
            ProposalState::Ended(answer) => answer.as_str(),
            ProposalState::InForce { .. } => "activated",
        }
    }

    /// Whether it may still come into force.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, ProposalState::Proposed | ProposalState::Approved { .. })
    }
}

/// A proposed change of policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRecord {
    /// The index of its entry.
    pub index: u64,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
    /// Why.
    pub reason: String,
    /// The digest of its policy bundle.
    pub policy: Digest,
    /// Where it stands.
    pub state: ProposalState,
}

/// What one person did alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alone {
    /// Suspended something.
    Suspension(Subject),
    /// Brought back the policies of an earlier entry.
    Rollback,
    /// Loaded policies on the host.
    EmergencyLoad,
}

/// An act of one person, and its review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AloneRecord {
    /// The index of its entry.
    pub index: u64,
    /// When it was done.
    pub at: Timestamp,
    /// By whom: a principal, or the operating user.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What was done.
    pub act: Alone,
    /// What a second person said of it; nobody has where absent.
    pub review: Option<Review>,
}

/// A second person's review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The index of its entry.
    pub index: u64,
    /// Whether the act stands.
    pub stands: bool,
    /// By whom.
    pub by: String,
}

/// Proposals, suspensions and whatever waits for a review: the newest, and all that are open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Governance {
    /// Proposals by index.
    pub proposals: Vec<ProposalRecord>,
    /// Acts of one person by index.
    pub alone: Vec<AloneRecord>,
}

/// One change of the [`Governance`].
#[derive(Debug, Clone, PartialEq)]
pub enum Governed {
    /// A proposal was made.
    Proposed(ProposalRecord),
    /// A proposal moved on.
    Moved {
        /// The index of its entry.
        proposal: u64,
        /// Where it stands now.
        state: ProposalState,
    },
    /// An approved proposal got a time.
    Scheduled {
        /// The index of its entry.
        proposal: u64,
        /// The time.
        at: Timestamp,
    },
    /// One person did something.
    Alone(AloneRecord),
    /// A second person reviewed it.
    Reviewed {
        /// The index of the act's entry.
        of: u64,
        /// The review.
        review: Review,
    },
}

/// What is over is kept this often; what is open is always kept.
const KEPT: usize = 50;

impl Governance {
    /// Takes a change up.
    pub fn take(&mut self, change: Governed) {
        match change {
            Governed::Proposed(record) => {
                self.proposals.push(record);
                shorten(&mut self.proposals, |record| record.state.is_open());
            }
            Governed::Moved { proposal, state } => {
                if let Some(record) = self.proposal_mut(proposal) {
                    record.state = state;
                }
            }
            Governed::Scheduled { proposal, at: time } => {
                if let Some(ProposalRecord { state: ProposalState::Approved { at, .. }, .. }) =
                    self.proposal_mut(proposal)
                {
                    *at = Some(time);
                }
            }
            Governed::Alone(record) => {
                self.alone.push(record);
                shorten(&mut self.alone, AloneRecord::is_open);
            }
            Governed::Reviewed { of, review } => {
                if let Some(record) = self.alone.iter_mut().find(|record| record.index == of) {
                    record.review = Some(review);
                }
            }
        }
    }

    /// A proposal by the index of its entry.
    #[must_use]
    pub fn proposal(&self, index: u64) -> Option<&ProposalRecord> {
        self.proposals.iter().find(|record| record.index == index)
    }

    fn proposal_mut(&mut self, index: u64) -> Option<&mut ProposalRecord> {
        self.proposals.iter_mut().find(|record| record.index == index)
    }

    /// Everything that is suspended now.
    pub fn suspended(&self) -> impl Iterator<Item = &Subject> {
        self.alone.iter().filter_map(|record| match (&record.act, &record.review) {
            (Alone::Suspension(_), Some(review)) if !review.stands => None,
            (Alone::Suspension(subject), _) => Some(subject),
            _ => None,
        })
    }
}

impl AloneRecord {
    /// Whether it still matters: it waits for its review, or it is a suspension that stands.
    fn is_open(&self) -> bool {
        match (&self.act, &self.review) {
            (_, None) => true,
            (Alone::Suspension(_), Some(review)) => review.stands,
            _ => false,
        }
    }
}

/// Forgets the oldest of those that are over, when there are too many of them.
fn shorten<T>(records: &mut Vec<T>, is_open: impl Fn(&T) -> bool) {
    let mut over = records.iter().filter(|record| !is_open(record)).count().saturating_sub(KEPT);
    records.retain(|record| {
        let goes = over > 0 && !is_open(record);
        over = over.saturating_sub(usize::from(goes));
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspension(index: u64, agency: &str) -> AloneRecord {
        AloneRecord {
            index,
            at: Timestamp::UNIX_EPOCH,
            by: "chscp/lead".to_owned(),
            reason: "r".to_owned(),
            act: Alone::Suspension(Subject::Agency(agency.parse().unwrap())),
            review: None,
        }
    }

    fn review(stands: bool) -> Review {
        Review { index: 9, stands, by: "chscp/other".to_owned() }
    }

    #[test]
    fn a_suspension_holds_until_a_review_lifts_it_and_one_of_two_is_not_lifted_with_the_other() {
        let mut governance = Governance::default();
        governance.take(Governed::Alone(suspension(1, "elft")));
        governance.take(Governed::Alone(suspension(2, "elft")));
        governance.take(Governed::Reviewed { of: 1, review: review(false) });
        assert_eq!(governance.suspended().count(), 1, "the second still holds");
        governance.take(Governed::Reviewed { of: 2, review: review(true) });
        assert_eq!(governance.suspended().count(), 1, "a review that lets it stand changes nothing");
        governance.take(Governed::Reviewed { of: 2, review: review(false) });
        assert_eq!(governance.suspended().count(), 0);
    }

    #[test]
    fn what_is_over_is_forgotten_in_time_and_what_is_open_never() {
        let mut governance = Governance::default();
        governance.take(Governed::Alone(suspension(0, "elft")));
        for index in 1..200 {
            governance.take(Governed::Alone(suspension(index, "homerton")));
            governance.take(Governed::Reviewed { of: index, review: review(false) });
        }
        assert!(governance.alone.len() <= KEPT + 2, "{}", governance.alone.len());
        assert_eq!(governance.suspended().map(ToString::to_string).collect::<Vec<_>>(), ["agency elft"]);
    }
}
