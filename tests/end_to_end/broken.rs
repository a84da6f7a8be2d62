//! The policies folder broken in one place at a time: `check` refuses it, and names the file, row, column and words.

use std::path::Path;

use concordat_tests::Scene;
use concordat_tests::broken::{Edit, Said, refused};

fn edit(policies: &Path, (file, from, to): &Edit) {
    let path = policies.join(file);
    if from.is_empty() {
        return std::fs::write(path, to).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Takes a file back to what it was, or away where there was none.
fn take_back(policies: &Path, file: &str, was: Option<&[u8]>) {
    let path = policies.join(file);
    match was {
        Some(bytes) => std::fs::write(path, bytes).unwrap(),
        None => std::fs::remove_file(path).unwrap(),
    }
}

fn is_said(line: &str, (severity, file, row, column, words): &Said) -> bool {
    let Some(rest) = line.strip_prefix(&format!("{severity}: policies/{file}:")) else { return false };
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = rest.split_at(digits);
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let is_row = match row {
        None => number.is_empty(),
        Some(0) => !number.is_empty(),
        Some(row) => number == row.to_string(),
    };
    let text = match column {
        Some(column) => rest.strip_prefix(&format!(" {column}:")),
        None => Some(rest),
    };
    is_row && text.is_some_and(|text| text.contains(words))
}

#[test]
fn whatever_is_broken_in_the_policies_check_names_its_place_and_words_and_fails() {
    let scene = Scene::at_rest(env!("CARGO_BIN_EXE_broker-under-test"));
    let policies = scene.dir.join("policies");
    let dir = scene.dir.to_string_lossy().into_owned();
    let check = || scene.operate(&["check", &dir]);
    assert!(check().status.success(), "nothing of the sample is refused");
    let mut missed = Vec::new();
    let all = refused();
    assert!(all.len() >= 40);
    for (edits, said) in &all {
        let kept: Vec<_> =
            edits.iter().map(|(file, ..)| (*file, std::fs::read(policies.join(file)).ok())).collect();
        edits.iter().for_each(|one| edit(&policies, one));
        let ended = check();
        let stdout = String::from_utf8_lossy(&ended.stdout).into_owned();
        if ended.status.success() || !stdout.lines().any(|line| is_said(line, said)) {
            missed.push(format!("{edits:?} ended with {}, without {said:?}:\n{stdout}", ended.status));
        }
        // the first that was kept of a file is the sample's
        kept.iter().rev().for_each(|(file, was)| take_back(&policies, file, was.as_deref()));
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), all.len(), missed.join("\n"));
    assert!(check().status.success(), "the folder is the sample again");
}
