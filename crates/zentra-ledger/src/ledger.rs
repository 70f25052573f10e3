//! The ledger of one log: its state and its look-ups.
//!
//! The deciders and the folds are `impl Ledger` blocks in files above this one. Owns the state as a
//! whole. Must not hold a rule, nor know who decides or folds.

use crate::account::{AccountView, Accounts};
use crate::fast::Plans;
use crate::intent::{IntentView, Intents};
use crate::intent_state::IntentState;
use crate::key_table::NameKey;
use crate::rules::{CurrencyView, Implied, Scopes};
use std::sync::Arc;
use zentra_events::event::{
    AccountMarkedV1, ChartSetV1, PolicySetV1, PublishedDataV1, RoutesSetV1,
};
use zentra_events::{
    AccountCode, AccountNo, Currency, Event, IntentId, IntentNo, Position, Recorded, ScopeNo,
    WrongFact,
};

/// Accounts, intents and rules of all scopes of one log.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(crate) accounts: Accounts,
    pub(crate) intents: Intents,
    pub(crate) scopes: Scopes,
    /// Recently used; derived from the rest.
    pub(crate) plans: Plans,
}

impl Ledger {
    /// The ledger of an empty log.
    pub fn new() -> Ledger {
        Ledger::default()
    }

    /// The intent whose id has this key.
    pub fn find_intent(&self, key: &NameKey) -> Option<IntentNo> {
        self.intents.find_key(key)
    }

    /// Where an intent was accepted, and whether by a request with this digest.
    pub fn accepted(&self, no: IntentNo, digest: [u8; 16]) -> Option<(Position, bool)> {
        let intent = self.intents.get(no)?;
        Some((intent.accepted_at(), intent.has_digest(digest)))
    }

    /// How far an intent has come, and the last entry of its stream.
    pub fn come_to(&self, no: IntentNo) -> Option<(IntentState, Position)> {
        Some((self.intents.get(no)?.state(), self.intents.last(no)?))
    }

    /// The account whose code has this key.
    pub fn find_account(&self, key: &NameKey) -> Option<AccountNo> {
        self.accounts.find_key(key)
    }

    /// The scope and the code of an account.
    pub fn account_code(&self, no: AccountNo) -> Option<(ScopeNo, &AccountCode)> {
        Some((self.accounts.get(no)?.scope, &self.accounts.particulars(no)?.code))
    }

    /// The currency of an account.
    pub fn account_currency(&self, no: AccountNo) -> Option<Currency> {
        self.accounts.get(no).map(|account| account.currency)
    }

    /// The scope of an account.
    pub fn account_scope(&self, no: AccountNo) -> Option<ScopeNo> {
        self.accounts.get(no).map(|account| account.scope)
    }

    /// Lets the intents of folded settled transfers be found. Many at once take a fraction of the
    /// time, and are shared among so many threads.
    ///
    /// # Errors
    /// When an intent was accepted twice: the later entry, and what is wrong with it. The ledger
    /// must not be used any more.
    pub fn index(&mut self, workers: usize) -> Result<(), (Position, WrongFact)> {
        self.intents.index(workers)
    }

    /// The balance checkpoints that an entry with these events must end with. They are events to
    /// fold like any.
    pub fn checkpoints_due_after(&self, events: &[Recorded]) -> Vec<AccountMarkedV1> {
        self.accounts.checkpoints_due_after(events)
    }

    /// The last entry of the event's stream, where the event itself tells the stream. The stream
    /// of a scope's rules is not told by its events: see [`Ledger::rules_last`].
    pub fn prev_of(&self, event: &Event) -> Option<Position> {
        match event {
            Event::AccountStatusChanged(body) => Some(self.accounts.get(body.account)?.last),
            Event::AccountStatusChangedV2(body) => Some(self.accounts.get(body.account)?.last),
            Event::IntentConfirmed(body) => self.intent_last(body.intent),
            Event::IntentControlled(body) => self.intent_last(body.intent),
            Event::IntentRejected(body) => self.intent_last(body.intent),
            Event::IntentRouted(body) => self.intent_last(body.intent),
            Event::IntentVoided(body) => self.intent_last(body.intent),
            Event::IntentReversed(body) => self.intent_last(body.intent),
            Event::PayoutClosed(body) => self.intent_last(body.intent),
            Event::IntentDated(body) => self.intent_last(body.intent),
            Event::LedgerPosted(body) => self.intent_last(body.intent?),
            Event::EventPublished(body) => match &body.data {
                PublishedDataV1::Transfer { intent, .. } => self.intent_last(*intent),
                PublishedDataV1::Endpoint { .. } | PublishedDataV1::Own { .. } => None,
            },
            _ => None,
        }
    }

    /// As [`Ledger::prev_of`] for an event of `scope`, and also for those of its rules.
    pub fn prev_in(&self, scope: ScopeNo, event: &Event) -> Option<Position> {
        match event {
            Event::ChartSet(_)
            | Event::PolicySet(_)
            | Event::RoutesSet(_)
            | Event::RoutesReset(_)
            | Event::CurrencyDeclared(_) => self.rules_last(scope),
            _ => self.prev_of(event),
        }
    }

    /// The last entry that set any of the scope's rules.
    pub fn rules_last(&self, scope: ScopeNo) -> Option<Position> {
        self.scopes.rules(scope)?.last
    }

    /// The account with this code.
    pub fn account(&self, scope: ScopeNo, code: &AccountCode) -> Option<AccountView> {
        self.accounts.view(self.accounts.find(scope, code)?)
    }

    /// The account with this number.
    pub fn account_by_no(&self, no: AccountNo) -> Option<AccountView> {
        self.accounts.view(no)
    }

    /// The intent with this id.
    pub fn intent(&self, scope: ScopeNo, id: &IntentId) -> Option<IntentView> {
        self.intent_by_no(self.intents.find(scope, id)?)
    }

    /// The intent with this number.
    pub fn intent_by_no(&self, no: IntentNo) -> Option<IntentView> {
        let intent = self.intents.get(no)?;
        let tally = self.intents.tally(no);
        let source = intent.source();
        Some(IntentView {
            no,
            state: intent.state(),
            accepted_at: intent.accepted_at(),
            confirmed_at: self.intents.confirmation(no).map(|confirmation| confirmation.at),
            last: self.intents.last(no)?,
            source,
            destination: intent.destination(),
            currency: source.and_then(|no| self.accounts.get(no)).map(|found| found.currency),
            capture: intent.capture(),
            amount: self.intents.amount(no),
            reserved: tally.reserved,
            settled: tally.settled,
            released: tally.released,
            reversed: tally.reversed,
            paid_out: tally.paid_out,
        })
    }

    /// How many accounts were opened.
    pub fn accounts_len(&self) -> usize {
        self.accounts.len()
    }

    /// How many intents were accepted.
    pub fn intents_len(&self) -> usize {
        self.intents.len()
    }

    /// How many accounts a scope has, without counting them.
    pub fn accounts_len_of(&self, scope: ScopeNo) -> u64 {
        self.scopes.implied(scope).map_or(0, Implied::accounts_len)
    }

    /// How many currencies a scope has declared or has accounts in, without counting them.
    pub fn currencies_len_of(&self, scope: ScopeNo) -> u64 {
        self.scopes.implied(scope).map_or(0, Implied::currencies_len)
    }

    /// The decimal digits of a currency that the scope has declared or has accounts in.
    pub fn exponent(&self, scope: ScopeNo, currency: Currency) -> Option<u8> {
        self.scopes.implied(scope).and_then(|implied| implied.exponent(currency))
    }

    /// At most so many currencies that a scope has declared or has accounts in, in their order,
    /// after one.
    pub fn currencies(
        &self,
        scope: ScopeNo,
        after: Option<Currency>,
        max: usize,
    ) -> Vec<CurrencyView> {
        self.scopes.currencies(scope, after, max)
    }

    /// How many intents a scope has, without counting them.
    pub fn intents_len_of(&self, scope: ScopeNo) -> u64 {
        self.intents.len_of(scope)
    }

    /// The chart that holds in a scope; version 0 is the built-in one.
    pub fn chart(&self, scope: ScopeNo) -> Arc<ChartSetV1> {
        Arc::clone(self.scopes.rules_or_none(scope).chart())
    }

    /// How many rules the policy has that holds in a scope.
    pub fn policy_len(&self, scope: ScopeNo) -> usize {
        let policy = self.scopes.rules(scope).and_then(|rules| rules.policy.as_ref());
        policy.map_or(0, |policy| policy.rules.len())
    }

    /// The policy that holds in a scope; version 0 has no rules.
    pub fn policy(&self, scope: ScopeNo) -> Arc<PolicySetV1> {
        self.scopes.rules_or_none(scope).policy()
    }

    /// The route table that holds in a scope; version 0 shows no route and is the built-in one,
    /// whose route `internal` serves everything.
    pub fn routes(&self, scope: ScopeNo) -> Arc<RoutesSetV1> {
        self.scopes.rules_or_none(scope).routes()
    }

    fn intent_last(&self, no: IntentNo) -> Option<Position> {
        self.intents.last(no)
    }
}
