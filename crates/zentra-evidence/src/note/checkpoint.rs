//! The text of a checkpoint (c2sp.org/tlog-checkpoint): origin, size and root of a tree.
//!
//! Owns its three lines and the rule that the signing key is named like the origin. Must not know
//! the tree.

use crate::merkle::Hash;
use crate::note::envelope::NoteError;
use crate::note::key::{NoteSigner, VerifierKey};
use crate::note::key_name::is_key_name;
use crate::text;

/// A statement of a tree's size and root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The tree's unique name, e.g. `zentra.example/acme`; also the name of its key.
    pub origin: String,
    /// How many leaves the tree has.
    pub tree_size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a note is not a checkpoint of the expected tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note does not verify, or cannot be made.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not exactly origin, size and root.
    #[error("a checkpoint is three lines: origin, size in decimal, root in base64")]
    Form,
    /// The checkpoint is of another tree than the key's.
    #[error("the checkpoint's origin is not the name of its key")]
    Origin,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.tree_size, text::show_hash(&self.root))
    }

    /// Reads the text of a checkpoint. Extension lines, which nobody could audit, are refused.
    ///
    /// # Errors
    /// When it is not exactly origin, size and root.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Form)?;
        let lines: Vec<&str> = lines.split('\n').collect();
        let [origin, tree_size, root] = lines[..] else { return Err(CheckpointError::Form) };
        if !is_key_name(origin) {
            return Err(CheckpointError::Form);
        }
        Ok(Checkpoint {
            origin: origin.to_owned(),
            tree_size: text::decimal(tree_size).ok_or(CheckpointError::Form)?,
            root: text::hash(root).ok_or(CheckpointError::Form)?,
        })
    }

    /// The signed note.
    ///
    /// # Errors
    /// When the signer is named otherwise than the origin.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointError> {
        if signer.name() != self.origin {
            return Err(CheckpointError::Origin);
        }
        Ok(signer.sign(&self.to_text())?)
    }

    /// Reads a signed note after verifying it.
    ///
    /// # Errors
    /// When the key did not sign it, or it is not a checkpoint of the key's own tree.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint::parse(key.verify(note)?)?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::Origin);
        }
        Ok(checkpoint)
    }
}
