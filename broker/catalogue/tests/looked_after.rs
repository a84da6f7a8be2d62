//! The looked-after children's return: every rule broken by one small folder and kept by another, and the
//! same found in the files as in the tables that are sent.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;
#[path = "rules/fixtures/mod.rs"]
mod fixtures;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::{check_both, draft, offline, online, shipped};
use concordat_catalogue::ReturnType;
use concordat_catalogue::bulk::{self, File, RuleCount};
use concordat_core::finding::{Finding, Severity};
use concordat_core::table::Table;
use fixtures::looked_after::{Edit, FIXTURES, Fixture, folder};

fn of() -> Arc<ReturnType> {
    shipped("ssda903-extract")
}

fn files(folder: &BTreeMap<String, String>) -> Vec<File<'_>> {
    folder.iter().map(|(name, text)| File { name, bytes: text.as_bytes() }).collect()
}

fn tables(folder: &BTreeMap<String, String>) -> Vec<Table> {
    bulk::read(&of(), &files(folder)).unwrap().tables
}

/// Last year's return: the child's, or that of another child.
fn before(edits: Option<&[Edit]>) -> Vec<Table> {
    edits.map_or_else(strangers, |edits| tables(&folder(edits)))
}

fn before_of(fixture: &Fixture) -> Vec<Table> {
    fixture.earlier().map_or_else(strangers, |folder| tables(&folder))
}

/// Last year's return of another child, who was no longer looked after.
fn strangers() -> Vec<Table> {
    let mut folder = folder(&[("episodes", 0, &[("DEC", "01/02/2023"), ("REC", "E11")])]);
    folder.values_mut().for_each(|text| *text = text.replace("\n1,", "\n999,"));
    tables(&folder)
}

fn examine_after(before: &[Table], folder: &BTreeMap<String, String>) -> bulk::Examined {
    bulk::examine(&of(), &files(folder), "2023-24".parse().unwrap(), &online(Some(before)))
}

fn examine(folder: &BTreeMap<String, String>) -> bulk::Examined {
    examine_after(&before(None), folder)
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
    let sent = check_both(&of(), draft(&of(), "2023-24", tables), &online(None));
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
        let before = before_of(fixture);
        let breaking = examine_after(&before, &fixture.broken());
        let wanted: BTreeSet<&str> = fixture.also.iter().copied().chain([rule]).collect();
        assert_eq!(broken(&breaking.outcome.per_rule), wanted, "{rule} broken");
        let first = breaking.outcome.findings.iter().find(|f| f.rule.as_str() == rule).unwrap();
        // a row of last year's return is named in the words
        let row =
            first.row.is_some() || first.text.starts_with("row 2 of this table in the earlier return: ");
        assert!(row && first.column.is_some(), "{rule} names its row and column");
        let passing = examine_after(&before, &fixture.kept());
        assert_eq!(broken(&passing.outcome.per_rule), BTreeSet::new(), "{rule} kept");
        let told = passing.outcome.per_rule.iter().find(|count| count.rule.as_str() == rule);
        assert_eq!(told, None, "{rule} is decided, not left unchecked");
    }
}

#[test]
fn the_tables_that_are_sent_are_found_to_be_what_the_files_are() {
    let of = of();
    for fixture in FIXTURES {
        for folder in [fixture.broken(), fixture.kept()] {
            let before = before_of(fixture);
            let checked = check_both(&of, draft(&of, "2023-24", tables(&folder)), &online(Some(&before)));
            let outcome = examine_after(&before, &folder).outcome;
            assert_eq!(checked.findings, outcome.findings, "{}", fixture.rule);
            assert_eq!((checked.counts, &checked.per_rule), (outcome.counts, &outcome.per_rule));
            let left = outcome.counts.errors == 0 || outcome.in_part.is_some();
            assert_eq!(checked.valid.is_some(), left, "{}", fixture.rule);
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
    let said = |rule| (rule, Severity::NotChecked, "not checked: the table `ad1` is not in this return");
    assert_eq!(told, [said("INT01"), said("523")]);
}

#[test]
fn to_ask_whether_a_child_has_a_row_in_a_table_that_is_not_there_is_to_hear_no() {
    let mut folder = folder(&[("header", 1, &[("CHILD", "2")])]);
    folder.remove("oc3.csv");
    let found = examine(&folder).outcome.per_rule;
    assert_eq!(broken(&found), BTreeSet::from(["no-episode"]));
}

#[test]
fn a_folder_of_another_year_is_noticed_both_ways() {
    let ended: &[Edit] = &[("episodes", 0, &[("DEC", "01/09/2023"), ("REC", "E11")])];
    let folder = folder(ended);
    let of_year = |year: &str| {
        let examined = bulk::examine(&of(), &files(&folder), year.parse().unwrap(), &offline());
        examined.outcome.per_rule
    };
    let of_year = |year| broken(&of_year(year)).into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of_year("2022-23"), ["354", "385", "570", "571", "review-outside-year"]);
    assert_eq!(of_year("2023-24"), [""; 0]);
    assert_eq!(of_year("2024-25"), ["571", "ended-before-year", "review-outside-year"]);
}

fn told(findings: &[Finding], rule: &str) -> Vec<(Severity, Option<u32>, String)> {
    let of = findings.iter().filter(|finding| finding.rule.as_str() == rule);
    of.map(|finding| (finding.severity, finding.row, finding.text.clone())).collect()
}

/// The rules that need last year's return.
const LOOKING_BACK: [&str; 23] = [
    "202",
    "203",
    "204",
    "207",
    "208",
    "502",
    "503A",
    "503B",
    "503C",
    "503D",
    "503E",
    "503F",
    "559",
    "560",
    "561",
    "562",
    "576",
    "584",
    "624",
    "626",
    "1010",
    "NoE",
    "open-last-year",
];

#[test]
fn without_last_years_return_every_rule_that_needs_it_says_so_once_and_why() {
    let early: &[Edit] = &[
        ("episodes", 0, &[("DECOM", "01/01/2023")]),
        ("placed_for_adoption", 0, &[("DATE_PLACED", "01/01/2023")]),
        ("ad1", 0, &[("DATE_INT", "01/01/2023")]),
        ("header", 0, &[("MOTHER", "1"), ("MC_DOB", "01/01/2023")]),
        ("header", 1, &[("CHILD", "2")]),
        ("header", 2, &[("CHILD", "3")]),
        ("oc3", 0, &[("CHILD", "3")]),
        ("episodes", 1, &[("CHILD", "2"), ("DECOM", "01/01/2023")]),
    ];
    let folder = folder(early);
    let none = online(None);
    for (context, why) in [
        (&none, "not checked: there is no earlier return to compare with"),
        (&offline(), "not checked offline: only the broker holds the earlier return to compare with"),
    ] {
        let examined = bulk::examine(&of(), &files(&folder), "2023-24".parse().unwrap(), context);
        for rule in LOOKING_BACK {
            let said = told(&examined.outcome.findings, rule);
            assert_eq!(said, [(Severity::NotChecked, None, why.to_owned())], "{rule}");
        }
        assert_eq!(broken(&examined.outcome.per_rule), BTreeSet::new());
    }
}

#[test]
fn only_the_rules_that_look_back_are_left_to_the_broker() {
    let of = of();
    let needing: BTreeSet<&str> =
        of.rules.iter().filter(|rule| rule.needs_broker()).map(|rule| rule.id.as_str()).collect();
    assert_eq!(needing, BTreeSet::from(LOOKING_BACK));
    assert!(of.needs_previous());
}

#[test]
fn a_table_that_last_years_return_did_not_have_leaves_its_rules_not_checked() {
    let before: Vec<Table> = before(Some(&[])).into_iter().filter(|table| table.name != "missing").collect();
    let findings = examine_after(&before, &folder(&[])).outcome.findings;
    let text = "not checked: the table `missing` is not in the earlier return".to_owned();
    assert_eq!(told(&findings, "576"), [(Severity::NotChecked, None, text)]);
    assert_eq!(findings.len(), 1, "{findings:#?}");
}

#[test]
fn columns_that_last_years_return_did_not_have_are_blank() {
    let mut before = before(Some(&[]));
    let header = &mut before[0];
    let keep: Vec<usize> = (0..header.columns.len()).filter(|at| header.columns[*at] != "SEX").collect();
    let rows: Vec<String> = header
        .rows()
        .flat_map(|row| keep.iter().map(|at| row.get(*at).unwrap().to_owned()).collect::<Vec<_>>())
        .collect();
    header.columns.remove(1);
    header.cells = rows.iter().collect();
    assert_eq!(examine_after(&before, &folder(&[])).outcome.findings, []);
}

#[test]
fn of_several_episodes_of_last_year_the_last_one_to_begin_counts() {
    // the open one stands first in the file, and began last
    let before = before(Some(&[
        ("episodes", 0, &[("DECOM", "01/02/2023")]),
        ("episodes", 1, &[("DECOM", "01/01/2022"), ("DEC", "01/02/2023"), ("REC", "X1")]),
    ]));
    let with = |edits| examine_after(&before, &folder(edits)).outcome.per_rule;
    assert_eq!(broken(&with(&[("episodes", 0, &[("DECOM", "01/02/2023")])])), BTreeSet::new());
    assert_eq!(broken(&with(&[("episodes", 0, &[("DECOM", "01/01/2022")])])), BTreeSet::from(["502", "562"]));
}

#[test]
fn a_pupil_number_may_become_known_and_not_unknown_again() {
    for (then, now, breaks) in [
        ("UN3", "A000000000001", false),
        ("UN1", "UN2", false),
        ("UN3", "UN4", true),
        ("A000000000001", "UN3", true),
        ("UN3", "UN3", false),
    ] {
        let with = |upn| {
            let mut folder = folder(&[]);
            folder.insert("header.csv".into(), folder["header.csv"].replace("A000000000001", upn));
            folder
        };
        let (before, folder) = (tables(&with(then)), with(now));
        let found = examine_after(&before, &folder).outcome.per_rule;
        assert_eq!(broken(&found).contains("208"), breaks, "{then} to {now}");
    }
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
    assert_eq!(examined.unread, ["notes.txt"]);
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
fn a_file_of_a_wrong_name_that_has_the_columns_of_an_absent_table_is_an_error_and_other_files_are_named() {
    let looked_at = |change: &dyn Fn(&mut BTreeMap<String, String>)| {
        let mut folder = folder(&[]);
        change(&mut folder);
        let examined = examine(&folder);
        let errors = examined.outcome.findings.iter().filter(|f| f.severity == Severity::Error);
        let errors =
            errors.map(|f| format!("{} {}: {}", f.rule.as_str(), f.table, f.text)).collect::<Vec<_>>();
        assert_eq!(bulk::read(&of(), &files(&folder)).is_err(), !errors.is_empty());
        (errors.join("\n"), examined.unread)
    };
    let rename = |f: &mut BTreeMap<String, String>, from: &str, to: &str| {
        let text = f.remove(from).unwrap();
        f.insert(to.to_owned(), text);
    };
    let (errors, unread) = looked_at(&|f| rename(f, "reviews.csv", "2024/Reviews 2023-24.CSV"));
    assert_eq!(
        errors,
        "table-name reviews: `reviews` is missing, and the file `Reviews 2023-24.CSV` has its columns: \
         rename it reviews.csv"
    );
    assert_eq!(unread, [""; 0]);
    // a table that must be there is told once
    let (errors, _) = looked_at(&|f| rename(f, "episodes.csv", "eps.csv"));
    assert_eq!(
        errors,
        "table-name episodes: `episodes` is missing, and the file `eps.csv` has its columns: rename it episodes.csv"
    );
    // the table is there, the file is not CSV, or lacks a column
    let (errors, unread) = looked_at(&|f| drop(f.insert("old reviews.csv".into(), f["reviews.csv"].clone())));
    assert_eq!((errors.as_str(), unread), ("", vec!["old reviews.csv".to_owned()]));
    let (errors, unread) = looked_at(&|f| rename(f, "reviews.csv", "reviews.txt"));
    assert_eq!((errors.as_str(), unread), ("", vec!["reviews.txt".to_owned()]));
    let (errors, unread) = looked_at(&|f| {
        f.remove("reviews.csv");
        f.insert("Reviews 2023-24.csv".into(), "CHILD,DOB,REVIEW\n1,01/02/2010,01/05/2023\n".into());
    });
    assert_eq!((errors.as_str(), unread), ("", vec!["Reviews 2023-24.csv".to_owned()]));
}

#[test]
fn a_child_twice_in_the_header_is_told_at_the_later_row() {
    let examined = examine(&folder(&[("header", 1, &[])]));
    let told: Vec<_> =
        examined.outcome.findings.iter().map(|f| (f.rule.as_str(), f.row, f.column.as_deref())).collect();
    assert_eq!(told, [("row-unique", Some(2), Some("CHILD"))]);
}
