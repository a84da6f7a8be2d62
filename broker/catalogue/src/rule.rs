//! Rules: CEL expressions compiled once into a small typed form, evaluated over millionths and dates.
//!
//! A rule says what must hold. Over a blank, `x`, `z`, `u` or `p` it holds neither way: it is *not checked*.
//! `&&` and `||` follow three-valued logic: `false && not checked` is false, `true || not checked` is true,
//! so that `!given(end) || start <= end` means what it says. Whatever cannot be computed (a division by
//! zero, an overflow, no earlier return to compare with) is not checked either, and never a pass.

mod compile;
mod eval;
mod functions;
mod names;

use concordat_core::ids::RuleId;
use jiff::civil::Date;

pub(crate) use compile::{
    Meant, Scene, comparison, compile, compile_additive, is_field_name, parse, text_of,
};
pub(crate) use eval::{Env, Unknown, holds, sides};

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cmp {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    GreaterEqual,
    Greater,
}

/// A number.
#[derive(Debug, Clone)]
pub(crate) enum Num {
    Constant(i128),
    Field(u16),
    Previous(u16),
    Cell(u16),
    /// A figure of a part, in a rule across returns.
    Part(u16),
    SizeOf(u16),
    /// Whole years from the first day to the second.
    Age(Box<(Day, Day)>),
    Unchanged,
    Sum(Vec<Num>),
    Negate(Box<Num>),
    Multiply(Box<(Num, Num)>),
    Divide(Box<(Num, Num)>),
    Percent(Box<(Num, Num)>),
    Absolute(Box<Num>),
    Least(Vec<Num>),
    Greatest(Vec<Num>),
}

/// A day.
#[derive(Debug, Clone)]
pub(crate) enum Day {
    Constant(Date),
    Field(u16),
    Of(Moment),
    Today,
    MonthsBefore(Box<Day>, i32),
    DaysBefore(Box<Day>, i32),
    WorkingDaysAfter(Box<Day>, u16),
}

/// An instant.
#[derive(Debug, Clone)]
pub(crate) enum Moment {
    Field(u16),
    Now,
    HoursAfter(Box<Moment>, i32),
}

/// What holds or does not.
#[derive(Debug, Clone)]
pub(crate) enum Logic {
    Constant(bool),
    Field(u16),
    Given(u16),
    GivenCell(u16),
    OneOf(u16, Vec<u16>),
    SameCode(u16, u16),
    Contains(u16, u64),
    Numbers(Cmp, Box<(Num, Num)>),
    Days(Cmp, Box<(Day, Day)>),
    Moments(Cmp, Box<(Moment, Moment)>),
    Not(Box<Logic>),
    And(Vec<Logic>),
    Or(Vec<Logic>),
    Same(Box<(Logic, Logic)>),
    If(Box<(Logic, Logic, Logic)>),
}

/// Which stretch of time a `cell` helper looks at, seen from the group's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Here,
    End,
    Start,
    YearBefore,
    InYear,
}

/// One figure of a table with one figure per row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellRef {
    pub(crate) indicator: u16,
    pub(crate) unit: u16,
    pub(crate) when: When,
}

/// How the rows of a part make one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// There is one row, or there is no number.
    Only,
    Sum,
    Least,
    Greatest,
    /// Of the returns of a year, the row of the last.
    Last,
    /// How many events there are.
    Count,
}

/// One figure of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartRef {
    pub(crate) part: usize,
    /// The field, or the indicator of a table of one figure per row; nothing for a count of events.
    pub(crate) field: String,
    /// For an indicator, its unit and which stretch of time.
    pub(crate) cell: Option<(String, When)>,
    pub(crate) fold: Fold,
}

/// A compiled rule.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) logic: Logic,
    /// The fields of this row that it reads.
    pub(crate) fields: Vec<u16>,
    /// The figures that it reads.
    pub(crate) cells: Vec<CellRef>,
    /// The figures of parts that it reads.
    pub(crate) parts: Vec<PartRef>,
    /// Whether it reads the return before this one.
    pub(crate) previous: bool,
    /// Whether it counts working days.
    pub(crate) calendar: bool,
}

impl Compiled {
    /// What stands here for a rule of a return of several tables: that is compiled by `bulk`. Whether it reads
    /// the return before, and whether it counts working days, is said here all the same.
    pub(crate) const fn elsewhere(previous: bool, calendar: bool) -> Self {
        Self {
            logic: Logic::Constant(true),
            fields: Vec::new(),
            cells: Vec::new(),
            parts: Vec::new(),
            previous,
            calendar,
        }
    }

    /// The figures of the group's own period: at least one must be there for the rule to speak.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = &CellRef> {
        self.cells.iter().filter(|cell| cell.when == When::Here)
    }
}

/// A rule's id in a complaint.
pub(crate) fn named(id: &RuleId, text: &str) -> String {
    format!("rule {id}: {text}")
}
