//! Folding events into the ledger, and the facts that must hold.
//!
//! Nothing is refused here: the decider has judged. What does not follow from the state is told as
//! a wrong fact: in an entry that was just decided it is a defect and stops the writer, in one that
//! was read it says what is wrong with the log. Owns which event changes what. Must not read
//! anything but the event, its header and the state.

use crate::ledger::Ledger;
use crate::policy;
use crate::posting::no_account;
use crate::rules::{Declared, Rules};
use crate::totals::Totals;
use std::sync::Arc;
use zentra_events::event::{
    AccountStatus, AccountStatusChangedV2, CurrencyDeclaredV1, LedgerPostedV1, Leg, PostingV1,
};
use zentra_events::limits::POSTING_LINES_MAX;
use zentra_events::{Amount, Currency, Direction, Event, Header, WrongFact};

impl Ledger {
    /// Folds one event.
    ///
    /// # Errors
    /// When the event does not follow; the ledger must not be used afterwards.
    pub fn evolve(&mut self, header: &Header, event: &Event) -> Result<(), WrongFact> {
        match event {
            Event::ChartSet(body) => {
                let rules = self.set_rules(header, body.version, |rules| {
                    rules.chart.as_ref().map(|chart| chart.version)
                })?;
                rules.chart = Some(Arc::new(body.clone()));
            }
            Event::PolicySet(body) => {
                let rules = self.set_rules(header, body.version, |rules| {
                    rules.policy.as_ref().map(|policy| policy.version)
                })?;
                rules.policy = Some(Arc::new(body.clone()));
                rules.velocity.count(body.version, policy::velocities(body));
            }
            Event::RoutesSet(body) => {
                let rules =
                    self.set_rules(header, body.version, |rules| Some(rules.routes_version))?;
                rules.routes_version = body.version;
                rules.routes = Some(Arc::new(body.clone()));
            }
            Event::RoutesReset(body) => self.routes_reset(header, body.version)?,
            Event::CurrencyDeclared(body) => self.declared(header, body)?,
            Event::AccountOpened(body) => {
                let opened = self.accounts.open(header.scope, header.position, body);
                let code = &body.code;
                WrongFact::unless(opened, || {
                    format!("account {code} opens out of order or twice")
                })?;
                self.scopes.learn(header.scope, body);
            }
            Event::AccountStatusChanged(body) => {
                self.status_changed(header, &body.clone().into())?
            }
            Event::AccountStatusChangedV2(body) => self.status_changed(header, body)?,
            Event::AccountMarked(body) => {
                self.accounts.record_checkpoint((header.position, header.scope), body)?
            }
            Event::LedgerPosted(body) => self.posted(header, body)?,
            _ => self.evolve_intent(header, event)?,
        }
        Ok(())
    }

    /// The rules of the scope, about to be set to the version that follows.
    fn set_rules<'a>(
        &'a mut self,
        header: &Header,
        version: u32,
        before: impl FnOnce(&Rules) -> Option<u32>,
    ) -> Result<&'a mut Rules, WrongFact> {
        let rules = self.scopes.rules_mut(header.scope);
        let follows = before(rules).unwrap_or(0).checked_add(1);
        WrongFact::unless(follows == Some(version), || {
            format!("version {version} of the scope's rules does not follow the one before")
        })?;
        rules.last = Some(header.position);
        Ok(rules)
    }

    /// The built-in table holds again; versions go on.
    fn routes_reset(&mut self, header: &Header, version: u32) -> Result<(), WrongFact> {
        let rules = self.scopes.rules_mut(header.scope);
        WrongFact::unless(rules.routes_version == version, || {
            format!("version {version} of the routes is taken back, which is not the last one")
        })?;
        rules.routes = None;
        rules.last = Some(header.position);
        Ok(())
    }

    fn declared(&mut self, header: &Header, body: &CurrencyDeclaredV1) -> Result<(), WrongFact> {
        let CurrencyDeclaredV1 { currency, exponent } = *body;
        let known = self.scopes.implied(header.scope).and_then(|i| i.digits(currency));
        let other = known.filter(|known| known.in_use && known.exponent != exponent);
        WrongFact::unless(other.is_none(), || {
            format!(
                "{currency} is declared with {exponent} digits, and accounts in it have {other:?}"
            )
        })?;
        let rules = self.scopes.rules_mut(header.scope);
        let declared = Declared { exponent, at: header.position };
        Arc::make_mut(&mut rules.currencies).insert(currency, declared);
        rules.last = Some(header.position);
        self.scopes.declare(header.scope, currency, exponent);
        Ok(())
    }

    fn status_changed(
        &mut self,
        header: &Header,
        body: &AccountStatusChangedV2,
    ) -> Result<(), WrongFact> {
        let account = self.accounts.get_mut(body.account);
        let account = account.filter(|account| account.scope == header.scope);
        let account = account.ok_or_else(|| no_account(body.account))?;
        let frozen = body.status == AccountStatus::Frozen;
        // A freeze stays an admin's whoever freezes again.
        account.frozen_by_admin = frozen && (body.by_admin || account.frozen_by_admin);
        account.status = body.status;
        account.last = header.position;
        Ok(())
    }

    fn posted(&mut self, header: &Header, body: &LedgerPostedV1) -> Result<(), WrongFact> {
        self.apply_lines(header, body)?;
        WrongFact::unless(body.intent.is_some() == (body.leg != Leg::Transfer), || {
            format!("a {:?} with intent {:?}", body.leg, body.intent)
        })?;
        let Some(no) = body.intent else { return Ok(()) };
        let debits = body.lines.iter().filter(|line| line.direction == Direction::Debit);
        let amount = debits.map(|line| line.amount.0).fold(0, u128::saturating_add);
        self.intent_posted(header, no, body, Amount(amount))
    }

    /// Moves the totals; then the lines balance per currency and every floor holds.
    fn apply_lines(&mut self, header: &Header, body: &LedgerPostedV1) -> Result<(), WrongFact> {
        let count = body.lines.len();
        WrongFact::unless((2..=POSTING_LINES_MAX).contains(&count), || {
            format!("a posting has {count} lines")
        })?;
        let place = (header.position, header.scope);
        let mut sums: Vec<(Currency, Totals)> = Vec::with_capacity(1);
        for line in &body.lines {
            let PostingV1 { account: no, direction, amount, prev } = *line;
            WrongFact::unless(!amount.is_zero(), || format!("a line of {no:?} is of nothing"))?;
            let posted = self.accounts.post(place, no, prev, [(direction, amount)])?;
            let currency = posted.account.currency;
            let index = sums.iter().position(|sum| sum.0 == currency);
            if index.is_none() {
                sums.push((currency, Totals::default()));
            }
            let last = sums.len().saturating_sub(1);
            let (_, sum) = &mut sums[index.unwrap_or(last)];
            let added = sum.add(direction, amount);
            added.ok_or_else(|| WrongFact::new("the lines come to too much".to_owned()))?;
        }
        WrongFact::unless(sums.iter().all(|(_, sum)| sum.debits == sum.credits), || {
            "the lines do not balance".to_owned()
        })?;
        for line in body.lines.iter().filter(|line| line.direction == Direction::Debit) {
            let (accounts, no) = (&self.accounts, line.account);
            WrongFact::unless(accounts.is_above_floor(no), || {
                format!("account {} falls below its floor", accounts.code(no))
            })?;
        }
        Ok(())
    }
}
