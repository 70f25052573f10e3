//! The Merkle tree of RFC 6962 over SHA-256: hashes, the growing edge, proofs and their checks.

mod frontier;
mod hash;
mod nodes;
mod prove;
mod verify;

pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use nodes::{NodeList, NodeSource, stored_count, stored_index};
pub use prove::{ProveError, consistency_proof, inclusion_proof, root_at};
pub use verify::{VerifyError, verify_consistency, verify_inclusion};
