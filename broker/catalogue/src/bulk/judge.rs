//! The passes over the columns of a return, in this order: cells, what names a row, what stands above it, rules.

use concordat_core::finding::Severity;

use super::before::Before;
use super::eval::{self, Scene, When};
use super::frame::{Column, Frame, Rows};
use super::links::{self, Links};
use super::plan::{Plan, Program};
use super::tally::Tally;
use crate::checks::cells::said;
use crate::checks::findings::{Findings, Place, ids};
use crate::checks::rows::because;
use crate::definition::ReturnType;
use crate::rule::Unknown;

// first the cells, then what names a row, then the rules, each in the order of the type's file
pub(super) fn judge(
    of: &ReturnType,
    plan: &Plan,
    frame: &mut Frame<'_>,
    before: &mut Before<'_>,
    when: When<'_>,
) -> Vec<Tally> {
    let mut tallies = Vec::new();
    cells(of, frame, &mut tallies);
    for at in 0..of.tables.len() {
        unique(of, frame, at, &mut tallies);
        parents(of, frame, at, &mut tallies);
    }
    let nothing = before.nothing().and_then(because);
    let mut told = Bench { of, plan, when, over_last: false, nothing }.rules(frame, before.frame());
    if plan.programs.iter().any(|program| program.over_last) {
        let bench = Bench { of, plan, when, over_last: true, nothing };
        told.extend(match before {
            Before::Nothing(_) => bench.silent(),
            Before::Columns(before) => {
                // the texts stand with the return whose rows are looked over
                std::mem::swap(&mut before.texts, &mut frame.texts);
                let told = bench.rules(before, Some(frame));
                std::mem::swap(&mut before.texts, &mut frame.texts);
                told
            }
        });
    }
    told.sort_by_key(|(rule, _)| *rule);
    tallies.extend(told.into_iter().map(|(_, tally)| tally));
    tallies
}

/// The rules over the rows of this return, or those over the rows of the return before.
struct Bench<'a> {
    of: &'a ReturnType,
    plan: &'a Plan,
    when: When<'a>,
    over_last: bool,
    /// Why there is no return before.
    nothing: Option<&'static str>,
}

impl Bench<'_> {
    fn programs(&self) -> impl Iterator<Item = &Program> {
        self.plan.programs.iter().filter(|program| program.over_last == self.over_last)
    }

    fn say(&self, program: &Program, text: Option<String>, rows: Rows) -> Option<(usize, Tally)> {
        let rule = self.of.rules.get(program.rule)?;
        let (severity, text) = match text {
            Some(text) => (Severity::NotChecked, text),
            None => (rule.severity, rule.words.clone()),
        };
        let table = self.of.tables.get(program.table)?.name.clone();
        let column = rule.column.clone();
        let tally =
            Tally { rule: rule.id.clone(), severity, table, column, text, rows, before: self.over_last };
        Some((program.rule, tally))
    }

    fn once(&self, program: &Program, text: String) -> Option<(usize, Tally)> {
        self.say(program, Some(text), Rows::unnamed(1))
    }

    /// Nothing but that there is nothing to look over.
    fn silent(&self) -> Vec<(usize, Tally)> {
        let why = self.nothing.unwrap_or_default();
        self.programs().filter_map(|program| self.once(program, why.to_owned())).collect()
    }

    fn rules(&self, frame: &Frame<'_>, other: Option<&Frame<'_>>) -> Vec<(usize, Tally)> {
        let links = Links::of(self.of, self.programs(), frame, other);
        let scene = Scene { of: self.of, frame, other, links: &links, when: self.when };
        let mut told = Vec::new();
        for program in self.programs() {
            if let Some(text) = self.missing(program, frame, other) {
                told.extend(self.once(program, text));
                continue;
            }
            // a million rows need not be asked to know that there is nothing to compare them with
            if let Some(why) = self.nothing.filter(|_| program.others_tables().next().is_some()) {
                told.extend(self.once(program, why.to_owned()));
                continue;
            }
            let found = eval::run(program, &scene);
            told.extend(self.say(program, None, found.broken));
            told.extend(match self.lacks(program).filter(|_| found.unknown.total > 0) {
                Some(why) => self.once(program, why.to_owned()),
                None => {
                    let text = "not checked: something that this rule needs is blank";
                    self.say(program, Some(text.to_owned()), found.unknown)
                }
            });
        }
        told
    }

    // a table that a rule needs and that one of the two returns does not have
    fn missing(&self, program: &Program, frame: &Frame<'_>, other: Option<&Frame<'_>>) -> Option<String> {
        let own = std::iter::once(program.table).chain(program.needs.iter().copied());
        let own = own.map(|table| (table, frame, self.over_last));
        let others = program.others_tables().filter_map(|table| Some((table, other?, !self.over_last)));
        let (table, _, before) = own.chain(others).find(|(table, frame, _)| !frame.has(*table))?;
        let name = &self.of.tables.get(table)?.name;
        let which = if before { "the earlier return" } else { "this return" };
        Some(format!("not checked: the table `{name}` is not in {which}"))
    }

    // what a rule needs that this check does not have, whatever the return says
    fn lacks(&self, program: &Program) -> Option<&'static str> {
        because(Unknown::NoCalendar).filter(|_| program.calendar && self.when.calendar.is_none())
    }
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
            before: false,
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
        before: false,
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
        before: false,
    });
}
