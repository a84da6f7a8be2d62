//! The 704 figures of a real annual report, through the annual return type.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{core_data_set, draft, ids, now, read_csv, run, shipped};
use concordat_catalogue::{Context, check, content};
use concordat_core::finding::Severity;

#[test]
fn all_704_figures_are_read_and_nothing_but_five_columns_travels() {
    let of = shipped("core-data-set-annual");
    let read = read_csv(&of, &core_data_set());
    assert_eq!(read.tables[0].columns, ["area", "indicator", "period", "value", "unit"]);
    assert_eq!(read.tables[0].height(), 704);
    assert_eq!(read.left_behind, ["agency", "indicator_name", "source_section", "notes", "seed_line"]);
}

#[test]
fn the_reports_own_contradictions_are_queried_with_figures_and_its_sound_sums_stay_quiet() {
    let of = shipped("core-data-set-annual");
    let tables = read_csv(&of, &core_data_set()).tables;
    let checked = run(&of, "2022-23", tables.clone());
    assert_eq!(ids(&checked.findings, Severity::Error), [""; 0]);
    let mut queried = ids(&checked.findings, Severity::Query);
    queried.sort_unstable();
    assert_eq!(
        queried,
        [
            "CDS-COM-2",
            "CDS-COM-3",
            "CDS-COM-4",
            "CDS-CSC-1",
            "CDS-CSC-12",
            "CDS-CSC-13",
            "CDS-CSC-14",
            "CDS-CSC-2",
            "CDS-CSC-21",
            "CDS-CSC-22",
            "CDS-CSC-4",
            "CDS-DAPP-1",
            "CDS-EXP-1",
            "CDS-EXP-2",
            "CDS-FIN-1",
            "CDS-FIN-2",
            "CDS-HLT-2",
            "CDS-LADO-4",
            "CDS-POL-7",
            "CDS-PRV-1",
            "CDS-TRN-1",
            "CDS-TRN-11",
            "CDS-TRN-2",
        ]
    );
    let figures = |id: &str| {
        let finding = checked.findings.iter().find(|f| f.rule.as_str() == id).unwrap();
        (finding.figures.clone().unwrap(), finding.row.unwrap())
    };
    let row_of = |indicator: &str| {
        let row = tables[0]
            .rows()
            .position(|row| row.get(1) == Some(indicator) && row.get(2) == Some("2022/23"))
            .unwrap();
        u32::try_from(row).unwrap() + 1
    };
    let parts = |sum: &str, total: &str| format!("the parts add up to {sum}; the total says {total}");
    assert_eq!(figures("CDS-FIN-1"), (parts("418,721", "418,722"), row_of("FIN-EXP-TOTALEXP")));
    assert_eq!(figures("CDS-FIN-2"), (parts("387,633", "363,153"), row_of("FIN-INC-TOTALINCOM")));
    assert_eq!(figures("CDS-TRN-1"), (parts("55", "56"), row_of("TRN-SESS")));
    assert_eq!(figures("CDS-TRN-2"), (parts("1,120", "1,121"), row_of("TRN-ATT")));
    assert_eq!(figures("CDS-CSC-1"), ("211 against 181".to_owned(), row_of("CSC-CP-CPP-CHG")));
    assert_eq!(figures("CDS-PRV-1"), (parts("32", "35"), row_of("PRV-REF")));
}

#[test]
fn what_needs_figures_that_are_not_there_is_told_and_little_of_it() {
    let of = shipped("core-data-set-annual");
    let checked = run(&of, "2022-23", read_csv(&of, &core_data_set()).tables);
    let mut unchecked = ids(&checked.findings, Severity::NotChecked);
    unchecked.sort_unstable();
    // the report gives no population for earlier years
    assert_eq!(unchecked, ["CDS-CSC-14"], "{:#?}", checked.findings);
    assert_eq!((checked.counts.queries, checked.counts.errors), (23, 0));
}

#[test]
fn correcting_a_line_silences_its_query_and_breaking_a_sound_sum_raises_one() {
    let of = shipped("core-data-set-annual");
    let mut tables = read_csv(&of, &core_data_set()).tables;
    let width = tables[0].columns.len();
    let mut set = |indicator: &str, period: &str, value: &str| {
        let row = tables[0]
            .rows()
            .position(|row| row.get(1) == Some(indicator) && row.get(2) == Some(period))
            .unwrap();
        tables[0].cells.set(row * width + 3, value);
    };
    set("FIN-EXP-TOTALEXP", "2022/23", "418721");
    set("TRN-CANC", "2022/23", "253");
    set("DCS-M", "2023-03-31", "x");
    let checked = run(&of, "2022-23", tables);
    let queried = ids(&checked.findings, Severity::Query);
    assert!(!queried.contains(&"CDS-FIN-1"));
    assert!(queried.contains(&"CDS-TRN-3"));
    assert!(!queried.contains(&"CDS-DCS-1"));
    assert!(
        ids(&checked.findings, Severity::NotChecked).contains(&"CDS-DCS-1"),
        "x is never a pass and never zero"
    );
}

#[test]
fn one_agencys_rows_alone_raise_nothing_about_figures_that_others_send() {
    let of = shipped("core-data-set-annual");
    let text = String::from_utf8(core_data_set()).unwrap();
    for agency in ["csc", "police", "health", "education", "lado", "probation", "community_safety"] {
        let mut lines = text.lines();
        let mut own = lines.next().unwrap().to_owned();
        for line in lines.filter(|line| line.split(',').nth(1) == Some(agency)) {
            own.push('\n');
            own.push_str(line);
        }
        let checked = run(&of, "2022-23", read_csv(&of, own.as_bytes()).tables);
        assert_eq!(checked.counts.errors, 0, "{agency} {:#?}", checked.findings);
        for finding in &checked.findings {
            let foreign = ["FIN", "TRN", "COM"].iter().any(|topic| finding.rule.as_str().contains(topic));
            assert!(!foreign, "{agency} {finding:?}");
        }
    }
}

#[test]
fn a_unit_an_indicator_does_not_come_in_and_a_period_that_cannot_exist_are_errors() {
    let of = shipped("core-data-set-annual");
    let file = "area,indicator_code,period,value,unit\n\
                Hackney,CSC-FD-REF,2010/22,1,count\n\
                Hackney,CSC-FD-REF,2022/23,12.5,percent\n\
                Hackney,CSC-FD-REF,2021/22,12.5,count\n\
                Hackney,NO-SUCH,2021/22,12,count\n";
    let checked = run(&of, "2022-23", read_csv(&of, file.as_bytes()).tables);
    let found: Vec<_> = checked
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.row.unwrap(), f.column.as_deref().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("cell-kind", 1, "period"),
            ("cell-unit", 2, "unit"),
            ("cell-kind", 3, "value"),
            ("cell-code", 4, "indicator"),
        ]
    );
    assert!(checked.valid.is_none());
}

#[test]
fn a_valid_return_carries_the_content_that_its_digest_is_of() {
    let of = shipped("core-data-set-annual");
    let tables = read_csv(&of, &core_data_set()).tables;
    let context = Context { now: now(), previous: None, offline: false, calendar: None, sender: None };
    let valid = check(&of, draft(&of, "2022-23", tables.clone()), &context).valid.unwrap();
    assert_eq!(valid.digest(), content::digest(valid.content().unwrap()));
    let (identity, nil, decoded) = content::decode(valid.content().unwrap()).unwrap();
    assert_eq!((&identity, nil, decoded), (valid.identity(), false, tables));
    assert!(!format!("{valid:?}").contains("Hackney"));
}
