use proptest::prelude::*;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::hash::{leaf_hash, sha256};
use crate::key::LogKey;
use crate::leaf::SectionDigest;
use crate::note::tests::cosigned;
use crate::statement::tests::example;
use crate::tree::Tree;

const ORIGIN: &str = "concordat/northshire/log";

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn leaf(statement: &[u8], log: &str) -> Leaf {
    Leaf {
        log: log_id(log),
        entry: [1; 16],
        class: 1,
        recorded_at_us: 1_700_000_000_000_000,
        sections: vec![SectionDigest {
            number: 0,
            class: 1,
            key: [3; 16],
            stored_len: 900,
            hash: sha256(&[b"core"]),
        }],
        statement: commit_statement(&[5; 32], statement),
    }
}

/// A receipt for a leaf at index 9 of 23, from a log of this origin.
fn receipt_of(statement: &Statement, log: &str, key: &LogKey) -> Receipt {
    let statement = statement.encode().unwrap();
    let leaf = leaf(&statement, log).encode().unwrap();
    let mut tree = Tree::from_leaf_hashes((0_u8..9).map(|index| leaf_hash(&[index])));
    let index = tree.push(leaf_hash(&leaf));
    tree.extend((10_u8..23).map(|index| leaf_hash(&[index])));
    let checkpoint =
        Checkpoint { origin: key.verifier().name().to_owned(), size: tree.len(), root: tree.root() };
    Receipt {
        statement,
        random: [5; 32],
        leaf,
        index,
        proof: tree.inclusion(index, tree.len()).unwrap(),
        checkpoint: checkpoint.sign(key).unwrap().into_string(),
    }
}

fn receipt() -> Receipt {
    receipt_of(&example(), ORIGIN, &key())
}

fn verdict(bytes: &[u8]) -> Result<Verified, ReceiptFault> {
    Receipt::parse(bytes)?.verify(key().verifier())
}

#[test]
fn receipt_proves_what_was_recorded() {
    let verified = verdict(receipt().to_text().as_bytes()).unwrap();
    assert_eq!(verified.statement, example());
    assert_eq!(verified.leaf.recorded_at_us, 1_700_000_000_000_000);
    assert_eq!((verified.index, verified.tree_size), (9, 23));
}

#[test]
fn file_is_laid_out_as_documented_and_the_same_each_time() {
    let text = receipt().to_text();
    assert_eq!(text, receipt().to_text());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "concordat receipt v1");
    assert!(lines[1].starts_with("statement ") && lines[2].starts_with("random BQUF"));
    assert!(lines[3].starts_with("leaf Q0NMM"));
    assert_eq!(&lines[4..7], ["", "c2sp.org/tlog-proof@v1", "index 9"]);
    assert_eq!(lines[12..15], ["", ORIGIN, "23"]);
    assert!(text.ends_with(&receipt().checkpoint));
    assert!(text.ends_with(&receipt().to_tlog_proof()));
    assert!(receipt().to_tlog_proof().starts_with("c2sp.org/tlog-proof@v1\nindex 9\n"));
}

#[test]
fn every_flipped_bit_is_refused() {
    let text = receipt().to_text().into_bytes();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut altered = text.clone();
            altered[at] ^= 1 << bit;
            assert!(verdict(&altered).is_err(), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn every_cut_lengthened_or_doubled_file_is_refused() {
    let text = receipt().to_text().into_bytes();
    for at in 0..text.len() {
        assert!(verdict(&text[..at]).is_err(), "cut at {at}");
        let mut less = text.clone();
        less.remove(at);
        assert!(verdict(&less).is_err(), "without byte {at}");
        for byte in [b' ', b'\n', b'=', b'A', text[at]] {
            let mut more = text.clone();
            more.insert(at, byte);
            assert!(verdict(&more).is_err(), "{byte} at {at}");
        }
    }
    assert!(verdict(&[text.as_slice(), b"\n"].concat()).is_err());
    assert!(verdict(&[text.as_slice(), b" "].concat()).is_err());
}

#[test]
fn cosignatures_are_kept() {
    let mut cosigned_one = receipt();
    cosigned_one.checkpoint = cosigned(&cosigned_one.checkpoint, 16);
    let text = cosigned_one.to_text();
    assert_eq!(Receipt::parse(text.as_bytes()).unwrap().to_text(), text);
    assert!(verdict(text.as_bytes()).is_ok());
}

#[test]
fn failed_link_is_named() {
    let fault = |change: fn(&mut Receipt)| {
        let mut receipt = receipt();
        change(&mut receipt);
        receipt.verify(key().verifier()).unwrap_err()
    };
    let other = || Statement { version: 3, ..example() };
    assert_eq!(
        fault(|r| r.statement = Statement { version: 3, ..example() }.encode().unwrap()),
        ReceiptFault::StatementNotCommitted
    );
    assert_eq!(fault(|r| r.random[0] ^= 1), ReceiptFault::StatementNotCommitted);
    assert_eq!(fault(|r| r.leaf[50] ^= 1), ReceiptFault::Proof(ProofFault::RootMismatch));
    assert_eq!(fault(|r| r.leaf.truncate(70)), ReceiptFault::Leaf(LeafFault::CutShort));
    assert_eq!(fault(|r| r.index = 8), ReceiptFault::Proof(ProofFault::RootMismatch));
    assert_eq!(
        fault(|r| r.index = 23),
        ReceiptFault::Proof(ProofFault::IndexOutside { index: 23, size: 23 })
    );
    assert_eq!(fault(|r| r.proof[2].0[0] ^= 1), ReceiptFault::Proof(ProofFault::RootMismatch));
    assert!(matches!(fault(|r| r.proof.truncate(2)), ReceiptFault::Proof(ProofFault::WrongLength { .. })));
    assert_eq!(
        fault(|r| r.checkpoint = r.checkpoint.replace("\n23\n", "\n24\n")),
        ReceiptFault::Checkpoint(CheckpointFault::Note(crate::note::NoteFault::BadSignature))
    );
    assert!(matches!(fault(|r| r.statement.clear()), ReceiptFault::Statement(_)));
    assert!(receipt_of(&other(), ORIGIN, &key()).verify(key().verifier()).is_ok());
}

#[test]
fn log_of_statement_leaf_and_checkpoint_must_be_one() {
    let elsewhere = "concordat/elsewhere/log";
    let moved = Statement { log: elsewhere.into(), ..example() };
    assert_eq!(
        receipt_of(&moved, ORIGIN, &key()).verify(key().verifier()),
        Err(ReceiptFault::LeafOfOtherLog { log: elsewhere.into() })
    );
    assert_eq!(
        receipt_of(&moved, elsewhere, &key()).verify(key().verifier()),
        Err(ReceiptFault::CheckpointOfOtherLog { statement: elsewhere.into(), checkpoint: ORIGIN.into() })
    );
    let other_key = LogKey::from_seed(ORIGIN, &[8; 32]).unwrap();
    assert!(matches!(
        receipt_of(&example(), ORIGIN, &other_key).verify(key().verifier()),
        Err(ReceiptFault::Checkpoint(CheckpointFault::Note(crate::note::NoteFault::NotSigned)))
    ));
}

#[test]
fn oversized_files_are_refused() {
    assert_eq!(Receipt::parse(&vec![b'a'; MAX_RECEIPT_LEN + 1]), Err(ReceiptFault::NotText));
    let mut long = receipt();
    long.proof = vec![sha256(&[b"x"]); MAX_PROOF_HASHES + 1];
    let fault = Receipt::parse(long.to_text().as_bytes());
    assert_eq!(fault, Err(ReceiptFault::Malformed { part: "inclusion proof" }));
}

#[test]
fn debug_keeps_the_random_bytes() {
    assert_eq!(format!("{:?}", receipt()), "Receipt { index: 9, .. }");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verdict(&bytes).is_err());
    }

    #[test]
    fn bytes_that_parse_are_the_text(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = receipt().to_text().into_bytes();
        let length = bytes.len();
        bytes[at.index(length)] = byte;
        if let Ok(read) = Receipt::parse(&bytes) {
            prop_assert_eq!(read.to_text().into_bytes(), bytes.clone());
        }
        let _ = verdict(&bytes[cut.index(length)..]);
    }
}
