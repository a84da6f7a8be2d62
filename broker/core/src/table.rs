//! Tables of text cells: the content of a return, before and after projection.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::cells::{Cells, Row};

/// A table. Cells travel as text, row after row; the declared types are applied by the catalogue.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name, as the return type names it; `main` where there is one table only.
    pub name: String,
    /// The columns' names.
    pub columns: Vec<String>,
    /// The cells, row after row: a multiple of the number of columns.
    pub cells: Cells,
}

impl Table {
    /// How many rows; 0 when it has no columns.
    #[must_use]
    pub fn height(&self) -> usize {
        self.cells.len().checked_div(self.columns.len()).unwrap_or(0)
    }

    /// Whether the cells fill whole rows.
    #[must_use]
    pub fn is_rectangular(&self) -> bool {
        match self.columns.len() {
            0 => self.cells.is_empty(),
            width => self.cells.len().is_multiple_of(width),
        }
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> + Clone {
        let width = self.columns.len().max(1);
        (0..self.cells.len()).step_by(width).map(move |from| Row::new(&self.cells, from, width))
    }

    /// The position of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

// cells may hold a child's data: only the shape is shown
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Table {{ name: {:?}, columns: {}, rows: {} }}",
            self.name,
            self.columns.len(),
            self.height()
        )
    }
}

/// What the cells of a field look like, as far as treatments care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldSort {
    /// Any text; it may hold a date, a postcode or a number.
    Text,
    /// References with `;` between them.
    List,
    /// Dates.
    Date,
    /// Whole postcodes.
    Postcode,
    /// Numbers.
    Number,
    /// NHS numbers.
    NhsNumber,
    /// Unique pupil numbers.
    Upn,
    /// Words of a closed list, and whatever else no treatment shows a part of.
    Word,
}

/// A field of a return type, as far as profiles speak of it.
#[derive(Debug, Clone, Copy)]
pub struct NamedField<'a> {
    /// Its name.
    pub name: &'a str,
    /// What its cells look like.
    pub sort: FieldSort,
    /// The word for its kind in the type's definition.
    pub kind: &'static str,
}

/// What sort of thing a field tells: redaction works by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldClass {
    /// Names or numbers a person.
    Identifier,
    /// Tells where or how to reach a person.
    Contact,
    /// Age, sex, ethnicity and the like.
    Demographic,
    /// Special category data, UK GDPR Article 9.
    SpecialCategory,
    /// Criminal-offence data, UK GDPR Article 10.
    Criminal,
    /// What happened, when, by whom it was handled.
    Operational,
    /// A count or other figure over many.
    Aggregate,
    /// Free text.
    FreeText,
}

impl FieldClass {
    /// Every class.
    pub const ALL: [FieldClass; 8] = [
        FieldClass::Identifier,
        FieldClass::Contact,
        FieldClass::Demographic,
        FieldClass::SpecialCategory,
        FieldClass::Criminal,
        FieldClass::Operational,
        FieldClass::Aggregate,
        FieldClass::FreeText,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tables_debug_shows_its_shape_and_no_cell() {
        let table = Table {
            name: "main".into(),
            columns: vec!["a".into(), "b".into()],
            cells: ["secret", "2", "3", "4"].iter().collect(),
        };
        assert_eq!(format!("{table:?}"), "Table { name: \"main\", columns: 2, rows: 2 }");
        assert!(table.is_rectangular());
        assert!(!Table { cells: ["1"].iter().collect(), ..table }.is_rectangular());
        assert_eq!(Table::default().height(), 0);
    }
}
