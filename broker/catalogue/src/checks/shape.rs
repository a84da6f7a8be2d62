//! The shape of a return: its tables, their columns, how many rows, how large.

use concordat_core::table::Table;

use super::findings::{Findings, Place, ids};
use super::unexpected;
use crate::definition::{ReturnType, TableDef};
use crate::read::headings::unknown_column;

/// The most bytes that all cells of a return may have.
pub(crate) const MOST_BYTES: usize = 64 << 20;

/// Where each field of the type stands in a table: by field, the column.
pub(crate) struct Columns(pub(crate) Vec<Option<usize>>);

/// The one table of a return with the place of each field, when its shape is right.
pub(crate) fn check<'t>(
    of: &ReturnType,
    tables: &'t [Table],
    findings: &mut Findings,
) -> Option<(&'t Table, Columns)> {
    let def = of.tables.first()?;
    let [table] = tables else {
        let text = format!("a return of {} has one table, `{}`", of.id, def.name);
        findings.error(&ids().tables, Place::HEADER, text);
        return None;
    };
    if table.name != def.name {
        findings.error(&ids().tables, Place::HEADER, format!("the table must be called `{}`", def.name));
        return None;
    }
    let columns = columns(of, def, table, findings)?;
    if !rows(def, table, findings) {
        return None;
    }
    Some((table, columns))
}

fn rows(def: &TableDef, table: &Table, findings: &mut Findings) -> bool {
    let place = Place::table(&def.name);
    if !table.is_rectangular() {
        findings.error(&ids().shape, place, "the cells do not fill whole rows: every row needs every column");
        return false;
    }
    let height = table.height();
    if height == 0 || height > def.max_rows {
        let text = match (height, def.max_rows) {
            (0, _) => "there are no rows; if there was nothing to report, declare a nil".to_owned(),
            (_, 1) => "there is more than one row: send each event on its own".to_owned(),
            (_, most) => format!("there are more than {most} rows: send fewer"),
        };
        findings.error(&ids().rows, place, text);
        return false;
    }
    if table.cells.bytes() > MOST_BYTES {
        findings.error(&ids().shape, place, format!("the cells hold more than {} MiB", MOST_BYTES >> 20));
        return false;
    }
    true
}

fn columns(of: &ReturnType, def: &TableDef, table: &Table, findings: &mut Findings) -> Option<Columns> {
    let place = Place::table(&def.name);
    let mut places = vec![None; of.fields.len()];
    let mut right = true;
    if table.columns.len() > of.fields.len() {
        findings.error(&ids().columns, place, format!("there are more than {} columns", of.fields.len()));
        return None;
    }
    // a file in the type's own order is the common case: look at the next field first
    let mut next = 0usize;
    for (column, name) in table.columns.iter().enumerate() {
        let ahead = of.fields.iter().skip(next).position(|field| field.name == *name).map(|at| at + next);
        let Some(field) = ahead.or_else(|| of.field(name)) else {
            right = false;
            let stands = |at: usize| of.fields.get(at).is_some_and(|f| table.columns.contains(&f.name));
            findings.error(&ids().columns, place, unknown_column(of, column, name, stands));
            let cells = table.rows().filter_map(|row| row.get(column));
            unexpected::column(of, column, name, cells, findings);
            continue;
        };
        next = field + 1;
        if let Some(slot) = places.get_mut(field)
            && slot.replace(column).is_some()
        {
            right = false;
            findings.error(&ids().columns, place, format!("the column `{name}` stands twice"));
        }
    }
    for (field, at) in of.fields.iter().zip(&places) {
        if field.required && at.is_none() {
            right = false;
            findings.error(&ids().columns, place, format!("the column `{}` is missing", field.name));
        }
    }
    right.then_some(Columns(places))
}
