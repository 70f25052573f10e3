//! The limits of each scope, for the edge: connections, bodies and requests are counted there.
//!
//! Owns a copy of what the log says, from durable entries only. Must not count
//! what is used, or what is refused.

use std::sync::{PoisonError, RwLock};
use zentra_engine::Engine;
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{Entry, Event, Quota, QuotaTable, ScopeNo};

/// The limits that hold in each scope.
pub struct ScopeLimits {
    defaults: QuotaTable,
    /// By scope number; a scope without limits of its own may be missing.
    scopes: RwLock<Vec<QuotaTable>>,
}

impl ScopeLimits {
    /// The limits that an engine knows; all its entries must be durable.
    pub fn of(engine: &Engine) -> ScopeLimits {
        let scopes = engine.directory().scopes().map(|(scope, _)| engine.quotas(scope)).collect();
        // A scope that is not there has the defaults.
        let defaults = engine.quotas(ScopeNo(u32::MAX));
        ScopeLimits { defaults, scopes: RwLock::new(scopes) }
    }

    /// The limit of a quota in a scope.
    pub fn limit(&self, scope: ScopeNo, quota: Quota) -> u64 {
        self.limits(scope).get(quota)
    }

    /// All limits of a scope.
    pub fn limits(&self, scope: ScopeNo) -> QuotaTable {
        let scopes = self.scopes.read().unwrap_or_else(PoisonError::into_inner);
        scopes.get(scope.index()).copied().unwrap_or(self.defaults)
    }

    /// Folds durable entries in.
    pub(crate) fn fold<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) {
        for entry in entries {
            for recorded in entry.events() {
                if let Event::ScopeQuotasSet(body) = &recorded.event {
                    self.set(entry.header.scope, &body.overrides);
                }
            }
        }
    }

    fn set(&self, scope: ScopeNo, overrides: &[QuotaOverrideV1]) {
        let mut limits = self.defaults;
        for one in overrides {
            limits.set(one.quota, one.limit);
        }
        let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
        let index = scope.index();
        if scopes.len() <= index {
            scopes.resize(index + 1, self.defaults);
        }
        scopes[index] = limits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_has_the_defaults_until_it_has_limits_of_its_own() {
        let mut defaults = QuotaTable::default();
        defaults.set(Quota::Connections, 9);
        let mut engine = Engine::new(0);
        engine.set_quotas(defaults);
        let limits = ScopeLimits::of(&engine);
        assert_eq!(limits.limit(ScopeNo(3), Quota::Connections), 9);
        let set = |limit| [QuotaOverrideV1 { quota: Quota::Connections, limit }];
        limits.set(ScopeNo(3), &set(2));
        assert_eq!(limits.limit(ScopeNo(3), Quota::Connections), 2);
        assert_eq!(limits.limit(ScopeNo(2), Quota::Connections), 9);
        limits.set(ScopeNo(3), &[]);
        assert_eq!(limits.limits(ScopeNo(3)), defaults);
    }
}
