use super::*;
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

#[test]
fn every_rule_has_a_golden_decision_that_changes_when_it_is_removed_or_turned_round() {
    let outcome = test_cases(&sample::policy(), sample::files(), true);
    assert!(outcome.is_good(), "{:#?}", outcome.unproved);
}

#[test]
fn a_rule_that_no_case_would_miss_is_named_with_its_line() {
    let mut files = sample::files();
    for (_, bytes) in files.iter_mut().filter(|(file, _)| file.starts_with("cases/")) {
        let text = std::str::from_utf8(bytes).unwrap();
        let others = text.lines().filter(|line| !line.contains("READ-30"));
        *bytes = others.map(|line| format!("{line}\n")).collect::<String>().into_bytes();
    }
    let outcome = test_cases(&sample::policy(), files, true);
    let said: Vec<String> = outcome.unproved.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    let bundle = sample::bundle();
    let line = bundle.rows().iter().find(|row| row.id.as_str() == "READ-30").unwrap().line;
    let words = format!("rules.csv:{line}: id: no case changes when `READ-30` is removed");
    assert!(said[0].starts_with(&words), "{said:?}");
}

#[test]
fn what_the_reference_says_without_a_row_is_what_the_engine_says() {
    let policy = sample::policy();
    let cases = cases(&policy);
    let rows = policy.bundle().rows();
    for at in (0..rows.len()).step_by(9) {
        let mut fewer = rows.to_vec();
        fewer.remove(at);
        let mutant = Policy::new(policy.bundle().with_rows(fewer.clone()));
        for case in &cases {
            let said = differs(&mutant, case).map_or_else(|| case.expect.clone(), |of| of.answer);
            assert_eq!(
                mutations::answer(policy.bundle(), &fewer, &case.request),
                said,
                "without {}",
                rows[at].id
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
