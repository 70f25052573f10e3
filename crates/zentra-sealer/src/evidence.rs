//! Evidence for who asks: the scope's checkpoint, and the proof that an entry is under it.
//!
//! Shows only checkpoints that are durable in the log, and verifies each before it shows it. Owns
//! the trees and the published checkpoints. Must not decide when to sign.

use crate::nodes::Trees;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use zentra_engine::Sealed;
use zentra_events::{Entry, Event, Position, ScopeNo, ScopeNumber};
use zentra_evidence::merkle::{NodeSource, inclusion_proof, leaf_hash};
use zentra_evidence::note::{KeyError, NoteSigner};
use zentra_evidence::proof::{Proof, verify_proof};
use zentra_evidence::{Head, LeafError, SealError, entry_hash, render_leaf};
use zentra_keyring::Keyring;
use zentra_log::StoredEntry;
use zentra_runtime::{
    DataFolder, Handle, LogAccess, LogError, Mark, Marker, SharedNames, chain_before,
};
use zentra_store::files;

/// Why evidence cannot be made or shown.
#[derive(Debug, thiserror::Error)]
pub enum SealerError {
    /// The tree store failed.
    #[error("the tree store: {0}")]
    Store(#[from] fjall::Error),
    /// The folder of the trees cannot be used.
    #[error("the tree folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An entry has no leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The tree does not continue what was signed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The scope's name cannot name a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The trees have leaves that the log has not.
    #[error(
        "the trees reach position {}, and the log ends at {}: the log has lost entries, or the \
         trees are of another one. Nothing is sealed: restore the log; or, when the trees are not \
         its own, remove the folder evidence", .trees.get(), .log.get()
    )]
    Ahead {
        /// The first position whose leaf is not in the trees.
        trees: Position,
        /// The position after the log's last entry.
        log: Position,
    },
    /// The scope is unknown.
    #[error("scope {} is unknown", .0.0)]
    UnknownScope(ScopeNo),
}

impl SealerError {
    /// Whether it may be well when it is tried again: what failed was the system.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, SealerError::Store(_) | SealerError::Folder(_) | SealerError::Log(_))
    }
}

/// A published checkpoint.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) head: Head,
    pub(crate) note: Arc<str>,
}

/// The proof that one entry is under a checkpoint.
#[derive(Clone, Debug)]
pub struct InclusionEvidence {
    /// The signed note.
    pub note: String,
    /// How many leaves the checkpoint covers.
    pub tree_size: u64,
    /// The leaf's number: the entry's number in its scope.
    pub leaf_index: u64,
    /// The leaf: one line of canonical JSON.
    pub leaf: String,
    /// The hashes from the leaf up.
    pub proof: Vec<[u8; 32]>,
    /// The same as a `.tlog-proof` file.
    pub proof_text: String,
    /// Whether it all verifies with the scope's public key, checked now.
    pub verified: bool,
}

/// The evidence of one log.
pub struct Evidence {
    pub(crate) trees: Trees,
    pub(crate) log: Arc<LogAccess>,
    pub(crate) names: Arc<SharedNames>,
    /// How far everybody was told of the log: further on, its names are not known yet.
    pub(crate) told: watch::Receiver<Position>,
    keyring: Arc<Keyring>,
    marker: Marker,
    published: RwLock<BTreeMap<ScopeNo, Published>>,
}

impl Evidence {
    /// Opens the trees of a data folder. `sealed` is the last checkpoint of each scope, which is in
    /// the log. Trees that are behind it, or not of this log, are dropped and folded again.
    ///
    /// # Errors
    /// When the store does not open or a checkpoint cannot be read.
    pub fn open(
        folder: &DataFolder,
        handle: &Handle,
        keyring: Arc<Keyring>,
        sealed: &[(ScopeNo, Sealed)],
    ) -> Result<Evidence, SealerError> {
        files::make_folder(&folder.evidence())?;
        let mut trees = match Trees::open(folder) {
            Ok(trees) => trees,
            Err(error) => {
                // A process that was killed while it made them, for instance.
                tracing::warn!(%error, "the trees do not open; folding them again");
                std::fs::remove_dir_all(folder.evidence())?;
                files::make_folder(&folder.evidence())?;
                Trees::open(folder)?
            }
        };
        if !usable(&trees, handle, sealed)? {
            if trees.position()? == Position::ZERO {
                // A log that was restored alone, for instance.
                tracing::info!("there are no trees yet; folding them from the log");
            } else {
                tracing::warn!("the trees are not those of this log; folding them again");
            }
            drop(trees);
            std::fs::remove_dir_all(folder.evidence())?;
            trees = Trees::open(folder)?;
        }
        let evidence = Evidence {
            trees,
            log: Arc::clone(handle.log()),
            names: Arc::clone(handle.names()),
            told: handle.durable(),
            marker: Marker::new(folder.clone(), Arc::clone(&keyring)),
            keyring,
            published: RwLock::default(),
        };
        if !sealed.is_empty() {
            evidence.mark()?;
        }
        for (_, sealed) in sealed {
            if let Some(entry) = evidence.log.entry(sealed.position)? {
                evidence.publish(&entry);
            }
        }
        Ok(evidence)
    }

    /// The last published checkpoint of a scope, as a signed note.
    pub fn checkpoint(&self, scope: ScopeNo) -> Option<String> {
        self.published(scope).map(|published| published.note.to_string())
    }

    /// The public key of a scope's checkpoints, as text.
    ///
    /// # Errors
    /// When the scope is unknown or cannot name a key.
    pub fn vkey(&self, scope: ScopeNo) -> Result<String, SealerError> {
        Ok(self.signer(scope)?.1.verifier().to_string())
    }

    /// How many entries of a scope are covered by its last checkpoint.
    pub fn covered(&self, scope: ScopeNo) -> u64 {
        self.published(scope).map_or(0, |published| published.head.size)
    }

    /// The proof that an entry is under the scope's last checkpoint; none while it is not.
    ///
    /// # Errors
    /// When the trees or the log cannot be read.
    pub fn proof(
        &self,
        scope: ScopeNo,
        number: ScopeNumber,
    ) -> Result<Option<InclusionEvidence>, SealerError> {
        let Some(published) = self.published(scope) else { return Ok(None) };
        let tree_size = published.head.size;
        if number.0 >= tree_size {
            return Ok(None);
        }
        let Some(position) = self.trees.entry_of(scope, number)? else { return Ok(None) };
        let (Some(entry), Some(stored)) = (self.log.entry(position)?, self.log.stored(position)?)
        else {
            return Ok(None);
        };
        let leaf = self.leaf(&entry, &stored)?;
        let hashes =
            inclusion_proof(tree_size, number.0, &self.trees.of(scope)).map_err(SealError::from)?;
        let note = published.note.to_string();
        let proof = Proof {
            extra: None,
            index: number.0,
            hashes: hashes.clone(),
            checkpoint: note.clone(),
        };
        let proof_text = proof.to_text();
        let signer = self.signer(scope)?.1;
        let verified = verify_proof(&proof_text, &leaf, signer.verifier()).is_ok();
        Ok(Some(InclusionEvidence {
            note,
            tree_size,
            leaf_index: number.0,
            leaf,
            proof: hashes,
            proof_text,
            verified,
        }))
    }

    /// The leaf of an entry.
    pub(crate) fn leaf(&self, entry: &Entry, stored: &StoredEntry) -> Result<String, SealerError> {
        Ok(leaf(&self.names, entry, stored)?)
    }

    /// The origin and the signer of a scope's checkpoints.
    pub(crate) fn signer(&self, scope: ScopeNo) -> Result<(String, NoteSigner), SealerError> {
        let name = self.names.scope_name(scope).ok_or(SealerError::UnknownScope(scope))?;
        let origin = format!("zentra/{name}");
        let signer = NoteSigner::new(&origin, &self.keyring.checkpoint_seed(&name))?;
        Ok((origin, signer))
    }

    /// Marks how far the log is. Before a checkpoint is shown: the log must never again end before
    /// it.
    pub(crate) fn mark(&self) -> Result<(), SealerError> {
        let next = self.log.durable();
        let chain = chain_before(self.log.reader(), next).map_err(LogError::from)?;
        match chain {
            Some(chain) => Ok(self.marker.write(&Mark { next, chain })?),
            None => Ok(()),
        }
    }

    /// Publishes the checkpoint that a durable entry records, if it records one.
    pub(crate) fn publish(&self, entry: &Entry) {
        for recorded in entry.events() {
            if let Event::EvidenceSealed(sealed) = &recorded.event {
                let head = Head { size: sealed.tree_size, root: sealed.root };
                let published = Published { head, note: sealed.note.as_str().into() };
                let mut all = self.published.write().unwrap_or_else(PoisonError::into_inner);
                all.insert(entry.header.scope, published);
            }
        }
    }

    pub(crate) fn published(&self, scope: ScopeNo) -> Option<Published> {
        let all = self.published.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&scope).cloned()
    }
}

fn leaf(names: &SharedNames, entry: &Entry, stored: &StoredEntry) -> Result<String, LeafError> {
    render_leaf(entry, &entry_hash(&stored.shared, &stored.payload), names)
}

/// Whether trees may go on: they are of this log, and not behind what was signed.
fn usable(
    trees: &Trees,
    handle: &Handle,
    sealed: &[(ScopeNo, Sealed)],
) -> Result<bool, SealerError> {
    let (reached, durable) = (trees.position()?, handle.log().durable());
    if reached > durable {
        return Err(SealerError::Ahead { trees: reached, log: durable });
    }
    if !has_their_last_leaf(trees, handle)? {
        return Ok(false);
    }
    for (scope, sealed) in sealed {
        let size = trees.leaves(*scope)?.size;
        let signed = Head { size: sealed.tree_size, root: sealed.root };
        let nodes = trees.of(*scope);
        if zentra_evidence::Sealer::resume(size, &nodes, Some(signed)).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the entry of the leaf that came last is the log's own: an entry has a leaf of its own in
/// every log, with the hash of its stored bytes.
fn has_their_last_leaf(trees: &Trees, handle: &Handle) -> Result<bool, SealerError> {
    let Some(last) = trees.position()?.get().checked_sub(1).map(Position) else { return Ok(true) };
    let (entry, stored) = (handle.log().entry(last)?, handle.log().stored(last)?);
    let Some((entry, stored)) = entry.zip(stored) else { return Ok(false) };
    let (scope, number) = (entry.header.scope, entry.header.scope_number);
    let hash = leaf_hash(leaf(handle.names(), &entry, &stored)?.as_bytes());
    Ok(trees.of(scope).node(0, number.0) == Some(hash))
}
