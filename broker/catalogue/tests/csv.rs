//! Reading CSV files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{catalogue, shipped, table};
use concordat_catalogue::read::text::Encoding;
use concordat_catalogue::read::{self, Asked};
use concordat_core::finding::{Finding, Severity};

fn csc(text: &str) -> Result<read::ReadIn, Vec<Finding>> {
    read::csv(text.as_bytes(), &shipped("cds-csc-quarterly"))
}

fn rules(text: &str) -> Vec<(String, Option<u32>)> {
    csc(text).unwrap_err().into_iter().map(|f| (f.rule.to_string(), f.row)).collect()
}

#[test]
fn columns_may_stand_in_any_order_with_any_usual_separator_and_a_mark_in_front() {
    let expected = table(
        &["area", "period", "contacts", "commentary"],
        &[&["E09000012", "2022-23/Q4", "4", "a, b;\n\"c\""]],
    );
    for (separator, mark) in [(",", ""), (";", ""), ("\t", ""), (",", "\u{feff}")] {
        let text = format!(
            "{mark}Contacts{s}commentary{s} PERIOD {s}area\r\n 4 {s}\"a, b;\n\"\"c\"\"\"{s}2022-23/Q4{s}E09000012\r\n",
            s = separator
        );
        assert_eq!(csc(&text).unwrap().tables, std::slice::from_ref(&expected), "{separator:?}");
    }
}

#[test]
fn spellings_of_no_figure_become_the_stored_one_and_text_stays() {
    let read = csc("area,period,contacts,referrals,commentary\nE09000012,2022-23/Q4,n/a,[x],.\n").unwrap();
    assert!(read.tables[0].cells.iter().skip(2).eq(["z", "x", "."]));
}

#[test]
fn an_unknown_a_doubled_and_a_missing_column_are_told_together() {
    let found = csc("area,area,contakts\nE09000012,E09000012,1\n").unwrap_err();
    let said: Vec<&str> = found.iter().map(|f| f.text.as_str()).collect();
    assert!(said[0].contains("`area` stands twice"));
    assert_eq!(said[1], "`contakts` is no column of cds-csc-quarterly: did you mean `contacts`?");
    assert!(said[2].contains("`period` is missing"));
    assert_eq!(said.len(), 3);
}

#[test]
fn a_heading_near_a_column_that_is_there_already_is_not_taken_for_it() {
    let found = csc("area,period,contacts,contakts\nE09000012,2022-23/Q4,1,1\n").unwrap_err();
    assert_eq!(
        found[0].text,
        "`contakts` is no column of cds-csc-quarterly: take it out or correct its name"
    );
}

#[test]
fn a_heading_about_persons_is_not_repeated_when_its_column_is_guessed() {
    let of = shipped("lado-notification");
    let found = read::csv(b"area_of_work,categery\nhealth,physical\n", &of).unwrap_err();
    assert_eq!(found[0].text, "column 2 is no column of lado-notification: did you mean `category`?");
}

#[test]
fn a_file_without_a_heading_is_refused_without_repeating_its_first_row() {
    let of = shipped("lado-notification");
    let found = read::csv(b"Alex Example,1980-01-01\n", &of).unwrap_err();
    assert_eq!(found.len(), 1);
    assert!(!found[0].text.contains("Alex") && !found[0].text.contains("alex"));
    let half = read::csv(b"category,Alex Example\nphysical,x\n", &of).unwrap_err();
    assert!(half.iter().all(|f| !f.text.to_lowercase().contains("alex")), "{half:?}");
    assert!(half[0].text.starts_with("column 2 is no column"));
}

#[test]
fn rows_of_another_width_are_named_by_their_number() {
    let text =
        "area,period,contacts\nE09000012,2022-23/Q4,1\nE09000001,2022-23/Q4\n\nE09000013,2022-23/Q4,1,2\n";
    assert_eq!(rules(text), [("table-shape".to_owned(), Some(2)), ("table-shape".to_owned(), Some(3))]);
}

#[test]
fn blank_rows_at_the_end_are_no_rows() {
    let read = csc("area,period,contacts\nE09000012,2022-23/Q4,1\n,,\n , ,\n").unwrap();
    assert_eq!(read.tables[0].height(), 1);
    let read = csc("area,period,contacts\n,,\nE09000012,2022-23/Q4,1\n").unwrap();
    assert_eq!(read.tables[0].height(), 2, "one in between is a row that says nothing");
}

#[test]
fn a_line_of_too_many_columns_is_refused() {
    assert_eq!(rules(&format!("area,period{}\n", ",".repeat(1_000))), [("table-columns".to_owned(), None)]);
    assert!(read::records(format!("a{}\n", ",".repeat(1_000)).as_bytes()).is_none());
}

#[test]
fn blank_rows_without_end_are_no_rows() {
    let read =
        csc(&format!("area,period,contacts\nE09000012,2022-23/Q4,1\n{}", ",\n".repeat(200_000))).unwrap();
    assert_eq!(read.tables[0].cells.len(), 3);
}

#[test]
fn what_is_no_text_or_empty_or_too_long_is_refused() {
    assert_eq!(rules(""), [("file-kind".to_owned(), None)]);
    let of = shipped("cds-csc-quarterly");
    assert_eq!(read::csv(b"area,period\nE\x00,1\n", &of).unwrap_err()[0].rule.as_str(), "file-text");
    let long = format!("area,period\n{}", "E09000012,2022-23/Q4\n".repeat(10_001));
    assert_eq!(rules(&long), [("table-rows".to_owned(), None)]);
}

#[test]
fn a_file_in_another_encoding_reads_the_same_and_says_which_it_was() {
    let text = "area,period,commentary\nE09000012,2022-23/Q4,\"Zoë – “so”\"\n";
    let plain = csc(text).unwrap();
    assert_eq!(plain.encoding, Some(Encoding::Utf8));
    let of = shipped("cds-csc-quarterly");
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let western = b"area,period,commentary\nE09000012,2022-23/Q4,\"Zo\xeb \x96 \x93so\x94\"\n";
    for (bytes, encoding) in
        [(little.as_slice(), Encoding::Utf16Le), (western.as_slice(), Encoding::Windows1252)]
    {
        let read = read::csv(bytes, &of).unwrap();
        assert_eq!((&read.tables, read.encoding), (&plain.tables, Some(encoding)));
    }
}

#[test]
fn headings_may_have_spaces_and_any_case_and_a_hint_at_the_separator_before_them() {
    let read = csc("sep=;\r\nArea; Period ;Contacts  Police\r\nE09000012;2022-23/Q4;1\r\n").unwrap();
    assert_eq!(read.tables[0].columns, ["area", "period", "contacts_police"]);
    assert_eq!(read.first_line, Some(3));
    assert_eq!(csc("\r\narea;period\nE09000012;2022-23/Q4\n").unwrap().first_line, Some(3));
}

#[test]
fn rows_keep_their_numbers_when_cells_have_lines_of_their_own() {
    let text = "area,period,commentary\nE09000012,2022-23/Q4,\"a\nb\n\nc\"\nE09000001,2022-23/Q4,x,y\n";
    assert_eq!(rules(text), [("table-shape".to_owned(), Some(2))]);
}

#[test]
fn a_column_without_a_heading_may_stand_there_if_nothing_is_in_it() {
    let read = csc("area,period,contacts,,\nE09000012,2022-23/Q4,1,,\n").unwrap();
    assert_eq!(read.tables[0].columns, ["area", "period", "contacts"]);
    let text = "area,period,contacts,,\nE09000012,2022-23/Q4,1,,\nE09000001,2022-23/Q4,1,,Alex\n";
    assert_eq!(rules(text), [("table-shape".to_owned(), Some(2))]);
}

fn asked(type_id: &str, bytes: &[u8]) -> Vec<Finding> {
    let of = shipped(type_id);
    let asked = Asked { of: &of, among: catalogue().types(), period: None };
    read::csv_as(bytes, &asked).err().unwrap_or_default()
}

fn one_sentence(type_id: &str, bytes: &[u8], words: &str) {
    let found = asked(type_id, bytes);
    assert_eq!(found.len(), 1, "{words}: {found:#?}");
    assert!(found[0].text.contains(words), "{words}: {found:#?}");
}

#[test]
fn a_file_of_another_kind_is_told_in_one_sentence() {
    for (bytes, words) in [
        (b"PK\x03\x04....xl/workbook.xml".as_slice(), "an Excel workbook (.xlsx)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "an old Office file"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3", "a PDF"),
        (b"\xff\xfe<\0M\0/\0>\0", "an XML file"),
        (b"{\"a\": 1}", "JSON"),
        (b"\n\n", "empty"),
        (b"CHILD,DECOM,RNE,LS\n1,01/04/2023,S,C2\n", "the SSDA903 return"),
        (b"area,name,kind,owner\nE09000012,a,b,c\n", "does not look like a file of `cds-csc-quarterly`"),
    ] {
        one_sentence("cds-csc-quarterly", bytes, words);
    }
}

#[test]
fn a_file_of_another_of_our_types_is_told_by_its_name() {
    let of = shipped("cds-police-quarterly");
    let names: Vec<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
    let text = format!("{}\n", names.join(","));
    one_sentence("cds-csc-quarterly", text.as_bytes(), "this is a file of `cds-police-quarterly`");
    assert!(asked("cds-police-quarterly", text.as_bytes()).is_empty());
    // a file with one wrong heading is still a file of its own type
    let text = text.replace("missing_children", "missing_kids");
    let found = asked("cds-police-quarterly", text.as_bytes());
    assert!(found[0].text.contains("`missing_kids` is no column"), "{found:?}");
}

#[test]
fn a_file_for_another_period_is_told_once_and_a_single_row_by_its_row() {
    let of = shipped("cds-csc-quarterly");
    let told = |first: &str, second: &str, declared: &str| {
        let text = format!("area,period,contacts\nE09000012,{first},x1\nE09000001,{second},1\n");
        read::other_period(&of, declared.parse().unwrap(), &csc(&text).unwrap().tables)
    };
    let found = told("2022-23/Q3", "2022-23/Q3", "2022-23/Q4").unwrap();
    assert!(found.text.contains("this file is for 2022-23/Q3"), "{found:?}");
    for (first, second, declared) in [
        ("2022-23/Q3", "2022-23/Q4", "2022-23/Q4"),
        ("2022-23/Q4", "2022-23/Q4", "2022-23/Q4"),
        ("Alex", "Alex", "2022-23/Q4"),
        ("2022-23/Q3", "2022-23/Q3", "2022-23"),
    ] {
        assert_eq!(told(first, second, declared), None, "{first} {second}");
    }
}

#[test]
fn an_unexpected_column_that_holds_identifiers_is_told_by_its_place_and_sort_never_by_value() {
    let of = shipped("cds-csc-quarterly");
    let file = "area,period,contacts,nhs no,dob,who\n\
                E09000012,2022-23/Q4,9,943 476 5919,2015-03-12,Jamie Okafor\n";
    let findings = read::csv(file.as_bytes(), &of).unwrap_err();
    let told: Vec<_> = findings
        .iter()
        .filter(|f| f.rule.as_str() == "text-overshare")
        .map(|f| (f.severity, f.text.as_str()))
        .collect();
    let text = |at: u8, held: &str| {
        format!(
            "column {at}, which is no column of this type, holds {held}: take it out before you send or store the file"
        )
    };
    assert_eq!(
        told,
        [
            (Severity::Error, text(4, "NHS numbers").as_str()),
            (Severity::Error, text(5, "dates of birth").as_str()),
            (Severity::Query, text(6, "what may be names of persons").as_str()),
        ]
    );
    let all = format!("{findings:?}");
    for value in ["943", "5919", "2015", "Jamie", "Okafor"] {
        assert!(!all.contains(value), "{value}");
    }
    // the type says of these that they never travel: they may hold anything
    let of = shipped("core-data-set-annual");
    let file =
        "area,indicator_code,period,value,unit,notes\nHackney,CSC-FD-REF,2022/23,1,count,943 476 5919\n";
    assert!(read::csv(file.as_bytes(), &of).is_ok());
}
