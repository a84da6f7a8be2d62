//! The auditor's reads.

use concordat_core::entry::EntryClass;
use concordat_core::refusal::Refusal;
use concordat_flow::{AuditLine, AuditPage, AuditQuery, CheckpointOf};
use concordat_proto::v1 as wire;

use super::submission::bytes_of;
use super::{instant, malformed, optional, page, text_of, texts};

/// Reads what is searched for.
///
/// # Errors
/// [`Refusal::Malformed`] when a name, class or instant is none, or a range ends before it begins.
pub fn query(request: &wire::SearchRequest) -> Result<AuditQuery, Refusal> {
    let to = (request.to != 0).then_some(request.to);
    if to.is_some_and(|to| to < request.from) {
        return Err(malformed("to", "give an index that is not before `from`, or 0 for the end"));
    }
    let since = instant("since", &request.since)?;
    let until = instant("until", &request.until)?;
    if since.zip(until).is_some_and(|(since, until)| until < since) {
        return Err(malformed("until", "give an instant that is not before `since`"));
    }
    Ok(AuditQuery {
        from: request.from,
        to,
        since,
        until,
        agency: optional("agency", &request.agency)?,
        classes: classes(&request.classes)?,
        limit: page(request.limit, 100, 1_000),
    })
}

fn classes(words: &[String]) -> Result<Vec<EntryClass>, Refusal> {
    if words.len() > EntryClass::ALL.len() {
        return Err(malformed("classes", "name each class once, or none for all"));
    }
    let class = |word: &String| EntryClass::ALL.into_iter().find(|class| class.as_str() == word);
    words.iter().map(|word| class(word).ok_or_else(no_class)).collect()
}

fn no_class() -> Refusal {
    let words: Vec<&str> = EntryClass::ALL.iter().map(|class| class.as_str()).collect();
    malformed("classes", format!("use {}", words.join(", ")))
}

/// A page of entries.
#[must_use]
pub fn found(page: AuditPage) -> wire::SearchReply {
    wire::SearchReply {
        entries: page.entries.into_iter().map(line).collect(),
        next: page.next.unwrap_or(0),
        recorded_as: page.recorded_as,
        demo_clock: page.demo_clock,
    }
}

fn line(line: AuditLine) -> wire::AuditEntry {
    wire::AuditEntry {
        index: line.index,
        id: bytes_of(line.id),
        class: line.class.as_str().to_owned(),
        recorded_at: line.recorded_at.to_string(),
        who: line.who.unwrap_or_default(),
        agency: text_of(line.agency),
        return_type: text_of(line.return_type),
        period: line.period.unwrap_or_default(),
        purpose: text_of(line.purpose),
        decision: match line.allowed {
            Some(true) => "allow",
            Some(false) => "deny",
            None => "",
        }
        .to_owned(),
        rules: texts(line.rules),
        agreements: texts(line.agreements),
        policy: text_of(line.policy),
        summary: line.summary,
        submission: line.submission.map(bytes_of).unwrap_or_default(),
    }
}

/// Reads which leaves are wanted: from where, and how many.
#[must_use]
pub fn leaves_wanted(request: &wire::LeavesRequest) -> (u64, usize) {
    (request.from, page(request.limit, 1_000, 5_000))
}

/// Leaves in order.
#[must_use]
pub fn leaves(leaves: Vec<Vec<u8>>, recorded_as: u64) -> wire::LeavesReply {
    wire::LeavesReply { leaves: leaves.into_iter().map(Into::into).collect(), recorded_as }
}

/// Reads between which sizes of the log consistency is asked for.
///
/// # Errors
/// [`Refusal::Malformed`] when the newer is smaller than the older.
pub fn sizes(request: &wire::CheckpointRequest) -> Result<(u64, u64), Refusal> {
    if request.newer != 0 && request.newer < request.older {
        return Err(malformed("newer", "give a size that is not below `older`, or 0 for the newest"));
    }
    Ok((request.older, request.newer))
}

/// A signed checkpoint with its proof.
#[must_use]
pub fn checkpoint(checkpoint: CheckpointOf) -> wire::CheckpointReply {
    wire::CheckpointReply {
        checkpoint: checkpoint.checkpoint,
        consistency: checkpoint.consistency.iter().map(|hash| hash.to_vec()).collect(),
        log_key: checkpoint.log_key,
    }
}
