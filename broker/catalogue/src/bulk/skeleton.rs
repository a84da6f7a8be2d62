//! An XML message with every element of its type once and nothing in them, each with a comment on what it holds.

use std::fmt::Write as _;

use super::schema::{Role, Schema};
use crate::definition::{Field, ReturnType};

/// How many codes a comment spells out.
const SPELT_OUT: usize = 30;

/// The message; none for a type that is not sent as XML. An element that can hold one word alone holds it.
#[must_use]
pub fn skeleton(of: &ReturnType) -> Option<String> {
    let schema = of.bulk.as_ref()?.schema.as_ref()?;
    let mut out = Out { of, schema, text: String::new(), written: Vec::new() };
    out.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out.text, "<!-- {} ({}), version {} -->", plain(&of.title), of.id, of.version);
    out.element(0, 0);
    Some(out.text)
}

struct Out<'t> {
    of: &'t ReturnType,
    schema: &'t Schema,
    text: String,
    /// The cells that stand there: another element of the same cell is another name for it.
    written: Vec<(usize, usize)>,
}

impl Out<'_> {
    // writing to a string cannot fail
    fn element(&mut self, at: usize, depth: usize) {
        let Some(element) = self.schema.get(at) else { return };
        let (name, indent) = (element.name.as_str(), "  ".repeat(depth));
        match element.role {
            Role::Cell { table, column, .. } | Role::Line { table, column } => {
                let many = matches!(element.role, Role::Cell { many: true, .. });
                if self.written.contains(&(table, column)) {
                    return;
                }
                self.written.push((table, column));
                let field = self.of.tables.get(table).and_then(|def| self.of.columns(def).get(column));
                let Some(field) = field else { return };
                let holds = field.codes.as_ref().map(|codes| codes.codes());
                let only = holds.and_then(|codes| if let [only] = codes { Some(&only.code) } else { None });
                let only = only.filter(|code| !code.contains(['<', '&'])).map_or("", String::as_str);
                let _ = writeln!(self.text, "{indent}<{name}>{only}</{name}> <!-- {} -->", said(field, many));
            }
            Role::Holds | Role::Row(_) => {
                let what = match element.role {
                    Role::Row(table) => self.of.tables.get(table).map_or("", |def| def.title.as_str()),
                    _ => "",
                };
                let comment =
                    if what.is_empty() { String::new() } else { format!(" <!-- {} -->", plain(what)) };
                let _ = writeln!(self.text, "{indent}<{name}>{comment}");
                element.within.iter().for_each(|at| self.element(*at, depth + 1));
                let _ = writeln!(self.text, "{indent}</{name}>");
            }
        }
    }
}

fn said(field: &Field, many: bool) -> String {
    let mut said = plain(&field.title);
    if field.required {
        said.push_str("; required");
    }
    let holds = if many { "an element for each, each one of its words" } else { field.kind.says() };
    let _ = write!(said, "; {}", plain(holds));
    if let Some(list) = &field.codes {
        let codes: Vec<&str> = list.codes().iter().map(|code| code.code.as_str()).collect();
        if codes.len() <= SPELT_OUT {
            let _ = write!(said, ": {}", plain(&codes.join(", ")));
        }
    }
    if let Some(note) = &field.note {
        let _ = write!(said, "; {}", plain(note));
    }
    said
}

/// Text that may stand in a comment.
fn plain(text: &str) -> String {
    let text = text.replace("--", "- -");
    text.strip_suffix('-').map_or(text.clone(), |text| format!("{text}- "))
}
