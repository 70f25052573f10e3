//! What a scope has set (chart, policy, routes) and what its accounts imply.
//!
//! Owns the versions and defaults of rules, the exponent of each currency and which accounts are
//! the system's. Must not decide by them.

use crate::chart::{SystemAccount, builtin_chart};
use crate::policy::Usage;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use zentra_events::event::{AccountOpenedV1, ChartSetV1, PolicySetV1, RoutesSetV1, TemplateV1};
use zentra_events::{AccountNo, Currency, Position, ScopeNo};

static BUILTIN_CHART: LazyLock<ChartSetV1> = LazyLock::new(builtin_chart);

/// The templates that hold where a scope has none of its own.
pub(crate) fn builtin_templates() -> &'static [TemplateV1] {
    &BUILTIN_CHART.templates
}

/// What a scope has set, and what velocity rules have counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Rules {
    pub(crate) chart: Option<ChartSetV1>,
    pub(crate) policy: Option<PolicySetV1>,
    pub(crate) routes: Option<RoutesSetV1>,
    /// The last entry that set any of them.
    pub(crate) last: Option<Position>,
    /// Starts by source account, kept while a velocity rule is about its currency.
    pub(crate) usage: BTreeMap<AccountNo, Usage>,
}

impl Rules {
    /// The chart that holds.
    pub(crate) fn chart(&self) -> &ChartSetV1 {
        self.chart.as_ref().unwrap_or(&BUILTIN_CHART)
    }

    /// The policy set that holds; version 0 without rules when none is set.
    pub(crate) fn policy(&self) -> PolicySetV1 {
        self.policy.clone().unwrap_or(PolicySetV1 { version: 0, rules: Vec::new() })
    }

    /// The route table that holds; version 0 without routes for the built-in one.
    pub(crate) fn routes(&self) -> RoutesSetV1 {
        self.routes.clone().unwrap_or(RoutesSetV1 { version: 0, routes: Vec::new() })
    }
}

/// What the accounts of a scope imply. Never stored: folded from the accounts in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Implied {
    accounts: u64,
    exponents: BTreeMap<Currency, u8>,
    system: BTreeMap<(SystemAccount, Currency), AccountNo>,
}

impl Implied {
    /// The decimal digits that the scope's first account of a currency gave it.
    pub(crate) fn exponent(&self, currency: Currency) -> Option<u8> {
        self.exponents.get(&currency).copied()
    }

    /// The system account of a currency, if it is open.
    pub(crate) fn system(&self, kind: SystemAccount, currency: Currency) -> Option<AccountNo> {
        self.system.get(&(kind, currency)).copied()
    }

    /// How many accounts the scope has.
    pub(crate) fn accounts_len(&self) -> u64 {
        self.accounts
    }

    /// How many currencies they are in.
    pub(crate) fn currencies_len(&self) -> u64 {
        self.exponents.len() as u64
    }

    /// Takes an account in that was opened after all others.
    pub(crate) fn learn(&mut self, account: &AccountOpenedV1) {
        self.accounts = self.accounts.saturating_add(1);
        self.exponents.entry(account.currency).or_insert(account.exponent);
        if let Some(kind) = SystemAccount::of(&account.code, account.currency) {
            self.system.entry((kind, account.currency)).or_insert(account.account);
        }
    }
}

/// The rules of all scopes of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scopes {
    rules: BTreeMap<ScopeNo, Rules>,
    implied: BTreeMap<ScopeNo, Implied>,
}

impl Scopes {
    /// What a scope has set.
    pub(crate) fn rules(&self, scope: ScopeNo) -> Option<&Rules> {
        self.rules.get(&scope)
    }

    /// As [`Scopes::rules`], to change it.
    pub(crate) fn rules_mut(&mut self, scope: ScopeNo) -> &mut Rules {
        self.rules.entry(scope).or_default()
    }

    /// All of them, for a snapshot.
    pub(crate) fn all(&self) -> &BTreeMap<ScopeNo, Rules> {
        &self.rules
    }

    /// The rules of this moment, for a snapshot.
    pub(crate) fn moment(&self) -> Scopes {
        Scopes { rules: self.rules.clone(), implied: BTreeMap::new() }
    }

    /// The templates of the chart that holds in a scope.
    pub(crate) fn templates(&self, scope: ScopeNo) -> &[TemplateV1] {
        self.rules(scope).map_or(builtin_templates(), |rules| &rules.chart().templates)
    }

    /// What a scope's accounts imply.
    pub(crate) fn implied(&self, scope: ScopeNo) -> Option<&Implied> {
        self.implied.get(&scope)
    }

    /// Folds one account, in the order of their numbers.
    pub(crate) fn learn(&mut self, scope: ScopeNo, account: &AccountOpenedV1) {
        self.implied.entry(scope).or_default().learn(account);
    }
}
