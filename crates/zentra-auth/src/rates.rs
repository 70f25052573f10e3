//! Requests a second of each scope: a cell that fills as time goes, and lets a second's worth
//! through at once.
//!
//! Owns the cells. Must not know who asks, nor how a refusal is shown.

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use zentra_events::ScopeNo;

/// The cells of all scopes.
#[derive(Default)]
pub struct RequestRates {
    /// By scope number.
    scopes: RwLock<Vec<Option<Rate>>>,
}

#[derive(Clone)]
struct Rate {
    per_second: u64,
    cell: Arc<DefaultDirectRateLimiter>,
}

impl RequestRates {
    /// Takes one request of a scope that may send so many in a second.
    ///
    /// # Errors
    /// The seconds after which the next one may come, at least one.
    pub fn take(&self, scope: ScopeNo, per_second: u64) -> Result<(), u64> {
        let cell = self.cell(scope, per_second);
        cell.check().map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            wait.as_secs().saturating_add(1)
        })
    }

    fn cell(&self, scope: ScopeNo, per_second: u64) -> Arc<DefaultDirectRateLimiter> {
        let index = scope.index();
        {
            let scopes = self.scopes.read().unwrap_or_else(PoisonError::into_inner);
            let known = scopes.get(index).and_then(Option::as_ref);
            if let Some(rate) = known.filter(|rate| rate.per_second == per_second) {
                return Arc::clone(&rate.cell);
            }
        }
        let most = u32::try_from(per_second).unwrap_or(u32::MAX);
        let most = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        let cell = Arc::new(RateLimiter::direct(Quota::per_second(most)));
        let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
        if scopes.len() <= index {
            scopes.resize(index + 1, None);
        }
        scopes[index] = Some(Rate { per_second, cell: Arc::clone(&cell) });
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_takes_so_many_and_no_scope_another_ones() {
        let rates = RequestRates::default();
        let (one, other) = (ScopeNo(3), ScopeNo(0));
        // A request a second: a test cannot take long enough for a third.
        assert_eq!(rates.take(one, 1), Ok(()));
        assert_eq!(rates.take(one, 1), Err(1));
        assert_eq!(rates.take(other, 1), Ok(()));
        // More is given at once, and a limit that nobody can meet is none.
        assert_eq!(rates.take(one, u64::MAX), Ok(()));
        assert_eq!(rates.take(one, u64::MAX), Ok(()));
    }
}
