//! Accepted in part: children whose rows have errors stay behind, the others are recorded, proved and read.

use concordat_cli::pending::Pending;
use concordat_core::ids::Digest;
use concordat_core::record::LeftOut;
use concordat_core::submission::{Covers, Identity};
use concordat_store::{Embedded, Store as _};
use concordat_tests::{Person, Said, Scene};
use serde_json::{Value, json};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const P9: &str = "P9-child-level-analysis";
const EXTRACT: [&str; 5] = ["--type", "ssda903-extract", "--period", "2024-25", "-o"];

/// Ten invented children, a row of each in three tables. Three have errors, and a day that nobody else has, by
/// which a reader would know their rows; `mended` puts two of them right.
fn folder(scene: &Scene, name: &str, mended: bool) -> String {
    let folder = scene.folder(name);
    let write = |table: &str, heading: &str, row: &dyn Fn(usize) -> String| {
        let rows: String = (1..=10).map(|child| format!("{}\n", row(child))).collect();
        std::fs::write(folder.join(format!("{table}.csv")), format!("{heading}\n{rows}")).unwrap();
    };
    let wrong = |child: usize| [3, 5, 8].contains(&child) && !(mended && child != 8);
    write("header", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB", &|child| {
        let sex = if child == 3 && wrong(child) { "9" } else { "2" };
        format!("90377100{child},{sex},01/02/2010,WBRI,A000000000001,,")
    });
    write(
        "episodes",
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
        &|child| {
            let began = if [3, 5, 8].contains(&child) { "17/05/2024" } else { "01/04/2024" };
            let ended = if child == 5 && wrong(child) { "20/05/2024" } else { "" };
            format!("90377100{child},{began},S,C2,N1,U1,PR1,{ended},,,E8 1EA,E8 1EA,SC000001")
        },
    );
    write("reviews", "CHILD,DOB,REVIEW,REVIEW_CODE", &|child| {
        let code = if child == 8 && wrong(child) { "PN9" } else { "PN1" };
        format!("90377100{child},01/02/2010,01/06/2024,{code}")
    });
    folder.to_string_lossy().into_owned()
}

fn send(person: &Person, folder: &str, form: &str, more: &[&str]) -> Said {
    person.run(&[&["submit"], &EXTRACT[..], &[form, folder], more].concat())
}

fn refused() -> Value {
    json!([
        {"record": "903771003", "rules": ["101"]},
        {"record": "903771005", "rules": ["148"]},
        {"record": "903771008", "rules": ["cell-code"]},
    ])
}

fn owed(manager: &Person) -> Value {
    let args = ["missing", "--type", "ssda903-extract", "--agency", "hackney-council", "-o", "json"];
    let data = manager.run(&args).ended(0).data();
    data["rows"].as_array().unwrap().iter().find(|row| row["period"] == "2024-25").unwrap().clone()
}

#[test]
fn three_children_of_ten_stay_behind_and_the_others_are_recorded_and_proved() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let analyst = scene.person("chscp/analyst", &["partnership-analyst"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    super::move_clock(&scene, "2025-04-10T10:00:00Z");
    let broken = folder(&scene, "broken", false);

    let validated = council.run(&[&["validate"], &EXTRACT[..], &["json", &broken]].concat()).ended(3).data();
    assert_eq!(validated["accepted"], false);
    let said = send(&council, &broken, "json", &["--key", KEY]).ended(3);
    let data = said.data();
    for data in [&validated, &data] {
        assert_eq!(data["in_part"]["refused"], refused(), "{data}");
        let counts = &data["in_part"];
        assert_eq!((&counts["records"], &counts["records_refused"]), (&10.into(), &3.into()));
    }
    assert_eq!((&data["accepted"], &data["already"]), (&false.into(), &false.into()));
    let id = super::submission_of(&data);
    for words in ["3 of 10 records refused", "send the whole return again with `--replaces"] {
        assert!(said.err.contains(words), "{words}: {said:?}");
    }
    assert!(!said.err.contains("90377100"), "no child's identifier among the talk: {said:?}");
    let table = council.run(&[&["validate"], &EXTRACT[..], &["csv", &broken]].concat()).ended(3).out;
    assert!(table.lines().any(|line| line.starts_with("148,") && line.contains("903771005")), "{table}");

    // recipients fetch no row of a refused child
    let read = analyst.run(&["inbox", "fetch", &id, "--purpose", P9]).ended(0).out;
    assert!(read.contains("01/04/2024") && !read.contains("17/05/2024"), "{read}");

    // the receipt is of what was recorded, and the sender's own file proves it
    let receipt = data["receipt"].as_str().unwrap();
    let proof = ["receipt", "verify", receipt, "--data", &broken];
    let proved = council.run(&[&proof[..], &EXTRACT[..4]].concat()).ended(0);
    assert!(proved.err.contains("3 of 10 records"), "{proved:?}");

    // the same again is the original receipt with the same list
    let again = send(&council, &broken, "json", &[]).ended(3).data();
    assert_eq!((&again["already"], super::submission_of(&again)), (&true.into(), id.clone()));
    assert_eq!(again["in_part"]["refused"], refused());
    assert_eq!(council.run(&["status", "--pending", "-o", "json"]).data()["pending"], json!([]));

    // whoever lost the reply, and fetches the receipt, has nothing pending any more
    let pending = Pending::of(&concordat_tests::sender::context(&council)).unwrap();
    let identity = Identity {
        agency: "hackney-council".parse().unwrap(),
        return_type: "ssda903-extract".parse().unwrap(),
        areas: Vec::new(),
        covers: Covers::Period("2024-25".parse().unwrap()),
        part: None,
    };
    let now = "2025-04-10T10:00:00Z".parse().unwrap();
    let _ = pending.claim(&Digest([9; 32]), &identity, Some(KEY.parse().unwrap()), now).unwrap();
    let _ = council.run(&["receipt", "fetch", &id]).ended(0);
    assert!(pending.records().unwrap().is_empty());

    // the mark is seen, and no more than a count
    let status = council.run(&["status", &id, "-o", "json"]).ended(0).data();
    assert_eq!((&status["records_accepted"], &status["records_refused"]), (&7.into(), &3.into()));
    let row = owed(&manager);
    assert_eq!((&row["state"], &row["records_refused"]), (&"accepted".into(), &3.into()), "{row}");

    // put right but for one, and sent again whole
    let mended = folder(&scene, "mended", true);
    let other = send(&council, &mended, "json", &[]).ended(3);
    assert!(other.err.contains("--replaces"), "other content needs a reason: {other:?}");
    let more = ["--replaces", &id, "--reason", "late_data"];
    let second = send(&council, &mended, "json", &more).ended(3).data();
    assert_eq!((&second["version"], second["in_part"]["refused"].as_array().unwrap().len()), (&2.into(), 1));
    let read = analyst.run(&["inbox", "fetch", &super::submission_of(&second), "--purpose", P9]).ended(0).out;
    assert_eq!(read.matches("17/05/2024").count(), 2, "{read}");
    assert_eq!(owed(&manager)["records_refused"], 1);
}

#[test]
fn whoever_asks_for_all_or_nothing_gets_nothing_and_figures_always_do() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    super::move_clock(&scene, "2025-04-10T10:00:00Z");
    let broken = folder(&scene, "broken", false);
    // by the client, and by the broker of what was sent unchecked
    for more in [&["--all-or-nothing"][..], &["--all-or-nothing", "--no-check"]] {
        let said = send(&council, &broken, "json", more).ended(3);
        assert!(said.data().get("in_part").is_none() && said.out.contains("\"148\""), "{said:?}");
    }
    assert!(super::entries(&auditor, "accepted").is_empty());
    assert_eq!(super::entries(&auditor, "refused").len(), 1);
    // the broker parts what was sent unchecked just as what was checked
    let data = send(&council, &broken, "json", &["--no-check"]).ended(3).data();
    assert_eq!(data["in_part"]["refused"], refused());

    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let two = "area,scope,period,child_arrests,conduct_matters_meeting_lado_criteria,lado_notifications_made\n\
               E09000012,area,2024-25/Q4,3,0,0\nE09000012,area,2024-25/Q3,3,0,0\n";
    let file = scene.file("two.csv", two);
    let args = ["submit", "--type", "cds-police-quarterly", "--period", "2024-25/Q4", &file, "-o", "json"];
    let said = police.run(&[&args[..], &["--no-check"]].concat()).ended(3);
    assert!(said.data().get("in_part").is_none(), "{said:?}");
    assert_eq!(super::entries(&auditor, "accepted").len(), 1, "the extract alone");
}

#[test]
fn the_log_holds_counts_by_rule_and_the_name_of_no_refused_child() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    super::move_clock(&scene, "2025-04-10T10:00:00Z");
    let broken = folder(&scene, "broken", false);
    let _ = send(&council, &broken, "json", &["--all-or-nothing", "--no-check"]).ended(3);
    let data = send(&council, &broken, "json", &[]).ended(3).data();
    let line = super::entries(&auditor, "accepted")[0].clone();
    assert!(line["summary"].as_str().unwrap().contains("in part (3 of 10 records refused)"), "{line}");
    assert!(!line.to_string().contains("90377100"));

    // every core section, opened
    scene.stop();
    let config = concordat_broker::config::Config::of_directory(&scene.dir).unwrap();
    let clock = concordat_broker::compose::opening_clock(&config);
    let options = concordat_broker::compose::options(&config, &clock).unwrap();
    let store = Embedded::open(&config.store, options).unwrap();
    let entries = (0..store.head().size).map(|index| store.entry(index).unwrap().unwrap());
    let bodies: Vec<concordat_core::entry::Body> = entries.map(|entry| entry.body).collect();
    let told = serde_json::to_string(&bodies).unwrap();
    assert!(told.contains("hackney-council"), "the sections are read");
    assert!(!told.contains("90377100"), "a child's identifier is in the log");
    let accepted = bodies.iter().find_map(|body| match body {
        concordat_core::entry::Body::Accepted(accepted) => Some(accepted),
        _ => None,
    });
    let one = |rule: &str| (rule.parse().unwrap(), 1);
    let expected = LeftOut { accepted: 7, refused: 3, rules: vec![one("101"), one("148"), one("cell-code")] };
    assert_eq!(accepted.unwrap().left_out, Some(expected));
    assert_eq!(data["index"].as_u64().map(|index| index < store.head().size), Some(true));
}

const EPISODES: [&str; 3] = ["--type", "missing-episode", "-o"];

fn episode(number: usize) -> String {
    format!("2f1c9d0e-5a34-4d2b-9c55-0000000000{number:02}")
}

/// Five invented episodes. The second lies in the future and the fourth has no readable risk, unless `mended`.
fn episodes(scene: &Scene, name: &str, mended: bool) -> String {
    let mut text = "episode_id,child_ref,dob,missing_from,kind,reported_at,risk,responsible_la\n".to_owned();
    for number in 1..=5 {
        let reported = if number == 2 && !mended { "2023-04-19T20:00" } else { "2023-04-01T20:00" };
        let risk = if number == 4 && !mended { "some" } else { "medium" };
        text.push_str(&format!(
            "{},C{number},2010-05-01,home,missing,{reported},{risk},E09000012\n",
            episode(number)
        ));
    }
    scene.file(name, &text)
}

fn outcomes(data: &Value) -> Vec<(String, String, Value)> {
    let of = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        (text("event"), text("outcome"), row["rules"].clone())
    };
    data["results"].as_array().unwrap_or_else(|| panic!("no results in {data}")).iter().map(of).collect()
}

#[test]
fn five_events_in_one_file_are_five_returns_each_told_by_its_own_id() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/desk", &["reader"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let file = episodes(&scene, "episodes.csv", false);

    // without the broker's clock the second is not in the future; the broker finds out
    let validated = police.run(&[&["validate"], &EPISODES[..], &["json", &file]].concat()).ended(3).data();
    assert_eq!(validated["in_part"]["refused"], json!([{"record": episode(4), "rules": ["cell-code"]}]));
    let none =
        police.run(&[&["submit"], &EPISODES[..], &["json", &file, "--all-or-nothing"]].concat()).ended(3);
    assert!(none.err.contains("nothing was sent"), "{none:?}");
    assert!(super::entries(&auditor, "accepted").is_empty());

    let said = police.run(&[&["submit"], &EPISODES[..], &["json", &file]].concat()).ended(3);
    let data = said.data();
    let expected = |first: &str| {
        let row = |number, outcome: &str, rules: Value| (episode(number), outcome.to_owned(), rules);
        vec![
            row(1, first, json!([])),
            row(2, "refused", json!(["ME-R8"])),
            row(3, first, json!([])),
            row(4, "refused", json!(["cell-code"])),
            row(5, first, json!([])),
        ]
    };
    assert_eq!(outcomes(&data), expected("recorded"), "{said:?}");
    let named: Vec<&Value> =
        data["findings"].as_array().unwrap().iter().map(|found| &found["record"]).collect();
    assert!(named.iter().all(|record| record.is_string()), "{data}");
    assert!(said.err.contains("2 of 5 events were refused") && !said.err.contains(&episode(2)), "{said:?}");
    assert_eq!(super::entries(&auditor, "accepted").len(), 3);
    assert_eq!(super::inbox(&council).len(), 3);
    for row in data["results"].as_array().unwrap().iter().filter(|row| row["outcome"] == "recorded") {
        let proof = ["receipt", "verify", row["receipt"].as_str().unwrap(), "--data", &file];
        let _ = police.run(&[&proof[..], &EPISODES[..2]].concat()).ended(0);
    }

    // again: nothing is recorded twice; put right, only the two are new
    let again = police.run(&[&["submit"], &EPISODES[..], &["json", &file]].concat()).ended(3).data();
    assert_eq!(outcomes(&again), expected("already"));
    let rows = |data: &Value| -> Vec<Value> { data["results"].as_array().unwrap().clone() };
    assert_eq!(rows(&again)[0]["submission"], rows(&data)[0]["submission"]);
    let mended = episodes(&scene, "mended.csv", true);
    let whole = police.run(&[&["submit"], &EPISODES[..], &["json", &mended]].concat()).ended(0).data();
    let told: Vec<String> = outcomes(&whole).into_iter().map(|(_, outcome, _)| outcome).collect();
    assert_eq!(told, ["already", "recorded", "already", "recorded", "already"]);
    assert_eq!((&whole["accepted"], super::entries(&auditor, "accepted").len()), (&true.into(), 5));
    let table = police.run(&[&["submit"], &EPISODES[..], &["csv", &mended]].concat()).ended(0).out;
    assert!(table.starts_with("event,outcome,submission,version,rules,reason,index,receipt\n"), "{table}");
    assert!(table.contains(&format!("{},already,", episode(5))), "{table}");
}

#[test]
fn a_file_of_a_type_that_does_not_say_so_holds_one_event() {
    let mut scene = super::scene();
    let officer = scene.person("hackney-lado/officer", &["lado"]);
    let row = "E09000012,metropolitan-police,homerton,2023-04-03T08:00,consultation\n";
    let file = scene.file(
        "two.csv",
        &format!(
            "notification_id,area,notifying_agency,employer_agency,notified_at,lado_action\n{},{row}{},{row}",
            episode(1),
            episode(2)
        ),
    );
    let said = officer.run(&["submit", "--type", "lado-outcome", &file, "-o", "json"]).ended(3);
    assert!(said.err.contains("nothing was sent") && said.out.contains("table-rows"), "{said:?}");
}

#[test]
fn a_marked_copy_of_several_events_is_written() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let file = episodes(&scene, "episodes.csv", false);
    let out = scene.folder("out").join("copy.xlsx");
    let path = out.to_string_lossy().into_owned();
    let said = police.run(&[&["submit"], &EPISODES[..], &["json", &file, "--report", &path]].concat());
    assert!(out.exists(), "{said:?}");
}
