//! What each scope holds and uses, counted as its entries come.
//!
//! Folded from events, so that a rebuild counts the same. Owns the counts that no other projection
//! has, the limits that hold in a scope, and the sum over all scopes. Must not refuse anything.

use crate::room::{ANSWER_BYTES, INTENT_BYTES, held_by};
use bincode::{Decode, Encode};
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{Event, Header, Quota, QuotaTable, ScopeNo};

/// What one scope has set and holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Meter {
    pub(crate) overrides: Vec<QuotaOverrideV1>,
    /// Keys that are not revoked.
    pub(crate) keys: u64,
    /// Idempotency keys that were answered.
    pub(crate) answers: u64,
    /// Bytes of memory, by the estimate of [`crate::room`].
    pub(crate) held_bytes: u64,
    /// Those of them that the chart, the policy and the routes take: setting one replaces it.
    rules_bytes: [u64; 3],
}

/// The meters of all scopes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters {
    defaults: QuotaTable,
    scopes: Vec<Meter>,
    held_bytes: u64,
}

impl Meters {
    /// The meters that a snapshot has.
    pub(crate) fn of(scopes: Vec<Meter>) -> Meters {
        let held_bytes = scopes.iter().fold(0, |sum: u64, one| sum.saturating_add(one.held_bytes));
        Meters { defaults: QuotaTable::default(), scopes, held_bytes }
    }

    /// What a snapshot stores.
    pub(crate) fn scopes(&self) -> &Vec<Meter> {
        &self.scopes
    }

    pub(crate) fn set_defaults(&mut self, defaults: QuotaTable) {
        self.defaults = defaults;
    }

    pub(crate) fn get(&self, scope: ScopeNo) -> Option<&Meter> {
        self.scopes.get(scope.index())
    }

    /// The limit that holds in a scope.
    pub(crate) fn limit(&self, scope: ScopeNo, quota: Quota) -> u64 {
        let set = self.get(scope).map_or(&[][..], |meter| &meter.overrides);
        let set = set.iter().find(|set| set.quota == quota);
        set.map_or_else(|| self.defaults.get(quota), |set| set.limit)
    }

    /// Every limit that holds in a scope.
    pub(crate) fn limits(&self, scope: ScopeNo) -> QuotaTable {
        let mut limits = self.defaults;
        for set in self.get(scope).map_or(&[][..], |meter| &meter.overrides) {
            limits.set(set.quota, set.limit);
        }
        limits
    }

    /// Bytes that all scopes hold together.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// Folds one event.
    pub(crate) fn evolve(&mut self, header: &Header, event: &Event) {
        if let Event::ScopeCreated(_) = event {
            self.scopes.push(Meter::default());
        }
        self.hold(header.scope, held_by(event));
        let Some(meter) = self.scopes.get_mut(header.scope.index()) else { return };
        let rules = match event {
            Event::ScopeQuotasSet(body) => return meter.overrides.clone_from(&body.overrides),
            Event::KeyCreated(_) => return meter.keys = meter.keys.saturating_add(1),
            Event::KeyRevoked(_) => return meter.keys = meter.keys.saturating_sub(1),
            Event::ChartSet(_) => 0,
            Event::PolicySet(_) => 1,
            Event::RoutesSet(_) => 2,
            _ => return,
        };
        let before = std::mem::replace(&mut meter.rules_bytes[rules], held_by(event));
        meter.held_bytes = meter.held_bytes.saturating_sub(before);
        self.held_bytes = self.held_bytes.saturating_sub(before);
    }

    /// Folds a run: it holds what its events do.
    pub(crate) fn ran(&mut self, scope: ScopeNo) {
        self.hold(scope, INTENT_BYTES);
    }

    /// Folds the header of an entry. Call once an entry, after its events.
    pub(crate) fn count(&mut self, header: &Header) {
        if header.idempotency.is_some()
            && let Some(meter) = self.scopes.get_mut(header.scope.index())
        {
            meter.answers = meter.answers.saturating_add(1);
            self.hold(header.scope, ANSWER_BYTES);
        }
    }

    fn hold(&mut self, scope: ScopeNo, bytes: u64) {
        if let Some(meter) = self.scopes.get_mut(scope.index()) {
            meter.held_bytes = meter.held_bytes.saturating_add(bytes);
            self.held_bytes = self.held_bytes.saturating_add(bytes);
        }
    }
}
