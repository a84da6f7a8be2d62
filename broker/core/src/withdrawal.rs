//! Withdrawals: a return is taken back with every version of it, and the log keeps that it was there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entry::Judged;
use crate::ids::{AgencyId, EntryId, PrincipalId};
use crate::submission::Identity;

/// Why a return is taken back: a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    /// It was not meant to be sent.
    SentInError,
    /// Its figures are of another period.
    WrongPeriod,
    /// Its figures are of other areas.
    WrongArea,
    /// It holds personal data that it should not hold. Where it has a key of its own, the key is destroyed.
    ContainsPersonalData,
    /// It is another agency's to send.
    NotOursToSend,
}

impl WithdrawReason {
    /// Every reason.
    pub const ALL: [WithdrawReason; 5] = [
        WithdrawReason::SentInError,
        WithdrawReason::WrongPeriod,
        WithdrawReason::WrongArea,
        WithdrawReason::ContainsPersonalData,
        WithdrawReason::NotOursToSend,
    ];

    /// The word used on the wire, in commands and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            WithdrawReason::SentInError => "sent_in_error",
            WithdrawReason::WrongPeriod => "wrong_period",
            WithdrawReason::WrongArea => "wrong_area",
            WithdrawReason::ContainsPersonalData => "contains_personal_data",
            WithdrawReason::NotOursToSend => "not_ours_to_send",
        }
    }

    /// The reason of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A return was taken back: the entry's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The return.
    pub identity: Identity,
    /// The version that was in force.
    pub version: u32,
    /// Its submission, and those of the versions it had superseded; the newest first.
    pub submissions: Vec<Recalled>,
    /// Why.
    pub reason: WithdrawReason,
    /// Who took it back.
    pub by: PrincipalId,
    /// The decision that permitted it.
    pub judged: Judged,
}

/// One submission of a return that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// The submission.
    pub submission: EntryId,
    /// The index of the entry that accepted it.
    pub index: u64,
    /// Whom it was routed to.
    pub recipients: Vec<AgencyId>,
    /// Whether the key of its content is destroyed once this entry is durable.
    pub erases: bool,
}

/// What the projections keep of a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: WithdrawReason,
    /// The index of the entry that says so.
    pub index: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_from_its_word() {
        for reason in WithdrawReason::ALL {
            assert_eq!(WithdrawReason::from_word(reason.as_str()), Some(reason));
        }
        assert_eq!(WithdrawReason::from_word("whim"), None);
    }
}
