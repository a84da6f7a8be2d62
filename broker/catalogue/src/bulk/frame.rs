//! The tables of a return as typed columns. Every cell is read once, by its declared kind; of what no rule
//! asks for, only the faults are kept.

use std::collections::BTreeMap;

use super::days;
use super::links;
use super::lookup::Lookup;
use super::plan::Plan;
use super::texts::{Near, Texts};
use crate::cell::{self, CellFault, Value};
use crate::definition::{Field, ReturnType};
use crate::kind::{FieldKind, Sort};

/// How a column says of a row that its cell is blank, or cannot be read.
pub(crate) trait Marked: Copy + PartialEq {
    const BLANK: Self;
    const BAD: Self;
}

impl Marked for i32 {
    const BLANK: i32 = i32::MIN;
    const BAD: i32 = i32::MIN + 1;
}

impl Marked for i64 {
    const BLANK: i64 = i64::MIN;
    const BAD: i64 = i64::MIN + 1;
}

impl Marked for u16 {
    const BLANK: u16 = u16::MAX;
    const BAD: u16 = u16::MAX - 1;
}

impl Marked for u32 {
    const BLANK: u32 = u32::MAX;
    const BAD: u32 = u32::MAX - 1;
}

impl Marked for u8 {
    const BLANK: u8 = u8::MAX;
    const BAD: u8 = u8::MAX - 1;
}

/// A column.
#[derive(Debug)]
pub(crate) enum Column {
    /// Days since 1970.
    Days(Vec<i32>),
    /// Positions in the field's code list.
    Codes(Vec<u16>),
    /// Texts by their number among all texts of the return.
    Texts(Vec<u32>),
    /// Numbers in millionths.
    Numbers(Vec<i64>),
    /// 0 for no, 1 for yes; 1 for whatever rules only ask whether it is given.
    Marks(Vec<u8>),
    /// Read and not kept: no rule asks for it.
    Unused,
}

impl Column {
    fn of(field: &Field, used: bool) -> Self {
        match field.kind.row().sort {
            _ if !used => Column::Unused,
            Sort::Date => Column::Days(Vec::new()),
            Sort::Code => Column::Codes(Vec::new()),
            Sort::Text => Column::Texts(Vec::new()),
            Sort::Number => Column::Numbers(Vec::new()),
            Sort::Bool | Sort::Set | Sort::Time | Sort::Period | Sort::Varies => Column::Marks(Vec::new()),
        }
    }

    fn push(&mut self, read: Result<Read<'_>, CellFault>, texts: &mut Texts, near: &mut Near) {
        fn with<T: Marked>(column: &mut Vec<T>, read: Result<Option<T>, ()>) {
            column.push(match read {
                Ok(Some(value)) => value,
                Ok(None) => T::BLANK,
                Err(()) => T::BAD,
            });
        }
        let read = match read {
            Ok(read) => Ok(read),
            // a blank that may not be one is still a blank to every rule
            Err(CellFault::Missing) => Ok(Read::Blank),
            Err(_) => Err(()),
        };
        match self {
            Column::Unused => {}
            Column::Days(days) => with(days, read.map(|r| if let Read::Day(d) = r { Some(d) } else { None })),
            Column::Codes(codes) => {
                with(codes, read.map(|r| if let Read::Code(c) = r { Some(c) } else { None }));
            }
            Column::Numbers(numbers) => {
                with(numbers, read.map(|r| if let Read::Number(n) = r { Some(n) } else { None }));
            }
            Column::Texts(ids) => {
                with(
                    ids,
                    read.map(|r| if let Read::Text(t) = r { Some(texts.number(t, near)) } else { None }),
                );
            }
            Column::Marks(marks) => with(
                marks,
                read.map(|r| match r {
                    Read::Blank => None,
                    Read::Bool(b) => Some(u8::from(b)),
                    _ => Some(1),
                }),
            ),
        }
    }
}

/// What a cell says.
enum Read<'a> {
    Blank,
    Day(i32),
    Code(u16),
    Text(&'a str),
    Number(i64),
    Bool(bool),
    Else,
}

fn read<'a>(field: &Field, codes: Option<&Lookup>, text: &'a str) -> Result<Read<'a>, CellFault> {
    if text.is_empty() {
        return if field.required { Err(CellFault::Missing) } else { Ok(Read::Blank) };
    }
    // what a large file is full of
    match field.kind {
        FieldKind::Text if field.max.is_none_or(|max| text.len() <= max) => return Ok(Read::Text(text)),
        FieldKind::UkDate => return days::uk(text).map(Read::Day).ok_or(CellFault::Kind),
        FieldKind::Date => return days::iso(text).map(Read::Day).ok_or(CellFault::Kind),
        FieldKind::Enum | FieldKind::Code => {
            let found = match codes {
                Some(codes) => codes.position(text),
                None => field.codes.as_ref().and_then(|list| list.position(text)),
            };
            return found.map(Read::Code).ok_or(CellFault::Code);
        }
        _ => {}
    }
    Ok(match cell::read(field, text)? {
        Value::Absent | Value::Suppressed | Value::Bad => Read::Blank,
        Value::Number(n) => Read::Number(n),
        Value::Text(text) | Value::Area(text) => Read::Text(text),
        Value::Code(code) => Read::Code(code),
        Value::Bool(b) => Read::Bool(b),
        Value::Date(date) => Read::Day(days::of(date)),
        Value::Set(_) | Value::Time(_) | Value::Stretch(_) => Read::Else,
    })
}

/// How many rows of one sort of finding are remembered; the rest is counted.
pub(crate) const KEPT: usize = 1_000;

/// Rows of which one thing is to be said.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rows {
    /// How many.
    pub(crate) total: u64,
    /// The first of them, from 0.
    pub(crate) first: Vec<u32>,
    /// The others, a bit for each row.
    beyond: Vec<u64>,
}

impl Rows {
    /// So many of which none is named.
    pub(crate) fn unnamed(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    pub(crate) fn add(&mut self, row: usize) {
        self.total += 1;
        if self.first.len() < KEPT {
            self.first.push(u32::try_from(row).unwrap_or(u32::MAX));
            return;
        }
        let word = row / 64;
        if word >= self.beyond.len() {
            self.beyond.resize(word + 1, 0);
        }
        if let Some(slot) = self.beyond.get_mut(word) {
            *slot |= 1 << (row % 64);
        }
    }

    /// These and others, in order.
    pub(crate) fn and(&self, others: &Self) -> Self {
        let mut rows: Vec<u32> = self.each().chain(others.each()).collect();
        rows.sort_unstable();
        let mut out = Self::default();
        rows.into_iter().for_each(|row| out.add(row as usize));
        out
    }

    /// The same rows where they stood before others were left out.
    pub(crate) fn moved(&self, origin: &[u32]) -> Self {
        let mut out = Self::default();
        let rows = self.each().filter_map(|row| origin.get(row as usize));
        rows.for_each(|row| out.add(*row as usize));
        Self { total: self.total, ..out }
    }

    /// Each of them.
    pub(crate) fn each(&self) -> impl Iterator<Item = u32> {
        let bits = (0u32..).zip(&self.beyond).flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        });
        self.first.iter().copied().chain(bits)
    }
}

/// The columns of a return.
#[derive(Debug)]
pub(crate) struct Frame<'t> {
    of: &'t ReturnType,
    plan: &'t Plan,
    /// Per field of the type.
    pub(crate) columns: Vec<Column>,
    /// Per table, how many rows; `None` where the return has no such table.
    pub(crate) heights: Vec<Option<usize>>,
    pub(crate) texts: Texts,
    /// Per field, where its last text is.
    near: Vec<Near>,
    /// By field and fault, the rows whose cell has it.
    pub(crate) faults: BTreeMap<(usize, CellFault), Rows>,
    /// Whether it is the return before, of whose faults nothing is said any more.
    before: bool,
}

impl<'t> Frame<'t> {
    /// The columns that rules read; those that only rules over two years read where there is a year before.
    pub(crate) fn new(of: &'t ReturnType, plan: &'t Plan, is_compared: bool) -> Self {
        let used = if is_compared { &plan.used } else { &plan.alone };
        Self::with(of, plan, used, Texts::default(), false)
    }

    /// The columns of the return before this one, as far as rules look back, with the texts of this one:
    /// whoever fills it gives them back, so that one text has one number in both.
    pub(crate) fn before(of: &'t ReturnType, plan: &'t Plan, texts: Texts) -> Self {
        Self::with(of, plan, &plan.last, texts, true)
    }

    fn with(of: &'t ReturnType, plan: &'t Plan, used: &[bool], texts: Texts, before: bool) -> Self {
        let columns = of.fields.iter().zip(used).map(|(field, used)| Column::of(field, *used)).collect();
        let heights = vec![None; of.tables.len()];
        let near = vec![Near::default(); of.fields.len()];
        Self { of, plan, columns, heights, texts, near, faults: BTreeMap::new(), before }
    }

    pub(crate) fn height(&self, table: usize) -> usize {
        self.heights.get(table).copied().flatten().unwrap_or(0)
    }

    /// The same return without some rows: per table and row, whether it stays. A row that stays keeps its parent.
    pub(crate) fn keep(&mut self, keep: &[Vec<bool>]) {
        for (table, def) in self.of.tables.iter().enumerate() {
            let Some(keep) = keep.get(table) else { continue };
            for column in self.columns.get_mut(def.fields.clone()).unwrap_or_default() {
                column.keep(keep);
            }
            if let Some(Some(height)) = self.heights.get_mut(table) {
                *height = keep.iter().filter(|stays| **stays).count();
            }
        }
        for def in &self.of.tables {
            let Some((parent, at)) = def.place.as_ref().and_then(|place| place.parent) else { continue };
            let (Some(Column::Numbers(cells)), Some(keep)) = (self.columns.get_mut(at), keep.get(parent))
            else {
                continue;
            };
            let now = links::renumbered(keep);
            for cell in cells {
                let row = links::parent_row(*cell, now.len());
                if let Some(row) = now.get(row as usize) {
                    *cell = links::parent_cell(*row);
                }
            }
        }
        // a row with a fault is one of those that went
        self.faults.clear();
    }

    pub(crate) fn has(&self, table: usize) -> bool {
        self.heights.get(table).copied().flatten().is_some()
    }
}

/// What takes the rows of a return as they are read.
pub(crate) trait Sink {
    /// There is such a table, with or without rows.
    fn begin(&mut self, table: usize);
    /// A row: a cell for every field of the table, in order.
    fn row<'c>(&mut self, table: usize, cells: impl Iterator<Item = &'c str>);
    /// How many rows a table has so far.
    fn rows(&self, table: usize) -> usize;
    /// Whether nothing more needs to be read.
    fn enough(&self) -> bool {
        false
    }
}

impl Sink for Frame<'_> {
    fn begin(&mut self, table: usize) {
        if let Some(height) = self.heights.get_mut(table) {
            height.get_or_insert(0);
        }
    }

    fn row<'c>(&mut self, table: usize, cells: impl Iterator<Item = &'c str>) {
        let Some(range) = self.of.tables.get(table).map(|def| def.fields.clone()) else { return };
        let Some(height) = self.heights.get_mut(table) else { return };
        let row = height.unwrap_or(0);
        *height = Some(row + 1);
        let (Some(fields), Some(codes), Some(columns), Some(near)) = (
            self.of.fields.get(range.clone()),
            self.plan.codes.get(range.clone()),
            self.columns.get_mut(range.clone()),
            self.near.get_mut(range.clone()),
        ) else {
            return;
        };
        let each = fields.iter().zip(codes).zip(columns.iter_mut().zip(near)).zip(range);
        for ((((field, codes), (column, near)), at), text) in each.zip(cells) {
            if self.before && matches!(column, Column::Unused) {
                continue;
            }
            let read = read(field, codes.as_ref(), text);
            if let Err(fault) = read
                && !self.before
                && !self.plan.spoken_for.get(at).copied().unwrap_or(false)
            {
                self.faults.entry((at, fault)).or_default().add(row);
            }
            column.push(read, &mut self.texts, near);
        }
    }

    fn rows(&self, table: usize) -> usize {
        self.height(table)
    }
}

impl Column {
    fn keep(&mut self, keep: &[bool]) {
        fn only<T>(values: &mut Vec<T>, keep: &[bool]) {
            let mut stays = keep.iter();
            values.retain(|_| stays.next().copied().unwrap_or(false));
        }
        match self {
            Column::Days(v) => only(v, keep),
            Column::Codes(v) => only(v, keep),
            Column::Texts(v) => only(v, keep),
            Column::Numbers(v) => only(v, keep),
            Column::Marks(v) => only(v, keep),
            Column::Unused => {}
        }
    }

    /// A number that tells the values of a column apart; `None` for a blank and for what cannot be read.
    pub(crate) fn fingerprint(&self, row: usize) -> Option<u64> {
        fn known<T: Marked>(values: &[T], row: usize) -> Option<T> {
            values.get(row).copied().filter(|value| *value != T::BLANK && *value != T::BAD)
        }
        match self {
            Column::Days(v) => known(v, row).map(|day| u64::from(day.cast_unsigned())),
            Column::Codes(v) => known(v, row).map(u64::from),
            Column::Texts(v) => known(v, row).map(u64::from),
            Column::Numbers(v) => known(v, row).map(i64::cast_unsigned),
            Column::Marks(v) => known(v, row).map(u64::from),
            Column::Unused => None,
        }
    }
}
