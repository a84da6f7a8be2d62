//! Rows: what the projections hold. Each is made from entries alone, by [`crate::apply`] and [`crate::merge`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::across::Compared;
use crate::governance::Governance;
use crate::ids::{AgencyId, AreaCode, Digest, EntryId, PrincipalId, RoleId, SendKey};
use crate::obligation::ObligationRecord;
use crate::submission::{DeliveryRecord, Identity, SubmissionRecord};

/// The name of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A submission by its id.
    Submission(EntryId),
    /// The last version of a return.
    Version(Identity),
    /// What was sent under a client's key.
    Sent(AgencyId, SendKey),
    /// A delivery: recipient, index of the accepting entry.
    Delivery(AgencyId, u64),
    /// What the log says of an obligation.
    Obligation(Identity),
    /// What came of comparing a submission with returns of other agencies.
    Across(EntryId),
    /// A principal.
    Principal(PrincipalId),
    /// A key by the digest of its SubjectPublicKeyInfo.
    Key(Digest),
    /// An invitation by the digest of its token.
    Invitation(Digest),
    /// The partnership's one row of settings that entries change.
    Standing,
    /// Proposals, suspensions and reviews.
    Governance,
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
    /// Under [`Key::Across`]: the last result of each rule and area.
    Across(Vec<Compared>),
    /// Under [`Key::Principal`].
    Principal(PrincipalRecord),
    /// Under [`Key::Key`]: whose it is.
    Key(PrincipalId),
    /// Under [`Key::Invitation`].
    Invitation(InvitationRecord),
    /// Under [`Key::Standing`].
    Standing(Standing),
    /// Under [`Key::Governance`].
    Governance(Governance),
}

/// The last version of a return: the one in force, unless it was taken back.
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
    /// Whether it was taken back: then nothing is in force, and the next version counts on from it.
    pub withdrawn: bool,
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
    /// The indexes of all entries that ever loaded one, ascending.
    pub policies: Vec<u64>,
    /// The catalogue in force.
    pub catalogue: Option<Digest>,
}
