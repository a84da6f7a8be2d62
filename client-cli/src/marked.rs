//! The sender's own file back, as a workbook with the cells marked that something was found in, and all
//! findings on a sheet beside it. Put right there, the workbook can be checked and sent as it is.

use std::collections::BTreeMap;

use concordat_catalogue::ReturnType;
use concordat_catalogue::read::headings;
use concordat_core::finding::{Finding, Severity};
use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet, XlsxError};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::Found;

/// The sheet with the file's own cells.
pub const FILE_SHEET: &str = "return";
/// The sheet that lists the findings.
pub const FINDINGS_SHEET: &str = "findings";

/// What a sheet can hold: rows, columns, and characters in a cell.
const MOST: (usize, usize, usize) = (1 << 20, 16_384, 32_000);

/// What was found in one cell: the heaviest weight, and the words.
type Marks = BTreeMap<(u32, u16), (Severity, Vec<String>)>;

/// Makes the marked copy. `rows` are the file's own, the headings first; none when it is no table.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn copy(rows: Option<&[Vec<String>]>, of: &ReturnType, found: &Found) -> Result<Vec<u8>, Failure> {
    let write = || {
        let mut book = Workbook::new();
        if let Some(rows) = rows {
            let marks = marks(rows, of, &found.findings);
            file(book.add_worksheet().set_name(FILE_SHEET)?, rows, &marks)?;
        }
        list(book.add_worksheet().set_name(FINDINGS_SHEET)?, found)?;
        book.save_to_buffer()
    };
    write().map_err(|why: XlsxError| {
        Failure::new(Exit::Failure, format!("the marked copy cannot be written: {why}"))
    })
}

/// Where each finding belongs: its cell, else the first of its row, else the heading of its column.
fn marks(rows: &[Vec<String>], of: &ReturnType, findings: &[Finding]) -> Marks {
    let named = rows.first().map_or(&[][..], Vec::as_slice);
    let mut marks = Marks::new();
    for finding in findings {
        let column = finding.column.as_deref().and_then(|name| headings::place(of, named, name));
        if finding.row.is_none() && column.is_none() {
            continue;
        }
        let row = finding.row.unwrap_or(0);
        let Ok(column) = u16::try_from(column.unwrap_or(0)) else { continue };
        let mark = marks.entry((row, column)).or_insert((finding.severity, Vec::new()));
        mark.0 = mark.0.min(finding.severity);
        mark.1.push(format!("{} [{}]: {}", word(finding.severity), finding.rule, finding.text));
    }
    marks
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

fn file(sheet: &mut Worksheet, rows: &[Vec<String>], marks: &Marks) -> Result<(), XlsxError> {
    let text = Format::new().set_num_format("@");
    let heading = text.clone().set_bold();
    for (at, row) in (0u32..).zip(rows).take(MOST.0) {
        for (column, cell) in (0u16..).zip(row).take(MOST.1) {
            let format = if at == 0 { &heading } else { &text };
            if !cell.is_empty() && !marks.contains_key(&(at, column)) {
                sheet.write_string_with_format(at, column, cut(cell), format)?;
            }
        }
    }
    for ((at, column), (severity, words)) in marks.iter().filter(|((at, _), _)| (*at as usize) < MOST.0) {
        let cell = rows.get(*at as usize).and_then(|row| row.get(usize::from(*column)));
        let base = if *at == 0 { &heading } else { &text };
        let format = base.clone().set_background_color(colour(*severity));
        match cell.filter(|cell| !cell.is_empty()) {
            Some(cell) => sheet.write_string_with_format(*at, *column, cut(cell), &format)?,
            None => sheet.write_blank(*at, *column, &format)?,
        };
        let note =
            Note::new(cut(&words.join("\n\n"))).add_author_prefix(false).set_width(320).set_height(120);
        sheet.insert_note(*at, *column, &note)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST.2).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
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
