use proptest::prelude::*;

use super::*;
use crate::hash::leaf_hash;
use crate::tree::Tree;
use crate::tree::tests::full_or;

fn tree(size: u32) -> Tree {
    Tree::from_leaf_hashes((0..size).map(|index| leaf_hash(&index.to_be_bytes())))
}

/// Every way to spoil a proof by one hash.
fn spoilt(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[leaf_hash(b"more")]].concat(), [&[leaf_hash(b"more")], proof].concat()];
    for at in 0..proof.len() {
        let mut one = proof.to_vec();
        one[at].0[at % 32] ^= 1;
        all.push(one);
        let mut less = proof.to_vec();
        less.remove(at);
        all.push(less);
        let mut twice = proof.to_vec();
        twice.insert(at, proof[at]);
        all.push(twice);
        if at > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(at, at - 1);
            all.push(swapped);
        }
    }
    all
}

#[test]
fn spoilt_inclusion_proofs_are_refused() {
    let tree = tree(70);
    for size in [1, 2, 3, 7, 8, 64, 65, 70] {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let leaf = tree.leaf(index).unwrap();
            let proof = tree.inclusion(index, size).unwrap();
            for bad in spoilt(&proof) {
                assert!(verify_inclusion(&leaf, index, size, &bad, &root).is_err(), "{index} in {size}");
            }
            assert_eq!(
                verify_inclusion(&leaf_hash(b"other"), index, size, &proof, &root),
                Err(ProofFault::RootMismatch)
            );
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err(), "{index} as {other}");
            }
        }
    }
}

#[test]
fn spoilt_consistency_proofs_are_refused() {
    let tree = tree(70);
    for (old, new) in
        [(1, 2), (1, 70), (2, 3), (3, 7), (6, 8), (7, 8), (8, 9), (64, 65), (33, 70), (64, 70), (69, 70)]
    {
        let (from, to) = (tree.root_at(old).unwrap(), tree.root_at(new).unwrap());
        let proof = tree.consistency(old, new).unwrap();
        assert_eq!(verify_consistency(old, &from, new, &to, &proof), Ok(()));
        for bad in spoilt(&proof) {
            assert!(verify_consistency(old, &from, new, &to, &bad).is_err(), "{old} to {new}");
        }
        let other = leaf_hash(b"other");
        let fault = verify_consistency(old, &from, new, &other, &proof).unwrap_err();
        assert_eq!(fault, ProofFault::NewRootMismatch { new });
        assert!(verify_consistency(old, &other, new, &to, &proof).is_err());
        let swapped = verify_consistency(new, &to, old, &from, &proof).unwrap_err();
        assert_eq!(swapped, ProofFault::RolledBack { old: new, new: old });
        assert!(swapped.is_rollback());
    }
}

#[test]
fn altered_past_is_named_as_such() {
    let mut honest: Vec<Hash> = (0_u8..20).map(|index| leaf_hash(&[index])).collect();
    let before = Tree::from_leaf_hashes(honest[..11].iter().copied());
    honest[4] = leaf_hash(b"changed");
    let after = Tree::from_leaf_hashes(honest);
    let proof = after.consistency(11, 20).unwrap();
    let fault = verify_consistency(11, &before.root(), 20, &after.root(), &proof);
    assert_eq!(fault, Err(ProofFault::OldRootMismatch { old: 11 }));
}

#[test]
fn equal_and_empty_sizes_need_an_empty_proof() {
    let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
    assert_eq!(verify_consistency(5, &a, 5, &a, &[]), Ok(()));
    assert_eq!(verify_consistency(5, &a, 5, &b, &[]), Err(ProofFault::Forked { size: 5 }));
    assert_eq!(
        verify_consistency(5, &a, 5, &a, &[b]),
        Err(ProofFault::WrongLength { expected: 0, found: 1 })
    );
    assert_eq!(verify_consistency(0, &empty_root(), 5, &a, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &a, 5, &a, &[]), Err(ProofFault::OldRootMismatch { old: 0 }));
    assert_eq!(
        verify_consistency(0, &empty_root(), 5, &a, &[b]),
        Err(ProofFault::WrongLength { expected: 0, found: 1 })
    );
    assert_eq!(verify_consistency(0, &empty_root(), 0, &empty_root(), &[]), Ok(()));
    assert_eq!(verify_consistency(0, &empty_root(), 0, &a, &[]), Err(ProofFault::Forked { size: 0 }));
}

#[test]
fn lengths_are_exact_up_to_the_largest_size() {
    let hash = leaf_hash(b"x");
    let length = |index, size| match verify_inclusion(&hash, index, size, &vec![hash; 90], &hash) {
        Err(ProofFault::WrongLength { expected, .. }) => expected,
        other => panic!("{other:?}"),
    };
    assert_eq!(length(0, 1), 0);
    assert_eq!(length(0, u64::MAX), 64);
    assert_eq!(length(u64::MAX - 1, u64::MAX), 63);
    assert_eq!(length(1 << 63, (1 << 63) + 1), 1);
    assert_eq!(length(0, (1 << 63) + 1), 64);
    assert_eq!(
        verify_inclusion(&hash, u64::MAX, u64::MAX, &[], &hash),
        Err(ProofFault::IndexOutside { index: u64::MAX, size: u64::MAX })
    );
    assert_eq!(
        verify_inclusion(&hash, 0, 0, &[], &hash),
        Err(ProofFault::IndexOutside { index: 0, size: 0 })
    );
}

/// Sizes near powers of two and near the ends, where shifts and sums go wrong.
fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0_u64..20,
        (0_u32..64, -2_i64..3).prop_map(|(bit, near)| (1_u64 << bit).wrapping_add_signed(near)),
        (0_u64..5).prop_map(|below| u64::MAX - below),
    ]
}

proptest! {
    #[test]
    fn any_question_has_an_answer(old in sizes(), new in sizes(), length in 0_usize..70, equal in any::<bool>()) {
        let hash = leaf_hash(b"x");
        let other = if equal { hash } else { leaf_hash(b"y") };
        let proof = vec![hash; length];
        let _ = verify_consistency(old, &hash, new, &other, &proof);
        let _ = verify_inclusion(&hash, old, new, &proof, &other);
        let _ = verify_inclusion(&hash, new, old, &proof, &other);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(full_or(2_000, 12)))]

    /// Roots made from random proofs: valid by construction, at sizes no tree in memory has. Both
    /// implementations must accept them, and agree about every question near by.
    #[test]
    fn inclusion_in_huge_trees_is_judged_as_by_another_implementation(
        size in sizes(), index in any::<u64>(), leaf in any::<[u8; 32]>(), path in prop::collection::vec(any::<[u8; 32]>(), 64),
    ) {
        let size = size % MOST + 1;
        let index = index % size;
        let way = Way::from_node(index, size);
        let path: Vec<_> = path.iter().take(way.len()).map(|hash| Hash(*hash)).collect();
        let (inner, border) = split(&path, way).unwrap();
        let root = along_border(climb(Hash(leaf), inner, index), border);
        prop_assert_eq!(verify_inclusion(&Hash(leaf), index, size, &path, &root), Ok(()));
        for (index, size) in nearby(index, size) {
            for path in spoilt(&path).iter().chain([&path]) {
                let theirs = tlog_tiles::check_record(&tiles(path), size, tile(root), index, tile(Hash(leaf)));
                let ours = verify_inclusion(&Hash(leaf), index, size, path, &root);
                prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} in {}", index, size);
            }
        }
    }

    #[test]
    fn growth_of_huge_trees_is_judged_as_by_another_implementation(
        old in any::<u64>(), new in sizes(), path in prop::collection::vec(any::<[u8; 32]>(), 65),
    ) {
        let new = new % MOST + 2;
        let old = old % (new - 1) + 1;
        let level = old.trailing_zeros();
        let whole = Way::from_node(old - 1, new);
        let way = Way { inner: whole.inner - level, border: whole.border };
        let seeded = usize::from(!old.is_power_of_two());
        let path: Vec<_> = path.iter().map(|hash| Hash(*hash)).collect();
        let (inner, border) = split(&path[1..=way.len()], way).unwrap();
        let from = along_border(climb_left(path[0], inner, (old >> level) - 1), border);
        let to = along_border(climb(path[0], inner, (old >> level) - 1), border);
        let proof = path[1 - seeded..=way.len()].to_vec();
        prop_assert_eq!(verify_consistency(old, &from, new, &to, &proof), Ok(()));
        for (old, new) in nearby(old, new).into_iter().filter(|(old, _)| *old > 0) {
            for proof in spoilt(&proof).iter().chain([&proof]) {
                let theirs = tlog_tiles::check_tree(&tiles(proof), new, tile(to), old, tile(from));
                let ours = verify_consistency(old, &from, new, &to, proof);
                prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{} to {}", old, new);
            }
        }
    }
}

/// The other implementation counts in signed 64 bits.
const MOST: u64 = 1 << 61;

fn tile(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

fn tiles(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|hash| tile(*hash)).collect()
}

/// The pair itself, and those one off, as long as the first is below the second.
fn nearby(first: u64, second: u64) -> Vec<(u64, u64)> {
    let pairs =
        [(first, second), (first + 1, second), (first.saturating_sub(1), second), (first, second - 1)];
    let more = [(first, second + 1), (first + 1, second + 1)];
    pairs.into_iter().chain(more).filter(|(first, second)| first < second).collect()
}
