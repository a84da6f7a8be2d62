//! An empty file of a return type: its headings as CSV, or a workbook with a dictionary of its columns and lists of
//! its codes to choose from. Of several tables a file or a sheet for each; of what is sent as XML, a message with
//! every element once.

use std::io::{Cursor, Write as _};

use concordat_catalogue::bulk;
use concordat_catalogue::{Field, FieldKind, ReturnType, TableDef};
use rust_xlsxwriter::{
    Color, DataValidation, Format, FormatAlign, Formula, Note, Workbook, Worksheet, XlsxError,
};

use crate::answers;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::several::Named;

/// The sheet that is filled in and sent.
pub const RETURN_SHEET: &str = "return";
/// The sheet that says what each column is.
pub const DICTIONARY_SHEET: &str = "dictionary";
/// The sheet that lists codes with their meanings.
pub const CODES_SHEET: &str = "codes";

/// How many codes the dictionary spells out; the sheet of codes has all of them.
const SPELT_OUT: usize = 30;

/// The headings as one line of CSV.
///
/// # Errors
/// A [`Failure`] when they cannot be written.
pub fn csv(of: &ReturnType) -> Result<Vec<u8>, Failure> {
    headings(&of.fields)
}

fn headings(fields: &[Field]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(fields.iter().map(|field| field.name.as_str())).map_err(unwritten)?;
    writer.into_inner().map_err(unwritten)
}

/// The files of a return of several tables: the headings of each, and an empty table of answers to queries.
///
/// # Errors
/// A [`Failure`] when they cannot be written.
pub fn files(of: &ReturnType) -> Result<Vec<Named>, Failure> {
    let mut files = Vec::new();
    for table in &of.tables {
        let Some(name) = table.file() else { continue };
        files.push((format!("{name}.csv"), headings(of.columns(table))?));
    }
    files.push((answers::FILE.to_owned(), answers::empty_csv()));
    Ok(files)
}

/// Files as one ZIP.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn zip(files: &[Named]) -> Result<Vec<u8>, Failure> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).map_err(unwritten)?;
        archive.write_all(bytes).map_err(unwritten)?;
    }
    Ok(archive.finish().map_err(unwritten)?.into_inner())
}

/// The message of a type that is sent as XML.
///
/// # Errors
/// A usage [`Failure`] for a type that is not.
pub fn xml(of: &ReturnType) -> Result<Vec<u8>, Failure> {
    bulk::skeleton(of)
        .map(String::into_bytes)
        .ok_or_else(|| Failure::usage(format!("a return of `{}` is not XML", of.id)))
}

/// A workbook: the sheet to fill in, or one for each table, its columns formatted so that a spreadsheet leaves what
/// is typed as it is; a dictionary, the codes with their meanings, and a sheet for answers to queries. For a type
/// that is sent as XML the dictionary and the codes alone.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn workbook(of: &ReturnType) -> Result<Vec<u8>, Failure> {
    let write = || {
        let mut book = Workbook::new();
        // the codes first, so that the lists may point at them
        let lists = lists(of);
        if !of.is_xml() {
            for table in &of.tables {
                let name = table.file().unwrap_or(RETURN_SHEET);
                fill_in(book.add_worksheet().set_name(name)?, of, table, &lists)?;
            }
        }
        dictionary(book.add_worksheet().set_name(DICTIONARY_SHEET)?, of)?;
        if !lists.is_empty() {
            codes(book.add_worksheet().set_name(CODES_SHEET)?, of, &lists)?;
        }
        if !of.is_xml() {
            answers::add_sheet(&mut book, &[], &[])?;
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

fn fill_in(
    sheet: &mut Worksheet,
    of: &ReturnType,
    table: &TableDef,
    lists: &[List],
) -> Result<(), XlsxError> {
    let last = u32::try_from(table.max_rows).unwrap_or(u32::MAX).clamp(1, (1 << 20) - 1);
    for ((at, place), field) in (0u16..).zip(table.fields.clone()).zip(of.columns(table)) {
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
        if let Some(list) = lists.iter().find(|list| one_code && list.field == place) {
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
        FieldKind::UkDate => "dd/mm/yyyy",
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
    let headings = [
        ("table", 20),
        ("column", 28),
        ("title", 40),
        ("kind", 44),
        ("required", 10),
        ("codes", 60),
        ("notes", 50),
    ];
    // one table has no name that anybody must know
    let first = usize::from(of.tables.len() < 2);
    for (at, (heading, width)) in (0u16..).zip(headings.into_iter().skip(first)) {
        sheet.write_string_with_format(0, at, heading, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    for ((row, place), field) in (1u32..).zip(0..).zip(&of.fields) {
        let required = if field.required { "yes" } else { "no" };
        let mut notes: Vec<String> = field.note.iter().cloned().collect();
        notes.extend(field.part.map(|part| format!("filled in by {part} alone")));
        notes.extend(field.max.map(|max| format!("at most {max} characters")));
        notes.extend(field.min.map(|min| format!("at least {min}")));
        if !field.aliases.is_empty() {
            notes.push(format!("also read under: {}", field.aliases.join(", ")));
        }
        let notes = notes.join("; ");
        let codes = spelt_out(field);
        let cells =
            [table_of(of, place), &field.name, &field.title, field.kind.says(), required, &codes, &notes];
        for (at, cell) in (0u16..).zip(cells.into_iter().skip(first)) {
            sheet.write_string_with_format(row, at, cell, &wrapped)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

fn table_of(of: &ReturnType, field: usize) -> &str {
    let table = of.tables.iter().find(|table| table.fields.contains(&field));
    table.map_or("", |table| table.file().unwrap_or(&table.name))
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
            let column = match of.tables.len() {
                0 | 1 => field.name.clone(),
                _ => format!("{}.{}", table_of(of, list.field), field.name),
            };
            sheet.write_string(row, 0, column)?;
            sheet.write_string(row, 1, &code.code)?;
            // where nobody wrote down what a code means, its own letters are no meaning
            if code.title != code.code {
                sheet.write_string(row, 2, &code.title)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn unwritten(why: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failure, format!("the template cannot be written: {why}"))
}
