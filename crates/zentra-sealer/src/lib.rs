//! Evidence off the hot path: leaves, trees, signed checkpoints, and proofs for who asks.
//!
//! Owns the trees' nodes in a store of their own, when a scope is sealed, and telling a proof. Must
//! not know how a tree is hashed or a checkpoint signed (that is the evidence's), nor HTTP.

mod evidence;
mod nodes;
mod roots;
mod sealed;
mod sealing;
#[cfg(test)]
mod steps;
mod task;

pub use evidence::{Evidence, InclusionEvidence, SealerError};
pub use roots::{RootError, check_roots};
pub use sealed::sealed_now;
pub use sealing::{SealOptions, Sealing};
pub use task::run;
