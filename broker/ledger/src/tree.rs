//! The whole tree in memory: the hash of every complete subtree, level by level. About 64 bytes a leaf.

use thiserror::Error;

use crate::frontier::Frontier;
use crate::hash::{Hash, empty_root, node_hash};

/// Why a tree cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TreeFault {
    /// The tree was asked about a size it has not reached.
    #[error("size {size} is beyond the log's {len} leaves")]
    SizeBeyond {
        /// The size asked for.
        size: u64,
        /// The leaves there are.
        len: u64,
    },
    /// The index is not below the size.
    #[error("index {index} is outside a tree of {size} leaves")]
    IndexOutside {
        /// The index asked for.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// A consistency proof was asked for backwards.
    #[error("no proof leads from size {old} back to size {new}")]
    Backwards {
        /// The older size.
        old: u64,
        /// The newer, yet smaller, size.
        new: u64,
    },
}

/// An append-only Merkle tree (RFC 6962). Appending costs about one hash per leaf; proofs read stored nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[l][i]`: the hash over leaves `i·2^l` up to `(i+1)·2^l`; only complete subtrees.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// A tree over these leaf hashes, in order.
    pub fn from_leaf_hashes(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }

    /// Appends a leaf's hash and says at which index it stands.
    pub fn push(&mut self, leaf: Hash) -> u64 {
        let index = self.len();
        let mut node = Some(leaf);
        let mut level = 0;
        while let Some(hash) = node.take() {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { break };
            row.push(hash);
            if let [.., left, right] = row.as_slice()
                && row.len().is_multiple_of(2)
            {
                node = Some(node_hash(left, right));
            }
            level += 1;
        }
        index
    }

    /// How many leaves there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Whether there are no leaves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hash of the leaf at `index`.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.node(0, index).ok()
    }

    /// Drops every leaf at or above `size`; a larger `size` changes nothing.
    pub fn truncate(&mut self, size: u64) {
        let Ok(size) = usize::try_from(size) else { return };
        for (level, row) in self.levels.iter_mut().enumerate() {
            row.truncate(size >> level);
        }
        while self.levels.pop_if(|row| row.is_empty()).is_some() {}
    }

    /// The tree as it stood at `size`, with the few hashes computed that all its proofs share. Take one
    /// view for a group of entries and ask it for every proof.
    ///
    /// # Errors
    /// [`TreeFault::SizeBeyond`].
    pub fn at(&self, size: u64) -> Result<TreeAt<'_>, TreeFault> {
        if size > self.len() {
            return Err(TreeFault::SizeBeyond { size, len: self.len() });
        }
        let mut peaks = Vec::with_capacity(size.count_ones() as usize);
        let mut start = 0_u64;
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            let hash = self.node(level, start >> level)?;
            peaks.push(Peak { level, start, hash, onwards: hash });
            start += 1 << level;
        }
        let mut right: Option<Hash> = None;
        for peak in peaks.iter_mut().rev() {
            peak.onwards = right.map_or(peak.hash, |right| node_hash(&peak.hash, &right));
            right = Some(peak.onwards);
        }
        Ok(TreeAt { tree: self, size, peaks })
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.at(self.len()).map_or_else(|_| empty_root(), |all| all.root())
    }

    /// The root as it was at `size`.
    ///
    /// # Errors
    /// [`TreeFault::SizeBeyond`].
    pub fn root_at(&self, size: u64) -> Result<Hash, TreeFault> {
        Ok(self.at(size)?.root())
    }

    /// The proof that the leaf at `index` is in the tree of `size` leaves, from its sibling upwards.
    ///
    /// # Errors
    /// [`TreeFault::SizeBeyond`] or [`TreeFault::IndexOutside`].
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeFault> {
        self.at(size)?.inclusion(index)
    }

    /// The proof that the tree of `new` leaves continues the tree of `old` leaves; empty from the empty tree.
    ///
    /// # Errors
    /// [`TreeFault::Backwards`] or [`TreeFault::SizeBeyond`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeFault> {
        self.at(new)?.consistency_from(old)
    }

    fn node(&self, level: u32, index: u64) -> Result<Hash, TreeFault> {
        let row = self.levels.get(level as usize);
        let slot = usize::try_from(index).ok();
        row.zip(slot)
            .and_then(|(row, slot)| row.get(slot).copied())
            .ok_or_else(|| TreeFault::IndexOutside { index, size: row.map_or(0, |row| row.len() as u64) })
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

/// One of the complete subtrees that a tree's size falls into, largest first.
#[derive(Debug, Clone, Copy)]
struct Peak {
    level: u32,
    /// Index of its first leaf.
    start: u64,
    hash: Hash,
    /// The hash over this peak and all smaller ones after it.
    onwards: Hash,
}

/// A tree as it stood at one size: its root and its proofs, none of which hashes anything more.
#[derive(Debug, Clone)]
pub struct TreeAt<'t> {
    tree: &'t Tree,
    size: u64,
    peaks: Vec<Peak>,
}

impl TreeAt<'_> {
    /// How many leaves this view covers.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over those leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.peaks.first().map_or_else(empty_root, |peak| peak.onwards)
    }

    /// What is needed to append to this view, or to go on verifying from it, without the leaves.
    #[must_use]
    pub fn frontier(&self) -> Frontier {
        Frontier::over(self.size, self.peaks.iter().map(|peak| peak.hash).collect())
    }

    /// The proof that the leaf at `index` is in this tree.
    ///
    /// # Errors
    /// [`TreeFault::IndexOutside`].
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, TreeFault> {
        self.path(0, index)
    }

    /// The proof that this tree continues the tree of `old` leaves.
    ///
    /// # Errors
    /// [`TreeFault::Backwards`] when `old` is larger than this view.
    pub fn consistency_from(&self, old: u64) -> Result<Vec<Hash>, TreeFault> {
        if old > self.size {
            return Err(TreeFault::Backwards { old, new: self.size });
        }
        if old == 0 || old == self.size {
            return Ok(Vec::new());
        }
        // the older tree's last whole subtree, then its way up; the verifier holds that subtree's hash
        // itself when it is the whole older tree
        let level = old.trailing_zeros();
        let index = (old >> level) - 1;
        let path = self.path(level, index)?;
        if old.is_power_of_two() {
            return Ok(path);
        }
        let mut proof = Vec::with_capacity(1 + path.len());
        proof.push(self.tree.node(level, index)?);
        proof.extend(path);
        Ok(proof)
    }

    /// The siblings from a complete subtree up to the root.
    fn path(&self, level: u32, index: u64) -> Result<Vec<Hash>, TreeFault> {
        let outside = TreeFault::IndexOutside { index, size: self.size };
        let first_leaf = index.checked_mul(1 << level).filter(|first| *first < self.size).ok_or(outside)?;
        let position = self.peaks.partition_point(|peak| peak.start <= first_leaf).checked_sub(1);
        let (before, from) = position.and_then(|at| self.peaks.split_at_checked(at)).ok_or(outside)?;
        let (peak, after) = from.split_first().ok_or(outside)?;
        let mut proof = Vec::with_capacity(peak.level as usize + 1 + before.len());
        for (step, at) in (level..peak.level).enumerate() {
            proof.push(self.tree.node(at, index >> step ^ 1)?);
        }
        proof.extend(after.first().map(|next| next.onwards));
        proof.extend(before.iter().rev().map(|peak| peak.hash));
        Ok(proof)
    }
}

#[cfg(test)]
pub(crate) mod tests;
