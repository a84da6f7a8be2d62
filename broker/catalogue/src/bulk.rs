//! Returns of several tables about persons: the looked-after children's CSV files, the children in need
//! census. Cells become typed columns, rules become masks over columns, rows find one another by an index
//! that is built once; so a million rows are checked in about the time it takes to read them.
//!
//! A return comes in as files ([`examine`] to check them, [`read`] for the tables that are sent), as a workbook
//! ([`read_sheets`], then [`examine_tables`]) or as the tables that were sent ([`check()`](fn@crate::check)); the
//! rules are the same and find the same. Whatever
//! only a program can express is a named helper in `helpers`; all else stands in the return type's file.

mod before;
mod compile;
pub(crate) mod days;
mod eval;
mod folder;
mod frame;
mod functions;
mod helpers;
mod judge;
pub(crate) mod left;
mod links;
mod lookup;
mod mask;
mod own;
mod parts;
mod peek;
mod plan;
mod records;
mod schema;
mod shape;
mod sheets;
mod skeleton;
mod tally;
mod texts;
mod xml;

use std::io::Read;

use concordat_core::clock::london_date;
use concordat_core::finding::Finding;
use concordat_core::period::Period;
use concordat_core::submission::Covers;
use concordat_core::table::Table;

use crate::check::{Context, Draft};
use crate::checks::findings::{Findings, Place as Spot, ids};
use crate::content::stream::{Pieces, ReadFault, Reader};
use crate::definition::{ReturnType, TableDef};
use before::Before;
use eval::When;
use frame::{Frame, Sink};

pub(crate) use compile::{Outcome as Compiling, Stage, WORDS, compile};
pub use own::{Keep, OwnRow, OwnTable, own_rows, own_sheets};
pub use parts::{InPart, MOST_REFUSED};
pub use peek::period_in;
pub(crate) use plan::{Plan, plan};
pub use records::leave_out;
pub(crate) use schema::{Role, Schema};
pub use sheets::{SheetsIn, Tab, read_sheets, table_named};
pub use skeleton::skeleton;
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
#[derive(Debug, Default)]
pub struct Examined {
    /// What was found, counted and listed.
    pub outcome: Outcome,
    /// How many rows each table has; none for a table that is not there.
    pub rows: Vec<(String, Option<usize>)>,
    /// Columns that were not read, because they are no part of the return.
    pub left_behind: Vec<String>,
    /// Files that were not read, because they are none of its tables.
    pub unread: Vec<String>,
    /// For one XML file, by table the line on which each row begins.
    pub lines: Vec<Vec<u32>>,
}

/// The tables of a return's files, as they are sent.
#[derive(Debug)]
pub struct ReadIn {
    /// Its tables, in the order of the return type.
    pub tables: Vec<Table>,
    /// Columns that were not read, because they are no part of the return.
    pub left_behind: Vec<String>,
    /// Files that were not read, because they are none of its tables.
    pub unread: Vec<String>,
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
pub fn examine(of: &ReturnType, files: &[File<'_>], period: Period, context: &Context<'_>) -> Examined {
    let mut findings = Findings::default();
    let Some(plan) = of.bulk.clone() else {
        findings.error(&ids().file, Spot::HEADER, format!("a return of {} is one file", of.id));
        return Examined { outcome: unjudged(findings), ..Examined::default() };
    };
    let mut frame = Frame::new(of, &plan, is_compared(context));
    let told = take(of, &plan, files, &mut frame, &mut findings);
    let rows = of.tables.iter().zip(&frame.heights).map(|(table, n)| (table.name.clone(), *n)).collect();
    let outcome = match told.whole {
        true => {
            let before = Before::of(of, &plan, context, &mut frame);
            parts::settle(of, &plan, (frame, before), when(period, context), findings)
        }
        false => unjudged(findings),
    };
    Examined { outcome, rows, left_behind: told.left_behind, unread: told.unread, lines: told.lines }
}

/// Checks tables as they are sent, such as those of a workbook, without making a return of them.
#[must_use]
pub fn examine_tables(of: &ReturnType, tables: &[Table], period: Period, context: &Context<'_>) -> Examined {
    let mut findings = Findings::default();
    let Some(plan) = &of.bulk else {
        findings.error(&ids().file, Spot::HEADER, format!("a return of {} is one file", of.id));
        return Examined { outcome: unjudged(findings), ..Examined::default() };
    };
    let mut frame = Frame::new(of, plan, is_compared(context));
    let whole = shape::take(of, tables, &mut frame, &mut findings);
    let rows = of.tables.iter().zip(&frame.heights).map(|(table, n)| (table.name.clone(), *n)).collect();
    let outcome = if whole {
        let before = Before::of(of, plan, context, &mut frame);
        parts::settle(of, plan, (frame, before), when(period, context), findings)
    } else {
        unjudged(findings)
    };
    Examined { outcome, rows, ..Examined::default() }
}

/// What was found before any rule could speak.
fn unjudged(findings: Findings) -> Outcome {
    tally::finish(findings, Vec::new())
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
    Ok(ReadIn { tables: tables.finish(), left_behind: told.left_behind, unread: told.unread })
}

/// What is told of files besides findings.
#[derive(Default)]
struct Told {
    /// Whether everything was read, so that rules may speak.
    whole: bool,
    left_behind: Vec<String>,
    unread: Vec<String>,
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
        return unjudged(findings);
    };
    let mut findings = findings;
    let mut frame = Frame::new(of, &plan, is_compared(context));
    if shape::take(of, &draft.tables, &mut frame, &mut findings) {
        let before = Before::of(of, &plan, context, &mut frame);
        parts::settle(of, &plan, (frame, before), when(period, context), findings)
    } else {
        unjudged(findings)
    }
}

/// The same, beside the return before it, which is read as it comes.
pub(crate) fn check_beside(
    of: &ReturnType,
    draft: &Draft,
    earlier: &mut dyn Read,
    context: &Context<'_>,
    mut findings: Findings,
) -> Result<Outcome, ReadFault> {
    let (Some(plan), Covers::Period(period)) = (of.bulk.clone(), &draft.identity.covers) else {
        return Ok(unjudged(findings));
    };
    let mut frame = Frame::new(of, &plan, true);
    if !shape::take(of, &draft.tables, &mut frame, &mut findings) {
        return Ok(unjudged(findings));
    }
    let before = Before::read(of, &plan, earlier, &mut frame)?;
    Ok(parts::settle(of, &plan, (frame, before), when(*period, context), findings))
}

/// Checks the tables of a return as they come; what follows the first table of a wrong shape is not read.
pub(crate) fn check_stream<R: Read>(
    of: &ReturnType,
    covers: &Covers,
    tables: (&mut Reader<Pieces<R>>, usize),
    earlier: Option<&mut dyn Read>,
    context: &Context<'_>,
    mut findings: Findings,
) -> Result<Outcome, ReadFault> {
    let (Some(plan), Covers::Period(period)) = (of.bulk.clone(), covers) else {
        findings.error(&ids().period, Spot::HEADER, "this return is read as a whole, not as it comes");
        return Ok(unjudged(findings));
    };
    let mut frame = Frame::new(of, &plan, earlier.is_some() || is_compared(context));
    if shape::take_stream(of, tables, &mut frame, &mut findings)? {
        let before = match earlier {
            Some(input) if !context.offline => Before::read(of, &plan, input, &mut frame)?,
            _ => Before::of(of, &plan, context, &mut frame),
        };
        return Ok(parts::settle(of, &plan, (frame, before), when(*period, context), findings));
    }
    Ok(unjudged(findings))
}

fn is_compared(context: &Context<'_>) -> bool {
    !context.offline && context.previous.is_some()
}

fn when<'a>(period: Period, context: &Context<'a>) -> When<'a> {
    When {
        period: (days::of(period.first_day()), days::of(period.last_day())),
        today: days::of(london_date(context.now)),
        calendar: context.calendar,
    }
}
