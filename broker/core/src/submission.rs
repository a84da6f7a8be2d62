//! Submissions: what a return says it is, and what is kept of it.

use serde::{Deserialize, Serialize};

use crate::explanation::Explanation;
use crate::ids::{
    AgencyId, AreaCode, Digest, EntryId, PrincipalId, ProfileId, PurposeId, ReturnTypeId, RuleId,
};
use crate::period::Period;
use crate::record::LeftOut;
use crate::withdrawal::Withdrawal;
use jiff::Timestamp;

/// What a return is about: a period, or one event by the id its sender gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// A period.
    Period(Period),
    /// One event, by its own id: a UUID as text, checked where the return type is checked.
    Event(EventId),
}

impl std::fmt::Display for Covers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Covers::Period(period) => period.fmt(f),
            Covers::Event(event) => write!(f, "event {event}"),
        }
    }
}

/// An event's own id: a UUID in lower case with dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(String);

impl EventId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no event id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event's id is a UUID such as 2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e")]
pub struct BadEventId;

impl std::str::FromStr for EventId {
    type Err = BadEventId;
    fn from_str(text: &str) -> Result<Self, BadEventId> {
        let right = text.len() == 36
            && text.bytes().enumerate().all(|(at, b)| match at {
                8 | 13 | 18 | 23 => b == b'-',
                _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            });
        if right { Ok(Self(text.to_owned())) } else { Err(BadEventId) }
    }
}

impl TryFrom<String> for EventId {
    type Error = BadEventId;
    fn try_from(text: String) -> Result<Self, BadEventId> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> String {
        id.0
    }
}

/// What identifies a return: two submissions with equal identity are versions of one return.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The agency that owes or reports.
    pub agency: AgencyId,
    /// The return type.
    pub return_type: ReturnTypeId,
    /// The areas, sorted, each once.
    pub areas: Vec<AreaCode>,
    /// The period or event.
    pub covers: Covers,
    /// The part, for a return that several owners fill.
    pub part: Option<String>,
}

/// A replacement: which submission, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// The submission in force that this one supersedes.
    pub submission: EntryId,
    /// Why.
    pub reason: ReplaceReason,
}

/// Why a return is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceReason {
    /// A figure was wrong.
    Correction,
    /// Data came in late.
    LateData,
    /// What is counted has changed.
    DefinitionChange,
}

impl ReplaceReason {
    /// Every reason.
    pub const ALL: [ReplaceReason; 3] =
        [ReplaceReason::Correction, ReplaceReason::LateData, ReplaceReason::DefinitionChange];

    /// The word used on the wire and in commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ReplaceReason::Correction => "correction",
            ReplaceReason::LateData => "late_data",
            ReplaceReason::DefinitionChange => "definition_change",
        }
    }

    /// The reason of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// One recipient of a return, as routing decided: never wider afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The agency.
    pub agency: AgencyId,
    /// The profiles through which it may see the return, applied together.
    pub profiles: Vec<ProfileId>,
    /// The policy rows that allowed the delivery.
    pub rules: Vec<RuleId>,
    /// The time after which an uncollected return is reported to its sender.
    pub collect_by: Timestamp,
}

/// How the payload is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayloadAt {
    /// There is none: a nil.
    Nowhere,
    /// In the section of this number of the entry's journal frame.
    Section(u8),
    /// In a content file, listed as the section of this number.
    File(u8),
}

/// What the projections keep of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionRecord {
    /// Its id: that of the entry that accepted it.
    pub id: EntryId,
    /// The index of that entry.
    pub index: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it is a version of.
    pub identity: Identity,
    /// Its version, from 1.
    pub version: u32,
    /// Which submission it replaced.
    pub replaces: Option<Replaces>,
    /// Which submission replaced it.
    pub superseded_by: Option<EntryId>,
    /// When and why it was taken back.
    #[serde(default)]
    pub withdrawn: Option<Withdrawal>,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// Whether its content is about persons.
    pub person_level: bool,
    /// How many queries the checks left.
    pub queries: u32,
    /// What its sender answered to them.
    #[serde(default)]
    pub explanations: Vec<Explanation>,
    /// The rules that left queries which nobody explained, each once.
    #[serde(default)]
    pub unexplained: Vec<RuleId>,
    /// Where it was accepted in part, how much was left out.
    #[serde(default)]
    pub left_out: Option<LeftOut>,
    /// The purpose it was sent for.
    pub purpose: PurposeId,
    /// The digest of the return type it was checked against.
    pub type_digest: Digest,
    /// Who sent it.
    pub submitted_by: PrincipalId,
    /// Whom it was routed to.
    pub recipients: Vec<Recipient>,
    /// Where its payload lies.
    pub payload: PayloadAt,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waiting to be collected.
    Queued,
    /// Fetched at least once.
    Collected,
    /// The recipient confirmed it.
    Acknowledged,
    /// The recipient refused it, with a reason.
    Rejected,
    /// It was taken back before anybody collected it.
    Withdrawn,
}

impl DeliveryState {
    /// Whether the recipient has what was delivered in its hands.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, DeliveryState::Collected | DeliveryState::Acknowledged | DeliveryState::Rejected)
    }

    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Queued => "queued",
            DeliveryState::Collected => "collected",
            DeliveryState::Acknowledged => "acknowledged",
            DeliveryState::Rejected => "rejected",
            DeliveryState::Withdrawn => "withdrawn",
        }
    }
}

/// A delivery: one submission in one agency's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// The agency whose inbox it is.
    pub recipient: AgencyId,
    /// The submission.
    pub submission: EntryId,
    /// The index of the entry that routed it; orders the inbox.
    pub index: u64,
    /// Where it stands.
    pub state: DeliveryState,
    /// Whether its non-delivery was reported.
    pub reported: bool,
    /// The time after which it counts as not collected.
    pub collect_by: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_a_lower_case_uuid() {
        assert!("2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e".parse::<EventId>().is_ok());
        for text in
            ["", "2F1C9D0E-5a34-4d2b-9c55-0e6a7b1c2d3e", "2f1c9d0e5a344d2b9c550e6a7b1c2d3e", "jane-smith"]
        {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_replace_reason_reads_back_from_its_word() {
        for reason in ReplaceReason::ALL {
            assert_eq!(ReplaceReason::from_word(reason.as_str()), Some(reason));
        }
        assert_eq!(ReplaceReason::from_word("whim"), None);
    }
}
