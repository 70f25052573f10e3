//! Making proofs: RFC 6962, sections 2.1.1 (inclusion) and 2.1.2 (consistency).
//!
//! Owns which nodes a proof consists of. Must not know how they are checked.

use crate::merkle::hash::{Hash, empty_root, node_hash, split};
use crate::merkle::nodes::NodeSource;

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The leaf is not in a tree of that size.
    #[error("leaf {index} is not in a tree of {size}")]
    NoSuchLeaf {
        /// The leaf.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The older tree is larger than the newer.
    #[error("a tree of {old} leaves cannot have grown into one of {new}")]
    Shrinks {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
    },
    /// A node is not there.
    #[error("the node {index} of level {level} is missing")]
    MissingNode {
        /// 0 for leaves.
        level: u8,
        /// Its index in the level.
        index: u64,
    },
}

/// The hashes that tie leaf `index` to the root of the tree of `size` leaves, from the leaf up.
///
/// # Errors
/// When there is no such leaf or a node is missing.
pub fn inclusion_proof(
    size: u64,
    index: u64,
    nodes: &dyn NodeSource,
) -> Result<Vec<Hash>, ProveError> {
    if index >= size {
        return Err(ProveError::NoSuchLeaf { index, size });
    }
    let (mut begin, mut end) = (0, size);
    let mut path = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            path.push(range_root(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(range_root(begin, middle, nodes)?);
            begin = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The hashes that show that the tree of `new` leaves has the tree of `old` as its beginning. Empty
/// when the sizes are equal or `old` is 0.
///
/// # Errors
/// When `old` is larger than `new` or a node is missing.
pub fn consistency_proof(
    old: u64,
    new: u64,
    nodes: &dyn NodeSource,
) -> Result<Vec<Hash>, ProveError> {
    if old > new {
        return Err(ProveError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut begin, mut end) = (0, new);
    let mut path = Vec::new();
    while end != old {
        let middle = begin + split(end - begin);
        if old <= middle {
            path.push(range_root(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(range_root(begin, middle, nodes)?);
            begin = middle;
        }
    }
    // The old tree's own root is known to whoever checks, unless it is only a part of that tree.
    if begin != 0 {
        path.push(range_root(begin, end, nodes)?);
    }
    path.reverse();
    Ok(path)
}

/// The root of the tree's first `size` leaves.
///
/// # Errors
/// When a node is missing.
pub fn root_at(size: u64, nodes: &dyn NodeSource) -> Result<Hash, ProveError> {
    if size == 0 { Ok(empty_root()) } else { range_root(0, size, nodes) }
}

/// The root over the leaves from `begin` to before `end`, where `begin` is a multiple of the next
/// power of two.
fn range_root(begin: u64, end: u64, nodes: &dyn NodeSource) -> Result<Hash, ProveError> {
    let count = end - begin;
    if count.is_power_of_two() {
        let level = count.trailing_zeros() as u8;
        let index = begin >> level;
        return nodes.node(level, index).ok_or(ProveError::MissingNode { level, index });
    }
    let middle = begin + split(count);
    Ok(node_hash(&range_root(begin, middle, nodes)?, &range_root(middle, end, nodes)?))
}
