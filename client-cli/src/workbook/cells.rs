//! The cells of a sheet and the texts they share.

use std::sync::Arc;

use concordat_catalogue::read::sheet::{Content, MOST_COLUMNS, Merged, Sheet, SheetCell, SheetRow, Shown};
use quick_xml::events::BytesStart;

use super::Fault;
use super::xml::{Piece, Xml, attribute, is_set, unescaped};

/// The most cells that are held of one sheet.
const MOST_CELLS: usize = 4_000_000;

/// The most columns that a sheet can have.
const MOST_COLUMNS_OF_ALL: usize = 16_384;

/// The most rows that a sheet can have.
const MOST_ROWS: u32 = 1 << 20;

/// What all sheets of a workbook share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) texts: Vec<Arc<str>>,
    pub(super) styles: Vec<Shown>,
    /// Whether days are counted from 1904.
    pub(super) from_1904: bool,
}

/// The texts that cells refer to by number.
pub(super) fn texts(text: &str) -> Result<Vec<Arc<str>>, Fault> {
    let (mut texts, mut xml) = (Vec::new(), Xml::of(text));
    loop {
        match xml.next()? {
            Piece::Open(start) if start.local_name().as_ref() == "si" => {
                texts.push(rich(&mut xml, "si")?.into());
                if texts.len() > MOST_CELLS {
                    return Err(Fault::TooLarge);
                }
            }
            Piece::End => return Ok(texts),
            _ => {}
        }
    }
}

/// The text within an element: its runs, without the readings that stand above them.
fn rich(xml: &mut Xml<'_>, until: &str) -> Result<String, Fault> {
    let (mut text, mut in_text, mut in_reading) = (String::new(), false, false);
    loop {
        match xml.next()? {
            Piece::Open(start) => match start.local_name().as_ref() {
                "t" => in_text = !in_reading,
                "rPh" => in_reading = true,
                _ => {}
            },
            Piece::Text(piece) if in_text => text.push_str(&piece),
            Piece::Text(_) => {}
            Piece::Close(name) if name == until => return Ok(unescaped(&text)),
            Piece::Close(name) => match name.as_str() {
                "t" => in_text = false,
                "rPh" => in_reading = false,
                _ => {}
            },
            Piece::End => return Err(Fault::Damaged),
        }
    }
}

/// Reads a sheet as far as so many rows that hold anything.
pub(super) fn sheet(text: &str, shared: &Shared, most_rows: usize) -> Result<Sheet, Fault> {
    let mut reading = Reading { shared, sheet: Sheet::default(), row: None, next: 0, held: 0 };
    let mut xml = Xml::of(text);
    loop {
        match xml.next()? {
            Piece::Open(start) => match start.local_name().as_ref() {
                "col" => reading.column(&start)?,
                "row" => reading.begin_row(&start)?,
                "c" => reading.cell(&start, &mut xml)?,
                "mergeCell" => {
                    let area = attribute(&start, "ref")?.and_then(|area| merged(&area));
                    reading.sheet.merged.push(area.ok_or(Fault::Damaged)?);
                    if reading.sheet.merged.len() > MOST_CELLS / 4 {
                        return Err(Fault::TooLarge);
                    }
                }
                _ => {}
            },
            Piece::Close(name) if name == "row" => {
                reading.end_row();
                if reading.sheet.rows.len() >= most_rows {
                    return Ok(reading.sheet);
                }
            }
            Piece::Close(_) | Piece::Text(_) => {}
            Piece::End => return Ok(reading.sheet),
        }
    }
}

struct Reading<'s> {
    shared: &'s Shared,
    sheet: Sheet,
    row: Option<SheetRow>,
    /// The column after the last cell of the row, whether that held anything or not.
    next: u32,
    held: usize,
}

impl Reading<'_> {
    fn column(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        let at = |name| Ok(attribute(start, name)?.and_then(|at| at.parse::<u32>().ok()));
        let flat = attribute(start, "width")?.is_some_and(|width| width.parse() == Ok(0.0));
        if (is_set(start, "hidden")? || flat)
            && let (Some(from), Some(to)) = (at("min")?, at("max")?)
        {
            self.sheet.hidden_columns.push((from.saturating_sub(1), to.saturating_sub(1)));
            if self.sheet.hidden_columns.len() > MOST_COLUMNS_OF_ALL {
                return Err(Fault::Damaged);
            }
        }
        Ok(())
    }

    fn begin_row(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        let next = self.sheet.rows.last().map_or(0, |row| row.row + 1);
        let row = match attribute(start, "r")? {
            Some(at) => at.parse::<u32>().ok().and_then(|at| at.checked_sub(1)).ok_or(Fault::Damaged)?,
            // rows that hold nothing are not kept, so that one without a number cannot be placed after them
            None => self.row.as_ref().map_or(next, |row| row.row + 1),
        };
        if row < next || row >= MOST_ROWS {
            return Err(Fault::Damaged);
        }
        let flat = attribute(start, "ht")?.is_some_and(|height| height.parse() == Ok(0.0));
        let hidden = is_set(start, "hidden")? || flat;
        self.row = Some(SheetRow { row, hidden, cells: Vec::new() });
        self.next = 0;
        Ok(())
    }

    fn end_row(&mut self) {
        if let Some(row) = &mut self.row
            && !row.cells.is_empty()
        {
            let cells = std::mem::take(&mut row.cells);
            self.sheet.rows.push(SheetRow { row: row.row, hidden: row.hidden, cells });
        }
    }

    fn cell(&mut self, start: &BytesStart<'_>, xml: &mut Xml<'_>) -> Result<(), Fault> {
        let place = match attribute(start, "r")? {
            Some(place) => Some(self::place(&place).ok_or(Fault::Damaged)?),
            None => None,
        };
        let kind = attribute(start, "t")?;
        let style = attribute(start, "s")?.and_then(|style| style.parse::<usize>().ok());
        let shown = style.and_then(|style| self.shared.styles.get(style)).copied().unwrap_or(Shown::Plain);
        let raw = raw(xml)?;
        let row = self.row.as_mut().ok_or(Fault::Damaged)?;
        let next = self.next;
        let column = match place {
            Some((at, column)) if at == row.row && column >= next => column,
            Some(_) => return Err(Fault::Damaged),
            None => next,
        };
        self.next = column.saturating_add(1);
        let formula = raw.formula;
        let Some(content) = content(kind.as_deref(), raw, shown, self.shared)? else { return Ok(()) };
        if column as usize >= MOST_COLUMNS {
            return Err(Fault::Said(format!(
                "the sheet holds something beyond its column {MOST_COLUMNS}: clear it, and send only the columns of the return"
            )));
        }
        self.held += 1;
        if self.held > MOST_CELLS {
            return Err(Fault::TooLarge);
        }
        row.cells.push(SheetCell { column, content, formula });
        Ok(())
    }
}

/// What stands within a cell.
struct Raw {
    value: Option<String>,
    text: Option<String>,
    formula: bool,
}

fn raw(xml: &mut Xml<'_>) -> Result<Raw, Fault> {
    let (mut raw, mut in_value) = (Raw { value: None, text: None, formula: false }, false);
    loop {
        match xml.next()? {
            Piece::Open(start) => match start.local_name().as_ref() {
                "v" => {
                    in_value = true;
                    raw.value = Some(String::new());
                }
                "f" => raw.formula = true,
                "is" => raw.text = Some(rich(xml, "is")?),
                _ => {}
            },
            Piece::Text(text) if in_value => {
                if let Some(value) = &mut raw.value {
                    value.push_str(&text);
                }
            }
            Piece::Text(_) => {}
            Piece::Close(name) if name == "c" => return Ok(raw),
            Piece::Close(_) => in_value = false,
            Piece::End => return Err(Fault::Damaged),
        }
    }
}

/// What a cell holds; none when nothing.
fn content(kind: Option<&str>, raw: Raw, shown: Shown, shared: &Shared) -> Result<Option<Content>, Fault> {
    let text = |text: &str| (!text.trim().is_empty()).then(|| Content::Text(text.into()));
    if kind == Some("inlineStr") {
        return Ok(raw.text.as_deref().and_then(text));
    }
    let Some(value) = raw.value else {
        return Ok(raw.formula.then_some(Content::Uncomputed));
    };
    Ok(match kind {
        Some("s") => {
            let at = value.trim().parse::<usize>().map_err(|_| Fault::Damaged)?;
            let shared = shared.texts.get(at).ok_or(Fault::Damaged)?;
            (!shared.trim().is_empty()).then(|| Content::Text(Arc::clone(shared)))
        }
        Some("str") => text(&unescaped(&value)),
        Some("d") => text(value.trim_end_matches('Z').trim_end_matches(".000").trim_end_matches("T00:00:00")),
        Some("b") => match value.trim() {
            "0" | "false" => Some(Content::Truth(false)),
            "1" | "true" => Some(Content::Truth(true)),
            _ => return Err(Fault::Damaged),
        },
        Some("e") => Some(Content::Error),
        None | Some("n") => match value.trim() {
            "" => raw.formula.then_some(Content::Uncomputed),
            number => {
                let number: f64 = number.parse().map_err(|_| Fault::Damaged)?;
                let day = shared.from_1904 && matches!(shown, Shown::Date { day: true, .. });
                Some(Content::Number(if day { number + 1_462.0 } else { number }, shown))
            }
        },
        Some(_) => return Err(Fault::Damaged),
    })
}

/// The row and column of a place such as `BC12`, from 0.
fn place(text: &str) -> Option<(u32, u32)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (letters, digits) = text.split_at(end);
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let column = letters.bytes().fold(0u32, |sum, b| sum * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1);
    Some((digits.parse::<u32>().ok()?.checked_sub(1)?, column - 1))
}

fn merged(area: &str) -> Option<Merged> {
    let (from, to) = area.split_once(':').unwrap_or((area, area));
    let ((top, left), (bottom, right)) = (place(from)?, place(to)?);
    Some(Merged { rows: (top, bottom), columns: (left, right) })
}
