//! What a reader gets of a return: fields kept, weakened or dropped by profile, small counts suppressed, and where
//! suppression would not hold, the table withheld whole.
//!
//! - `column`: what all profiles together do with a field; `transform`, `pseudonym`: a cell in a weaker form
//! - `wide`, `long`: which figures belong together; `secondary`: which of them are suppressed; `attack`: what a reader
//!   could work out of the rest
//!
//! Only whole-number cells that are known not to be small are shown in a count field.

mod attack;
mod column;
mod long;
mod pseudonym;
mod secondary;
mod transform;
mod wide;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use concordat_core::ids::{AreaCode, ProfileId};
use concordat_core::table::{FieldClass, Table};
use jiff::civil::Date;

use crate::bundle::Bundle;
use crate::profile::{FieldSort, Profile, Suppression};
use column::Column;
pub use pseudonym::Pseudonyms;

/// A field of a return type, as far as projection cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name: the column's.
    pub name: String,
    /// What sort of thing it tells.
    pub class: FieldClass,
    /// What its cells look like.
    pub sort: FieldSort,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A column per figure: additive groups are columns within a row.
    Wide {
        /// The columns that say the area of a row; where a table has none of them, the return's areas count.
        areas: Vec<String>,
    },
    /// A row per figure: additive groups are indicator codes among the rows of one area and period.
    Long {
        /// The column of indicator codes.
        key: String,
        /// The column of figures.
        value: String,
        /// The column that says what a figure is: the suppression method knows which units are derived.
        unit: String,
        /// The column of areas.
        area: String,
        /// The column of periods.
        period: String,
    },
}

/// What is read, and what is needed to weaken it.
#[derive(Debug)]
pub struct Reading {
    /// The fields of the return's type.
    pub fields: Vec<FieldInfo>,
    /// Its additive groups.
    pub additive: Vec<AdditiveGroup>,
    /// How its tables hold figures.
    pub shape: Shape,
    /// The areas that the return is for.
    pub areas: Vec<AreaCode>,
    /// The day on which ages are told.
    pub as_of: Option<Date>,
    /// Makes pseudonyms; without it a field that would be one is dropped.
    pub pseudonyms: Option<Pseudonyms>,
}

/// What is released.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection {
    /// The tables, with the columns kept and small counts suppressed.
    pub tables: Vec<Table>,
    /// The columns dropped.
    pub dropped: BTreeSet<String>,
    /// The columns shown in a weaker form: each with what was done, as [`crate::profile::Treatment::as_str`] says it,
    /// and with what some rows are excepted by.
    pub changed: BTreeSet<(String, String)>,
    /// The suppression methods that some row fell under.
    pub methods: BTreeSet<String>,
    /// How many cells a symbol stands in, of those not already holding one.
    pub suppressed_cells: u32,
    /// The tables withheld whole.
    pub withheld_tables: Vec<String>,
}

/// Projects tables through profiles together: what is done with a field is what all of them allow, and the strictest
/// suppression counts. A column without a [`FieldInfo`] is dropped; where there is no profile, or one that does not
/// exist, or a table is not rectangular or has two columns of one name, nothing of it is released.
#[derive(Debug)]
pub struct Projector {
    /// `None` where one does not exist, or none was named.
    profiles: Option<Vec<Profile>>,
    columns: HashMap<String, Column>,
    of: Reading,
}

/// Suppression would let a suppressed count be worked out.
#[derive(Debug, PartialEq, Eq)]
struct WouldDisclose;

/// A table with its small counts suppressed, and how many cells that changed.
type Suppressed = Result<(Table, u32), WouldDisclose>;

impl Projector {
    /// With the profiles named in each bundle: those of routing, and those that are granted now.
    #[must_use]
    pub fn new(profiles: &[(&Bundle, &[ProfileId])], of: Reading) -> Self {
        let named =
            profiles.iter().flat_map(|(bundle, ids)| ids.iter().map(|id| bundle.profile(id).cloned()));
        let profiles: Option<Vec<Profile>> = named.collect();
        let profiles = profiles.filter(|profiles| !profiles.is_empty());
        let columns = column::of(profiles.as_deref().unwrap_or(&[]), &of);
        Self { profiles, columns, of }
    }

    /// Whether what is shown of a row depends on other rows or is withheld with them, so that a table must come whole.
    #[must_use]
    pub fn needs_whole_tables(&self) -> bool {
        self.profiles.as_ref().is_none_or(|profiles| profiles.iter().any(Profile::suppresses))
    }

    /// Projects some tables, or rows of them.
    #[must_use]
    pub fn project(&self, tables: Vec<Table>) -> Projection {
        let mut out = Projection::default();
        for table in tables {
            if self.profiles.is_none() || !is_sound(&table) {
                out.dropped.extend(table.columns);
                out.withheld_tables.push(table.name);
                continue;
            }
            let columns: Vec<Option<&Column>> =
                table.columns.iter().map(|name| self.columns.get(name).filter(|of| of.is_shown())).collect();
            for (name, column) in table.columns.iter().zip(&columns) {
                match column {
                    None => drop(out.dropped.insert(name.clone())),
                    Some(column) => {
                        out.changed.extend(column.change().map(|change| (name.clone(), change.to_owned())));
                    }
                }
            }
            match self.suppress(&table, &columns, &mut out.methods) {
                None => out.tables.push(column::apply(table, &columns, &self.of)),
                Some(Ok((suppressed, cells))) => {
                    out.suppressed_cells = out.suppressed_cells.saturating_add(cells);
                    out.tables.push(column::apply(suppressed, &columns, &self.of));
                }
                Some(Err(WouldDisclose)) => out.withheld_tables.push(table.name),
            }
        }
        out
    }

    fn suppress(
        &self,
        table: &Table,
        columns: &[Option<&Column>],
        used: &mut BTreeSet<String>,
    ) -> Option<Suppressed> {
        let profiles = self.profiles.as_deref().unwrap_or(&[]);
        if !profiles.iter().any(Profile::suppresses) {
            return None;
        }
        let shown = columns.iter().map(|column| column.is_some_and(Column::tells)).collect();
        let mut work =
            Work { table, shown, columns: &self.columns, of: &self.of, methods: Methods { profiles, used } };
        Some(match &self.of.shape {
            Shape::Wide { areas } => wide::suppress(&mut work, areas),
            Shape::Long { key, value, unit, area, period } => {
                long::suppress(&mut work, &long::Columns { key, value, unit, area, period })
            }
        })
    }
}

/// A table to be suppressed.
struct Work<'a> {
    table: &'a Table,
    /// The columns that tell a reader something.
    shown: Vec<bool>,
    columns: &'a HashMap<String, Column>,
    of: &'a Reading,
    methods: Methods<'a>,
}

/// The suppression methods of the profiles, by area.
struct Methods<'a> {
    profiles: &'a [Profile],
    /// Those that some row fell under.
    used: &'a mut BTreeSet<String>,
}

impl Methods<'_> {
    /// The strictest for a row that speaks of these areas, by code or name; of none, for the return's areas.
    fn of(&mut self, areas: &[&str], all: &[AreaCode]) -> Option<Suppression> {
        let areas = if areas.is_empty() { &[""][..] } else { areas };
        let found = self.profiles.iter().flat_map(|p| areas.iter().map(move |area| p.suppression(area, all)));
        let method = found.flatten().reduce(Suppression::stricter)?;
        self.used.extend(method.methods.iter().cloned());
        Some(method)
    }
}

/// Whether the cells fill whole rows and no two columns have one name, which could not be told apart.
fn is_sound(table: &Table) -> bool {
    let names: BTreeSet<&str> = table.columns.iter().map(String::as_str).collect();
    names.len() == table.columns.len() && table.is_rectangular()
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

    fn is_suppressed(self, method: &Suppression) -> bool {
        match self {
            Count::Number(number) => method.covers(number),
            Count::NoNumber => false,
            Count::Unclear => true,
        }
    }
}

/// A cell of a figure with what becomes of it, and whether that hides something that was not hidden before.
fn outcome_cell<'a>(
    cell: &'a str,
    outcome: secondary::Outcome,
    method: &'a Suppression,
) -> (Cow<'a, str>, bool) {
    match outcome {
        secondary::Outcome::AsItIs => (Cow::Borrowed(cell), false),
        secondary::Outcome::Suppressed { .. } => {
            (Cow::Borrowed(method.symbol.as_str()), cell != method.symbol)
        }
        // what cannot be read cannot be rounded either
        secondary::Outcome::Rounded(u64::MAX) => (Cow::Borrowed(method.symbol.as_str()), true),
        secondary::Outcome::Rounded(number) => (Cow::Owned(number.to_string()), false),
    }
}

#[cfg(test)]
mod tests;
