//! Entries for trying a store with.

use std::io::Read as _;

use concordat_core::across::{Compared, ComparedAcross, Outcome, Party};
use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Asker, DecisionRequest, Grant};
use concordat_core::entry::{
    Accepted, Answered, Body, Denied, Enrolled, Invited, Judged, Overdue, OverdueCleared, Refused, Released,
    Revoked, Uncollected,
};
use concordat_core::fault::Fault;
use concordat_core::finding::Counts;
use concordat_core::ids::{AgencyId, Digest, EntryId, PrincipalId, SendKey};
use concordat_core::submission::{Covers, Identity, PayloadAt, Recipient, ReplaceReason, Replaces};
use concordat_core::withdrawal::{Recalled, WithdrawReason, Withdrawn};
use concordat_seal::{KeyId, RetentionClass, SealFault, Sealed, SectionClass};
use jiff::{SignedDuration, Timestamp};

use crate::proposal::{Appended, Committed, Logged, Payload, Precondition, Proposal, Unmet};
use crate::spool::Spooled;
use crate::store::Store;

/// When the clock of every trial starts.
#[must_use]
pub fn start() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An id made of a number.
#[must_use]
pub fn id(number: u64) -> EntryId {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    EntryId([7, 7, 7, 7, 7, 7, 7, 7, a, b, c, d, e, f, g, h])
}

/// A digest made of a number.
#[must_use]
pub fn digest(number: u64) -> Digest {
    Digest(concordat_ledger::sha256(&[&number.to_be_bytes()]).0)
}

/// A submission key made of a number.
#[must_use]
pub fn send_key(number: u64) -> SendKey {
    SendKey(id(number).0)
}

fn name<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    #[expect(clippy::unwrap_used, reason = "the names of a trial are right")]
    text.parse().unwrap()
}

/// An agency of the trial.
#[must_use]
pub fn agency(text: &str) -> AgencyId {
    name(text)
}

/// A principal of an agency of the trial.
#[must_use]
pub fn principal(agency: &str) -> PrincipalId {
    name(&format!("{agency}/desk"))
}

/// The identity of the n-th return: each has an event of its own, or, every second, a year and a part.
#[must_use]
pub fn identity(number: u64) -> Identity {
    Identity {
        agency: agency("met"),
        return_type: name("cds-police-quarterly"),
        areas: vec![name("E09000012")],
        covers: Covers::Period(name("2022-23/Q4")),
        part: Some(format!("part-{number}")),
    }
}

/// A decision that allowed something.
#[must_use]
pub fn judged(asker: &str, owner: Option<&str>, act: Act) -> Judged {
    Judged {
        request: DecisionRequest {
            asker: Asker {
                principal: Some(principal(asker)),
                agency: agency(asker),
                kind: Kind::Police,
                roles: vec![name("submitter")],
                areas: vec![name("E09000012")],
            },
            partnership: name("city-and-hackney"),
            owner: owner.map(agency),
            return_type: Some(name("cds-police-quarterly")),
            areas: vec![name("E09000012")],
            act,
            purpose: Some(name("P4-partnership-assurance")),
            facts: Vec::new(),
            day: jiff::civil::date(2026, 11, 22),
        },
        grant: Grant {
            rules: vec![name("S-1")],
            agreements: vec![name("ISA-2022-01")],
            profiles: vec![name("aggregate-dfe")],
            policy: digest(1),
        },
        assignment: Some(0),
    }
}

/// An accepted return: the n-th, in a version, routed to two agencies.
#[must_use]
pub fn accepted(number: u64, version: u32, replaces: Option<EntryId>) -> Accepted {
    let recipient = |text: &str, days: i64| Recipient {
        agency: agency(text),
        profiles: vec![name("aggregate-dfe")],
        rules: vec![name("D-1")],
        collect_by: start() + SignedDuration::from_hours(24 * days),
    };
    Accepted {
        identity: identity(number),
        version,
        replaces: replaces.map(|submission| Replaces { submission, reason: ReplaceReason::Correction }),
        nil: false,
        person_level: false,
        purpose: name("P4-partnership-assurance"),
        content: content(number, version),
        type_digest: digest(2),
        key: send_key(number * 1000 + u64::from(version)),
        submitted_by: principal("met"),
        judged: judged("met", Some("met"), Act::Submit),
        recipients: vec![recipient("chscp", 5), recipient("hackney", 10)],
        counts: Counts::default(),
        found: Vec::new(),
        compared: None,
        left_out: None,
        looked_back: Vec::new(),
        explanations: Vec::new(),
        payload: PayloadAt::Nowhere,
    }
}

/// The content digest of the n-th return in a version.
#[must_use]
pub fn content(number: u64, version: u32) -> Digest {
    digest(number * 1000 + u64::from(version))
}

/// The proposal of an accepted return with a payload, under the preconditions that the broker sets.
#[expect(clippy::unwrap_used, reason = "a trial that cannot seal has failed")]
pub fn submission(store: &impl Store, entry: EntryId, accepted: Accepted, payload: &[u8]) -> Proposal {
    sealed_submission(store, entry, accepted, payload).unwrap()
}

/// The same, where sealing may fail.
///
/// # Errors
/// What the key ring says.
pub fn sealed_submission(
    store: &impl Store,
    entry: EntryId,
    accepted: Accepted,
    payload: &[u8],
) -> Result<Proposal, SealFault> {
    let preconditions = vec![
        Precondition::KeyUnused {
            agency: accepted.identity.agency.clone(),
            key: accepted.key,
            content: accepted.content,
        },
        Precondition::InForce {
            identity: accepted.identity.clone(),
            submission: accepted.replaces.as_ref().map(|replaces| replaces.submission),
            content: accepted.content,
            version: accepted.version,
        },
    ];
    let sealed = seal(store, entry, accepted.person_level, payload)?;
    Ok(Proposal {
        id: entry,
        statement: Some(statement(store, entry, &accepted)),
        body: Body::Accepted(Box::new(accepted)),
        payload: Some(Payload::Sealed(sealed)),
        preconditions,
    })
}

/// What a release opens.
///
/// # Errors
/// What the store says; `unavailable` when it cannot be read to its end.
pub fn payload(store: &impl Store, logged: &Logged) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    store.content(logged)?.read_to_end(&mut bytes).map_err(Fault::unavailable)?;
    Ok(bytes)
}

/// Content that arrived in pieces for an entry.
#[expect(clippy::unwrap_used, reason = "a trial that cannot seal has failed")]
pub fn spooled(store: &impl Store, entry: EntryId, person_level: bool, content: &[u8]) -> Spooled {
    let mut spool = store.spool(entry, key_of(store, entry, person_level).unwrap()).unwrap();
    content.chunks(100_000).for_each(|piece| spool.push(piece).unwrap());
    spool.finish().unwrap()
}

/// The key under which the content of an entry of the trial is sealed.
///
/// # Errors
/// What the key ring says.
pub fn key_of(store: &impl Store, entry: EntryId, person_level: bool) -> Result<KeyId, SealFault> {
    if person_level {
        store.ring().record_key(entry.0)
    } else {
        store.ring().data_key(RetentionClass::Aggregate, jiff::civil::date(2026, 11, 22))
    }
}

fn seal(store: &impl Store, entry: EntryId, person_level: bool, payload: &[u8]) -> Result<Sealed, SealFault> {
    let key = key_of(store, entry, person_level)?;
    store.ring().seal(key, &store.place(entry, SectionClass::Payload), payload)
}

#[expect(clippy::unwrap_used, reason = "the statements of a trial are right")]
fn statement(store: &impl Store, entry: EntryId, accepted: &Accepted) -> Vec<u8> {
    let checkpoint = store.head().checkpoint.clone();
    let statement = concordat_ledger::Statement {
        log: checkpoint.lines().next().unwrap_or_default().to_owned(),
        submission: entry.to_string(),
        agency: accepted.identity.agency.to_string(),
        principal: accepted.submitted_by.to_string(),
        return_type: accepted.identity.return_type.to_string(),
        areas: accepted.identity.areas.iter().map(ToString::to_string).collect(),
        period: accepted.identity.covers.to_string(),
        part: accepted.identity.part.clone(),
        version: accepted.version,
        replaces: accepted.replaces.as_ref().map(|replaces| replaces.submission.to_string()),
        content: concordat_ledger::Hash(accepted.content.0),
        outcome: "accepted".to_owned(),
        decision: "S-1".to_owned(),
        agreement: Some("ISA-2022-01".to_owned()),
        policy: concordat_ledger::Hash(digest(1).0),
    };
    statement.encode().unwrap()
}

/// A release of a submission to a reader.
#[must_use]
pub fn released(submission: EntryId, index: u64, to: &str) -> Body {
    Body::Released(Box::new(Released {
        submission,
        index,
        to: principal(to),
        judged: judged(to, Some("met"), Act::Read),
    }))
}

/// An answer of a recipient.
#[must_use]
pub fn answered(submission: EntryId, index: u64, by: &str, rejected: Option<&str>) -> Body {
    Body::Answered(Box::new(Answered {
        submission,
        index,
        by: principal(by),
        rejected: rejected.map(str::to_owned),
        judged: judged(by, Some("met"), Act::List),
    }))
}

/// The taking back of the n-th return: its submissions with the indexes of their entries, the newest first.
#[must_use]
pub fn withdrawn(number: u64, version: u32, submissions: &[(EntryId, u64)]) -> Body {
    let recalled = |(submission, index): &(EntryId, u64)| Recalled {
        submission: *submission,
        index: *index,
        recipients: vec![agency("chscp"), agency("hackney")],
        erases: false,
    };
    Body::Withdrawn(Box::new(Withdrawn {
        identity: identity(number),
        version,
        submissions: submissions.iter().map(recalled).collect(),
        reason: WithdrawReason::WrongPeriod,
        by: principal("met"),
        judged: judged("met", Some("met"), Act::Submit),
    }))
}

/// The proposal of taking back the n-th return in a version, under the precondition that the broker sets.
#[must_use]
pub fn withdrawal(entry: EntryId, number: u64, version: u32, submissions: &[(EntryId, u64)]) -> Proposal {
    let in_force = submissions.iter().map(|(submission, _)| Precondition::StillInForce {
        identity: identity(number),
        submission: *submission,
    });
    Proposal {
        preconditions: in_force.take(1).collect(),
        ..Proposal::of(entry, withdrawn(number, version, submissions))
    }
}

/// A report that a delivery was not collected.
#[must_use]
pub fn not_collected(submission: EntryId, index: u64, recipient: &str) -> Body {
    Body::NotCollected(Uncollected { submission, index, recipient: agency(recipient) })
}

/// Overdue raised for the n-th return.
#[must_use]
pub fn overdue(number: u64) -> Body {
    let due = concordat_core::calendar::Due { date: jiff::civil::date(2023, 5, 3), before: start() };
    Body::OverdueRaised(Overdue { identity: identity(number), due })
}

/// Overdue cleared for the n-th return.
#[must_use]
pub fn cleared(number: u64, by: EntryId) -> Body {
    Body::OverdueCleared(OverdueCleared { identity: identity(number), by })
}

/// The n-th return held against that of another agency.
#[must_use]
pub fn compared(submission: EntryId, with: EntryId) -> Body {
    let party = |submission, agency: &str| Party {
        submission,
        agency: name(agency),
        return_type: name("cds-police-quarterly"),
    };
    Body::ComparedAcross(ComparedAcross {
        submission,
        results: vec![Compared {
            rule: name("X6"),
            area: name("E09000012"),
            returns: vec![party(submission, "met"), party(with, "hackney-council")],
            outcome: Outcome::DoesNotHold,
            suppressed: false,
        }],
    })
}

/// The n-th return refused for errors.
#[must_use]
pub fn refused(number: u64) -> Body {
    Body::Refused(Box::new(Refused {
        code: "invalid".to_owned(),
        identity: Some(identity(number)),
        by: principal("met"),
        key: None,
        counts: Counts::default(),
        found: Vec::new(),
    }))
}

/// A denial.
#[must_use]
pub fn denied() -> Body {
    Body::Denied(Box::new(Denied {
        by: principal("met"),
        asked_for: None,
        request: None,
        denial: None,
        code: "not_there".to_owned(),
    }))
}

/// The invitation of an agency's desk by the n-th token.
#[must_use]
pub fn invited(who: &str, token: u64) -> Body {
    Body::Invited(Invited {
        principal: principal(who),
        roles: vec![name("submitter")],
        areas: Vec::new(),
        until: None,
        token: digest(token),
        token_until: start(),
        by: "root".to_owned(),
    })
}

/// The enrolment of an agency's desk by the n-th token.
#[must_use]
pub fn enrolled(who: &str, token: u64, key: u64) -> Body {
    Body::Enrolled(Enrolled {
        principal: principal(who),
        roles: vec![name("submitter")],
        areas: Vec::new(),
        until: None,
        key: digest(key),
        not_after: start(),
        token: digest(token),
    })
}

/// The revocation of an agency's desk.
#[must_use]
pub fn revoked(who: &str) -> Body {
    Body::Revoked(Revoked {
        principal: principal(who),
        key: None,
        reason: "left".to_owned(),
        by: "root".to_owned(),
    })
}

/// Appends a group that must be recorded.
#[expect(clippy::panic, reason = "a trial that is not recorded has failed")]
pub async fn commit(store: &impl Store, group: Vec<Proposal>) -> Vec<Committed> {
    match store.append(group).await {
        Ok(Appended::Committed(committed)) => committed,
        Ok(Appended::Unmet(unmet)) => panic!("not recorded: {unmet:?}"),
        Err(fault) => panic!("not recorded: {fault:?}"),
    }
}

/// Appends a group whose preconditions must not hold.
#[expect(clippy::panic, reason = "a trial that is recorded has failed")]
pub async fn unmet(store: &impl Store, group: Vec<Proposal>) -> Unmet {
    match store.append(group).await {
        Ok(Appended::Unmet(unmet)) => unmet,
        Ok(Appended::Committed(_)) => panic!("recorded"),
        Err(fault) => panic!("not recorded: {fault:?}"),
    }
}
