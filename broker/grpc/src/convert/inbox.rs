//! The inbox: its pages, released returns, answers.

use concordat_core::ids::{EntryId, PurposeId};
use concordat_core::refusal::Refusal;
use concordat_core::table::Table;
use concordat_flow::{Fetched, InboxItem, InboxPage, Withheld};
use concordat_proto::v1 as wire;
use wire::fetch_part::Part;

use super::submission::{bytes_of, replacement};
use super::{entry_id, identity, malformed, optional, page, table, texts, withdrawal};

/// The longest reason for rejecting a delivery, in characters.
const REASON: usize = 200;

/// The most rows in one message.
const ROWS: usize = 2_048;

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

/// What is said of a released return before its content.
#[must_use]
pub fn head(fetched: &Fetched) -> wire::FetchPart {
    let Fetched { record, profiles, superseded, rules, index, shown } = fetched;
    let (superseded_by, superseded_by_version, superseded_reason) = replacement(superseded.clone());
    part(Part::Head(wire::FetchHead {
        identity: Some(identity::sent(record.identity.clone())),
        version: record.version,
        nil: record.nil,
        profiles: texts(profiles),
        rules: texts(rules),
        index: *index,
        recorded_at: record.recorded_at.to_string(),
        superseded_by,
        superseded_by_version,
        superseded_reason,
        tables: shown.as_ref().map_or(0, |shown| u32::try_from(shown.tables()).unwrap_or(u32::MAX)),
    }))
}

/// Rows of a table, in messages of a bearable size; an empty table is one of them.
#[must_use]
pub fn rows(table: Table) -> Vec<wire::FetchPart> {
    if table.height() <= ROWS {
        return vec![part(Part::Rows(table::sent(table)))];
    }
    let Table { name, columns, cells } = table;
    let all: Vec<&str> = cells.iter().collect();
    let of = |cells: &[&str]| wire::Table {
        name: name.clone(),
        columns: columns.clone(),
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
    };
    all.chunks(ROWS * columns.len().max(1)).map(|cells| part(Part::Rows(of(cells)))).collect()
}

/// What was withheld.
#[must_use]
pub fn end(withheld: Withheld) -> wire::FetchPart {
    part(Part::End(wire::FetchEnd {
        withheld_fields: withheld.fields,
        withheld_tables: withheld.tables,
        suppressed_cells: withheld.cells,
        changed_fields: withheld.changed.into_iter().map(changed).collect(),
        suppression_methods: withheld.methods,
    }))
}

fn changed((field, treatment): (String, String)) -> wire::ChangedField {
    wire::ChangedField { field, treatment }
}

fn part(part: Part) -> wire::FetchPart {
    wire::FetchPart { part: Some(part) }
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
