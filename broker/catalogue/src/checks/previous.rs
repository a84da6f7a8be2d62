//! The return before this one, where the broker has given it.

use concordat_core::table::Table;

use super::{Grid, row_fingerprint, same_row};
use crate::cell::{self, Value};
use crate::check::Context;
use crate::definition::ReturnType;
use crate::rule::Unknown;

/// What there is to compare with.
pub(crate) enum Before<'a> {
    /// Nothing, and why.
    Nothing(Unknown),
    /// The rows of the earlier return, and where each stands by its fingerprint.
    Rows { grid: Grid<'a>, places: Vec<(u64, usize)>, key: Vec<usize> },
}

impl<'a> Before<'a> {
    pub(crate) fn of(of: &ReturnType, context: &Context<'a>) -> Self {
        if !of.needs_previous() {
            return Self::Nothing(Unknown::NoPrevious);
        }
        match (context.offline, context.previous) {
            (true, _) => Self::Nothing(Unknown::Offline),
            (false, Some([table, ..])) if table.is_rectangular() => Self::rows(of, table),
            (false, _) => Self::Nothing(Unknown::NoPrevious),
        }
    }

    // an earlier version may have had other columns: what is not there is absent
    fn rows(of: &ReturnType, table: &'a Table) -> Self {
        let places: Vec<Option<usize>> = of.fields.iter().map(|field| table.column(&field.name)).collect();
        let mut grid = Grid { width: of.fields.len(), values: Vec::new() };
        for cells in table.rows() {
            for (field, at) in of.fields.iter().zip(&places) {
                let text = at.and_then(|at| cells.get(at)).unwrap_or_default();
                grid.values.push(cell::read(field, text).unwrap_or(Value::Absent));
            }
        }
        // without its period, which always differs
        let key: Vec<usize> = of
            .tables
            .first()
            .map(|def| def.key.as_slice())
            .unwrap_or_default()
            .iter()
            .copied()
            .filter(|at| of.fields.get(*at).is_some_and(|field| !field.is_period))
            .collect();
        let mut places: Vec<(u64, usize)> =
            grid.rows().enumerate().map(|(row, values)| (row_fingerprint(values, &key), row)).collect();
        places.sort_unstable();
        Self::Rows { grid, places, key }
    }

    /// The row of the earlier return that has the same name as this one.
    pub(crate) fn row(&self, values: &[Value<'_>]) -> Result<&[Value<'a>], Unknown> {
        match self {
            Self::Nothing(why) => Err(*why),
            Self::Rows { grid, places, key } => {
                let wanted = row_fingerprint(values, key);
                let from = places.partition_point(|(hash, _)| *hash < wanted);
                places
                    .iter()
                    .skip(from)
                    .take_while(|(hash, _)| *hash == wanted)
                    .map(|(_, row)| grid.row(*row))
                    .find(|row| same_row(row, values, key))
                    .ok_or(Unknown::NoPrevious)
            }
        }
    }
}
