//! How much of what waits the kernel takes of one scope at once.
//!
//! Owns the count: each scope has the same share of a gathering, so that a scope with thousands of
//! connections is not taken whole before one with a single connection. Must not know what is taken.

use zentra_events::ScopeNo;

/// What a scope has at once, as [`Framer::load`] counts it, and each command one at least. It is
/// less than what goes to the writer together, so that no scope takes all of that.
///
/// [`Framer::load`]: crate::framer::Framer::load
pub(crate) const SHARE: usize = 256;

/// What each scope used of its share in this gathering.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    gathering: u64,
    /// By the number of the scope.
    scopes: Vec<Used>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Used {
    /// In which gathering.
    gathering: u64,
    amount: usize,
}

impl Shares {
    /// Every one of so many scopes has all of its share.
    pub(crate) fn renew(&mut self, scopes: usize) {
        self.gathering += 1;
        if self.scopes.len() < scopes {
            self.scopes.resize(scopes, Used::default());
        }
    }

    /// Whether a scope has something of its share left. One that nobody made always has: who asks
    /// in its name is the server itself.
    pub(crate) fn is_left(&self, scope: ScopeNo) -> bool {
        let used = self.scopes.get(scope.index());
        used.is_none_or(|used| used.gathering != self.gathering || used.amount < SHARE)
    }

    /// A scope used so much.
    pub(crate) fn charge(&mut self, scope: ScopeNo, amount: usize) {
        let Some(used) = self.scopes.get_mut(scope.index()) else { return };
        if used.gathering != self.gathering {
            *used = Used { gathering: self.gathering, amount: 0 };
        }
        used.amount = used.amount.saturating_add(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_its_share_of_each_gathering() {
        let mut shares = Shares::default();
        assert!(shares.is_left(ScopeNo(0)));
        shares.renew(2);
        shares.charge(ScopeNo(0), SHARE - 1);
        assert!(shares.is_left(ScopeNo(0)));
        shares.charge(ScopeNo(0), 1);
        assert!(!shares.is_left(ScopeNo(0)) && shares.is_left(ScopeNo(1)));
        for _ in 0..2 {
            shares.charge(ScopeNo(9), SHARE);
            assert!(shares.is_left(ScopeNo(9)), "nobody made it");
        }
        shares.charge(ScopeNo(1), usize::MAX);
        shares.charge(ScopeNo(1), usize::MAX);
        assert!(!shares.is_left(ScopeNo(1)));
        shares.renew(10);
        assert!((0..10).all(|scope| shares.is_left(ScopeNo(scope))));
    }
}
