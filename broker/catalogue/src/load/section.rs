//! A TOML file read key by key, so that everything wrong is told at once, each with its line.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::complaint::Complaint;

/// A file under reading.
pub(crate) struct Sheet<'t> {
    file: &'t str,
    text: &'t str,
    table: Option<Spanned<DeTable<'t>>>,
    complaints: RefCell<Vec<Complaint>>,
}

impl<'t> Sheet<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        let mut sheet = Self { file, text, table: None, complaints: RefCell::default() };
        match DeTable::parse(text) {
            Ok(table) => sheet.table = Some(table),
            Err(error) => {
                // the parser may quote several lines: the first is enough
                let text = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
                sheet.push(error.span().map(|span| span.start), None, text);
            }
        }
        sheet
    }

    pub(crate) fn root(&self) -> Option<Section<'_, 't>> {
        let table = self.table.as_ref()?;
        Some(Section { sheet: self, table: table.get_ref(), start: 0 })
    }

    /// Whether nothing has been complained of so far.
    pub(crate) fn is_quiet(&self) -> bool {
        self.complaints.borrow().is_empty()
    }

    pub(crate) fn complaints(&mut self) -> Vec<Complaint> {
        std::mem::take(self.complaints.get_mut())
    }

    fn push(&self, at: Option<usize>, key: Option<&str>, text: String) {
        let line = at.and_then(|at| {
            let before = self.text.get(..at)?.bytes().filter(|b| *b == b'\n').count();
            u32::try_from(before + 1).ok()
        });
        self.complaints.borrow_mut().push(Complaint {
            file: self.file.to_owned(),
            line,
            key: key.map(str::to_owned),
            text,
        });
    }
}

/// A table of a file.
pub(crate) struct Section<'s, 't> {
    sheet: &'s Sheet<'t>,
    table: &'s DeTable<'t>,
    start: usize,
}

impl<'s, 't> Section<'s, 't> {
    /// Complains about a key, at its value when it is there and at the section when it is not.
    pub(crate) fn complain(&self, key: &str, text: String) {
        let at = self.table.get(key).map_or(self.start, |value| value.span().start);
        self.sheet.push(Some(at), Some(key), text);
    }

    fn complain_at(&self, span: &Range<usize>, key: &str, text: String) {
        self.sheet.push(Some(span.start), Some(key), text);
    }

    /// Complains about every key that is not among the known ones.
    pub(crate) fn only(&self, known: &[&str]) {
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let text = format!("there is no key `{name}` here; there are {}", known.join(", "));
                self.complain_at(&key.span(), name, text);
            }
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    fn value(&self, key: &str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    fn wrong<T>(&self, key: &str, wanted: &str) -> Option<T> {
        self.complain(key, format!("`{key}` must be {wanted}"));
        None
    }

    pub(crate) fn string_if(&self, key: &str) -> Option<String> {
        match self.value(key)?.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            // a bare TOML date reads as its text
            DeValue::Datetime(date) => Some(date.to_string()),
            _ => self.wrong(key, "a text that is not empty"),
        }
    }

    pub(crate) fn string(&self, key: &str) -> Option<String> {
        if self.has(key) { self.string_if(key) } else { self.missing(key) }
    }

    fn missing<T>(&self, key: &str) -> Option<T> {
        self.complain(key, format!("`{key}` is missing"));
        None
    }

    pub(crate) fn boolean(&self, key: &str, absent: Option<bool>) -> Option<bool> {
        match (self.value(key).map(Spanned::get_ref), absent) {
            (Some(DeValue::Boolean(b)), _) => Some(*b),
            (Some(_), _) => self.wrong(key, "true or false"),
            (None, Some(absent)) => Some(absent),
            (None, None) => self.missing(key),
        }
    }

    pub(crate) fn integer<T: FromStr>(&self, key: &str) -> Option<T> {
        match self.value(key)?.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => match n.as_str().parse() {
                Ok(n) => Some(n),
                Err(_) => self.wrong(key, "a whole number of sensible size"),
            },
            _ => self.wrong(key, "a whole number"),
        }
    }

    /// A text that is read further; what is wrong with it is told in its own words.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, key: &str) -> Option<T> {
        let text = self.string(key)?;
        text.parse().map_err(|error: T::Err| self.complain(key, error.to_string())).ok()
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.complain(key, format!("`{text}` is not known here; use one of {}", known.join(", ")));
        }
        found
    }

    /// A list of texts; empty when the key is absent.
    pub(crate) fn strings(&self, key: &str) -> Option<Vec<String>> {
        let Some(value) = self.value(key) else { return Some(Vec::new()) };
        let texts: Option<Vec<String>> = value
            .get_ref()
            .as_array()
            .and_then(|list| list.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect());
        if texts.is_none() { self.wrong(key, "a list of texts") } else { texts }
    }

    /// A list of rows, each a list of texts, with the place of each.
    pub(crate) fn rows(&self, key: &str) -> Option<Vec<Vec<String>>> {
        let Some(list) = self.value(key).and_then(|value| value.get_ref().as_array()) else {
            return self.wrong(key, "a list of rows such as [\"code\", \"what it means\"]");
        };
        let mut rows = Vec::with_capacity(list.len());
        for item in list.iter() {
            let row: Option<Vec<String>> = item
                .get_ref()
                .as_array()
                .and_then(|row| row.iter().map(|cell| cell.get_ref().as_str().map(str::to_owned)).collect());
            match row {
                Some(row) => rows.push(row),
                None => self.complain_at(&item.span(), key, "a row is a list of texts".to_owned()),
            }
        }
        Some(rows)
    }

    /// A table inside this one.
    pub(crate) fn section(&self, key: &str) -> Option<Section<'s, 't>> {
        let value = self.value(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Section { sheet: self.sheet, table, start: value.span().start }),
            None => self.wrong(key, "a table"),
        }
    }

    /// Tables of one name, `[[key]]` or a list of inline tables.
    pub(crate) fn sections(&self, key: &str) -> Vec<Section<'s, 't>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.complain(key, format!("`{key}` must be a list of tables"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_table() {
                Some(table) => out.push(Section { sheet: self.sheet, table, start: item.span().start }),
                None => self.complain_at(&item.span(), key, format!("each `{key}` must be a table")),
            }
        }
        out
    }
}
