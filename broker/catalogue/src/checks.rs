//! The passes of a check, in this order: the header, the shape of the tables, every cell once, the rules.

pub(crate) mod cells;
pub(crate) mod findings;
pub(crate) mod header;
pub(crate) mod long;
pub(crate) mod previous;
pub(crate) mod rows;
pub(crate) mod shape;
pub(crate) mod text;
pub(crate) mod unexpected;
pub(crate) mod words;

use crate::cell::Value;

/// The cells of a table, read: row after row, one per field of the return type, absent where the table
/// has no such column.
pub(crate) struct Grid<'a> {
    pub(crate) width: usize,
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Grid<'a> {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[Value<'a>]> {
        self.values.chunks(self.width.max(1))
    }

    pub(crate) fn row(&self, at: usize) -> &[Value<'a>] {
        let start = at.saturating_mul(self.width);
        self.values.get(start..start.saturating_add(self.width)).unwrap_or(&[])
    }
}

/// A number that tells values apart: equal values have equal numbers. Different texts may share one.
pub(crate) fn fingerprint(value: &Value<'_>) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut fnv = crate::codes::Fnv::default();
    match value {
        Value::Absent | Value::Suppressed | Value::Bad => 0u8.hash(&mut fnv),
        Value::Number(n) => n.hash(&mut fnv),
        Value::Text(text) | Value::Area(text) => text.hash(&mut fnv),
        Value::Code(code) => return u64::from(*code),
        Value::Set(bits) => bits.hash(&mut fnv),
        Value::Bool(b) => b.hash(&mut fnv),
        Value::Date(date) => date.hash(&mut fnv),
        Value::Time(time) => time.hash(&mut fnv),
        Value::Stretch(stretch) => return stretch.packed(),
    }
    fnv.finish()
}

/// The fingerprint of the fields that name a row.
pub(crate) fn row_fingerprint(row: &[Value<'_>], key: &[usize]) -> u64 {
    key.iter().filter_map(|at| row.get(*at)).fold(0, |hash: u64, value| {
        (hash.rotate_left(21) ^ fingerprint(value)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// Whether two rows agree in all the fields that name a row.
pub(crate) fn same_row(a: &[Value<'_>], b: &[Value<'_>], key: &[usize]) -> bool {
    key.iter().all(|at| a.get(*at) == b.get(*at))
}
