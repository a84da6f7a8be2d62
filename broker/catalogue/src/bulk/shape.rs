//! The tables of a return as they are sent: made from files, and read back when they arrive.

use std::io::Read;

use concordat_core::table::{Cells, Table};

use super::frame::Sink;
use crate::checks::findings::{Findings, Place, ids};
use crate::content::stream::{Heading, Pieces, ReadFault, Reader};
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
    let mut places = Places::new(of);
    for table in tables {
        let Some(at) = places.next(&table.name, findings) else { return false };
        if !table.is_rectangular() {
            let text = "the cells do not fill whole rows: every row needs every column";
            findings.error(&ids().shape, Place::table(&table.name), text);
            places.right = false;
        } else if places.fits(at, &table.columns, table.height(), findings) {
            sink.begin(at);
            table.rows().for_each(|row| sink.row(at, row.iter()));
        }
    }
    places.finish(findings)
}

/// Reads so many tables as they come. At the first whose shape is wrong it stops reading.
pub(super) fn take_stream<R: Read>(
    of: &ReturnType,
    (reader, tables): (&mut Reader<Pieces<R>>, usize),
    sink: &mut impl Sink,
    findings: &mut Findings,
) -> Result<bool, ReadFault> {
    let mut places = Places::new(of);
    for _ in 0..tables {
        let Heading { name, columns, rows } = reader.heading()?;
        let Some(at) = places.next(&name, findings) else { return Ok(false) };
        if !places.fits(at, &columns, rows, findings) {
            return Ok(false);
        }
        sink.begin(at);
        for _ in 0..rows {
            sink.row(at, reader.row(columns.len())?.iter());
        }
    }
    Ok(places.finish(findings))
}

/// Which tables there are, in order.
struct Places<'t> {
    of: &'t ReturnType,
    next: usize,
    there: Vec<usize>,
    right: bool,
}

impl<'t> Places<'t> {
    fn new(of: &'t ReturnType) -> Self {
        Self { of, next: 0, there: Vec::new(), right: true }
    }

    /// Which table the next one is.
    fn next(&mut self, name: &str, findings: &mut Findings) -> Option<usize> {
        let tables = &self.of.tables;
        let found = tables.iter().skip(self.next).position(|def| def.name == name).map(|at| at + self.next);
        if let Some(at) = found {
            self.next = at + 1;
            self.there.push(at);
        } else {
            let names: Vec<&str> = tables.iter().map(|def| def.name.as_str()).collect();
            let text = format!(
                "a return of {} has these tables, each once and in this order: {}",
                self.of.id,
                names.join(", ")
            );
            findings.error(&ids().tables, Place::HEADER, text);
        }
        found
    }

    /// Whether its columns and its height are right.
    fn fits(&mut self, at: usize, columns: &[String], rows: usize, findings: &mut Findings) -> bool {
        let Some(def) = self.of.tables.get(at) else { return false };
        let spot = Place::table(&def.name);
        // every column, in the order of the type: so one return has one form
        let fields = self.of.columns(def);
        if !columns.iter().eq(fields.iter().map(|field| &field.name)) {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            findings.error(&ids().columns, spot, format!("the columns must be {}", names.join(", ")));
        } else if rows > def.max_rows {
            let text = format!("there are more than {} rows: send fewer", def.max_rows);
            findings.error(&ids().rows, spot, text);
        } else {
            return true;
        }
        self.right = false;
        false
    }

    /// Whether everything was right, and every table that must be there is.
    fn finish(self, findings: &mut Findings) -> bool {
        let mut right = self.right;
        for (at, def) in self.of.tables.iter().enumerate() {
            let needed = def.place.as_ref().is_some_and(|place| place.required);
            if needed && !self.there.contains(&at) {
                findings.error(&ids().tables, Place::table(&def.name), "this table is missing");
                right = false;
            }
        }
        right
    }
}
