//! A wrong return is refused with findings that point at the cell, and nothing of it is kept.

use concordat_tests::sender::holds;
use concordat_tests::{Person, Said};

/// Ten digits whose check digit is right: found by the NHS number's own rule, and invented.
const NHS_NUMBER: &str = "9434765919";

const BROKEN: &str = "area,period,contacts,contacts_to_referral,commentary\n\
    E09000012,2022-23/Q4,many,40,all well\n\
    E09000012,2022-23/Q4,30,40,see 943 476 5919\n";

/// Sends a quarter as it is, so that the broker's own findings are heard.
fn send_unchecked(person: &Person, file: &str) -> Said {
    let quarter = ["--type", "cds-csc-quarterly", "--period", "2022-23/Q4"];
    person.run(&[&["submit"], &quarter[..], &[file, "--no-check", "-o", "json"]].concat())
}

#[test]
fn a_broken_return_is_refused_at_the_cell_and_its_number_is_nowhere() {
    let mut scene = super::scene();
    let person = scene.person("hackney-council/returns", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let file = scene.file("broken.csv", BROKEN);
    let said = send_unchecked(&person, &file).ended(3);
    let all = format!("{}{}", said.out, said.err);
    for cell in ["contacts", "CSC-R1", "commentary"] {
        assert!(all.contains(cell), "{cell} is not named: {all}");
    }
    assert!(!all.contains(NHS_NUMBER) && !all.contains("943 476 5919") && !all.contains("many"), "{all}");
    assert!(super::entries(&auditor, "accepted").is_empty());
    assert_eq!(super::entries(&auditor, "refused").len(), 1);
    scene.stop();
    let log = scene.service_log();
    assert!(!log.contains(NHS_NUMBER) && !log.contains("943 476 5919"), "{log}");
    for needle in [NHS_NUMBER.as_bytes(), b"943 476 5919", b"see 943"] {
        assert!(!holds(&scene.dir, needle), "the number is in the broker's directory");
    }
}

#[test]
fn the_client_finds_offline_what_the_broker_finds() {
    let mut scene = super::scene();
    let person = scene.person("hackney-council/returns", &["submitter"]);
    let file = scene.file("broken.csv", BROKEN);
    let offline = person
        .run(&["validate", "--type", "cds-csc-quarterly", "--period", "2022-23/Q4", &file, "-o", "json"])
        .ended(3)
        .data();
    let online = send_unchecked(&person, &file).ended(3).data();
    let errors = |data: &serde_json::Value| {
        let mut errors: Vec<String> = data["findings"]
            .as_array()
            .unwrap_or_else(|| panic!("no findings in {data}"))
            .iter()
            .filter(|finding| finding["severity"] == "error")
            .map(|finding| {
                format!("{} {} {} {}", finding["rule"], finding["row"], finding["column"], finding["text"])
            })
            .collect();
        errors.sort();
        errors
    };
    assert_eq!(errors(&offline), errors(&online));
    assert!(errors(&offline).len() >= 3, "{offline}");
}

#[test]
fn a_submitter_with_a_wrong_file_period_or_type_is_told_what_to_do() {
    let mut scene = super::scene();
    let person = scene.person("hackney-council/returns", &["submitter"]);
    let good = scene.file("good.csv", &super::attestation(1));
    let run = |args: &[&str]| {
        let said = person.run(args);
        assert!(!said.err.is_empty() && !said.err.contains("panicked"), "{said:?}");
        said.code
    };
    let attest = "lado-attestation-monthly";
    assert_eq!(run(&["submit", "--type", attest, "--period", "2023-13", &good]), 2);
    assert_eq!(run(&["submit", "--type", attest, "--period", "2023-03", "/nowhere.csv"]), 2);
    assert_eq!(run(&["submit", "--type", "no-such-type", "--period", "2023-03", &good]), 2);
    assert_eq!(run(&["submit", "--type", "cds-csc-quarterly", "--period", "2022-23/Q4", &good]), 3);
    let nobody = concordat_tests::Person::at(&scene.folder("nobody"));
    assert_eq!(nobody.run(&["submit", "--type", attest, "--period", "2023-03", &good]).code, 4);
    scene.stop();
    assert_eq!(run(&["submit", "--type", attest, "--period", "2023-03", &good]), 7);
    scene.start();
    let later =
        person.run(&["submit", "--type", attest, "--period", "2023-03", &good, "-o", "json"]).ended(0).data();
    assert!(!super::submission_of(&later).is_empty(), "the queued key was used: {later}");
}
