//! What only a program can express, by name: each answers for all rows of a table at once. An expression
//! calls them like functions; everything else about a rule stays in its TOML.
//!
//! | call | holds when |
//! | --- | --- |
//! | `no_overlap(START, END)` | no period of the same child that began before is still open or ends later than this one starts |
//! | `unique(X)` | no other row of the table says the same |
//! | `among(DAY, table.DAY)` | a row of that table under the same parent, or of the same child, has that day |
//! | `check_letter(UPN)` | the first letter is the one that the other twelve characters yield |
//! | `part_in(X, from, length, "list")` | so many characters from there on are a code of the list |
//!
//! `working_days_before(day, n)` is a day, not a question: [`working_day_before`].

use std::collections::HashSet;
use std::sync::LazyLock;

use concordat_core::calendar::Calendar;

use super::days;
use super::frame::{Column, Frame, Marked};
use super::links::{NONE, groups, keys};
use super::mask::State;
use super::plan::{Cell, Helper};
use crate::definition::ReturnType;
use crate::kind::is_upn;

/// Answers for every row of a table.
pub(crate) fn answer(helper: &Helper, of: &ReturnType, frame: &Frame<'_>, table: usize) -> Vec<State> {
    match helper {
        Helper::NoOverlap { start, end } => no_overlap(of, frame, table, *start, *end),
        Helper::Unique(cell) => unique(frame, *cell),
        Helper::Among { day, table: other, field } => {
            among(of, frame, table, *day, usize::from(*other), usize::from(*field))
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

fn among(
    of: &ReturnType,
    frame: &Frame<'_>,
    table: usize,
    day: Cell,
    other: usize,
    field: usize,
) -> Vec<State> {
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
    own.iter().zip(days_of(frame, day.field)).map(state).collect()
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

/// The bank holidays of England and Wales, as `policies/calendar.toml` had them when this was built: what a
/// national rule counts by does not differ from one partnership to another.
static CALENDAR: LazyLock<WorkingDays> = LazyLock::new(WorkingDays::of_calendar);

struct WorkingDays {
    days: Vec<i32>,
    last: i32,
}

impl WorkingDays {
    fn of_calendar() -> Self {
        const TEXT: &str = include_str!("../../../../policies/calendar.toml");
        let mut out = WorkingDays { days: Vec::new(), last: i32::MIN };
        let Ok(calendar) = Calendar::from_toml(TEXT) else { return out };
        let Some(mut day) = days::iso("2000-01-01") else { return out };
        let Some(end) = days::iso("2200-01-01") else { return out };
        while day < end {
            match days::date_of(day).map(|date| calendar.is_working_day(date)) {
                Some(Ok(working)) => {
                    out.last = day;
                    if working {
                        out.days.push(day);
                    }
                }
                // before the calendar begins
                _ if out.days.is_empty() => {}
                _ => break,
            }
            day += 1;
        }
        out
    }
}

/// The n-th working day before a day; `None` where the calendar does not reach.
pub(crate) fn working_day_before(day: i32, n: u16) -> Option<i32> {
    let calendar = &*CALENDAR;
    let before = calendar.days.partition_point(|known| *known < day);
    if day > calendar.last {
        return None;
    }
    calendar.days.get(before.checked_sub(usize::from(n.max(1)))?).copied()
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
        // 29 March 2024 was Good Friday
        assert_eq!(working_day_before(day("2024-03-31"), 1), Some(day("2024-03-28")));
        assert_eq!(working_day_before(day("2024-04-02"), 1), Some(day("2024-03-28")));
        assert_eq!(working_day_before(day("2023-03-31"), 15), Some(day("2023-03-10")));
        assert_eq!(working_day_before(day("2199-03-31"), 1), None);
        assert_eq!(working_day_before(day("2011-12-31"), 1), None);
    }
}
