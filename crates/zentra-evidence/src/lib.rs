//! What makes the log provable to somebody who does not trust it.
//!
//! An entry becomes one line of canonical JSON (its leaf); the leaves of a scope make an RFC 6962
//! tree; the tree's head is signed as a C2SP checkpoint; a proof file ties one leaf to it. The
//! formats are written down in docs/concepts/evidence.md. Owns those formats and their checks. Must
//! not know where logs, keys or nodes are stored: everything is bytes in, bytes out.
//!
//! Invariants:
//! - no clock, no randomness, no IO;
//! - leaf format 1 is frozen: the fixtures in fixtures/evidence pin it;
//! - a head that is smaller than or disagrees with the last signed one is never signed.
//!
//! An auditor needs the proof, the leaf and the public key, and no server:
//!
//! ```
//! use zentra_evidence::note::VerifierKey;
//! use zentra_evidence::proof::verify_proof;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key: VerifierKey =
//!     "zentra.example/acme+9e9a38f6+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs".parse()?;
//! let proof = include_str!("../../../fixtures/evidence/proof-v1/leaf-5.tlog-proof");
//!
//! let proven = verify_proof(proof, "leaf 5", &key)?;
//! assert_eq!((proven.index, proven.checkpoint.tree_size), (5, 13));
//!
//! assert!(verify_proof(proof, "another leaf", &key).is_err());
//! # Ok(())
//! # }
//! ```

mod canonical;
mod entry_hash;
mod leaf;
pub mod merkle;
pub mod note;
pub mod proof;
mod sealer;
mod text;

pub use entry_hash::entry_hash;
pub use leaf::{LEAF_VERSION, LeafError, render_leaf};
pub use sealer::{Head, SealError, Sealer};
