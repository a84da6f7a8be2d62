//! The engine and the reference evaluator agree, on random policies and random requests.

use std::cell::Cell;

use concordat_core::decision::{Act, Asker, DecisionRequest, Fact};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::bundle::Bundle;
use crate::engine::Engine;
use crate::policy::Policy;
use crate::sample::{self, CITY, HACKNEY};
use crate::words::Words;

const DAYS: [&str; 4] = ["2022-04-01", "2023-06-01", "2023-06-02", "2027-03-31"];

/// Policies and requests for each: 2,000 decisions, or 1,000,000 under `CONCORDAT_FULL=1`.
fn counts() -> (u32, usize) {
    if std::env::var("CONCORDAT_FULL").is_ok_and(|full| full == "1") { (4_000, 250) } else { (100, 20) }
}

/// The first of the words half the time: random rows that are all narrow would allow nothing.
fn words(all: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(all[0]), select(all)]
}

/// The cells of a row without its id; whether it allows is drawn first, as it bounds the rest.
fn row() -> impl Strategy<Value = String> {
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

fn request() -> impl Strategy<Value = DecisionRequest> {
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

/// The sample's files with other rows, all under one agreement.
fn bundle(mut rows: Vec<String>) -> Bundle {
    rows.sort();
    rows.dedup();
    let rows: String = (0..).zip(&rows).map(|(number, row)| format!("R{number},{row}\n")).collect();
    Bundle::from_files(sample::by_hand(&rows), &sample::known()).unwrap()
}

#[test]
fn engine_and_reference_agree_on_random_policies_and_requests() {
    let (policies, requests) = counts();
    let (allowed, denied_by_row, denied) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    let config = Config { cases: policies, failure_persistence: None, ..Config::default() };
    let strategy = (vec(row(), 1..24), vec(request(), requests));
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&strategy, |(rows, requests)| {
            let policy = Policy::new(bundle(rows));
            let every_row = Engine::build(policy.bundle().rows()).unwrap();
            for request in requests {
                let reason = match policy.decide(&request, ()) {
                    Ok(_) => None,
                    Err((denial, ())) => Some(denial.reason),
                };
                prop_assert_ne!(reason, Some(DenyReason::PolicyError), "they disagree on {:?}", request);
                prop_assert_eq!(policy.explain(&request).reason, reason);
                if let Ok(question) = Question::of(policy.bundle(), &request) {
                    // an engine with every row answers as the bucket did, or as no engine at all
                    let judged = every_row.judge(Words::of(&question)).unwrap();
                    prop_assert_eq!(judged, reason.is_none());
                }
                match reason {
                    None => count(&allowed),
                    Some(DenyReason::ExplicitDeny) => count(&denied_by_row),
                    Some(_) => count(&denied),
                }
            }
            Ok(())
        })
        .unwrap();
    let all = allowed.get() + denied_by_row.get() + denied.get();
    assert!(allowed.get() * 100 > all, "only {} of {all} were allowed", allowed.get());
    assert!(denied_by_row.get() * 100 > all, "only {} of {all} were denied by a row", denied_by_row.get());
}
