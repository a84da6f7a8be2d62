//! The header: whether what a return says it is fits its type and its own content.

use concordat_core::agency::Kind;
use concordat_core::ids::{AgencyId, AreaCode};
use concordat_core::submission::{Covers, EventId};
use concordat_core::table::Table;

use super::findings::{Findings, Place, ids};
use crate::check::Draft;
use crate::definition::{ReturnType, TypeKind};

/// How many areas a header may name.
const MOST_AREAS: usize = 400;

/// How many areas a finding names.
const AREAS_NAMED: usize = 8;

pub(crate) fn check(of: &ReturnType, draft: &Draft, sender: Option<Kind>, findings: &mut Findings) {
    let identity = &draft.identity;
    let mut error = |rule, text: String| findings.error(rule, Place::HEADER, text);
    if identity.return_type != of.id {
        error(&ids().type_, format!("this return says that it is another type than {}", of.id));
    }
    match &identity.covers {
        Covers::Period(_) if of.kind == TypeKind::Event => {
            error(&ids().event, "this is one event: give its id, not a period".to_owned());
        }
        Covers::Period(period) => {
            if period.frequency() != Some(of.frequency) {
                let wanted = match of.frequency {
                    concordat_core::period::Frequency::Year => "a financial year such as 2022-23",
                    concordat_core::period::Frequency::Quarter => "a quarter such as 2022-23/Q1",
                    concordat_core::period::Frequency::Month => "a month such as 2022-04",
                    concordat_core::period::Frequency::Event => "an event",
                };
                error(&ids().period, format!("a return of {} covers {wanted}", of.id));
            }
        }
        Covers::Event(_) if of.kind != TypeKind::Event => {
            error(
                &ids().period,
                "this return covers a period: give the period, not an event's id".to_owned(),
            );
        }
        Covers::Event(event) => {
            if !draft.nil && event_id_of(of, &draft.tables).as_ref() != Some(event) {
                error(&ids().event, "the event's id in the header is not the one in the file".to_owned());
            }
        }
    }
    if let Some(text) = wrong_part(of, draft, sender) {
        error(&ids().part, text);
    }
    let areas = &identity.areas;
    if areas.is_empty() || areas.len() > MOST_AREAS || !areas.is_sorted_by(|a, b| a < b) {
        error(&ids().areas, format!("name 1 to {MOST_AREAS} areas, in order, each once"));
    }
    if !draft.nil
        && !of.area_fields.is_empty()
        && let Some(text) = other_areas(areas, &areas_of(of, &draft.tables))
    {
        error(&ids().areas, text);
    }
    if draft.nil && draft.tables.iter().any(|table| !table.cells.is_empty()) {
        error(&ids().nil, "a nil says that there was nothing: it has no rows".to_owned());
    }
}

// how the areas that a return says it is for differ from those in its file; an area names no person
fn other_areas(said: &[AreaCode], held: &[AreaCode]) -> Option<String> {
    let names = |areas: &[AreaCode], but: &[AreaCode]| {
        let of_these: Vec<&str> =
            areas.iter().filter(|area| !but.contains(area)).map(AreaCode::as_str).collect();
        let more = of_these.len().saturating_sub(AREAS_NAMED);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!of_these.is_empty())
            .then(|| of_these.iter().take(AREAS_NAMED).copied().collect::<Vec<_>>().join(", ") + &tail)
    };
    let told = match (names(held, said), names(said, held)) {
        (Some(held), None) => format!("the file also holds {held}"),
        (None, Some(said)) => format!("the file holds nothing for {said}"),
        (Some(held), Some(said)) => format!("the file holds {held} and nothing for {said}"),
        (None, None) => return None,
    };
    let said = names(said, &[]).unwrap_or_else(|| "no area".to_owned());
    Some(format!(
        "the return is said to be for {said} (--area), but {told}: leave --area out or correct the file"
    ))
}

// what is wrong with the part that a return says it is
fn wrong_part(of: &ReturnType, draft: &Draft, sender: Option<Kind>) -> Option<String> {
    let (parts, said) = (of.parts(), draft.identity.part.as_deref());
    if parts.is_empty() {
        return said.map(|_| format!("{} has no parts: leave the part out", of.id));
    }
    let all = parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(", ");
    let Some(part) = parts.iter().find(|part| Some(part.as_str()) == said) else {
        return Some(format!(
            "fill in the columns of one part and leave the others blank; the parts are {all}"
        ));
    };
    if !draft.nil && part_of(of, &draft.tables) != Some(*part) {
        return Some(format!(
            "this is the part `{part}`: fill in its columns and leave those of {all} blank otherwise"
        ));
    }
    sender.filter(|sender| sender != part).map(|sender| {
        format!("the part `{part}` is not filled by an agency of kind {sender}: fill in your own columns")
    })
}

/// The one part of a return whose columns hold anything; `None` for a type without parts, and when the columns
/// of no part, or of several, are filled.
#[must_use]
pub fn part_of(of: &ReturnType, tables: &[Table]) -> Option<Kind> {
    let mut found = None;
    for table in tables.iter().filter(|table| table.is_rectangular()) {
        for field in &of.fields {
            let (Some(part), Some(at)) = (field.part, table.column(&field.name)) else { continue };
            let is_filled = table.rows().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty()));
            if is_filled && found.replace(part).is_some_and(|other| other != part) {
                return None;
            }
        }
    }
    found
}

/// The agencies that a return's content names in its type's agency fields, sorted, each once. Cells that are no
/// agency's id are passed over.
#[must_use]
pub fn agencies_of(of: &ReturnType, tables: &[Table]) -> Vec<AgencyId> {
    let mut found = Vec::new();
    for table in tables.iter().filter(|table| table.is_rectangular()) {
        for at in of.agency_fields.iter().filter_map(|name| table.column(name)) {
            found.extend(table.rows().filter_map(|row| AgencyId::new(row.get(at)?).ok()));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The areas that a return's content names, sorted, each once: those of the type's area fields. Cells that
/// are no GSS codes are passed over; empty for a type that declares no area fields.
#[must_use]
pub fn areas_of(of: &ReturnType, tables: &[Table]) -> Vec<AreaCode> {
    let mut texts: Vec<&str> = Vec::new();
    for table in tables.iter().filter(|table| table.is_rectangular()) {
        for at in of.area_fields.iter().filter_map(|name| table.column(name)) {
            texts.extend(table.rows().filter_map(|row| row.get(at)));
        }
    }
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().filter_map(|text| AreaCode::new(text).ok()).collect()
}

/// The id of the event that a return's content is about; `None` for a type that is no event, and when the
/// content has not exactly one row with an id.
#[must_use]
pub fn event_id_of(of: &ReturnType, tables: &[Table]) -> Option<EventId> {
    let name = of.event_id.as_deref()?;
    let table = tables.first().filter(|table| table.is_rectangular() && table.height() == 1)?;
    table.cells.get(table.column(name)?)?.parse().ok()
}
