//! The growing right edge of a tree: all that is needed to add leaves and know the root.
//!
//! Owns the roots of the complete subtrees, at most 53 of them. Must not know the leaves: nodes
//! that proofs need are handed out as they are completed.

use crate::merkle::hash::{Hash, empty_root, node_hash};
use crate::merkle::nodes::{NodeSource, stored_count};
use crate::merkle::prove::ProveError;

/// The most leaves of a tree: sizes are JSON numbers.
const LEAVES_MAX: u64 = 1 << 53;

/// The right edge of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, from the largest (leftmost) to the smallest.
    peaks: Vec<Hash>,
}

/// Why bytes are not a frontier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// The length does not belong to the size that the bytes name.
    #[error("a frontier is 8 bytes of size and one hash per set bit of it")]
    Length,
    /// The size is more than a tree may have.
    #[error("a tree has at most 2^53 leaves")]
    Size,
}

impl Frontier {
    /// The edge of the tree without leaves.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The edge of a tree of `size` leaves whose nodes are stored.
    ///
    /// # Errors
    /// When a node is missing.
    pub fn from_nodes(size: u64, nodes: &dyn NodeSource) -> Result<Frontier, ProveError> {
        let mut peaks = Vec::new();
        let mut begin = 0_u64;
        for level in (0..64_u8).rev().filter(|level| size >> level & 1 == 1) {
            let index = begin >> level;
            let missing = ProveError::MissingNode { level, index };
            peaks.push(nodes.node(level, index).ok_or(missing)?);
            begin += 1 << level;
        }
        Ok(Frontier { size, peaks })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, &mut |_| {});
    }

    /// Adds a leaf by its hash, and hands out each node that is now complete: the leaf's own hash
    /// first, then its ancestors from below. Appended one after the other, these are the tree's
    /// nodes in the order of [`crate::merkle::stored_index`].
    ///
    /// # Panics
    /// When the tree has 2^53 leaves.
    pub fn push_with(&mut self, leaf: Hash, completed: &mut dyn FnMut(Hash)) {
        assert!(self.size < LEAVES_MAX, "a tree has at most 2^53 leaves");
        completed(leaf);
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("there is one peak per set bit of the size");
            node = node_hash(&left, &node);
            completed(node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return empty_root() };
        peaks.fold(*smallest, |right, left| node_hash(left, &right))
    }

    /// How many nodes [`Frontier::push_with`] has handed out for this size.
    pub fn stored_count(&self) -> u64 {
        stored_count(self.size)
    }

    /// The size as a little-endian `u64`, then the peaks from the left.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.size.to_le_bytes().to_vec();
        bytes.extend(self.peaks.iter().flatten());
        bytes
    }

    /// Reads what [`Frontier::encode`] wrote.
    ///
    /// # Errors
    /// When the bytes are of another length, or name too large a size.
    pub fn decode(bytes: &[u8]) -> Result<Frontier, FrontierError> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(FrontierError::Length)?;
        let size = u64::from_le_bytes(*size);
        if size > LEAVES_MAX {
            return Err(FrontierError::Size);
        }
        let (peaks, left_over) = rest.as_chunks::<32>();
        if peaks.len() != size.count_ones() as usize || !left_over.is_empty() {
            return Err(FrontierError::Length);
        }
        Ok(Frontier { size, peaks: peaks.to_vec() })
    }
}
