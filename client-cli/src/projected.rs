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
use crate::private;
use crate::session::Session;

/// Writes a fetched return: as JSON where that was asked for, else as CSV. A file is for the user alone and is
/// never written over.
///
/// # Errors
/// A [`Failure`] when it cannot be written, or its tables are malformed.
pub fn write(reply: v1::FetchReply, out: Option<&Path>, session: &mut Session<'_>) -> Result<(), Failure> {
    let identity = reply.identity.unwrap_or_default();
    let tables: Vec<Table> = reply.tables.into_iter().map(convert::table).collect::<Result<_, _>>()?;
    let text = match session.printer.format() {
        Format::Json => {
            let answer = Answer::new("inbox-fetch")
                .fact("return_type", identity.return_type.as_str())
                .fact("covers", convert::covers_text(&identity))
                .fact("agency", identity.agency.as_str())
                .fact("areas", Value::from(identity.areas))
                .fact("version", reply.version)
                .fact("nil", reply.nil)
                .fact("recorded_at", reply.recorded_at)
                .fact("index", reply.index)
                .fact("superseded_by", answer::text(&convert::entry_text(&reply.superseded_by)))
                .fact("superseded_by_version", answer::number(reply.superseded_by_version))
                .fact("superseded_reason", answer::text(&reply.superseded_reason))
                .fact("profiles", Value::from(reply.profiles))
                .fact("withheld_fields", Value::from(reply.withheld_fields))
                .fact("withheld_tables", Value::from(reply.withheld_tables))
                .fact("suppressed_cells", reply.suppressed_cells)
                .list("tables", as_sheet(&tables));
            serde_json::to_string_pretty(&answer).map(|text| text + "\n").map_err(unwritten)?
        }
        Format::Jsonl => lines(&tables)?,
        Format::Table | Format::Csv | Format::Xlsx => comma_separated(&tables)?,
    };
    match out {
        None => session.printer.data(text.as_bytes()),
        Some(path) if private::create(path, text.as_bytes())? => {
            session.printer.say(&format!("written to `{}`", path.display()));
            Ok(())
        }
        Some(path) => {
            Err(Failure::usage(format!("`{}` exists already", path.display())).hint("name another file"))
        }
    }
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
fn lines(tables: &[Table]) -> Result<String, Failure> {
    let mut out = String::new();
    for table in tables {
        for row in table.rows() {
            let row: Vec<&str> = row.iter().collect();
            let cells = Record { names: &table.columns, row: &row };
            let line = if tables.len() > 1 {
                serde_json::to_string(&Line { table: &table.name, row: cells })
            } else {
                serde_json::to_string(&cells)
            };
            out.push_str(&line.map_err(unwritten)?);
            out.push('\n');
        }
    }
    Ok(out)
}

/// Tables follow one another, an empty line and the next one's name between them.
fn comma_separated(tables: &[Table]) -> Result<String, Failure> {
    let mut out = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        if at > 0 {
            out.push(b'\n');
        }
        if tables.len() > 1 {
            out.extend_from_slice(format!("# {}\n", table.name).as_bytes());
        }
        let mut writer = csv::Writer::from_writer(&mut out);
        writer
            .write_record(table.columns.iter().map(|name| harmless(name).into_owned()))
            .map_err(unwritten)?;
        for row in table.rows() {
            writer.write_record(row.iter().map(|cell| harmless(cell).into_owned())).map_err(unwritten)?;
        }
        writer.flush().map_err(unwritten)?;
    }
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
        let text = comma_separated(&[table("main", &["-5", "=HYPERLINK(\"x\")"])]).unwrap();
        assert_eq!(text, "area,note\n-5,\"'=HYPERLINK(\"\"x\"\")\"\n");
    }

    #[test]
    fn several_tables_are_told_apart() {
        let text = comma_separated(&[table("a", &["1", "2"]), table("b", &["3", "4"])]).unwrap();
        assert_eq!(text, "# a\narea,note\n1,2\n\n# b\narea,note\n3,4\n");
        let text = lines(&[table("a", &["1", "2"]), table("b", &[])]).unwrap();
        assert_eq!(text, "{\"table\":\"a\",\"row\":{\"area\":\"1\",\"note\":\"2\"}}\n");
    }
}
