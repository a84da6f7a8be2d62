//! Tables of text cells, both ways. No cell is ever repeated in an error.

use concordat_core::refusal::Refusal;
use concordat_core::table::Table;
use concordat_proto::v1 as wire;

use super::{CELLS, COLUMNS, TABLES, malformed};

/// The longest name of a table or column, in bytes.
const NAME: usize = 128;

/// Reads the tables of a return: named, each once, whole rows.
///
/// # Errors
/// [`Refusal::Malformed`] when there are too many, a name is missing, too long or used twice, or cells do not
/// fill whole rows.
pub fn received(tables: Vec<Table>) -> Result<Vec<Table>, Refusal> {
    if tables.len() > TABLES {
        return Err(malformed("tables", format!("send at most {TABLES} tables")));
    }
    let mut read: Vec<Table> = Vec::with_capacity(tables.len());
    let mut cells = 0_usize;
    for table in tables {
        cells = cells.saturating_add(table.cells.len());
        if cells > CELLS {
            return Err(malformed("tables.cells", format!("send at most {CELLS} cells in one return")));
        }
        let table = one(table)?;
        if read.iter().any(|other| other.name == table.name) {
            return Err(malformed(
                "tables.name",
                format!("table `{}` comes twice; send it once", table.name),
            ));
        }
        read.push(table);
    }
    Ok(read)
}

fn one(table: Table) -> Result<Table, Refusal> {
    if !is_name(&table.name) {
        return Err(malformed("tables.name", format!("name every table, in up to {NAME} bytes")));
    }
    if table.columns.is_empty() || table.columns.len() > COLUMNS {
        let text = format!("table `{}` needs 1 to {COLUMNS} columns", table.name);
        return Err(malformed("tables.columns", text));
    }
    if !table.columns.iter().all(|column| is_name(column)) {
        let text = format!("name every column of table `{}`, in up to {NAME} bytes", table.name);
        return Err(malformed("tables.columns", text));
    }
    if table.is_rectangular() {
        Ok(table)
    } else {
        let text = format!("the cells of table `{}` do not fill whole rows", table.name);
        Err(malformed("tables.cells", text))
    }
}

fn is_name(text: &str) -> bool {
    (1..=NAME).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A table on the wire.
#[must_use]
pub fn sent(table: Table) -> wire::Table {
    let cells = table.cells.iter().map(str::to_owned).collect();
    wire::Table { name: table.name, columns: table.columns, cells }
}
