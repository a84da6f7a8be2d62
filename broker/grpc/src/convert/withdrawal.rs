//! Withdrawals.

use concordat_core::ids::EntryId;
use concordat_core::refusal::Refusal;
use concordat_core::withdrawal::{WithdrawReason, Withdrawal};
use concordat_flow::TakenBack;
use concordat_proto::v1 as wire;

use super::submission::bytes_of;
use super::{entry_id, malformed, texts};

/// Reads what is to be taken back, and why.
///
/// # Errors
/// [`Refusal::Malformed`] when the id is not 16 bytes or the reason is none of the set.
pub fn wanted(request: &wire::WithdrawRequest) -> Result<(EntryId, WithdrawReason), Refusal> {
    let submission = entry_id("submission", &request.submission)?;
    let reason = WithdrawReason::from_word(&request.reason).ok_or_else(|| {
        let all: Vec<&str> = WithdrawReason::ALL.iter().map(|reason| reason.as_str()).collect();
        malformed("reason", format!("use one of {}", all.join(", ")))
    })?;
    Ok((submission, reason))
}

/// What the sender is told of it.
#[must_use]
pub fn taken_back(taken: TakenBack) -> wire::WithdrawReply {
    wire::WithdrawReply {
        submission: bytes_of(taken.submission),
        version: taken.version,
        versions: u32::try_from(taken.versions).unwrap_or(u32::MAX),
        reason: taken.reason.as_str().to_owned(),
        index: taken.index,
        recorded_at: taken.recorded_at.to_string(),
        held_by: texts(taken.held_by),
        spared: texts(taken.spared),
        content: taken.left.as_str().to_owned(),
    }
}

/// When and why something was taken back: two texts, empty for no.
pub(crate) fn told(withdrawn: Option<Withdrawal>) -> (String, String) {
    withdrawn.map_or_else(Default::default, |withdrawal| {
        (withdrawal.at.to_string(), withdrawal.reason.as_str().to_owned())
    })
}
