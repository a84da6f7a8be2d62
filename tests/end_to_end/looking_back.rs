//! A return is compared with the one before it, which the broker alone holds.

use concordat_tests::Person;

/// A quarter of Hackney's children's social care: open plans, those started and ceased, referrals.
fn quarter(period: &str, [open, started, ceased, referrals]: [u32; 4]) -> String {
    format!(
        "area,period,cpp_open_end,cpp_started,cpp_ceased,referrals\n\
         E09000012,{period},{open},{started},{ceased},{referrals}\n"
    )
}

fn found(person: &Person, act: &str, period: &str, file: &str) -> Vec<(String, String)> {
    let args = [act, "--type", "cds-csc-quarterly", "--period", period, file, "-o", "json"];
    let data = person.run(&args).ended(0).data();
    let findings = data["findings"].as_array().unwrap_or_else(|| panic!("no findings in {data}"));
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    findings.iter().map(|finding| (word(&finding["rule"]), word(&finding["severity"]))).collect()
}

fn said(found: &[(String, String)], rule: &str) -> String {
    found.iter().find(|(id, _)| id == rule).map(|(_, severity)| severity.clone()).unwrap_or_default()
}

#[test]
fn a_quarter_that_does_not_follow_from_the_one_before_is_queried_by_the_broker_alone() {
    let mut scene = super::scene();
    let csc = scene.person("hackney-council/returns", &["submitter"]);
    let first = scene.file("q2.csv", &quarter("2022-23/Q2", [100, 10, 10, 300]));
    let before = found(&csc, "submit", "2022-23/Q2", &first);
    assert_eq!(said(&before, "CSC-R6"), "not_checked", "there is none before it: {before:?}");

    let jump = scene.file("q3.csv", &quarter("2022-23/Q3", [111, 15, 5, 301]));
    assert_eq!(said(&found(&csc, "validate", "2022-23/Q3", &jump), "CSC-R6"), "not_checked", "offline");
    let after = found(&csc, "submit", "2022-23/Q3", &jump);
    assert_eq!(said(&after, "CSC-R6"), "query", "100 + 15 - 5 is 110: {after:?}");
    assert_eq!(said(&after, "CSC-R9"), "", "one referral more is no jump: {after:?}");

    let sound = scene.file("q4.csv", &quarter("2022-23/Q4", [116, 15, 10, 900]));
    let last = found(&csc, "submit", "2022-23/Q4", &sound);
    assert_eq!(
        (said(&last, "CSC-R6"), said(&last, "CSC-R9")),
        (String::new(), "query".to_owned()),
        "{last:?}"
    );
}

#[test]
fn a_quarter_that_was_withdrawn_is_compared_with_nothing() {
    let mut scene = super::scene();
    let csc = scene.person("hackney-council/returns", &["submitter"]);
    let first = scene.file("q2.csv", &quarter("2022-23/Q2", [100, 10, 10, 300]));
    let args = ["submit", "--type", "cds-csc-quarterly", "--period", "2022-23/Q2", &first, "-o", "json"];
    let id = super::submission_of(&csc.run(&args).ended(0).data());
    let _ = csc.run(&["withdraw", &id, "--reason", "wrong_period"]).ended(0);
    let jump = scene.file("q3.csv", &quarter("2022-23/Q3", [111, 15, 5, 301]));
    assert_eq!(said(&found(&csc, "submit", "2022-23/Q3", &jump), "CSC-R6"), "not_checked");
}
