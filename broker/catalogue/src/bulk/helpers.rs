//! What only a program can express, by name: each answers for all rows of a table at once. An expression
//! calls them like functions; everything else about a rule stays in its TOML.
//!
//! | call | holds when |
//! | --- | --- |
//! | `no_overlap(START, END)` | no period of the same child that began before is still open or ends later than this one starts |
//! | `unique(X)` | no other row of the table says the same |
//! | `among(DAY, table.DAY)` | a row of that table under the same parent, or of the same child, has that day; DAY may be `last(other).DAY` |
//! | `check_letter(UPN)` | the first letter is the one that the other twelve characters yield |
//! | `part_in(X, from, length, "list")` | so many characters from there on are a code of the list |
//!
//! `working_days_before(day, n)` is a day, not a question: [`working_day_before`].

use std::borrow::Cow;
use std::collections::HashSet;

use concordat_core::calendar::Calendar;

use super::days;
use super::eval::Scene;
use super::frame::{Column, Frame, Marked};
use super::links::{NONE, groups, keys};
use super::mask::State;
use super::plan::{Cell, Helper, Rel};
use crate::definition::ReturnType;
use crate::kind::is_upn;

/// Answers for every row of a table.
pub(crate) fn answer(helper: &Helper, scene: &Scene<'_>, table: usize) -> Vec<State> {
    let (of, frame) = (scene.of, scene.frame);
    match helper {
        Helper::NoOverlap { start, end } => no_overlap(of, frame, table, *start, *end),
        Helper::Unique(cell) => unique(frame, *cell),
        Helper::Among { day, table: other, field } => {
            among(scene, table, *day, usize::from(*other), usize::from(*field))
        }
        Helper::CheckLetter(cell) => by_text(frame, *cell, check_letter),
        Helper::PartIn { text, from, length, list } => {
            by_text(frame, *text, |text| match text.get(from - 1..from - 1 + length) {
                Some(part) => list.find(part).is_some().into(),
                None => State::No,
            })
        }
    }
}

fn days_of<'f>(frame: &'f Frame<'_>, field: u16) -> &'f [i32] {
    match frame.columns.get(usize::from(field)) {
        Some(Column::Days(days)) => days,
        _ => &[],
    }
}

fn texts_of<'f>(frame: &'f Frame<'_>, field: u16) -> &'f [u32] {
    match frame.columns.get(usize::from(field)) {
        Some(Column::Texts(texts)) => texts,
        _ => &[],
    }
}

fn readable<T: Marked>(value: T) -> Result<T, State> {
    match value {
        _ if value == T::BLANK => Err(State::Unknown),
        _ if value == T::BAD => Err(State::Bad),
        value => Ok(value),
    }
}

fn no_overlap(of: &ReturnType, frame: &Frame<'_>, table: usize, start: Cell, end: Cell) -> Vec<State> {
    let (starts, ends) = (days_of(frame, start.field), days_of(frame, end.field));
    // a row that stands in no group has no child or no start
    let mut out: Vec<State> =
        starts.iter().map(|start| readable(*start).err().unwrap_or(State::Unknown)).collect();
    for group in groups(of, frame, table, Some(usize::from(start.field))).each() {
        let mut latest = Ok(i32::BAD);
        for row in group.iter().map(|row| *row as usize) {
            let (Some(start), Some(end), Some(slot)) = (starts.get(row), ends.get(row), out.get_mut(row))
            else {
                continue;
            };
            *slot = latest.map_or_else(|why| why, |latest| (latest <= *start).into());
            latest = match (latest, readable(*end)) {
                (Ok(latest), Ok(end)) => Ok(latest.max(end)),
                // open: whatever begins later overlaps with it
                (_, Err(State::Unknown)) | (Err(State::No), _) => Err(State::No),
                (Err(why), _) | (_, Err(why)) => Err(why),
            };
        }
    }
    out
}

fn unique(frame: &Frame<'_>, cell: Cell) -> Vec<State> {
    let texts = texts_of(frame, cell.field);
    let mut seen = vec![0u8; frame.texts.len()];
    for text in texts {
        if let Some(count) = seen.get_mut(*text as usize) {
            *count = count.saturating_add(1);
        }
    }
    let state = |text: u32| match readable(text) {
        Ok(text) => (seen.get(text as usize) == Some(&1)).into(),
        Err(state) => state,
    };
    texts.iter().map(|text| state(*text)).collect()
}

// per row of a table, a day of its own or of the row before to which it leads
fn days_at<'s>(scene: &Scene<'s>, table: usize, cell: Cell) -> Cow<'s, [i32]> {
    if cell.of.rel == Rel::Own {
        return Cow::Borrowed(days_of(scene.frame, cell.field));
    }
    let Some(Column::Days(days)) = scene.column(cell) else {
        return Cow::Owned(vec![i32::BLANK; scene.frame.height(table)]);
    };
    let rows = scene.links.rows(table, cell.of);
    Cow::Owned(rows.iter().map(|row| days.get(*row as usize).copied().unwrap_or(i32::BLANK)).collect())
}

fn among(scene: &Scene<'_>, table: usize, day: Cell, other: usize, field: usize) -> Vec<State> {
    let (of, frame) = (scene.of, scene.frame);
    let there = days_of(frame, u16::try_from(field).unwrap_or(u16::MAX));
    let known: HashSet<(u32, i32)> = keys(of, frame, other)
        .into_iter()
        .zip(there.iter().copied())
        .filter(|(key, day)| *key != NONE && *day > i32::BAD)
        .collect();
    let own = keys(of, frame, table);
    let state = |(key, day): (&u32, &i32)| match readable(*day) {
        Ok(_) if *key == NONE => State::Unknown,
        Ok(day) => known.contains(&(*key, day)).into(),
        Err(state) => state,
    };
    own.iter().zip(days_at(scene, table, day).iter()).map(state).collect()
}

fn by_text(frame: &Frame<'_>, cell: Cell, ask: impl Fn(&str) -> State) -> Vec<State> {
    let state = |text: u32| match readable(text) {
        Ok(text) => ask(frame.texts.get(text)),
        Err(state) => state,
    };
    texts_of(frame, cell.field).iter().map(|text| state(*text)).collect()
}

/// Department for Education, rule 1510; in files of this return letters may be small.
fn check_letter(upn: &str) -> State {
    is_upn(upn.to_ascii_uppercase().as_bytes()).into()
}

/// The n-th working day before a day; `None` where the calendar does not reach.
pub(crate) fn working_day_before(calendar: &Calendar, day: i32, n: u16) -> Option<i32> {
    let mut date = days::date_of(day)?;
    calendar.is_working_day(date).ok()?;
    let mut left = n.max(1);
    while left > 0 {
        date = date.yesterday().ok()?;
        left -= u16::from(calendar.is_working_day(date).ok()?);
    }
    Some(days::of(date))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_letter_is_the_one_of_the_guide() {
        for upn in ["A950000178301", "H243278544154", "H801200001001", "G80120000101A"] {
            assert_eq!(check_letter(upn), State::Yes, "{upn}");
        }
        for upn in ["R247962919251", "X428558133462", "Z801200001001"] {
            assert_eq!(check_letter(upn), State::No, "{upn}");
        }
    }

    #[test]
    fn working_days_are_those_of_england_and_end_with_the_calendar() {
        let day = |text: &str| days::iso(text).unwrap();
        let calendar = Calendar::from_toml(include_str!("../../../../policies/calendar.toml")).unwrap();
        let working_day_before = |day, n| working_day_before(&calendar, day, n);
        // 29 March 2024 was Good Friday
        assert_eq!(working_day_before(day("2024-03-31"), 1), Some(day("2024-03-28")));
        assert_eq!(working_day_before(day("2024-04-02"), 1), Some(day("2024-03-28")));
        assert_eq!(working_day_before(day("2023-03-31"), 15), Some(day("2023-03-10")));
        assert_eq!(working_day_before(day("2199-03-31"), 1), None);
        assert_eq!(working_day_before(day("2011-12-31"), 1), None);
    }
}
