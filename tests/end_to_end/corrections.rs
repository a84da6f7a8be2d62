//! A correction reaches whoever has the older version: the new one where policy still allows it, and a notice where it
//! does not any more.

use concordat_tests::policies::end_clauses;
use concordat_tests::{Person, Scene};
use serde_json::Value;

const P4: &str = "P4-partnership-assurance";
const P2: &str = "P2-manage-allegation";
const INVENTED: &str = "00000000000000000000000000000001";

fn fetch(person: &Person, id: &str, purpose: &str) -> (u8, String, String) {
    let said = person.run(&["inbox", "fetch", id, "--purpose", purpose]);
    (said.code, said.out.replace(id, "ID"), said.err_unnumbered().replace(id, "ID"))
}

fn item(person: &Person, id: &str) -> Value {
    super::inbox(person).into_iter().find(|item| item["submission"] == *id).unwrap_or(Value::Null)
}

/// What the sender is told of one recipient: the state of this version, and the versions it collected.
fn collected(sender: &Person, id: &str, recipient: &str) -> (String, Vec<u64>) {
    let data = sender.run(&["status", id, "-o", "json"]).ended(0).data();
    let rows = data["deliveries"].as_array().cloned().unwrap_or_default();
    let row = rows.iter().find(|row| row["recipient"] == recipient);
    let row = row.unwrap_or_else(|| panic!("no {recipient} in {data}"));
    let versions = row["collected_versions"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
    (row["state"].as_str().unwrap().to_owned(), versions)
}

#[test]
fn whoever_has_the_older_version_is_told_and_gets_the_new_one() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["reader"]);
    let first = super::police_figures(&scene, &police, 3, &[]);
    assert_eq!(fetch(&council, &first, P4).0, 0);
    let second = super::police_figures(&scene, &police, 4, &["--replaces", &first, "--reason", "late_data"]);

    let (old, new) = (item(&council, &first), item(&council, &second));
    assert_eq!((&old["superseded_by"], &old["superseded_by_version"]), (&second.as_str().into(), &2.into()));
    assert_eq!(old["superseded_reason"], "late_data");
    assert_eq!((&new["replaces"], &new["replaces_version"]), (&first.as_str().into(), &1.into()));
    assert_eq!((&new["replace_reason"], &new["superseded"]), (&"late_data".into(), &false.into()));

    let behind = police.run(&["status", &second]).ended(0);
    assert!(behind.err.contains("not yet version 2: hackney-council"), "{behind:?}");
    assert_eq!(collected(&police, &second, "hackney-council"), ("queued".to_owned(), vec![1]));
    assert_eq!(collected(&police, &second, "chscp"), ("queued".to_owned(), vec![]));
    let older = fetch(&council, &first, P4);
    assert_eq!(older.0, 0, "the older stays readable: {older:?}");
    assert!(
        older.2.contains(&format!("superseded by version 2 (late_data): `concordat inbox fetch {second}`")),
        "{older:?}"
    );
    let newer = fetch(&council, &second, P4);
    assert!(newer.0 == 0 && !newer.2.contains("superseded"), "{newer:?}");
    for id in [&first, &second] {
        assert_eq!(collected(&police, id, "hackney-council"), ("collected".to_owned(), vec![1, 2]), "{id}");
    }
    let status = police.run(&["status", &first, "-o", "json"]).ended(0).data();
    assert_eq!(
        (&status["superseded_by_version"], &status["superseded_reason"]),
        (&2.into(), &"late_data".into())
    );
}

#[test]
fn an_agency_whose_agreement_has_ended_hears_that_what_it_has_is_superseded_and_no_more() {
    let mut scene = Scene::at_rest(env!("CARGO_BIN_EXE_broker-under-test"));
    let policies = scene.dir.join("policies");
    end_clauses(&policies, &["DEL-05", "READ-04", "LIST-01"], "2023-04-05");
    end_clauses(&policies, &["SUB-02"], "2023-04-12");
    scene.start();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["reader"]);
    let submitter = scene.person("hackney-council/sender", &["submitter"]);
    let trust = scene.person("homerton/desk", &["reader"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let first = super::police_figures(&scene, &police, 3, &[]);
    assert_eq!(fetch(&council, &first, P4).0, 0);
    super::move_clock(&scene, "2023-04-06T10:00:00Z");
    assert!(super::inbox(&council).is_empty(), "without news there is nothing to tell");
    let second = super::police_figures(&scene, &police, 4, &["--replaces", &first, "--reason", "correction"]);

    let told = super::inbox(&council);
    assert_eq!(told.len(), 1, "the newer is not for it: {told:?}");
    let told = &told[0];
    assert_eq!((&told["submission"], &told["notice"]), (&first.as_str().into(), &true.into()), "{told}");
    assert_eq!(
        (&told["superseded_by_version"], &told["superseded_reason"]),
        (&2.into(), &"correction".into())
    );
    assert_eq!(told["superseded_by"], Value::Null, "{told}");
    assert!(super::inbox(&submitter).is_empty(), "who could not list it then hears nothing now");
    assert!(super::inbox(&trust).is_empty(), "who has none of it has nothing to be told");
    assert_eq!(fetch(&council, &second, P4), fetch(&council, INVENTED, P4));
    assert_eq!(fetch(&manager, &second, P4).0, 0, "those still permitted get it");
    assert_eq!(collected(&police, &second, "hackney-council"), ("not_routed".to_owned(), vec![1]));

    // an agreement that has ended keeps a sender from sending, and not from taking back
    super::move_clock(&scene, "2023-04-13T10:00:00Z");
    let file = scene.file("more.csv", &super::police_csv(5));
    let args = [
        "submit",
        "--type",
        "cds-police-quarterly",
        "--period",
        "2022-23/Q4",
        &file,
        "--replaces",
        &second,
        "--reason",
        "correction",
    ];
    assert_eq!(police.run(&args).code, 5);
    let _ = police.run(&["withdraw", &second, "--reason", "not_ours_to_send"]).ended(0);
    let told = super::inbox(&council);
    assert_eq!((told.len(), &told[0]["withdrawn_reason"]), (1, &"not_ours_to_send".into()), "{told:?}");
}

#[test]
fn an_agency_that_the_type_no_longer_names_gets_the_correction_while_policy_allows_it() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["reader"]);
    let first = super::police_figures(&scene, &police, 3, &[]);
    assert_eq!(fetch(&council, &first, P4).0, 0);
    let path = scene.dir.join("policies").join("returns").join("cds-police-quarterly.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let narrowed = text.replace("    { kind = \"local_authority\", areas = \"shared\" },\n", "");
    assert_ne!(narrowed, text);
    std::fs::write(&path, narrowed).unwrap();
    let loaded = scene.operate(&["policy", "load", &scene.dir.to_string_lossy()]);
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let second = super::police_figures(&scene, &police, 4, &["--replaces", &first, "--reason", "correction"]);
    assert_eq!(fetch(&council, &second, P4).0, 0, "it has the older figures");
}

#[test]
fn a_correction_that_names_another_agency_does_not_follow_the_one_named_before() {
    let mut scene = super::scene();
    let officer = scene.person("hackney-lado/officer", &["lado"]);
    let wrong = scene.person("homerton/contact", &["allegations-contact"]);
    let right = scene.person("elft/contact", &["allegations-contact"]);
    let outcome = |employer: &str, extra: &[&str]| {
        let file = scene.file(
            &format!("{employer}.csv"),
            &format!(
                "notification_id,area,notifying_agency,employer_agency,notified_at,lado_action\n\
                 2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e,E09000012,metropolitan-police,{employer},2023-04-03T08:00,consultation\n"
            ),
        );
        let args = [&["submit", "--type", "lado-outcome", &file, "-o", "json"], extra].concat();
        super::submission_of(&officer.run(&args).ended(0).data())
    };
    let first = outcome("homerton", &[]);
    assert_eq!(fetch(&wrong, &first, P2).0, 0);
    let second = outcome("elft", &["--replaces", &first, "--reason", "correction"]);
    assert_eq!(fetch(&right, &second, P2).0, 0);
    assert_eq!(fetch(&wrong, &second, P2), fetch(&wrong, INVENTED, P2));
    let told = super::inbox(&wrong);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["superseded_by_version"], &told[0]["superseded_by"]), (&2.into(), &Value::Null));
    assert!(told[0]["note"].as_str().unwrap().contains("which is not for this agency"), "{told:?}");
}
