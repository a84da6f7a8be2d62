//! What the log can say. Adding a kind of entry: a variant here, its class, its arm in [`crate::apply::apply`].

mod acts;
mod class;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use acts::{Administered, ClockMoved, TailCut};
pub use class::EntryClass;

use crate::across::ComparedAcross;
use crate::calendar::Due;
use crate::decision::{DecisionRequest, Denial, Grant};
use crate::explanation::Explanation;
use crate::finding::{Counts, Severity};
use crate::governance::{PolicyAnswered, PolicyChange, PolicyProposed, PolicyScheduled, Reviewed, Suspended};
use crate::ids::{Digest, EntryId, PartnershipId, PrincipalId, PurposeId, RuleId, SendKey};
pub use crate::principal::{Enrolled, Invited, Revoked};
use crate::record::LeftOut;
use crate::submission::{Identity, PayloadAt, Recipient, Replaces};
use crate::withdrawal::Withdrawn;

/// An entry as `apply` sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Its place in the log, from 0.
    pub index: u64,
    /// When it was recorded, in business time; never earlier than the entry before.
    pub recorded_at: Timestamp,
    /// What it says.
    pub body: Body,
}

/// What an entry says. It lies in the entry's `core` section as versioned CBOR.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The log begins.
    Opened(Opened),
    /// A policy bundle came into force; its bytes are the entry's bundle section.
    PolicyLoaded(PolicyLoaded),
    /// A principal was invited.
    Invited(Invited),
    /// A principal enrolled a key.
    Enrolled(Enrolled),
    /// A principal, or one key of it, was revoked.
    Revoked(Revoked),
    /// A return or nil was accepted and routed.
    Accepted(Box<Accepted>),
    /// A return was refused.
    Refused(Box<Refused>),
    /// Policy denied something.
    Denied(Box<Denied>),
    /// Refusals made in the layers, summed up.
    RefusedUnheard(RefusedUnheard),
    /// A return was released to a reader, through profiles.
    Released(Box<Released>),
    /// A recipient answered a delivery.
    Answered(Box<Answered>),
    /// A delivery was not collected in time.
    NotCollected(Uncollected),
    /// A return is overdue.
    OverdueRaised(Overdue),
    /// An overdue return came.
    OverdueCleared(OverdueCleared),
    /// Somebody read the log.
    AuditRead(Box<AuditRead>),
    /// The demonstration's clock was moved.
    ClockMoved(ClockMoved),
    /// An operator acted on the store itself.
    Administered(Administered),
    /// Unacknowledged frames were cut.
    TailCut(TailCut),
    /// A return was taken back, with every version of it.
    Withdrawn(Box<Withdrawn>),
    /// Returns of several agencies were compared; appended with the return that completed them.
    ComparedAcross(ComparedAcross),
    /// A change of policy was proposed; its bytes are the entry's bundle section.
    PolicyProposed(Box<PolicyProposed>),
    /// A proposal was approved, rejected or taken back.
    PolicyAnswered(Box<PolicyAnswered>),
    /// An approved proposal got a time.
    PolicyScheduled(Box<PolicyScheduled>),
    /// Something was suspended.
    Suspended(Box<Suspended>),
    /// A second person reviewed what one did alone.
    Reviewed(Box<Reviewed>),
}

impl Body {
    /// The class that stands in the leaf.
    #[must_use]
    pub fn class(&self) -> EntryClass {
        match self {
            Body::Opened(_) => EntryClass::Opened,
            Body::PolicyLoaded(_) => EntryClass::PolicyLoaded,
            Body::Invited(_) => EntryClass::Invited,
            Body::Enrolled(_) => EntryClass::Enrolled,
            Body::Revoked(_) => EntryClass::Revoked,
            Body::Accepted(accepted) if accepted.nil => EntryClass::NilDeclared,
            Body::Accepted(_) => EntryClass::Accepted,
            Body::Refused(_) => EntryClass::Refused,
            Body::Denied(_) => EntryClass::Denied,
            Body::RefusedUnheard(_) => EntryClass::RefusedUnheard,
            Body::Released(_) => EntryClass::Released,
            Body::Answered(answered) if answered.rejected.is_some() => EntryClass::Rejected,
            Body::Answered(_) => EntryClass::Acknowledged,
            Body::NotCollected(_) => EntryClass::NotCollected,
            Body::OverdueRaised(_) => EntryClass::OverdueRaised,
            Body::OverdueCleared(_) => EntryClass::OverdueCleared,
            Body::AuditRead(_) => EntryClass::AuditRead,
            Body::ClockMoved(_) => EntryClass::ClockMoved,
            Body::Administered(_) => EntryClass::Administered,
            Body::TailCut(_) => EntryClass::TailCut,
            Body::Withdrawn(_) => EntryClass::Withdrawn,
            Body::ComparedAcross(_) => EntryClass::ComparedAcross,
            Body::PolicyProposed(_) => EntryClass::PolicyProposed,
            Body::PolicyAnswered(_) => EntryClass::PolicyAnswered,
            Body::PolicyScheduled(_) => EntryClass::PolicyScheduled,
            Body::Suspended(_) => EntryClass::Suspended,
            Body::Reviewed(_) => EntryClass::Reviewed,
        }
    }

    /// The decision that permitted what the entry says; none where policy was not asked, or denied it.
    #[must_use]
    pub fn judged(&self) -> Option<&Judged> {
        match self {
            Body::Accepted(accepted) => Some(&accepted.judged),
            Body::Released(released) => Some(&released.judged),
            Body::Answered(answered) => Some(&answered.judged),
            Body::AuditRead(read) => Some(&read.judged),
            Body::Withdrawn(withdrawn) => Some(&withdrawn.judged),
            Body::PolicyProposed(proposed) => Some(&proposed.judged),
            Body::PolicyAnswered(answered) => answered.judged.as_ref(),
            Body::PolicyScheduled(scheduled) => Some(&scheduled.judged),
            Body::PolicyLoaded(loaded) => loaded.change.as_ref()?.judged.as_ref(),
            Body::Suspended(suspended) => Some(&suspended.judged),
            Body::Reviewed(reviewed) => reviewed.judged.as_ref(),
            Body::Opened(_)
            | Body::Invited(_)
            | Body::Enrolled(_)
            | Body::Revoked(_)
            | Body::Refused(_)
            | Body::Denied(_)
            | Body::RefusedUnheard(_)
            | Body::NotCollected(_)
            | Body::OverdueRaised(_)
            | Body::OverdueCleared(_)
            | Body::ClockMoved(_)
            | Body::Administered(_)
            | Body::TailCut(_)
            | Body::ComparedAcross(_) => None,
        }
    }
}

/// The log begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Whether this directory is a sample, whose business clock may be moved.
    pub sample: bool,
    /// How many microseconds the business clock is ahead of the machine's; not 0 in a sample only.
    pub clock_offset_us: i64,
    /// The operating user.
    pub by: String,
}

/// A policy bundle came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLoaded {
    /// The digest of the policy bundle.
    pub policy: Digest,
    /// The digest of the catalogue.
    pub catalogue: Digest,
    /// Every file under `policies/`, by path and SHA-256.
    pub files: Vec<(String, Digest)>,
    /// Who brought it into force: a principal, the operating user, or `broker` at start and on its clock.
    pub by: String,
    /// How, and why; absent in entries made before two people could look after policy, and in a log's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<PolicyChange>>,
}

/// A decision as it was asked and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The question.
    pub request: DecisionRequest,
    /// The answer.
    pub grant: Grant,
    /// The index of the entry that assigned the asker's roles.
    pub assignment: Option<u64>,
}

/// A finding as it is recorded: where, by which rule, no words and no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The rule.
    pub rule: RuleId,
    /// Its weight.
    pub severity: Severity,
    /// The table.
    pub table: String,
    /// The row, from 1.
    pub row: Option<u32>,
    /// The column.
    pub column: Option<String>,
}

/// A return or nil was accepted and routed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// What it is a version of.
    pub identity: Identity,
    /// Its version, from 1.
    pub version: u32,
    /// Which submission it replaces.
    pub replaces: Option<Replaces>,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// Whether its content is about persons.
    pub person_level: bool,
    /// For what purpose.
    pub purpose: PurposeId,
    /// SHA-256 of its identity and cells.
    pub content: Digest,
    /// The digest of the return type it was checked against.
    pub type_digest: Digest,
    /// The client's key.
    pub key: SendKey,
    /// Who sent it.
    pub submitted_by: PrincipalId,
    /// The decision that permitted it.
    pub judged: Judged,
    /// Whom it is routed to, each by its own decision.
    pub recipients: Vec<Recipient>,
    /// How many findings.
    pub counts: Counts,
    /// The findings; the first 1,000.
    pub found: Vec<Found>,
    /// What its sender answers to the queries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explanations: Vec<Explanation>,
    /// Where the payload lies.
    pub payload: PayloadAt,
    /// The agency's own return of the period before, with which its figures were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<EntryId>,
    /// Where it was accepted in part, how much was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// The agency's own earlier returns that its measures of twelve months span, opened to see what they lack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked_back: Vec<EntryId>,
}

/// A return was refused; nothing of its content is kept but where its findings lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The reason code.
    pub code: String,
    /// What it would have been a version of.
    pub identity: Option<Identity>,
    /// Who sent it.
    pub by: PrincipalId,
    /// The client's key.
    pub key: Option<SendKey>,
    /// How many findings.
    pub counts: Counts,
    /// The findings; the first 1,000.
    pub found: Vec<Found>,
}

/// Policy denied something, or the thing asked for does not exist: recorded alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// Who asked.
    pub by: PrincipalId,
    /// The record asked for, as the asker named it.
    pub asked_for: Option<EntryId>,
    /// The question, where one could be put.
    pub request: Option<DecisionRequest>,
    /// The answer, where one was given.
    pub denial: Option<Denial>,
    /// The reason code.
    pub code: String,
}

/// Refusals made in the layers before a caller was known, one entry for each sort and minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedUnheard {
    /// The sort: `unknown_key`, `revoked`, `expired`, `handshake`, `overload`, `malformed`, `enrolment`.
    pub sort: String,
    /// The principal that the certificate names, where it is one of ours; otherwise where it came from, no closer
    /// than a network: `loopback`, an IPv4 /24, an IPv6 /48, or `many`.
    pub from: String,
    /// The first of them.
    pub since: Timestamp,
    /// How many.
    pub count: u32,
}

/// A return was released to a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The submission.
    pub submission: EntryId,
    /// The index of the entry that accepted it.
    pub index: u64,
    /// To whom.
    pub to: PrincipalId,
    /// The decision that permitted it; its profiles are those applied, those of routing included.
    pub judged: Judged,
}

/// A recipient answered a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The submission.
    pub submission: EntryId,
    /// The index of the entry that accepted it.
    pub index: u64,
    /// Who answered, for its agency.
    pub by: PrincipalId,
    /// Why it was rejected; confirmed when absent.
    pub rejected: Option<String>,
    /// The decision that permitted the answer.
    pub judged: Judged,
}

/// A delivery was not collected in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncollected {
    /// The submission.
    pub submission: EntryId,
    /// The index of the entry that accepted it.
    pub index: u64,
    /// The agency that did not collect it.
    pub recipient: crate::ids::AgencyId,
}

/// A return is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    /// The return owed.
    pub identity: Identity,
    /// When it was due.
    pub due: Due,
}

/// An overdue return came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverdueCleared {
    /// The return owed.
    pub identity: Identity,
    /// The submission that cleared it.
    pub by: EntryId,
}

/// Somebody read the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRead {
    /// Who.
    pub by: PrincipalId,
    /// What was asked, in words: index range, times, agency, classes.
    pub query: String,
    /// The decision that permitted it.
    pub judged: Judged,
}
