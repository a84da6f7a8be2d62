//! The commands against a broker on paper.

use super::*;
use crate::pending::Pending;
use crate::run::paper::{Next, Paper};

const SUBMIT: &str = "submit --type visits-monthly --period 2023-03";
const VISITS: (&str, &str) = ("returns/visits-monthly.toml", include_str!("../visits.toml"));

/// An office that enrolled with a broker on paper.
async fn enrolled() -> (Office, Paper) {
    let paper = Paper::open(&[VISITS]).await;
    let mut office = Office::unenrolled();
    let (code, _, stderr) = enrol(&mut office, &paper, "the-token").await;
    assert_eq!(code, 0, "{stderr}");
    (office, paper)
}

pub(super) async fn enrol(office: &mut Office, paper: &Paper, token: &str) -> (u8, String, String) {
    office.desk.stdin = Box::new(io::Cursor::new(format!("{token}\n")));
    let (broker, pin) = (&paper.enrolment, paper.fingerprint);
    office.run(&format!("enrol --broker {broker} --fingerprint {pin} --token-file - -o json"), None).await
}

pub(super) fn pending(office: &Office) -> usize {
    Pending::of(&office.context()).unwrap().records().unwrap().len()
}

fn receipts(office: &Office) -> usize {
    std::fs::read_dir(office.context().folder.join("receipts")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn enrolment_makes_a_context_that_the_broker_knows() {
    let (mut office, _paper) = enrolled().await;
    let context = office.context();
    assert_eq!(context.facts.principal.to_string(), "met/desk");
    assert_eq!(context.facts.areas, ["E09000012".parse().unwrap()], "fetched with the first call");
    let (code, stdout, stderr) = office.run("whoami -o json", None).await;
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["data"]["demo_clock"], true);
    assert!(stderr.contains("DEMO CLOCK"), "{stderr}");
    let (_, _, stderr) = office.run("types visits-monthly", None).await;
    assert!(stderr.contains("the catalogue of context `met`"), "{stderr}");
}

#[tokio::test]
async fn a_spent_token_or_another_fingerprint_stores_nothing() {
    let paper = Paper::open(&[VISITS]).await;
    let mut office = Office::unenrolled();
    assert_eq!(enrol(&mut office, &paper, "spent").await.0, 4);
    let mut other = paper;
    other.fingerprint = concordat_core::ids::Digest([9; 32]);
    let (code, _, stderr) = enrol(&mut office, &other, "the-token").await;
    assert_eq!(code, 1);
    assert!(stderr.contains("nothing was sent") && stderr.contains("fingerprint"), "{stderr}");
    assert!(Contexts::under(&office.desk.home).names().unwrap().is_empty());
}

#[tokio::test]
async fn a_submission_ends_with_a_kept_receipt_and_nothing_pending() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("recorded at index 0, queued to 3\nsubmission 0101"), "{stdout}");
    assert_eq!((pending(&office), receipts(&office)), (0, 1));
    let sent = &paper.requests()[0];
    assert_eq!((sent.key.len(), sent.tables[0].columns.join(",")), (16, "area,visits,late".into()));
    let receipt =
        std::fs::read_dir(office.context().folder.join("receipts")).unwrap().next().unwrap().unwrap();
    let path = receipt.path();
    assert_eq!(office.run("receipt verify", Some(&path)).await.0, 0);
    std::fs::remove_file(&path).unwrap();
    let id = path.file_stem().unwrap().to_str().unwrap().to_owned();
    assert_eq!(office.run(&format!("receipt fetch {id}"), None).await.0, 0);
    assert!(path.exists());
}

#[tokio::test]
async fn a_lost_reply_is_asked_for_again_under_the_same_key_and_recorded_once() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    paper.will(&[Next::Unavailable, Next::RecordAndFail]);
    let (code, stdout, stderr) = office.run(&format!("{SUBMIT} -o json"), Some(&file)).await;
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["data"]["already"], true);
    let requests = paper.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| *request == requests[0]), "every attempt is the same");
    assert_eq!((pending(&office), receipts(&office)), (0, 1));
}

#[tokio::test]
async fn a_broker_down_for_long_is_resumed_by_a_later_run_under_the_same_key() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    paper.will(&[Next::Unavailable; 3]);
    assert_eq!(office.run(SUBMIT, Some(&file)).await.0, 7);
    assert_eq!(pending(&office), 1);
    assert_eq!(office.run(SUBMIT, Some(&file)).await.0, 0);
    let keys: Vec<Vec<u8>> = paper.requests().into_iter().map(|request| request.key).collect();
    assert!(keys.len() == 4 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(pending(&office), 0);
}

#[tokio::test]
async fn a_changed_return_type_is_fetched_and_the_return_sent_once_more_under_the_same_key() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    paper.change_catalogue(
        VISITS.0,
        &VISITS.1.replace("visits were late: say why", "say why visits were late"),
    );
    paper.will(&[Next::CatalogueChanged]);
    let (code, _, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!(code, 0, "{stderr}");
    let requests = paper.requests();
    assert_eq!((requests.len(), &requests[0].key), (2, &requests[1].key));
    assert_ne!(requests[0].type_digest, requests[1].type_digest);
    paper.will(&[Next::CatalogueChanged, Next::CatalogueChanged]);
    let other = office.file("other.csv", "area,visits,late\nE09000012,3,0\n");
    assert_eq!(office.run(SUBMIT, Some(&other)).await.0, 3);
    assert_eq!((paper.requests().len(), pending(&office)), (4, 0), "once more and no further");
}

#[tokio::test]
async fn what_the_broker_finds_is_shown_as_findings() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    paper.will(&[Next::Invalid]);
    let (code, stdout, stderr) = office.run(&format!("{SUBMIT} -o json"), Some(&file)).await;
    assert_eq!(code, 3, "{stderr}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&value["data"]["accepted"], &value["data"]["findings"][0]["rule"]),
        (&json!(false), &json!("V-R9"))
    );
    assert_eq!(pending(&office), 0, "a plain refusal leaves nothing in doubt");
}

#[tokio::test]
async fn a_receipt_for_other_content_is_no_acknowledgement() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    paper.will(&[Next::OtherReceipt]);
    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!((code, stdout.as_str()), (8, ""), "{stderr}");
    assert_eq!((pending(&office), receipts(&office)), (1, 0), "the key is kept");
}

#[tokio::test]
async fn a_nil_is_sent_without_tables() {
    let (mut office, paper) = enrolled().await;
    let (code, _, stderr) = office.run(&format!("{SUBMIT} --nil"), None).await;
    assert_eq!(code, 0, "{stderr}");
    let request = &paper.requests()[0];
    assert!(request.nil && request.tables.is_empty());
    assert_eq!(request.identity.as_ref().unwrap().areas, ["E09000012"], "the agency's own");
}

#[tokio::test]
async fn the_log_is_verified_and_one_that_shrank_or_was_altered_is_told() {
    let (mut office, paper) = enrolled().await;
    for month in 1..=5 {
        let file = office.file("good.csv", GOOD);
        let (code, _, stderr) =
            office.run(&format!("submit --type visits-monthly --period 2023-0{month}"), Some(&file)).await;
        assert_eq!(code, 0, "{stderr}");
        if month == 3 {
            let (code, stdout, _) = office.run("audit verify -o json", None).await;
            assert_eq!(
                (code, &serde_json::from_str::<Value>(&stdout).unwrap()["data"]["size"]),
                (0, &json!(3))
            );
        }
    }
    assert_eq!(
        office.run("audit verify --from 4", None).await.0,
        2,
        "only the kept size can be gone on from"
    );
    let (code, stdout, stderr) = office.run("audit verify --from 3 -o json", None).await;
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["data"]["grown_from"], 3);
    paper.hide(1);
    assert_eq!(office.run("audit verify", None).await.0, 9);
    paper.hide(0);
    paper.alter(1);
    assert_eq!(office.run("audit verify", None).await.0, 8);
    assert_eq!(office.run("audit search", None).await.0, 5);
}

#[tokio::test]
async fn a_refusal_by_the_log_ends_the_doubt_and_one_before_it_does_not() {
    let (mut office, paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    paper.will(&[Next::Unavailable, Next::Invalid]);
    assert_eq!(office.run(SUBMIT, Some(&file)).await.0, 3);
    assert_eq!(pending(&office), 1, "the attempt without an answer may have been recorded");
    paper.will(&[Next::AlreadyAccepted]);
    assert_eq!(office.run(SUBMIT, Some(&file)).await.0, 3);
    assert_eq!(pending(&office), 0);
}

#[tokio::test]
async fn missing_returns_fail_the_run_only_when_asked_to_and_the_demo_clock_is_told() {
    let (mut office, _paper) = enrolled().await;
    let (code, stdout, stderr) = office.run("missing --fail-on missing -o csv", None).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.ends_with("met,visits-monthly,E09000012,2023-03,,accepted,2023-04-12,0,,no,0,0,0\n"),
        "{stdout}"
    );
    assert!(stderr.contains("DEMO CLOCK"), "{stderr}");
    assert_eq!(office.run("missing --all", None).await.0, 0);
    let (code, stdout, stderr) = office.run("missing --all --fail-on missing -o json", None).await;
    assert_eq!(code, 6);
    assert!(stderr.contains("1 return is missing"), "{stderr}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&value["data"]["missing"], &value["data"]["demo_clock"]), (&json!(1), &json!(true)));
    assert_eq!(value["data"]["rows"][1]["working_days_late"], 14);
}

#[tokio::test]
async fn a_fetched_return_is_csv_on_the_output_and_what_is_withheld_is_talk() {
    let (mut office, _paper) = enrolled().await;
    let id = "01".repeat(16);
    let (code, stdout, _) = office.run("inbox list -o jsonl", None).await;
    assert_eq!((code, stdout.lines().count()), (0, 3), "every page");
    let fetch = format!("inbox fetch {id} --purpose P4-partnership-assurance");
    let (code, stdout, stderr) = office.run(&fetch, None).await;
    assert_eq!((code, stdout.as_str()), (0, "area,visits\n'=cmd,c\n"), "{stderr}");
    for talk in [
        "profile: dfe",
        "fields withheld: late",
        "fields shown in part: born (month of birth)",
        "tables withheld: none",
        "cells suppressed: 1, by dfe",
    ] {
        assert!(stderr.contains(talk), "{stderr}");
    }
    let out = office.dir.path().join("out.csv");
    let to_file = format!("{fetch} --out {}", out.display());
    let (code, stdout, _) = office.run(&to_file, None).await;
    assert_eq!(
        (code, stdout.as_str(), std::fs::read_to_string(&out).unwrap().as_str()),
        (0, "", "area,visits\n'=cmd,c\n")
    );
    assert_eq!(office.run(&to_file, None).await.0, 2, "a file is never written over");
    assert_eq!(office.run(&format!("inbox fetch {id} --purpose P1-safeguard-child"), None).await.0, 5);
    assert_eq!(office.run(&format!("inbox ack {id}"), None).await.0, 0);
    assert_eq!(office.run(&format!("inbox reject {id} --reason unreadable"), None).await.0, 3);
}

#[tokio::test]
async fn a_withdrawal_is_told_in_words_and_a_second_one_is_refused() {
    let (mut office, _paper) = enrolled().await;
    let file = office.file("good.csv", GOOD);
    let key = "0123456789abcdef0123456789abcdef";
    let send = format!("{SUBMIT} --key {key} -o json");
    let (_, stdout, _) = office.run(&send, Some(&file)).await;
    let sent: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(sent["data"]["withdrawn_at"], Value::Null);
    let id = sent["data"]["submission"].as_str().unwrap().to_owned();
    let (code, _, stderr) = office.run(&format!("withdraw {id} --reason whim"), None).await;
    assert!(code == 2 && stderr.contains("sent_in_error, wrong_period"), "{stderr}");
    assert_eq!(office.run(&format!("withdraw {id}"), None).await.0, 2, "a reason must be given");
    let withdraw = format!("withdraw {id} --reason contains_personal_data");
    let (code, stdout, stderr) = office.run(&withdraw, None).await;
    assert_eq!(code, 0, "{stderr}");
    for words in [
        "withdrawn at index 9: version 1 and 1 before it, contains_personal_data\n",
        "in the hands of chscp: their inboxes say that it was withdrawn; ask them to delete their copies\n",
        "never collected by hackney, who cannot any more\n",
        "its content cannot be erased",
    ] {
        assert!(stdout.contains(words), "{stdout}");
    }
    let (code, _, stderr) = office.run(&withdraw, None).await;
    assert!(code == 3 && stderr.contains("says when it was withdrawn"), "{stderr}");
    assert_eq!(office.run(&format!("withdraw {} --reason wrong_area", "ee".repeat(16)), None).await.0, 5);
    // under its old key the original receipt comes back, and the client says what became of it
    let (code, stdout, stderr) = office.run(&send, Some(&file)).await;
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        serde_json::from_str::<Value>(&stdout).unwrap()["data"]["withdrawn_at"],
        "2023-05-04T10:00:00Z"
    );
    assert!(stderr.contains("was withdrawn at 2023-05-04T10:00:00Z (contains_personal_data)"), "{stderr}");
}

#[tokio::test]
async fn what_superseded_what_is_told_to_recipients_and_who_is_behind_to_the_sender() {
    let (mut office, _paper) = enrolled().await;
    let (_, stdout, _) = office.run("inbox list", None).await;
    assert!(stdout.contains("superseded by version 2 (late_data)"), "{stdout}");
    assert!(
        stdout.contains("replaces version 1 (late_data); withdrawn (wrong_area): do not use it"),
        "{stdout}"
    );
    assert!(!stdout.contains(&"02".repeat(16)), "ids of other versions are for programs: {stdout}");
    let (_, stdout, _) = office.run("inbox list -o json", None).await;
    let items = serde_json::from_str::<Value>(&stdout).unwrap()["data"]["items"].clone();
    assert_eq!(items[0]["superseded_by"], "02".repeat(16));
    assert_eq!(
        (&items[1]["replaces"], &items[1]["withdrawn_reason"]),
        (&json!("01".repeat(16)), &json!("wrong_area"))
    );
    assert_eq!(items[2]["note"], Value::Null);

    let fetch = format!("inbox fetch {} --purpose P4-partnership-assurance", "01".repeat(16));
    let (code, _, stderr) = office.run(&fetch, None).await;
    let words = format!(
        "this is version 1, superseded by version 2 (correction): `concordat inbox fetch {}`",
        "02".repeat(16)
    );
    assert!(code == 0 && stderr.contains(&words), "{stderr}");

    let (code, stdout, stderr) = office.run(&format!("status {} -o json", "02".repeat(16)), None).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("collected an older version, and not yet version 2: chscp, city"), "{stderr}");
    let data = serde_json::from_str::<Value>(&stdout).unwrap()["data"].clone();
    assert_eq!(data["replace_reason"], "late_data");
    assert_eq!(data["deliveries"][1]["collected_versions"], json!([1, 2]));
    assert_eq!(data["deliveries"][2]["state"], "not_routed");
}
