//! What the dense numbers in events are called, for whoever shows events to people.
//!
//! Owns the question only: the answers are folded from `scope.created`, `actor.registered` and
//! `account.opened`, and never change once given.

use crate::amount::Currency;
use crate::id::{AccountNo, ActorNo, ScopeNo};

/// Looks up immutable names.
pub trait Names {
    /// The name of a scope.
    fn scope(&self, scope: ScopeNo) -> Option<String>;
    /// The name of an actor.
    fn actor(&self, actor: ActorNo) -> Option<String>;
    /// The code of an account.
    fn account(&self, account: AccountNo) -> Option<String>;
    /// The currency of an account; none where nobody shows it.
    fn currency(&self, _account: AccountNo) -> Option<Currency> {
        None
    }
}
