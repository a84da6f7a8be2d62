//! Every call of the wire in each of seven situations: who may, and how everybody else is refused. The calls are those
//! of the descriptors, so that a new one without a line in the table fails here.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod cells;
mod descriptors;
mod enrolment;
mod inbox;
mod looking;
mod policy;
mod submission;
mod table;
mod walk;
mod wire;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use cells::{ALL, Cell, Situation};

#[test]
fn every_call_of_the_descriptors_has_a_line_and_every_line_is_a_call() {
    let calls: BTreeSet<String> = descriptors::calls().into_keys().collect();
    let lines: Vec<String> = table::lines().iter().map(|line| line.method.to_owned()).collect();
    let stated: BTreeSet<String> = lines.iter().cloned().collect();
    let without: Vec<_> = calls.difference(&stated).collect();
    assert!(without.is_empty(), "no authorisation is stated of {without:?}: give each a line in table.rs");
    let gone: Vec<_> = stated.difference(&calls).collect();
    assert!(gone.is_empty(), "there is no such call: {gone:?}");
    assert_eq!(lines.len(), stated.len(), "a call has two lines");
}

/// Fields by which a request names an agency, and those by which it names an area, be it by naming a record.
const AGENCIES: [&str; 6] = ["agency", "owner", "principal", "submission", "key", "identity"];
const AREAS: [&str; 5] = ["area", "areas", "submission", "key", "identity"];

#[test]
fn what_is_stated_of_a_request_is_true_of_its_descriptor() {
    let calls: BTreeMap<String, BTreeSet<String>> = descriptors::calls();
    for line in table::lines() {
        let fields = &calls[line.method];
        let has = |names: &[&str]| names.iter().any(|name| fields.contains(*name));
        for (situation, cell) in ALL.iter().zip(line.cells) {
            let at = format!("{} {situation:?}", line.method);
            match (situation, cell) {
                (Situation::NoPurpose, cell) => {
                    assert_eq!(cell == Cell::TakesNone, !has(&["purpose"]), "{at}: is there a purpose?");
                }
                (Situation::OtherAgency, Cell::NamesNone(why)) => {
                    assert!(!has(&AGENCIES) && !why.is_empty(), "{at}: {fields:?}");
                }
                (Situation::OtherArea, Cell::NamesNone(why)) => {
                    assert!(!has(&AREAS) && !why.is_empty(), "{at}: {fields:?}");
                }
                (_, Cell::TakesNone | Cell::NamesNone(_)) => panic!("{at} must be called"),
                (Situation::Allowed, Cell::Ok { .. }) => {}
                (Situation::Allowed, _) => panic!("{at}: somebody must be allowed it"),
                (_, Cell::Ok { why, .. } | Cell::Hides { why }) => assert!(!why.is_empty(), "{at}: say why"),
                (_, Cell::No { .. }) => {}
            }
        }
    }
}

#[test]
fn who_was_revoked_is_nobody_and_whose_role_ended_is_as_one_without() {
    // what was announced while the role lasted is the caller's own, and still goes no further
    let own = ["SubmissionService/Upload", "SubmissionService/FinishUpload"];
    for line in table::lines() {
        let [_, denied, _, _, _, expired, revoked] = line.cells;
        assert_eq!(revoked, cells::UNKNOWN, "{}", line.method);
        let is_roleless = matches!(expired, Cell::Ok { .. }) && denied == cells::UNKNOWN;
        let is_alike = denied == expired || is_roleless || own.contains(&line.method);
        assert!(is_alike, "{}: {denied:?}, {expired:?}", line.method);
    }
}
