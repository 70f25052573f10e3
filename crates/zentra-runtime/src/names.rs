//! What the shell knows by name: scopes, actors, keys and account codes, from durable entries only.
//!
//! The log writer folds each batch in before it releases the batch's answers, so that a key works
//! as soon as its making was answered. Must not decide who may do what.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use zentra_engine::{ApiKey, Directory, Engine, ScopeMade};
use zentra_events::{
    AccountCode, AccountNo, ActorName, ActorNo, Currency, Entry, Event, KeyId, Names, ScopeName,
    ScopeNo,
};
use zentra_ledger::key_table::{KeyTable, NameKey, account_key};

struct Inner {
    directory: Directory,
    accounts: Vec<AccountCode>,
    /// Their currencies, by number.
    currencies: Vec<Currency>,
    /// The keys of the codes, by number.
    keys: KeyTable,
}

/// The accounts as they are known while this is held. Hold it shortly: the log writer waits.
pub struct AccountNames<'a>(RwLockReadGuard<'a, Inner>);

impl AccountNames<'_> {
    /// The account whose code has this key.
    pub fn find(&self, key: &NameKey) -> Option<AccountNo> {
        self.0.keys.find(key).map(AccountNo)
    }

    /// The code of an account.
    pub fn code(&self, account: AccountNo) -> Option<&AccountCode> {
        self.0.accounts.get(account.index())
    }

    /// The key of an account's code, whatever its scope.
    pub fn key(&self, account: AccountNo) -> Option<&NameKey> {
        self.0.keys.get(account.0)
    }
}

/// The durable names of one log.
pub struct SharedNames {
    partition: u16,
    inner: RwLock<Inner>,
}

impl SharedNames {
    /// The names that an engine knows; all its entries must be durable.
    pub fn of(engine: &Engine) -> SharedNames {
        let count = u32::try_from(engine.ledger().accounts_len()).unwrap_or(u32::MAX);
        let (mut accounts, mut keys) = (Vec::new(), KeyTable::default());
        for (scope, code) in (0..count).filter_map(|no| engine.ledger().account_code(AccountNo(no)))
        {
            keys.push(account_key(scope, code.as_str()));
            accounts.push(code.clone());
        }
        let currency = |no| engine.ledger().account_currency(AccountNo(no));
        let currencies = (0..count).filter_map(currency).collect();
        let inner = Inner { directory: engine.directory().clone(), accounts, currencies, keys };
        SharedNames { partition: engine.partition(), inner: RwLock::new(inner) }
    }

    /// Folds durable entries in.
    pub fn fold<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            for (index, recorded) in entry.events().iter().enumerate() {
                if let Event::AccountOpened(opened) = &recorded.event {
                    inner.keys.push(account_key(entry.header.scope, opened.code.as_str()));
                    inner.accounts.push(opened.code.clone());
                    inner.currencies.push(opened.currency);
                } else {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    let header = &entry.header;
                    inner.directory.evolve(self.partition, header, index, &recorded.event);
                }
            }
        }
    }

    /// The accounts of all scopes.
    pub fn accounts(&self) -> AccountNames<'_> {
        AccountNames(self.read())
    }

    /// The key whose secret text has this BLAKE3 hash.
    pub fn key_by_hash(&self, hash: &[u8; 32]) -> Option<ApiKey> {
        self.read().directory.key_by_hash(hash).cloned()
    }

    /// The key with this id.
    pub fn key(&self, id: KeyId) -> Option<ApiKey> {
        self.read().directory.key(id).cloned()
    }

    /// Whether the key with this id works.
    pub fn key_works(&self, id: KeyId) -> bool {
        self.read().directory.key(id).is_some_and(|key| !key.revoked)
    }

    /// At most so many keys of a scope that were made before this one, newest first. What others
    /// have is not looked at.
    pub fn keys_before(&self, scope: ScopeNo, before: Option<KeyId>, most: usize) -> Vec<ApiKey> {
        self.read().directory.keys_before(scope, before).take(most).cloned().collect()
    }

    /// The name of a scope.
    pub fn scope_name(&self, scope: ScopeNo) -> Option<ScopeName> {
        self.read().directory.scope_name(scope).cloned()
    }

    /// The scope with this name.
    pub fn scope_by_name(&self, name: &ScopeName) -> Option<ScopeNo> {
        self.read().directory.scope_by_name(name)
    }

    /// Every scope.
    pub fn scopes(&self) -> Vec<(ScopeNo, ScopeName)> {
        self.read().directory.scopes().map(|(no, name)| (no, name.clone())).collect()
    }

    /// At most so many scopes with smaller numbers than this one, newest first.
    pub fn scopes_before(&self, before: Option<ScopeNo>, most: usize) -> Vec<ScopeMade> {
        self.read().directory.scopes_before(before).take(most).collect()
    }

    /// The name of an actor.
    pub fn actor_name(&self, actor: ActorNo) -> Option<ActorName> {
        self.read().directory.actor_name(actor).cloned()
    }

    /// The code of an account.
    pub fn account_code(&self, account: AccountNo) -> Option<AccountCode> {
        self.read().accounts.get(account.index()).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names for SharedNames {
    fn scope(&self, scope: ScopeNo) -> Option<String> {
        self.scope_name(scope).map(|name| name.to_string())
    }
    fn actor(&self, actor: ActorNo) -> Option<String> {
        self.actor_name(actor).map(|name| name.to_string())
    }
    fn account(&self, account: AccountNo) -> Option<String> {
        self.account_code(account).map(|code| code.to_string())
    }
    fn currency(&self, account: AccountNo) -> Option<Currency> {
        self.read().currencies.get(account.index()).copied()
    }
}
