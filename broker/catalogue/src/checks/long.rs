//! Rules over a table of one figure per row: evaluated per area and period.
//!
//! A rule speaks in a group only if every figure of the group's own period that it names has a row there:
//! agencies send their own figures, and a figure that someone else sends is not missing. If a row is there
//! but its figure is blank or a symbol, or a figure of another period that it needs is not there, the rule is
//! told as not checked. So is a sum whose total is there with some, not all, of its parts.
//!
//! Rules are found by the indicator that triggers them, so those without their figures cost nothing.

use jiff::Timestamp;

use super::Grid;
use super::findings::{Findings, Place};
use super::rows::{broken, not_checked};
use crate::cell::Value;
use crate::check::Context;
use crate::definition::{Long, ReturnType, Rule};
use crate::rule::{CellRef, Env, Unknown, When, holds};
use crate::stretch::Stretch;

/// An area and a period: what a rule looks over at a time.
type Group<'a> = (Area<'a>, Stretch);

/// The area of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Area<'a> {
    Code(u16),
    Gss(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<'a> {
    group: Group<'a>,
    indicator: u16,
    unit: u16,
    row: usize,
}

struct LongEnv<'e> {
    entries: &'e [Entry<'e>],
    grid: &'e Grid<'e>,
    value: usize,
    group: Group<'e>,
    cells: &'e [CellRef],
    now: Timestamp,
}

impl<'e> LongEnv<'e> {
    fn entry(&self, cell: &CellRef) -> Option<&'e Entry<'e>> {
        let stretch = match cell.when {
            When::Here => Some(self.group.1),
            When::End => self.group.1.end(),
            When::Start => self.group.1.start(),
            When::YearBefore => self.group.1.year_before(),
            When::InYear => self.group.1.in_year(),
        }?;
        let wanted = ((self.group.0, stretch), cell.indicator, cell.unit);
        let at = self.entries.partition_point(|entry| (entry.group, entry.indicator, entry.unit) < wanted);
        self.entries.get(at).filter(|entry| (entry.group, entry.indicator, entry.unit) == wanted)
    }
}

impl Env for LongEnv<'_> {
    fn value(&self, _: u16) -> Value<'_> {
        Value::Absent
    }

    fn previous(&self, _: u16) -> Result<i128, Unknown> {
        Err(Unknown::NoPrevious)
    }

    fn cell(&self, at: u16) -> Result<i128, Unknown> {
        let cell = self.cells.get(usize::from(at)).ok_or(Unknown::Absent)?;
        let entry = self.entry(cell).ok_or(Unknown::Absent)?;
        match self.grid.row(entry.row).get(self.value) {
            Some(Value::Number(n)) => Ok(i128::from(*n)),
            Some(Value::Bad) => Err(Unknown::Bad),
            _ => Err(Unknown::Absent),
        }
    }

    fn unchanged(&self) -> Result<i128, Unknown> {
        Err(Unknown::NoPrevious)
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

pub(crate) fn check(of: &ReturnType, long: &Long, grid: &Grid<'_>, context: &Context<'_>, findings: &mut Findings) {
    let mut entries: Vec<Entry<'_>> =
        grid.rows().enumerate().filter_map(|(row, values)| entry(long, row, values)).collect();
    entries.sort_unstable();
    let mut due: Vec<(u16, usize)> = Vec::new();
    for group in entries.chunk_by(|a, b| a.group == b.group) {
        due.clear();
        for entry in group {
            let rules = of.by_indicator.get(usize::from(entry.indicator)).map_or(&[][..], Vec::as_slice);
            due.extend(rules.iter().map(|rule| (*rule, entry.row)));
        }
        due.sort_unstable();
        due.dedup_by_key(|(rule, _)| *rule);
        for (rule, row) in &due {
            let (Some(rule), Some(first)) = (of.rules.get(usize::from(*rule)), group.first()) else { continue };
            let env = LongEnv {
                entries: &entries,
                grid,
                value: long.value,
                group: first.group,
                cells: &rule.compiled.cells,
                now: context.now,
            };
            one(of, rule, &env, *row, findings);
        }
        if findings.is_full() {
            return;
        }
    }
}

fn entry<'a>(long: &Long, row: usize, values: &[Value<'a>]) -> Option<Entry<'a>> {
    let area = match values.get(long.area)? {
        Value::Code(code) => Area::Code(*code),
        Value::Area(text) => Area::Gss(text),
        _ => return None,
    };
    match (values.get(long.period)?, values.get(long.indicator)?, values.get(long.unit)?) {
        (Value::Stretch(stretch), Value::Code(indicator), Value::Code(unit)) => {
            Some(Entry { group: (area, *stretch), indicator: *indicator, unit: *unit, row })
        }
        _ => None,
    }
}

fn one(of: &ReturnType, rule: &Rule, env: &LongEnv<'_>, row: usize, findings: &mut Findings) {
    let (mut there, mut named) = (0usize, 0usize);
    for cell in rule.compiled.anchors() {
        named += 1;
        there += usize::from(env.entry(cell).is_some());
    }
    let (table, column) = (of.tables.first().map_or("", |def| def.name.as_str()), rule.column.as_deref());
    let place = Place { table, row: Some(row), column };
    // the total alone says nothing about parts that nobody has sent here
    if there < named && !(rule.additive && there > 1) {
        return;
    }
    match holds(&rule.compiled.logic, env) {
        Ok(true) => {}
        Ok(false) => broken(of, rule, env, place, findings),
        Err(why) => not_checked(rule, why, place, findings),
    }
}
