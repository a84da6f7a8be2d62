//! The passes over the columns of a return, in this order: cells, what names a row, what stands above it, rules.

use concordat_core::finding::Severity;

use super::before::Before;
use super::eval::{self, Scene, When};
use super::frame::{Column, Frame, Rows};
use super::links::{self, Links};
use super::plan::{Plan, Program};
use super::tally::{self, Outcome, Tally};
use crate::checks::cells::said;
use crate::checks::findings::{Findings, ids};
use crate::checks::rows::because;
use crate::definition::ReturnType;
use crate::rule::Unknown;

// first the cells, then what names a row, then the rules, each in the order of the type's file
pub(super) fn judge(
    of: &ReturnType,
    plan: &Plan,
    frame: &Frame<'_>,
    before: &Before<'_>,
    when: When<'_>,
    findings: Findings,
) -> Outcome {
    let mut tallies = Vec::new();
    cells(of, frame, &mut tallies);
    for at in 0..of.tables.len() {
        unique(of, frame, at, &mut tallies);
        parents(of, frame, at, &mut tallies);
    }
    let links = Links::of(of, plan, frame, before.frame());
    let scene = Scene { of, frame, before: before.frame(), links: &links, when };
    for program in &plan.programs {
        let Some(rule) = of.rules.get(program.rule) else { continue };
        let Some(table) = of.tables.get(program.table) else { continue };
        let say = |severity, text: String, rows| Tally {
            rule: rule.id.clone(),
            severity,
            table: table.name.clone(),
            column: rule.column.clone(),
            text,
            rows,
        };
        let missing = std::iter::once(program.table)
            .chain(program.needs.iter().copied())
            .find(|table| !frame.has(*table));
        if let Some(missing) = missing.and_then(|at| of.tables.get(at)) {
            let text = format!("not checked: the table `{}` is not in this return", missing.name);
            tallies.push(say(Severity::NotChecked, text, Rows { total: 1, first: Vec::new() }));
            continue;
        }
        let once = |text: String| say(Severity::NotChecked, text, Rows { total: 1, first: Vec::new() });
        let lacking = program.last().find(|table| before.frame().is_some_and(|before| !before.has(*table)));
        if let Some(lacking) = lacking.and_then(|at| of.tables.get(at)) {
            tallies.push(once(format!(
                "not checked: the table `{}` is not in the earlier return",
                lacking.name
            )));
            continue;
        }
        let found = eval::run(program, &scene);
        tallies.push(say(rule.severity, rule.words.clone(), found.broken));
        match lacks(program, before, when).filter(|_| found.unknown.total > 0) {
            Some(why) => tallies.push(once(why.to_owned())),
            None => {
                let text = "not checked: something that this rule needs is blank";
                tallies.push(say(Severity::NotChecked, text.to_owned(), found.unknown));
            }
        }
    }
    let (findings, counts) = findings.finish();
    tally::finish(findings, counts, tallies)
}

// what a rule needs that this check does not have, whatever the return says
fn lacks(program: &Program, before: &Before<'_>, when: When<'_>) -> Option<&'static str> {
    match before {
        Before::Nothing(why) if program.last().next().is_some() => because(*why),
        _ if program.calendar && when.calendar.is_none() => because(Unknown::NoCalendar),
        _ => None,
    }
}

fn cells(of: &ReturnType, frame: &Frame<'_>, tallies: &mut Vec<Tally>) {
    for ((at, fault), rows) in &frame.faults {
        let Some(field) = of.fields.get(*at) else { continue };
        let Some(table) = of.tables.iter().find(|table| table.fields.contains(at)) else { continue };
        let (rule, text) = said(field, field.kind.says(), *fault);
        tallies.push(Tally {
            rule: rule.clone(),
            severity: Severity::Error,
            table: table.name.clone(),
            column: Some(field.name.clone()),
            text,
            rows: rows.clone(),
        });
    }
}

// no two rows may agree in the fields that name a row
fn unique(of: &ReturnType, frame: &Frame<'_>, table: usize, tallies: &mut Vec<Tally>) {
    let Some(def) = of.tables.get(table).filter(|def| !def.key.is_empty()) else { return };
    let mut keys: Vec<(u64, u64, u32)> = Vec::with_capacity(frame.height(table));
    for row in 0..frame.height(table) {
        // two independent sums of the key, so that rows agree in both only if they agree
        let part = |at: &usize| frame.columns.get(*at).and_then(|column| column.fingerprint(row));
        let parts: Option<Vec<u64>> = def.key.iter().map(part).collect();
        let Some(parts) = parts else { continue };
        let mix = |seed: u64| {
            parts.iter().fold(seed, |sum, part| (sum.rotate_left(29) ^ part).wrapping_mul(seed | 1))
        };
        keys.push((
            mix(0x9e37_79b9_7f4a_7c15),
            mix(0xc2b2_ae3d_27d4_eb4f),
            u32::try_from(row).unwrap_or(u32::MAX),
        ));
    }
    keys.sort_unstable();
    let mut twice: Vec<u32> = keys
        .windows(2)
        .filter_map(|pair| match pair {
            [(a, b, _), (c, d, row)] if (a, b) == (c, d) => Some(*row),
            _ => None,
        })
        .collect();
    twice.sort_unstable();
    let mut rows = Rows::default();
    twice.into_iter().for_each(|row| rows.add(row as usize));
    let names: Vec<&str> =
        def.key.iter().filter_map(|at| of.fields.get(*at)).map(|f| f.name.as_str()).collect();
    tallies.push(Tally {
        rule: ids().unique.clone(),
        severity: Severity::Error,
        table: def.name.clone(),
        column: names.first().map(|name| (*name).to_owned()),
        text: format!("an earlier row has the same {}: keep one of them", names.join(", ")),
        rows,
    });
}

// a row that says which row it stands under must name one that there is
fn parents(of: &ReturnType, frame: &Frame<'_>, table: usize, tallies: &mut Vec<Tally>) {
    let Some(def) = of.tables.get(table) else { return };
    let Some((parent, at)) = def.place.as_ref().and_then(|place| place.parent) else { return };
    let (Some(field), Some(above)) = (of.fields.get(at), of.tables.get(parent)) else { return };
    let mut rows = Rows::default();
    if let Some(Column::Numbers(numbers)) = frame.columns.get(at) {
        let height = frame.height(parent);
        let stray = numbers.iter().enumerate().filter(|(_, n)| links::parent_row(**n, height) == links::NONE);
        stray.for_each(|(row, _)| rows.add(row));
    }
    tallies.push(Tally {
        rule: ids().shape.clone(),
        severity: Severity::Error,
        table: def.name.clone(),
        column: Some(field.name.clone()),
        text: format!("`{}` names no row of `{}`", field.name, above.name),
        rows,
    });
}
