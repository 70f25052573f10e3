//! How many connections each scope has: its quota at most, and no more than half of all.
//!
//! Owns these counts. Must not know connections.

use crate::counts::Counts;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zentra_events::ScopeNo;

/// A scope has as many connections as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlace {
    /// The bound.
    pub max: usize,
    /// Whether it is the scope's quota, and not its half of all.
    pub by_quota: bool,
}

/// The connections of each scope.
pub(crate) struct Shares {
    /// What one scope may have of all.
    share_max: usize,
    scopes: Mutex<Counts<ScopeNo>>,
}

impl Shares {
    pub(crate) fn new(connections_max: usize) -> Shares {
        Shares { share_max: connections_max.div_ceil(2), scopes: Mutex::default() }
    }

    /// Counts a connection for a scope instead of another one.
    pub(crate) fn claim(
        &self,
        before: Option<ScopeNo>,
        scope: ScopeNo,
        quota: u64,
    ) -> Result<(), NoPlace> {
        let quota = usize::try_from(quota).unwrap_or(usize::MAX);
        let max = self.share_max.min(quota);
        let mut scopes = self.lock();
        if scopes.of(&scope) >= max {
            return Err(NoPlace { max, by_quota: max == quota });
        }
        scopes.add(scope);
        if let Some(before) = before {
            scopes.remove(&before);
        }
        Ok(())
    }

    /// A connection of the scope has ended.
    pub(crate) fn leave(&self, scope: ScopeNo) {
        self.lock().remove(&scope);
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Counts<ScopeNo>> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
