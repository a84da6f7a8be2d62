//! Every rule of every shipped return type, once kept and once broken, and no other rule with it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod annual;
#[path = "../common/mod.rs"]
mod common;
mod events;
mod quarterly;

use common::{catalogue, draft, online, shipped, table, wide};
use concordat_catalogue::{Checked, ReturnType, check};
use concordat_core::finding::Severity;
use concordat_core::table::Table;
use std::collections::BTreeSet;

/// A rule, cells that keep it, and the cells to change so that it breaks. A cell is `NAME=value`; in the core
/// data set `CODE=value`, with `:unit` where the code has several and `@period` where it is not 2022/23.
type Case = (&'static str, &'static str, &'static str);

fn cells(texts: &[&str]) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for cell in texts.iter().flat_map(|text| text.split_whitespace()) {
        let (name, value) = cell.split_once('=').unwrap();
        match out.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value.to_owned(),
            None => out.push((name.to_owned(), value.to_owned())),
        }
    }
    out
}

fn row(texts: &[&str]) -> Table {
    let cells = cells(texts);
    wide(&cells.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>())
}

fn long(of: &ReturnType, texts: &[&str]) -> Table {
    let list = of.fields[of.field("indicator").unwrap()].codes.clone().unwrap();
    let mut out = table(&["area", "indicator", "period", "value", "unit"], &[]);
    for (name, value) in cells(texts) {
        let (name, period) = name.split_once('@').unwrap_or((&name, "2022/23"));
        let (code, unit) = name.split_once(':').unwrap_or_else(|| (name, &list.find(name).unwrap().extra[0]));
        out.cells.extend(["Hackney", code, period, &value, unit]);
    }
    out
}

fn checked(of: &ReturnType, covers: &str, table: Table, before: Option<Table>) -> Checked {
    let before = before.map(|table| vec![table]);
    check(of, draft(of, covers, vec![table]), &online(before.as_deref()))
}

fn kept_and_broken(of: &ReturnType, id: &str, kept: &Checked, broken: &Checked) {
    let spoken = |checked: &Checked| {
        let spoken = checked.findings.iter().filter(|f| f.severity != Severity::NotChecked);
        spoken.map(|f| f.rule.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(spoken(kept), [""; 0], "{id} is kept, and yet: {:#?}", kept.findings);
    let others: Vec<_> = spoken(broken).into_iter().filter(|rule| rule != id).collect();
    assert_eq!(others, [""; 0], "breaking {id} breaks others: {:#?}", broken.findings);
    let found: Vec<_> = broken.findings.iter().filter(|f| f.rule.as_str() == id).collect();
    let rule = of.rules.iter().find(|rule| rule.id.as_str() == id).unwrap();
    assert_eq!(found.len(), 1, "{id} is silent when it is broken: {:#?}", broken.findings);
    assert_eq!((found[0].severity, &found[0].text), (rule.severity, &rule.words), "{id}");
    assert!(found[0].row.is_some() && found[0].column == rule.column, "{id} points elsewhere");
}

fn additive(of: &ReturnType, covered: &mut BTreeSet<String>, make: impl Fn(&[(String, String)]) -> Checked) {
    for group in &of.additive {
        let mut cells: Vec<_> = group.parts.iter().map(|part| (part.clone(), "1".to_owned())).collect();
        cells.push((group.total.clone(), group.parts.len().to_string()));
        let kept = make(&cells);
        cells[0].1 = "2".to_owned();
        kept_and_broken(of, group.id.as_str(), &kept, &make(&cells));
        covered.insert(group.id.to_string());
    }
}

#[test]
fn every_rule_of_the_core_data_set_is_kept_and_broken() {
    let of = shipped("core-data-set-annual");
    let mut covered = BTreeSet::new();
    for (id, kept, broken) in annual::ANNUAL {
        let run = |texts: &[&str]| checked(&of, "2022-23", long(&of, texts), None);
        kept_and_broken(&of, id, &run(&[kept]), &run(&[kept, broken]));
        covered.insert((*id).to_owned());
    }
    additive(&of, &mut covered, |cells| {
        let text: Vec<String> = cells.iter().map(|(n, v)| format!("{}={v}", n.replace(' ', ":"))).collect();
        checked(&of, "2022-23", long(&of, &[&text.join(" ")]), None)
    });
    all_covered(&of, &covered);
}

/// A type of rows: its period, the cells that every row needs, the row of the period before, its cases.
type Fixtures = (&'static str, &'static str, &'static str, Option<&'static str>, &'static [Case]);

const AREA: &str = "area=E09000012 period=2022-23/Q4";
const Q4: &str = "2022-23/Q4";

const FIXTURES: &[Fixtures] = &[
    ("cds-csc-quarterly", Q4, AREA, Some(quarterly::CSC_BEFORE), quarterly::CSC),
    ("cds-education-quarterly", Q4, AREA, None, quarterly::EDUCATION),
    (
        "cds-health-quarterly",
        Q4,
        "area=E09000012 period=2022-23/Q4 provider_ods=RQX",
        None,
        quarterly::HEALTH,
    ),
    (
        "cds-police-quarterly",
        Q4,
        "area=E09000012 period=2022-23/Q4 scope=area conduct_matters_meeting_lado_criteria=0 lado_notifications_made=0",
        None,
        quarterly::POLICE,
    ),
    ("lac-entry-notification", Q4, events::ENTRY_ROW, None, events::ENTRY),
    (
        "lac-health-assessments-quarterly",
        Q4,
        "provider_ods=RQX responsible_la=E09000012 placed=in_area period=2022-23/Q4",
        None,
        quarterly::ASSESSMENTS,
    ),
    (
        "lado-attestation-monthly",
        "2023-03",
        "area=E09000012 matters_meeting_criteria=0 notified=0",
        None,
        quarterly::ATTESTATION,
    ),
    ("lado-notification", Q4, events::NOTIFICATION_ROW, None, events::NOTIFICATION),
    ("lado-outcome", Q4, events::OUTCOME_ROW, None, events::OUTCOME),
    ("lado-quarterly", Q4, AREA, None, quarterly::LADO),
    ("mace-quarterly", Q4, AREA, None, quarterly::MACE),
    ("marac-quarterly", Q4, "area=E09000012 period=2022-23/Q4 basis=quarter", None, quarterly::MARAC),
    ("missing-episode", Q4, events::MISSING_ROW, None, events::MISSING),
    ("return-home-interview", Q4, events::INTERVIEW_ROW, None, events::INTERVIEW),
];

#[test]
fn every_rule_over_rows_is_kept_and_broken() {
    for (id, covers, base, before, cases) in FIXTURES {
        let of = shipped(id);
        let mut covered = BTreeSet::new();
        let before = || before.map(|text| row(&[base, text]));
        for (id, kept, broken) in *cases {
            let run = |texts: &[&str]| checked(&of, covers, row(texts), before());
            kept_and_broken(&of, id, &run(&[base, kept]), &run(&[base, kept, broken]));
            covered.insert((*id).to_owned());
        }
        additive(&of, &mut covered, |cells| {
            let text: Vec<String> = cells.iter().map(|(n, v)| format!("{n}={v}")).collect();
            checked(&of, covers, row(&[base, &text.join(" ")]), None)
        });
        all_covered(&of, &covered);
    }
}

fn all_covered(of: &ReturnType, covered: &BTreeSet<String>) {
    for rule in &of.rules {
        assert!(covered.contains(rule.id.as_str()), "{} has no fixture for {}", of.id, rule.id);
    }
}

#[test]
fn no_shipped_type_is_without_fixtures() {
    let mut known: Vec<&str> = FIXTURES.iter().map(|(id, ..)| *id).collect();
    // their fixtures stand in annual.rs, in_need.rs and looked_after.rs
    known.extend(["core-data-set-annual", "cin-census", "ssda903-extract"]);
    known.sort_unstable();
    let shipped: Vec<&str> = catalogue().types().iter().map(|of| of.id.as_str()).collect();
    assert_eq!(shipped, known);
}
