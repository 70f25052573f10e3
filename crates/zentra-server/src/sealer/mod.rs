//! Evidence off the hot path: leaves, trees, signed checkpoints, and proofs for who asks.

mod evidence;
mod nodes;
mod roots;
mod task;

pub use evidence::{Evidence, InclusionEvidence, SealerError};
pub use roots::{RootError, check_roots};
pub use task::{SealOptions, run};
