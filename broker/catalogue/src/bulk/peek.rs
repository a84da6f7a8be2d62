//! What a return says of its own period, before it is judged.

use concordat_core::period::Period;

use super::frame::Sink;
use super::{File, days, take};
use crate::checks::findings::Findings;
use crate::definition::ReturnType;

/// The financial year in which the date lies that a return's own header gives, where its type says which date
/// that is; nothing else of the files is judged.
#[must_use]
pub fn period_in(of: &ReturnType, files: &[File<'_>]) -> Option<Period> {
    let table =
        of.tables.iter().position(|def| def.place.as_ref().is_some_and(|p| p.says_period.is_some()))?;
    let def = of.tables.get(table)?;
    let column = def.place.as_ref()?.says_period?.checked_sub(def.fields.start)?;
    let mut peek = Peek { table, column, cell: None };
    let plan = of.bulk.clone()?;
    take(of, &plan, files, &mut peek, &mut Findings::default());
    let date = days::date_of(days::iso(&peek.cell?)?)?;
    let year = if date.month() >= 4 { date.year() } else { date.year() - 1 };
    format!("{year}-{:02}", (year + 1).rem_euclid(100)).parse().ok()
}

/// Takes one cell of the first row of a table.
struct Peek {
    table: usize,
    column: usize,
    cell: Option<String>,
}

impl Sink for Peek {
    fn begin(&mut self, _: usize) {}

    fn row<'c>(&mut self, table: usize, mut cells: impl Iterator<Item = &'c str>) {
        if table == self.table && self.cell.is_none() {
            self.cell = cells.nth(self.column).map(str::to_owned);
        }
    }

    fn rows(&self, _: usize) -> usize {
        0
    }

    fn enough(&self) -> bool {
        self.cell.is_some()
    }
}
