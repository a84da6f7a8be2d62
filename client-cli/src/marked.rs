//! The sender's own file back, as a workbook with the cells marked that something was found in; all findings, and
//! the queries to be answered, on sheets beside it. Put right there, the workbook can be checked and sent as it is.

use std::collections::BTreeSet;
use std::path::Path;

use concordat_catalogue::ReturnType;
use concordat_catalogue::bulk::{Keep, OwnTable};
use concordat_catalogue::read::Asked;
use concordat_core::finding::{Finding, Severity};
use rust_xlsxwriter::{Color, Format, Workbook, Worksheet, XlsxError};

use crate::answers;
use crate::commands::template;
use crate::exit::Exit;
use crate::explain::Answers;
use crate::failure::Failure;
use crate::file::{self, Subject};
use crate::report::Found;
use crate::session::Session;
use crate::several::{Given, Named};

use page::Page;

mod page;

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
            Page::of_one(of, headings, rows).write(&mut book, of, &found.findings)?;
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
            Page::of_several(own, def, of.is_xml(), whole).write(&mut book, &alone, &found.findings)?;
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
    files: &[Named],
    subject: &Subject,
    asked: &Asked<'_>,
    found: &Found,
    answers: &Answers,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let rows = match files {
        // rows that were made of a file's columns are not its own
        [(_, bytes)] if asked.of.published.is_none() => file::rows(bytes, subject, asked),
        _ => None,
    };
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
