//! Where proofs find the nodes of complete subtrees, and in which order a store keeps them.
//!
//! Owns the numbering of nodes in an append-only list. Must not know how the list is stored.

use crate::merkle::hash::Hash;

/// Gives the roots of complete subtrees. A proof asks for O(log size) of them.
pub trait NodeSource {
    /// The root over the `2^level` leaves from number `index * 2^level`; level 0 is leaf hashes.
    fn node(&self, level: u8, index: u64) -> Option<Hash>;
}

/// Where a node stands in the list of nodes as they are completed (a leaf, then each ancestor that
/// it completes). The list only grows, so a file of 32-byte hashes holds a tree of every size.
/// None when there can be no such node.
pub fn stored_index(level: u8, index: u64) -> Option<u64> {
    let end = index.checked_add(1)?.checked_mul(1_u64.checked_shl(u32::from(level))?)?;
    let last_leaf = end.checked_sub(1)?;
    stored_count(last_leaf).checked_add(u64::from(level))
}

/// How many nodes that list has for a tree of `size` leaves: `2 * size` less the set bits of it.
/// `size` is at most 2^53.
pub fn stored_count(size: u64) -> u64 {
    size.saturating_mul(2).saturating_sub(u64::from(size.count_ones()))
}

/// Nodes in the order of [`stored_index`].
#[derive(Clone, Copy, Debug)]
pub struct NodeList<'a>(pub &'a [Hash]);

impl NodeSource for NodeList<'_> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let at = usize::try_from(stored_index(level, index)?).ok()?;
        self.0.get(at).copied()
    }
}
