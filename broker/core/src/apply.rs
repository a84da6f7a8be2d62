//! What each entry changes: one pure function, the same at commit, at catch-up and at rebuild.
//!
//! [`apply`] says which rows change; [`merge`] says what a row becomes. Both know nothing of where rows are kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::{Accepted, Body, Enrolled, Entry};
use crate::ids::{AgencyId, AreaCode, Digest, EntryId, PrincipalId, RoleId, SendKey};
use crate::obligation::{InForce, ObligationRecord};
use crate::submission::{DeliveryRecord, DeliveryState, Identity, SubmissionRecord};

/// The name of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A submission by its id.
    Submission(EntryId),
    /// The version in force of a return.
    Version(Identity),
    /// What was sent under a client's key.
    Sent(AgencyId, SendKey),
    /// A delivery: recipient, index of the accepting entry.
    Delivery(AgencyId, u64),
    /// What the log says of an obligation.
    Obligation(Identity),
    /// A principal.
    Principal(PrincipalId),
    /// A key by the digest of its SubjectPublicKeyInfo.
    Key(Digest),
    /// An invitation by the digest of its token.
    Invitation(Digest),
    /// The partnership's one row of settings that entries change.
    Standing,
}

/// The content of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// Under [`Key::Submission`].
    Submission(Box<SubmissionRecord>),
    /// Under [`Key::Version`].
    Version(VersionRecord),
    /// Under [`Key::Sent`].
    Sent(SentRecord),
    /// Under [`Key::Delivery`].
    Delivery(DeliveryRecord),
    /// Under [`Key::Obligation`].
    Obligation(ObligationRecord),
    /// Under [`Key::Principal`].
    Principal(PrincipalRecord),
    /// Under [`Key::Key`]: whose it is.
    Key(PrincipalId),
    /// Under [`Key::Invitation`].
    Invitation(InvitationRecord),
    /// Under [`Key::Standing`].
    Standing(Standing),
}

/// The version in force of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// The submission.
    pub submission: EntryId,
    /// The index of its entry.
    pub index: u64,
    /// Its version.
    pub version: u32,
    /// The content digest; a store keeps its HMAC in this place.
    pub content: Digest,
}

/// What was sent under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRecord {
    /// The submission.
    pub submission: EntryId,
    /// The index of its entry.
    pub index: u64,
    /// The content digest; a store keeps its HMAC in this place.
    pub content: Digest,
}

/// A principal: roles and keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalRecord {
    /// Who.
    pub id: PrincipalId,
    /// The roles held, sorted; none once revoked.
    pub roles: Vec<RoleId>,
    /// The areas of the assignment, sorted.
    pub areas: Vec<AreaCode>,
    /// The last day of the assignment.
    pub until: Option<jiff::civil::Date>,
    /// The index of the entry that assigned them.
    pub assignment: u64,
    /// The index of the entry that last revoked the principal as a whole: invitations before it count no more.
    pub revoked: Option<u64>,
    /// Its keys.
    pub keys: Vec<KeyRecord>,
}

/// A registered key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key: Digest,
    /// The certificate's end, in machine time.
    pub not_after: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationRecord {
    /// Whom.
    pub principal: PrincipalId,
    /// The index of the entry that made it.
    pub index: u64,
    /// The roles it will hold.
    pub roles: Vec<RoleId>,
    /// The areas of the assignment.
    pub areas: Vec<AreaCode>,
    /// The last day of the assignment.
    pub until: Option<jiff::civil::Date>,
    /// When the token ends, in machine time.
    pub token_until: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// The partnership's settings that entries change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether the directory is a sample.
    pub sample: bool,
    /// How far the business clock is ahead of the machine's, in microseconds.
    pub clock_offset_us: i64,
    /// The policy bundle in force.
    pub policy: Option<Digest>,
    /// The index of the entry that loaded it.
    pub policy_index: Option<u64>,
    /// The catalogue in force.
    pub catalogue: Option<Digest>,
}

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
    /// A delivery moved on. Collecting moves a queued one only.
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
            vec![Change::PolicySet { policy: loaded.policy, catalogue: loaded.catalogue, index: entry.index }]
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
            Some(identity) if refused.code == "invalid" => {
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
        Body::ClockMoved(moved) => vec![Change::ClockSet { offset_us: moved.offset_us }],
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
        nil: accepted.nil,
        person_level: accepted.person_level,
        queries: accepted.counts.queries,
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
    if matches!(accepted.identity.covers, crate::submission::Covers::Period(_)) {
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

impl Change {
    /// The row that changes.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Change::Submitted(record) => Key::Submission(record.id),
            Change::Superseded { id, .. } => Key::Submission(*id),
            Change::InForce { identity, .. } => Key::Version(identity.clone()),
            Change::KeyUsed { agency, key, .. } => Key::Sent(agency.clone(), *key),
            Change::Queued(record) => Key::Delivery(record.recipient.clone(), record.index),
            Change::Moved { recipient, index, .. } | Change::Reported { recipient, index } => {
                Key::Delivery(recipient.clone(), *index)
            }
            Change::Met { identity, .. }
            | Change::Failed { identity, .. }
            | Change::Raised { identity, .. }
            | Change::Cleared { identity, .. } => Key::Obligation(identity.clone()),
            Change::InvitationMade { token, .. } | Change::InvitationUsed { token, .. } => {
                Key::Invitation(*token)
            }
            Change::Enrolled { enrolled, .. } => Key::Principal(enrolled.principal.clone()),
            Change::KeyOwner { key, .. } => Key::Key(*key),
            Change::Revoked { principal, .. } => Key::Principal(principal.clone()),
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

/// What a row becomes. `None` means that the row stays as it is: the change speaks of a row that is not there.
#[must_use]
pub fn merge(old: Option<Row>, change: Change) -> Option<Row> {
    match change {
        Change::Submitted(record) => Some(Row::Submission(record)),
        Change::InForce { record, .. } => Some(Row::Version(record)),
        Change::KeyUsed { record, .. } => Some(Row::Sent(record)),
        Change::Queued(record) => Some(Row::Delivery(record)),
        Change::InvitationMade { record, .. } => Some(Row::Invitation(record)),
        Change::KeyOwner { principal, .. } => Some(Row::Key(principal)),
        Change::Superseded { by, .. } => match old {
            Some(Row::Submission(mut record)) => {
                record.superseded_by = Some(by);
                Some(Row::Submission(record))
            }
            _ => None,
        },
        Change::Moved { state, .. } => match old {
            Some(Row::Delivery(mut record)) => {
                if state != DeliveryState::Collected || record.state == DeliveryState::Queued {
                    record.state = state;
                }
                Some(Row::Delivery(record))
            }
            _ => None,
        },
        Change::Reported { .. } => match old {
            Some(Row::Delivery(mut record)) => {
                record.reported = true;
                Some(Row::Delivery(record))
            }
            _ => None,
        },
        Change::Met { .. } | Change::Failed { .. } | Change::Raised { .. } | Change::Cleared { .. } => {
            let record = match old {
                Some(Row::Obligation(record)) => record,
                _ => ObligationRecord::default(),
            };
            Some(Row::Obligation(merge_obligation(record, &change)))
        }
        Change::InvitationUsed { at, .. } => match old {
            Some(Row::Invitation(mut record)) => {
                record.used_at = Some(at);
                Some(Row::Invitation(record))
            }
            _ => None,
        },
        Change::Enrolled { enrolled, index } => {
            let (keys, revoked) = match old {
                Some(Row::Principal(record)) => (record.keys, record.revoked),
                _ => (Vec::new(), None),
            };
            Some(Row::Principal(merge_enrolled(keys, revoked, enrolled, index)))
        }
        Change::Revoked { principal, key, at, index } => {
            let record = match old {
                Some(Row::Principal(record)) => record,
                _ => unknown(principal),
            };
            Some(Row::Principal(merge_revoked(record, key, at, index)))
        }
        Change::Opened { .. } | Change::PolicySet { .. } | Change::ClockSet { .. } => {
            let mut standing = match old {
                Some(Row::Standing(standing)) => standing,
                _ => Standing::default(),
            };
            match change {
                Change::Opened { sample, clock_offset_us } => {
                    standing.sample = sample;
                    standing.clock_offset_us = clock_offset_us;
                }
                Change::PolicySet { policy, catalogue, index } => {
                    standing.policy = Some(policy);
                    standing.catalogue = Some(catalogue);
                    standing.policy_index = Some(index);
                }
                Change::ClockSet { offset_us } => standing.clock_offset_us = offset_us,
                _ => {}
            }
            Some(Row::Standing(standing))
        }
    }
}

fn merge_obligation(mut record: ObligationRecord, change: &Change) -> ObligationRecord {
    match change {
        Change::Met { in_force, .. } => {
            record.first_at.get_or_insert(in_force.recorded_at);
            record.in_force = Some(*in_force);
            record.rejected_at = None;
        }
        Change::Failed { at, .. } if record.in_force.is_none() => record.rejected_at = Some(*at),
        Change::Raised { at, .. } => {
            record.overdue_at.get_or_insert(*at);
        }
        Change::Cleared { at, .. } => record.cleared_at = Some(*at),
        _ => {}
    }
    record
}

/// A principal that was invited and never enrolled.
fn unknown(id: PrincipalId) -> PrincipalRecord {
    PrincipalRecord {
        id,
        roles: Vec::new(),
        areas: Vec::new(),
        until: None,
        assignment: 0,
        revoked: None,
        keys: Vec::new(),
    }
}

fn merge_enrolled(
    mut keys: Vec<KeyRecord>,
    revoked: Option<u64>,
    enrolled: Enrolled,
    index: u64,
) -> PrincipalRecord {
    keys.retain(|key| key.key != enrolled.key);
    keys.push(KeyRecord { key: enrolled.key, not_after: enrolled.not_after, revoked_at: None });
    PrincipalRecord {
        id: enrolled.principal,
        roles: enrolled.roles,
        areas: enrolled.areas,
        until: enrolled.until,
        assignment: index,
        revoked,
        keys,
    }
}

fn merge_revoked(
    mut record: PrincipalRecord,
    key: Option<Digest>,
    at: Timestamp,
    index: u64,
) -> PrincipalRecord {
    for held in &mut record.keys {
        if key.is_none_or(|key| key == held.key) {
            held.revoked_at.get_or_insert(at);
        }
    }
    if key.is_none() {
        record.roles.clear();
        record.assignment = index;
        record.revoked = Some(index);
    }
    record
}

#[cfg(test)]
mod tests;
