use concordat_ledger::{
    Checkpoint, Leaf, LogKey, Statement, Tree, commit_statement, leaf_hash, log_id, sha256,
};

use concordat_core::submission::Covers;

use super::*;

const ORIGIN: &str = "concordat/sample/log";
const CONTENT: Digest = Digest([9; 32]);
const SUBMISSION: EntryId = EntryId([1; 16]);

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn identity() -> Identity {
    Identity {
        agency: "met".parse().unwrap(),
        return_type: "core-data-set-annual".parse().unwrap(),
        areas: vec!["E09000012".parse().unwrap()],
        covers: Covers::Period("2022-23".parse().unwrap()),
        part: None,
    }
}

fn statement() -> Statement {
    Statement {
        log: ORIGIN.into(),
        submission: SUBMISSION.to_string(),
        agency: "met".into(),
        principal: "met/desk".into(),
        return_type: "core-data-set-annual".into(),
        areas: vec!["E09000012".into()],
        period: "2022-23".into(),
        part: None,
        version: 1,
        replaces: None,
        content: CONTENT.0.into(),
        outcome: "accepted".into(),
        decision: "R-001".into(),
        agreement: None,
        policy: sha256(&[b"policy"]),
    }
}

/// The receipt of a statement at index 3 of 4.
fn receipt_of(statement: &Statement) -> Vec<u8> {
    let statement = statement.encode().unwrap();
    let leaf = Leaf {
        log: log_id(ORIGIN),
        entry: SUBMISSION.0,
        class: 6,
        recorded_at_us: 1_682_935_200_000_000,
        sections: vec![],
        statement: commit_statement(&[5; 32], &statement),
    };
    let leaf = leaf.encode().unwrap();
    let mut tree = Tree::from_leaf_hashes((0_u8..3).map(|index| leaf_hash(&[index])));
    let index = tree.push(leaf_hash(&leaf));
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: tree.len(), root: tree.root() };
    let receipt = Receipt {
        statement,
        random: [5; 32],
        leaf,
        index,
        proof: tree.inclusion(index, tree.len()).unwrap(),
        checkpoint: checkpoint.sign(&key()).unwrap().into_string(),
    };
    receipt.to_text().into_bytes()
}

/// The receipt of a version 1 of a return with this content.
pub(crate) fn receipt_for(identity: &Identity, content: Digest) -> Vec<u8> {
    receipt_of(&Statement {
        agency: identity.agency.to_string(),
        return_type: identity.return_type.to_string(),
        areas: identity.areas.iter().map(ToString::to_string).collect(),
        period: identity.covers.to_string(),
        content: content.0.into(),
        ..statement()
    })
}

fn verdict(statement: &Statement) -> Result<Verified, Failure> {
    let (identity, principal) = (identity(), "met/desk".parse().unwrap());
    let expected = Expected {
        submission: SUBMISSION,
        index: 3,
        version: 1,
        anew: Some((&principal, None)),
        identity: &identity,
        content: CONTENT,
    };
    verify_for(&receipt_of(statement), key().verifier(), &expected)
}

#[test]
fn the_receipt_of_what_was_sent_is_accepted() {
    let verified = verdict(&statement()).unwrap();
    assert_eq!(recorded_at(&verified).unwrap().to_string(), "2023-05-01T10:00:00Z");
}

#[test]
fn a_genuine_receipt_for_anything_else_is_no_acknowledgement() {
    let others: [(&str, Statement); 9] = [
        ("content", Statement { content: sha256(&[b"other"]), ..statement() }),
        ("agency", Statement { agency: "nhs".into(), ..statement() }),
        ("principal", Statement { principal: "met/other".into(), ..statement() }),
        ("return type", Statement { return_type: "other".into(), ..statement() }),
        ("areas", Statement { areas: vec![], ..statement() }),
        ("period", Statement { period: "2021-22".into(), ..statement() }),
        ("part", Statement { part: Some("health".into()), ..statement() }),
        ("replaced submission", Statement { replaces: Some(SUBMISSION.to_string()), ..statement() }),
        ("version", Statement { version: 2, ..statement() }),
    ];
    for (what, other) in others {
        let failure = verdict(&other).unwrap_err();
        assert_eq!(failure.exit, Exit::Tampered, "{what}");
        assert!(failure.what.contains(what), "{what}: {}", failure.what);
    }
}

#[test]
fn a_receipt_of_another_log_or_with_one_byte_changed_proves_nothing() {
    let bytes = receipt_of(&statement());
    let other = LogKey::from_seed(ORIGIN, &[8; 32]).unwrap();
    assert_eq!(verify(&bytes, other.verifier()).unwrap_err().exit, Exit::Tampered);
    for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 2] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert_eq!(verify(&altered, key().verifier()).unwrap_err().exit, Exit::Tampered, "byte {at}");
    }
}
