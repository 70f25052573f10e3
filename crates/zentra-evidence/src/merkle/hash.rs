//! The three hashes of RFC 6962, section 2.1.
//!
//! Owns the domain prefixes that keep a leaf from passing as a node. Must not know which nodes a
//! proof needs.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The root of the tree without leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The hash of a leaf: a zero byte and its bytes.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of a node: a one byte and its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two below `count`, which is where RFC 6962 splits a tree.
pub(crate) fn split(count: u64) -> u64 {
    debug_assert!(count > 1, "a tree of one leaf is not split");
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_tree_splits_at_the_largest_power_of_two_below_its_size() {
        for (count, left) in [(2, 1), (3, 2), (4, 2), (5, 4), (8, 4), (9, 8), (1 << 53, 1 << 52)] {
            assert_eq!(split(count), left, "{count}");
        }
    }
}
