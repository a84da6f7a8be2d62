//! A return of one XML file, read as it streams: rows become rows, cells cells, and whatever the schema does
//! not know is told with its line. No document type, no entity of a file's own, no unbounded depth or text.

use std::collections::BTreeMap;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::frame::Sink;
use super::schema::{Role, Schema};
use super::{File, Told};
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::ReturnType;

/// How deep elements may stand in one another.
const DEEPEST: usize = 32;

/// The longest text of one element, in bytes.
const LONGEST: usize = 64 << 10;

/// How many different oddities are told; the rest is counted.
const ODDITIES: usize = 200;

/// Reads the file.
pub(super) fn take(
    of: &ReturnType,
    schema: &Schema,
    files: &[File<'_>],
    sink: &mut impl Sink,
    findings: &mut Findings,
) -> Told {
    let mut refuse = |text: String| {
        findings.error(&ids().file, Place::HEADER, text);
        Told::default()
    };
    let [file] = files else {
        return refuse(format!("a return of {} is one XML file, and this is {} files", of.id, files.len()));
    };
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file.bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return refuse("the file is not UTF-8 text: have the system write it as UTF-8".to_owned());
    };
    if !text.trim_start().starts_with('<') {
        return refuse(format!(
            "this is no XML file: a return of {} is the XML message that the system writes",
            of.id
        ));
    }
    for at in 0..of.tables.len() {
        sink.begin(at);
    }
    let mut walk = Walk::new(of, schema, text);
    let end = walk.run(sink);
    for ((kind, element, name), (line, times)) in &walk.oddities {
        findings.error(&ids().shape, Place::HEADER, walk.oddity(*kind, *element, name, *line, *times));
    }
    if walk.beyond > 0 {
        let text = format!("there are {} more elements that do not belong", walk.beyond);
        findings.error(&ids().shape, Place::HEADER, text);
    }
    if let Err(why) = end {
        findings.error(&ids().file, Place::HEADER, why);
        return Told { lines: walk.lines, ..Told::default() };
    }
    let mut told = Told { whole: true, lines: walk.lines, ..Told::default() };
    for (at, table) in of.tables.iter().enumerate() {
        let rows = sink.rows(at);
        let Some(place) = table.place.as_ref() else { continue };
        if place.required && rows == 0 {
            let text =
                format!("there is no `{}` in the message", place.path.last().map_or("", String::as_str));
            findings.error(&ids().tables, Place::table(&table.name), text);
            told.whole = false;
        }
        if place.single && rows > 1 {
            findings.error(&ids().rows, Place::table(&table.name), "there is more than one");
            told.whole = false;
        }
    }
    told
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Odd {
    Unknown,
    Twice,
    Text,
    Attribute,
}

/// A row under way.
#[derive(Default)]
struct Row {
    cells: Vec<String>,
    given: Vec<bool>,
}

struct Walk<'t, 'x> {
    of: &'t ReturnType,
    schema: &'t Schema,
    text: &'x str,
    /// The elements that are open.
    open: Vec<usize>,
    /// How many unknown elements are open.
    unknown: usize,
    /// Per table, its row under way.
    rows: Vec<Row>,
    /// The text of the cell under way.
    cell: String,
    in_cell: bool,
    begun: bool,
    /// How many bytes have been looked at for lines, and how many lines there were.
    counted: (usize, u32),
    lines: Vec<Vec<u32>>,
    oddities: BTreeMap<(Odd, usize, String), (u32, u64)>,
    beyond: u64,
}

impl<'t, 'x> Walk<'t, 'x> {
    fn new(of: &'t ReturnType, schema: &'t Schema, text: &'x str) -> Self {
        let row = |width: usize| Row { cells: vec![String::new(); width], given: vec![false; width] };
        Self {
            of,
            schema,
            text,
            open: Vec::new(),
            unknown: 0,
            rows: of.tables.iter().map(|table| row(table.fields.len())).collect(),
            cell: String::new(),
            in_cell: false,
            begun: false,
            counted: (0, 1),
            lines: vec![Vec::new(); of.tables.len()],
            oddities: BTreeMap::new(),
            beyond: 0,
        }
    }

    fn run(&mut self, sink: &mut impl Sink) -> Result<(), String> {
        let mut reader = Reader::from_str(self.text);
        loop {
            let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(_) => {
                    let line = self.line(usize::try_from(reader.error_position()).unwrap_or(position));
                    return Err(format!(
                        "line {line} is no XML: an element is not closed, or a sign is missing"
                    ));
                }
            };
            match event {
                Event::Start(tag) => self.start(&tag, position, sink)?,
                Event::Empty(tag) => {
                    self.start(&tag, position, sink)?;
                    self.end(position, sink)?;
                }
                Event::End(_) => self.end(position, sink)?,
                Event::Text(text) => self.characters(&text.xml10_content(), position)?,
                Event::CData(text) => self.characters(&text.xml10_content(), position)?,
                Event::GeneralRef(reference) => self.reference(&reference, position)?,
                Event::DocType(_) => {
                    let line = self.line(position);
                    return Err(format!(
                        "line {line} declares a document type: a message has none, take it out"
                    ));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
            if sink.enough() {
                return Ok(());
            }
        }
        if !self.open.is_empty() || self.unknown > 0 {
            return Err("the file ends before its last element is closed: it was cut short".to_owned());
        }
        if self.begun { Ok(()) } else { Err("there is no element in the file".to_owned()) }
    }

    fn line(&mut self, position: usize) -> u32 {
        let (from, lines) = self.counted;
        let to = position.min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(from..to) {
            let more = passed.iter().filter(|byte| **byte == b'\n').count();
            self.counted = (to, lines.saturating_add(u32::try_from(more).unwrap_or(u32::MAX)));
        }
        self.counted.1
    }

    // where a tag starts: what was read before it ends at the last byte of the element or text ahead of it
    fn odd(&mut self, kind: Odd, element: usize, name: &str, position: usize) {
        // a name is repeated only if it can be nothing else
        let plain = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphabetic());
        let key = (kind, element, if plain { name.to_owned() } else { String::new() });
        if let Some((_, times)) = self.oddities.get_mut(&key) {
            *times += 1;
        } else if self.oddities.len() < ODDITIES {
            let line = self.line(position);
            self.oddities.insert(key, (line, 1));
        } else {
            self.beyond += 1;
        }
    }

    fn oddity(&self, kind: Odd, element: usize, name: &str, line: u32, times: u64) -> String {
        let within = self.schema.get(element).map_or("", |element| element.name.as_str());
        let called = if name.is_empty() { "an element".to_owned() } else { format!("`{name}`") };
        let text = match kind {
            Odd::Unknown => {
                format!(
                    "{called} is not known in `{within}`, which holds {}",
                    self.schema.names_within(element)
                )
            }
            Odd::Twice => format!("{called} stands twice in one record"),
            Odd::Text => format!("text stands in `{within}`, where only elements belong"),
            Odd::Attribute => format!("`{within}` has an attribute, and none is known"),
        };
        let again = if times > 1 { format!(", and {} times more below", times - 1) } else { String::new() };
        format!("line {line}{again}: {text}")
    }

    fn start(&mut self, tag: &BytesStart<'_>, position: usize, sink: &mut impl Sink) -> Result<(), String> {
        if self.open.len() + self.unknown >= DEEPEST {
            let line = self.line(position);
            return Err(format!("line {line}: elements stand more than {DEEPEST} deep in one another"));
        }
        if self.unknown > 0 {
            self.unknown += 1;
            return Ok(());
        }
        let local = tag.local_name();
        let name = local.as_ref();
        let found = match self.open.last() {
            Some(at) => self.schema.within(*at, name.as_bytes()),
            None => self.root(name)?,
        };
        let Some(at) = found else {
            let within = self.open.last().copied().unwrap_or(0);
            self.odd(Odd::Unknown, within, name, position);
            self.unknown = 1;
            return Ok(());
        };
        if !tag.attributes_raw().trim().is_empty() {
            let known = |key: &str| key.starts_with("xmlns") || key.starts_with("xsi:");
            if !tag.attributes().all(|a| a.is_ok_and(|a| known(a.key.as_ref()))) {
                self.odd(Odd::Attribute, at, "", position);
            }
        }
        self.open.push(at);
        match self.schema.get(at).map(|element| element.role) {
            Some(Role::Row(table)) => self.begin_row(table, position, sink)?,
            Some(Role::Line { table, .. }) => {
                self.begin_row(table, position, sink)?;
                self.begin_cell();
            }
            Some(Role::Cell { .. }) => self.begin_cell(),
            Some(Role::Holds) | None => {}
        }
        Ok(())
    }

    fn begin_cell(&mut self) {
        self.cell.clear();
        self.in_cell = true;
    }

    fn root(&mut self, name: &str) -> Result<Option<usize>, String> {
        let wanted = self.schema.get(0).map_or("", |element| element.name.as_str());
        if self.begun || name != wanted {
            return Err(format!(
                "this is another kind of file: a return of {} is one XML message whose first element is `{wanted}`",
                self.of.id
            ));
        }
        self.begun = true;
        Ok(Some(0))
    }

    fn begin_row(&mut self, table: usize, position: usize, sink: &mut impl Sink) -> Result<(), String> {
        let line = self.line(position);
        let Some(def) = self.of.tables.get(table) else { return Ok(()) };
        if sink.rows(table) >= def.max_rows {
            return Err(format!("line {line}: there are more than {} rows of `{}`", def.max_rows, def.name));
        }
        if let Some(lines) = self.lines.get_mut(table) {
            lines.push(line);
        }
        let above = def.place.as_ref().and_then(|place| place.parent);
        if let Some(row) = self.rows.get_mut(table) {
            row.cells.iter_mut().for_each(String::clear);
            row.given.fill(false);
            if let Some((parent, field)) = above
                && let Some(cell) = row.cells.get_mut(field - def.fields.start)
            {
                // the row above is under way: it will be the next of its table
                cell.push_str(&(sink.rows(parent) + 1).to_string());
            }
        }
        Ok(())
    }

    fn end(&mut self, position: usize, sink: &mut impl Sink) -> Result<(), String> {
        if self.unknown > 0 {
            self.unknown -= 1;
            return Ok(());
        }
        let Some(at) = self.open.pop() else { return Ok(()) };
        match self.schema.get(at).map(|element| element.role) {
            Some(Role::Row(table)) => self.end_row(table, sink),
            Some(Role::Line { table, column }) => {
                self.in_cell = false;
                self.fill(at, (table, column), false, position);
                self.end_row(table, sink);
            }
            Some(Role::Cell { table, column, many }) => {
                self.in_cell = false;
                self.fill(at, (table, column), many, position);
                if self.schema.recognise == Some((table, column)) {
                    self.recognise(table, column)?;
                }
            }
            Some(Role::Holds) | None => {}
        }
        Ok(())
    }

    fn end_row(&self, table: usize, sink: &mut impl Sink) {
        if let Some(row) = self.rows.get(table) {
            sink.row(table, row.cells.iter().map(String::as_str));
        }
    }

    fn fill(&mut self, element: usize, (table, column): (usize, usize), many: bool, position: usize) {
        let Some(row) = self.rows.get_mut(table) else { return };
        let (Some(cell), Some(given)) = (row.cells.get_mut(column), row.given.get_mut(column)) else {
            return;
        };
        let text = self.cell.trim();
        let again = std::mem::replace(given, true);
        if many && again {
            cell.push(';');
            cell.push_str(text);
        } else if again {
            let name = self.schema.get(element).map_or("", |element| element.name.as_str());
            self.odd(Odd::Twice, element, name, position);
        } else {
            cell.push_str(text);
        }
    }

    // the header says what sort of message it is: of another sort nothing more is read
    fn recognise(&self, table: usize, column: usize) -> Result<(), String> {
        let field = self.of.tables.get(table).and_then(|def| self.of.columns(def).get(column));
        let codes = field.and_then(|field| field.codes.as_ref());
        let text = self.rows.get(table).and_then(|row| row.cells.get(column)).map_or("", String::as_str);
        if text.is_empty() || codes.is_none_or(|codes| codes.find(text).is_some()) {
            return Ok(());
        }
        let wanted = self.schema.kinds(self.of);
        let said = if text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            format!("a `{text}` message")
        } else {
            "a message of another collection".to_owned()
        };
        Err(format!(
            "this is {said}, as its header says, and no {wanted} message: choose the file of {}",
            self.of.id
        ))
    }

    fn characters(&mut self, text: &str, position: usize) -> Result<(), String> {
        if self.in_cell && self.unknown == 0 {
            if self.cell.len() + text.len() > LONGEST {
                let line = self.line(position);
                return Err(format!(
                    "line {line}: the text of one element is longer than {} KiB",
                    LONGEST >> 10
                ));
            }
            self.cell.push_str(text);
        } else if self.unknown == 0 && !text.trim().is_empty() {
            let element = self.open.last().copied().unwrap_or(0);
            self.odd(Odd::Text, element, "", position);
        }
        Ok(())
    }

    // the five that XML itself knows, and characters by number; no file may bring its own
    fn reference(&mut self, reference: &BytesRef<'_>, position: usize) -> Result<(), String> {
        let character = match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        match character {
            Some(character) => self.characters(character.encode_utf8(&mut [0; 4]), position),
            None => {
                let line = self.line(position);
                Err(format!("line {line} names an entity: a message has none, write the text itself"))
            }
        }
    }
}
