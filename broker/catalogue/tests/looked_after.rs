//! The looked-after children's return: every rule broken by one small folder and kept by another, and the
//! same found in the files as in the tables that are sent.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;
#[path = "rules/fixtures/mod.rs"]
mod fixtures;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::{check_both, draft, shipped};
use concordat_catalogue::ReturnType;
use concordat_catalogue::bulk::{self, File, RuleCount};
use concordat_core::finding::Severity;
use fixtures::LOOKED_AFTER;

/// A table, a row, and what its cells say; a row beyond the last is the first again.
type Edit = (&'static str, usize, &'static [(&'static str, &'static str)]);

struct Fixture {
    rule: &'static str,
    breaks: &'static [Edit],
    /// Rules that a breaking folder cannot but break as well.
    also: &'static [&'static str],
    passes: &'static [Edit],
}

const fn fixture(rule: &'static str, breaks: &'static [Edit], passes: &'static [Edit]) -> Fixture {
    Fixture { rule, breaks, also: &[], passes }
}

const FIXTURES: &[Fixture] = &[
    fixture("101", &[("header", 0, &[("SEX", "3")])], &[("header", 0, &[("SEX", "1")])]),
    fixture("102", &[("header", 0, &[("DOB", "31/02/2010")])], &[("header", 0, &[("DOB", "28/02/2010")])]),
    fixture("103", &[("header", 0, &[("ETHNIC", "")])], &[("header", 0, &[("ETHNIC", "NOBT")])]),
    fixture(
        "141",
        &[("episodes", 0, &[("DECOM", "2023-04-01")])],
        &[("episodes", 0, &[("DECOM", "01/04/2023")])],
    ),
    Fixture {
        rule: "142",
        breaks: &[("episodes", 1, &[("DECOM", "01/06/2023")])],
        also: &[],
        passes: &[
            ("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "X1")]),
            ("episodes", 1, &[("DECOM", "01/06/2023")]),
        ],
    },
    fixture("143", &[("episodes", 0, &[("RNE", "s")])], &[("episodes", 0, &[("RNE", "")])]),
    fixture("144", &[("episodes", 0, &[("LS", "section 20")])], &[("episodes", 0, &[("LS", "V2")])]),
    fixture("145", &[("episodes", 0, &[("CIN", "N9")])], &[("episodes", 0, &[("CIN", "N8")])]),
    fixture("146", &[("episodes", 0, &[("PLACE", "P0")])], &[("episodes", 0, &[("PLACE", "H5")])]),
    fixture(
        "147",
        &[("episodes", 0, &[("DEC", "soon"), ("REC", "X1")])],
        &[("episodes", 0, &[("DEC", "29/02/2024"), ("REC", "X1")])],
    ),
    fixture("148", &[("episodes", 0, &[("REC", "X1")])], &[("episodes", 0, &[("DEC", ""), ("REC", "")])]),
    fixture(
        "149",
        &[("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "E1")])],
        &[("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "E11")])],
    ),
    fixture("182", &[("oc2", 0, &[("TEETH_CHECK", "")])], &[("oc2", 0, OC2_BLANK)]),
    fixture(
        "501",
        &[
            ("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "X1")]),
            ("episodes", 1, &[("DECOM", "31/05/2023"), ("DEC", ""), ("REC", "")]),
        ],
        &[
            ("episodes", 0, &[("DEC", "01/06/2023"), ("REC", "X1")]),
            ("episodes", 1, &[("DECOM", "01/06/2023"), ("DEC", ""), ("REC", "")]),
        ],
    ),
    fixture(
        "522",
        &[("placed_for_adoption", 0, &[("DATE_PLACED_CEASED", "31/12/2022")])],
        &[("placed_for_adoption", 0, &[("DATE_PLACED_CEASED", "01/01/2023")])],
    ),
    fixture(
        "523",
        &[("ad1", 0, &[("DATE_INT", "02/01/2023")])],
        &[("ad1", 0, &[("DATE_INT", "01/01/2023")])],
    ),
    fixture(
        "526",
        &[("episodes", 0, &[("PLACE_PROVIDER", "")])],
        &[("episodes", 0, &[("PLACE_PROVIDER", ""), ("PLACE", "T0")])],
    ),
    fixture("527", &[("episodes", 0, &[("PLACE", "R5")])], &[("episodes", 0, &[("PLACE", "R3")])]),
    fixture(
        "528",
        &[("episodes", 0, &[("PLACE", "R2"), ("PLACE_PROVIDER", "PR2")])],
        &[("episodes", 0, &[("PLACE", "R1"), ("PLACE_PROVIDER", "PR2")])],
    ),
    fixture(
        "529",
        &[("episodes", 0, &[("PLACE", "U3"), ("PLACE_PROVIDER", "PR3")])],
        &[("episodes", 0, &[("PLACE", "R2"), ("PLACE_PROVIDER", "PR3")])],
    ),
    fixture(
        "530",
        &[("episodes", 0, &[("PLACE", "P1"), ("PLACE_PROVIDER", "PR4")])],
        &[("episodes", 0, &[("PLACE", "P2"), ("PLACE_PROVIDER", "PR4")])],
    ),
    fixture(
        "550",
        &[("episodes", 0, &[("PLACE", "U1"), ("PLACE_PROVIDER", "PR0")])],
        &[("episodes", 0, &[("PLACE", "P1"), ("PLACE_PROVIDER", "PR0")])],
    ),
    fixture(
        "574",
        &[
            ("missing", 0, &[("MIS_END", "")]),
            ("missing", 1, &[("MIS_START", "01/07/2023"), ("MIS_END", "02/07/2023")]),
        ],
        &[("missing", 1, &[("MIS_START", "03/06/2023"), ("MIS_END", "")])],
    ),
];

const OC2_BLANK: &[(&str, &str)] = &[
    ("CONVICTED", ""),
    ("HEALTH_CHECK", ""),
    ("IMMUNISATIONS", ""),
    ("TEETH_CHECK", ""),
    ("HEALTH_ASSESSMENT", ""),
    ("SUBSTANCE_MISUSE", ""),
    ("INTERVENTION_RECEIVED", ""),
    ("INTERVENTION_OFFERED", ""),
];

fn of() -> Arc<ReturnType> {
    shipped("ssda903-extract")
}

fn folder(edits: &[Edit]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (table, heading, row) in LOOKED_AFTER {
        let columns: Vec<&str> = heading.split(',').collect();
        let mut rows: Vec<Vec<&str>> = vec![row.split(',').collect()];
        for (_, at, cells) in edits.iter().filter(|(name, ..)| name == table) {
            while rows.len() <= *at {
                rows.push(row.split(',').collect());
            }
            for (column, value) in *cells {
                rows[*at][columns.iter().position(|c| c == column).unwrap()] = value;
            }
        }
        let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        files.insert(format!("{table}.csv"), format!("{heading}\n{}\n", rows.join("\n")));
    }
    files
}

fn files(folder: &BTreeMap<String, String>) -> Vec<File<'_>> {
    folder.iter().map(|(name, text)| File { name, bytes: text.as_bytes() }).collect()
}

fn examine(folder: &BTreeMap<String, String>) -> bulk::Examined {
    bulk::examine(&of(), &files(folder), "2023-24".parse().unwrap(), common::now())
}

fn broken(counts: &[RuleCount]) -> BTreeSet<&str> {
    counts.iter().filter(|c| c.severity != Severity::NotChecked).map(|c| c.rule.as_str()).collect()
}

#[test]
fn a_sound_folder_has_no_findings() {
    let examined = examine(&folder(&[]));
    assert_eq!(examined.outcome.findings, []);
    assert!(examined.rows.iter().all(|(_, rows)| *rows == Some(1)), "{:?}", examined.rows);
}

#[test]
fn headings_alone_are_no_return_in_files_or_as_sent() {
    let mut empty = folder(&[]);
    for text in empty.values_mut() {
        text.truncate(text.find('\n').unwrap() + 1);
    }
    let found = examine(&empty).outcome.findings;
    let told: Vec<_> = found.iter().map(|f| (f.rule.as_str(), f.table.as_str(), f.row)).collect();
    assert_eq!(told, [("table-rows", "header", None), ("table-rows", "episodes", None)]);
    let tables = bulk::read(&of(), &files(&empty)).unwrap().tables;
    let sent = check_both(&of(), draft(&of(), "2023-24", tables));
    assert_eq!((sent.counts.errors, sent.valid.is_none()), (2, true));
}

#[test]
fn every_rule_has_a_folder_that_breaks_it_and_nothing_else_and_one_that_keeps_it() {
    let of = of();
    let known: BTreeSet<&str> = of.rules.iter().map(|rule| rule.id.as_str()).collect();
    let with: BTreeSet<&str> = FIXTURES.iter().map(|fixture| fixture.rule).collect();
    assert_eq!(known, with, "a rule without fixtures, or fixtures without a rule");
    for fixture in FIXTURES {
        let rule = fixture.rule;
        let wanted: BTreeSet<&str> = fixture.also.iter().copied().chain([rule]).collect();
        let breaking = examine(&folder(fixture.breaks));
        assert_eq!(broken(&breaking.outcome.per_rule), wanted, "{rule} broken");
        let first = breaking.outcome.findings.iter().find(|f| f.rule.as_str() == rule).unwrap();
        assert!(first.row.is_some() && first.column.is_some(), "{rule} names its row and column");
        let passing = examine(&folder(fixture.passes));
        assert_eq!(broken(&passing.outcome.per_rule), BTreeSet::new(), "{rule} kept");
        let told = passing.outcome.per_rule.iter().find(|count| count.rule.as_str() == rule);
        assert_eq!(told, None, "{rule} is decided, not left unchecked");
    }
}

#[test]
fn the_tables_that_are_sent_are_found_to_be_what_the_files_are() {
    let of = of();
    for fixture in FIXTURES {
        for edits in [fixture.breaks, fixture.passes] {
            let folder = folder(edits);
            let tables = bulk::read(&of, &files(&folder)).unwrap().tables;
            let checked = check_both(&of, draft(&of, "2023-24", tables));
            let outcome = examine(&folder).outcome;
            assert_eq!(checked.findings, outcome.findings, "{}", fixture.rule);
            assert_eq!((checked.counts, &checked.per_rule), (outcome.counts, &outcome.per_rule));
            assert_eq!(checked.valid.is_some(), outcome.counts.errors == 0);
        }
    }
}

#[test]
fn a_rule_over_a_table_that_is_not_there_says_so_and_does_not_pass() {
    let mut folder = folder(&[]);
    folder.remove("ad1.csv");
    let examined = examine(&folder);
    let told: Vec<_> =
        examined.outcome.findings.iter().map(|f| (f.rule.as_str(), f.severity, f.text.as_str())).collect();
    assert_eq!(told, [("523", Severity::NotChecked, "not checked: the table `ad1` is not in this return")]);
}

#[test]
fn a_blank_where_a_rule_needs_a_value_is_not_checked_and_what_cannot_be_read_is_told_once() {
    let blank = examine(&folder(&[("episodes", 0, &[("PLACE", "")])]));
    let told: Vec<_> = blank.outcome.findings.iter().map(|f| (f.rule.as_str(), f.severity)).collect();
    assert_eq!(told, [("527", Severity::NotChecked)]);
    let bad = examine(&folder(&[("episodes", 0, &[("PLACE", "nowhere")])]));
    let told: Vec<_> = bad.outcome.findings.iter().map(|f| (f.rule.as_str(), f.severity)).collect();
    assert_eq!(told, [("146", Severity::Error)]);
    assert!(!format!("{bad:?}").contains("nowhere"));
}

#[test]
fn file_names_and_headings_are_found_in_any_case_and_order() {
    let sound = folder(&[]);
    let mut other = BTreeMap::new();
    for (name, text) in &sound {
        other.insert(format!("903/Return 2024/{}", name.to_uppercase()), text.replacen("CHILD", "child", 1));
    }
    other.insert("903/notes.txt".into(), "not a table".into());
    let examined = examine(&other);
    assert_eq!(examined.outcome.findings, []);
    assert_eq!(examined.left_behind, ["notes.txt"]);
    let mut turned = sound.clone();
    turned.insert(
        "reviews.csv".into(),
        "\u{feff}REVIEW_CODE;REVIEW;DOB;CHILD;LA\r\nPN1; 01/05/2023;01/02/2010;1;x\r\n".into(),
    );
    let examined = examine(&turned);
    assert_eq!(examined.outcome.findings, []);
    assert_eq!(examined.left_behind, ["reviews.LA"]);
}

#[test]
fn files_that_are_missing_double_mixed_up_or_no_csv_are_told() {
    let said = |change: &dyn Fn(&mut BTreeMap<String, String>)| {
        let mut folder = folder(&[]);
        change(&mut folder);
        let findings = examine(&folder).outcome.findings;
        findings.into_iter().map(|f| format!("{}: {}", f.table, f.text)).collect::<Vec<_>>().join("\n")
    };
    let missing = said(&|f| drop(f.remove("episodes.csv")));
    assert_eq!(missing, "episodes: there is no file for this table: it is called episodes.csv");
    let twice = said(&|f| drop(f.insert("old/header.csv".into(), f["header.csv"].clone())));
    assert_eq!(twice, "header: two files are this table: keep one of them");
    let mixed = said(&|f| drop(f.insert("reviews.csv".into(), f["missing.csv"].clone())));
    assert_eq!(
        mixed,
        "reviews: this file has the columns of `missing`: look whether two files were mixed up"
    );
    let html = said(&|f| drop(f.insert("header.csv".into(), "<html>".into())));
    assert_eq!(html, "header: this is no CSV file, though it is called one: save the table as CSV");
    let lacking = said(&|f| drop(f.insert("uasc.csv".into(), "CHILD,SEX,DOB\n1,2,01/02/2010\n".into())));
    assert_eq!(lacking, "uasc: the column `DUC` is missing");
    let short = said(&|f| drop(f.insert("uasc.csv".into(), "CHILD,SEX,DOB,DUC\n1,2,01/02/2010\n".into())));
    assert_eq!(short, "uasc: this row has 3 cells and the heading 4");
}

#[test]
fn a_child_twice_in_the_header_is_told_at_the_later_row() {
    let examined = examine(&folder(&[("header", 1, &[])]));
    let told: Vec<_> =
        examined.outcome.findings.iter().map(|f| (f.rule.as_str(), f.row, f.column.as_deref())).collect();
    assert_eq!(told, [("row-unique", Some(2), Some("CHILD"))]);
}
