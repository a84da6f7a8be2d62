//! Reading CSV files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{shipped, table};
use concordat_catalogue::read;
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
    assert!(said[1].contains("`contakts` is no column"));
    assert!(said[2].contains("`period` is missing"));
    assert_eq!(said.len(), 3);
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
}

#[test]
fn what_is_no_utf_8_or_empty_or_too_long_is_refused() {
    assert_eq!(rules(""), [("file-text".to_owned(), None)]);
    let of = shipped("cds-csc-quarterly");
    assert_eq!(read::csv(b"area,period\nE\xff,1\n", &of).unwrap_err()[0].rule.as_str(), "file-text");
    let long = format!("area,period\n{}", "E09000012,2022-23/Q4\n".repeat(10_001));
    assert_eq!(rules(&long), [("table-rows".to_owned(), None)]);
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
