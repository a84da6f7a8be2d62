//! What a row becomes when it changes: the second half of [`crate::apply`], as pure as the first.

use crate::across::put;
use crate::apply::Change;
use crate::entry::Enrolled;
use crate::governance::Governance;
use crate::ids::{Digest, PrincipalId};
use crate::obligation::ObligationRecord;
use crate::row::{KeyRecord, PrincipalRecord, Row, Standing, VersionRecord};
use crate::submission::DeliveryState;
use jiff::Timestamp;

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
        Change::Withdrawn { withdrawal, .. } => match old {
            Some(Row::Submission(mut record)) => {
                record.withdrawn = Some(withdrawal);
                Some(Row::Submission(record))
            }
            _ => None,
        },
        Change::Ended { submission, .. } => match old {
            Some(Row::Version(record)) if record.submission == submission => {
                Some(Row::Version(VersionRecord { withdrawn: true, ..record }))
            }
            _ => None,
        },
        Change::Moved { state, .. } => match old {
            Some(Row::Delivery(mut record)) => {
                let from_queued = matches!(state, DeliveryState::Collected | DeliveryState::Withdrawn);
                if !from_queued || record.state == DeliveryState::Queued {
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
        Change::Met { .. }
        | Change::Lapsed { .. }
        | Change::Failed { .. }
        | Change::Raised { .. }
        | Change::Cleared { .. } => {
            let record = match old {
                Some(Row::Obligation(record)) => record,
                _ => ObligationRecord::default(),
            };
            Some(Row::Obligation(merge_obligation(record, &change)))
        }
        Change::Governed(change) => {
            let mut governance = match old {
                Some(Row::Governance(governance)) => governance,
                _ => Governance::default(),
            };
            governance.take(*change);
            Some(Row::Governance(governance))
        }
        Change::Compared { result, .. } => {
            let mut results = match old {
                Some(Row::Across(results)) => results,
                _ => Vec::new(),
            };
            put(&mut results, *result);
            Some(Row::Across(results))
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
                    standing.policies.push(index);
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
        // the next acceptable return decides lateness; it cannot come earlier than the one taken back
        Change::Lapsed { submission, .. }
            if record.in_force.is_some_and(|in_force| in_force.submission == *submission) =>
        {
            record.in_force = None;
            record.first_at = None;
            record.cleared_at = None;
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
