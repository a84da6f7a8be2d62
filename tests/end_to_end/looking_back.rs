//! A return is compared with the one before it, which the broker alone holds.

use concordat_tests::{Person, Scene};

/// A quarter of Hackney's children's social care: open plans, those started and ceased, referrals.
fn quarter(period: &str, [open, started, ceased, referrals]: [u32; 4]) -> String {
    format!(
        "area,period,cpp_open_end,cpp_started,cpp_ceased,referrals\n\
         E09000012,{period},{open},{started},{ceased},{referrals}\n"
    )
}

fn found(person: &Person, act: &str, period: &str, file: &str) -> Vec<(String, String)> {
    found_in(person, act, ["cds-csc-quarterly", period, file])
}

fn found_in(person: &Person, act: &str, [rtype, period, file]: [&str; 3]) -> Vec<(String, String)> {
    let args = [act, "--type", rtype, "--period", period, file, "-o", "json"];
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

/// A folder about one child: its date of birth, and the day its episode began.
fn children(scene: &Scene, name: &str, born: &str, began: &str) -> String {
    let folder = scene.folder(name);
    let header = format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n903771,2,{born},WBRI,A000000000001,,\n");
    let episodes = format!(
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
         903771,{began},S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,SC000001\n"
    );
    std::fs::write(folder.join("header.csv"), header).unwrap();
    std::fs::write(folder.join("episodes.csv"), episodes).unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_year_of_looked_after_children_that_does_not_follow_from_last_years_is_queried_by_the_broker_alone() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let first = children(&scene, "first", "01/02/2010", "01/09/2021");
    let before = found_in(&council, "submit", ["ssda903-extract", "2021-22", &first]);
    assert_eq!(said(&before, "203"), "not_checked", "there is none before it: {before:?}");
    assert_eq!(before.iter().filter(|(rule, _)| rule == "203").count(), 1, "once: {before:?}");

    let second = children(&scene, "second", "02/02/2010", "01/10/2021");
    let year = ["ssda903-extract", "2022-23", &second];
    assert_eq!(said(&found_in(&council, "validate", year), "203"), "not_checked", "offline");
    let after = found_in(&council, "submit", year);
    for rule in ["203", "502", "562"] {
        assert_eq!(said(&after, rule), "query", "{rule}: {after:?}");
    }
    for rule in ["202", "204", "208", "503A", "NoE"] {
        assert_eq!(said(&after, rule), "", "{rule}: {after:?}");
    }
    assert_eq!(said(&after, "576"), "not_checked", "no table of missing periods: {after:?}");

    let third = children(&scene, "third", "02/02/2010", "01/10/2021");
    let last = found_in(&council, "submit", ["ssda903-extract", "2023-24", &third]);
    for rule in ["203", "502", "562"] {
        assert_eq!(said(&last, rule), "", "the same as the year before, not as the first: {last:?}");
    }
}
