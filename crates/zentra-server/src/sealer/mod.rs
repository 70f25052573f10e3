//! Evidence off the hot path: leaves, trees, signed checkpoints, and proofs for who asks.

mod evidence;
mod nodes;
mod task;

pub use evidence::{Evidence, InclusionEvidence, SealerError};
pub use task::{SealOptions, run};
