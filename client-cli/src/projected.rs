//! A return as a recipient gets it: tables to a file or the standard output, harmless to a spreadsheet.

use std::path::Path;

use concordat_core::table::Table;
use concordat_proto::v1;
use serde_json::{Value, json};

use crate::answer::{self, Answer, Record, Sheet};
use crate::convert;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Format;
use crate::printer::formula::harmless;
use crate::private::Growing;
use crate::session::Session;

/// Writes a return as it comes: as JSON where that was asked for, else as CSV. A file is for the user alone, is never
/// written over, and is there only once it is whole.
pub struct Writer {
    head: v1::FetchHead,
    format: Format,
    file: Option<Growing>,
    /// The table that is being written.
    now: Option<String>,
    /// All tables, where they are written at the end.
    held: Vec<Table>,
}

impl Writer {
    /// Begins with the head of a return.
    ///
    /// # Errors
    /// A [`Failure`] when there is such a file, or it cannot be made.
    pub fn new(head: v1::FetchHead, format: Format, out: Option<&Path>) -> Result<Self, Failure> {
        if let Some(out) = out.filter(|out| out.exists()) {
            return Err(exists(out));
        }
        let file = out.map(Growing::begin).transpose()?;
        Ok(Self { head, format, file, now: None, held: Vec::new() })
    }

    /// Some rows of a table.
    ///
    /// # Errors
    /// A [`Failure`] when they cannot be written.
    pub fn rows(&mut self, part: Table, session: &mut Session<'_>) -> Result<(), Failure> {
        let several = self.head.tables > 1;
        let begins = self.now.as_deref() != Some(part.name.as_str());
        let first = self.now.is_none();
        if begins {
            self.now = Some(part.name.clone());
        }
        let text = match self.format {
            Format::Json => {
                match self.held.last_mut().filter(|_| !begins) {
                    Some(table) => table.cells.extend(part.cells.iter()),
                    None => self.held.push(part),
                }
                return Ok(());
            }
            Format::Jsonl => lines(&part, several)?,
            Format::Table | Format::Csv | Format::Xlsx => {
                let title = if several && begins { Some(part.name.as_str()) } else { None };
                comma_separated(&part, title, begins && !first, begins)?
            }
        };
        self.put(text.as_bytes(), session)
    }

    /// Its end.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    pub fn finish(mut self, end: v1::FetchEnd, session: &mut Session<'_>) -> Result<(), Failure> {
        if self.format == Format::Json {
            let answer = self.answer(end);
            let text = serde_json::to_string_pretty(&answer).map_err(unwritten)? + "\n";
            self.put(text.as_bytes(), session)?;
        }
        let Some(file) = self.file else { return Ok(()) };
        let path = file.path().to_owned();
        if !file.finish()? {
            return Err(exists(&path));
        }
        session.printer.say(&format!("written to `{}`", path.display()));
        Ok(())
    }

    fn put(&mut self, bytes: &[u8], session: &mut Session<'_>) -> Result<(), Failure> {
        match &mut self.file {
            Some(file) => file.add(bytes),
            None => session.printer.data(bytes),
        }
    }

    fn answer(&mut self, end: v1::FetchEnd) -> Answer {
        let head = std::mem::take(&mut self.head);
        let identity = head.identity.unwrap_or_default();
        Answer::new("inbox-fetch")
            .fact("return_type", identity.return_type.as_str())
            .fact("covers", convert::covers_text(&identity))
            .fact("agency", identity.agency.as_str())
            .fact("areas", Value::from(identity.areas))
            .fact("version", head.version)
            .fact("nil", head.nil)
            .fact("recorded_at", head.recorded_at)
            .fact("index", head.index)
            .fact("superseded_by", answer::text(&convert::entry_text(&head.superseded_by)))
            .fact("superseded_by_version", answer::number(head.superseded_by_version))
            .fact("superseded_reason", answer::text(&head.superseded_reason))
            .fact("profiles", Value::from(head.profiles))
            .fact("withheld_fields", Value::from(end.withheld_fields))
            .fact("changed_fields", changed(&end.changed_fields))
            .fact("withheld_tables", Value::from(end.withheld_tables))
            .fact("suppressed_cells", end.suppressed_cells)
            .fact("suppression_methods", Value::from(end.suppression_methods))
            .list("tables", as_sheet(&self.held))
    }
}

/// The fields shown in a weaker form, each with what was done.
fn changed(fields: &[v1::ChangedField]) -> Value {
    fields.iter().map(|changed| json!({ "field": changed.field, "treatment": changed.treatment })).collect()
}

fn exists(path: &Path) -> Failure {
    Failure::usage(format!("`{}` exists already", path.display())).hint("name another file")
}

fn as_sheet(tables: &[Table]) -> Sheet {
    let mut sheet = Sheet::new(&["name", "columns", "rows"]);
    for table in tables {
        sheet.row([json!(table.name), json!(table.columns), json!(table.rows().collect::<Vec<_>>())]);
    }
    sheet
}

#[derive(serde::Serialize)]
struct Line<'a> {
    table: &'a str,
    row: Record<'a, String, &'a str>,
}

/// One object per row, its table's name first where there are several.
fn lines(table: &Table, several: bool) -> Result<String, Failure> {
    let mut out = String::new();
    for row in table.rows() {
        let row: Vec<&str> = row.iter().collect();
        let cells = Record { names: &table.columns, row: &row };
        let line = if several {
            serde_json::to_string(&Line { table: &table.name, row: cells })
        } else {
            serde_json::to_string(&cells)
        };
        out.push_str(&line.map_err(unwritten)?);
        out.push('\n');
    }
    Ok(out)
}

/// Rows of a table, after an empty line and its title where there are several, and its headings where it begins.
fn comma_separated(table: &Table, title: Option<&str>, gap: bool, begins: bool) -> Result<String, Failure> {
    let mut out = Vec::new();
    if gap {
        out.push(b'\n');
    }
    if let Some(title) = title {
        out.extend_from_slice(format!("# {title}\n").as_bytes());
    }
    let mut writer = csv::Writer::from_writer(&mut out);
    if begins {
        let headings = table.columns.iter().map(|name| harmless(name).into_owned());
        writer.write_record(headings).map_err(unwritten)?;
    }
    for row in table.rows() {
        writer.write_record(row.iter().map(|cell| harmless(cell).into_owned())).map_err(unwritten)?;
    }
    writer.flush().map_err(unwritten)?;
    drop(writer);
    String::from_utf8(out).map_err(unwritten)
}

// the cause may quote a cell, so it is not told
fn unwritten(_: impl std::error::Error) -> Failure {
    Failure::new(Exit::Failure, "the return that was fetched cannot be written as text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, cells: &[&str]) -> Table {
        Table {
            name: name.into(),
            columns: vec!["area".into(), "note".into()],
            cells: cells.iter().collect(),
        }
    }

    #[test]
    fn a_formula_in_a_cell_is_made_harmless_and_a_number_is_not() {
        let table = table("main", &["-5", "=HYPERLINK(\"x\")"]);
        let text = comma_separated(&table, None, false, true).unwrap();
        assert_eq!(text, "area,note\n-5,\"'=HYPERLINK(\"\"x\"\")\"\n");
    }

    #[test]
    fn several_tables_are_told_apart_and_a_table_in_parts_has_one_heading() {
        let of = |table: &Table, title, gap, begins| comma_separated(table, title, gap, begins).unwrap();
        let (a, b) = (table("a", &["1", "2"]), table("b", &["3", "4"]));
        let text = of(&a, Some("a"), false, true)
            + of(&a, None, false, false).as_str()
            + of(&b, Some("b"), true, true).as_str();
        assert_eq!(text, "# a\narea,note\n1,2\n1,2\n\n# b\narea,note\n3,4\n");
        assert_eq!(lines(&a, true).unwrap(), "{\"table\":\"a\",\"row\":{\"area\":\"1\",\"note\":\"2\"}}\n");
        assert_eq!(lines(&table("b", &[]), true).unwrap(), "");
    }
}
