//! The cells of a table: many short texts behind one another in one piece of memory.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The cells of a table, row after row. A return has hundreds to millions, most of a few bytes: kept one by one they
/// would cost more memory and time than everything that is done with them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cells {
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl Cells {
    /// No cells, and room for so many, with so many bytes in all.
    #[must_use]
    pub fn with_capacity(cells: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(cells) }
    }

    /// Adds a cell at the end.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes all cells have together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// A cell by its position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = match at.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)?,
        };
        self.text.get(start..end)
    }

    /// All cells in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.between(0, self.ends.len())
    }

    /// Puts another text in a cell's place, if there is such a cell. Costs as much as all cells after it.
    pub fn set(&mut self, at: usize, cell: &str) {
        let Some(old) = self.get(at).map(str::len) else { return };
        let end = self.ends.get(at).copied().unwrap_or(0);
        self.text.replace_range(end - old..end, cell);
        for end in self.ends.iter_mut().skip(at) {
            *end = *end - old + cell.len();
        }
    }

    /// Keeps the first cells and drops those after them.
    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn between(&self, from: usize, to: usize) -> impl Iterator<Item = &str> + Clone {
        let before = from.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let ends = self.ends.get(from..to.min(self.ends.len())).unwrap_or(&[]);
        ends.iter().scan(before, |start, end| {
            let cell = self.text.get(*start..*end).unwrap_or_default();
            *start = *end;
            Some(cell)
        })
    }
}

impl<S: AsRef<str>> Extend<S> for Cells {
    fn extend<I: IntoIterator<Item = S>>(&mut self, cells: I) {
        cells.into_iter().for_each(|cell| self.push(cell.as_ref()));
    }
}

impl<S: AsRef<str>> FromIterator<S> for Cells {
    fn from_iter<I: IntoIterator<Item = S>>(cells: I) -> Self {
        let cells = cells.into_iter();
        let mut all = Self::with_capacity(cells.size_hint().0, 0);
        all.extend(cells);
        all
    }
}

// cells may hold a child's data: only how many there are is shown
impl fmt::Debug for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cells({})", self.len())
    }
}

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Cells;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("cells of text")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cells, A::Error> {
                let mut cells = Cells::default();
                while let Some(cell) = seq.next_element::<std::borrow::Cow<'de, str>>()? {
                    cells.push(&cell);
                }
                Ok(cells)
            }
        }
        deserializer.deserialize_seq(Reading)
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct Row<'t> {
    cells: &'t Cells,
    from: usize,
    width: usize,
}

impl<'t> Row<'t> {
    pub(crate) fn new(cells: &'t Cells, from: usize, width: usize) -> Self {
        Self { cells, from, width: width.min(cells.len().saturating_sub(from)) }
    }

    /// How many cells it has.
    #[must_use]
    pub fn len(self) -> usize {
        self.width
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.width == 0
    }

    /// A cell by its column.
    #[must_use]
    pub fn get(self, column: usize) -> Option<&'t str> {
        if column < self.width { self.cells.get(self.from + column) } else { None }
    }

    /// Its cells in order.
    pub fn iter(self) -> impl Iterator<Item = &'t str> + Clone {
        self.cells.between(self.from, self.from + self.width)
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({})", self.width)
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_put_in() {
        let texts = ["", "é", "12", "", "end"];
        let mut cells: Cells = texts.iter().collect();
        assert_eq!(cells.iter().collect::<Vec<_>>(), texts);
        assert_eq!(
            (cells.get(0), cells.get(1), cells.get(4), cells.get(5)),
            (Some(""), Some("é"), Some("end"), None)
        );
        assert_eq!((cells.len(), cells.bytes()), (5, 7));
        cells.set(2, "thirteen");
        cells.set(0, "nought");
        cells.set(9, "beyond");
        assert_eq!(cells.iter().collect::<Vec<_>>(), ["nought", "é", "thirteen", "", "end"]);
        cells.set(0, "");
        cells.truncate(2);
        cells.push("x");
        assert_eq!(cells.iter().collect::<Vec<_>>(), ["", "é", "x"]);
        cells.truncate(0);
        assert!(cells.is_empty() && cells.bytes() == 0);
    }

    #[test]
    fn a_row_ends_where_its_cells_do() {
        let cells: Cells = ["a", "b", "c"].iter().collect();
        let row = Row::new(&cells, 2, 2);
        assert_eq!((row.len(), row.get(0), row.get(1)), (1, Some("c"), None));
        assert_eq!(row.iter().collect::<Vec<_>>(), ["c"]);
        assert!(Row::new(&cells, 3, 2).is_empty());
    }

    #[test]
    fn cells_are_a_list_of_texts_to_serde_and_silent_to_debug() {
        let cells: Cells = ["a", "b\"c"].iter().collect();
        let text = serde_json::to_string(&cells).unwrap();
        assert_eq!(text, r#"["a","b\"c"]"#);
        assert_eq!(serde_json::from_str::<Cells>(&text).unwrap(), cells);
        assert_eq!(format!("{cells:?} {:?}", Row::new(&cells, 0, 2)), "Cells(2) Row(2)");
    }
}
