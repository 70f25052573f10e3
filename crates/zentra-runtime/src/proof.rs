//! What a data folder knows to have been durable, beside the log itself.
//!
//! Owns the comparison: a log that ends before, or is another there, has lost or changed what was
//! acknowledged. Must not know how a log is recovered.

use crate::chain::chain_before;
use crate::folder::DataFolder;
use crate::mark::Mark;
use crate::snapshots::{self, SnapshotFileError};
use std::io;
use std::path::PathBuf;
use zentra_events::Position;
use zentra_keyring::Keyring;
use zentra_log::{LogReader, ReadError};

/// How far the log was, and which file says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The file.
    pub by: PathBuf,
    /// Everything before this position was durable.
    pub position: Position,
    /// The chain value there, if the file tells it for sure.
    pub chain: Option<[u8; 32]>,
}

/// Why a log is not the one that the folder knows.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The mark cannot be read.
    #[error("{path}: {source}")]
    Mark {
        /// The mark.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The snapshots cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotFileError),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Entries are missing at the log's end.
    #[error(
        "the log ends at position {}, and {} says that it was durable up to position {}: entries \
         are lost. Restore the log from a backup; nothing was changed", .ends.get(),
        .proof.by.display(), .proof.position.get()
    )]
    Lost {
        /// The position after the log's last entry.
        ends: Position,
        /// What says more.
        proof: Proof,
    },
    /// The log was another when something of it was published.
    #[error(
        "the log is not the one that {} knows up to position {}: its chain is another there. \
         Restore the log that belongs to this folder", .0.by.display(), .0.position.get()
    )]
    Other(Proof),
}

/// The proof of the mark, and of the newest snapshot. Without a key it is not told who wrote them.
///
/// # Errors
/// When they cannot be read.
pub fn proofs(folder: &DataFolder, keyring: Option<&Keyring>) -> Result<Vec<Proof>, ProofError> {
    let key = keyring.map(Keyring::snapshot_key);
    let newest = snapshots::newest(folder, key.as_deref())?;
    let mut proofs = marked(folder, keyring)?;
    proofs.extend(newest.map(|(by, found)| Proof { by, position: found.next, chain: None }));
    Ok(proofs)
}

/// The proof of the mark.
pub(crate) fn marked(
    folder: &DataFolder,
    keyring: Option<&Keyring>,
) -> Result<Vec<Proof>, ProofError> {
    let path = folder.mark();
    let mark = Mark::read(folder, keyring)
        .map_err(|source| ProofError::Mark { path: path.clone(), source })?;
    let proof =
        mark.map(|Mark { next, chain }| Proof { by: path, position: next, chain: Some(chain) });
    Ok(proof.into_iter().collect())
}

/// Refuses a log that ends before a proof.
///
/// # Errors
/// With the proof that reaches farthest.
pub fn must_reach(ends: Position, proofs: &[Proof]) -> Result<(), ProofError> {
    match proofs.iter().max_by_key(|proof| proof.position) {
        Some(proof) if proof.position > ends => {
            Err(ProofError::Lost { ends, proof: proof.clone() })
        }
        _ => Ok(()),
    }
}

/// Refuses a log that is another than a proof knows.
///
/// # Errors
/// With the first such proof, or when the log cannot be read.
pub fn must_continue(reader: &dyn LogReader, proofs: &[Proof]) -> Result<(), ProofError> {
    for proof in proofs {
        let Some(chain) = proof.chain else { continue };
        if chain_before(reader, proof.position)? != Some(chain) {
            return Err(ProofError::Other(proof.clone()));
        }
    }
    Ok(())
}
