//! How rows find one another: the next and the prior row of a child, and the row of another table that a row
//! belongs to. Built once per check, from the columns that name children and parents.

use std::collections::BTreeMap;

use super::Place;
use super::frame::{Column, Frame, Marked};
use super::plan::{Other, Program, Rel};
use crate::definition::ReturnType;

/// There is no such row.
pub(crate) const NONE: u32 = u32::MAX;

/// Rows put together by group, in order.
pub(crate) struct Groups {
    rows: Vec<u32>,
    starts: Vec<usize>,
}

impl Groups {
    /// Every group's rows.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).filter_map(|pair| match pair {
            [from, to] if from < to => self.rows.get(*from..*to),
            _ => None,
        })
    }
}

/// For every table, and every other row its rules speak of, where that row stands.
#[derive(Debug, Default)]
pub(crate) struct Links {
    of: BTreeMap<(usize, Other), Vec<u32>>,
}

impl Links {
    /// Those of these programs, over the rows of a return and, where there is one, that of the other year.
    pub(crate) fn of<'p>(
        of: &ReturnType,
        programs: impl Iterator<Item = &'p Program>,
        frame: &Frame<'_>,
        other_year: Option<&Frame<'_>>,
    ) -> Self {
        let mut links = Links::default();
        for program in programs.filter(|program| frame.has(program.table)) {
            for other in &program.others {
                let rows = || match (other.rel, other_year) {
                    (Rel::Last, Some(there)) => {
                        across(of, frame, there, program.table, usize::from(other.table))
                    }
                    _ => rows(of, frame, program.table, *other),
                };
                links.of.entry((program.table, *other)).or_insert_with(rows);
            }
        }
        links
    }

    /// Per row of a table, the row it speaks of.
    pub(crate) fn rows(&self, table: usize, other: Other) -> &[u32] {
        self.of.get(&(table, other)).map_or(&[], Vec::as_slice)
    }
}

fn place(of: &ReturnType, table: usize) -> Option<&Place> {
    of.tables.get(table)?.place.as_ref()
}

fn rows(of: &ReturnType, frame: &Frame<'_>, table: usize, other: Other) -> Vec<u32> {
    let height = frame.height(table);
    let mut out = vec![NONE; height];
    let beside = |out: &mut Vec<u32>, after: bool| {
        let order = place(of, table).and_then(|place| place.order);
        for group in groups(of, frame, table, order).each() {
            for pair in group.windows(2) {
                let [first, second] = pair else { continue };
                let (at, to) = if after { (*first, *second) } else { (*second, *first) };
                if let Some(slot) = out.get_mut(at as usize) {
                    *slot = to;
                }
            }
        }
    };
    match other.rel {
        Rel::Own | Rel::Last => {}
        Rel::Next => beside(&mut out, true),
        Rel::Prior => beside(&mut out, false),
        Rel::To => out = to(of, frame, table, usize::from(other.table)),
    }
    out
}

fn to(of: &ReturnType, frame: &Frame<'_>, table: usize, wanted: usize) -> Vec<u32> {
    let height = frame.height(table);
    if place(of, wanted).is_some_and(|place| place.single) {
        return vec![if frame.height(wanted) > 0 { 0 } else { NONE }; height];
    }
    // up from child to parent until the table is found
    if let Some((parent, _)) = place(of, table).and_then(|place| place.parent) {
        let up = keys(of, frame, table);
        if parent == wanted {
            return up;
        }
        let further = to(of, frame, parent, wanted);
        return up.iter().map(|row| further.get(*row as usize).copied().unwrap_or(NONE)).collect();
    }
    let mut first = vec![NONE; frame.texts.len()];
    for (row, child) in (0u32..).zip(keys(of, frame, wanted)) {
        if let Some(slot) = first.get_mut(child as usize)
            && *slot == NONE
        {
            *slot = row;
        }
    }
    keys(of, frame, table).iter().map(|child| first.get(*child as usize).copied().unwrap_or(NONE)).collect()
}

// the last row of the same child in a table of the other year's return, whose texts have the same numbers
fn across(of: &ReturnType, frame: &Frame<'_>, there: &Frame<'_>, table: usize, wanted: usize) -> Vec<u32> {
    let order = place(of, wanted).and_then(|place| place.order);
    let children = keys(of, there, wanted);
    let mut newest = vec![NONE; frame.texts.len()];
    for row in groups(of, there, wanted, order).each().filter_map(<[u32]>::last) {
        let child = children.get(*row as usize).copied().unwrap_or(NONE);
        if let Some(slot) = newest.get_mut(child as usize) {
            *slot = *row;
        }
    }
    keys(of, frame, table).iter().map(|child| newest.get(*child as usize).copied().unwrap_or(NONE)).collect()
}

/// Per row, the child or the parent that it belongs to, as a number; [`NONE`] where that cannot be read.
pub(crate) fn keys(of: &ReturnType, frame: &Frame<'_>, table: usize) -> Vec<u32> {
    let Some(place) = place(of, table) else { return Vec::new() };
    let column = |at: usize| frame.columns.get(at);
    match (place.parent, place.child) {
        (Some((parent, at)), _) => match column(at) {
            Some(Column::Numbers(numbers)) => {
                let height = frame.height(parent);
                numbers.iter().map(|n| parent_row(*n, height)).collect()
            }
            _ => Vec::new(),
        },
        (None, Some(at)) => match column(at) {
            Some(Column::Texts(texts)) => {
                texts.iter().map(|text| if *text >= u32::BAD { NONE } else { *text }).collect()
            }
            _ => Vec::new(),
        },
        (None, None) => Vec::new(),
    }
}

/// The row, from 0, that a cell in millionths names from 1.
pub(crate) fn parent_row(cell: i64, height: usize) -> u32 {
    let row = cell.checked_div(1_000_000).and_then(|n| n.checked_sub(1));
    row.and_then(|row| u32::try_from(row).ok()).filter(|row| (*row as usize) < height).unwrap_or(NONE)
}

/// The cell, in millionths, that names a row.
pub(crate) fn parent_cell(row: u32) -> i64 {
    (i64::from(row) + 1) * 1_000_000
}

/// Per row, where it stands once only some are left; [`NONE`] for those that are not.
pub(crate) fn renumbered(keep: &[bool]) -> Vec<u32> {
    let mut next = 0u32;
    let mut one = |stays: &bool| {
        let row = if *stays { next } else { NONE };
        next += u32::from(*stays);
        row
    };
    keep.iter().map(&mut one).collect()
}

/// The rows of a table by child, each child's in the order of a column of days and then of the file. Rows
/// without a child or a day stand in no group.
pub(crate) fn groups(of: &ReturnType, frame: &Frame<'_>, table: usize, order: Option<usize>) -> Groups {
    let keys = keys(of, frame, table);
    let days = match order.and_then(|at| frame.columns.get(at)) {
        Some(Column::Days(days)) => Some(days.as_slice()),
        _ => None,
    };
    let day = |row: u32| days.map_or(0, |days| days.get(row as usize).copied().unwrap_or(i32::BLANK));
    let stands = |row: u32, key: u32| key != NONE && day(row) > i32::BAD;
    // a counting sort: as many slots as there are children
    let most = keys.iter().filter(|key| **key != NONE).max().map_or(0, |key| *key as usize + 1);
    let mut starts = vec![0usize; most + 1];
    for (row, key) in (0u32..).zip(&keys).filter(|(row, key)| stands(*row, **key)) {
        let _ = row;
        if let Some(count) = starts.get_mut(*key as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut rows = vec![0u32; sum];
    for (row, key) in (0u32..).zip(&keys).filter(|(row, key)| stands(*row, **key)) {
        if let Some(at) = next.get_mut(*key as usize) {
            if let Some(slot) = rows.get_mut(*at) {
                *slot = row;
            }
            *at += 1;
        }
    }
    for pair in starts.windows(2) {
        if let [from, to] = pair
            && let Some(group) = rows.get_mut(*from..*to)
            && group.len() > 1
        {
            group.sort_by_key(|row| day(*row));
        }
    }
    Groups { rows, starts }
}
