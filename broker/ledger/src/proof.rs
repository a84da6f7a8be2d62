//! Checking inclusion and consistency proofs (RFC 6962 section 2.1). Total: any sizes up to `u64::MAX`,
//! any proof; the answer is a fault, never a panic.

use thiserror::Error;

use crate::hash::{Hash, empty_root, node_hash};

/// The most hashes a proof in a tree of up to `u64::MAX` leaves can hold, with one to spare for the node
/// a consistency proof starts from.
pub const MAX_PROOF_HASHES: usize = 65;

/// Which link of a proof failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofFault {
    /// The leaf's index is not below the tree's size.
    #[error("index {index} is outside a tree of {size} leaves")]
    IndexOutside {
        /// The leaf's index.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The proof does not have the one length that this index and size allow.
    #[error("the proof holds {found} hashes where {expected} are needed")]
    WrongLength {
        /// Hashes needed.
        expected: usize,
        /// Hashes given.
        found: usize,
    },
    /// The leaf and its proof do not lead to the root.
    #[error("the leaf and its proof do not lead to the tree's root")]
    RootMismatch,
    /// The consistency proof does not lead to the older root: the past was changed.
    #[error("the log's earlier entries are not those recorded at size {old}")]
    OldRootMismatch {
        /// The older tree's size.
        old: u64,
    },
    /// The consistency proof does not lead to the newer root.
    #[error("the proof does not lead to the root at size {new}")]
    NewRootMismatch {
        /// The newer tree's size.
        new: u64,
    },
    /// The newer tree is smaller than the older one.
    #[error("the log has {new} entries where it had {old}: it was rolled back")]
    RolledBack {
        /// The size known before.
        old: u64,
        /// The smaller size shown now.
        new: u64,
    },
    /// Two trees of one size have two roots.
    #[error("the log shows two different roots at size {size}: it was forked")]
    Forked {
        /// The size both claim.
        size: u64,
    },
}

impl ProofFault {
    /// Whether the log lost entries it had, rather than holding altered ones.
    #[must_use]
    pub const fn is_rollback(&self) -> bool {
        matches!(self, Self::RolledBack { .. })
    }
}

/// Checks that the leaf with this hash is at `index` in the tree of `size` leaves with this `root`.
///
/// # Errors
/// [`ProofFault::IndexOutside`], [`ProofFault::WrongLength`] or [`ProofFault::RootMismatch`].
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofFault> {
    if index >= size {
        return Err(ProofFault::IndexOutside { index, size });
    }
    let way = Way::from_node(index, size);
    let (inner, border) = split(proof, way)?;
    if along_border(climb(*leaf_hash, inner, index), border) == *root {
        Ok(())
    } else {
        Err(ProofFault::RootMismatch)
    }
}

/// Checks that the tree of `old_size` leaves is what the first leaves of the tree of `new_size` were.
///
/// From the empty tree every tree is consistent, with an empty proof.
///
/// # Errors
/// [`ProofFault::RolledBack`] when the newer tree is smaller, [`ProofFault::Forked`] when two trees of
/// one size differ, else [`ProofFault::WrongLength`], [`ProofFault::OldRootMismatch`] or
/// [`ProofFault::NewRootMismatch`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofFault> {
    if old_size > new_size {
        return Err(ProofFault::RolledBack { old: old_size, new: new_size });
    }
    if old_size == 0 && *old_root != empty_root() {
        return Err(ProofFault::OldRootMismatch { old: 0 });
    }
    if old_size == new_size && old_root != new_root {
        return Err(ProofFault::Forked { size: old_size });
    }
    if old_size == 0 || old_size == new_size {
        return exact_length(proof, 0);
    }
    verify_growth(old_size, old_root, new_size, new_root, proof)
}

/// Consistency for `0 < old_size < new_size`: one walk up from the older tree's last whole subtree; with
/// its left neighbours alone it leads to the older root, with all of them to the newer.
fn verify_growth(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofFault> {
    let level = old_size.trailing_zeros();
    let node = (old_size >> level) - 1;
    let whole = Way::from_node(old_size - 1, new_size);
    let way = Way { inner: whole.inner.saturating_sub(level), border: whole.border };
    let (seed, path) = if old_size.is_power_of_two() {
        (*old_root, proof)
    } else {
        match proof.split_first() {
            Some((seed, path)) => (*seed, path),
            None => return Err(ProofFault::WrongLength { expected: 1 + way.len(), found: 0 }),
        }
    };
    let skipped = proof.len() - path.len();
    let (inner, border) = split(path, way)
        .map_err(|_| ProofFault::WrongLength { expected: skipped + way.len(), found: proof.len() })?;
    if along_border(climb_left(seed, inner, node), border) != *old_root {
        return Err(ProofFault::OldRootMismatch { old: old_size });
    }
    if along_border(climb(seed, inner, node), border) != *new_root {
        return Err(ProofFault::NewRootMismatch { new: new_size });
    }
    Ok(())
}

/// How many hashes lie on a leaf's way to the root: `inner` while it and the last leaf are under different
/// nodes, `border` left neighbours once they share one.
#[derive(Clone, Copy)]
struct Way {
    inner: u32,
    border: u32,
}

impl Way {
    /// For `index < size`.
    const fn from_node(index: u64, size: u64) -> Self {
        let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
        let above = if inner < u64::BITS { index >> inner } else { 0 };
        Self { inner, border: above.count_ones() }
    }

    const fn len(self) -> usize {
        self.inner as usize + self.border as usize
    }
}

fn exact_length(proof: &[Hash], expected: usize) -> Result<(), ProofFault> {
    if proof.len() == expected {
        Ok(())
    } else {
        Err(ProofFault::WrongLength { expected, found: proof.len() })
    }
}

fn split(proof: &[Hash], way: Way) -> Result<(&[Hash], &[Hash]), ProofFault> {
    exact_length(proof, way.len())?;
    proof
        .split_at_checked(way.inner as usize)
        .ok_or(ProofFault::WrongLength { expected: way.len(), found: proof.len() })
}

/// Up through `path`, bit `i` of `node` saying on which side of its parent the walk stands at step `i`.
fn climb(seed: Hash, path: &[Hash], node: u64) -> Hash {
    let sides = (0..u64::BITS).map(|i| node >> i & 1 == 1);
    path.iter().zip(sides).fold(seed, |hash, (sibling, is_right)| {
        if is_right { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) }
    })
}

/// As [`climb`], but over left neighbours alone: the tree that ended here.
fn climb_left(seed: Hash, path: &[Hash], node: u64) -> Hash {
    let sides = (0..u64::BITS).map(|i| node >> i & 1 == 1);
    path.iter()
        .zip(sides)
        .filter(|(_, is_right)| *is_right)
        .fold(seed, |hash, (left, _)| node_hash(left, &hash))
}

fn along_border(seed: Hash, path: &[Hash]) -> Hash {
    path.iter().fold(seed, |hash, left| node_hash(left, &hash))
}

#[cfg(test)]
mod tests;
