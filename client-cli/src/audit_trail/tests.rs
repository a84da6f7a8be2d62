use concordat_ledger::{Leaf, LogKey, Tree, leaf_hash, log_id};

use super::*;
use crate::context::tests::credentials;

const ORIGIN: &str = "concordat/sample/log";

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn leaves(count: u8) -> Vec<Vec<u8>> {
    let leaf = |index: u8| Leaf {
        log: log_id(ORIGIN),
        entry: [index; 16],
        class: 6,
        recorded_at_us: 1,
        sections: vec![],
        statement: Hash([index; 32]),
    };
    (0..count).map(|index| leaf(index).encode().unwrap()).collect()
}

fn tree(leaves: &[Vec<u8>]) -> Tree {
    Tree::from_leaf_hashes(leaves.iter().map(|leaf| leaf_hash(leaf)))
}

fn signed(leaves: &[Vec<u8>]) -> SignedCheckpoint {
    let tree = tree(leaves);
    Checkpoint { origin: ORIGIN.into(), size: tree.len(), root: tree.root() }.sign(&key()).unwrap()
}

fn audit(
    kept: Option<&Kept>,
    signed: SignedCheckpoint,
    leaves: &[Vec<u8>],
) -> Result<(Audited, Kept), Failure> {
    let mut rebuild = Rebuild::whole(key().verifier(), kept, signed)?;
    while let Some((from, _)) = rebuild.wanted() {
        let from = usize::try_from(from).unwrap().min(leaves.len());
        rebuild.feed(&leaves[from..(from + 3).min(leaves.len())])?;
    }
    rebuild.finish()
}

#[test]
fn an_untouched_log_verifies_in_batches_and_from_the_kept_checkpoint_on() {
    let all = leaves(11);
    let (audited, kept) = audit(None, signed(&all[..7]), &all).unwrap();
    assert_eq!(audited.size, 7);
    assert_eq!(audit(Some(&kept), signed(&all), &all).unwrap().0.checkpoints, 2);
    let checkpoint = kept.signed.verify(key().verifier()).unwrap();
    let mut rebuild = Rebuild::onwards(key().verifier(), &kept, &checkpoint, signed(&all)).unwrap();
    assert_eq!(rebuild.wanted(), Some((7, 4)));
    rebuild.feed(&all[7..]).unwrap();
    assert_eq!(rebuild.finish().unwrap().0.size, 11);
}

#[test]
fn an_altered_leaf_is_tampering() {
    let all = leaves(9);
    let mut altered = all.clone();
    *altered[4].last_mut().unwrap() ^= 1;
    assert_eq!(audit(None, signed(&all), &altered).unwrap_err().exit, Exit::Tampered);
}

#[test]
fn fewer_leaves_than_were_signed_for_are_a_rollback() {
    let all = leaves(9);
    assert_eq!(audit(None, signed(&all), &all[..6]).unwrap_err().exit, Exit::RolledBack);
}

#[test]
fn a_smaller_log_than_last_time_is_a_rollback_and_another_of_the_same_size_a_fork() {
    let all = leaves(9);
    let kept = signed(&all).verify(key().verifier()).unwrap();
    let verdict =
        |signed: &SignedCheckpoint| newest(signed, key().verifier(), Some(&kept)).map(|new| new.size);
    assert_eq!(verdict(&signed(&all[..8])).unwrap_err().exit, Exit::RolledBack);
    let mut other = all.clone();
    other.swap(0, 1);
    assert_eq!(verdict(&signed(&other)).unwrap_err().exit, Exit::Tampered);
    assert_eq!(verdict(&signed(&all)).unwrap(), 9);
}

#[test]
fn a_longer_log_with_another_past_is_tampering() {
    let all = leaves(9);
    let (_, kept) = audit(None, signed(&all[..5]), &all).unwrap();
    let old = kept.signed.verify(key().verifier()).unwrap();
    let mut other = all.clone();
    other.swap(0, 1);
    let new = signed(&other).verify(key().verifier()).unwrap();
    let proof: Vec<Vec<u8>> =
        tree(&other).consistency(5, 9).unwrap().iter().map(|hash| hash.0.to_vec()).collect();
    assert_eq!(grown(&old, &new, &proof).unwrap_err().exit, Exit::Tampered);
    assert_eq!(audit(Some(&kept), signed(&other), &other).unwrap_err().exit, Exit::Tampered);
    let new = signed(&all).verify(key().verifier()).unwrap();
    let proof: Vec<Vec<u8>> =
        tree(&all).consistency(5, 9).unwrap().iter().map(|hash| hash.0.to_vec()).collect();
    grown(&old, &new, &proof).unwrap();
}

#[test]
fn a_checkpoint_of_another_key_is_tampering() {
    let all = leaves(3);
    let other = LogKey::from_seed(ORIGIN, &[8; 32]).unwrap();
    assert_eq!(newest(&signed(&all), other.verifier(), None).unwrap_err().exit, Exit::Tampered);
}

#[test]
fn what_is_kept_reads_back_and_a_damaged_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let context = Context::store("met", dir.path(), &credentials()).unwrap();
    assert!(Kept::load(&context).unwrap().is_none());
    let all = leaves(6);
    let (_, kept) = audit(None, signed(&all), &all).unwrap();
    kept.store(&context).unwrap();
    let (loaded, checkpoint) = Kept::load(&context).unwrap().unwrap();
    assert_eq!((loaded, checkpoint.size), (kept.clone(), 6));
    let short = Kept { frontier: Frontier::new(), ..kept };
    short.store(&context).unwrap();
    assert!(Kept::load(&context).is_err());
}
