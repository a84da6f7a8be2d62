//! A policies folder that a test changes: the rows of `rules.csv` come from the agreements, and follow them.
#![expect(clippy::panic, clippy::expect_used, reason = "a test's ways to stop")]

use std::path::Path;

use concordat_broker::bundle;
use concordat_flow::Generation;

/// Writes the `rules.csv` that the other files of a policies folder give.
///
/// # Panics
/// When something is wrong with them.
pub fn regenerate(folder: &Path) {
    let files = bundle::read(folder).expect("a policies folder");
    let rules = Generation::rules(&files).unwrap_or_else(|complaints| panic!("{complaints:#?}"));
    std::fs::write(folder.join("rules.csv"), rules).expect("rules.csv");
}

/// Changes the agreements of a policies folder, and the rows with them. The golden decisions go: they are those of the
/// arrangement as it was.
///
/// # Panics
/// When the change changes nothing, or leaves something that is wrong.
pub fn change_agreements(folder: &Path, change: impl FnOnce(&str) -> String) {
    let path = folder.join("agreements.toml");
    let text = std::fs::read_to_string(&path).expect("agreements.toml");
    let changed = change(&text);
    assert_ne!(changed, text, "the change is one");
    std::fs::write(&path, changed).expect("agreements.toml");
    let cases = folder.join("cases");
    if cases.exists() {
        std::fs::remove_dir_all(cases).expect("the golden decisions");
    }
    regenerate(folder);
}

/// Ends clauses of the agreements of a policies folder on a day, and their rows with them.
///
/// # Panics
/// When one of them is not there.
pub fn end_clauses(folder: &Path, clauses: &[&str], on: &str) {
    change_agreements(folder, |text| {
        clauses.iter().fold(text.to_owned(), |text, clause| {
            let id = format!("[[agreement.clause]]\nid = \"{clause}\"\n");
            assert!(text.contains(&id), "there is no clause {clause}");
            text.replacen(&id, &format!("{id}until = \"{on}\"\n"), 1)
        })
    });
}
