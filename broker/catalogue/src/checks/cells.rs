//! Every cell, read once by its declared kind; then what can be said of a row by itself.

use concordat_core::period::Period;
use concordat_core::table::{FieldClass, Table};

use super::findings::{Findings, Place, ids};
use super::shape::Columns;
pub(crate) use super::words::said;
use super::{Grid, row_fingerprint, same_row, text, words};
use crate::cell::{self, CellFault, Value};
use crate::definition::{Field, ReturnType};
use crate::stretch::Stretch;

/// Reads all cells and tells what is wrong with them.
pub(crate) fn check<'a>(
    of: &ReturnType,
    table: &'a Table,
    columns: &Columns,
    period: Option<Period>,
    findings: &mut Findings,
) -> Grid<'a> {
    let width = of.fields.len();
    let mut grid = Grid { width, values: Vec::with_capacity(width.saturating_mul(table.height())) };
    let period = period.map(Stretch::of);
    for (row, cells) in table.rows().enumerate() {
        let start = grid.values.len();
        for (field, column) in of.fields.iter().zip(&columns.0) {
            let value = match column.and_then(|at| cells.get(at)) {
                Some(text) if field.by.is_none() => one(of, field, text, row, findings),
                _ => Value::Absent,
            };
            grid.values.push(value);
        }
        for (at, field) in of.fields.iter().enumerate().filter(|(_, field)| field.partner.is_some()) {
            let text = columns.0.get(at).copied().flatten().and_then(|at| cells.get(at)).unwrap_or_default();
            let partner = field.partner.and_then(|at| grid.values.get(start + at)).copied();
            let own = grid.values.get(start + at).copied();
            let value = partnered(of, field, (own, partner), text, row, findings);
            if let (Some(value), Some(slot)) = (value, grid.values.get_mut(start + at)) {
                *slot = value;
            }
        }
        if let Some(period) = period {
            own_period(of, grid.values.get(start..).unwrap_or(&[]), period, row, findings);
        }
        if findings.is_full() {
            break;
        }
    }
    unique(of, &grid, findings);
    grid
}

fn place<'p>(of: &'p ReturnType, field: &'p Field, row: usize) -> Place<'p> {
    let table = of.tables.first().map_or("", |table| table.name.as_str());
    Place { table, row: Some(row), column: Some(&field.name) }
}

fn one<'a>(of: &ReturnType, field: &Field, text: &'a str, row: usize, findings: &mut Findings) -> Value<'a> {
    match cell::read(field, text) {
        Ok(value) => {
            if field.class == FieldClass::FreeText {
                text::check(of, text, place(of, field, row), findings);
            }
            value
        }
        Err(fault) => bad(of, field, (field.kind.says(), text), fault, row, findings),
    }
}

fn bad<'a>(
    of: &ReturnType,
    field: &Field,
    (says, text): (&str, &str),
    fault: CellFault,
    row: usize,
    findings: &mut Findings,
) -> Value<'a> {
    let (rule, mut said) = said(field, says, fault);
    said.push_str(&words::of_text(of, field, text, fault));
    findings.error(rule, place(of, field, row), said);
    Value::Bad
}

// a figure whose kind its unit says, or a code that goes with some units only
fn partnered<'a>(
    of: &ReturnType,
    field: &Field,
    (own, partner): (Option<Value<'a>>, Option<Value<'a>>),
    text: &'a str,
    row: usize,
    findings: &mut Findings,
) -> Option<Value<'a>> {
    if let Some(limits) = &field.limits {
        if let (Some(Value::Code(code)), Some(Value::Code(other))) = (own, partner)
            && let Some(allowed) = limits.get(usize::from(code))
            && !allowed.is_empty()
            && !allowed.contains(&other)
        {
            let other = field.partner.and_then(|at| of.fields.get(at)).unwrap_or(field);
            let text = format!("`{}` does not go with this `{}`", other.name, field.name);
            findings.error(&ids().unit, place(of, other, row), text);
        }
        return None;
    }
    let kinds = field.by.as_ref()?;
    if text.is_empty() {
        return Some(if field.required {
            bad(of, field, (field.kind.says(), text), CellFault::Missing, row, findings)
        } else {
            Value::Absent
        });
    }
    let Some(Value::Code(code)) = partner else { return Some(Value::Bad) };
    let kind = kinds.get(usize::from(code))?.row();
    Some(match cell::read_as(field, kind, text) {
        Ok(value) => value,
        Err(fault) => bad(of, field, (kind.says, text), fault, row, findings),
    })
}

fn own_period(
    of: &ReturnType,
    row_values: &[Value<'_>],
    period: Stretch,
    row: usize,
    findings: &mut Findings,
) {
    for (field, value) in of.fields.iter().zip(row_values).filter(|(field, _)| field.is_period) {
        if let Value::Stretch(stretch) = value
            && *stretch != period
        {
            let text = format!("`{}` is not the period of this return", field.name);
            findings.error(&ids().row_period, place(of, field, row), text);
        }
    }
}

// no two rows may agree in all the fields that name a row
fn unique(of: &ReturnType, grid: &Grid<'_>, findings: &mut Findings) {
    let Some(def) = of.tables.first().filter(|def| !def.key.is_empty()) else { return };
    let mut seen: Vec<(u64, usize)> =
        grid.rows().enumerate().map(|(row, values)| (row_fingerprint(values, &def.key), row)).collect();
    seen.sort_unstable();
    for pair in seen.windows(2) {
        let [(a, first), (b, second)] = pair else { continue };
        let (one, other) = (grid.row(*first), grid.row(*second));
        let readable =
            def.key.iter().all(|at| !matches!(one.get(*at), None | Some(Value::Bad | Value::Absent)));
        if a == b && readable && same_row(one, other, &def.key) {
            let names: Vec<&str> =
                def.key.iter().filter_map(|at| of.fields.get(*at)).map(|field| field.name.as_str()).collect();
            let text =
                format!("row {} has the same {} already: keep one of them", first + 1, names.join(", "));
            findings.error(&ids().unique, Place { table: &def.name, row: Some(*second), column: None }, text);
        }
    }
}
