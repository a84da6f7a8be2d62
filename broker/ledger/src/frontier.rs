//! The least one must keep of a tree to append to it and know its root: one hash per set bit of its size.

use crate::hash::{Hash, empty_root, node_hash};

/// A tree's complete subtrees, largest first; at most 64 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// A frontier someone kept; `None` unless there is one hash per set bit of `size`. Compare its
    /// [`root`](Self::root) with a verified checkpoint before trusting it.
    #[must_use]
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    pub(crate) const fn over(size: u64, peaks: Vec<Hash>) -> Self {
        Self { size, peaks }
    }

    /// Appends a leaf's hash; at `u64::MAX` leaves it changes nothing.
    pub fn push(&mut self, leaf: Hash) {
        let Some(grown) = self.size.checked_add(1) else { return };
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size = grown;
    }

    /// How many leaves it stands for.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the complete subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;
    use crate::tree::Tree;

    #[test]
    fn frontier_and_tree_agree_at_every_size() {
        let mut frontier = Frontier::new();
        let mut tree = Tree::new();
        for i in 0_u32..300 {
            assert_eq!(frontier.root(), tree.root());
            assert_eq!(tree.at(tree.len()).unwrap().frontier(), frontier);
            let leaf = leaf_hash(&i.to_be_bytes());
            frontier.push(leaf);
            tree.push(leaf);
        }
        assert_eq!(frontier.size(), 300);
    }

    #[test]
    fn kept_frontier_needs_one_hash_per_set_bit() {
        let hash = leaf_hash(b"x");
        assert!(Frontier::from_peaks(5, vec![hash; 2]).is_some());
        assert!(Frontier::from_peaks(5, vec![hash; 3]).is_none());
        assert!(Frontier::from_peaks(0, vec![]).is_some());
    }

    #[test]
    fn full_frontier_stays_as_it_is() {
        let mut full = Frontier::from_peaks(u64::MAX, vec![leaf_hash(b"x"); 64]).unwrap();
        let before = full.clone();
        full.push(leaf_hash(b"y"));
        assert_eq!(full, before);
    }
}
