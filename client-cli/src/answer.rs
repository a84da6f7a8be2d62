//! What a command found out, before it is a table, JSON or CSV.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// The answer of a command: single facts, and at most one list of rows.
#[derive(Debug, Clone)]
pub struct Answer {
    command: &'static str,
    facts: Vec<(&'static str, Value)>,
    list: Option<(&'static str, Sheet)>,
    human: Option<String>,
}

/// Rows under named columns. A cell is text, a number, yes or no, a list of texts, or nothing.
#[derive(Debug, Clone)]
pub struct Sheet {
    columns: Vec<&'static str>,
    /// How many of them a table for people shows.
    shown: usize,
    rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// A sheet without rows.
    #[must_use]
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), shown: columns.len(), rows: Vec::new() }
    }

    /// Adds columns that programs read and a table for people leaves out.
    #[must_use]
    pub fn aside(mut self, columns: &[&'static str]) -> Self {
        self.columns.extend(columns);
        self
    }

    /// How many of the columns a table for people shows.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.shown
    }

    /// Adds a row of as many cells as there are columns.
    pub fn row<const N: usize>(&mut self, cells: [Value; N]) {
        debug_assert_eq!(N, self.columns.len(), "a row must fill the columns");
        self.rows.push(cells.into());
    }

    /// The columns' names.
    #[must_use]
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }
}

impl Answer {
    /// The answer of a command, which names its JSON schema `concordat.<command>/1`.
    #[must_use]
    pub fn new(command: &'static str) -> Self {
        Self { command, facts: Vec::new(), list: None, human: None }
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// Sets the list.
    #[must_use]
    pub fn list(mut self, name: &'static str, sheet: Sheet) -> Self {
        self.list = Some((name, sheet));
        self
    }

    /// Sets how a person reads it, where facts and a table would not do.
    #[must_use]
    pub fn human(mut self, text: String) -> Self {
        self.human = Some(text);
        self
    }

    /// The facts, in order.
    #[must_use]
    pub fn facts(&self) -> &[(&'static str, Value)] {
        &self.facts
    }

    /// The list's rows.
    #[must_use]
    pub fn sheet(&self) -> Option<&Sheet> {
        self.list.as_ref().map(|(_, sheet)| sheet)
    }

    /// How a person reads it, where that was set.
    #[must_use]
    pub fn as_human(&self) -> Option<&str> {
        self.human.as_deref()
    }

    /// The schema's name and version.
    #[must_use]
    pub fn schema(&self) -> String {
        format!("concordat.{}/1", self.command)
    }
}

/// The envelope: `{"schema": …, "data": {…}}`, in the order things were said.
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("schema", &self.schema())?;
        map.serialize_entry("data", &Data(self))?;
        map.end()
    }
}

struct Data<'a>(&'a Answer);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.0.facts {
            map.serialize_entry(name, value)?;
        }
        if let Some((name, sheet)) = &self.0.list {
            let rows: Vec<Record<'_, _, _>> =
                sheet.rows.iter().map(|row| Record { names: &sheet.columns, row }).collect();
            map.serialize_entry(name, &rows)?;
        }
        map.end()
    }
}

/// One row as an object, its columns in order.
pub(crate) struct Record<'a, N, V> {
    pub(crate) names: &'a [N],
    pub(crate) row: &'a [V],
}

impl<N: AsRef<str>, V: Serialize> Serialize for Record<'_, N, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (name, value) in self.names.iter().zip(self.row) {
            map.serialize_entry(name.as_ref(), value)?;
        }
        map.end()
    }
}

/// A text, or nothing for an empty one.
pub(crate) fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

/// A number, or nothing for zero.
pub(crate) fn number(number: u32) -> Value {
    if number == 0 { Value::Null } else { Value::from(number) }
}

/// A list of texts.
pub(crate) fn texts<T: ToString>(items: &[T]) -> Value {
    Value::from(items.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A cell as one line of plain text: lists spaced, nothing as the empty text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(map) => {
            map.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
    }
}
