//! Rules taken away or turned round one at a time, to see whether some case would miss them.

use concordat_core::decision::DecisionRequest;

use super::Case;
use crate::bundle::Bundle;
use crate::complaint::Complaint;
use crate::question::Question;
use crate::reference::{self, Index, Verdict};
use crate::row::{Row, Who};

/// The rules that can be removed, or turned round, without any case changing.
pub(super) fn unproved(bundle: &Bundle, cases: &[Case]) -> Vec<Complaint> {
    let mut rows = bundle.rows().to_vec();
    // only a case that a row has a part in can change with it
    let involved: Vec<(&Case, Vec<u32>, String)> = cases
        .iter()
        .map(|case| (case, involved(bundle, case), answer(bundle, bundle.rows(), &case.request)))
        .collect();
    let mut complaints = Vec::new();
    for (at, row) in bundle.rows().iter().enumerate().filter(|(_, row)| can_be_asked(bundle, row)) {
        let of_row = || involved.iter().filter(|(_, lines, _)| lines.contains(&row.line));
        let changes =
            |rows: &[Row]| of_row().any(|(case, _, was)| answer(bundle, rows, &case.request) != *was);
        let taken = rows.remove(at);
        let missed = changes(&rows);
        rows.insert(at, Row { allow: !taken.allow, ..taken.clone() });
        let noticed = changes(&rows);
        if let Some(place) = rows.get_mut(at) {
            *place = taken;
        }
        let what = match (missed, noticed) {
            (true, true) => continue,
            (false, _) => "is removed",
            (true, false) => "is turned round",
        };
        let text = format!("no case changes when `{}` {what}; write one in cases/", row.id);
        complaints.push(Complaint::of_cell("rules.csv", row.line, "id", text));
    }
    complaints
}

/// A row about a kind of which the partnership has no agency cannot be asked about.
fn can_be_asked(bundle: &Bundle, row: &Row) -> bool {
    match &row.who {
        Who::Kind(kind) => bundle.known.agencies.iter().any(|agency| agency.kind == *kind),
        _ => true,
    }
}

/// The lines of the rows that a case's answer rests on.
fn involved(bundle: &Bundle, case: &Case) -> Vec<u32> {
    let Ok(question) = Question::of(bundle, &case.request) else { return Vec::new() };
    let Verdict { allows, denies, nearest } = reference::judge(bundle.rows_about(&case.request), &question);
    allows.iter().chain(&denies).map(|row| row.line).chain(nearest.map(|(row, _)| row.line)).collect()
}

/// What these rows answer, in the words of a case.
pub(super) fn answer(bundle: &Bundle, rows: &[Row], request: &DecisionRequest) -> String {
    let question = match Question::of(bundle, request) {
        Ok(question) => question,
        Err(reason) => return format!("deny {}", reason.as_str()),
    };
    let verdict = reference::judge(Index::of(rows).rows(rows, request), &question);
    if verdict.allowed() {
        let rules: Vec<&str> = verdict.allows.iter().map(|row| row.id.as_str()).collect();
        return format!("allow {}", rules.join(" "));
    }
    match verdict.denial() {
        (reason, Some(rule)) => format!("deny {} {rule}", reason.as_str()),
        (reason, None) => format!("deny {}", reason.as_str()),
    }
}
