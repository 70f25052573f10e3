//! What a scope has set (chart, policy, routes) and what its accounts imply.
//!
//! Owns the versions and defaults of rules, the exponent of each currency and which accounts are
//! the system's. Must not decide by them.

use crate::chart::{SystemAccount, builtin_chart};
use crate::velocity::Velocity;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, LazyLock};
use zentra_events::event::{AccountOpenedV1, ChartSetV1, PolicySetV1, RoutesSetV1, TemplateV1};
use zentra_events::{AccountNo, Currency, Position, ScopeNo};
use zentra_table::Sparse;

static BUILTIN_CHART: LazyLock<Arc<ChartSetV1>> = LazyLock::new(|| Arc::new(builtin_chart()));
static NO_RULES: LazyLock<Rules> = LazyLock::new(Rules::default);

/// The templates that hold where a scope has none of its own.
pub(crate) fn builtin_templates() -> &'static [TemplateV1] {
    &BUILTIN_CHART.templates
}

/// What a scope has set, and what velocity rules have counted. Shared with the read views of a
/// snapshot and with readers, so that neither copies it on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Rules {
    pub(crate) chart: Option<Arc<ChartSetV1>>,
    pub(crate) policy: Option<Arc<PolicySetV1>>,
    pub(crate) routes: Option<Arc<RoutesSetV1>>,
    /// The version of the last table that was set, also when it was taken back.
    pub(crate) routes_version: u32,
    /// The decimal digits that the scope has declared.
    pub(crate) currencies: Arc<BTreeMap<Currency, Declared>>,
    /// The last entry that set any of them.
    pub(crate) last: Option<Position>,
    /// What velocity rules have counted.
    pub(crate) velocity: Velocity,
}

/// The decimal digits of a currency, as a scope declared them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Declared {
    pub(crate) exponent: u8,
    pub(crate) at: Position,
}

/// A currency that a scope has declared or has accounts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyView {
    /// The currency.
    pub currency: Currency,
    /// Its decimal digits.
    pub exponent: u8,
    /// Whether there are accounts in it: then its digits are final.
    pub in_use: bool,
    /// The entry that declared it, if one did.
    pub declared_at: Option<Position>,
}

impl Rules {
    /// The chart that holds.
    pub(crate) fn chart(&self) -> &Arc<ChartSetV1> {
        self.chart.as_ref().unwrap_or(&BUILTIN_CHART)
    }

    /// The policy set that holds; version 0 without rules when none is set.
    pub(crate) fn policy(&self) -> Arc<PolicySetV1> {
        let none = || Arc::new(PolicySetV1 { version: 0, rules: Vec::new() });
        self.policy.clone().unwrap_or_else(none)
    }

    /// The route table that holds; version 0 without routes for the built-in one.
    pub(crate) fn routes(&self) -> Arc<RoutesSetV1> {
        let none = || Arc::new(RoutesSetV1 { version: 0, routes: Vec::new() });
        self.routes.clone().unwrap_or_else(none)
    }
}

/// What the accounts of a scope imply, and the digits that it declared. Never stored: folded from
/// the accounts in their order, and from the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Implied {
    accounts: u64,
    exponents: BTreeMap<Currency, Digits>,
    system: BTreeMap<(SystemAccount, Currency), AccountNo>,
}

/// The decimal digits of a currency of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digits {
    pub(crate) exponent: u8,
    /// Whether there are accounts in it.
    pub(crate) in_use: bool,
}

impl Implied {
    /// The decimal digits that the scope declared, or its first account of a currency gave it.
    pub(crate) fn exponent(&self, currency: Currency) -> Option<u8> {
        self.digits(currency).map(|digits| digits.exponent)
    }

    /// As above, and whether there are accounts in it.
    pub(crate) fn digits(&self, currency: Currency) -> Option<Digits> {
        self.exponents.get(&currency).copied()
    }

    /// Takes declared digits in; accounts in the currency have the same.
    pub(crate) fn declare(&mut self, currency: Currency, exponent: u8) {
        let new = Digits { exponent, in_use: false };
        self.exponents.entry(currency).or_insert(new).exponent = exponent;
    }

    /// The currencies after one, in their order.
    pub(crate) fn after(
        &self,
        currency: Option<Currency>,
    ) -> impl Iterator<Item = (&Currency, &Digits)> {
        let from = currency.map_or(Bound::Unbounded, Bound::Excluded);
        self.exponents.range((from, Bound::Unbounded))
    }

    /// The system account of a currency, if it is open.
    pub(crate) fn system(&self, kind: SystemAccount, currency: Currency) -> Option<AccountNo> {
        self.system.get(&(kind, currency)).copied()
    }

    /// How many accounts the scope has.
    pub(crate) fn accounts_len(&self) -> u64 {
        self.accounts
    }

    /// How many currencies they are in or the scope has declared.
    pub(crate) fn currencies_len(&self) -> u64 {
        self.exponents.len() as u64
    }

    /// Takes an account in that was opened after all others.
    pub(crate) fn learn(&mut self, account: &AccountOpenedV1) {
        self.accounts = self.accounts.saturating_add(1);
        let new = Digits { exponent: account.exponent, in_use: true };
        self.exponents.entry(account.currency).or_insert(new).in_use = true;
        if let Some(kind) = SystemAccount::of(&account.code, account.currency) {
            self.system.entry((kind, account.currency)).or_insert(account.account);
        }
    }
}

/// The rules of all scopes of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scopes {
    /// By the numbers of scopes.
    rules: Sparse<Rules>,
    implied: BTreeMap<ScopeNo, Implied>,
}

impl Scopes {
    /// What a scope has set.
    pub(crate) fn rules(&self, scope: ScopeNo) -> Option<&Rules> {
        self.rules.get(u64::from(scope.0))
    }

    /// What holds in a scope: nothing where nothing is set.
    pub(crate) fn rules_or_none(&self, scope: ScopeNo) -> &Rules {
        self.rules(scope).unwrap_or(&NO_RULES)
    }

    /// As [`Scopes::rules`], to change it.
    pub(crate) fn rules_mut(&mut self, scope: ScopeNo) -> &mut Rules {
        self.rules.entry(u64::from(scope.0), Rules::default)
    }

    /// All of them, for a snapshot.
    pub(crate) fn all(&self) -> &Sparse<Rules> {
        &self.rules
    }

    /// A read view of the rules, for a snapshot.
    pub(crate) fn read_view(&self) -> Scopes {
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

    /// Takes in what a scope's rules declare, or declared once.
    pub(crate) fn declare(&mut self, scope: ScopeNo, currency: Currency, exponent: u8) {
        self.implied.entry(scope).or_default().declare(currency, exponent);
    }

    /// At most so many currencies of a scope after one.
    pub(crate) fn currencies(
        &self,
        scope: ScopeNo,
        after: Option<Currency>,
        max: usize,
    ) -> Vec<CurrencyView> {
        let declared = &self.rules_or_none(scope).currencies;
        let view = |(currency, digits): (&Currency, &Digits)| CurrencyView {
            currency: *currency,
            exponent: digits.exponent,
            in_use: digits.in_use,
            declared_at: declared.get(currency).map(|declared| declared.at),
        };
        let all = self.implied(scope).map(|implied| implied.after(after));
        all.into_iter().flatten().take(max).map(view).collect()
    }

    /// Folds one account, in the order of their numbers.
    pub(crate) fn learn(&mut self, scope: ScopeNo, account: &AccountOpenedV1) {
        self.implied.entry(scope).or_default().learn(account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::COMPARED;
    use zentra_events::event::{Floor, NormalSide};

    /// Comparisons that it takes to learn of the system accounts of one more currency and to find
    /// them, when there are so many currencies.
    fn work(currencies: u32) -> usize {
        let mut implied = Implied::default();
        let mut learn = |number: u32| {
            let currency: Currency = format!("A{number}").parse().unwrap();
            let kinds = [SystemAccount::Reserved, SystemAccount::Settlement, SystemAccount::Payout];
            let before = COMPARED.get();
            for kind in kinds {
                let [_, code] = kind.codes(currency);
                implied.learn(&AccountOpenedV1 {
                    account: AccountNo(number),
                    code,
                    currency,
                    exponent: 2,
                    normal_side: NormalSide::Credit,
                    floor: Floor::None,
                });
                assert_eq!(implied.system(kind, currency), Some(AccountNo(number)));
            }
            COMPARED.get().saturating_sub(before)
        };
        (0..currencies).map(&mut learn).last().unwrap()
    }

    #[test]
    fn a_currency_is_found_in_the_same_work_however_many_there_are() {
        let (few, many) = (work(100), work(100_000));
        assert!(
            many < few.saturating_mul(4),
            "{many} comparisons among 100,000 currencies, {few} among 100"
        );
    }
}
