//! Roots and proofs against RFC 6962's own definition, and against two other implementations.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use tlog_tiles::HashReader;

use super::*;
use crate::hash::{leaf_hash, sha256};
use crate::proof::{verify_consistency, verify_inclusion};

/// The large count when `CONCORDAT_FULL=1` asks for it, else the small one.
pub(crate) fn full_or<T>(full: T, small: T) -> T {
    if std::env::var_os("CONCORDAT_FULL").is_some_and(|value| value == "1") { full } else { small }
}

fn data(seed: u64, index: u64) -> Vec<u8> {
    sha256(&[&seed.to_be_bytes(), &index.to_be_bytes()]).0[..usize::try_from(index % 31).unwrap()].to_vec()
}

fn tree(seed: u64, size: u64) -> Tree {
    Tree::from_leaf_hashes((0..size).map(|index| leaf_hash(&data(seed, index))))
}

/// The root as RFC 6962 section 2.1 defines it.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node_hash(&defined_root(&leaves[..split]), &defined_root(&leaves[split..]))
        }
    }
}

/// The inclusion proof as RFC 6962 section 2.1.1 defines it.
fn defined_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, sibling) = if index < left.len() {
        (defined_path(index, left), right)
    } else {
        (defined_path(index - left.len(), right), left)
    };
    path.push(defined_root(sibling));
    path
}

/// The consistency proof as RFC 6962 section 2.1.2 defines it.
fn defined_growth(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { vec![] } else { vec![defined_root(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut proof, sibling) = if old <= left.len() {
        (defined_growth(old, left, whole), right)
    } else {
        (defined_growth(old - left.len(), right, false), left)
    };
    proof.push(defined_root(sibling));
    proof
}

/// A tree of the other implementation, with its stored hashes.
struct Tiles(Vec<tlog_tiles::Hash>);

impl HashReader for Tiles {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

fn tiles(seed: u64, size: u64) -> Tiles {
    let mut stored = Tiles(Vec::new());
    for index in 0..size {
        let added = tlog_tiles::stored_hashes(index, &data(seed, index), &stored).unwrap();
        stored.0.extend(added);
    }
    stored
}

fn plain(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash(hash.0)).collect()
}

fn joined(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

fn check_against_others(seed: u64, size: u64, index: u64, old: u64) {
    let (ours, tiles) = (tree(seed, size), tiles(seed, size));
    assert_eq!(ours.root(), Hash(tlog_tiles::tree_hash(size, &tiles).unwrap().0));
    assert_eq!(ours.root_at(old).unwrap(), Hash(tlog_tiles::tree_hash(old, &tiles).unwrap().0));
    let inclusion = ours.inclusion(index, size).unwrap();
    assert_eq!(inclusion, plain(&tlog_tiles::prove_record(size, index, &tiles).unwrap()));
    let growth = ours.consistency(old, size).unwrap();
    assert_eq!(growth, plain(&tlog_tiles::prove_tree(size, old, &tiles).unwrap()));

    let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    (0..size).for_each(|index| other.push(data(seed, index)));
    assert_eq!(other.root().as_bytes().as_slice(), ours.root().0);
    assert_eq!(other.prove_inclusion(usize::try_from(index).unwrap()).as_bytes(), joined(&inclusion));
    if old < size {
        let added = usize::try_from(size - old).unwrap();
        assert_eq!(other.prove_consistency(added).as_bytes(), joined(&growth));
    }

    let root = ours.root();
    let leaf = ours.leaf(index).unwrap();
    assert_eq!(verify_inclusion(&leaf, index, size, &inclusion, &root), Ok(()));
    assert_eq!(verify_consistency(old, &ours.root_at(old).unwrap(), size, &root, &growth), Ok(()));
}

#[test]
fn every_small_tree_is_as_the_standard_defines_it() {
    let most = full_or(130, 40);
    let all = tree(1, most);
    let leaves: Vec<Hash> = (0..most).map(|index| all.leaf(index).unwrap()).collect();
    for size in 0..=most {
        let now = &leaves[..usize::try_from(size).unwrap()];
        let root = all.root_at(size).unwrap();
        assert_eq!(root, defined_root(now), "root at {size}");
        for index in 0..size {
            let proof = all.inclusion(index, size).unwrap();
            assert_eq!(proof, defined_path(usize::try_from(index).unwrap(), now), "{index} in {size}");
            assert_eq!(verify_inclusion(&all.leaf(index).unwrap(), index, size, &proof, &root), Ok(()));
        }
        for old in 1..=size {
            let proof = all.consistency(old, size).unwrap();
            assert_eq!(proof, defined_growth(usize::try_from(old).unwrap(), now, true), "{old} to {size}");
            let old_root = all.root_at(old).unwrap();
            assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()), "{old} to {size}");
        }
    }
}

#[test]
fn roots_of_the_certificate_transparency_vectors_are_met() {
    let inputs: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::new();
    assert_eq!(tree.root(), empty_root());
    for (index, (input, root)) in (0..).zip(inputs.iter().zip(roots)) {
        assert_eq!(tree.push(leaf_hash(input)), index);
        assert_eq!(tree.root().to_string(), root, "after leaf {index}");
    }
}

#[test]
fn larger_tree_agrees_with_the_others() {
    let size = full_or(100_000, 5_000);
    check_against_others(7, size, size - 1, size / 3);
    check_against_others(8, size + 1, 0, 4_096);
}

#[test]
fn truncate_then_push_equals_a_fresh_tree() {
    for size in [0, 1, 2, 3, 64, 65, 100, 128] {
        for keep in 0..=size {
            let mut cut = tree(1, size);
            cut.truncate(keep);
            assert_eq!(cut, tree(1, keep), "{size} cut to {keep}");
            cut.extend((keep..size).map(|index| leaf_hash(&data(1, index))));
            assert_eq!(cut, tree(1, size), "{size} cut to {keep} and filled");
        }
        let mut whole = tree(1, size);
        whole.truncate(u64::MAX);
        assert_eq!(whole, tree(1, size));
    }
}

#[test]
fn one_view_serves_a_whole_group() {
    let tree = tree(1, 1_000);
    let view = tree.at(777).unwrap();
    assert_eq!((view.size(), view.root()), (777, tree.root_at(777).unwrap()));
    for index in 0..777 {
        assert_eq!(view.inclusion(index), tree.inclusion(index, 777));
    }
}

#[test]
fn what_the_tree_does_not_hold_is_refused() {
    let tree = tree(1, 10);
    assert_eq!(tree.root_at(11), Err(TreeFault::SizeBeyond { size: 11, len: 10 }));
    assert_eq!(tree.inclusion(7, 7), Err(TreeFault::IndexOutside { index: 7, size: 7 }));
    assert_eq!(tree.inclusion(u64::MAX, 7), Err(TreeFault::IndexOutside { index: u64::MAX, size: 7 }));
    assert_eq!(tree.inclusion(0, 0), Err(TreeFault::IndexOutside { index: 0, size: 0 }));
    assert_eq!(tree.consistency(8, 7), Err(TreeFault::Backwards { old: 8, new: 7 }));
    assert_eq!(tree.consistency(8, 11), Err(TreeFault::SizeBeyond { size: 11, len: 10 }));
    assert_eq!(tree.consistency(0, 10), Ok(vec![]));
    assert_eq!(tree.leaf(10), None);
    assert!(Tree::new().is_empty() && !tree.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(full_or(10_000, 64)))]

    #[test]
    fn random_trees_agree_with_the_others(
        seed in any::<u64>(), size in 1_u64..=2_000, index in any::<prop::sample::Index>(), old in any::<prop::sample::Index>(),
    ) {
        let most = usize::try_from(size).unwrap();
        check_against_others(seed, size, index.index(most) as u64, old.index(most) as u64 + 1);
    }
}
