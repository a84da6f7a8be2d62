//! Several events in one file: each is a return of its own, named by its own id, checked by itself and told by
//! that name.

use std::collections::HashMap;

use concordat_catalogue::{Acceptance, Catalogue, Draft, ReturnType, areas_of, event_id_of};
use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::ids::{Digest, RuleId};
use concordat_core::record::{RecordId, RefusedRecord};
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use jiff::Timestamp;

use crate::file;
use crate::parted::Parted;
use crate::report::Found;

/// One event of a file.
#[derive(Debug)]
pub struct Event {
    /// Its id.
    pub record: RecordId,
    /// Its row in the file, from 1.
    pub row: u32,
    /// It alone, as a return.
    pub draft: Draft,
    /// The digest of its content.
    pub content: Digest,
    /// What was found in it, in rows of the file.
    pub findings: Vec<Finding>,
}

/// The events of a file, or why no row of it may be told from another.
#[derive(Debug)]
pub enum Events {
    /// Each by its own id, in the order of the file.
    Named(Vec<Event>),
    /// Rows that have no id of their own: all that was found.
    Unnamed(Vec<Finding>),
}

/// Whether a file that was read holds several events, each to be sent by itself.
#[must_use]
pub fn are_several(of: &ReturnType, draft: &Draft) -> bool {
    of.acceptance == Acceptance::Event && draft.tables.first().is_some_and(|table| table.height() > 1)
}

/// Takes a file apart and checks every event of it as far as a client can.
#[must_use]
pub fn split(of: &ReturnType, draft: &Draft, catalogue: &Catalogue, now: Timestamp) -> Events {
    let Some(table) = draft.tables.first() else { return Events::Unnamed(Vec::new()) };
    let (mut events, mut unnamed) = (Vec::new(), Vec::new());
    for (row, cells) in (1u32..).zip(table.rows()) {
        let one =
            Table { name: table.name.clone(), columns: table.columns.clone(), cells: cells.iter().collect() };
        let tables = vec![one];
        let named = event_id_of(of, &tables);
        let covers = named.clone().map_or_else(|| draft.identity.covers.clone(), Covers::Event);
        let areas =
            if of.area_fields.is_empty() { draft.identity.areas.clone() } else { areas_of(of, &tables) };
        let identity = Identity { areas, covers, ..draft.identity.clone() };
        let draft = Draft { identity, nil: false, tables };
        let content = file::content_digest(&draft.identity, false, &draft.tables);
        let record = RecordId::new(named.as_ref().map_or("", |id| id.as_str()));
        let found = file::check_offline(of, draft.clone(), catalogue, now).findings;
        let findings = placed(found, row, named.is_some().then_some(&record));
        if named.is_none() {
            unnamed.extend(findings.iter().cloned());
        }
        events.push(Event { record, row, draft, content, findings });
    }
    refuse_doubles(of, &mut events);
    if unnamed.is_empty() {
        Events::Named(events)
    } else {
        Events::Unnamed(events.into_iter().flat_map(|event| event.findings).collect())
    }
}

/// Findings of one event where they stand in the file, under its name.
#[must_use]
pub fn placed(findings: Vec<Finding>, row: u32, record: Option<&RecordId>) -> Vec<Finding> {
    let place = |finding: Finding| Finding { row: Some(row), record: record.cloned(), ..finding };
    findings.into_iter().map(place).collect()
}

// which of two rows is the event nobody can say: none of them is sent
fn refuse_doubles(of: &ReturnType, events: &mut [Event]) {
    let Ok(rule) = RuleId::new("row-unique") else { return };
    let mut times: HashMap<RecordId, usize> = HashMap::new();
    for event in events.iter() {
        *times.entry(event.record.clone()).or_default() += 1;
    }
    let column = of.event_id.clone().unwrap_or_default();
    for event in events.iter_mut().filter(|event| times.get(&event.record).is_some_and(|times| *times > 1)) {
        event.findings.push(Finding {
            rule: rule.clone(),
            severity: Severity::Error,
            table: concordat_catalogue::definition::MAIN.to_owned(),
            row: Some(event.row),
            column: Some(column.clone()),
            text: format!("another row of the file has the same {column}: keep one of them"),
            figures: None,
            record: (!event.record.as_str().is_empty()).then(|| event.record.clone()),
        });
    }
}

impl Event {
    /// Whether it has an error.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The rules by which it is refused, sorted, each once.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleId> {
        broken(&self.findings)
    }
}

/// The rules whose errors stand among findings, sorted, each once.
#[must_use]
pub fn broken(findings: &[Finding]) -> Vec<RuleId> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let mut rules: Vec<RuleId> = errors.map(|finding| finding.rule.clone()).collect();
    rules.sort();
    rules.dedup();
    rules
}

impl Events {
    /// Every finding, by event.
    #[must_use]
    pub fn found(&self) -> Found {
        let findings = match self {
            Events::Unnamed(findings) => findings.clone(),
            Events::Named(events) => events.iter().flat_map(|event| event.findings.clone()).collect(),
        };
        Found { counts: Counts::of(&findings), findings, ..Found::default() }
    }

    /// Which are refused, where others are not.
    #[must_use]
    pub fn parted(&self) -> Option<Parted> {
        let Events::Named(events) = self else { return None };
        let mut refused: Vec<RefusedRecord> = events
            .iter()
            .filter(|event| event.is_refused())
            .map(|event| RefusedRecord { record: event.record.clone(), rules: event.rules() })
            .collect();
        refused.sort_by(|a, b| a.record.cmp(&b.record));
        let accepted = events.len() - refused.len();
        refused.dedup();
        let accepted = u32::try_from(accepted).unwrap_or(u32::MAX);
        (!refused.is_empty() && accepted > 0).then_some(Parted { accepted, refused })
    }
}
