use super::*;
use crate::row::{Row, Who};
use crate::sample;

fn cases(policy: &Policy) -> Vec<Case> {
    let mut complaints = Vec::new();
    let mut cases = Vec::new();
    for (file, bytes) in sample::files().iter().filter(|(file, _)| file.starts_with("cases/")) {
        cases.extend(read(policy, file, bytes, &mut complaints));
    }
    assert!(complaints.is_empty(), "{complaints:?}");
    cases
}

#[test]
fn every_golden_decision_of_the_sample_is_answered_as_written() {
    let policy = sample::policy();
    let complaints = run_cases(&policy, sample::files());
    assert!(complaints.is_empty(), "{}", complaints.iter().map(|c| format!("{c}\n")).collect::<String>());
    assert!(cases(&policy).len() > 100);
}

/// A row about a kind of which the partnership has no agency cannot be asked about.
fn can_be_asked(policy: &Policy, row: &Row) -> bool {
    match &row.who {
        Who::Kind(kind) => policy.bundle().known.agencies.iter().any(|agency| agency.kind == *kind),
        _ => true,
    }
}

#[test]
fn every_rule_has_a_golden_decision_that_changes_when_it_is_removed_or_turned_round() {
    let policy = sample::policy();
    let cases = cases(&policy);
    let rows = policy.bundle().rows();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| can_be_asked(&policy, row)) {
        let mut removed = rows.to_vec();
        removed.remove(at);
        let mut turned = rows.to_vec();
        let eft = if row.allow { "deny" } else { "allow" };
        turned[at].allow = !row.allow;
        *turned[at].cells.last_mut().unwrap() = eft.to_owned();
        for (what, rows) in [("removed", removed), ("turned round", turned)] {
            let mutant = Policy::new(policy.bundle().with_rows(rows));
            assert!(
                cases.iter().any(|case| differs(&mutant, case).is_some()),
                "no case notices that {} is {what}",
                row.id
            );
        }
    }
}

#[test]
fn a_case_that_expects_otherwise_is_reported_with_its_line() {
    let policy = sample::policy();
    let files = sample::with("cases/read.csv", |text| text.replacen(",allow,READ-01,", ",deny,no_role,", 1));
    let complaints = run_cases(&policy, files);
    assert_eq!(complaints.len(), 1);
    assert!(
        complaints[0]
            .to_string()
            .starts_with("cases/read.csv:2: expected `deny no_role`, policy answers `allow READ-01`"),
        "{}",
        complaints[0]
    );
}

#[test]
fn a_case_with_an_unknown_word_is_reported_and_not_run() {
    let policy = sample::policy();
    for (from, to) in [
        (",read,", ",peek,"),
        (",allow,", ",permit,"),
        ("2023-06-01", "1 June"),
        ("city-education", "City"),
        ("hackney-council,", "atlantis,"),
    ] {
        let files = sample::with("cases/read.csv", |text| text.replacen(from, to, 1));
        let complaints = run_cases(&policy, files);
        assert_eq!(complaints.len(), 1, "{to}: {complaints:?}");
        assert!(complaints[0].column.is_some(), "{}", complaints[0]);
    }
}
