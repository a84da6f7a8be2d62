//! Policies and requests at random, and how many of them are tried.

use concordat_core::decision::{Act, Asker, DecisionRequest, Fact};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::bundle::Bundle;
use crate::sample::{self, CITY, HACKNEY};

const DAYS: [&str; 4] = ["2022-04-01", "2023-06-01", "2023-06-02", "2027-03-31"];

/// A row without its id, and which of the two agreements it is under if it allows.
pub type Ruled = (String, usize);

/// Requests for each policy; [`run`] says how many policies.
pub fn requests() -> usize {
    if full() { 250 } else { 20 }
}

/// Tries 100 policies, or so many under `CONCORDAT_FULL=1`, always the same ones.
pub fn run<S: Strategy>(at_full: u32, strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = if full() { at_full } else { 100 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(strategy, test)
        .unwrap();
}

fn full() -> bool {
    std::env::var("CONCORDAT_FULL").is_ok_and(|full| full == "1")
}

/// The first of the words half the time: random rows that are all narrow would allow nothing.
fn words(all: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(all[0]), select(all)]
}

/// The cells of a row without its id; whether it allows is drawn first, as it bounds the rest.
pub fn row() -> impl Strategy<Value = String> {
    let rest = (
        words(&["*", "own", "other", "kind:police", "agency:metropolitan-police", "agency:hackney-lado"]),
        words(&["*", "own", "shared", CITY, HACKNEY]),
        words(&[
            "fam:all",
            "*",
            "none",
            "rt:cds-police-quarterly",
            "rt:lado-notification",
            "fam:aggregate",
            "fam:person",
        ]),
        words(&["*", "none", "P4-partnership-assurance", "P2-manage-allegation"]),
        words(&["*", "person_level", "own_staff", "withheld", "own", "break_glass"]),
        prop_oneof![Just((0, 3)), (0_usize..4, 0_usize..4)],
        words(&["full", "dfe"]),
    );
    let subjects = words(&[
        "role:reader",
        "role:lado",
        "role:submitter+kind:police",
        "role:reader+agency:hackney-council",
        "kind:police",
        "kind:lado",
        "agency:chscp",
    ]);
    let denied = prop_oneof![Just("*"), subjects];
    let acts = words(&["read", "submit", "deliver", "*"]);
    (prop::bool::weighted(0.8), denied, acts, rest).prop_map(|(allow, sub, act, rest)| {
        let (owner, area, rtype, purpose, fact, (a, b), profile) = rest;
        let sub = if allow && sub == "*" { "role:reader" } else { sub };
        let act = if allow && act == "*" { "read" } else { act };
        let area = if !allow && area == "own" { "shared" } else { area };
        let profile = if allow { profile } else { "none" };
        let (from, until) = (DAYS[a.min(b)], DAYS[a.max(b)]);
        let eft = if allow { "allow" } else { "deny" };
        format!(
            "{sub},city-and-hackney,{owner},{area},{rtype},{act},{purpose},{fact},{from},{until},{profile},{eft}"
        )
    })
}

pub fn request() -> impl Strategy<Value = DecisionRequest> {
    let agency = select(vec!["hackney-council", "metropolitan-police", "hackney-lado", "chscp"]);
    let areas = || subsequence(vec![CITY, HACKNEY], 0..=2);
    let asker = (agency, subsequence(vec!["king", "lado", "reader", "submitter"], 0..=4), areas());
    let owner = select(vec![None, Some("metropolitan-police"), Some("hackney-lado"), Some("atlantis")]);
    let rtype = select(vec![
        None,
        Some("cds-police-quarterly"),
        Some("cds-csc-quarterly"),
        Some("lado-notification"),
        Some("unheard-of"),
    ]);
    let purpose =
        select(vec![None, Some("P4-partnership-assurance"), Some("P2-manage-allegation"), Some("P9")]);
    let act = select(vec![Act::Read, Act::Read, Act::Submit, Act::Deliver, Act::List]);
    let day =
        select(vec!["2022-03-31", "2022-04-01", "2023-06-01", "2023-06-02", "2027-03-31", "2027-04-01"]);
    let facts = subsequence(Fact::ALL.to_vec(), 0..=2);
    (asker, owner, rtype, areas(), act, purpose, facts, day).prop_map(
        |((agency, roles, own), owner, rtype, areas, act, purpose, facts, day)| DecisionRequest {
            asker: Asker {
                principal: None,
                agency: agency.parse().unwrap(),
                kind: sample::known().agencies.iter().find(|a| a.id.as_str() == agency).unwrap().kind,
                roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
                areas: own.iter().map(|area| area.parse().unwrap()).collect(),
            },
            partnership: "city-and-hackney".parse().unwrap(),
            owner: owner.map(|id| id.parse().unwrap()),
            return_type: rtype.map(|id| id.parse().unwrap()),
            areas: areas.iter().map(|area| area.parse().unwrap()).collect(),
            act,
            purpose: purpose.map(|id| id.parse().unwrap()),
            facts,
            day: day.parse().unwrap(),
        },
    )
}

/// A row and its agreement.
pub fn ruled() -> impl Strategy<Value = Ruled> {
    (row(), 0_usize..2)
}

/// Rows that say different things, as a file must hold them.
pub fn distinct(mut rows: Vec<Ruled>) -> Vec<Ruled> {
    rows.sort();
    rows.dedup_by(|one, other| one.0 == other.0);
    rows
}

/// The sample's files with other rows, called `R0`, `R1` and so on in their order, under the agreements `A0`
/// and `A1`; without those that `keep` turns away.
pub fn bundle(rows: &[Ruled], keep: impl Fn(&Ruled) -> bool) -> Bundle {
    let mut rules = String::new();
    let mut allowing = [Vec::new(), Vec::new()];
    for (number, (row, agreement)) in rows.iter().enumerate().filter(|(_, ruled)| keep(ruled)) {
        rules.push_str(&format!("R{number},{row}\n"));
        if row.ends_with("allow") {
            allowing[*agreement].push(format!("R{number}"));
        }
    }
    let [first, second] = allowing;
    let files = sample::by_hand_under(&rules, &[("A0", first), ("A1", second)]);
    Bundle::from_files(files, &sample::known()).unwrap()
}
