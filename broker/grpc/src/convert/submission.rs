//! Submissions, their status and receipts.

use concordat_core::explanation::{Explanation, ExplanationCode};
use concordat_core::ids::{EntryId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_core::submission::{ReplaceReason, Replaces};
use concordat_flow::{
    Acknowledged, AcrossOf, Announced, Begun, Collected, Received, Replacement, StatusOf, Which,
};
use concordat_proto::v1 as wire;
use wire::status_request::Which as WireWhich;

use crate::codec::Parcel;

use super::{
    EXPLANATIONS, FINDINGS, PIECE, digest, entry_id, finding, identity, malformed, name, optional, parted,
    table, texts, withdrawal,
};

/// Reads a submission.
///
/// # Errors
/// [`Refusal::Malformed`], naming the first field that is not well formed.
pub fn received(request: impl Into<Parcel>) -> Result<Received, Refusal> {
    let Parcel { head: request, tables } = request.into();
    match (request.nil, tables.is_empty()) {
        (true, false) => return Err(malformed("tables", "a nil has no tables; send either")),
        (false, true) => return Err(malformed("tables", "send the tables, or declare a nil")),
        _ => {}
    }
    let head = received_head(request)?;
    Ok(Received { tables: table::received(tables)?, ..head })
}

/// All of a submission but its tables.
fn received_head(request: wire::SubmitRequest) -> Result<Received, Refusal> {
    Ok(Received {
        identity: identity::received(request.identity)?,
        key: send_key("key", &request.key)?,
        purpose: optional("purpose", &request.purpose)?,
        type_digest: digest("type_digest", &request.type_digest)?,
        nil: request.nil,
        replaces: replaces(&request.replaces, &request.replace_reason)?,
        tables: Vec::new(),
        explanations: explanations(request.explanations)?,
        all_or_nothing: request.all_or_nothing,
    })
}

/// Reads the announcement of a large return.
///
/// # Errors
/// [`Refusal::Malformed`], naming the first field that is not well formed.
pub fn announced(request: wire::BeginUploadRequest) -> Result<Announced, Refusal> {
    let head = request.head.ok_or_else(|| malformed("head", "say what the return is"))?;
    if head.nil || !head.tables.is_empty() {
        return Err(malformed("head", "announce a return without its tables; send a nil at once"));
    }
    Ok(Announced {
        head: received_head(head)?,
        length: request.length,
        content: digest("content_digest", &request.content_digest)?,
    })
}

/// Where to go on with a large return, or what came of it.
#[must_use]
pub fn begun(begun: Begun) -> wire::BeginUploadReply {
    match begun {
        Begun::At(offset) => wire::BeginUploadReply { offset, recorded: None },
        Begun::Recorded(original) => {
            wire::BeginUploadReply { offset: 0, recorded: Some(acknowledged(original)) }
        }
    }
}

/// Reads a piece of content: under which key, where it begins, and its bytes.
///
/// # Errors
/// [`Refusal::Malformed`] when the key is none, or the piece is too long.
pub fn piece(piece: wire::UploadPiece) -> Result<(SendKey, u64, bytes::Bytes), Refusal> {
    if piece.bytes.len() > PIECE {
        return Err(malformed("bytes", format!("send pieces of up to {} KiB", PIECE >> 10)));
    }
    Ok((send_key("key", &piece.key)?, piece.offset, piece.bytes))
}

fn explanations(explanations: Vec<wire::Explanation>) -> Result<Vec<Explanation>, Refusal> {
    if explanations.len() > EXPLANATIONS {
        return Err(malformed("explanations", format!("give at most {EXPLANATIONS}")));
    }
    explanations.into_iter().map(explanation).collect()
}

fn explanation(explanation: wire::Explanation) -> Result<Explanation, Refusal> {
    let code = ExplanationCode::from_word(&explanation.code).ok_or_else(|| {
        let all: Vec<&str> = ExplanationCode::ALL.iter().map(|code| code.as_str()).collect();
        malformed("explanations.code", format!("use one of {}", all.join(", ")))
    })?;
    Ok(Explanation { rule: name("explanations.rule", &explanation.rule)?, code, text: explanation.text })
}

pub(crate) fn send_key(field: &'static str, bytes: &[u8]) -> Result<SendKey, Refusal> {
    bytes
        .try_into()
        .map(SendKey)
        .map_err(|_| malformed(field, "draw 16 random bytes and keep them for retries"))
}

fn replaces(submission: &[u8], reason: &str) -> Result<Option<Replaces>, Refusal> {
    if submission.is_empty() {
        return match reason {
            "" => Ok(None),
            _ => Err(malformed("replace_reason", "give a reason only with the submission that is replaced")),
        };
    }
    let submission = entry_id("replaces", submission)?;
    let reason = ReplaceReason::from_word(reason)
        .ok_or_else(|| malformed("replace_reason", "use correction, late_data or definition_change"))?;
    Ok(Some(Replaces { submission, reason }))
}

/// What the sender is told of an accepted return.
#[must_use]
pub fn acknowledged(acknowledged: Acknowledged) -> wire::SubmitReply {
    let (withdrawn_at, withdrawn_reason) = withdrawal::told(acknowledged.withdrawn);
    let (refused, records_accepted) = parted::told(acknowledged.parted);
    wire::SubmitReply {
        submission: bytes_of(acknowledged.submission),
        index: acknowledged.index,
        version: acknowledged.version,
        receipt: acknowledged.receipt,
        already: acknowledged.already,
        queued_to: acknowledged.queued_to,
        findings: acknowledged.findings.into_iter().take(FINDINGS).map(finding::sent).collect(),
        withdrawn_at,
        withdrawn_reason,
        refused,
        records_accepted,
    }
}

/// Reads which submission is meant.
///
/// # Errors
/// [`Refusal::Malformed`] when none is, or not by 16 bytes.
pub fn which(request: wire::StatusRequest) -> Result<Which, Refusal> {
    match request.which {
        Some(WireWhich::Submission(bytes)) => entry_id("submission", &bytes).map(Which::Submission),
        Some(WireWhich::Key(bytes)) => send_key("key", &bytes).map(Which::Key),
        None => Err(malformed("which", "name a submission, or the key it was sent under")),
    }
}

/// Reads which submission's receipt is wanted.
///
/// # Errors
/// [`Refusal::Malformed`] when the id is not 16 bytes.
pub fn receipt_of(request: &wire::ReceiptRequest) -> Result<EntryId, Refusal> {
    entry_id("submission", &request.submission)
}

/// What became of a submission.
#[must_use]
pub fn status(status: StatusOf) -> wire::StatusReply {
    let record = status.record;
    let (withdrawn_at, withdrawn_reason) = withdrawal::told(record.withdrawn);
    let (_, superseded_by_version, superseded_reason) = replacement(status.superseded);
    let replace_reason = record.replaces.as_ref().map(|replaces| replaces.reason.as_str());
    wire::StatusReply {
        submission: bytes_of(record.id),
        index: record.index,
        version: record.version,
        identity: Some(identity::sent(record.identity)),
        recorded_at: record.recorded_at.to_string(),
        nil: record.nil,
        queries: record.queries,
        replaces: record.replaces.map(|replaces| bytes_of(replaces.submission)).unwrap_or_default(),
        superseded_by: record.superseded_by.map(bytes_of).unwrap_or_default(),
        deliveries: status.deliveries.into_iter().map(delivery).collect(),
        demo_clock: status.demo_clock,
        explanations: record.explanations.into_iter().map(explained).collect(),
        unexplained: texts(record.unexplained),
        replace_reason: replace_reason.unwrap_or_default().to_owned(),
        superseded_by_version,
        superseded_reason,
        withdrawn_at,
        withdrawn_reason,
        across: status.across.into_iter().map(across).collect(),
        records_accepted: record.left_out.as_ref().map_or(0, |left_out| left_out.accepted),
        records_refused: record.left_out.map_or(0, |left_out| left_out.refused),
    }
}

fn across(across: AcrossOf) -> wire::Across {
    wire::Across {
        rule: across.rule.into(),
        area: across.area.into(),
        outcome: across.outcome.as_str().to_owned(),
        with: across.with,
        overdue: across.overdue,
        suppressed: across.suppressed,
    }
}

fn explained(explanation: Explanation) -> wire::Explanation {
    wire::Explanation {
        rule: explanation.rule.into(),
        code: explanation.code.as_str().to_owned(),
        text: explanation.text,
    }
}

fn delivery(delivery: Collected) -> wire::Delivery {
    wire::Delivery {
        recipient: delivery.recipient.into(),
        state: delivery.state.map_or("not_routed", |state| state.as_str()).to_owned(),
        overdue: delivery.reported,
        collected_versions: delivery.versions,
    }
}

/// The other side of a replacement: its id, which may be withheld, its version and the reason; nothing for none.
pub(crate) fn replacement(replacement: Option<Replacement>) -> (Vec<u8>, u32, String) {
    replacement.map_or_else(Default::default, |other| {
        let id = other.submission.map(bytes_of).unwrap_or_default();
        (id, other.version, other.reason.as_str().to_owned())
    })
}

pub(crate) fn bytes_of(id: EntryId) -> Vec<u8> {
    id.0.to_vec()
}
