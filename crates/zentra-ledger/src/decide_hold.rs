//! Deciding what may happen to an intent after its first entry: settle, void, reverse, pay out.
//!
//! Each is decided from the state that earlier entries left, so each happens at most once (a
//! reversal: at most up to what was settled). Owns the precedence of these refusals. Must not know
//! policy or routes: what is reserved has passed them.

use crate::bounds::check_reason;
use crate::chart::SystemAccount;
use crate::command::{LegsAt, Refusal};
use crate::draft::Draft;
use crate::intent::{Intent, Tally};
use crate::intent_state::IntentState;
use crate::ledger::Ledger;
use crate::transfer_event::published;
use zentra_events::event::{IntentDatedV1, IntentReversedV1, IntentVoidedV1, Leg, PayoutClosedV1};
use zentra_events::{AccountNo, Amount, Code, Currency, Event, IntentId, IntentNo, ScopeNo};

impl Ledger {
    /// Decides `SettleIntent`. A frozen source does not stop it: its money has left already.
    pub(crate) fn settle_intent(
        &self,
        scope: ScopeNo,
        id: &IntentId,
        amount: Option<Amount>,
        effective_at: Option<LegsAt>,
    ) -> Result<Vec<Event>, Refusal> {
        let known = Known::find(self, scope, id)?;
        known.check_state(IntentState::Routed, "only a hold can be settled")?;
        let held = known.tally.reserved;
        let amount = part(amount, held)?;
        let (no, [source, destination], currency) = known.moving();
        let mut draft = Draft::new(self, scope);
        let reserved = draft.claim_system(SystemAccount::Reserved, currency)?;
        let settlement = draft.claim_system(SystemAccount::Settlement, currency)?;
        draft.check_open(&[settlement])?;
        let mut legs = vec![draft.post_pair(no, Leg::Settle, reserved, settlement, amount)?];
        let rest = Amount(held.0.saturating_sub(amount.0));
        if !rest.is_zero() {
            legs.push(draft.post_pair(no, Leg::Release, reserved, source, rest)?);
        }
        legs.push(published("transfer.settled", no, id, (amount, currency), [source, destination]));
        Ok(entry(draft, known.dated(effective_at)?, legs))
    }

    /// Decides `VoidIntent`. No account's status stops it: money only goes back.
    pub(crate) fn void_intent(
        &self,
        scope: ScopeNo,
        id: &IntentId,
        reason: &str,
        effective_at: Option<LegsAt>,
    ) -> Result<Vec<Event>, Refusal> {
        check_reason(reason)?;
        let known = Known::find(self, scope, id)?;
        let no = known.no;
        let voided = IntentVoidedV1 {
            intent: no,
            intent_id: id.clone(),
            code: Code::VoidRequested,
            reason: reason.to_owned(),
        };
        if known.intent.state() == IntentState::Accepted {
            return match effective_at {
                None => Ok(vec![voided.into()]),
                Some(_) => {
                    let detail =
                        format!("the intent {id} waits and moved nothing: no effective_at");
                    Err(Refusal::new(Code::ValidationFailed, detail))
                }
            };
        }
        known.check_state(IntentState::Routed, "only a hold or a waiting intent can be voided")?;
        let held = known.tally.reserved;
        let (_, parties, currency) = known.moving();
        let mut draft = Draft::new(self, scope);
        let reserved = draft.claim_system(SystemAccount::Reserved, currency)?;
        let leg = draft.post_pair(no, Leg::Release, reserved, parties[0], held)?;
        let told = published("transfer.voided", no, id, (held, currency), parties);
        Ok(entry(draft, known.dated(effective_at)?, vec![leg, voided.into(), told]))
    }

    /// Decides `ReverseIntent`. Source and settlement account must be open.
    pub(crate) fn reverse_intent(
        &self,
        scope: ScopeNo,
        id: &IntentId,
        (amount, effective_at): (Option<Amount>, Option<LegsAt>),
        reason: &str,
    ) -> Result<Vec<Event>, Refusal> {
        check_reason(reason)?;
        let known = Known::find(self, scope, id)?;
        known.check_state(IntentState::Synchronized, "only settled money can be reversed")?;
        let amount = part(amount, known.left())?;
        let (no, [source, destination], currency) = known.moving();
        let mut draft = Draft::new(self, scope);
        let settlement = draft.claim_system(SystemAccount::Settlement, currency)?;
        draft.check_open(&[source, settlement])?;
        let leg = draft.post_pair(no, Leg::Reverse, settlement, source, amount)?;
        let (intent_id, reason) = (id.clone(), reason.to_owned());
        let reversed = IntentReversedV1 { intent: no, intent_id, amount, reason };
        let parties = [source, destination];
        let told = published("transfer.reversed", no, id, (amount, currency), parties);
        Ok(entry(draft, known.dated(effective_at)?, vec![reversed.into(), leg, told]))
    }

    /// Decides `PayoutIntent`: all that is settled and not reversed goes through the destination.
    /// It comes in and goes out in one entry, so a destination that is closed stays empty: with it
    /// an intent can always be brought to an end, whoever closed what.
    pub(crate) fn payout_intent(
        &self,
        scope: ScopeNo,
        id: &IntentId,
        effective_at: Option<LegsAt>,
    ) -> Result<Vec<Event>, Refusal> {
        let known = Known::find(self, scope, id)?;
        known.check_state(IntentState::Synchronized, "only settled money can be paid out")?;
        let amount = known.left();
        let (no, parties, currency) = known.moving();
        let destination = parties[1];
        let mut draft = Draft::new(self, scope);
        let settlement = draft.claim_system(SystemAccount::Settlement, currency)?;
        let payout = draft.claim_system(SystemAccount::Payout, currency)?;
        draft.check_not_frozen(destination)?;
        draft.check_open(&[settlement, payout])?;
        let merchant = draft.post_pair(no, Leg::Merchant, settlement, destination, amount)?;
        let out = draft.post_pair(no, Leg::Payout, destination, payout, amount)?;
        let closed = PayoutClosedV1 { intent: no, intent_id: id.clone(), amount };
        let told = published("payout.closed", no, id, (amount, currency), parties);
        Ok(entry(draft, known.dated(effective_at)?, vec![merchant, out, closed.into(), told]))
    }
}

/// An intent that exists.
struct Known<'a> {
    ledger: &'a Ledger,
    id: &'a IntentId,
    no: IntentNo,
    intent: &'a Intent,
    tally: Tally,
}

impl<'a> Known<'a> {
    fn find(ledger: &'a Ledger, scope: ScopeNo, id: &'a IntentId) -> Result<Self, Refusal> {
        let no = ledger.intents.find(scope, id);
        match no.and_then(|no| Some((no, ledger.intents.get(no)?))) {
            Some((no, intent)) => {
                Ok(Known { ledger, id, no, intent, tally: ledger.intents.tally(no) })
            }
            None => Err(Refusal::new(Code::NotFound, format!("there is no intent {id}"))),
        }
    }

    fn check_state(&self, wanted: IntentState, rule: &str) -> Result<(), Refusal> {
        if self.intent.state() == wanted {
            return Ok(());
        }
        let state = self.intent.state().as_str();
        let detail = format!("the intent {} is {state}; {rule}", self.id);
        Err(Refusal::new(Code::InvalidIntentState, detail))
    }

    /// The event that dates the legs of this entry, if the caller does. Others changed the intent
    /// since the asker read it: then it is to be read again.
    fn dated(&self, asked: Option<LegsAt>) -> Result<Option<Event>, Refusal> {
        let Some(LegsAt { at, after }) = asked else { return Ok(None) };
        let last = self.ledger.intents.last(self.no);
        let Some(leg) = after.filter(|leg| Some(leg.position) == last) else {
            let detail = format!("the intent {} is changed at this moment; ask again", self.id);
            return Err(Refusal::new(Code::Overloaded, detail).until(1));
        };
        if at < leg.effective_at {
            let (id, earlier) = (self.id, leg.effective_at);
            let detail = format!(
                "a leg of the intent {id} takes effect at {earlier}, so a later one cannot take \
                 effect at {at}: give that time or a later one, or none"
            );
            return Err(Refusal::new(Code::EffectiveAtTooEarly, detail));
        }
        Ok(Some(IntentDatedV1 { intent: self.no, effective_at: at }.into()))
    }

    /// What it settled and did not give back.
    fn left(&self) -> Amount {
        Amount(self.tally.settled.0.saturating_sub(self.tally.reversed.0))
    }

    /// Number, source and destination, and currency of an intent whose money has moved.
    fn moving(&self) -> (IntentNo, [AccountNo; 2], Currency) {
        let named = "an intent whose money has moved has accounts";
        let source = self.intent.source().expect(named);
        let destination = self.intent.destination().expect(named);
        let account = self.ledger.accounts.get(source).expect(named);
        (self.no, [source, destination], account.currency)
    }
}

fn part(asked: Option<Amount>, left: Amount) -> Result<Amount, Refusal> {
    let amount = asked.unwrap_or(left);
    if amount.is_zero() {
        return Err(Refusal::new(Code::AmountZero, "the amount is zero"));
    }
    if amount > left {
        return Err(Refusal::new(
            Code::AmountExceedsRemaining,
            format!("asked {amount}, left {left}"),
        ));
    }
    Ok(amount)
}

fn entry(draft: Draft<'_>, dated: Option<Event>, mut rest: Vec<Event>) -> Vec<Event> {
    let mut events = draft.into_opened();
    events.extend(dated);
    events.append(&mut rest);
    events
}
