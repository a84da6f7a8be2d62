//! The sample folder broken in one place at a time: what `concordat policy lint` says, with file, row, column and words.
//! The tables are the harness's: the broker's `check` is held to them too.

use super::*;

#[path = "../../../../../tests/src/broken/mod.rs"]
mod tables;

use tables::{Broken, Edit, RULES, Said, worth_a_look};

fn is_said(finding: &Value, said: &Said) -> bool {
    let (severity, file, row, column, words) = *said;
    let at = |name: &str| finding[name].as_str();
    at("severity") == Some(severity)
        && at("file") == Some(file)
        && (row == Some(0) && finding["row"].is_u64() || finding["row"] == json!(row))
        && at("column") == column
        && at("text").is_some_and(|text| text.contains(words))
}

/// What is missed of what must be said; where the rules follow the edits, they are generated first.
async fn each_is_said(all: impl IntoIterator<Item = (Vec<Edit>, Said)>, code: u8, follow: bool) {
    let mut lead = Lead::new();
    let mut missed = Vec::new();
    for (edits, said) in all {
        for (file, from, to) in &edits {
            lead.edit(file, from, to);
        }
        if follow {
            let (ended, stdout, stderr) = lead.run("policy generate").await;
            assert_eq!(ended, 0, "{edits:?}: {stdout}{stderr}");
        }
        let (ended, stdout, _) = lead.run("policy lint -o json").await;
        let value: Value = serde_json::from_str(&stdout).unwrap();
        let findings = value["data"]["findings"].as_array().unwrap();
        if ended != code || !findings.iter().any(|finding| is_said(finding, &said)) {
            let said_instead =
                findings.iter().take(6).map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
            missed.push(format!("{edits:?} ended with {ended}, without {said:?}:\n  {said_instead}"));
        }
        for (file, ..) in edits {
            lead.take_back(file);
        }
        lead.take_back(RULES);
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!(lead.run("policy lint --fail-on warning").await.0, 0, "the folder is the sample again");
}

fn one_by_one(table: &[Broken]) -> impl Iterator<Item = (Vec<Edit>, Said)> {
    table.iter().map(|(file, from, to, said)| (vec![(*file, *from, *to)], *said))
}

#[tokio::test]
async fn every_broken_file_is_refused_with_its_row_column_and_words() {
    each_is_said(tables::refused(), 3, false).await;
}

#[tokio::test]
async fn every_rule_that_is_not_what_it_looks_like_is_told_with_its_place_and_words() {
    each_is_said(one_by_one(worth_a_look::OF_RULES), 0, true).await;
}

#[tokio::test]
async fn every_agreement_that_is_not_carried_out_is_told_with_its_key_and_words() {
    each_is_said(one_by_one(worth_a_look::OF_AGREEMENTS), 0, true).await;
}

#[tokio::test]
async fn every_other_file_that_is_worth_a_look_is_told_with_its_place_and_words() {
    each_is_said(one_by_one(worth_a_look::OF_OTHERS), 0, true).await;
}

#[test]
fn there_are_a_hundred_and_more_and_in_every_file_that_rows_are_made_of() {
    let refused = tables::refused();
    assert!(refused.len() > 100, "{}", refused.len());
    for file in [RULES, tables::BY_HAND, tables::AGREEMENTS] {
        assert!(refused.iter().filter(|(_, said)| said.1 == file).count() >= 30, "{file}");
    }
}
