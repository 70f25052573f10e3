//! Folding what happens to an intent.
//!
//! Owns which states and sums an event moves, and that it follows from them. Must not know the
//! totals of accounts.

use crate::intent::{Confirmation, Intent, Tally};
use crate::intent_state::IntentState;
use crate::ledger::Ledger;
use crate::policy;
use crate::posting::no_account;
use zentra_events::event::{
    IntentAcceptedV1, IntentConfirmedV1, IntentDetailsV1, LedgerPostedV1, Leg, Party,
    PublishedDataV1,
};
use zentra_events::{AccountNo, Amount, Direction, Event, Header, IntentId, IntentNo, WrongFact};

impl Ledger {
    /// Folds one event of an intent. Events of other families change nothing.
    pub(crate) fn evolve_intent(
        &mut self,
        header: &Header,
        event: &Event,
    ) -> Result<(), WrongFact> {
        match event {
            Event::IntentAccepted(body) => self.intent_accepted(header, body)?,
            Event::IntentConfirmed(body) => self.intent_confirmed(header, body)?,
            Event::IntentControlled(body) => {
                self.intent_moved(
                    header,
                    body.intent,
                    IntentState::Accepted,
                    IntentState::Controlled,
                )?;
                self.count_usage(header, body.intent);
            }
            Event::IntentRejected(body) => {
                self.intent_moved(
                    header,
                    body.intent,
                    IntentState::Accepted,
                    IntentState::Rejected,
                )?;
            }
            Event::IntentRouted(body) => {
                self.intent_moved(header, body.intent, IntentState::Ledgered, IntentState::Routed)?;
            }
            Event::IntentVoided(body) => {
                self.check_intent_id(header, body.intent, &body.intent_id)?;
                self.intent_voided(header, body.intent)?;
            }
            Event::IntentReversed(body) => {
                self.check_intent_id(header, body.intent, &body.intent_id)?;
                self.touch_intent(header, body.intent)?;
            }
            Event::IntentDated(body) => self.intent_dated(header, body.intent)?,
            Event::PayoutClosed(body) => {
                self.check_intent_id(header, body.intent, &body.intent_id)?;
                self.intent_paid_out(header, body.intent, body.amount)?;
            }
            Event::EventPublished(body) => {
                if let PublishedDataV1::Transfer { intent, intent_id, .. } = &body.data {
                    self.check_intent_id(header, *intent, intent_id)?;
                    self.intent_told(header, *intent)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn intent_accepted(
        &mut self,
        header: &Header,
        body: &IntentAcceptedV1,
    ) -> Result<(), WrongFact> {
        WrongFact::unless(body.intent == self.intents.next_no(), || {
            format!("intent {:?} is not the next one", body.intent)
        })?;
        let intent = Intent::accepted(body.digest, header.position);
        let new = self.intents.accept(header.scope, &body.intent_id, intent)?;
        WrongFact::unless(new, || format!("intent {} is accepted twice", body.intent_id))?;
        if let Some(details) = &body.details {
            self.learn_details(header, body.intent, details)?;
        }
        Ok(())
    }

    fn intent_confirmed(
        &mut self,
        header: &Header,
        body: &IntentConfirmedV1,
    ) -> Result<(), WrongFact> {
        self.check_intent_id(header, body.intent, &body.intent_id)?;
        let state = self.touch_intent(header, body.intent)?;
        let id = &body.intent_id;
        WrongFact::unless(state == IntentState::Accepted, || {
            format!("intent {id} is confirmed in state {state:?}")
        })?;
        self.learn_details(header, body.intent, &body.details)?;
        let confirmation = Confirmation { digest: body.digest, at: header.position };
        let first = self.intents.confirm(body.intent, confirmation);
        WrongFact::unless(first, || format!("intent {id} is confirmed twice"))
    }

    /// Takes in what an intent is to move. The accounts that it names are the scope's.
    fn learn_details(
        &mut self,
        header: &Header,
        no: IntentNo,
        details: &IntentDetailsV1,
    ) -> Result<(), WrongFact> {
        for party in [&details.source, &details.destination] {
            if let Party::Account(named) = party {
                let account = self.accounts.get(*named);
                let known = account.is_some_and(|account| account.scope == header.scope);
                WrongFact::unless(known, || no_account(*named).to_string())?;
            }
        }
        self.intents.learn(no, details);
        Ok(())
    }

    /// Only legs that follow others say when they take effect: when that is, no state tells.
    fn intent_dated(&mut self, header: &Header, no: IntentNo) -> Result<(), WrongFact> {
        let state = self.touch_intent(header, no)?;
        let follows = matches!(state, IntentState::Routed | IntentState::Synchronized);
        WrongFact::unless(follows, || format!("intent {no:?} is dated in state {state:?}"))
    }

    /// Whether the intent has this name in the entry's scope.
    fn check_intent_id(
        &self,
        header: &Header,
        no: IntentNo,
        id: &IntentId,
    ) -> Result<(), WrongFact> {
        WrongFact::unless(self.intents.has_name(no, header.scope, id), || {
            format!("intent {no:?} is not the scope's intent {id}")
        })
    }

    /// Moves an intent's head to this entry; gives its state.
    fn touch_intent(&mut self, header: &Header, no: IntentNo) -> Result<IntentState, WrongFact> {
        let state = self.intents.touch(no, header.position);
        state.ok_or_else(|| WrongFact::new(format!("there is no intent {no:?}")))
    }

    fn intent_moved(
        &mut self,
        header: &Header,
        no: IntentNo,
        from: IntentState,
        to: IntentState,
    ) -> Result<(), WrongFact> {
        let state = self.touch_intent(header, no)?;
        WrongFact::unless(state == from, || {
            format!("intent {no:?} becomes {to:?} from {state:?}")
        })?;
        let tally = self.intents.tally(no);
        self.intents.set(no, to, tally);
        Ok(())
    }

    fn intent_voided(&mut self, header: &Header, no: IntentNo) -> Result<(), WrongFact> {
        let state = self.touch_intent(header, no)?;
        let tally = self.intents.tally(no);
        let endable =
            matches!(state, IntentState::Accepted | IntentState::Ledgered | IntentState::Routed);
        let ends = endable && tally.reserved.is_zero() && tally.settled.is_zero();
        WrongFact::unless(ends, || {
            format!("intent {no:?} is voided in state {state:?} with {tally:?}")
        })?;
        self.intents.set(no, IntentState::Voided, tally);
        Ok(())
    }

    fn intent_paid_out(
        &mut self,
        header: &Header,
        no: IntentNo,
        amount: Amount,
    ) -> Result<(), WrongFact> {
        let state = self.touch_intent(header, no)?;
        let tally = self.intents.tally(no);
        let closes = state == IntentState::Synchronized
            && tally.paid_out == amount
            && tally.reversed.checked_add(amount) == Some(tally.settled);
        WrongFact::unless(closes, || {
            format!("payout of {amount} closes intent {no:?} in state {state:?} with {tally:?}")
        })?;
        self.intents.set(no, IntentState::PaidOut, tally);
        Ok(())
    }

    /// An intent is synchronized once the event that tells of its settlement is published.
    fn intent_told(&mut self, header: &Header, no: IntentNo) -> Result<(), WrongFact> {
        if self.touch_intent(header, no)? != IntentState::Settled {
            return Ok(());
        }
        let tally = self.intents.tally(no);
        WrongFact::unless(tally.reserved.is_zero(), || {
            format!("intent {no:?} is told of while it holds {tally:?}")
        })?;
        self.intents.set(no, IntentState::Synchronized, tally);
        Ok(())
    }

    /// Moves an intent's sums and, where the leg makes it, its state.
    pub(crate) fn intent_posted(
        &mut self,
        header: &Header,
        no: IntentNo,
        body: &LedgerPostedV1,
        amount: Amount,
    ) -> Result<(), WrongFact> {
        let leg = body.leg;
        let state = self.touch_intent(header, no)?;
        let whole = self.intents.amount(no);
        let mut tally = self.intents.tally(no);
        let allowed = match (leg, state) {
            (Leg::Reserve, IntentState::Controlled) => amount == whole && !whole.is_zero(),
            (Leg::Settle, IntentState::Routed) => true,
            (Leg::Release, IntentState::Ledgered | IntentState::Routed | IntentState::Settled) => {
                true
            }
            (Leg::Reverse | Leg::Merchant | Leg::Payout, IntentState::Synchronized) => true,
            _ => false,
        };
        WrongFact::unless(allowed, || {
            format!("intent {no:?} posts {leg:?} of {amount} in state {state:?}")
        })?;
        let parties =
            self.intents.get(no).and_then(|known| Some((known.source()?, known.destination())));
        let (source, destination) =
            parties.ok_or_else(|| WrongFact::new(format!("intent {no:?} has no source")))?;
        WrongFact::unless(self.is_between(body, source, destination), || {
            format!("intent {no:?} posts {leg:?} between other accounts than its own")
        })?;
        let moved = move_tally(&mut tally, leg, amount);
        WrongFact::unless(moved.is_some(), || {
            format!("intent {no:?} has no {amount} left for {leg:?}: {tally:?}")
        })?;
        let state = match leg {
            Leg::Reserve => IntentState::Ledgered,
            Leg::Settle => IntentState::Settled,
            Leg::Reverse if tally.reversed == tally.settled => IntentState::Reversed,
            Leg::Release | Leg::Reverse | Leg::Merchant | Leg::Payout | Leg::Transfer => state,
        };
        self.intents.set(no, state, tally);
        self.move_reserved(source, leg, amount)
    }

    /// Whether a leg is one debit and one credit of the accounts that it is about.
    fn is_between(
        &self,
        body: &LedgerPostedV1,
        source: AccountNo,
        destination: Option<AccountNo>,
    ) -> bool {
        let [debit, credit] = body.lines.as_slice() else { return false };
        let holds = |no| self.accounts.get(no).is_some_and(|account| account.holds_reserved);
        let (from, to) = (debit.account, credit.account);
        let sides = debit.direction == Direction::Debit && credit.direction == Direction::Credit;
        sides
            && match body.leg {
                Leg::Reserve => from == source && holds(to),
                Leg::Settle => holds(from) && !holds(to),
                Leg::Release => holds(from) && to == source,
                Leg::Reverse => !holds(from) && to == source,
                Leg::Merchant => !holds(from) && Some(to) == destination,
                Leg::Payout => Some(from) == destination && !holds(to),
                Leg::Transfer => false,
            }
    }

    /// What open holds have taken out of the source.
    fn move_reserved(&mut self, no: AccountNo, leg: Leg, amount: Amount) -> Result<(), WrongFact> {
        let account = self.accounts.particulars_mut(no).ok_or_else(|| no_account(no))?;
        let moved = match leg {
            Leg::Reserve => account.reserved.checked_add(amount),
            Leg::Settle | Leg::Release => account.reserved.checked_sub(amount),
            Leg::Reverse | Leg::Merchant | Leg::Payout | Leg::Transfer => Some(account.reserved),
        };
        account.reserved =
            moved.ok_or_else(|| WrongFact::new(format!("{} has no such hold", account.code)))?;
        Ok(())
    }

    /// Counts a controlled intent where a velocity rule is about its currency.
    fn count_usage(&mut self, header: &Header, no: IntentNo) {
        let Some(intent) = self.intents.get(no) else { return };
        let (Some(source), amount) = (intent.source(), self.intents.amount(no)) else { return };
        let Some(account) = self.accounts.get(source) else { return };
        let Some(rules) = self.scopes.rules(header.scope) else { return };
        let Some(kept) = policy::kept(rules.policy.as_deref(), account.currency) else { return };
        let source = (source, account.currency);
        let velocity = &mut self.scopes.rules_mut(header.scope).velocity;
        velocity.start(source, header.recorded_at, amount, kept);
    }
}

/// None when the intent does not have what the leg moves. The merchant leg changes no sum: the
/// payout leg of the same entry does.
fn move_tally(tally: &mut Tally, leg: Leg, amount: Amount) -> Option<()> {
    match leg {
        Leg::Reserve => tally.reserved = tally.reserved.checked_add(amount)?,
        Leg::Settle => {
            tally.reserved = tally.reserved.checked_sub(amount)?;
            tally.settled = tally.settled.checked_add(amount)?;
        }
        Leg::Release => {
            tally.reserved = tally.reserved.checked_sub(amount)?;
            tally.released = tally.released.checked_add(amount)?;
        }
        Leg::Reverse => {
            tally.reversed = tally.reversed.checked_add(amount)?;
            tally.settled.checked_sub(tally.reversed)?.checked_sub(tally.paid_out)?;
        }
        Leg::Payout => {
            tally.paid_out = tally.paid_out.checked_add(amount)?;
            tally.settled.checked_sub(tally.reversed)?.checked_sub(tally.paid_out)?;
        }
        Leg::Merchant | Leg::Transfer => {}
    }
    Some(())
}
