//! What is missing, from whom, since when: raised and cleared by the broker on its clock.

use concordat_tests::Person;

use super::move_clock;

fn overdue_of<'a>(entries: &'a [serde_json::Value], agency: &str, rtype: &str) -> Vec<&'a serde_json::Value> {
    entries.iter().filter(|entry| entry["agency"] == agency && entry["return_type"] == rtype).collect()
}

fn row(manager: &Person, agency: &str, rtype: &str, period: &str) -> serde_json::Value {
    let data = manager.run(&["missing", "--all", "-o", "json"]).ended(0).data();
    let rows =
        data.get("rows").unwrap_or(&data).as_array().unwrap_or_else(|| panic!("no rows in {data}")).clone();
    rows.into_iter()
        .find(|row| row["agency"] == agency && row["return_type"] == rtype && row["period"] == period)
        .unwrap_or_else(|| panic!("no row for {agency} {rtype} {period} in {data}"))
}

#[test]
fn overdue_is_raised_once_by_the_broker_itself_and_cleared_by_a_late_return() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let attest = "lado-attestation-monthly";
    assert_eq!(row(&manager, "metropolitan-police", attest, "2023-03")["state"], "due");
    assert_eq!(manager.run(&["missing", "--fail-on", "missing"]).code, 0);
    // the fifth working day after 31 March 2023 is 11 April: Good Friday and Easter Monday lie between
    move_clock(&scene, "2023-04-11T22:59:00Z");
    assert_eq!(row(&manager, "metropolitan-police", attest, "2023-03")["state"], "due");
    move_clock(&scene, "2023-04-11T23:00:00Z");
    assert_eq!(
        overdue_of(&super::entries(&auditor, "overdue_raised"), "metropolitan-police", attest).len(),
        1
    );
    scene.stop();
    scene.start();
    move_clock(&scene, "2023-04-12T10:00:00Z");
    assert_eq!(
        overdue_of(&super::entries(&auditor, "overdue_raised"), "metropolitan-police", attest).len(),
        1
    );
    let overdue = row(&manager, "metropolitan-police", attest, "2023-03");
    assert_eq!(
        (&overdue["state"], &overdue["working_days_late"]),
        (&"overdue".into(), &1.into()),
        "{overdue}"
    );
    let missing = manager.run(&["missing", "--fail-on", "missing"]).ended(6);
    assert!(missing.out.contains("DEMO CLOCK") || missing.err.contains("DEMO CLOCK"), "{missing:?}");
    let nil = police
        .run(&["submit", "--type", attest, "--period", "2023-03", "--nil", "-o", "json"])
        .ended(0)
        .data();
    assert_eq!(nil["version"], 1, "{nil}");
    let late = row(&manager, "metropolitan-police", attest, "2023-03");
    assert_eq!(late["state"], "nil_declared", "{late}");
    assert_eq!(late["was_late"], true, "lateness is remembered: {late}");
    assert_eq!(
        overdue_of(&super::entries(&auditor, "overdue_cleared"), "metropolitan-police", attest).len(),
        1
    );
    assert_eq!(super::entries(&auditor, "nil_declared").len(), 1);
}

#[test]
fn a_nil_is_refused_where_the_type_does_not_allow_one() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let said = police.run(&["submit", "--type", "cds-police-quarterly", "--period", "2022-23/Q4", "--nil"]);
    assert_eq!(said.code, 3, "{said:?}");
}

#[test]
fn an_agency_sees_what_it_owes_and_not_what_others_owe() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let own = police.run(&["missing", "--all", "-o", "json"]).ended(0).out;
    assert!(own.contains("metropolitan-police") && !own.contains("hackney-council"), "{own}");
    let _ = police.run(&["missing", "--agency", "hackney-council"]).ended(5);
}
