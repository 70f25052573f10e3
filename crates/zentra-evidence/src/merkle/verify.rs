//! Checking proofs, with nothing but the proof, the sizes and the roots.
//!
//! Owns the walk from a proof back to a root. It follows the definition in RFC 6962 from the root
//! down rather than the iterative form of RFC 9162, so it can be read beside that definition. Must
//! not know where proofs come from.

use crate::merkle::hash::{Hash, empty_root, node_hash, split};

/// Why a proof is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The leaf is not in a tree of that size, or the older tree is larger than the newer.
    #[error("the leaf or the older tree does not fit in the tree")]
    Size,
    /// The proof has more or fewer hashes than the sizes ask for.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Checks that the leaf with this hash is number `index` of the tree of `size` leaves and `root`.
///
/// # Errors
/// When it is not proven.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), VerifyError> {
    if index >= size {
        return Err(VerifyError::Size);
    }
    let led = root_of_path(leaf, index, size, proof)?;
    if led == *root { Ok(()) } else { Err(VerifyError::Root) }
}

/// Checks that the tree of `new` leaves and `new_root` has the tree of `old` leaves and `old_root`
/// as its beginning.
///
/// # Errors
/// When it is not proven.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), VerifyError> {
    if old > new {
        return Err(VerifyError::Size);
    }
    let led = if old == 0 {
        if !proof.is_empty() {
            return Err(VerifyError::Length);
        }
        (empty_root(), *new_root)
    } else {
        roots_of_path(old, new, Some(old_root), proof)?
    };
    if led == (*old_root, *new_root) { Ok(()) } else { Err(VerifyError::Root) }
}

fn root_of_path(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Result<Hash, VerifyError> {
    if size == 1 {
        return if path.is_empty() { Ok(*leaf) } else { Err(VerifyError::Length) };
    }
    let (sibling, below) = path.split_last().ok_or(VerifyError::Length)?;
    let left = split(size);
    if index < left {
        Ok(node_hash(&root_of_path(leaf, index, left, below)?, sibling))
    } else {
        Ok(node_hash(sibling, &root_of_path(leaf, index - left, size - left, below)?))
    }
}

/// The old and the new root that a path leads to. `known` is the old root while the subtree still
/// begins where the tree does: there, the path leaves out what whoever checks knows already.
fn roots_of_path(
    old: u64,
    new: u64,
    known: Option<&Hash>,
    path: &[Hash],
) -> Result<(Hash, Hash), VerifyError> {
    if old == new {
        return match (known, path) {
            (Some(root), []) => Ok((*root, *root)),
            (None, [node]) => Ok((*node, *node)),
            _ => Err(VerifyError::Length),
        };
    }
    let (sibling, below) = path.split_last().ok_or(VerifyError::Length)?;
    let left = split(new);
    if old <= left {
        let (old_root, new_root) = roots_of_path(old, left, known, below)?;
        Ok((old_root, node_hash(&new_root, sibling)))
    } else {
        let (old_root, new_root) = roots_of_path(old - left, new - left, None, below)?;
        Ok((node_hash(sibling, &old_root), node_hash(sibling, &new_root)))
    }
}
