//! Plans of the fast path: what holds for many intents in the same terms.
//!
//! Owns for which intents a plan is, and the few that are kept. Must not know how a plan is made,
//! accounts' balances or single intents.

use std::sync::Arc;
use zentra_events::{Amount, Currency, Position, ScopeNo, SettledTerms};

/// Plans that are kept.
const PLANS_MAX: usize = 32;

/// What holds for every intent of a scope in these terms, as long as the scope's rules do.
#[derive(Debug)]
pub struct FastPlan {
    pub(super) scope: ScopeNo,
    /// The last entry that set the scope's rules when the plan was made.
    pub(super) rules: Option<Position>,
    pub(super) amount_min: u128,
    pub(super) amount_max: u128,
    pub(super) terms: Arc<SettledTerms>,
}

impl FastPlan {
    /// What the settled transfers of the plan have in common.
    #[inline]
    pub fn terms(&self) -> &Arc<SettledTerms> {
        &self.terms
    }

    /// Whether the plan is for this amount too.
    #[inline]
    pub fn covers(&self, amount: Amount) -> bool {
        (self.amount_min..=self.amount_max).contains(&amount.0)
    }

    pub(super) fn is_for(&self, scope: ScopeNo, currency: Currency, corridor: &str) -> bool {
        self.scope == scope && self.terms.currency == currency && self.terms.corridor == corridor
    }
}

/// The plans that were made last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plans(Vec<Arc<FastPlan>>);

impl Plans {
    pub(super) fn find(&self, serves: impl Fn(&FastPlan) -> bool) -> Option<&Arc<FastPlan>> {
        self.0.iter().find(|plan| serves(plan))
    }

    /// Keeps a plan; the one that was made first goes when there are too many.
    pub(super) fn keep(&mut self, plan: FastPlan) -> Arc<FastPlan> {
        if self.0.len() >= PLANS_MAX {
            self.0.remove(0);
        }
        let plan = Arc::new(plan);
        self.0.push(Arc::clone(&plan));
        plan
    }
}
