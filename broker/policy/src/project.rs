//! What a reader gets of a return: fields dropped by profile, small counts suppressed, and where suppression
//! alone would not hold, the table withheld whole.
//!
//! There is no secondary suppression: a table that would need it is withheld. Only whole-number cells that
//! are known not to be small are shown in a count field.

mod group;
mod long;
mod wide;

use std::collections::BTreeSet;

use concordat_core::ids::ProfileId;
use concordat_core::table::{FieldClass, Table};

use crate::bundle::Bundle;
use crate::profile::{Profile, Suppression, Treatment};

/// A field of a return type, as far as projection cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name: the column's.
    pub name: String,
    /// What sort of thing it tells.
    pub class: FieldClass,
    /// It is a count of people or cases.
    pub count: bool,
    /// It is a percentage, rate or average made from counts.
    pub derived: bool,
}

/// Parts that add up to a total: column names in a wide table, indicator codes in a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdditiveGroup {
    /// The total.
    pub total: String,
    /// Its parts.
    pub parts: Vec<String>,
}

/// How a table holds its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// A column per figure: additive groups are columns within a row.
    Wide,
    /// A row per figure: additive groups are indicator codes among the rows that agree in `group_by`.
    Long {
        /// The column of indicator codes.
        key: &'a str,
        /// The column of figures.
        value: &'a str,
        /// The column that says what a figure is: the suppression method knows which units are derived.
        unit: &'a str,
        /// The columns that rows of one group share: `area`, `period`.
        group_by: &'a [&'a str],
    },
}

/// What is released.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection {
    /// The tables, with the columns kept and small counts suppressed.
    pub tables: Vec<Table>,
    /// The columns dropped, sorted, each once.
    pub dropped: Vec<String>,
    /// How many cells a symbol stands in, of those not already holding one.
    pub suppressed_cells: u32,
    /// The tables withheld whole.
    pub withheld_tables: Vec<String>,
}

/// Projects tables through profiles together: a field is kept only if every profile keeps it, and the
/// strictest suppression counts. A column without a [`FieldInfo`] is dropped; where there is no profile, or
/// one that does not exist, or a table is not rectangular or has two columns of one
/// name, nothing of it is released.
#[must_use]
pub fn project(
    bundle: &Bundle,
    profiles: &[ProfileId],
    fields: &[FieldInfo],
    additive: &[AdditiveGroup],
    tables: &[Table],
    shape: Shape<'_>,
) -> Projection {
    let mut out = Projection::default();
    let found: Option<Vec<&Profile>> = profiles.iter().map(|id| bundle.profile(id)).collect();
    let found = found.filter(|found| !found.is_empty());
    let mut dropped = BTreeSet::new();
    for table in tables {
        let Some(profiles) = found.as_deref().filter(|_| is_sound(table)) else {
            dropped.extend(table.columns.iter().cloned());
            out.withheld_tables.push(table.name.clone());
            continue;
        };
        let suppression = profiles.iter().filter_map(|p| p.suppression.clone()).reduce(Suppression::stricter);
        let kept: Vec<bool> = table.columns.iter().map(|name| keeps(profiles, fields, name)).collect();
        let names = table.columns.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(name, _)| name.clone());
        dropped.extend(names);
        let judged = match &suppression {
            None => Ok((table.clone(), 0)),
            Some(suppression) => {
                let work = Work { table, kept: &kept, fields, additive, suppression };
                match shape {
                    Shape::Wide => wide::suppress(&work),
                    Shape::Long { key, value, unit, group_by } => {
                        long::suppress(&work, &long::Columns { key, value, unit, group_by })
                    }
                }
            }
        };
        match judged {
            Ok((table, cells)) => {
                out.suppressed_cells = out.suppressed_cells.saturating_add(cells);
                out.tables.push(select(table, &kept));
            }
            Err(WouldDisclose) => out.withheld_tables.push(table.name.clone()),
        }
    }
    out.dropped = dropped.into_iter().collect();
    out
}

/// A table to be suppressed.
struct Work<'a> {
    table: &'a Table,
    kept: &'a [bool],
    fields: &'a [FieldInfo],
    additive: &'a [AdditiveGroup],
    suppression: &'a Suppression,
}

/// Suppression alone would let a suppressed count be worked out.
#[derive(Debug, PartialEq, Eq)]
struct WouldDisclose;

/// Whether the cells fill whole rows and no two columns have one name, which could not be told apart.
fn is_sound(table: &Table) -> bool {
    let names: BTreeSet<&str> = table.columns.iter().map(String::as_str).collect();
    names.len() == table.columns.len() && table.is_rectangular()
}

fn keeps(profiles: &[&Profile], fields: &[FieldInfo], column: &str) -> bool {
    let mut infos = fields.iter().filter(|field| field.name == column).peekable();
    infos.peek().is_some()
        && infos.all(|info| profiles.iter().all(|p| p.treatment(&info.name, info.class) == Treatment::Keep))
}

fn select(table: Table, kept: &[bool]) -> Table {
    if kept.iter().all(|kept| *kept) {
        return table;
    }
    let picked = |at: &usize| kept.get(*at).copied().unwrap_or(false);
    let cells = table.cells.iter().zip(kept.iter().cycle()).filter(|(_, kept)| **kept);
    let cells = cells.map(|(cell, _)| cell).collect();
    let columns = table.columns.into_iter().enumerate().filter(|(at, _)| picked(at));
    Table { name: table.name, columns: columns.map(|(_, name)| name).collect(), cells }
}

/// A cell of a count field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    /// A whole number.
    Number(u64),
    /// No number, and known to be none: blank or a symbol of the catalogue,
    /// as stored or as accepted on import.
    NoNumber,
    /// Something else, which may hide a small number: suppressed.
    Unclear,
}

impl Count {
    fn read(cell: &str) -> Self {
        match cell {
            "" | "z" | "x" | "u" | "p" => Count::NoNumber,
            "[z]" | "n/a" | "N/A" | "." | "[x]" | ":" | "DNA" | "[u]" | "[p]" => Count::NoNumber,
            _ if cell.bytes().all(|byte| byte.is_ascii_digit()) => {
                // a number too long to be read is not a small one
                Count::Number(cell.parse().unwrap_or(u64::MAX))
            }
            _ => Count::Unclear,
        }
    }

    fn is_suppressed(self, suppression: &Suppression) -> bool {
        match self {
            Count::Number(number) => suppression.covers(number),
            Count::NoNumber => false,
            Count::Unclear => true,
        }
    }
}

#[cfg(test)]
mod tests;
