//! The quotas of a scope: what holds, what is used, and which one a request would exceed.
//!
//! Everything is told before anything is recorded, so that a scope that is over a quota adds
//! nothing to the log, no refusal either. Owns which use belongs to which quota. Must not know
//! what the edge counts (connections, bodies, requests a second).

use crate::engine::Engine;
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{Quota, QuotaTable, ScopeNo};

impl Engine {
    /// Sets the limits of scopes that have none of their own.
    pub fn set_quotas(&mut self, defaults: QuotaTable) {
        self.meters.set_defaults(defaults);
    }

    /// The limits that hold in a scope.
    pub fn quotas(&self, scope: ScopeNo) -> QuotaTable {
        self.meters.limits(scope)
    }

    /// The limits that a scope has of its own.
    pub fn quota_overrides(&self, scope: ScopeNo) -> &[QuotaOverrideV1] {
        self.meters.get(scope).map_or(&[], |meter| &meter.overrides)
    }

    /// The limit of one quota in a scope.
    pub fn quota(&self, scope: ScopeNo, quota: Quota) -> u64 {
        self.meters.limit(scope, quota)
    }
}
