use std::io::Write as _;

use concordat_catalogue::{Catalogue, ReturnType, read};
use concordat_core::finding::{Finding, Severity};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::*;

const SEEN: &str = include_str!("seen.toml");

fn catalogue() -> Catalogue {
    Catalogue::from_files([("returns/seen.toml".to_owned(), SEEN.as_bytes().to_vec())]).unwrap()
}

fn of() -> std::sync::Arc<ReturnType> {
    catalogue().types()[0].clone()
}

const HEADINGS: [&str; 6] = ["id", "Seen On", "nhs_number", "local_ref", "visits", "share"];

fn row(sheet: &mut Worksheet, row: u32) {
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let day = ExcelDateTime::from_ymd(2023, 3, 31).unwrap();
    sheet.write(row, 0, format!("a{row}")).unwrap();
    sheet.write_with_format(row, 1, day, &date).unwrap();
    sheet.write(row, 2, "943 476 5919").unwrap();
    sheet.write(row, 3, "00123").unwrap();
    sheet.write(row, 4, 12.0).unwrap();
    sheet.write(row, 5, 14.7).unwrap();
}

/// A workbook with one sheet of two good rows, bent in one way.
fn book(bend: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    (1..=2).for_each(|at| row(sheet, at));
    bend(sheet);
    book.save_to_buffer().unwrap()
}

fn read_as(bytes: &[u8], named: Option<&str>) -> Result<read::ReadIn, Vec<Finding>> {
    let of = of();
    let asked = Asked::only(&of);
    let sheet = sheet(bytes, named, &asked).map_err(|why| read::refused(&why.to_string()))?;
    read::sheet_as(&sheet, &asked)
}

fn told(found: &[Finding]) -> Vec<(&str, Severity, Option<u32>, Option<&str>)> {
    found.iter().map(|f| (f.rule.as_str(), f.severity, f.row, f.column.as_deref())).collect()
}

fn refused(bytes: &[u8]) -> Vec<Finding> {
    read_as(bytes, None).unwrap_err()
}

#[test]
fn true_dates_whole_numbers_and_text_are_read_as_they_stand_and_nothing_is_said() {
    let read = read_as(&book(|_| ()), None).unwrap();
    assert!(read.findings.is_empty(), "{:?}", read.findings);
    let cells: Vec<&str> = read.tables[0].rows().nth(1).unwrap().iter().collect();
    assert_eq!(cells, ["a2", "2023-03-31", "943 476 5919", "00123", "12", "14.7"]);
    assert_eq!(read.first_line, Some(2));
}

#[test]
fn numbers_that_were_names_are_queries_where_all_digits_are_there_and_errors_where_not() {
    let read = read_as(
        &book(|sheet| {
            sheet.write(1, 2, 9_434_765_919.0).unwrap();
            sheet.write(2, 3, 123).unwrap();
        }),
        None,
    )
    .unwrap();
    let query = Severity::Query;
    assert_eq!(
        told(&read.findings),
        [
            ("cell-stored", query, Some(1), Some("nhs_number")),
            ("cell-stored", query, Some(2), Some("local_ref"))
        ]
    );
    assert_eq!(read.tables[0].cells.get(2), Some("9434765919"));
    let found = refused(&book(|sheet| {
        sheet.write(1, 2, 943_476_591.0).unwrap();
        sheet.write(2, 2, "9.43477E+09").unwrap();
    }));
    let error = Severity::Error;
    assert_eq!(
        told(&found),
        [
            ("cell-stored", error, Some(1), Some("nhs_number")),
            ("cell-stored", error, Some(2), Some("nhs_number"))
        ]
    );
    assert!(found[0].text.contains("format the column as text"), "{found:?}");
    assert!(found.iter().all(|f| !f.text.contains("943")), "{found:?}");
}

#[test]
fn the_number_of_a_day_is_no_date_and_a_date_is_no_count() {
    let found = refused(&book(|sheet| {
        sheet.write(1, 1, 45_016).unwrap();
        let date = Format::new().set_num_format("d mmm yyyy");
        sheet.write_with_format(2, 4, 45_016, &date).unwrap();
    }));
    let places: Vec<_> = found.iter().map(|f| (f.row, f.column.as_deref())).collect();
    assert_eq!(places, [(Some(1), Some("seen_on")), (Some(2), Some("visits"))]);
}

#[test]
fn a_formula_is_a_query_and_one_in_error_or_never_computed_an_error() {
    let read = read_as(
        &book(|sheet| {
            sheet.write_formula(1, 4, Formula::new("=6+6").set_result("12")).unwrap();
        }),
        None,
    )
    .unwrap();
    assert_eq!(told(&read.findings), [("cell-formula", Severity::Query, Some(1), Some("visits"))]);
    assert_eq!(read.tables[0].cells.get(4), Some("12"));
    let found = refused(&book(|sheet| {
        sheet.write_formula(1, 4, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write_formula(2, 4, Formula::new("=1").set_result("")).unwrap();
    }));
    assert!(told(&found).contains(&("cell-formula", Severity::Error, Some(1), Some("visits"))), "{found:?}");
}

#[test]
fn merged_and_hidden_parts_are_errors_and_a_hidden_sheet_is_told() {
    let merged = refused(&book(|sheet| {
        sheet.merge_range(1, 3, 2, 3, "00123", &Format::new()).unwrap();
    }));
    assert_eq!(told(&merged), [("sheet-merged", Severity::Error, Some(1), Some("local_ref"))]);
    let hidden = refused(&book(|sheet| {
        sheet.set_row_hidden(2).unwrap();
        sheet.set_column_hidden(3).unwrap();
    }));
    assert_eq!(
        told(&hidden),
        [
            ("sheet-hidden", Severity::Error, None, Some("local_ref")),
            ("sheet-hidden", Severity::Error, Some(2), None)
        ]
    );
    let beside = refused(&book(|sheet| {
        sheet.write(2, 8, "a note").unwrap();
    }));
    assert_eq!(told(&beside), [("table-shape", Severity::Error, Some(2), None)]);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADINGS).unwrap();
    row(sheet, 1);
    book.add_worksheet().set_hidden(true).write(0, 0, "Alex Example").unwrap();
    let read = read_as(&book.save_to_buffer().unwrap(), None).unwrap();
    assert_eq!(told(&read.findings), [("sheet-hidden", Severity::Info, None, None)]);
}

/// A workbook of several sheets: name, whether it has the headings, whether it is hidden.
fn sheets(of: &[(&str, bool, bool)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (at, (name, headed, hidden)) in of.iter().enumerate() {
        let sheet = book.add_worksheet().set_name(*name).unwrap().set_hidden(*hidden);
        if !*hidden && at > 0 {
            sheet.set_active(true);
        }
        if *headed {
            sheet.write_row(0, 0, HEADINGS).unwrap();
            row(sheet, 1);
        } else {
            sheet.write_row(0, 0, ["column", "title"]).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn the_sheet_is_the_only_one_shown_with_the_headings_or_the_one_named() {
    let notes_and_data = sheets(&[("Notes", false, false), ("Data", true, false)]);
    assert_eq!(read_as(&notes_and_data, None).unwrap().tables[0].height(), 1);
    let two = sheets(&[("One", true, false), ("Two", true, false)]);
    let found = refused(&two);
    assert!(found.len() == 1 && found[0].text.contains("sheets 1, 2") && found[0].text.contains("--sheet"));
    assert!(read_as(&two, Some(" two ")).is_ok());
    let none = refused(&sheets(&[("One", false, false), ("Two", false, false)]));
    assert!(none.len() == 1 && none[0].text.contains("none of the 2 sheets"), "{none:?}");
    let hidden = sheets(&[("One", false, false), ("Two", true, true)]);
    assert!(read_as(&hidden, Some("Two")).unwrap_err()[0].text.contains("is hidden"));
    assert!(read_as(&hidden, Some("Three")).unwrap_err()[0].text.contains("none of the name"));
}

#[test]
fn blank_rows_keep_their_place_and_those_at_the_end_are_none() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(2, 0, HEADINGS).unwrap();
    row(sheet, 3);
    row(sheet, 5);
    sheet.write(9, 0, "  ").unwrap();
    let read = read_as(&book.save_to_buffer().unwrap(), None).unwrap();
    assert_eq!((read.tables[0].height(), read.first_line), (3, Some(4)));
    assert!(read.tables[0].rows().nth(1).unwrap().iter().all(str::is_empty));
}

/// A workbook from its parts, as no spreadsheet would write it.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/s.xml"/>
    <Relationship Id="r2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>"#;
const BOOK: &str = r#"<x:workbook xmlns:x="m"><x:workbookPr date1904="1"/><x:sheets>
    <x:sheet name="a" sheetId="1" r:id="r1"/></x:sheets></x:workbook>"#;

fn with_sheet(sheet: &str, texts: &str) -> Vec<u8> {
    package(&[
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/s.xml", sheet),
        ("xl/sharedStrings.xml", texts),
    ])
}

#[test]
fn rich_text_escapes_and_cells_without_places_are_read() {
    let texts = "<sst><si><r><t>i</t></r><r><t>d</t></r><rPh><t>no</t></rPh></si><si><t>a&amp;b_x000D_&#10;c</t></si></sst>";
    let sheet = r#"<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>visits</t></is></c></row>
        <row><c t="s"><v>1</v></c><c><v>3</v></c></row><row><c/><c><v>4</v></c></row></sheetData></worksheet>"#;
    let of = of();
    let sheet = super::sheet(&with_sheet(sheet, texts), None, &Asked::only(&of)).unwrap();
    assert_eq!(sheet.headings(), ["id", "visits"]);
    assert_eq!(read::sheet::shown(&sheet.rows[1].cells[0]), "a&b\r\nc");
    assert_eq!(read::sheet::shown(&sheet.rows[1].cells[1]), "3");
    assert_eq!(sheet.rows[2].cells[0].column, 1, "a blank cell takes its place too");
}

#[test]
fn what_is_damaged_or_grows_when_unzipped_is_refused_in_one_sentence() {
    let row = r#"<row r="1"><c r="A1"><v>1</v></c></row>"#;
    let wrap = |inner: &str| format!("<worksheet><sheetData>{inner}</sheetData></worksheet>");
    let deep = "<a>".repeat(1_000);
    for (sheet, texts) in [
        (wrap(&format!("{row}{row}")), "<sst/>"),
        (wrap(r#"<row r="1"><c r="A2"><v>1</v></c></row>"#), "<sst/>"),
        (wrap(r#"<row r="1"><c r="A1" t="s"><v>7</v></c></row>"#), "<sst/>"),
        (wrap(r#"<row r="9999999"><c><v>1</v></c></row>"#), "<sst/>"),
        (wrap(r#"<row r="1"><c r="AAAAAAA1"><v>1</v></c></row>"#), "<sst/>"),
        (wrap(r#"<c r="A1"><v>1</v></c>"#), "<sst/>"),
        (wrap(row), "<!DOCTYPE a [<!ENTITY b \"c\">]><sst><si><t>&b;</t></si></sst>"),
        (wrap(row), "<sst><si><t>&b;</t></si></sst>"),
        (deep, "<sst/>"),
    ] {
        let found = refused(&with_sheet(&sheet, texts));
        assert!(found.len() == 1 && found[0].text.contains("damaged"), "{sheet}: {found:?}");
    }
    let bomb = with_sheet(&wrap(&" ".repeat(usize::try_from(package::MOST_UNZIPPED).unwrap() + 1)), "<sst/>");
    assert!(bomb.len() < 1 << 20);
    let found = refused(&bomb);
    assert!(found.len() == 1 && found[0].text.contains("too large when unzipped"), "{found:?}");
    let wide = refused(&with_sheet(
        &wrap(r#"<row r="1"><c r="ZZ1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>"#),
        "<sst/>",
    ));
    assert!(wide.len() == 1 && wide[0].text.contains("beyond its column 1000"), "{wide:?}");
}

#[test]
fn days_counted_from_1904_are_the_days_that_are_shown() {
    let sheet = r#"<worksheet><sheetData><row><c s="0"><v>43554</v></c></row></sheetData></worksheet>"#;
    let styles = r#"<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>"#;
    let relations =
        RELATIONS.replace("x/sharedStrings", "x/styles").replace("/xl/sharedStrings.xml", "s.xml");
    for (book, day) in [(BOOK.to_owned(), "2023-03-31"), (BOOK.replace("date1904=\"1\"", ""), "2019-03-30")] {
        let bytes = package(&[
            ("xl/workbook.xml", book.as_str()),
            ("xl/_rels/workbook.xml.rels", &relations),
            ("xl/worksheets/s.xml", sheet),
            ("xl/s.xml", styles),
        ]);
        let of = of();
        assert_eq!(super::sheet(&bytes, None, &Asked::only(&of)).unwrap().headings(), [day]);
    }
}
