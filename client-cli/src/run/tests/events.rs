//! Several events in one file: each under its own key, told by its own id, and none lost when a run is cut short.

use super::wire::{enrol, pending};
use super::*;
use crate::run::paper::{Next, Paper};

const SUBMIT: &str = "submit --type missing-episode -o json";
const CHECK: &str = "validate --type missing-episode -o json";

fn id(number: usize) -> String {
    format!("2f1c9d0e-5a34-4d2b-9c55-0000000000{number:02}")
}

/// A file of episodes by their numbers.
fn episodes(ids: &[String]) -> String {
    let row = |id: &String| format!("{id},C1,2010-05-01,home,missing,2023-04-01T20:00,medium,E09000012\n");
    let heading = "episode_id,child_ref,dob,missing_from,kind,reported_at,risk,responsible_la\n";
    std::iter::once(heading.to_owned()).chain(ids.iter().map(row)).collect()
}

fn three() -> String {
    episodes(&[id(1), id(2), id(3)])
}

async fn enrolled() -> (Office, Paper, String) {
    let built_in = concordat_catalogue::Catalogue::built_in();
    let of = built_in.types().iter().find(|of| of.id.as_str() == "missing-episode").unwrap();
    let paper = Paper::open(&[("returns/missing-episode.toml", &of.text)]).await;
    let mut office = Office::unenrolled();
    assert_eq!(enrol(&mut office, &paper, "the-token").await.0, 0);
    (office, paper, of.text.to_string())
}

fn outcomes(stdout: &str) -> Vec<(String, String)> {
    let data = serde_json::from_str::<Value>(stdout).unwrap()["data"].clone();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    data["results"].as_array().unwrap().iter().map(|row| (text(row, "event"), text(row, "outcome"))).collect()
}

fn expected(all: [&str; 3]) -> Vec<(String, String)> {
    all.into_iter().zip(1..).map(|(outcome, number)| (id(number), outcome.to_owned())).collect()
}

#[tokio::test]
async fn a_run_that_is_cut_short_keeps_the_key_of_what_may_have_been_recorded() {
    let (mut office, paper, _) = enrolled().await;
    let file = office.file("episodes.csv", &three());
    let mut next = vec![Next::Accept];
    next.extend([Next::Unavailable; 3]);
    paper.will(&next);
    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!((code, outcomes(&stdout)), (7, expected(["recorded", "unknown", "not_sent"])), "{stderr}");
    assert!(
        stderr.contains("1 of 3 events are recorded") && stderr.contains("run the same command"),
        "{stderr}"
    );
    assert!(!stderr.contains(&id(2)), "no event's id among the talk: {stderr}");
    assert_eq!(pending(&office), 1);

    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!((code, outcomes(&stdout).len(), pending(&office)), (0, 3, 0), "{stderr}");
    let keys: Vec<Vec<u8>> = paper.requests().into_iter().map(|request| request.key).collect();
    // one, two three times; then one, two and three
    assert_eq!(keys.len(), 7);
    assert!(keys[1..4].iter().all(|key| *key == keys[1]) && keys[5] == keys[1], "the second keeps its key");
    assert!(keys[0] != keys[1] && keys[6] != keys[1] && keys[6] != keys[0], "every event has its own");
}

#[tokio::test]
async fn a_return_type_that_changes_on_the_way_sends_the_rest_once_more() {
    let (mut office, paper, text) = enrolled().await;
    let file = office.file("episodes.csv", &three());
    let changed = text.replace("correct the date and time", "look at the date and time");
    assert_ne!(changed, text);
    paper.change_catalogue("returns/missing-episode.toml", &changed);
    paper.will(&[Next::Accept, Next::CatalogueChanged]);
    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!((code, pending(&office)), (0, 0), "{stderr}");
    let mut told = outcomes(&stdout);
    told.sort();
    assert_eq!(told, expected(["recorded"; 3]));
    assert_eq!(paper.requests().len(), 4);
}

#[tokio::test]
async fn what_the_broker_refuses_is_one_event_and_a_false_receipt_ends_the_run() {
    let (mut office, paper, _) = enrolled().await;
    let file = office.file("episodes.csv", &three());
    paper.will(&[Next::Accept, Next::AlreadyAccepted, Next::Accept]);
    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!((code, outcomes(&stdout)), (3, expected(["recorded", "refused", "recorded"])), "{stderr}");
    assert!(stdout.contains("\"already_accepted\"") && stderr.contains("--replaces"), "{stderr}");
    assert_eq!(pending(&office), 0);

    paper.will(&[Next::Accept, Next::OtherReceipt]);
    let (code, stdout, stderr) = office.run(SUBMIT, Some(&file)).await;
    assert_eq!((code, outcomes(&stdout)), (8, expected(["recorded", "unknown", "not_sent"])), "{stderr}");
    assert_eq!(pending(&office), 1);
}

#[tokio::test]
async fn rows_that_cannot_be_told_apart_are_not_sent() {
    let (mut office, paper, _) = enrolled().await;
    let twice = office.file("twice.csv", &episodes(&[id(1), id(2), id(1)]));
    let (code, stdout, _) = office.run(CHECK, Some(&twice)).await;
    let data = serde_json::from_str::<Value>(&stdout).unwrap()["data"].clone();
    assert_eq!(
        (code, &data["in_part"]["refused"]),
        (3, &json!([{"record": id(1), "rules": ["row-unique"]}]))
    );
    let (code, stdout, _) = office.run(SUBMIT, Some(&twice)).await;
    let told: Vec<String> = outcomes(&stdout).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!((code, told.join(" "), paper.requests().len()), (3, "refused recorded refused".into(), 1));

    let unnamed = office.file("unnamed.csv", &episodes(&[id(3), "no-id".to_owned()]));
    for command in [CHECK, SUBMIT] {
        let (code, stdout, stderr) = office.run(command, Some(&unnamed)).await;
        let data = serde_json::from_str::<Value>(&stdout).unwrap()["data"].clone();
        assert_eq!((code, data.get("in_part")), (3, None), "{stderr}");
        assert_eq!(data["findings"][0]["row"], 2, "{data}");
    }
    assert_eq!(paper.requests().len(), 1, "nothing of that file was sent");

    let file = office.file("episodes.csv", &three());
    let (code, _, stderr) =
        office.run(&format!("{SUBMIT} --key 0123456789abcdef0123456789abcdef"), Some(&file)).await;
    assert!(code == 2 && stderr.contains("a file of its own"), "{stderr}");
}
