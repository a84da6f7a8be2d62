//! Rules over a table of one figure per row: evaluated per area and period.
//!
//! A rule speaks in a group only if every figure of the group's own period that it names has a row there:
//! agencies send their own figures, and a figure that someone else sends is not missing. If a row is there
//! but its figure is blank or a symbol, or a figure of another period that it needs is not there, the rule is
//! told as not checked. So is a sum whose total is there with some, not all, of its parts.
//!
//! Rules are found by the indicator that triggers them, so those without their figures cost nothing.

use concordat_core::calendar::Calendar;
use jiff::Timestamp;

use super::findings::{Findings, Place};
use super::rows::{broken, not_checked};
use super::{Grid, fingerprint};
use crate::cell::Value;
use crate::check::Context;
use crate::definition::{Long, ReturnType, Rule};
use crate::rule::{CellRef, Env, Unknown, When, holds};
use crate::stretch::Stretch;

/// A figure: the area and period of its group, what it is, and where it stands. Sorted, the figures of a
/// group stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Figure {
    area: u64,
    period: u64,
    indicator: u16,
    unit: u16,
    row: usize,
}

impl Figure {
    fn of(long: &Long, row: usize, values: &[Value<'_>]) -> Option<Self> {
        let area = match values.get(long.area)? {
            area @ (Value::Code(_) | Value::Area(_)) => fingerprint(area),
            _ => return None,
        };
        match (values.get(long.period)?, values.get(long.indicator)?, values.get(long.unit)?) {
            (Value::Stretch(period), Value::Code(indicator), Value::Code(unit)) => {
                Some(Self { area, period: period.packed(), indicator: *indicator, unit: *unit, row })
            }
            _ => None,
        }
    }
}

/// A table as its rules see it.
struct Figures<'e> {
    all: Vec<Figure>,
    grid: &'e Grid<'e>,
    long: &'e Long,
}

impl Figures<'_> {
    fn value(&self, row: usize, field: usize) -> Option<&Value<'_>> {
        self.grid.row(row).get(field)
    }

    fn period(&self, figure: &Figure) -> Option<Stretch> {
        match self.value(figure.row, self.long.period)? {
            Value::Stretch(stretch) => Some(*stretch),
            _ => None,
        }
    }

    /// The row of a figure, seen from a group.
    fn row(&self, group: &[Figure], cell: &CellRef) -> Option<usize> {
        let first = group.first()?;
        if cell.when == When::Here {
            return find(group, (first.area, first.period, cell.indicator, cell.unit));
        }
        let own = self.period(first)?;
        let period = match cell.when {
            When::Here => Some(own),
            When::End => own.end(),
            When::Start => own.start(),
            When::YearBefore => own.year_before(),
            When::InYear => own.in_year(),
        }?;
        find(&self.all, (first.area, period.packed(), cell.indicator, cell.unit))
    }
}

fn find(among: &[Figure], wanted: (u64, u64, u16, u16)) -> Option<usize> {
    let key = |figure: &Figure| (figure.area, figure.period, figure.indicator, figure.unit);
    let at = among.partition_point(|figure| key(figure) < wanted);
    among.get(at).filter(|figure| key(figure) == wanted).map(|figure| figure.row)
}

/// The figures that one rule names, in one group.
struct LongEnv<'e> {
    figures: &'e Figures<'e>,
    rows: &'e [Option<usize>],
    now: Timestamp,
    calendar: Option<&'e Calendar>,
}

impl Env for LongEnv<'_> {
    fn cell(&self, at: u16) -> Result<i128, Unknown> {
        let row = self.rows.get(usize::from(at)).copied().flatten().ok_or(Unknown::Absent)?;
        match self.figures.value(row, self.figures.long.value) {
            Some(Value::Number(n)) => Ok(i128::from(*n)),
            Some(Value::Bad) => Err(Unknown::Bad),
            _ => Err(Unknown::Absent),
        }
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn calendar(&self) -> Option<&Calendar> {
        self.calendar
    }
}

pub(crate) fn check(
    of: &ReturnType,
    long: &Long,
    grid: &Grid<'_>,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let mut all: Vec<Figure> =
        grid.rows().enumerate().filter_map(|(row, values)| Figure::of(long, row, values)).collect();
    all.sort_unstable();
    let figures = Figures { all, grid, long };
    let mut rows = Vec::new();
    for group in figures.all.chunk_by(|a, b| (a.area, a.period) == (b.area, b.period)) {
        let mut last = None;
        for figure in group {
            // an indicator may stand here in two units: its rules are asked once
            if last.replace(figure.indicator) == Some(figure.indicator) {
                continue;
            }
            let rules = of.by_indicator.get(usize::from(figure.indicator)).map_or(&[][..], Vec::as_slice);
            for rule in rules.iter().filter_map(|rule| of.rules.get(usize::from(*rule))) {
                rows.clear();
                rows.extend(rule.compiled.cells.iter().map(|cell| figures.row(group, cell)));
                let env =
                    LongEnv { figures: &figures, rows: &rows, now: context.now, calendar: context.calendar };
                one(of, rule, &env, findings);
            }
        }
        if findings.is_full() {
            return;
        }
    }
}

fn one(of: &ReturnType, rule: &Rule, env: &LongEnv<'_>, findings: &mut Findings) {
    let own = || rule.compiled.cells.iter().zip(env.rows).filter(|(cell, _)| cell.when == When::Here);
    let (named, there) = (own().count(), own().filter(|(_, row)| row.is_some()).count());
    // the total alone says nothing about parts that nobody has sent here
    if there < named && !(rule.additive && there > 1) {
        return;
    }
    let (table, column) = (of.tables.first().map_or("", |def| def.name.as_str()), rule.column.as_deref());
    // a sum points at its total, any other rule at the first figure it names
    let mut rows = own().filter_map(|(_, row)| *row);
    let row = if rule.additive { rows.next_back() } else { rows.next() };
    let place = Place { table, row, column };
    match holds(&rule.compiled.logic, env) {
        Ok(true) => {}
        Ok(false) => broken(of, rule, env, place, findings),
        Err(why) => not_checked(rule, why, place, findings),
    }
}
