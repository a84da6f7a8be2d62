//! A return taken back: owed again, fetched by nobody, provable for ever.

use concordat_tests::{Person, Said, Scene};
use serde_json::Value;

const INVENTED: &str = "00000000000000000000000000000001";
const P4: &str = "P4-partnership-assurance";
const ATTEST: &str = "lado-attestation-monthly";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Invented from end to end.
const NOTIFICATION: &str = "notification_id,area_of_work,source_agency,aware_at,criteria,category,occupation,\
    subject_name,subject_employer,police_informed,csc_informed,account\n\
    2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e,E09000012,police_met,2023-04-03T08:00,may_pose_risk,conduct,youth_worker,\
    Xavier Quillfeather-Test,Imaginary Youth Club,yes,no,An invented account for a test of the broker.\n";

fn send(scene: &Scene, person: &Person, matters: u32, extra: &[&str]) -> Said {
    let file = scene.file(&format!("attestation-{matters}.csv"), &super::attestation(matters));
    person.run(&[&["submit", "--type", ATTEST, "--period", "2023-03", &file, "-o", "json"], extra].concat())
}

fn withdraw(person: &Person, id: &str, reason: &str) -> Said {
    person.run(&["withdraw", id, "--reason", reason, "-o", "json"])
}

fn status(person: &Person, id: &str) -> Value {
    person.run(&["status", id, "-o", "json"]).ended(0).data()
}

fn state_of(manager: &Person) -> Value {
    let data = manager.run(&["missing", "--all", "--type", ATTEST, "-o", "json"]).ended(0).data();
    let rows = data["rows"].as_array().cloned().unwrap_or_default();
    let row =
        rows.into_iter().find(|row| row["agency"] == "metropolitan-police" && row["period"] == "2023-03");
    row.unwrap_or_else(|| panic!("no row in {data}"))
}

fn item(person: &Person, id: &str) -> Value {
    super::inbox(person).into_iter().find(|item| item["submission"] == *id).unwrap_or(Value::Null)
}

/// A fetch, with the id taken out of what was said.
fn fetch(person: &Person, id: &str, purpose: &str) -> (u8, String, String) {
    let said = person.run(&["inbox", "fetch", id, "--purpose", purpose]);
    (said.code, said.out.replace(id, "ID"), said.err_unnumbered().replace(id, "ID"))
}

/// The content files of a broker's directory.
fn contents(scene: &Scene) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let below = |dir: &std::path::Path| -> Vec<std::path::PathBuf> {
        std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()).collect()
    };
    let files = below(&scene.dir.join("store").join("content")).into_iter().flat_map(|folder| below(&folder));
    files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn verified(scene: &Scene) -> String {
    let found = scene.operate(&["verify", &scene.dir.to_string_lossy()]);
    let said =
        format!("{}{}", String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&found.stderr));
    assert!(found.status.success(), "{said}");
    said
}

#[test]
fn a_withdrawn_return_is_owed_again_and_its_next_version_counts_on() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let sent = send(&scene, &police, 1, &["--key", KEY]).ended(0).data();
    let first = super::submission_of(&sent);
    let receipt = sent["receipt"].as_str().unwrap().to_owned();
    let original = std::fs::read(&receipt).unwrap();
    assert_eq!(state_of(&manager)["state"], "accepted");

    assert_eq!(withdraw(&council, &first, "wrong_period").code, 5, "another agency's");
    assert_eq!(withdraw(&manager, &first, "wrong_period").code, 5, "a recipient's");
    let taken = withdraw(&police, &first, "wrong_period").ended(0).data();
    assert_eq!((&taken["content"], &taken["versions"]), (&"kept".into(), &1.into()), "{taken}");
    assert_eq!(taken["spared"], serde_json::json!(["chscp"]));
    let again = withdraw(&police, &first, "sent_in_error").ended(3);
    assert!(again.err.contains("was withdrawn"), "{again:?}");

    assert_eq!(state_of(&manager)["state"], "due", "owed again");
    assert_eq!(item(&manager, &first)["state"], "withdrawn");
    let gone = fetch(&manager, &first, P4);
    assert_eq!(gone, fetch(&manager, INVENTED, P4), "as if it had never been");
    assert_eq!(gone.0, 5);
    assert_eq!(fetch(&police, &first, P4).0, 5, "its owner neither");
    let now = status(&police, &first);
    assert_eq!(
        (&now["withdrawn_reason"], &now["withdrawn_at"]),
        (&"wrong_period".into(), &taken["recorded_at"])
    );
    let found = super::entries(&auditor, "withdrawn");
    assert_eq!(
        (found.len(), &found[0]["agency"], &found[0]["submission"]),
        (1, &"metropolitan-police".into(), &first.as_str().into())
    );
    assert!(found[0]["summary"].as_str().unwrap().contains("wrong_period"), "{found:?}");
    // two strangers, the second attempt, three fetches
    assert_eq!(super::entries(&auditor, "denied").len(), 6);

    // a broker that was killed comes back to the same
    scene.kill();
    scene.start();
    assert_eq!(state_of(&manager)["state"], "due");
    let resent = send(&scene, &police, 1, &["--key", KEY]).ended(0);
    assert_eq!(
        (&resent.data()["already"], &resent.data()["withdrawn_at"]),
        (&true.into(), &taken["recorded_at"])
    );
    assert!(resent.err.contains("that submission was withdrawn"), "{resent:?}");
    assert_eq!(std::fs::read(&receipt).unwrap(), original, "byte for byte");
    let replacing = send(&scene, &police, 2, &["--replaces", &first, "--reason", "correction"]).ended(3);
    assert!(replacing.err.contains("leave out --replaces"), "{replacing:?}");
    assert_eq!(state_of(&manager)["state"], "due");

    let anew = send(&scene, &police, 1, &[]).ended(0).data();
    assert_eq!((&anew["version"], &anew["already"]), (&2.into(), &false.into()), "{anew}");
    let second = super::submission_of(&anew);
    assert_ne!(second, first);
    assert_eq!(state_of(&manager)["state"], "accepted");
    assert_eq!(fetch(&manager, &second, P4).0, 0);
    assert_eq!(fetch(&manager, &first, P4).0, 5);
    scene.stop();
    let _ = police.run(&["receipt", "verify", &receipt]).ended(0);
    verified(&scene);
    let rebuilt = scene.operate(&["rebuild", &scene.dir.to_string_lossy()]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    verified(&scene);
}

#[test]
fn a_withdrawal_after_the_deadline_leaves_the_return_overdue_and_the_next_one_late() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let of = |class: &str| {
        let found = super::entries(&auditor, class);
        found
            .iter()
            .filter(|entry| {
                entry["agency"] == "metropolitan-police"
                    && entry["return_type"] == ATTEST
                    && entry["period"] == "2023-03"
            })
            .count()
    };
    let first = super::submission_of(&send(&scene, &police, 1, &[]).ended(0).data());
    super::move_clock(&scene, "2023-04-12T10:00:00Z");
    assert_eq!(state_of(&manager)["was_late"], false);
    assert_eq!(of("overdue_raised"), 0);
    let _ = withdraw(&police, &first, "sent_in_error").ended(0);
    assert_eq!(state_of(&manager)["state"], "overdue");
    super::move_clock(&scene, "2023-04-12T11:00:00Z");
    assert_eq!(of("overdue_raised"), 1, "by the broker itself");
    let nil = ["submit", "--type", ATTEST, "--period", "2023-03", "--nil", "-o", "json"];
    let nil = police.run(&nil).ended(0).data();
    assert_eq!(nil["version"], 2, "{nil}");
    let row = state_of(&manager);
    assert_eq!((&row["state"], &row["was_late"]), (&"nil_declared".into(), &true.into()), "{row}");
    assert_eq!(of("overdue_cleared"), 1);
    // and once more: a nil goes the same way, and what comes after clears again
    let taken = withdraw(&police, &super::submission_of(&nil), "wrong_period").ended(0).data();
    assert_eq!(taken["content"], "nothing", "{taken}");
    assert_eq!(state_of(&manager)["state"], "overdue");
    let third = send(&scene, &police, 4, &[]).ended(0).data();
    assert_eq!(third["version"], 3);
    super::move_clock(&scene, "2023-04-12T12:00:00Z");
    assert_eq!((of("overdue_raised"), of("overdue_cleared")), (1, 2));
    assert_eq!(state_of(&manager)["was_late"], true);
}

#[test]
fn whoever_collected_a_version_is_told_and_whoever_did_not_cannot_any_more() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["reader"]);
    let trust = scene.person("homerton/desk", &["reader"]);
    let first = super::police_figures(&scene, &police, 3, &[]);
    assert_eq!(fetch(&council, &first, P4).0, 0);
    let second = super::police_figures(&scene, &police, 4, &["--replaces", &first, "--reason", "correction"]);
    let superseded = withdraw(&police, &first, "wrong_area").ended(3);
    assert!(superseded.err.contains("not in force"), "{superseded:?}");
    let taken = withdraw(&police, &second, "contains_personal_data").ended(0).data();
    assert_eq!((&taken["versions"], &taken["content"]), (&2.into(), &"kept".into()), "{taken}");
    assert_eq!(taken["held_by"], serde_json::json!(["hackney-council"]), "{taken}");
    assert!(taken["spared"].to_string().contains("homerton"), "{taken}");
    for id in [&first, &second] {
        for person in [&council, &trust, &police] {
            assert_eq!(fetch(person, id, P4).0, 5, "{id}");
        }
        assert_eq!(item(&council, id)["withdrawn_reason"], "contains_personal_data");
        assert_eq!(item(&trust, id)["state"], "withdrawn");
        assert_eq!(council.run(&["inbox", "ack", id]).code, 5);
        assert_eq!(status(&police, id)["withdrawn_reason"], "contains_personal_data");
    }
    assert_eq!(item(&council, &first)["state"], "collected", "that it has it stays true");
    assert_eq!(item(&council, &second)["state"], "withdrawn");
    let words = council.run(&["inbox", "list"]).ended(0).out;
    assert!(words.contains("withdrawn (contains_personal_data): do not use it"), "{words}");
    scene.stop();
    verified(&scene);
}

#[test]
fn personal_data_that_is_withdrawn_is_erased_and_stays_provable() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let officer = scene.person("hackney-lado/officer", &["lado"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let outputs = || {
        [&["missing", "--all", "-o", "json"][..], &["inbox", "list", "-o", "json"]]
            .map(|args| manager.run(args))
    };
    let before = outputs();
    let file = scene.file("notification.csv", NOTIFICATION);
    let args = ["submit", "--type", "lado-notification", &file, "--key", KEY, "-o", "json"];
    let sent = police.run(&args).ended(0).data();
    let (id, receipt) = (super::submission_of(&sent), sent["receipt"].as_str().unwrap().to_owned());
    let original = std::fs::read(&receipt).unwrap();
    assert_eq!(fetch(&officer, &id, "P2-manage-allegation").0, 0);
    let files = contents(&scene);
    let taken = withdraw(&police, &id, "contains_personal_data").ended(0).data();
    assert_eq!(taken["content"], "erased", "{taken}");
    let (gone, bytes) = files.iter().find(|(path, _)| !path.exists()).unwrap();
    assert_eq!(files.iter().filter(|(path, _)| !path.exists()).count(), 1, "its file alone is removed");
    assert_eq!(taken["held_by"], serde_json::json!(["hackney-lado"]));
    assert_eq!(outputs(), before, "nothing a manager sees changes by a byte");
    assert_eq!(fetch(&officer, &id, "P2-manage-allegation").0, 5);
    assert_eq!(item(&officer, &id)["withdrawn_reason"], "contains_personal_data");
    scene.kill();
    scene.start();
    let resent = police.run(&args).ended(0).data();
    assert_eq!((&resent["already"], super::submission_of(&resent)), (&true.into(), id.clone()));
    assert_eq!(std::fs::read(&receipt).unwrap(), original);
    let anew = ["submit", "--type", "lado-notification", &file, "-o", "json"];
    let anew = police.run(&anew).ended(0).data();
    assert_eq!((&anew["version"], &anew["already"]), (&2.into(), &false.into()), "{anew}");
    assert_eq!(fetch(&officer, &super::submission_of(&anew), "P2-manage-allegation").0, 0);
    scene.stop();
    // as if the broker had been stopped before it came to erase
    std::fs::write(gone, bytes).unwrap();
    scene.start();
    scene.stop();
    assert!(!gone.exists(), "a start finishes what was left");
    let said = verified(&scene);
    assert!(said.contains("(1 erased)"), "{said}");
    let _ = police.run(&["receipt", "verify", &receipt]).ended(0);
}
