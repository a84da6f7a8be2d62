//! How files of published figures are laid out: `[published]`.

use concordat_core::ids::AreaCode;

use crate::definition::{Field, Published, PublishedFigure};
use crate::kind::FieldKind;

use super::Read;
use super::header::Content;
use super::section::Section;

/// Reads the layout, where there is one.
pub(super) fn read(root: &Section<'_, '_>, content: Option<&Content>) -> Read<Option<Published>> {
    let Some(section) = root.section("published") else { return Some(None) };
    section.only(&["level", "area", "period", "indicator", "value", "figure"]);
    let content = content?;
    if content.tables.len() != 1 || content.tables.iter().any(|table| table.long.is_some()) {
        root.complain("published", "only a return of one table with one figure per row has it".to_owned());
        return None;
    }
    let fields = &content.fields;
    let level = section.section("level").map(|level| said(&level));
    let area = section.section("area").map(|area| self::area(&area, fields));
    let period = section.section("period").map(|period| self::period(&period, fields));
    for (key, is_there) in
        [("level", level.is_some()), ("area", area.is_some()), ("period", period.is_some())]
    {
        if !is_there {
            section.complain(key, format!("`{key}` is missing"));
        }
    }
    let indicator = field(&section, "indicator", fields, |field| field.kind == FieldKind::Code);
    let value = field(&section, "value", fields, |field| field.published);
    let codes = indicator.and_then(|at| fields.get(at)).and_then(|field| field.codes.as_ref());
    let figures: Vec<Option<PublishedFigure>> = section
        .sections("figure")
        .iter()
        .map(|figure| {
            figure.only(&["indicator", "column", "only"]);
            let named = figure.string("indicator")?;
            if codes.is_some_and(|codes| codes.position(&named).is_none()) {
                figure.complain("indicator", format!("`{named}` is no code of the field of the indicator"));
            }
            let only = match figure.section("only") {
                Some(only) => Some(said(&only)?),
                None => None,
            };
            Some(PublishedFigure { indicator: named, column: figure.string("column")?, only })
        })
        .collect();
    if figures.is_empty() {
        section.complain("figure", "it names at least one [[published.figure]]".to_owned());
    }
    let (period, years) = period??;
    Some(Some(Published {
        level: level??,
        area: area??,
        period,
        years,
        indicator: indicator?,
        value: value?,
        figures: figures.into_iter().collect::<Option<_>>()?,
    }))
}

// a column and what it must say
fn said(section: &Section<'_, '_>) -> Read<(String, String)> {
    section.only(&["column", "is"]);
    Some((section.string("column")?, section.string("is")?))
}

fn area(section: &Section<'_, '_>, fields: &[Field]) -> Read<(String, Vec<AreaCode>, usize)> {
    section.only(&["column", "field", "only"]);
    let at = field(section, "field", fields, |field| field.kind == FieldKind::Gss);
    let codes = section.strings("only")?;
    if codes.is_empty() {
        section.complain("only", "`only` names the areas that are read".to_owned());
    }
    let areas = codes
        .iter()
        .map(|code| code.parse().map_err(|_| section.complain("only", format!("`{code}` is no area"))).ok());
    let areas: Option<Vec<AreaCode>> = areas.collect::<Vec<_>>().into_iter().collect();
    Some((section.string("column")?, areas?, at?))
}

fn period(section: &Section<'_, '_>, fields: &[Field]) -> Read<((String, String, usize), Vec<String>)> {
    section.only(&["column", "said_by", "years", "field"]);
    let at = field(section, "field", fields, |field| field.kind == FieldKind::Year && field.is_period);
    let years = section.strings("years")?;
    if years.is_empty() {
        section.complain("years", "`years` says what stands in `said_by` for a year".to_owned());
    }
    Some(((section.string("column")?, section.string("said_by")?, at?), years))
}

fn field(
    section: &Section<'_, '_>,
    key: &str,
    fields: &[Field],
    fits: impl Fn(&Field) -> bool,
) -> Read<usize> {
    let name = section.string(key)?;
    let found = fields.iter().position(|field| field.name == name && fits(field));
    if found.is_none() {
        section.complain(key, format!("`{name}` is no field of a fitting kind"));
    }
    found
}
