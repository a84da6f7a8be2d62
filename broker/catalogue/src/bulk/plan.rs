//! What the rules of a return of several tables are compiled to: expressions over whole columns.

use std::sync::Arc;

use super::lookup::Lookup;
use super::schema::Schema;
use crate::codes::CodeList;
use crate::definition::{Field, TableDef};
use crate::rule::Cmp;

/// Which row a name speaks of, seen from the row under judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rel {
    /// The row itself.
    Own,
    /// The next row of the same child, in the table's order.
    Next,
    /// The row before it.
    Prior,
    /// The row of another table that belongs to it.
    To,
    /// The same child's row in the other year's return, `last(table)` or `this(table)`; of several the last in
    /// the table's order.
    Last,
}

/// Another row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Other {
    pub(crate) rel: Rel,
    /// The table in which it stands.
    pub(crate) table: u16,
}

/// A column, read in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) of: Other,
    /// The position of the field among all fields of the type.
    pub(crate) field: u16,
}

/// A day.
#[derive(Debug, Clone)]
pub(crate) enum Day {
    Constant(i32),
    Cell(Cell),
    PeriodStart,
    PeriodEnd,
    Today,
    DaysBefore(Box<Day>, i32),
    MonthsBefore(Box<Day>, i32),
    WorkingDaysBefore(Box<Day>, u16),
}

/// A number, in millionths.
#[derive(Debug, Clone)]
pub(crate) enum Num {
    Constant(i64),
    Cell(Cell),
    Negate(Box<Num>),
    Sum(Vec<Num>),
    DaysBetween(Box<(Day, Day)>),
}

/// What holds or does not.
#[derive(Debug, Clone)]
pub(crate) enum Logic {
    Constant(bool),
    /// A yes-or-no column.
    Cell(Cell),
    /// Whether there is anything in the cell, readable or not.
    Given(Cell),
    /// Whether what there is can be read; a blank can.
    Valid(Cell),
    /// Whether there is such a row.
    Exists(Other),
    /// A code among some, by position in its list.
    OneOf(Cell, Vec<bool>),
    Same(Box<(Logic, Logic)>),
    SameCode(Cell, Cell),
    SameText(Cell, Cell),
    /// A text among some.
    TextIn(Cell, Vec<String>),
    Days(Cmp, Box<(Day, Day)>),
    Numbers(Cmp, Box<(Num, Num)>),
    Not(Box<Logic>),
    And(Vec<Logic>),
    Or(Vec<Logic>),
    If(Box<(Logic, Logic, Logic)>),
    /// What a helper found, by its position among the program's helpers.
    Helped(u16),
}

/// A question that only a program can answer, for all rows of a table at once. See [`super::helpers`].
#[derive(Debug, Clone)]
pub(crate) enum Helper {
    /// `no_overlap(start, end)`.
    NoOverlap { start: Cell, end: Cell },
    /// `unique(cell)`.
    Unique(Cell),
    /// `among(day, table.day)`; the day may be one of the return before.
    Among { day: Cell, table: u16, field: u16 },
    /// `check_letter(upn)`.
    CheckLetter(Cell),
    /// `part_in(text, from, length, "list")`.
    PartIn { text: Cell, from: usize, length: usize, list: Arc<CodeList> },
}

/// A compiled rule.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The position of its rule among the type's.
    pub(crate) rule: usize,
    /// The table over whose rows it looks.
    pub(crate) table: usize,
    pub(crate) logic: Logic,
    pub(crate) helpers: Vec<Helper>,
    /// The columns it reads, row by row.
    pub(crate) cells: Vec<Cell>,
    /// The fields of other tables through which it looks.
    pub(crate) through: Vec<u16>,
    /// The other rows it speaks of.
    pub(crate) others: Vec<Other>,
    /// The other tables it needs.
    pub(crate) needs: Vec<usize>,
    /// Whether it counts working days.
    pub(crate) calendar: bool,
    /// Whether it looks over the rows of the return before.
    pub(crate) over_last: bool,
}

impl Program {
    /// Whether it needs the return before this one.
    pub(crate) fn previous(&self) -> bool {
        self.over_last || self.others_tables().next().is_some()
    }

    /// The tables of the return before in which it finds rows.
    fn tables_before(&self) -> Vec<usize> {
        let beside = self.others.iter().filter(|other| other.rel != Rel::Last);
        match self.over_last {
            true => beside.map(|other| usize::from(other.table)).chain([self.table]).collect(),
            false => self.others_tables().collect(),
        }
    }

    /// The tables of the other year's return of which it speaks.
    pub(crate) fn others_tables(&self) -> impl Iterator<Item = usize> {
        self.others.iter().filter(|other| other.rel == Rel::Last).map(|other| usize::from(other.table))
    }
}

/// A return type of several tables, compiled.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) programs: Vec<Program>,
    /// Per field, whether any rule reads it: the others are checked and not kept.
    pub(crate) used: Vec<bool>,
    /// Per field, the same of the rules that need no return before.
    pub(crate) alone: Vec<bool>,
    /// Per field, whether any rule reads it in the return before.
    pub(crate) last: Vec<bool>,
    /// Per field, whether a rule of its own says that it cannot be read, so that no other need say so.
    pub(crate) spoken_for: Vec<bool>,
    /// Per field, its codes for finding; none where it has no list, or one of long codes.
    pub(crate) codes: Vec<Option<Lookup>>,
    /// How its XML is built, where it comes as XML.
    pub(crate) schema: Option<Schema>,
}

/// A type's rules, compiled.
pub(crate) fn plan(
    fields: &[Field],
    tables: &[TableDef],
    programs: Vec<Program>,
    kept: &[usize],
    spoken_for: &[usize],
    schema: Option<Schema>,
) -> Arc<Plan> {
    let marked = |at: &mut dyn Iterator<Item = usize>| {
        let mut marks = vec![false; fields.len()];
        for at in at {
            if let Some(slot) = marks.get_mut(at) {
                *slot = true;
            }
        }
        marks
    };
    let cells = |before: bool, of_two: bool| {
        let programs = programs.iter().filter(move |program| of_two || !program.previous());
        programs.flat_map(move |program| {
            let over = program.over_last;
            let of = move |cell: &&Cell| ((cell.of.rel == Rel::Last) != over) == before;
            let through = program.through.iter().filter(move |_| over == before);
            program.cells.iter().filter(of).map(|cell| &cell.field).chain(through).map(|at| usize::from(*at))
        })
    };
    let used = marked(&mut cells(false, true).chain(kept.iter().copied()));
    let alone = marked(&mut cells(false, false).chain(kept.iter().copied()));
    // what a row of the return before is found by
    let found_in = programs.iter().flat_map(Program::tables_before);
    let places = found_in.filter_map(|at| tables.get(at)?.place.as_ref());
    let found_by = places.flat_map(|place| [place.child, place.order, place.parent.map(|(_, at)| at)]);
    let last = marked(&mut cells(true, true).chain(found_by.flatten()));
    let spoken = marked(&mut spoken_for.iter().copied());
    let codes = fields.iter().map(|field| field.codes.as_deref().and_then(Lookup::of)).collect();
    Arc::new(Plan { programs, used, alone, last, spoken_for: spoken, codes, schema })
}
