//! Returns of several tables as workbooks: every sheet is read as that of a one-table type is, and the rows of a
//! file come back as they stood.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use std::collections::BTreeSet;

use common::{offline, shipped};
use concordat_catalogue::bulk::{
    self, File, Keep, Tab, examine_tables, own_rows, own_sheets, read_sheets, skeleton,
};
use concordat_catalogue::read::sheet::{Content, Sheet, SheetCell, SheetRow, Shown};
use concordat_core::finding::{Finding, Severity};

const EPISODES: &str =
    "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST";

fn texts(row: u32, cells: &str) -> SheetRow {
    let filled = cells.split(',').enumerate().filter(|(_, cell)| !cell.is_empty());
    let cells = filled.map(|(at, cell)| SheetCell {
        column: at.try_into().unwrap(),
        content: Content::Text(cell.into()),
        formula: false,
    });
    SheetRow { row, hidden: false, cells: cells.collect() }
}

fn tab(name: &str, lines: &[&str]) -> Tab {
    let rows = (0..).zip(lines).map(|(at, line)| texts(at, line)).collect();
    Tab { name: name.to_owned(), hidden: false, sheet: Sheet { rows, ..Sheet::default() } }
}

fn header() -> Tab {
    tab("Header", &["CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB", "1,2,01/02/2010,WBRI,UN1"])
}

fn episodes() -> Tab {
    tab("episodes", &[EPISODES, "1,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA"])
}

fn told(found: &[Finding]) -> Vec<(&str, Severity, &str, Option<u32>)> {
    found.iter().map(|f| (f.rule.as_str(), f.severity, f.table.as_str(), f.row)).collect()
}

#[test]
fn a_workbook_is_the_same_tables_as_a_folder_of_the_same_cells() {
    let of = shipped("ssda903-extract");
    let mut book = [header(), episodes(), tab("dictionary", &["x"]), tab("notes", &["x"])];
    // true dates, and a column that a file may lack
    book[1].sheet.rows[1].cells[1].content =
        Content::Number(44_652.0, Shown::Date { day: true, time: false });
    let read = read_sheets(&of, &book, &["Dictionary"]).unwrap();
    assert_eq!((read.findings.len(), read.unread), (0, vec!["notes".to_owned()]));
    let csv =
        |tab: &Tab, rows: &[&str]| [&[tab.sheet.headings().join(",").as_str()], rows].concat().join("\n");
    let files = [
        ("header.csv", csv(&book[0], &["1,2,01/02/2010,WBRI,UN1,,"])),
        ("episodes.csv", csv(&book[1], &["1,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA"])),
    ];
    let files: Vec<File<'_>> =
        files.iter().map(|(name, text)| File { name, bytes: text.as_bytes() }).collect();
    assert_eq!(read.tables, bulk::read(&of, &files).unwrap().tables);
    let period = "2022-23".parse().unwrap();
    let (one, other) = (
        examine_tables(&of, &read.tables, period, &offline()),
        bulk::examine(&of, &files, period, &offline()),
    );
    assert_eq!((one.outcome.findings, one.rows), (other.outcome.findings, other.rows));
}

#[test]
fn a_sheet_of_a_wrong_name_that_has_the_columns_of_an_absent_table_is_an_error() {
    let of = shipped("ssda903-extract");
    let reviews = tab("Reviews 2023-24", &["CHILD,DOB,REVIEW,REVIEW_CODE"]);
    let found = read_sheets(&of, &[header(), episodes(), reviews.clone()], &[]).unwrap_err().0;
    assert_eq!(told(&found), [("table-name", Severity::Error, "reviews", None)]);
    let said = "`reviews` is missing, and the sheet `Reviews 2023-24` has its columns: rename it reviews";
    assert_eq!(found[0].text, said);
    // where the table is there, the other is not read
    let own = Tab { name: "reviews".to_owned(), ..reviews.clone() };
    let read = read_sheets(&of, &[header(), episodes(), own, reviews], &[]).unwrap();
    assert_eq!(read.unread, ["Reviews 2023-24"]);
}

#[test]
fn sheets_that_are_missing_twice_hidden_mixed_up_or_changed_by_the_spreadsheet_are_told_by_table() {
    let of = shipped("ssda903-extract");
    let refused = |tabs: &[Tab]| read_sheets(&of, tabs, &[]).unwrap_err().0;
    let error = Severity::Error;
    assert_eq!(told(&refused(&[header()])), [("table-name", error, "episodes", None)]);
    assert_eq!(
        told(&refused(&[header(), episodes(), episodes()])),
        [("table-name", error, "episodes", None)]
    );
    let hidden = Tab { hidden: true, ..episodes() };
    assert_eq!(told(&refused(&[header(), hidden])), [("sheet-hidden", error, "episodes", None)]);
    let mixed = Tab { name: "episodes".to_owned(), ..header() };
    let found = refused(&[header(), mixed]);
    assert_eq!(told(&found), [("table-columns", error, "episodes", None)]);
    assert!(found[0].text.contains("the columns of `header`"), "{found:?}");
    let mut short = episodes();
    short.sheet.rows[0].cells.remove(2);
    let found = refused(&[header(), short]);
    assert!(found.iter().any(|f| f.text.contains("`RNE` is missing")), "{found:?}");
    let mut changed = episodes();
    changed.sheet.rows[1].cells[1].content = Content::Number(44_652.0, Shown::Plain);
    changed.sheet.rows[1].hidden = true;
    assert_eq!(
        told(&refused(&[header(), changed])),
        [("sheet-hidden", error, "episodes", Some(1)), ("cell-stored", error, "episodes", Some(1))]
    );
    let found = read_sheets(&shipped("cin-census"), &[header()], &[]).unwrap_err().0;
    assert!(found.len() == 1 && found[0].text.contains("one XML file"), "{found:?}");
}

#[test]
fn what_thousands_of_rows_have_does_not_crowd_out_what_one_has() {
    let of = shipped("ssda903-extract");
    let mut book = [header(), episodes()];
    let number = |row: u32| {
        let mut row = texts(row, "1,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA");
        row.cells[0].content = Content::Number(1.0, Shown::Plain);
        row
    };
    book[1].sheet.rows.extend((2..2_500).map(number));
    book[1].sheet.rows[2_400].cells[3].formula = true;
    let read = read_sheets(&of, &book, &[]).unwrap();
    assert_eq!(read.counts.queries, 2_499);
    assert!(read.findings.len() <= 1_000);
    assert!(told(&read.findings).contains(&("cell-formula", Severity::Query, "episodes", Some(2_400))));
    assert!(read.findings.iter().any(|f| f.row.is_none() && f.text.contains("2498 in all")));
}

#[test]
fn the_senders_own_rows_come_back_by_number_in_the_order_and_words_of_the_file() {
    let of = shipped("ssda903-extract");
    let text = "\u{feff}UPN;CHILD;LA\nUN1;7;204\n\nUN2;8;204\nUN3;9;204\n";
    let files = [File { name: "903/Header.csv", bytes: text.as_bytes() }];
    let [own] = own_rows(&of, &files, &Keep::These(&BTreeSet::from([(0, 2)]))).try_into().unwrap();
    assert_eq!((own.headings, own.all), (["UPN", "CHILD", "LA"].map(str::to_owned).to_vec(), 3));
    assert_eq!((own.rows[0].row, own.rows[0].cells[1].as_str(), own.rows.len()), (2, "8", 1));
    let mut book = header();
    book.sheet.rows.push(texts(4, "x"));
    let [own] = own_sheets(&of, &[book], &Keep::All).try_into().unwrap();
    assert_eq!(own.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 4], "blank rows are rows");
    assert_eq!(own.all, 4);
}

#[test]
fn a_skeleton_has_every_element_once_is_read_as_a_message_and_its_rows_have_lines() {
    let of = shipped("cin-census");
    let text = skeleton(&of).unwrap();
    for name in ["Message", "Collection", "CPPreviewDate", "Disability", "ReferralNFA"] {
        assert_eq!(text.matches(&format!("<{name}>")).count(), 1, "{name}");
    }
    let files = [File { name: "a.xml", bytes: text.as_bytes() }];
    let read = bulk::read(&of, &files).unwrap();
    assert_eq!(read.tables.len(), of.tables.len());
    assert!(read.tables.iter().all(|table| table.height() == 1), "a row of every table");
    let own = own_rows(&of, &files, &Keep::All);
    assert_eq!(own.len(), of.tables.len());
    let line_of = |tag: &str| text.lines().position(|line| line.trim_start().starts_with(tag)).unwrap() + 1;
    let enquiries = of.tables.iter().position(|table| table.name == "section47").unwrap();
    let rows = &own.iter().find(|own| own.table == enquiries).unwrap().rows;
    assert_eq!(rows[0].line.unwrap() as usize, line_of("<Section47>"));
    // and as far as a message goes that was cut short
    let cut = text.split_inclusive("</CINPlanDates>").next().unwrap();
    let own = own_rows(&of, &[File { name: "a.xml", bytes: cut.as_bytes() }], &Keep::All);
    let plans = own.iter().find(|own| of.tables[own.table].name == "cin_plans").unwrap();
    assert_eq!(plans.rows[0].line.unwrap() as usize, line_of("<CINPlanDates>"));
    assert!(skeleton(&shipped("ssda903-extract")).is_none());
}
