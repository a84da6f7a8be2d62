//! Returns of several tables about persons: the looked-after children's CSV files, the children in need
//! census. Cells become typed columns, rules become masks over columns, rows find one another by an index
//! that is built once; so a million rows are checked in about the time it takes to read them.
//!
//! A return comes in as files ([`examine`] to check them, [`read`] for the tables that are sent) or as the
//! tables that were sent ([`check()`](fn@crate::check)); the rules are the same and find the same. Whatever
//! only a program can express is a named helper in `helpers`; all else stands in the return type's file.

mod compile;
pub(crate) mod days;
mod eval;
mod folder;
mod frame;
mod functions;
mod helpers;
mod links;
mod mask;
mod plan;
mod schema;
mod shape;
mod tally;
mod xml;

use std::sync::Arc;

use concordat_core::clock::london_date;
use concordat_core::finding::{Finding, Severity};
use concordat_core::period::Period;
use concordat_core::submission::Covers;
use concordat_core::table::Table;
use jiff::Timestamp;

use crate::check::{Context, Draft};
use crate::checks::cells::said;
use crate::checks::findings::{Findings, Place as Spot, ids};
use crate::definition::{ReturnType, TableDef};
use eval::When;
use frame::{Column, Frame, Rows, Sink};
use links::Links;
use tally::Tally;

pub(crate) use compile::{Outcome as Compiling, Stage, WORDS, compile};
pub(crate) use plan::Plan;
pub(crate) use schema::{Role, Schema};
pub use tally::{Outcome, RuleCount};

/// The most bytes that the files of one return may have together.
pub const MOST_BYTES: usize = 1 << 30;

/// A file of a return. What is in it, not who holds it, is this crate's business: whoever walks a folder or
/// opens an archive gives the names and bytes.
#[derive(Debug, Clone, Copy)]
pub struct File<'b> {
    /// Its name, with or without the folders above it.
    pub name: &'b str,
    /// What is in it.
    pub bytes: &'b [u8],
}

/// What the files of a return were found to be.
#[derive(Debug)]
pub struct Examined {
    /// What was found, counted and listed.
    pub outcome: Outcome,
    /// How many rows each table has; none for a table that is not there.
    pub rows: Vec<(String, Option<usize>)>,
    /// Files and columns that were not read, because they are no part of the return.
    pub left_behind: Vec<String>,
    /// For one XML file, by table the line on which each row begins.
    pub lines: Vec<Vec<u32>>,
}

/// The tables of a return's files, as they are sent.
#[derive(Debug)]
pub struct ReadIn {
    /// Its tables, in the order of the return type.
    pub tables: Vec<Table>,
    /// Files and columns that were not read, because they are no part of the return.
    pub left_behind: Vec<String>,
}

/// How one table of several is found, and how its rows belong to others'. Fields are by their position among
/// all fields of the type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// Names that its file may have, without ending, in lower case.
    pub(crate) files: Vec<String>,
    /// The elements from the root to its rows, where it comes as XML.
    pub(crate) path: Vec<String>,
    /// The field that names the child.
    pub(crate) child: Option<usize>,
    /// The table of the rows above its own, and the field that says which row, from 1.
    pub(crate) parent: Option<(usize, usize)>,
    /// The date by which the rows of one child are in order.
    pub(crate) order: Option<usize>,
    /// Whether it has one row, which belongs to every row of the return.
    pub(crate) single: bool,
    /// The date that lies in the return's period, in a table of one row.
    pub(crate) says_period: Option<usize>,
    /// Whether the return must have it.
    pub(crate) required: bool,
    /// Fields whose column a file may lack.
    pub(crate) optional: Vec<usize>,
}

/// Whether a row of one table has at most one row of another.
fn reaches(tables: &[TableDef], from: usize, to: usize) -> bool {
    let place = |at: usize| tables.get(at).and_then(|table| table.place.as_ref());
    let (Some(own), Some(other)) = (place(from), place(to)) else { return false };
    match own.parent {
        _ if other.single => true,
        Some((parent, _)) => parent == to || (parent < from && reaches(tables, parent, to)),
        None => own.child.is_some() && other.child.is_some() && other.parent.is_none(),
    }
}

/// Whether the rows of two tables have a parent, or a child, in common.
fn akin(tables: &[TableDef], a: usize, b: usize) -> bool {
    let place = |at: usize| tables.get(at).and_then(|table| table.place.as_ref());
    match (place(a), place(b)) {
        (Some(a), Some(b)) => match (a.parent, b.parent) {
            (Some((x, _)), Some((y, _))) => x == y,
            (None, None) => a.child.is_some() && b.child.is_some(),
            _ => false,
        },
        _ => false,
    }
}

/// Checks the files of a return, without making the tables that would be sent: what a large return can be
/// checked by.
#[must_use]
pub fn examine(of: &ReturnType, files: &[File<'_>], period: Period, now: Timestamp) -> Examined {
    let mut findings = Findings::default();
    let empty = |findings: Findings| {
        let (findings, counts) = findings.finish();
        tally::finish(findings, counts, Vec::new())
    };
    let Some(plan) = of.bulk.clone() else {
        findings.error(&ids().file, Spot::HEADER, format!("a return of {} is one file", of.id));
        return Examined { outcome: empty(findings), rows: vec![], left_behind: vec![], lines: vec![] };
    };
    let mut frame = Frame::new(of, &plan);
    let told = take(of, &plan, files, &mut frame, &mut findings);
    let rows = of.tables.iter().zip(&frame.heights).map(|(table, n)| (table.name.clone(), *n)).collect();
    let outcome = match told.whole {
        true => judge(of, &plan, &frame, when(period, now), findings),
        false => empty(findings),
    };
    Examined { outcome, rows, left_behind: told.left_behind, lines: told.lines }
}

/// Reads the files of a return into the tables that are sent.
///
/// # Errors
/// Every finding about the files' shape: not text, unknown or missing columns or elements, too many rows.
pub fn read(of: &ReturnType, files: &[File<'_>]) -> Result<ReadIn, Vec<Finding>> {
    let mut findings = Findings::default();
    let Some(plan) = of.bulk.clone() else {
        findings.error(&ids().file, Spot::HEADER, format!("a return of {} is one file", of.id));
        return Err(findings.finish().0);
    };
    let mut tables = shape::Tables::new(of);
    let told = take(of, &plan, files, &mut tables, &mut findings);
    if !told.whole || findings.has_errors() {
        return Err(findings.finish().0);
    }
    Ok(ReadIn { tables: tables.finish(), left_behind: told.left_behind })
}

/// The financial year in which the date lies that a return's own header gives, where its type says which date
/// that is; nothing else of the files is judged.
#[must_use]
pub fn period_in(of: &ReturnType, files: &[File<'_>]) -> Option<Period> {
    let table =
        of.tables.iter().position(|def| def.place.as_ref().is_some_and(|p| p.says_period.is_some()))?;
    let def = of.tables.get(table)?;
    let column = def.place.as_ref()?.says_period?.checked_sub(def.fields.start)?;
    let mut peek = Peek { table, column, cell: None };
    let plan = of.bulk.clone()?;
    take(of, &plan, files, &mut peek, &mut Findings::default());
    let date = days::date_of(days::iso(&peek.cell?)?)?;
    let year = if date.month() >= 4 { date.year() } else { date.year() - 1 };
    format!("{year}-{:02}", (year + 1).rem_euclid(100)).parse().ok()
}

/// Takes one cell of the first row of a table.
struct Peek {
    table: usize,
    column: usize,
    cell: Option<String>,
}

impl Sink for Peek {
    fn begin(&mut self, _: usize) {}

    fn row<'c>(&mut self, table: usize, mut cells: impl Iterator<Item = &'c str>) {
        if table == self.table && self.cell.is_none() {
            self.cell = cells.nth(self.column).map(str::to_owned);
        }
    }

    fn rows(&self, _: usize) -> usize {
        0
    }

    fn enough(&self) -> bool {
        self.cell.is_some()
    }
}

/// What is told of files besides findings.
#[derive(Default)]
struct Told {
    /// Whether everything was read, so that rules may speak.
    whole: bool,
    left_behind: Vec<String>,
    lines: Vec<Vec<u32>>,
}

fn take(
    of: &ReturnType,
    plan: &Plan,
    files: &[File<'_>],
    sink: &mut impl Sink,
    findings: &mut Findings,
) -> Told {
    if files.iter().map(|file| file.bytes.len()).sum::<usize>() > MOST_BYTES {
        let text = format!("the files hold more than {} MiB: send fewer rows", MOST_BYTES >> 20);
        findings.error(&ids().file, Spot::HEADER, text);
        return Told::default();
    }
    match &plan.schema {
        Some(schema) => xml::take(of, schema, files, sink, findings),
        None => folder::take(of, files, sink, findings),
    }
}

/// Checks the tables of a return that was sent.
pub(crate) fn check(
    of: &ReturnType,
    draft: &Draft,
    context: &Context<'_>,
    findings: &mut Findings,
) -> Outcome {
    let findings = std::mem::take(findings);
    let period = match &draft.identity.covers {
        Covers::Period(period) => Some(*period),
        Covers::Event(_) => None,
    };
    let (Some(plan), Some(period)) = (of.bulk.clone(), period) else {
        let (findings, counts) = findings.finish();
        return tally::finish(findings, counts, Vec::new());
    };
    let mut findings = findings;
    let mut frame = Frame::new(of, &plan);
    if shape::take(of, &draft.tables, &mut frame, &mut findings) {
        judge(of, &plan, &frame, when(period, context.now), findings)
    } else {
        let (findings, counts) = findings.finish();
        tally::finish(findings, counts, Vec::new())
    }
}

fn when(period: Period, now: Timestamp) -> When {
    When {
        period: (days::of(period.first_day()), days::of(period.last_day())),
        today: days::of(london_date(now)),
    }
}

// first the cells, then what names a row, then the rules, each in the order of the type's file
fn judge(of: &ReturnType, plan: &Plan, frame: &Frame<'_>, when: When, findings: Findings) -> Outcome {
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
            tallies.push(say(Severity::NotChecked, text, Rows { total: 1, first: Vec::new() }));
            continue;
        }
        let found = eval::run(program, of, frame, &links, when);
        tallies.push(say(rule.severity, rule.words.clone(), found.broken));
        let text = "not checked: something that this rule needs is blank";
        tallies.push(say(Severity::NotChecked, text.to_owned(), found.unknown));
    }
    let (findings, counts) = findings.finish();
    tally::finish(findings, counts, tallies)
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

/// A type's rules, compiled.
pub(crate) fn plan(
    of_fields: usize,
    programs: Vec<plan::Program>,
    kept: &[usize],
    spoken_for: &[usize],
    schema: Option<Schema>,
) -> Arc<Plan> {
    let mut used = vec![false; of_fields];
    let mut spoken = vec![false; of_fields];
    let read = programs.iter().flat_map(|program| {
        let cells = program.cells.iter().map(|cell| usize::from(cell.field));
        cells.chain(program.through.iter().map(|field| usize::from(*field)))
    });
    for at in read.chain(kept.iter().copied()) {
        if let Some(slot) = used.get_mut(at) {
            *slot = true;
        }
    }
    for at in spoken_for {
        if let Some(slot) = spoken.get_mut(*at) {
            *slot = true;
        }
    }
    Arc::new(Plan { programs, used, spoken_for: spoken, schema })
}
