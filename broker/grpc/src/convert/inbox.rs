//! The inbox: its pages, released returns, answers.

use concordat_core::ids::{EntryId, PurposeId};
use concordat_core::refusal::Refusal;
use concordat_flow::{Fetched, InboxItem, InboxPage};
use concordat_proto::v1 as wire;

use super::submission::{bytes_of, replacement};
use super::{entry_id, identity, malformed, optional, page, table, texts, withdrawal};

/// The longest reason for rejecting a delivery, in characters.
const REASON: usize = 200;

/// Reads which page is wanted: where it begins and how long it may be.
#[must_use]
pub fn page_wanted(request: &wire::InboxListRequest) -> (u64, usize) {
    (request.from, page(request.limit, 100, 1_000))
}

/// A page of an inbox.
#[must_use]
pub fn listed(page: InboxPage) -> wire::InboxListReply {
    wire::InboxListReply {
        items: page.items.into_iter().map(item).collect(),
        next: page.next.unwrap_or(0),
        demo_clock: page.demo_clock,
    }
}

fn item(item: InboxItem) -> wire::InboxItem {
    let (superseded_by, superseded_by_version, superseded_reason) = replacement(item.superseded);
    let (replaces, replaces_version, replace_reason) = replacement(item.replaced);
    let (withdrawn_at, withdrawn_reason) = withdrawal::told(item.record.withdrawn);
    wire::InboxItem {
        submission: bytes_of(item.record.id),
        index: item.delivery.index,
        identity: Some(identity::sent(item.record.identity)),
        version: item.record.version,
        nil: item.record.nil,
        recorded_at: item.record.recorded_at.to_string(),
        state: item.delivery.state.as_str().to_owned(),
        superseded: item.record.superseded_by.is_some(),
        superseded_by,
        superseded_by_version,
        superseded_reason,
        replaces,
        replaces_version,
        replace_reason,
        withdrawn_at,
        withdrawn_reason,
        notice: item.notice,
    }
}

/// Reads which return is wanted, and for which purpose.
///
/// # Errors
/// [`Refusal::Malformed`] when the id is not 16 bytes or the purpose is no name.
pub fn wanted(request: &wire::FetchRequest) -> Result<(EntryId, Option<PurposeId>), Refusal> {
    Ok((entry_id("submission", &request.submission)?, optional("purpose", &request.purpose)?))
}

/// A return as its reader may see it.
#[must_use]
pub fn fetched(fetched: Fetched) -> wire::FetchReply {
    let record = fetched.record;
    let (superseded_by, superseded_by_version, superseded_reason) = replacement(fetched.superseded);
    wire::FetchReply {
        identity: Some(identity::sent(record.identity)),
        version: record.version,
        nil: record.nil,
        tables: fetched.tables.into_iter().map(table::sent).collect(),
        profiles: texts(fetched.profiles),
        withheld_fields: fetched.withheld_fields,
        withheld_tables: fetched.withheld_tables,
        suppressed_cells: fetched.suppressed_cells,
        rules: texts(fetched.rules),
        index: fetched.index,
        recorded_at: record.recorded_at.to_string(),
        superseded_by,
        superseded_by_version,
        superseded_reason,
    }
}

/// Reads which delivery is confirmed.
///
/// # Errors
/// [`Refusal::Malformed`] when the id is not 16 bytes.
pub fn confirmed(request: &wire::AcknowledgeRequest) -> Result<EntryId, Refusal> {
    entry_id("submission", &request.submission)
}

/// Reads which delivery is refused, and why.
///
/// # Errors
/// [`Refusal::Malformed`] when the id is not 16 bytes, or the reason is missing or too long.
pub fn rejected(request: wire::RejectRequest) -> Result<(EntryId, String), Refusal> {
    let submission = entry_id("submission", &request.submission)?;
    let reason = request.reason;
    let length = reason.chars().take(REASON + 1).count();
    if reason.trim().is_empty() || length > REASON || reason.chars().any(char::is_control) {
        return Err(malformed(
            "reason",
            "say why in one line of up to 200 characters; about the file, never a person",
        ));
    }
    Ok((submission, reason))
}
