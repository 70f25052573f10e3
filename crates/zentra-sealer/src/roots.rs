//! The last checkpoints of a log, computed again from its entries.
//!
//! Owns the comparison; nothing but the log is trusted. Must not sign.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use zentra_engine::Sealed;
use zentra_events::{Entry, Position, ScopeNo};
use zentra_evidence::merkle::{Frontier, leaf_hash};
use zentra_evidence::{LeafError, entry_hash, render_leaf};
use zentra_log::StoredEntry;
use zentra_runtime::{LogAccess, LogError, SharedNames};

/// Why the checkpoints of a log are not those of its entries.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An entry has no leaf.
    #[error("the entry at {}: {source}", position.get())]
    Leaf {
        /// The entry.
        position: Position,
        /// Why.
        source: LeafError,
    },
    /// The entries have another root than was signed.
    #[error(
        "the checkpoint at {} is of {tree_size} entries of scope {}, whose root is another",
        position.get(), scope.0
    )]
    Root {
        /// The scope.
        scope: ScopeNo,
        /// How many entries it covers.
        tree_size: u64,
        /// The entry that recorded it.
        position: Position,
    },
    /// The checkpoint covers more entries than there are.
    #[error("the checkpoint at {} covers more entries than scope {} has", position.get(), scope.0)]
    Short {
        /// The scope.
        scope: ScopeNo,
        /// The entry that recorded it.
        position: Position,
    },
}

/// Computes the root of each scope's last checkpoint again; gives how many there are.
///
/// # Errors
/// With the first that the entries do not have, or when the log cannot be read.
pub fn check_roots(
    log: &LogAccess,
    names: &SharedNames,
    sealed: &[(ScopeNo, Sealed)],
) -> Result<usize, RootError> {
    let mut open: BTreeMap<ScopeNo, (Frontier, Sealed)> =
        sealed.iter().map(|(scope, sealed)| (*scope, (Frontier::new(), *sealed))).collect();
    let mut failed = None;
    log.scan(Position::ZERO, &mut |entry, stored| match take(&mut open, names, entry, stored) {
        Ok(()) if open.is_empty() => ControlFlow::Break(()),
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    match open.into_iter().next() {
        None => Ok(sealed.len()),
        Some((scope, (_, sealed))) => Err(RootError::Short { scope, position: sealed.position }),
    }
}

fn take(
    open: &mut BTreeMap<ScopeNo, (Frontier, Sealed)>,
    names: &SharedNames,
    entry: &Entry,
    stored: &StoredEntry,
) -> Result<(), RootError> {
    let scope = entry.header.scope;
    let Some((frontier, sealed)) = open.get_mut(&scope) else { return Ok(()) };
    let hash = entry_hash(&stored.shared, &stored.payload);
    let leaf = render_leaf(entry, &hash, names)
        .map_err(|source| RootError::Leaf { position: entry.header.position, source })?;
    frontier.push(leaf_hash(leaf.as_bytes()));
    let Sealed { tree_size, root, position } = *sealed;
    if frontier.size() < tree_size {
        return Ok(());
    }
    if frontier.root() != root {
        return Err(RootError::Root { scope, tree_size, position });
    }
    open.remove(&scope);
    Ok(())
}
