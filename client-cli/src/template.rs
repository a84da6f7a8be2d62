//! An empty file of a return type: its headings as CSV, or a workbook with a dictionary of its columns and
//! lists of its codes to choose from.

use concordat_catalogue::{Field, FieldKind, ReturnType};
use rust_xlsxwriter::{
    Color, DataValidation, Format, FormatAlign, Formula, Note, Workbook, Worksheet, XlsxError,
};

use crate::exit::Exit;
use crate::failure::Failure;

/// The sheet that is filled in and sent.
pub const RETURN_SHEET: &str = "return";
const DICTIONARY_SHEET: &str = "dictionary";
const CODES_SHEET: &str = "codes";

/// How many codes the dictionary spells out; the sheet of codes has all of them.
const SPELT_OUT: usize = 30;

/// The headings as one line of CSV.
///
/// # Errors
/// A [`Failure`] when they cannot be written.
pub fn csv(of: &ReturnType) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(of.fields.iter().map(|field| field.name.as_str())).map_err(unwritten)?;
    writer.into_inner().map_err(unwritten)
}

/// A workbook: the sheet to fill in, its columns formatted so that a spreadsheet leaves what is typed as it is,
/// a dictionary, and the codes with their meanings.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn workbook(of: &ReturnType) -> Result<Vec<u8>, Failure> {
    let write = || {
        let mut book = Workbook::new();
        // the codes first, so that the lists may point at them
        let lists = lists(of);
        fill_in(book.add_worksheet().set_name(RETURN_SHEET)?, of, &lists)?;
        dictionary(book.add_worksheet().set_name(DICTIONARY_SHEET)?, of)?;
        if !lists.is_empty() {
            codes(book.add_worksheet().set_name(CODES_SHEET)?, of, &lists)?;
        }
        book.save_to_buffer()
    };
    write().map_err(unwritten)
}

/// The rows of the sheet of codes that hold the codes of one field, from 0.
struct List {
    field: usize,
    first: u32,
    last: u32,
}

fn lists(of: &ReturnType) -> Vec<List> {
    let mut next = 1u32;
    let coded = of.fields.iter().enumerate().filter_map(|(at, field)| Some((at, field.codes.as_ref()?)));
    let mut lists = Vec::new();
    for (field, codes) in coded {
        let many = u32::try_from(codes.codes().len()).unwrap_or(u32::MAX);
        let last = next.saturating_add(many).saturating_sub(1);
        lists.push(List { field, first: next, last });
        next = last.saturating_add(1);
    }
    lists
}

fn fill_in(sheet: &mut Worksheet, of: &ReturnType, lists: &[List]) -> Result<(), XlsxError> {
    let rows = of.tables.first().map_or(1, |def| def.max_rows);
    let last = u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, (1 << 20) - 1);
    for (at, field) in (0u16..).zip(&of.fields) {
        let heading = Format::new().set_bold().set_background_color(if field.required {
            Color::RGB(0x00CF_E2F3)
        } else {
            Color::RGB(0x00EF_EFEF)
        });
        sheet.set_column_format(at, &Format::new().set_num_format(shown_as(field.kind)))?;
        sheet.set_column_width(at, 18)?;
        sheet.write_string_with_format(0, at, &field.name, &heading)?;
        sheet.insert_note(0, at, &Note::new(hint(field)).add_author_prefix(false).set_width(260))?;
        let one_code = matches!(field.kind, FieldKind::Code | FieldKind::Enum | FieldKind::Tristate);
        if let Some(list) = lists.iter().find(|list| one_code && list.field == usize::from(at)) {
            let cells = format!("={CODES_SHEET}!$B${}:$B${}", list.first + 1, list.last + 1);
            let choice = DataValidation::new()
                .allow_list_formula(Formula::new(cells))
                .set_error_title("Not a code")?
                .set_error_message(format!(
                    "Choose a code of the list; the sheet \"{CODES_SHEET}\" says what each means."
                ))?;
            sheet.add_data_validation(1, at, last, at, &choice)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Formats under which a spreadsheet keeps what is typed: text for everything that is a name, even of digits.
fn shown_as(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Count | FieldKind::SnapshotCount | FieldKind::Int => "0",
        FieldKind::Number | FieldKind::Quantity | FieldKind::Money | FieldKind::Percent => "General",
        FieldKind::Date => "yyyy-mm-dd",
        FieldKind::DateTime => "yyyy-mm-dd\\Thh:mm",
        _ => "@",
    }
}

fn hint(field: &Field) -> String {
    let required = if field.required { "required: " } else { "" };
    let mut text = format!("{}\n{required}{}", field.title, field.kind.says());
    if let Some(note) = &field.note {
        text.push('\n');
        text.push_str(note);
    }
    text
}

fn dictionary(sheet: &mut Worksheet, of: &ReturnType) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let headings = ["column", "title", "kind", "required", "codes", "notes"];
    for ((at, heading), width) in (0u16..).zip(headings).zip([28, 40, 44, 10, 60, 50]) {
        sheet.write_string_with_format(0, at, heading, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    for (row, field) in (1u32..).zip(&of.fields) {
        let required = if field.required { "yes" } else { "no" };
        let mut notes: Vec<String> = field.note.iter().cloned().collect();
        notes.extend(field.part.map(|part| format!("filled in by {part} alone")));
        notes.extend(field.max.map(|max| format!("at most {max} characters")));
        notes.extend(field.min.map(|min| format!("at least {min}")));
        if !field.aliases.is_empty() {
            notes.push(format!("also read under: {}", field.aliases.join(", ")));
        }
        let notes = notes.join("; ");
        let cells = [&field.name, &field.title, field.kind.says(), required, &spelt_out(field), &notes];
        for (at, cell) in (0u16..).zip(cells) {
            sheet.write_string_with_format(row, at, cell, &wrapped)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

fn spelt_out(field: &Field) -> String {
    let Some(list) = &field.codes else { return String::new() };
    if list.codes().len() > SPELT_OUT {
        return format!("{} codes: see the sheet \"{CODES_SHEET}\"", list.codes().len());
    }
    let one = |code: &concordat_catalogue::Code| match code.title.as_str() {
        "" => code.code.clone(),
        title if title == code.code => code.code.clone(),
        title => format!("{}: {title}", code.code),
    };
    list.codes().iter().map(one).collect::<Vec<_>>().join("\n")
}

fn codes(sheet: &mut Worksheet, of: &ReturnType, lists: &[List]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for ((at, heading), width) in (0u16..).zip(["of column", "code", "meaning"]).zip([28, 24, 80]) {
        sheet.write_string_with_format(0, at, heading, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    for list in lists {
        let Some(field) = of.fields.get(list.field) else { continue };
        let codes = field.codes.iter().flat_map(|codes| codes.codes());
        for (row, code) in (list.first..=list.last).zip(codes) {
            sheet.write_string(row, 0, &field.name)?;
            sheet.write_string(row, 1, &code.code)?;
            sheet.write_string(row, 2, &code.title)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn unwritten(why: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failure, format!("the template cannot be written: {why}"))
}

#[cfg(test)]
mod tests;
