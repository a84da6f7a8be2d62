//! Resending, correcting: one return, its versions, and the original receipt.

use concordat_tests::{Person, Scene};

fn send(person: &Person, file: &str, extra: &[&str]) -> concordat_tests::Said {
    let mut args =
        vec!["submit", "--type", "lado-attestation-monthly", "--period", "2023-03", file, "-o", "json"];
    args.extend(extra);
    person.run(&args)
}

fn receipts(person: &Person) -> Vec<(String, Vec<u8>)> {
    fn below(folder: &std::path::Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "receipt") {
                found.push((path.to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    below(&person.home, &mut found);
    found.sort();
    found
}

fn setup() -> (Scene, Person, String, String) {
    let mut scene = super::scene();
    let person = scene.person("metropolitan-police/desk", &["submitter"]);
    let one = scene.file("one.csv", &super::attestation(1));
    let two = scene.file("two.csv", &super::attestation(2));
    (scene, person, one, two)
}

#[test]
fn the_same_key_and_content_gives_the_original_receipt_byte_for_byte() {
    let (mut scene, person, one, two) = setup();
    let key = "0123456789abcdef0123456789abcdef";
    let first = send(&person, &one, &["--key", key]).ended(0).data();
    let original = receipts(&person);
    assert_eq!(original.len(), 1);
    scene.stop();
    scene.start();
    let second = send(&person, &one, &["--key", key]).ended(0).data();
    assert_eq!(super::submission_of(&first), super::submission_of(&second));
    assert_eq!(receipts(&person), original, "byte for byte, after a restart too");
    let other = send(&person, &two, &["--key", key]).ended(3);
    assert!(format!("{}{}", other.out, other.err).contains("key"), "{other:?}");
    scene.stop();
    let offline = person.run(&["receipt", "verify", &original[0].0]).ended(0);
    assert!(offline.out.contains("lado-attestation-monthly"), "{offline:?}");
    let data = ["--data", &one, "--type", "lado-attestation-monthly", "--period", "2023-03"];
    let mut args = vec!["receipt", "verify", &original[0].0];
    args.extend(data);
    let _ = person.run(&args).ended(0);
    args[4] = &two;
    assert_ne!(person.run(&args).code, 0, "a receipt of other content");
}

#[test]
fn a_new_key_with_other_content_must_name_what_it_replaces() {
    let (mut scene, person, one, two) = setup();
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let first = super::submission_of(&send(&person, &one, &[]).ended(0).data());
    let again = send(&person, &one, &[]).ended(0).data();
    assert_eq!(super::submission_of(&again), first, "equal content is the same submission");
    let refused = send(&person, &two, &[]).ended(3);
    assert!(
        format!("{}{}", refused.out, refused.err).contains(&first),
        "it names the version in force: {refused:?}"
    );
    let replaced = send(&person, &two, &["--replaces", &first, "--reason", "correction"]).ended(0).data();
    assert_eq!(replaced["version"], 2, "{replaced}");
    let stale = send(&person, &one, &["--replaces", &first, "--reason", "correction"]);
    assert_eq!(stale.code, 3, "the first is no longer in force: {stale:?}");
    let inbox = manager.run(&["inbox", "list", "-o", "json"]).ended(0).out;
    assert!(inbox.contains(&first) && inbox.contains(&super::submission_of(&replaced)), "{inbox}");
}
