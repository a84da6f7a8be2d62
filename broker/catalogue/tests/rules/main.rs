//! Every rule of every shipped return type, once kept and once broken, and no other rule with it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod fixtures;

use common::{catalogue, draft, online, shipped};
use concordat_catalogue::{Checked, ReturnType, check};
use concordat_core::finding::Severity;
use concordat_core::table::Table;
use fixtures::{ANNUAL, FIXTURES, figures, long, of_row, row};
use std::collections::BTreeSet;

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
    for (id, [kept, broken]) in fixtures::additive(of) {
        kept_and_broken(of, &id, &make(&kept), &make(&broken));
        covered.insert(id);
    }
}

#[test]
fn every_rule_of_the_core_data_set_is_kept_and_broken() {
    let of = shipped("core-data-set-annual");
    let mut covered = BTreeSet::new();
    for (id, kept, broken) in ANNUAL {
        let run = |texts: &[&str]| checked(&of, "2022-23", long(&of, texts), None);
        kept_and_broken(&of, id, &run(&[kept]), &run(&[kept, broken]));
        covered.insert((*id).to_owned());
    }
    additive(&of, &mut covered, |cells| checked(&of, "2022-23", long(&of, &[&figures(cells)]), None));
    all_covered(&of, &covered);
}

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
        additive(&of, &mut covered, |cells| checked(&of, covers, row(&[base, &of_row(cells)]), None));
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
