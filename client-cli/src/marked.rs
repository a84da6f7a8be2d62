//! The sender's own file back, as a workbook with the cells marked that something was found in; all findings, and
//! the queries to be answered, on sheets beside it. Put right there, the workbook can be checked and sent as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use concordat_catalogue::bulk::{Keep, OwnRow, OwnTable};
use concordat_catalogue::read::{Asked, headings};
use concordat_catalogue::{ReturnType, TableDef};
use concordat_core::finding::{Finding, Severity};
use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet, XlsxError};

use crate::answers;
use crate::commands::template;
use crate::exit::Exit;
use crate::explain::Answers;
use crate::failure::Failure;
use crate::file::{self, Subject};
use crate::report::Found;
use crate::session::Session;
use crate::several::Given;

/// The sheet with the file's own cells.
pub const FILE_SHEET: &str = "return";
/// The sheet that says what the others are, of a return of several tables.
pub const ABOUT_SHEET: &str = "about";
/// The sheet that lists the findings.
pub const FINDINGS_SHEET: &str = "findings";

/// What a sheet can hold: rows, columns, and characters in a cell.
const MOST: (usize, usize, usize) = (1 << 20, 16_384, 32_000);

/// The most cells of a return of several tables that are copied whole; of more, the rows with findings alone. Less in
/// tests, which make such a return.
const MOST_WHOLE: usize = if cfg!(test) { 400 } else { 500_000 };

/// What was found in one cell: the heaviest weight, and the words.
type Marks = BTreeMap<(u32, u16), (Severity, Vec<String>)>;

/// One sheet of the sender's own rows.
struct Page {
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

/// Makes the marked copy of a file of one table. `rows` are the file's own, the headings first; none when it is no
/// table. `answers` are those that the file itself holds, and the rules whose queries are left.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn copy(
    rows: Option<&[Vec<String>]>,
    of: &ReturnType,
    found: &Found,
    answers: &Answers,
) -> Result<Vec<u8>, Failure> {
    let mut book = Workbook::new();
    let mut write = || {
        if let Some((headings, rows)) = rows.and_then(<[_]>::split_first) {
            let page = Page {
                name: FILE_SHEET.to_owned(),
                table: of.tables.first().map_or_else(String::new, |def| def.name.clone()),
                headings: headings.clone(),
                ours: 0,
                rows: (1u32..).zip(rows.iter().cloned()).collect(),
                in_place: true,
            };
            page.write(&mut book, of, &found.findings)?;
        }
        finish(&mut book, found, answers)
    };
    write().map_err(unwritten)
}

/// Makes the marked copy of a return of several tables: a sheet for each, and one that says what they are. Where
/// there are too many cells, or the return came as XML, it cannot be sent as it is, and says so.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn copy_of_several(
    given: &Given,
    of: &ReturnType,
    covers: &str,
    found: &Found,
    answers: &Answers,
) -> Result<Vec<u8>, Failure> {
    let (tables, whole) = own(given, of, &found.findings);
    let mut book = Workbook::new();
    let write = || {
        about(book.add_worksheet().set_name(ABOUT_SHEET)?, of, covers, whole, &tables)?;
        for own in tables {
            let (Some(alone), Some(def)) = (of.alone(own.table), of.tables.get(own.table)) else { continue };
            page(own, def, of.is_xml(), whole).write(&mut book, &alone, &found.findings)?;
        }
        finish(&mut book, found, answers)
    };
    write().map_err(unwritten)
}

/// Writes the marked copy of a file of one table to a file that must not be there yet, and says what it is.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn write(
    path: &Path,
    bytes: &[u8],
    subject: &Subject,
    asked: &Asked<'_>,
    found: &Found,
    answers: &Answers,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let rows = file::rows(bytes, subject, asked);
    template::new_file(path, &copy(rows.as_deref(), asked.of, found, answers)?)?;
    let what = match rows {
        Some(_) => "the file with its findings marked",
        None => "the findings alone, as the file is no table or too large to be copied",
    };
    session.printer.say(&format!("{what}: `{}`", path.display()));
    Ok(())
}

/// Writes the marked copy of a return of several tables, as [`write()`].
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn write_several(
    path: &Path,
    given: &Given,
    of: &ReturnType,
    covers: &str,
    found: &Found,
    answers: &Answers,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    template::new_file(path, &copy_of_several(given, of, covers, found, answers)?)?;
    session.printer.say(&format!("a copy with its findings marked: `{}`", path.display()));
    Ok(())
}

/// The sender's own rows, and whether they are all of them.
fn own(given: &Given, of: &ReturnType, findings: &[Finding]) -> (Vec<OwnTable>, bool) {
    let counted = given.own_rows(of, &Keep::None);
    let cells = |own: &OwnTable| own.all.saturating_mul(own.headings.len());
    if counted.iter().map(cells).fold(0, usize::saturating_add) <= MOST_WHOLE {
        return (given.own_rows(of, &Keep::All), true);
    }
    let table = |name: &str| of.tables.iter().position(|def| def.name == name);
    let wanted: BTreeSet<(usize, u32)> =
        findings.iter().filter_map(|finding| Some((table(&finding.table)?, finding.row?))).collect();
    let mut tables = given.own_rows(of, &Keep::These(&wanted));
    tables.retain(|own| !own.rows.is_empty());
    (tables, false)
}

fn page(own: OwnTable, def: &TableDef, is_xml: bool, whole: bool) -> Page {
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
    Page {
        name,
        table: def.name.clone(),
        headings: ours.iter().map(|text| (*text).to_owned()).chain(own.headings).collect(),
        ours: ours.len(),
        rows: rows.collect(),
        in_place,
    }
}

fn about(
    sheet: &mut Worksheet,
    of: &ReturnType,
    covers: &str,
    whole: bool,
    tables: &[OwnTable],
) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap();
    let (all, shown) =
        tables.iter().fold((0, 0), |(all, shown), own| (all + own.all, shown + own.rows.len()));
    let mut lines = vec![format!("{} ({}), {covers}", of.title, of.id)];
    lines.push(match (whole, of.is_xml()) {
        (true, false) => "Every row of the return stands here, a sheet for each table, with the cells marked that something was found in. Put right here, this workbook can be checked and sent as it is.".to_owned(),
        (true, true) => "The rows of the message, as far as it could be read, stand here, a sheet for each table, with the line on which each begins. Put them right in the system and have it write the message anew: this workbook cannot be sent.".to_owned(),
        (false, _) => format!(
            "The return is too large to be copied whole: only rows in which something was found and listed stand here, {shown} of the {all} rows of their tables, each with its number. Put them right where they come from: this workbook cannot be sent."
        ),
    });
    lines.push(format!("The sheet \"{FINDINGS_SHEET}\" lists what was found; where a rule has more rows than are listed, it says how many."));
    lines.push(format!("The sheet \"{}\" is for answers to queries: a code and a text beside the rule. It is read when this workbook is checked or sent, and answers the queries of a return that lies elsewhere when this workbook is named with --answers.", answers::SHEET));
    sheet.set_column_width(0, 110)?;
    for (at, line) in (0u32..).zip(&lines) {
        sheet.write_string_with_format(at, 0, line, &wrapped)?;
    }
    Ok(())
}

/// The sheets that stand at the end of every copy.
fn finish(book: &mut Workbook, found: &Found, answers: &Answers) -> Result<Vec<u8>, XlsxError> {
    list(book.add_worksheet().set_name(FINDINGS_SHEET)?, found)?;
    answers::add_sheet(book, answers.in_return(), &answers::asked(&found.findings, answers.all()))?;
    book.save_to_buffer()
}

fn unwritten(why: XlsxError) -> Failure {
    Failure::new(Exit::Failure, format!("the marked copy cannot be written: {why}"))
}

impl Page {
    fn write(&self, book: &mut Workbook, of: &ReturnType, findings: &[Finding]) -> Result<(), XlsxError> {
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

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::NotChecked => "not checked",
        other => other.as_str(),
    }
}

fn colour(severity: Severity) -> Color {
    Color::RGB(match severity {
        Severity::Error => 0x00FF_C7CE,
        Severity::Query => 0x00FF_EB9C,
        Severity::Info => 0x00DD_EBF7,
        Severity::NotChecked => 0x00E7_E6E6,
    })
}

fn cut(text: &str) -> &str {
    start(text, MOST.2)
}

fn start(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

fn list(sheet: &mut Worksheet, found: &Found) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap();
    let headings = ["severity", "rule", "table", "row", "column", "words", "figures"];
    for ((at, heading), width) in (0u16..).zip(headings).zip([12, 20, 14, 8, 30, 90, 30]) {
        sheet.write_string_with_format(0, at, heading, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    for (at, finding) in (1u32..).zip(&found.findings) {
        let marked = Format::new().set_background_color(colour(finding.severity));
        sheet.write_string_with_format(at, 0, word(finding.severity), &marked)?;
        sheet.write_string(at, 1, finding.rule.as_str())?;
        sheet.write_string(at, 2, &finding.table)?;
        if let Some(row) = finding.row {
            sheet.write_number(at, 3, row)?;
        }
        sheet.write_string(at, 4, finding.column.as_deref().unwrap_or_default())?;
        sheet.write_string_with_format(at, 5, cut(&finding.text), &wrapped)?;
        sheet.write_string(at, 6, cut(finding.figures.as_deref().unwrap_or_default()))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
