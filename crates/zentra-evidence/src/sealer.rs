//! Seals one scope: takes its leaves in order and signs heads of the growing tree.
//!
//! Owns the refusal to skip a leaf, and to sign a head that is smaller than or disagrees with the
//! last one signed, also across restarts. Must not know when it is time to seal, or where the last
//! head is kept.

use crate::merkle::{Frontier, Hash, NodeSource, ProveError, leaf_hash, root_at};
use crate::note::{Checkpoint, CheckpointError, NoteSigner};
use zentra_events::ScopeNumber;

/// The size and root of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a leaf is not taken, or a head not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The leaf is not the next of its scope.
    #[error("leaf {got} came where leaf {expected} of the scope was due")]
    NotNext {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// The tree is not yet as large as the last signed one.
    #[error("a head of {size} leaves is smaller than the signed one of {signed}")]
    Smaller {
        /// How many leaves there are.
        size: u64,
        /// How many the last signed head has.
        signed: u64,
    },
    /// The tree does not have the last signed root at its size. Nothing is signed ever after.
    #[error("the first {size} leaves do not have the root that was signed for them")]
    Inconsistent {
        /// The size of the last signed head.
        size: u64,
    },
    /// The nodes do not belong to the frontier, or some are missing.
    #[error("the stored nodes are not those of the tree: {0}")]
    Nodes(#[from] ProveError),
    /// The signer is not the tree's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Seals one scope.
#[derive(Clone, Debug)]
pub struct Sealer {
    frontier: Frontier,
    signed: Option<Head>,
    agreed: Agreed,
}

/// Whether the leaves are known to agree with the last signed head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreed {
    Yes,
    NotYet,
    No,
}

impl Sealer {
    /// A sealer that gets every leaf from number 0 on. `signed` is the last signed head, if any:
    /// nothing is signed until the leaves have reached it and agree with it.
    pub fn new(signed: Option<Head>) -> Sealer {
        let mut sealer = Sealer { frontier: Frontier::new(), signed, agreed: Agreed::NotYet };
        sealer.compare();
        sealer
    }

    /// A sealer that goes on from stored nodes of a tree of `size` leaves, at least as large as the
    /// last signed head.
    ///
    /// # Errors
    /// When nodes are missing, are fewer than were signed, or disagree with what was signed.
    pub fn resume(
        size: u64,
        nodes: &dyn NodeSource,
        signed: Option<Head>,
    ) -> Result<Sealer, SealError> {
        if let Some(signed) = signed {
            if size < signed.size {
                return Err(SealError::Smaller { size, signed: signed.size });
            }
            if root_at(signed.size, nodes)? != signed.root {
                return Err(SealError::Inconsistent { size: signed.size });
            }
        }
        let frontier = Frontier::from_nodes(size, nodes)?;
        Ok(Sealer { frontier, signed, agreed: Agreed::Yes })
    }

    /// How many leaves were taken; also the number of the next.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The head over all leaves taken.
    pub fn head(&self) -> Head {
        Head { size: self.frontier.size(), root: self.frontier.root() }
    }

    /// The last head that was signed.
    pub fn signed(&self) -> Option<Head> {
        self.signed
    }

    /// Takes the next leaf (the line without its newline). Each node that is now complete is handed
    /// out as in [`Frontier::push_with`].
    ///
    /// # Errors
    /// When the leaf is not the next one; the sealer is unchanged.
    pub fn push(
        &mut self,
        number: ScopeNumber,
        leaf: &str,
        completed: &mut dyn FnMut(Hash),
    ) -> Result<(), SealError> {
        let expected = self.frontier.size();
        if number.0 != expected {
            return Err(SealError::NotNext { expected, got: number.0 });
        }
        self.frontier.push_with(leaf_hash(leaf.as_bytes()), completed);
        self.compare();
        Ok(())
    }

    /// Signs the head over all leaves taken and remembers it as the last signed one. The caller
    /// makes the note durable before showing it to anybody. Signing the same head again gives the
    /// same note.
    ///
    /// # Errors
    /// When the head is smaller than or disagrees with the last signed one, or the signer is named
    /// otherwise than `origin`.
    pub fn sign(&mut self, origin: &str, signer: &NoteSigner) -> Result<String, SealError> {
        let head = self.head();
        let signed = self.signed.map_or(0, |signed| signed.size);
        match self.agreed {
            Agreed::No => return Err(SealError::Inconsistent { size: signed }),
            Agreed::NotYet => return Err(SealError::Smaller { size: head.size, signed }),
            Agreed::Yes => {}
        }
        let checkpoint =
            Checkpoint { origin: origin.to_owned(), tree_size: head.size, root: head.root };
        let note = checkpoint.sign(signer)?;
        self.signed = Some(head);
        Ok(note)
    }

    fn compare(&mut self) {
        if self.agreed != Agreed::NotYet {
            return;
        }
        let Some(signed) = self.signed else {
            self.agreed = Agreed::Yes;
            return;
        };
        if self.frontier.size() == signed.size {
            let same = self.frontier.root() == signed.root;
            self.agreed = if same { Agreed::Yes } else { Agreed::No };
        }
    }
}
