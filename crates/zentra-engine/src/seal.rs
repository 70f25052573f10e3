//! How far the evidence of each scope is sealed.
//!
//! Owns the last checkpoint of each scope. Never lets a smaller one in. Must not know how roots are
//! computed or notes signed.

use bincode::{Decode, Encode};
use zentra_events::event::EvidenceSealedV1;
use zentra_events::{Event, Header, Position, ScopeNo, ScopeNumber, WrongFact};
use zentra_table::Sparse;

/// The last checkpoint of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sealed {
    /// How many leaves it covers.
    pub tree_size: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The entry that recorded it.
    pub position: Position,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Seals {
    /// By the numbers of scopes.
    by_scope: Sparse<Sealed>,
}

impl Seals {
    pub(crate) fn get(&self, scope: ScopeNo) -> Option<Sealed> {
        self.by_scope.get(u64::from(scope.0)).copied()
    }

    pub(crate) fn all(&self) -> Vec<(ScopeNo, Sealed)> {
        self.by_scope.iter().map(|(scope, sealed)| (ScopeNo(scope as u32), *sealed)).collect()
    }

    /// Folds one event of a scope that has so many entries.
    pub(crate) fn evolve(
        &mut self,
        header: &Header,
        entries: Option<ScopeNumber>,
        event: &Event,
    ) -> Result<(), WrongFact> {
        if let Event::EvidenceSealed(EvidenceSealedV1 { tree_size, root, .. }) = event {
            let sealed = Sealed { tree_size: *tree_size, root: *root, position: header.position };
            let before = self.by_scope.insert(u64::from(header.scope.0), sealed);
            let before = before.map_or(0, |before| before.tree_size);
            let covered = entries.map_or(0, |entries| entries.0);
            WrongFact::unless((before.saturating_add(1)..=covered).contains(tree_size), || {
                format!(
                    "a checkpoint of size {tree_size} does not follow one of size {before} in a \
                     scope of {covered} entries"
                )
            })?;
        }
        Ok(())
    }
}
