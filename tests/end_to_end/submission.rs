//! A submission from the file to the receipt, and again.

use concordat_tests::{Person, Scene};

pub const ATTESTATION: &str = "area,matters_meeting_criteria,notified\nE09000012,2,2\n";

fn police(scene: &mut Scene) -> Person {
    scene.person("metropolitan-police/returns-desk", &["submitter"])
}

#[test]
fn a_return_gets_a_receipt_that_verifies_offline() {
    let mut scene = super::scene();
    let person = police(&mut scene);
    let file = scene.file("attestation.csv", ATTESTATION);
    let args = ["submit", "--type", "lado-attestation-monthly", "--period", "2023-03", &file, "-o", "json"];
    let said = person.run(&args).ended(0);
    let receipts = glob(&person.home, "receipt");
    assert_eq!(receipts.len(), 1, "{said:?}");
    scene.stop();
    let verified = person.run(&["receipt", "verify", &receipts[0]]).ended(0);
    assert!(verified.out.contains("lado-attestation-monthly"), "{verified:?}");
}

/// Files below a folder with an ending.
pub fn glob(folder: &std::path::Path, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(glob(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}
