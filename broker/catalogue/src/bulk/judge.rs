//! The passes over the columns of a return, in this order: cells, what names a row, what stands above it, rules.

use concordat_core::finding::Severity;

use super::eval::{self, When};
use super::frame::{Column, Frame, Rows};
use super::links::{self, Links};
use super::plan::Plan;
use super::tally::Tally;
use crate::checks::cells::said;
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::ReturnType;

// first the cells, then what names a row, then the rules, each in the order of the type's file
pub(super) fn judge(of: &ReturnType, plan: &Plan, frame: &Frame<'_>, when: When) -> Vec<Tally> {
    let mut tallies = Vec::new();
    cells(of, frame, &mut tallies);
    for at in 0..of.tables.len() {
        unique(of, frame, at, &mut tallies);
        parents(of, frame, at, &mut tallies);
    }
    let links = Links::of(of, plan, frame);
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
            tallies.push(say(Severity::NotChecked, text, Rows::unnamed(1)));
            continue;
        }
        let found = eval::run(program, of, frame, &links, when);
        tallies.push(say(rule.severity, rule.words.clone(), found.broken));
        let text = "not checked: something that this rule needs is blank";
        tallies.push(say(Severity::NotChecked, text.to_owned(), found.unknown));
    }
    tallies
}

// a template that nobody filled in is no return
pub(super) fn empty(of: &ReturnType, frame: &Frame<'_>, findings: &mut Findings) {
    for (at, def) in of.tables.iter().enumerate() {
        let required = def.place.as_ref().is_some_and(|place| place.required);
        if required && frame.has(at) && frame.height(at) == 0 {
            let text = "there is no row in this table, and no return without one: fill it in";
            findings.error(&ids().rows, Place::table(&def.name), text);
        }
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
