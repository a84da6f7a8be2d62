//! What an entry changes in how policy is looked after.

use crate::apply::Change;
use crate::entry::{Body, Entry};
use crate::governance::{
    Alone, AloneRecord, Answer, Governed, PolicyAnswered, ProposalRecord, ProposalState, Review, Way,
};

pub(super) fn governed(entry: &Entry) -> Option<Change> {
    change(entry).map(|change| Change::Governed(Box::new(change)))
}

fn change(entry: &Entry) -> Option<Governed> {
    Some(match &entry.body {
        Body::PolicyProposed(proposed) => Governed::Proposed(ProposalRecord {
            index: entry.index,
            proposed_at: entry.recorded_at,
            by: proposed.by.clone(),
            reason: proposed.reason.clone(),
            policy: proposed.policy,
            state: ProposalState::Proposed,
        }),
        Body::PolicyAnswered(answered) => {
            Governed::Moved { proposal: answered.proposal, state: state_after(answered) }
        }
        Body::PolicyScheduled(scheduled) => {
            Governed::Scheduled { proposal: scheduled.proposal, at: scheduled.at }
        }
        Body::PolicyLoaded(loaded) => {
            let change = loaded.change.as_ref()?;
            match &change.way {
                Way::Approved { proposal, .. } => Governed::Moved {
                    proposal: *proposal,
                    state: ProposalState::InForce { index: entry.index },
                },
                Way::RolledBack { .. } => alone(entry, &loaded.by, &change.reason, Alone::Rollback),
                Way::Emergency => alone(entry, &loaded.by, &change.reason, Alone::EmergencyLoad),
                Way::Founding => return None,
            }
        }
        Body::Suspended(suspended) => alone(
            entry,
            &suspended.by.to_string(),
            &suspended.reason,
            Alone::Suspension(suspended.subject.clone()),
        ),
        Body::Reviewed(reviewed) => Governed::Reviewed {
            of: reviewed.of,
            review: Review { index: entry.index, stands: reviewed.stands, by: reviewed.by.clone() },
        },
        _ => return None,
    })
}

fn state_after(answered: &PolicyAnswered) -> ProposalState {
    match answered.answer {
        Answer::Approved => {
            ProposalState::Approved { by: answered.by.clone(), base: answered.base, at: None }
        }
        Answer::Rejected | Answer::TakenBack | Answer::Lapsed => ProposalState::Ended(answered.answer),
    }
}

fn alone(entry: &Entry, by: &str, reason: &str, act: Alone) -> Governed {
    Governed::Alone(AloneRecord {
        index: entry.index,
        at: entry.recorded_at,
        by: by.to_owned(),
        reason: reason.to_owned(),
        act,
        review: None,
    })
}
