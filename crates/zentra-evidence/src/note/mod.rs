//! Signed notes (c2sp.org/signed-note, Ed25519) and the checkpoints in them.

mod checkpoint;
mod envelope;
mod key;
mod key_name;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use envelope::NoteError;
pub use key::{KeyError, NoteSigner, VerifierKey};
