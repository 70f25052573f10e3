//! Deciding on the fast path: one step from a plan to the state after it.
//!
//! For an intent that meets every condition of the table, the slow path (events as data, then a
//! fold of each) computes nothing that is not known before. Owns the step. What is decided here
//! must be exactly what the slow path decides: the property test of the engine fails when they
//! diverge.

use crate::fast::condition::{Condition, IntentAccounts, check_accounts};
use crate::fast::plan::FastPlan;
use crate::intent::Intent;
use crate::key_table::NameKey;
use crate::ledger::Ledger;
use crate::posting::Place;
use zentra_events::event::AccountMarkedV1;
use zentra_events::{AccountNo, Amount, Position, SettledFacts, SettledTerms, WrongFact};

/// An intent that may take the fast path.
#[derive(Clone, Copy, Debug)]
pub struct FastIntent<'a> {
    /// The key of its id.
    pub key: &'a NameKey,
    /// As in `LedgerCommand::AcceptIntent`.
    pub digest: [u8; 16],
    /// How much, in minor units.
    pub amount: Amount,
    /// Whose money.
    pub source: AccountNo,
    /// Who receives it when it is paid out.
    pub destination: AccountNo,
}

impl Ledger {
    /// Decides an intent and folds what follows: the outcome is that of [`Ledger::decide`] and
    /// [`Ledger::evolve`]. `tell` is given the facts and the balance checkpoints that the entry
    /// ends with, for which `checkpoints` is a buffer. By reference: a copy of what was just
    /// written waits for every write before it. The intent's id must have been looked up and not
    /// found.
    ///
    /// # Errors
    /// The condition for which it takes the slow path; nothing has changed.
    ///
    /// # Panics
    /// When the plan is not for the amount, or what was decided does not fold.
    pub fn decide_fast(
        &mut self,
        plan: &FastPlan,
        at: Position,
        intent: &FastIntent<'_>,
        checkpoints: &mut Vec<AccountMarkedV1>,
        tell: impl FnOnce(&SettledFacts, &[AccountMarkedV1]),
    ) -> Result<(), Condition> {
        let (scope, terms, amount) = (plan.scope, &*plan.terms, intent.amount);
        assert!(plan.covers(amount), "{at:?}: a plan is used for {amount}, which it is not for");
        let facts = self.settled_facts(plan, intent)?;
        let due = must(at, self.post_settled((at, scope), terms, &facts));
        let new = self.intents.push_absent(scope, *intent.key, Intent::settled(&facts, at));
        assert!(new, "{at:?}: there is no number for {:?}", facts.intent);
        checkpoints.clear();
        if due {
            must(at, self.checkpoint_settled((at, scope), &facts, terms, checkpoints));
        }
        tell(&facts, checkpoints);
        Ok(())
    }

    /// What the settled transfer of an intent has of its own, if it meets the conditions.
    #[inline]
    fn settled_facts(
        &self,
        plan: &FastPlan,
        intent: &FastIntent<'_>,
    ) -> Result<SettledFacts, Condition> {
        let (accounts, terms) = (&self.accounts, &*plan.terms);
        let there = |no| accounts.get(no).ok_or(Condition::AccountsAreThere);
        let floor = |no, account| accounts.floor_of(no, account).ok_or(Condition::AccountsAreThere);
        let (source, reserved) = (there(intent.source)?, there(terms.reserved)?);
        let of = IntentAccounts {
            scope: plan.scope,
            currency: terms.currency,
            amount: intent.amount,
            number: self.intents.next_no(),
            parties: [intent.source, intent.destination],
            source,
            source_floor: floor(intent.source, source)?,
            destination: there(intent.destination)?,
            reserved,
            reserved_floor: floor(terms.reserved, reserved)?,
            settlement: there(terms.settlement)?,
        };
        check_accounts(&of)?;
        Ok(SettledFacts {
            intent: of.number,
            digest: intent.digest,
            amount: intent.amount,
            source: intent.source,
            destination: intent.destination,
            source_prev: of.source.last,
            reserved_prev: of.reserved.last,
            settlement_prev: of.settlement.last,
        })
    }

    /// The balance checkpoints that a settled transfer makes due, taken in.
    fn checkpoint_settled(
        &mut self,
        place: Place,
        facts: &SettledFacts,
        terms: &SettledTerms,
        checkpoints: &mut Vec<AccountMarkedV1>,
    ) -> Result<(), WrongFact> {
        for no in [facts.source, terms.reserved, terms.settlement] {
            if let Some(due) = self.accounts.checkpoint_due(no) {
                self.accounts.record_checkpoint(place, &due)?;
                checkpoints.push(due);
            }
        }
        Ok(())
    }
}

/// What was looked at just now follows from the state: anything else is a defect, and stops the
/// writer.
fn must<T>(at: Position, followed: Result<T, WrongFact>) -> T {
    followed.unwrap_or_else(|wrong| panic!("{at:?}: {wrong}"))
}
