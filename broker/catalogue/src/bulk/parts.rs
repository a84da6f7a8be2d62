//! A return that is accepted record by record: what errors refuse, and what is left of it.
//!
//! An error in a row refuses the record to which the row belongs, with all its rows. What is left is judged again
//! as a return of its own, for a rule that looks over several records may say otherwise now. An error that belongs
//! to no record refuses the return.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::ids::RuleId;
use concordat_core::record::{RecordId, RefusedRecord};

use super::before::Before;
use super::eval::When;
use super::frame::{Frame, Rows};
use super::judge::{empty, judge};
use super::links::NONE;
use super::plan::Plan;
use super::records;
use super::tally::{self, Outcome, Tally};
use crate::check::Draft;
use crate::checks::findings::Findings;
use crate::definition::{Acceptance, ReturnType};

/// The most records that may be refused alone. Where more are wrong it is the extract, not the records: nobody
/// puts so many right one by one, and what is left would be taken for the return.
pub const MOST_REFUSED: usize = 1_000;

/// How often what is left is judged again.
const ROUNDS: usize = 8;

/// What a return that is accepted in part is made of.
#[derive(Debug)]
pub struct InPart {
    /// How many records are left.
    pub accepted: u32,
    /// The records that are refused, by identifier.
    pub refused: Vec<RefusedRecord>,
    /// What was found in what is left, no errors among it; its rows are those of what is left.
    pub findings: Vec<Finding>,
    /// How many of each weight.
    pub counts: Counts,
    /// How many rows each table has left.
    heights: Vec<Option<usize>>,
}

impl InPart {
    /// How many rows a table has left; `None` where there is no such table.
    pub(super) fn height(&self, table: usize) -> Option<usize> {
        self.heights.get(table).copied().flatten()
    }

    /// What is left of a return. `None` if the tables do not say what their columns said: then nothing may be
    /// accepted.
    pub(crate) fn of(&self, of: &ReturnType, draft: Draft) -> Option<Draft> {
        let tables = records::leave_out(of, draft.tables, &self.refused);
        let height = |name: &String| tables.iter().find(|table| table.name == *name).map(|t| t.height());
        let alike = of.tables.iter().zip(&self.heights).all(|(def, known)| height(&def.name) == *known);
        alike.then_some(Draft { tables, ..draft })
    }
}

/// Judges a return whose shape is right: accepted, accepted in part, or refused with everything that was found.
pub(super) fn settle(
    of: &ReturnType,
    plan: &Plan,
    (mut frame, mut before): (Frame<'_>, Before<'_>),
    when: When<'_>,
    mut findings: Findings,
) -> Outcome {
    empty(of, &frame, &mut findings);
    let first = judge(of, plan, &mut frame, &mut before, when);
    let may_part = !findings.has_errors() && first.iter().any(is_wrong);
    let Acceptance::Record { table, field } = of.acceptance else {
        return tally::finish(findings, first);
    };
    let records = records::of_rows(of, &frame, table, field);
    let split =
        if may_part { split((of, plan, when), (&mut frame, &mut before), &records, &first) } else { None };
    let mut outcome = match split {
        None => tally::finish(findings, first),
        Some(split) => split.told(of, &frame, findings),
    };
    name(&mut outcome.findings, of, &records, &frame);
    outcome
}

fn is_wrong(tally: &Tally) -> bool {
    tally.severity == Severity::Error && tally.rows.total > 0
}

/// What was refused, and what was found in the rest.
struct Split {
    accepted: usize,
    /// By the number of the text that names the record, the rules that it breaks.
    refused: BTreeMap<u32, BTreeSet<RuleId>>,
    /// What refused them, in rows of the return as it came.
    errors: Vec<Tally>,
    /// What was found in what is left, in rows of that.
    left: Vec<Tally>,
    /// By table and row of what is left, the row of the return as it came.
    origin: Vec<Vec<u32>>,
}

fn split(
    (of, plan, when): (&ReturnType, &Plan, When<'_>),
    (frame, before): (&mut Frame<'_>, &mut Before<'_>),
    records: &[Vec<u32>],
    first: &[Tally],
) -> Option<Split> {
    let mut origin: Vec<Vec<u32>> =
        records.iter().map(|rows| (0u32..).zip(rows).map(|(row, _)| row).collect()).collect();
    let mut refused = BTreeMap::new();
    let mut errors: Vec<Tally> = Vec::new();
    let mut now = Cow::Borrowed(first);
    for _ in 0..ROUNDS {
        if !now.iter().any(is_wrong) {
            let all: BTreeSet<u32> = records.iter().flatten().copied().filter(|at| *at != NONE).collect();
            let accepted = all.len().saturating_sub(refused.len());
            let left = now.into_owned();
            return (accepted > 0).then_some(Split { accepted, refused, errors, left, origin });
        }
        for wrong in now.iter().filter(|tally| is_wrong(tally)) {
            let at = of.tables.iter().position(|def| def.name == wrong.table)?;
            let told = refuse(wrong, origin.get(at)?, records.get(at)?, &mut refused)?;
            put(&mut errors, told);
        }
        let stays = |record: Option<&u32>| record.is_some_and(|record| !refused.contains_key(record));
        let keep: Vec<Vec<bool>> = origin
            .iter()
            .zip(records)
            .map(|(from, records)| from.iter().map(|row| stays(records.get(*row as usize))).collect())
            .collect();
        frame.keep(&keep);
        for (from, keep) in origin.iter_mut().zip(&keep) {
            let mut keep = keep.iter();
            from.retain(|_| keep.next().copied().unwrap_or(false));
        }
        let mut anew = judge(of, plan, frame, before, when);
        if let Before::Columns(earlier) = before {
            leave_unsaid(of, earlier, &refused, &mut anew);
        }
        now = Cow::Owned(anew);
    }
    None
}

/// Says nothing of the earlier return's rows about a record that was refused: it is not missing, it was sent.
fn leave_unsaid(
    of: &ReturnType,
    earlier: &Frame<'_>,
    refused: &BTreeMap<u32, BTreeSet<RuleId>>,
    tallies: &mut [Tally],
) {
    let Acceptance::Record { table, field } = of.acceptance else { return };
    let records = records::of_rows(of, earlier, table, field);
    for tally in tallies.iter_mut().filter(|tally| tally.before && tally.rows.total > 0) {
        let at = of.tables.iter().position(|def| def.name == tally.table);
        let Some(records) = at.and_then(|at| records.get(at)) else { continue };
        let mut rows = Rows::default();
        for row in tally.rows.each() {
            if records.get(row as usize).is_none_or(|record| !refused.contains_key(record)) {
                rows.add(row as usize);
            }
        }
        tally.rows = rows;
    }
}

/// Refuses every record that breaks a rule. `None` where a row belongs to none, or there are too many.
fn refuse(
    wrong: &Tally,
    origin: &[u32],
    records: &[u32],
    refused: &mut BTreeMap<u32, BTreeSet<RuleId>>,
) -> Option<Tally> {
    // what is wrong with the return before refuses no record of this one
    if wrong.before {
        return None;
    }
    let mut rows = Rows::default();
    for row in wrong.rows.each() {
        let row = *origin.get(row as usize)?;
        let record = records.get(row as usize).copied().filter(|record| *record != NONE)?;
        let rules = refused.entry(record).or_default();
        if !rules.contains(&wrong.rule) {
            rules.insert(wrong.rule.clone());
        }
        if refused.len() > MOST_REFUSED {
            return None;
        }
        rows.add(row as usize);
    }
    // a row that is counted and not named could be anybody's
    (rows.total == wrong.rows.total).then(|| Tally { rows, ..wrong.clone() })
}

// one thing said of rows in two rounds is one thing
fn put(errors: &mut Vec<Tally>, more: Tally) {
    let same = |known: &&mut Tally| {
        (&known.rule, &known.table, &known.column, &known.text)
            == (&more.rule, &more.table, &more.column, &more.text)
    };
    match errors.iter_mut().find(same) {
        Some(known) => known.rows = known.rows.and(&more.rows),
        None => errors.push(more),
    }
}

impl Split {
    fn told(self, of: &ReturnType, frame: &Frame<'_>, whole: Findings) -> Outcome {
        let mut all = self.errors;
        for tally in &self.left {
            let at = of.tables.iter().position(|def| def.name == tally.table);
            let origin = at.and_then(|at| self.origin.get(at)).map_or(&[][..], Vec::as_slice);
            // rows of the return before stand where they stood
            let rows = if tally.before { tally.rows.clone() } else { tally.rows.moved(origin) };
            all.push(Tally { rows, ..tally.clone() });
        }
        let mut refused: Vec<RefusedRecord> = self
            .refused
            .into_iter()
            .map(|(text, rules)| RefusedRecord {
                record: RecordId::new(frame.texts.get(text)),
                rules: rules.into_iter().collect(),
            })
            .collect();
        refused.sort_by(|a, b| a.record.cmp(&b.record));
        let left = tally::finish(whole.clone(), self.left);
        let mut outcome = tally::finish(whole, all);
        outcome.in_part = Some(InPart {
            accepted: u32::try_from(self.accepted).unwrap_or(u32::MAX),
            refused,
            findings: left.findings,
            counts: left.counts,
            heights: frame.heights.clone(),
        });
        outcome
    }
}

/// Says of every finding in a row of a record which record that is.
fn name(findings: &mut [Finding], of: &ReturnType, records: &[Vec<u32>], frame: &Frame<'_>) {
    for finding in findings {
        let row = finding.row.and_then(|row| row.checked_sub(1));
        let at = of.tables.iter().position(|def| def.name == finding.table);
        let rows = at.and_then(|at| records.get(at));
        let record = rows.zip(row).and_then(|(rows, row)| rows.get(row as usize));
        finding.record =
            record.filter(|record| **record != NONE).map(|record| RecordId::new(frame.texts.get(*record)));
    }
}
