//! The trees on disk: nodes in the order of their completion, and where each leaf's entry is.
//!
//! A fold of the log like the views: deletable, and folded again when missing or behind what was
//! signed. Owns the keys. Must not know what leaves say.

use fjall::{Database, Keyspace, OwnedWriteBatch};
use zentra_events::{Position, ScopeNo, ScopeNumber};
use zentra_evidence::merkle::{Hash, NodeSource, stored_index};
use zentra_runtime::DataFolder;
use zentra_runtime::background::{open_store, small_buffers};

const POSITION: &[u8] = b"position";

pub(crate) struct Trees {
    database: Database,
    nodes: Keyspace,
    leaves: Keyspace,
    meta: Keyspace,
}

impl Trees {
    pub(crate) fn open(folder: &DataFolder) -> Result<Trees, fjall::Error> {
        let database = open_store(&folder.evidence())?;
        let keyspace = |name| database.keyspace(name, small_buffers);
        let (nodes, leaves, meta) = (keyspace("nodes")?, keyspace("leaves")?, keyspace("meta")?);
        Ok(Trees { database, nodes, leaves, meta })
    }

    /// The first position whose leaf is not in yet.
    pub(crate) fn position(&self) -> Result<Position, fjall::Error> {
        Ok(Position(self.meta.get(POSITION)?.map_or(0, |bytes| number(&bytes))))
    }

    /// The leaves of a scope that are in.
    pub(crate) fn leaves(&self, scope: ScopeNo) -> Result<Leaves, fjall::Error> {
        let stored = self.meta.get(scope.0.to_be_bytes())?;
        Ok(stored.map_or_else(Leaves::default, |bytes| Leaves::decode(&bytes)))
    }

    /// The leaves of all scopes that are in.
    pub(crate) fn all(&self) -> Result<Vec<(ScopeNo, Leaves)>, fjall::Error> {
        let mut all = Vec::new();
        for item in self.meta.iter() {
            let (key, value) = item.into_inner()?;
            if let Ok(scope) = key.as_ref().try_into() {
                all.push((ScopeNo(u32::from_be_bytes(scope)), Leaves::decode(&value)));
            }
        }
        Ok(all)
    }

    /// The entry of a leaf.
    pub(crate) fn entry_of(
        &self,
        scope: ScopeNo,
        leaf: ScopeNumber,
    ) -> Result<Option<Position>, fjall::Error> {
        Ok(self.leaves.get(key(scope, leaf.0))?.map(|bytes| Position(number(&bytes))))
    }

    /// The nodes of a scope's tree.
    pub(crate) fn of(&self, scope: ScopeNo) -> ScopeNodes<'_> {
        ScopeNodes { nodes: &self.nodes, scope }
    }

    /// A set of changes that is kept or lost as a whole.
    pub(crate) fn change(&self) -> Change<'_> {
        Change { trees: self, batch: self.database.batch() }
    }
}

/// How many leaves of a scope are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaves {
    pub(crate) size: u64,
    /// Those up to the last that is no checkpoint.
    pub(crate) to_seal: u64,
}

impl Leaves {
    fn encode(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.size.to_be_bytes());
        bytes[8..].copy_from_slice(&self.to_seal.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Leaves {
        let (size, to_seal) = bytes.split_at(bytes.len().min(8));
        Leaves { size: number(size), to_seal: number(to_seal) }
    }
}

pub(crate) struct Change<'a> {
    trees: &'a Trees,
    batch: OwnedWriteBatch,
}

impl Change<'_> {
    pub(crate) fn node(&mut self, scope: ScopeNo, index: u64, hash: Hash) {
        self.batch.insert(&self.trees.nodes, key(scope, index), hash);
    }

    /// A leaf, and the leaves of its scope with it.
    pub(crate) fn leaf(
        &mut self,
        (scope, leaf): (ScopeNo, ScopeNumber),
        entry: Position,
        leaves: Leaves,
    ) {
        self.batch.insert(&self.trees.leaves, key(scope, leaf.0), entry.get().to_be_bytes());
        self.batch.insert(&self.trees.meta, scope.0.to_be_bytes(), leaves.encode());
    }

    pub(crate) fn commit(mut self, next: Position) -> Result<(), fjall::Error> {
        self.batch.insert(&self.trees.meta, POSITION, next.get().to_be_bytes());
        self.batch.commit()
    }
}

/// The nodes of one scope's tree, by the order of their completion.
pub(crate) struct ScopeNodes<'a> {
    nodes: &'a Keyspace,
    scope: ScopeNo,
}

impl NodeSource for ScopeNodes<'_> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let stored = self.nodes.get(key(self.scope, stored_index(level, index)?));
        match stored {
            Ok(bytes) => bytes?.as_ref().try_into().ok(),
            Err(error) => {
                tracing::error!(%error, "a tree node cannot be read");
                None
            }
        }
    }
}

fn key(scope: ScopeNo, index: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&scope.0.to_be_bytes());
    key[4..].copy_from_slice(&index.to_be_bytes());
    key
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_be_bytes)
}
