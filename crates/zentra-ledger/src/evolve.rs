//! Folding events into the ledger, and the invariants that stop the writer.
//!
//! Nothing is refused here: the decider has judged. What could only be a defect or a damaged log
//! panics with the position. Owns which event changes what. Must not read anything but the event,
//! its header and the state.

use crate::account::above_floor;
use crate::intent::{Confirmation, Intent, Tally};
use crate::intent_state::IntentState;
use crate::ledger::Ledger;
use crate::policy;
use crate::straight;
use zentra_events::event::{
    AccountStatusChangedV1, IntentAcceptedV1, IntentConfirmedV1, LedgerPostedV1, Leg,
    PublishedDataV1,
};
use zentra_events::{AccountNo, Amount, Currency, Direction, Event, Header, IntentNo, Position};

/// Folds one event.
pub(crate) fn evolve(ledger: &mut Ledger, header: &Header, event: &Event) {
    let at = header.position;
    match event {
        Event::ChartSet(body) => {
            let rules = ledger.scopes.rules_mut(header.scope);
            (rules.chart, rules.last) = (Some(body.clone()), Some(at));
        }
        Event::PolicySet(body) => {
            let rules = ledger.scopes.rules_mut(header.scope);
            (rules.policy, rules.last) = (Some(body.clone()), Some(at));
            forget_usage(ledger, header);
        }
        Event::RoutesSet(body) => {
            let rules = ledger.scopes.rules_mut(header.scope);
            (rules.routes, rules.last) = (Some(body.clone()), Some(at));
        }
        Event::AccountOpened(body) => {
            let opened = ledger.accounts.open(header.scope, at, body);
            assert!(opened, "{at:?}: account {} opens out of order or twice", body.code);
            ledger.scopes.learn(header.scope, body);
        }
        Event::AccountStatusChanged(body) => status_changed(ledger, at, body),
        Event::AccountMarked(body) => straight::record_mark(ledger, at, body),
        Event::LedgerPosted(body) => posted(ledger, header, body),
        Event::IntentAccepted(body) => accepted(ledger, header, body),
        Event::IntentConfirmed(body) => confirmed(ledger, header, body),
        Event::IntentControlled(body) => {
            step(ledger, header, body.intent, IntentState::Accepted, IntentState::Controlled);
            count_usage(ledger, header, body.intent);
        }
        Event::IntentRejected(body) => {
            step(ledger, header, body.intent, IntentState::Accepted, IntentState::Rejected);
        }
        Event::IntentRouted(body) => {
            step(ledger, header, body.intent, IntentState::Ledgered, IntentState::Routed);
        }
        Event::IntentVoided(body) => voided(ledger, header, body.intent),
        Event::IntentReversed(body) => {
            touch(ledger, header, body.intent);
        }
        Event::PayoutClosed(body) => paid_out(ledger, header, body.intent, body.amount),
        Event::EventPublished(body) => {
            if let PublishedDataV1::Transfer { intent, .. } = &body.data {
                told(ledger, header, *intent);
            }
        }
        _ => {}
    }
}

fn status_changed(ledger: &mut Ledger, at: Position, body: &AccountStatusChangedV1) {
    let account = ledger.accounts.get_mut(body.account);
    let account = account.unwrap_or_else(|| panic!("{at:?}: no account {:?}", body.account));
    account.status = body.status;
    account.last = at;
}

fn accepted(ledger: &mut Ledger, header: &Header, body: &IntentAcceptedV1) {
    let at = header.position;
    assert!(
        body.intent == ledger.intents.next_no(),
        "{at:?}: intent {:?} is not the next one",
        body.intent
    );
    let intent = Intent::accepted(body.digest, at);
    let new = ledger.intents.accept(header.scope, &body.intent_id, intent);
    assert!(new, "{at:?}: intent {} is accepted twice", body.intent_id);
    if let Some(details) = &body.details {
        ledger.intents.learn(body.intent, details);
    }
}

fn confirmed(ledger: &mut Ledger, header: &Header, body: &IntentConfirmedV1) {
    let at = header.position;
    let state = touch(ledger, header, body.intent);
    assert!(
        state == IntentState::Accepted,
        "{at:?}: intent {} is confirmed in state {state:?}",
        body.intent_id
    );
    ledger.intents.learn(body.intent, &body.details);
    let first = ledger.intents.confirm(body.intent, Confirmation { digest: body.digest, at });
    assert!(first, "{at:?}: intent {} is confirmed twice", body.intent_id);
}

/// Moves an intent's head to this entry; gives its state.
fn touch(ledger: &mut Ledger, header: &Header, no: IntentNo) -> IntentState {
    let state = ledger.intents.touch(no, header.position);
    state.unwrap_or_else(|| panic!("{:?}: no intent {no:?}", header.position))
}

fn step(ledger: &mut Ledger, header: &Header, no: IntentNo, from: IntentState, to: IntentState) {
    let state = touch(ledger, header, no);
    assert!(state == from, "{:?}: intent {no:?} becomes {to:?} from {state:?}", header.position);
    let tally = ledger.intents.tally(no);
    ledger.intents.set(no, to, tally);
}

fn voided(ledger: &mut Ledger, header: &Header, no: IntentNo) {
    let state = touch(ledger, header, no);
    let tally = ledger.intents.tally(no);
    let endable =
        matches!(state, IntentState::Accepted | IntentState::Ledgered | IntentState::Routed);
    assert!(
        endable && tally.reserved.is_zero() && tally.settled.is_zero(),
        "{:?}: intent {no:?} is voided in state {state:?} with {tally:?}",
        header.position
    );
    ledger.intents.set(no, IntentState::Voided, tally);
}

fn paid_out(ledger: &mut Ledger, header: &Header, no: IntentNo, amount: Amount) {
    let state = touch(ledger, header, no);
    let tally = ledger.intents.tally(no);
    assert!(
        state == IntentState::Synchronized
            && tally.paid_out == amount
            && tally.reversed.checked_add(amount) == Some(tally.settled),
        "{:?}: payout of {amount} closes intent {no:?} in state {state:?} with {tally:?}",
        header.position
    );
    ledger.intents.set(no, IntentState::PaidOut, tally);
}

/// An intent is synchronized once the event that tells of its settlement is published.
fn told(ledger: &mut Ledger, header: &Header, no: IntentNo) {
    if touch(ledger, header, no) != IntentState::Settled {
        return;
    }
    let tally = ledger.intents.tally(no);
    assert!(
        tally.reserved.is_zero(),
        "{:?}: intent {no:?} is told of while it holds {tally:?}",
        header.position
    );
    ledger.intents.set(no, IntentState::Synchronized, tally);
}

fn posted(ledger: &mut Ledger, header: &Header, body: &LedgerPostedV1) {
    let at = header.position;
    apply_lines(ledger, at, body);
    assert!(
        body.intent.is_some() == (body.leg != Leg::Transfer),
        "{at:?}: a {:?} with intent {:?}",
        body.leg,
        body.intent
    );
    let Some(no) = body.intent else { return };
    let debits = body.lines.iter().filter(|line| line.direction == Direction::Debit);
    let amount = debits.map(|line| line.amount.0).fold(0, u128::saturating_add);
    leg(ledger, header, no, body.leg, Amount(amount));
}

/// Moves the totals; then the lines balance per currency and every floor holds.
fn apply_lines(ledger: &mut Ledger, at: Position, body: &LedgerPostedV1) {
    let mut sums: Vec<(Currency, Amount, Amount)> = Vec::with_capacity(1);
    for line in &body.lines {
        let account = ledger.accounts.get_mut(line.account);
        let account = account.unwrap_or_else(|| panic!("{at:?}: no account {:?}", line.account));
        let index = sums.iter().position(|sum| sum.0 == account.currency);
        if index.is_none() {
            sums.push((account.currency, Amount::ZERO, Amount::ZERO));
        }
        let last = sums.len().saturating_sub(1);
        let (_, debits, credits) = &mut sums[index.unwrap_or(last)];
        let (total, sum) = match line.direction {
            Direction::Debit => (&mut account.debits, debits),
            Direction::Credit => (&mut account.credits, credits),
        };
        let fits = "the decider checked that the amounts fit";
        *total = total.checked_add(line.amount).expect(fits);
        *sum = sum.checked_add(line.amount).expect(fits);
        account.last = at;
        account.unmarked = account.unmarked.saturating_add(1);
    }
    assert!(
        sums.iter().all(|(_, debits, credits)| debits == credits),
        "{at:?}: the lines do not balance: {sums:?}"
    );
    for line in body.lines.iter().filter(|line| line.direction == Direction::Debit) {
        let account = ledger.accounts.get(line.account).expect("the line was applied");
        let floor = ledger.accounts.floor(line.account).expect("the line was applied");
        assert!(
            above_floor(floor, account.debits, account.credits),
            "{at:?}: account {} falls below its floor",
            ledger.accounts.code(line.account)
        );
    }
}

/// Moves an intent's sums and, where the leg makes it, its state.
fn leg(ledger: &mut Ledger, header: &Header, no: IntentNo, leg: Leg, amount: Amount) {
    let at = header.position;
    let state = touch(ledger, header, no);
    let source = ledger.intents.get(no).and_then(Intent::source);
    let whole = ledger.intents.amount(no);
    let mut tally = ledger.intents.tally(no);
    let allowed = match (leg, state) {
        (Leg::Reserve, IntentState::Controlled) => amount == whole && !whole.is_zero(),
        (Leg::Settle, IntentState::Routed) => true,
        (Leg::Release, IntentState::Ledgered | IntentState::Routed | IntentState::Settled) => true,
        (Leg::Reverse | Leg::Merchant | Leg::Payout, IntentState::Synchronized) => true,
        _ => false,
    };
    assert!(allowed, "{at:?}: intent {no:?} posts {leg:?} of {amount} in state {state:?}");
    let moved = move_tally(&mut tally, leg, amount);
    assert!(moved.is_some(), "{at:?}: intent {no:?} has no {amount} left for {leg:?}: {tally:?}");
    let state = match leg {
        Leg::Reserve => IntentState::Ledgered,
        Leg::Settle => IntentState::Settled,
        Leg::Reverse if tally.reversed == tally.settled => IntentState::Reversed,
        Leg::Release | Leg::Reverse | Leg::Merchant | Leg::Payout | Leg::Transfer => state,
    };
    ledger.intents.set(no, state, tally);
    let source = source.unwrap_or_else(|| panic!("{at:?}: intent {no:?} has no source"));
    move_reserved(ledger, at, source, leg, amount);
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

/// What open holds have taken out of the source.
fn move_reserved(ledger: &mut Ledger, at: Position, no: AccountNo, leg: Leg, amount: Amount) {
    if matches!(leg, Leg::Reverse | Leg::Merchant | Leg::Payout | Leg::Transfer) {
        return;
    }
    let account = ledger.accounts.particulars_mut(no);
    let account = account.unwrap_or_else(|| panic!("{at:?}: no account {no:?}"));
    let moved = match leg {
        Leg::Reserve => account.reserved.checked_add(amount),
        Leg::Settle | Leg::Release => account.reserved.checked_sub(amount),
        Leg::Reverse | Leg::Merchant | Leg::Payout | Leg::Transfer => Some(account.reserved),
    };
    let moved = moved.unwrap_or_else(|| panic!("{at:?}: {} has no such hold", account.code));
    account.reserved = moved;
}

/// Counts a controlled intent where a velocity rule is about its currency.
fn count_usage(ledger: &mut Ledger, header: &Header, no: IntentNo) {
    let intent = ledger.intents.get(no).expect("the intent was stepped");
    let (Some(source), amount) = (intent.source(), ledger.intents.amount(no)) else { return };
    let Some(account) = ledger.accounts.get(source) else { return };
    let Some(rules) = ledger.scopes.rules(header.scope) else { return };
    let Some(kept) = policy::kept(rules.policy.as_ref(), account.currency) else { return };
    let usage = ledger.scopes.rules_mut(header.scope).usage.entry(source).or_default();
    usage.record(header.recorded_at, amount, kept);
}

/// Drops the usage of currencies that no velocity rule is about any more.
fn forget_usage(ledger: &mut Ledger, header: &Header) {
    let Ledger { accounts, scopes, .. } = ledger;
    let rules = scopes.rules_mut(header.scope);
    let policy = rules.policy.as_ref();
    rules.usage.retain(|no, _| {
        accounts.get(*no).is_some_and(|account| policy::kept(policy, account.currency).is_some())
    });
}
