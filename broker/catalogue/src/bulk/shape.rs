//! The tables of a return as they are sent: made from files, and read back when they arrive.

use concordat_core::table::{Cells, Table};

use super::frame::Sink;
use crate::checks::findings::{Findings, Place, ids};
use crate::checks::shape::MOST_BYTES;
use crate::definition::ReturnType;

/// Takes rows as tables of text.
pub(super) struct Tables<'t> {
    of: &'t ReturnType,
    tables: Vec<Option<Table>>,
}

impl<'t> Tables<'t> {
    pub(super) fn new(of: &'t ReturnType) -> Self {
        Self { of, tables: of.tables.iter().map(|_| None).collect() }
    }

    /// The tables there are, in the order of the type.
    pub(super) fn finish(self) -> Vec<Table> {
        self.tables.into_iter().flatten().collect()
    }
}

impl Sink for Tables<'_> {
    fn begin(&mut self, table: usize) {
        let Some(def) = self.of.tables.get(table) else { return };
        let columns = || self.of.columns(def).iter().map(|field| field.name.clone()).collect();
        if let Some(slot) = self.tables.get_mut(table) {
            slot.get_or_insert_with(|| Table {
                name: def.name.clone(),
                columns: columns(),
                cells: Cells::default(),
            });
        }
    }

    fn row<'c>(&mut self, table: usize, cells: impl Iterator<Item = &'c str>) {
        if let Some(Some(table)) = self.tables.get_mut(table) {
            table.cells.extend(cells);
        }
    }

    fn rows(&self, table: usize) -> usize {
        self.tables.get(table).and_then(Option::as_ref).map_or(0, Table::height)
    }
}

/// Reads tables that were sent. `false` when their shape is wrong, which is told, and no rule may speak.
pub(super) fn take(of: &ReturnType, tables: &[Table], sink: &mut impl Sink, findings: &mut Findings) -> bool {
    let bytes = tables.iter().map(|table| table.cells.bytes()).sum::<usize>();
    if bytes > MOST_BYTES {
        let text = format!("the cells hold more than {} MiB", MOST_BYTES >> 20);
        findings.error(&ids().shape, Place::HEADER, text);
        return false;
    }
    let mut right = true;
    let mut next = 0usize;
    for table in tables {
        let found = of.tables.iter().skip(next).position(|def| def.name == table.name).map(|at| at + next);
        let Some(at) = found else {
            let names: Vec<&str> = of.tables.iter().map(|def| def.name.as_str()).collect();
            let text = format!(
                "a return of {} has these tables, each once and in this order: {}",
                of.id,
                names.join(", ")
            );
            findings.error(&ids().tables, Place::HEADER, text);
            return false;
        };
        next = at + 1;
        right &= one(of, at, table, sink, findings).is_some();
    }
    for def in &of.tables {
        let needed = def.place.as_ref().is_some_and(|place| place.required);
        if needed && !tables.iter().any(|table| table.name == def.name) {
            findings.error(&ids().tables, Place::table(&def.name), "this table is missing");
            right = false;
        }
    }
    right
}

fn one(
    of: &ReturnType,
    at: usize,
    table: &Table,
    sink: &mut impl Sink,
    findings: &mut Findings,
) -> Option<()> {
    let def = of.tables.get(at)?;
    let spot = Place::table(&def.name);
    if !table.is_rectangular() {
        findings.error(&ids().shape, spot, "the cells do not fill whole rows: every row needs every column");
        return None;
    }
    if table.height() > def.max_rows {
        findings.error(&ids().rows, spot, format!("there are more than {} rows: send fewer", def.max_rows));
        return None;
    }
    // every column, in the order of the type: so one return has one form
    let fields = of.columns(def);
    if !table.columns.iter().eq(fields.iter().map(|field| &field.name)) {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        findings.error(&ids().columns, spot, format!("the columns must be {}", names.join(", ")));
        return None;
    }
    sink.begin(at);
    for row in table.rows() {
        sink.row(at, row.iter());
    }
    Some(())
}
