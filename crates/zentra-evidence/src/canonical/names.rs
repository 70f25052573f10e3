//! Names for dense numbers: those that the entry itself gives, then those known before.
//!
//! Owns the order of looking. Must not know how names are folded.

use std::collections::BTreeMap;
use zentra_events::{AccountNo, ActorNo, Names, ScopeNo};

/// The names of one entry over those known before it.
pub(crate) struct LocalNames<'e> {
    known: &'e dyn Names,
    scopes: BTreeMap<ScopeNo, &'e str>,
    actors: BTreeMap<ActorNo, &'e str>,
    accounts: BTreeMap<AccountNo, &'e str>,
}

impl<'e> LocalNames<'e> {
    pub(crate) fn new(known: &'e dyn Names) -> LocalNames<'e> {
        LocalNames {
            known,
            scopes: BTreeMap::new(),
            actors: BTreeMap::new(),
            accounts: BTreeMap::new(),
        }
    }

    pub(crate) fn add_scope(&mut self, scope: ScopeNo, name: &'e str) {
        self.scopes.insert(scope, name);
    }

    pub(crate) fn add_actor(&mut self, actor: ActorNo, name: &'e str) {
        self.actors.insert(actor, name);
    }

    pub(crate) fn add_account(&mut self, account: AccountNo, code: &'e str) {
        self.accounts.insert(account, code);
    }

    pub(crate) fn scope(&self, scope: ScopeNo) -> Option<String> {
        self.scopes.get(&scope).map(ToString::to_string).or_else(|| self.known.scope(scope))
    }

    pub(crate) fn actor(&self, actor: ActorNo) -> Option<String> {
        self.actors.get(&actor).map(ToString::to_string).or_else(|| self.known.actor(actor))
    }

    pub(crate) fn account(&self, account: AccountNo) -> Option<String> {
        self.accounts.get(&account).map(ToString::to_string).or_else(|| self.known.account(account))
    }
}
