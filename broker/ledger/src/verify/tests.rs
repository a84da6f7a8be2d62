use super::*;
use crate::key::LogKey;
use crate::tree::Tree;

const ORIGIN: &str = "concordat/northshire/log";

struct Log {
    leaves: Vec<Vec<u8>>,
    sections: Vec<Vec<u8>>,
    tree: Tree,
}

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn leaf(index: u8, section: &[u8], log: &str) -> Vec<u8> {
    let section = SectionDigest {
        number: 1,
        class: 0,
        key: [0; 16],
        stored_len: u32::try_from(section.len()).unwrap(),
        hash: sha256(&[section]),
    };
    let leaf = Leaf {
        log: log_id(log),
        entry: [index; 16],
        class: 1,
        recorded_at_us: index.into(),
        sections: vec![section],
        statement: sha256(&[&[index]]),
    };
    leaf.encode().unwrap()
}

fn log(size: u8) -> Log {
    let sections: Vec<Vec<u8>> = (0..size).map(|index| vec![index; 40]).collect();
    let leaves: Vec<Vec<u8>> =
        (0..size).zip(&sections).map(|(at, section)| leaf(at, section, ORIGIN)).collect();
    let tree = Tree::from_leaf_hashes(leaves.iter().map(|leaf| leaf_hash(leaf)));
    Log { leaves, sections, tree }
}

impl Log {
    fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        signed(size, self.tree.root_at(size).unwrap())
    }

    /// Reads the log with its checkpoints at these sizes.
    fn audit(&self, sizes: &[u64]) -> Result<Audited, LogFault> {
        let mut audit = LogVerifier::new(key().verifier().clone());
        for size in sizes {
            audit.checkpoint(&self.checkpoint(*size))?;
        }
        for (index, (leaf, section)) in (0..).zip(self.leaves.iter().zip(&self.sections)) {
            audit.entry(index, leaf, &[(1, SectionBody::Stored(section))])?;
        }
        audit.finish()
    }
}

fn signed(size: u64, root: Hash) -> SignedCheckpoint {
    Checkpoint { origin: ORIGIN.into(), size, root }.sign(&key()).unwrap()
}

fn audit() -> LogVerifier {
    LogVerifier::new(key().verifier().clone())
}

#[test]
fn whole_log_is_accepted() {
    let log = log(25);
    let expected =
        Audited { size: 25, root: log.tree.root(), checkpoints: 3, sections_checked: 25, sections_absent: 0 };
    assert_eq!(log.audit(&[4, 16, 25]), Ok(expected));
    assert_eq!(log_without_entries().finish().unwrap().size, 0);
}

fn log_without_entries() -> LogVerifier {
    let mut empty = audit();
    empty.checkpoint(&signed(0, crate::hash::empty_root())).unwrap();
    empty
}

#[test]
fn checkpoint_may_come_when_its_size_is_reached() {
    let log = log(5);
    let mut audit = audit();
    for (index, leaf) in (0..).zip(&log.leaves) {
        audit.entry(index, leaf, &[]).unwrap();
        assert_eq!(audit.checkpoint(&log.checkpoint(index + 1)).unwrap().size, index + 1);
    }
    let audited = audit.finish().unwrap();
    assert_eq!((audited.checkpoints, audited.sections_checked, audited.sections_absent), (5, 0, 5));
}

#[test]
fn altered_section_names_its_entry() {
    let mut log = log(25);
    log.sections[13][5] ^= 1;
    assert_eq!(log.audit(&[25]), Err(LogFault::SectionAltered { index: 13, section: 1 }));
    log.sections[13].pop();
    assert_eq!(log.audit(&[25]), Err(LogFault::SectionAltered { index: 13, section: 1 }));
}

#[test]
fn section_may_be_given_by_its_hash() {
    let log = log(1);
    let hash = sha256(&[&log.sections[0]]);
    let good = SectionBody::Hashed { stored_len: 40, hash };
    for bad in [
        SectionBody::Hashed { stored_len: 41, hash },
        SectionBody::Hashed { stored_len: 40, hash: sha256(&[b"other"]) },
    ] {
        let fault = audit().entry(0, &log.leaves[0], &[(1, bad)]).unwrap_err();
        assert_eq!(fault, LogFault::SectionAltered { index: 0, section: 1 });
    }
    assert!(audit().entry(0, &log.leaves[0], &[(1, good)]).is_ok());
    let mut misstated = Leaf::decode(&log.leaves[0]).unwrap();
    misstated.sections[0].stored_len = 41;
    let stored = [(1, SectionBody::Stored(&log.sections[0]))];
    let fault = audit().entry(0, &misstated.encode().unwrap(), &stored).unwrap_err();
    assert_eq!(fault, LogFault::SectionAltered { index: 0, section: 1 });
    let fault = audit().entry(0, &log.leaves[0], &[(2, good)]).unwrap_err();
    assert_eq!(fault, LogFault::UnknownSection { index: 0, section: 2 });
}

#[test]
fn altered_leaf_names_the_interval_of_its_checkpoint() {
    let sizes = [4, 16, 25];
    for index in 0..25 {
        let mut log = log(25);
        // the class byte: the leaf stays well formed
        log.leaves[index][52] ^= 1;
        let (from, to) = match index {
            0..4 => (0, 4),
            4..16 => (4, 16),
            _ => (16, 25),
        };
        assert_eq!(log.audit(&sizes), Err(LogFault::Interval { from, to }), "{index}");
    }
}

#[test]
fn removed_swapped_and_inserted_entries_are_found() {
    let sizes = [10, 25];
    let mut removed = log(25);
    removed.leaves.remove(12);
    removed.sections.remove(12);
    assert_eq!(removed.audit(&sizes), Err(LogFault::Missing { read: 24, signed: 25 }));
    let mut swapped = log(25);
    swapped.leaves.swap(12, 13);
    swapped.sections.swap(12, 13);
    assert_eq!(swapped.audit(&sizes), Err(LogFault::Interval { from: 10, to: 25 }));
    let mut inserted = log(25);
    inserted.leaves.insert(3, leaf(99, b"new", ORIGIN));
    inserted.sections.insert(3, b"new".to_vec());
    assert_eq!(inserted.audit(&sizes), Err(LogFault::Interval { from: 0, to: 10 }));
}

#[test]
fn entry_that_is_not_a_leaf_of_this_log_is_named() {
    let log = log(3);
    let mut audit = audit();
    audit.entry(0, &log.leaves[0], &[]).unwrap();
    assert_eq!(audit.entry(2, &log.leaves[2], &[]), Err(LogFault::OutOfOrder { expected: 1, found: 2 }));
    assert_eq!(audit.entry(0, &log.leaves[0], &[]), Err(LogFault::OutOfOrder { expected: 1, found: 0 }));
    assert_eq!(audit.entry(1, b"CCL1", &[]), Err(LogFault::Leaf { index: 1, fault: LeafFault::CutShort }));
    let foreign = leaf(1, b"x", "concordat/elsewhere/log");
    assert_eq!(audit.entry(1, &foreign, &[]), Err(LogFault::OtherLog { index: 1 }));
    assert!(audit.entry(1, &log.leaves[1], &[]).is_ok());
}

#[test]
fn log_cut_short_is_a_rollback() {
    let log = log(25);
    let mut audit = audit();
    audit.checkpoint(&log.checkpoint(25)).unwrap();
    (0..20).for_each(|at| drop(audit.entry(at, &log.leaves[usize::try_from(at).unwrap()], &[]).unwrap()));
    let fault = audit.finish().unwrap_err();
    assert_eq!(fault, LogFault::Missing { read: 20, signed: 25 });
    assert!(fault.is_rollback());
}

#[test]
fn smaller_or_different_checkpoint_is_named() {
    let log = log(25);
    let mut audit = audit();
    audit.checkpoint(&log.checkpoint(20)).unwrap();
    let fault = audit.checkpoint(&log.checkpoint(19)).unwrap_err();
    assert_eq!(fault, LogFault::RolledBack { had: 20, found: 19 });
    assert!(fault.is_rollback());
    let fork = signed(20, sha256(&[b"fork"]));
    assert_eq!(audit.checkpoint(&fork), Err(LogFault::Forked { size: 20 }));
    assert!(audit.checkpoint(&log.checkpoint(20)).is_ok());
}

#[test]
fn checkpoint_below_what_was_read_is_refused() {
    let log = log(3);
    let mut audit = audit();
    (0..3).zip(&log.leaves).for_each(|(at, leaf)| drop(audit.entry(at, leaf, &[]).unwrap()));
    assert_eq!(audit.checkpoint(&log.checkpoint(2)), Err(LogFault::TooLate { size: 2, read: 3 }));
}

#[test]
fn entries_without_checkpoint_are_not_verified() {
    let log = log(3);
    assert_eq!(log.audit(&[2]), Err(LogFault::Uncovered { covered: 2, read: 3 }));
    assert_eq!(log.audit(&[]), Err(LogFault::Uncovered { covered: 0, read: 3 }));
}

#[test]
fn fault_cannot_be_read_past() {
    let mut altered = log(5);
    altered.leaves[1][52] ^= 1;
    let mut audit = audit();
    audit.checkpoint(&log(5).checkpoint(2)).unwrap();
    for (index, leaf) in (0..).zip(&altered.leaves) {
        let verdict = audit.entry(index, leaf, &[]);
        assert_eq!(verdict.is_err(), index == 1);
    }
    assert!(audit.finish().is_err());
}

#[test]
fn checkpoint_by_another_key_is_refused() {
    let other = LogKey::from_seed(ORIGIN, &[8; 32]).unwrap();
    let foreign =
        Checkpoint { origin: ORIGIN.into(), size: 3, root: log(3).tree.root() }.sign(&other).unwrap();
    assert!(matches!(audit().checkpoint(&foreign), Err(LogFault::Checkpoint(_))));
}

#[test]
fn verification_goes_on_from_a_trusted_checkpoint() {
    let log = log(25);
    let trusted = log.checkpoint(13).verify(key().verifier()).unwrap();
    let frontier = log.tree.at(13).unwrap().frontier();
    let verifier = key().verifier().clone();
    let mut audit = LogVerifier::resume(verifier.clone(), &trusted, frontier.clone()).unwrap();
    audit.checkpoint(&log.checkpoint(25)).unwrap();
    (13..25).for_each(|at| drop(audit.entry(at, &log.leaves[usize::try_from(at).unwrap()], &[]).unwrap()));
    assert_eq!(audit.frontier(), &log.tree.at(25).unwrap().frontier());
    assert_eq!(audit.finish().unwrap().size, 25);

    let wrong = log.tree.at(12).unwrap().frontier();
    assert_eq!(
        LogVerifier::resume(verifier.clone(), &trusted, wrong).unwrap_err(),
        LogFault::Resume { size: 13 }
    );
    let altered = Frontier::from_peaks(13, vec![sha256(&[b"x"]); 3]).unwrap();
    assert!(LogVerifier::resume(verifier.clone(), &trusted, altered).is_err());
    let elsewhere = Checkpoint { origin: "concordat/elsewhere/log".into(), ..trusted };
    assert!(LogVerifier::resume(verifier, &elsewhere, frontier).is_err());
}
