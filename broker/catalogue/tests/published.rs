//! Files of published figures: read as they were downloaded, and the symbols in them kept apart from figures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say loudly what they skip"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{catalogue, core_data_set, ids, now, read_csv, run, shipped};
use concordat_catalogue::Side;
use concordat_catalogue::read::{self, Asked, ReadIn};
use concordat_core::across::Outcome;
use concordat_core::finding::{Finding, Severity};

const HEAD: &str = "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,la_name,category";

fn read(text: &[u8], period: Option<&str>) -> Result<ReadIn, Vec<Finding>> {
    let of = shipped("published-figures");
    let period = period.map(|period| period.parse().unwrap());
    read::csv_as(text, &Asked { of: &of, among: catalogue().types(), period })
}

/// The figures that were read, by area and indicator.
fn figures(read: &ReadIn) -> BTreeMap<(String, String), String> {
    let table = &read.tables[0];
    let at = |name: &str| table.column(name).unwrap();
    let (area, indicator, value) = (at("area"), at("indicator"), at("value"));
    let of_row = |row: concordat_core::table::Row<'_>| {
        let cell = |at: usize| row.get(at).unwrap().to_owned();
        ((cell(area), cell(indicator)), cell(value))
    };
    table.rows().map(of_row).collect()
}

fn of(figures: &BTreeMap<(String, String), String>, area: &str, indicator: &str) -> Option<String> {
    figures.get(&(area.to_owned(), indicator.to_owned())).cloned()
}

fn row(year: &str, what: &str, level: &str, code: &str, name: &str, cells: &str) -> String {
    format!(
        "{year},{what},{level},E92000001,England,E13000001,Inner London,204,{code},{name},Referrals,{cells}"
    )
}

fn referrals(rows: &[String]) -> String {
    format!("{HEAD},referral_count,rereferral_count,rereferral_percent\n{}\n", rows.join("\n"))
}

const LA: &str = "Local authority";
const YEAR: &str = "Reporting year";

#[test]
fn of_a_published_file_the_own_areas_and_year_are_read_and_the_rest_stays_behind() {
    let text = referrals(&[
        row("2023", YEAR, LA, "E09000012", "Hackney", "4148,413,10"),
        row("202223", "Financial year", LA, "E09000001", "City of London", "59,c,c"),
        row("2022", YEAR, LA, "E09000012", "Hackney", "x,x,x"),
        row("202223", "Academic year", LA, "E09000012", "Hackney", "1000,100,10"),
        row("202224", "Financial year", LA, "E09000012", "Hackney", "1000,100,10"),
        row("2023", YEAR, "Regional", "E09000012", "Hackney", "2000,200,10"),
        row("2023", YEAR, LA, "E09000030", "Tower Hamlets", "3000,300,10"),
    ]);
    let read = read(text.as_bytes(), Some("2022-23")).unwrap();
    let found = figures(&read);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(of(&found, "E09000012", "CIN-REFERRALS").unwrap(), "4148");
    assert_eq!(of(&found, "E09000012", "CIN-REREFERRALS").unwrap(), "413");
    assert_eq!(of(&found, "E09000001", "CIN-REFERRALS").unwrap(), "59");
    assert_eq!(of(&found, "E09000001", "CIN-REREFERRALS").unwrap(), "c");
    assert!(read.left_behind.contains(&"rereferral_percent".to_owned()), "{:?}", read.left_behind);
    assert!(!read.left_behind.contains(&"referral_count".to_owned()));
    let [told] = read.findings.as_slice() else { panic!("{:?}", read.findings) };
    assert_eq!(told.severity, Severity::Info);
    assert!(told.text.starts_with("2 rows of 2022-23"), "{}", told.text);
    assert!(told.text.contains("5 of other areas and years left out"), "{}", told.text);
    let checked = run(&shipped("published-figures"), "2022-23", read.tables);
    assert!(checked.valid.is_some() && checked.findings.is_empty(), "{:?}", checked.findings);
}

#[test]
fn a_figure_that_only_some_rows_speak_of_is_read_from_these() {
    let head = "time_period,time_identifier,geographic_level,new_la_code,population_type,children_count";
    let row = |what: &str, n: &str| format!("2023,{YEAR},{LA},E09000012,{what},{n}");
    let rows = [
        row("Children looked after on 31 March each year", "391"),
        row("Children starting to be looked after each year", "185"),
        row("Something that is not read", "77"),
    ];
    let read = read(format!("{head}\n{}\n", rows.join("\n")).as_bytes(), Some("2022-23")).unwrap();
    let found = figures(&read);
    assert_eq!(of(&found, "E09000012", "CLA-31-MARCH").unwrap(), "391");
    assert_eq!(of(&found, "E09000012", "CLA-STARTED").unwrap(), "185");
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn symbols_are_kept_in_one_spelling_and_never_become_figures() {
    for (written, kept) in
        [("c", "c"), ("[c]", "c"), ("low", "k"), ("k", "k"), ("x", "x"), (":", "x"), ("z", "z"), ("u", "u")]
    {
        let text =
            referrals(&[row("2023", YEAR, LA, "E09000012", "Hackney", &format!("{written},0,{written}"))]);
        let read = read(text.as_bytes(), Some("2022-23")).unwrap();
        let found = figures(&read);
        assert_eq!(of(&found, "E09000012", "CIN-REFERRALS").unwrap(), kept, "{written}");
        assert_eq!(of(&found, "E09000012", "CIN-REREFERRALS").unwrap(), "0");
        let checked = run(&shipped("published-figures"), "2022-23", read.tables);
        assert!(checked.valid.is_some() && checked.findings.is_empty(), "{:?}", checked.findings);
    }
}

#[test]
fn a_published_file_that_cannot_be_read_as_one_says_what_to_do() {
    let right = referrals(&[row("2023", YEAR, LA, "E09000012", "Hackney", "4148,413,10")]);
    let wrong = |text: &str, period: Option<&str>, rule: &str, says: &str| {
        let told = read(text.as_bytes(), period).unwrap_err();
        assert_eq!(told[0].rule.as_str(), rule, "{told:?}");
        assert!(told[0].text.contains(says), "{says}: {}", told[0].text);
        told
    };
    wrong(&right, None, "file-period", "name one with --period");
    wrong(&right, Some("2021-22"), "file-period", "no row of 2021-22 for E09000001, E09000012");
    let none = right.replace("referral_count", "other_count").replace("re-other", "other");
    wrong(&none, Some("2022-23"), "table-columns", "none of the columns");
    let figure = right.replace("4148", "four thousand");
    let told = wrong(&figure, Some("2022-23"), "cell-kind", "is not a");
    assert_eq!((told[0].row, told[0].column.as_deref()), (Some(1), Some("referral_count")), "{told:?}");
    assert!(!told[0].text.contains("thousand"), "no finding repeats a cell");
    wrong(&right.replace("4148", ""), Some("2022-23"), "cell-required", "is required");
}

#[test]
fn a_figure_that_suppression_would_hide_is_not_taken_as_published() {
    for (figure, taken) in [("0", true), ("1", false), ("5", false), ("6", true), ("c", true)] {
        let text = format!(
            "area,period,indicator,value\nE09000012,2022-23,CPP-31-MARCH,{figure}\nE09000001,2022-23,CPP-31-MARCH,0\n"
        );
        let read = read(text.as_bytes(), Some("2022-23")).unwrap();
        let checked = run(&shipped("published-figures"), "2022-23", read.tables);
        assert_eq!(checked.valid.is_some(), taken, "{figure}: {:?}", checked.findings);
        let errors: &[&str] = if taken { &[] } else { &["PUB-R1"] };
        assert_eq!(ids(&checked.findings, Severity::Error), errors, "{figure}");
    }
}

#[test]
fn an_agency_may_not_say_of_its_own_figure_that_it_is_suppressed() {
    let of = shipped("cds-csc-quarterly");
    let text = "area,period,referrals\nE09000012,2022-23/Q4,c\n";
    let read = read::csv(text.as_bytes(), &of).unwrap();
    let checked = run(&of, "2022-23/Q4", read.tables);
    assert_eq!(ids(&checked.findings, Severity::Error), ["cell-suppressed"]);
}

fn statistics() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = root.ancestors().map(|up| up.join("shared/data/statistics-dfe")).find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: ../shared/data/statistics-dfe is not there, so no published file was read");
    }
    found
}

const REFERRALS: &str = "c1_children_in_need_referrals_and_rereferrals_2013_to_2025.csv";
const PLANS: &str = "d5_cpps_at31march_by_duration_2013_to_2025.csv";
const NEED: &str = "b1_children_in_need_2013_to_2025.csv";
const CARE: &str = "cla_number_and_rate_per_10k_children.csv";

/// The files as they were published, beside the repository: what is read of them is held against a reading by hand.
#[test]
fn the_departments_own_files_are_read_as_they_were_downloaded() {
    let Some(folder) = statistics() else { return };
    let read_in = |file: &str, period: &str| {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let read = read(&bytes, Some(period)).unwrap_or_else(|told| panic!("{file}: {told:#?}"));
        let checked = run(&shipped("published-figures"), period, read.tables.clone());
        assert!(checked.valid.is_some(), "{file}: {:#?}", checked.findings);
        figures(&read)
    };
    for (file, period, area, indicator, figure) in [
        (REFERRALS, "2022-23", "E09000012", "CIN-REFERRALS", "4148"),
        (REFERRALS, "2022-23", "E09000012", "CIN-REREFERRALS", "413"),
        (REFERRALS, "2022-23", "E09000001", "CIN-REREFERRALS", "c"),
        (REFERRALS, "2021-22", "E09000012", "CIN-REFERRALS", "x"),
        (PLANS, "2022-23", "E09000012", "CPP-31-MARCH", "181"),
        (PLANS, "2022-23", "E09000001", "CPP-31-MARCH", "0"),
        (NEED, "2022-23", "E09000012", "CIN-31-MARCH", "2550"),
        (CARE, "2022-23", "E09000012", "CLA-31-MARCH", "391"),
        (CARE, "2022-23", "E09000012", "CLA-STARTED", "185"),
        (CARE, "2022-23", "E09000012", "CLA-CEASED", "204"),
    ] {
        let found = read_in(file, period);
        assert_eq!(of(&found, area, indicator).as_deref(), Some(figure), "{file} {period} {indicator}");
    }
    // no count of 1 to 5 is published of any authority, in any year: that is why PUB-R1 is an error
    for file in [REFERRALS, PLANS, NEED, CARE] {
        for year in 2013..=2025 {
            let period = format!("{}-{:02}", year - 1, year % 100);
            let bytes = std::fs::read(folder.join(file)).unwrap();
            let Ok(read) = read(&bytes, Some(&period)) else { continue };
            for ((area, indicator), figure) in figures(&read) {
                let small = figure.parse::<u32>().is_ok_and(|n| (1..=5).contains(&n));
                assert!(!small, "{file} {period} {area} {indicator}");
            }
        }
    }
}

/// Figures of an annual report, held against what the Department published, with the verdicts that a reading by
/// hand came to.
#[test]
fn figures_of_a_report_agree_with_the_published_ones_where_a_reading_by_hand_says_so() {
    let Some(folder) = statistics() else { return };
    let report = read_csv(&shipped("core-data-set-annual"), &core_data_set()).tables;
    let (annual, of) = (shipped("core-data-set-annual"), shipped("published-figures"));
    for (rule, area, year, file, verdict) in [
        ("X11-REF-Y", "E09000012", "2022-23", REFERRALS, Outcome::Holds),
        ("X11-REF-Y", "E09000001", "2022-23", REFERRALS, Outcome::DoesNotHold),
        ("X11-REF-Y", "E09000012", "2021-22", REFERRALS, Outcome::NotChecked),
        ("X11-REF-Y", "E09000001", "2021-22", REFERRALS, Outcome::DoesNotHold),
        ("X11-CPP-Y", "E09000012", "2022-23", PLANS, Outcome::Holds),
        ("X11-CPP-Y", "E09000001", "2022-23", PLANS, Outcome::DoesNotHold),
        ("X11-LAC-Y", "E09000012", "2022-23", CARE, Outcome::DoesNotHold),
        ("X11-LAC-Y", "E09000001", "2022-23", CARE, Outcome::Holds),
        ("X11-LAC-Y", "E09000001", "2021-22", CARE, Outcome::DoesNotHold),
        ("X11-START-Y", "E09000012", "2022-23", CARE, Outcome::Holds),
        ("X11-CIN-Y", "E09000001", "2022-23", NEED, Outcome::DoesNotHold),
    ] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let published = read(&bytes, Some(year)).unwrap().tables;
        let period = year.parse().unwrap();
        let sides = [
            Side { part: 0, of: &of, period, tables: &published },
            Side { part: 1, of: &annual, period, tables: &report },
        ];
        let across = catalogue().across();
        let rule = across.iter().find(|known| known.id.as_str() == rule).unwrap();
        let told = rule.outcome(&area.parse().unwrap(), &sides, None, now());
        assert_eq!(told.map(|told| told.outcome), Some(verdict), "{} {area} {year}", rule.id);
    }
}
