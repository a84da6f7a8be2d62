//! One sheet of the sender's own rows, its cells marked.

use std::collections::BTreeMap;

use concordat_catalogue::bulk::{OwnRow, OwnTable};
use concordat_catalogue::read::headings;
use concordat_catalogue::{ReturnType, TableDef};
use concordat_core::finding::{Finding, Severity};
use rust_xlsxwriter::{Format, Note, Workbook, Worksheet, XlsxError};

use super::{FILE_SHEET, MOST, colour, cut, start, word};

/// What was found in one cell: the heaviest weight, and the words.
type Marks = BTreeMap<(u32, u16), (Severity, Vec<String>)>;

/// One sheet of the sender's own rows.
pub(super) struct Page {
    name: String,
    /// The table that findings name.
    table: String,
    headings: Vec<String>,
    /// How many of the headings are ours and stand in front of the file's own.
    ours: usize,
    /// Rows by their number, from 1, each under the headings.
    rows: Vec<(u32, Vec<String>)>,
    /// Whether each stands where its number says, with those left out that are blank.
    in_place: bool,
}

impl Page {
    /// The sheet of a file of one table: its headings and rows.
    pub(super) fn of_one(of: &ReturnType, headings: &[String], rows: &[Vec<String>]) -> Self {
        Self {
            name: FILE_SHEET.to_owned(),
            table: of.tables.first().map_or_else(String::new, |def| def.name.clone()),
            headings: headings.to_vec(),
            ours: 0,
            rows: (1u32..).zip(rows.iter().cloned()).collect(),
            in_place: true,
        }
    }

    /// The sheet of one table of several; `whole` where every row is there.
    pub(super) fn of_several(own: OwnTable, def: &TableDef, is_xml: bool, whole: bool) -> Self {
        let in_place = whole && !is_xml;
        let name = def.file().unwrap_or(&def.name);
        // a sheet of some of the rows must never be taken for the table: neither its name nor its headings are the table's
        let name = if in_place { name.to_owned() } else { format!("{} (copy)", start(name, 24)) };
        let ours: &[&str] = match (in_place, is_xml) {
            (true, _) => &[],
            (false, true) => &["row in the message", "line"],
            (false, false) => &["row in the file"],
        };
        let rows = own.rows.into_iter().map(|OwnRow { row, line, cells }| {
            let line = line.map_or_else(String::new, |line| line.to_string());
            let ahead = [row.to_string(), line].into_iter().take(ours.len());
            (row, ahead.chain(cells).collect())
        });
        Self {
            name,
            table: def.name.clone(),
            headings: ours.iter().map(|text| (*text).to_owned()).chain(own.headings).collect(),
            ours: ours.len(),
            rows: rows.collect(),
            in_place,
        }
    }

    /// Adds it to a workbook, with the findings of its table marked.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(
        &self,
        book: &mut Workbook,
        of: &ReturnType,
        findings: &[Finding],
    ) -> Result<(), XlsxError> {
        let sheet = book.add_worksheet().set_name(&self.name)?;
        let records = self.records();
        let marks = self.marks(of, findings);
        let text = Format::new().set_num_format("@");
        let heading = text.clone().set_bold();
        let plain = |at: u32| if at == 0 { &heading } else { &text };
        for (at, record) in records.iter().filter(|(at, _)| (**at as usize) < MOST.0) {
            for (column, cell) in (0u16..).zip(record.iter().take(MOST.1)) {
                if !cell.is_empty() && !marks.contains_key(&(*at, column)) {
                    sheet.write_string_with_format(*at, column, cut(cell), plain(*at))?;
                }
            }
        }
        for ((at, column), mark) in marks.iter().filter(|((at, _), _)| (*at as usize) < MOST.0) {
            let cell = records.get(at).and_then(|record| record.get(usize::from(*column)));
            note(sheet, (*at, *column), cell.map_or("", String::as_str), mark, plain(*at))?;
        }
        sheet.set_freeze_panes(1, 0)?;
        Ok(())
    }

    /// What stands in each row of the sheet, the headings in row 0.
    fn records(&self) -> BTreeMap<u32, &[String]> {
        let rows = (1u32..).zip(&self.rows);
        let rows = rows.map(|(at, (row, cells))| (if self.in_place { *row } else { at }, cells.as_slice()));
        std::iter::once((0, self.headings.as_slice())).chain(rows).collect()
    }

    /// Where a row stands in the sheet, by its number; none where it is not shown.
    fn place(&self, row: u32) -> Option<u32> {
        if self.in_place {
            return Some(row);
        }
        let at = self.rows.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        u32::try_from(at + 1).ok()
    }

    /// Where each finding belongs: its cell, else the first of its row, else the heading of its column.
    fn marks(&self, of: &ReturnType, findings: &[Finding]) -> Marks {
        let named = self.headings.get(self.ours..).unwrap_or_default();
        let mut marks = Marks::new();
        for finding in findings.iter().filter(|finding| finding.table == self.table) {
            let column = finding.column.as_deref().and_then(|name| headings::place(of, named, name));
            if finding.row.is_none() && column.is_none() {
                continue;
            }
            let Some(row) = finding.row.map_or(Some(0), |row| self.place(row)) else { continue };
            let Ok(column) = u16::try_from(column.map_or(0, |at| at + self.ours)) else { continue };
            let mark = marks.entry((row, column)).or_insert((finding.severity, Vec::new()));
            mark.0 = mark.0.min(finding.severity);
            mark.1.push(format!("{} [{}]: {}", word(finding.severity), finding.rule, finding.text));
        }
        marks
    }
}

fn note(
    sheet: &mut Worksheet,
    (at, column): (u32, u16),
    cell: &str,
    (severity, words): &(Severity, Vec<String>),
    plain: &Format,
) -> Result<(), XlsxError> {
    let format = plain.clone().set_background_color(colour(*severity));
    if cell.is_empty() {
        sheet.write_blank(at, column, &format)?;
    } else {
        sheet.write_string_with_format(at, column, cut(cell), &format)?;
    }
    let note = Note::new(cut(&words.join("\n\n"))).add_author_prefix(false).set_width(320).set_height(120);
    sheet.insert_note(at, column, &note)?;
    Ok(())
}
