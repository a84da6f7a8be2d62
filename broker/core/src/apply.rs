//! What each entry changes: one pure function, the same at commit, at catch-up and at rebuild.
//!
//! [`apply`] says which rows change; [`merge`] says what a row becomes. Both know nothing of where rows are kept.

mod governed;

use jiff::Timestamp;

pub use crate::merge::merge;
pub use crate::row::{
    InvitationRecord, Key, KeyRecord, PrincipalRecord, Row, SentRecord, Standing, VersionRecord,
};

use crate::across::Compared;
use crate::apply::governed::governed;
use crate::entry::{Accepted, Body, Enrolled, Entry};
use crate::explanation::unexplained;
use crate::governance::Governed;
use crate::ids::{AgencyId, Digest, EntryId, PrincipalId, SendKey};
use crate::obligation::InForce;
use crate::submission::{Covers, DeliveryRecord, DeliveryState, Identity, SubmissionRecord};
use crate::withdrawal::{Withdrawal, Withdrawn};

/// One change of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A submission came to be.
    Submitted(Box<SubmissionRecord>),
    /// A submission was replaced by another.
    Superseded {
        /// The older.
        id: EntryId,
        /// The newer.
        by: EntryId,
    },
    /// A submission was taken back.
    Withdrawn {
        /// Which.
        id: EntryId,
        /// When and why.
        withdrawal: Withdrawal,
    },
    /// The version in force was taken back.
    Ended {
        /// Of which return.
        identity: Identity,
        /// The submission that was in force.
        submission: EntryId,
    },
    /// A version came into force.
    InForce {
        /// Of which return.
        identity: Identity,
        /// The version.
        record: VersionRecord,
    },
    /// A client's key was used.
    KeyUsed {
        /// By which agency.
        agency: AgencyId,
        /// The key.
        key: SendKey,
        /// For what.
        record: SentRecord,
    },
    /// A delivery was queued.
    Queued(DeliveryRecord),
    /// A delivery moved on. Collecting and taking back move a queued one only.
    Moved {
        /// The recipient.
        recipient: AgencyId,
        /// The index of the accepting entry.
        index: u64,
        /// Where it stands now.
        state: DeliveryState,
    },
    /// A non-delivery was reported.
    Reported {
        /// The recipient.
        recipient: AgencyId,
        /// The index of the accepting entry.
        index: u64,
    },
    /// Something acceptable came for an obligation.
    Met {
        /// The return.
        identity: Identity,
        /// What stands for it now.
        in_force: InForce,
    },
    /// What stood for an obligation was taken back.
    Lapsed {
        /// The return.
        identity: Identity,
        /// The submission that stood for it.
        submission: EntryId,
    },
    /// An attempt was refused for errors.
    Failed {
        /// The return.
        identity: Identity,
        /// When.
        at: Timestamp,
    },
    /// Overdue was raised.
    Raised {
        /// The return.
        identity: Identity,
        /// When.
        at: Timestamp,
    },
    /// Overdue was cleared.
    Cleared {
        /// The return.
        identity: Identity,
        /// When.
        at: Timestamp,
    },
    /// A submission was compared with returns of other agencies.
    Compared {
        /// The submission.
        submission: EntryId,
        /// What came of it.
        result: Box<Compared>,
    },
    /// An invitation was made.
    InvitationMade {
        /// SHA-256 of the token.
        token: Digest,
        /// The invitation.
        record: InvitationRecord,
    },
    /// An invitation was used.
    InvitationUsed {
        /// SHA-256 of the token.
        token: Digest,
        /// When.
        at: Timestamp,
    },
    /// A key was enrolled and its principal's roles assigned.
    Enrolled {
        /// The entry's words.
        enrolled: Enrolled,
        /// The entry's index.
        index: u64,
    },
    /// A key belongs to a principal.
    KeyOwner {
        /// SHA-256 of the key's SubjectPublicKeyInfo.
        key: Digest,
        /// Whose.
        principal: PrincipalId,
    },
    /// A principal, or one key, was revoked.
    Revoked {
        /// Who.
        principal: PrincipalId,
        /// Which key; all, and the roles, when absent.
        key: Option<Digest>,
        /// When.
        at: Timestamp,
        /// The entry's index.
        index: u64,
    },
    /// The log began.
    Opened {
        /// Whether it is a sample.
        sample: bool,
        /// The business clock's lead.
        clock_offset_us: i64,
    },
    /// A policy came into force.
    PolicySet {
        /// The bundle.
        policy: Digest,
        /// The catalogue.
        catalogue: Digest,
        /// The entry's index.
        index: u64,
    },
    /// Something moved on in how policy is looked after.
    Governed(Box<Governed>),
    /// The business clock was moved.
    ClockSet {
        /// Its lead in microseconds.
        offset_us: i64,
    },
}

/// What an entry changes.
#[must_use]
pub fn apply(entry: &Entry) -> Vec<Change> {
    let at = entry.recorded_at;
    match &entry.body {
        Body::Opened(opened) => {
            vec![Change::Opened { sample: opened.sample, clock_offset_us: opened.clock_offset_us }]
        }
        Body::PolicyLoaded(loaded) => {
            let set =
                Change::PolicySet { policy: loaded.policy, catalogue: loaded.catalogue, index: entry.index };
            std::iter::once(set).chain(governed(entry)).collect()
        }
        Body::Invited(invited) => vec![Change::InvitationMade {
            token: invited.token,
            record: InvitationRecord {
                principal: invited.principal.clone(),
                index: entry.index,
                roles: invited.roles.clone(),
                areas: invited.areas.clone(),
                until: invited.until,
                token_until: invited.token_until,
                used_at: None,
            },
        }],
        Body::Enrolled(enrolled) => vec![
            Change::InvitationUsed { token: enrolled.token, at },
            Change::KeyOwner { key: enrolled.key, principal: enrolled.principal.clone() },
            Change::Enrolled { enrolled: enrolled.clone(), index: entry.index },
        ],
        Body::Revoked(revoked) => vec![Change::Revoked {
            principal: revoked.principal.clone(),
            key: revoked.key,
            at,
            index: entry.index,
        }],
        Body::Accepted(accepted) => apply_accepted(entry, accepted),
        Body::Refused(refused) => match &refused.identity {
            // completeness never speaks of events, refused ones included
            Some(identity) if refused.code == "invalid" && matches!(identity.covers, Covers::Period(_)) => {
                vec![Change::Failed { identity: identity.clone(), at }]
            }
            _ => Vec::new(),
        },
        Body::Released(released) => released
            .judged
            .request
            .owner
            .as_ref()
            .filter(|owner| **owner != released.to.agency)
            .map(|_| Change::Moved {
                recipient: released.to.agency.clone(),
                index: released.index,
                state: DeliveryState::Collected,
            })
            .into_iter()
            .collect(),
        Body::Answered(answered) => vec![Change::Moved {
            recipient: answered.by.agency.clone(),
            index: answered.index,
            state: match answered.rejected {
                Some(_) => DeliveryState::Rejected,
                None => DeliveryState::Acknowledged,
            },
        }],
        Body::NotCollected(uncollected) => {
            vec![Change::Reported { recipient: uncollected.recipient.clone(), index: uncollected.index }]
        }
        Body::OverdueRaised(overdue) => vec![Change::Raised { identity: overdue.identity.clone(), at }],
        Body::OverdueCleared(cleared) => vec![Change::Cleared { identity: cleared.identity.clone(), at }],
        Body::Withdrawn(withdrawn) => apply_withdrawn(entry, withdrawn),
        Body::PolicyProposed(_)
        | Body::PolicyAnswered(_)
        | Body::PolicyScheduled(_)
        | Body::Suspended(_)
        | Body::Reviewed(_) => governed(entry).into_iter().collect(),
        Body::ClockMoved(moved) => vec![Change::ClockSet { offset_us: moved.offset_us }],
        Body::ComparedAcross(compared) => {
            let of = |result: &Compared, submission: EntryId| Change::Compared {
                submission,
                result: Box::new(result.clone()),
            };
            let each = compared.results.iter();
            each.flat_map(|result| result.returns.iter().map(move |party| of(result, party.submission)))
                .collect()
        }
        Body::Denied(_)
        | Body::RefusedUnheard(_)
        | Body::AuditRead(_)
        | Body::Administered(_)
        | Body::TailCut(_) => Vec::new(),
    }
}

fn apply_accepted(entry: &Entry, accepted: &Accepted) -> Vec<Change> {
    let version = VersionRecord {
        submission: entry.id,
        index: entry.index,
        version: accepted.version,
        content: accepted.content,
        withdrawn: false,
    };
    let mut changes = Vec::with_capacity(6 + accepted.recipients.len());
    if let Some(replaces) = &accepted.replaces {
        changes.push(Change::Superseded { id: replaces.submission, by: entry.id });
    }
    changes.push(Change::Submitted(Box::new(SubmissionRecord {
        id: entry.id,
        index: entry.index,
        recorded_at: entry.recorded_at,
        identity: accepted.identity.clone(),
        version: accepted.version,
        replaces: accepted.replaces.clone(),
        superseded_by: None,
        withdrawn: None,
        nil: accepted.nil,
        person_level: accepted.person_level,
        queries: accepted.counts.queries,
        explanations: accepted.explanations.clone(),
        unexplained: unexplained(
            accepted.found.iter().map(|found| (&found.rule, found.severity)),
            &accepted.explanations,
        ),
        left_out: accepted.left_out.clone(),
        purpose: accepted.purpose.clone(),
        type_digest: accepted.type_digest,
        submitted_by: accepted.submitted_by.clone(),
        recipients: accepted.recipients.clone(),
        payload: accepted.payload,
    })));
    changes.push(Change::InForce { identity: accepted.identity.clone(), record: version });
    changes.push(Change::KeyUsed {
        agency: accepted.identity.agency.clone(),
        key: accepted.key,
        record: SentRecord { submission: entry.id, index: entry.index, content: accepted.content },
    });
    changes.extend(accepted.recipients.iter().map(|recipient| {
        Change::Queued(DeliveryRecord {
            recipient: recipient.agency.clone(),
            submission: entry.id,
            index: entry.index,
            state: DeliveryState::Queued,
            reported: false,
            collect_by: recipient.collect_by,
        })
    }));
    // completeness never speaks of events: a count of them would already tell that one exists
    if matches!(accepted.identity.covers, Covers::Period(_)) {
        changes.push(Change::Met {
            identity: accepted.identity.clone(),
            in_force: InForce {
                submission: entry.id,
                version: accepted.version,
                recorded_at: entry.recorded_at,
                nil: accepted.nil,
                queries: accepted.counts.queries,
            },
        });
    }
    changes
}

fn apply_withdrawn(entry: &Entry, withdrawn: &Withdrawn) -> Vec<Change> {
    let withdrawal = Withdrawal { at: entry.recorded_at, reason: withdrawn.reason, index: entry.index };
    let mut changes = Vec::new();
    for recalled in &withdrawn.submissions {
        changes.push(Change::Withdrawn { id: recalled.submission, withdrawal });
        changes.extend(recalled.recipients.iter().map(|recipient| Change::Moved {
            recipient: recipient.clone(),
            index: recalled.index,
            state: DeliveryState::Withdrawn,
        }));
    }
    if let Some(in_force) = withdrawn.submissions.first() {
        let (identity, submission) = (withdrawn.identity.clone(), in_force.submission);
        changes.push(Change::Ended { identity: identity.clone(), submission });
        if matches!(identity.covers, Covers::Period(_)) {
            changes.push(Change::Lapsed { identity, submission });
        }
    }
    changes
}

impl Change {
    /// The row that changes.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Change::Submitted(record) => Key::Submission(record.id),
            Change::Superseded { id, .. } | Change::Withdrawn { id, .. } => Key::Submission(*id),
            Change::InForce { identity, .. } | Change::Ended { identity, .. } => {
                Key::Version(identity.clone())
            }
            Change::KeyUsed { agency, key, .. } => Key::Sent(agency.clone(), *key),
            Change::Queued(record) => Key::Delivery(record.recipient.clone(), record.index),
            Change::Moved { recipient, index, .. } | Change::Reported { recipient, index } => {
                Key::Delivery(recipient.clone(), *index)
            }
            Change::Met { identity, .. }
            | Change::Lapsed { identity, .. }
            | Change::Failed { identity, .. }
            | Change::Raised { identity, .. }
            | Change::Cleared { identity, .. } => Key::Obligation(identity.clone()),
            Change::Compared { submission, .. } => Key::Across(*submission),
            Change::InvitationMade { token, .. } | Change::InvitationUsed { token, .. } => {
                Key::Invitation(*token)
            }
            Change::Enrolled { enrolled, .. } => Key::Principal(enrolled.principal.clone()),
            Change::KeyOwner { key, .. } => Key::Key(*key),
            Change::Revoked { principal, .. } => Key::Principal(principal.clone()),
            Change::Governed(_) => Key::Governance,
            Change::Opened { .. } | Change::PolicySet { .. } | Change::ClockSet { .. } => Key::Standing,
        }
    }

    /// Whether the row becomes what the change says whatever it was, so that it need not be read first.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(
            self,
            Change::Submitted(_)
                | Change::InForce { .. }
                | Change::KeyUsed { .. }
                | Change::Queued(_)
                | Change::InvitationMade { .. }
                | Change::KeyOwner { .. }
        )
    }
}

#[cfg(test)]
mod tests;
