//! Folding events into the ledger, and the facts that must hold.
//!
//! Nothing is refused here: the decider has judged. What does not follow from the state is told as
//! a wrong fact: in an entry that was just decided it is a defect and stops the writer, in one that
//! was read it says what is wrong with the log. Owns which event changes what. Must not read
//! anything but the event, its header and the state.

use crate::account::above_floor;
use crate::intent::{Confirmation, Intent, Tally};
use crate::intent_state::IntentState;
use crate::ledger::Ledger;
use crate::mark;
use crate::policy;
use crate::rules::{Declared, Rules};
use std::sync::Arc;
use zentra_events::event::{
    AccountStatus, AccountStatusChangedV2, CurrencyDeclaredV1, IntentAcceptedV1, IntentConfirmedV1,
    IntentDetailsV1, LedgerPostedV1, Leg, Party, PublishedDataV1,
};
use zentra_events::limits::POSTING_LINES_MAX;
use zentra_events::{
    AccountNo, Amount, Currency, Direction, Event, Header, IntentId, IntentNo, WrongFact,
};

/// Folds one event.
///
/// # Errors
/// When the event does not follow; the ledger must not be used afterwards.
pub(crate) fn evolve(ledger: &mut Ledger, header: &Header, event: &Event) -> Result<(), WrongFact> {
    match event {
        Event::ChartSet(body) => {
            let rules = set_rules(ledger, header, body.version, |rules| {
                rules.chart.as_ref().map(|chart| chart.version)
            })?;
            rules.chart = Some(Arc::new(body.clone()));
        }
        Event::PolicySet(body) => {
            let rules = set_rules(ledger, header, body.version, |rules| {
                rules.policy.as_ref().map(|policy| policy.version)
            })?;
            rules.policy = Some(Arc::new(body.clone()));
            rules.velocity.count(body.version, policy::velocities(body));
        }
        Event::RoutesSet(body) => {
            let rules =
                set_rules(ledger, header, body.version, |rules| Some(rules.routes_version))?;
            rules.routes_version = body.version;
            rules.routes = Some(Arc::new(body.clone()));
        }
        Event::RoutesReset(body) => routes_reset(ledger, header, body.version)?,
        Event::CurrencyDeclared(body) => declared(ledger, header, body)?,
        Event::AccountOpened(body) => {
            let opened = ledger.accounts.open(header.scope, header.position, body);
            let code = &body.code;
            WrongFact::unless(opened, || format!("account {code} opens out of order or twice"))?;
            ledger.scopes.learn(header.scope, body);
        }
        Event::AccountStatusChanged(body) => status_changed(ledger, header, &body.clone().into())?,
        Event::AccountStatusChangedV2(body) => status_changed(ledger, header, body)?,
        Event::AccountMarked(body) => mark::record(ledger, (header.position, header.scope), body)?,
        Event::LedgerPosted(body) => posted(ledger, header, body)?,
        Event::IntentAccepted(body) => accepted(ledger, header, body)?,
        Event::IntentConfirmed(body) => confirmed(ledger, header, body)?,
        Event::IntentControlled(body) => {
            step(ledger, header, body.intent, IntentState::Accepted, IntentState::Controlled)?;
            count_usage(ledger, header, body.intent);
        }
        Event::IntentRejected(body) => {
            step(ledger, header, body.intent, IntentState::Accepted, IntentState::Rejected)?;
        }
        Event::IntentRouted(body) => {
            step(ledger, header, body.intent, IntentState::Ledgered, IntentState::Routed)?;
        }
        Event::IntentVoided(body) => {
            named(ledger, header, body.intent, &body.intent_id)?;
            voided(ledger, header, body.intent)?;
        }
        Event::IntentReversed(body) => {
            named(ledger, header, body.intent, &body.intent_id)?;
            touch(ledger, header, body.intent)?;
        }
        Event::IntentDated(body) => dated(ledger, header, body.intent)?,
        Event::PayoutClosed(body) => {
            named(ledger, header, body.intent, &body.intent_id)?;
            paid_out(ledger, header, body.intent, body.amount)?;
        }
        Event::EventPublished(body) => {
            if let PublishedDataV1::Transfer { intent, intent_id, .. } = &body.data {
                named(ledger, header, *intent, intent_id)?;
                told(ledger, header, *intent)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The rules of the scope, about to be set to the version that follows.
fn set_rules<'a>(
    ledger: &'a mut Ledger,
    header: &Header,
    version: u32,
    before: impl FnOnce(&Rules) -> Option<u32>,
) -> Result<&'a mut Rules, WrongFact> {
    let rules = ledger.scopes.rules_mut(header.scope);
    let follows = before(rules).unwrap_or(0).checked_add(1);
    WrongFact::unless(follows == Some(version), || {
        format!("version {version} of the scope's rules does not follow the one before")
    })?;
    rules.last = Some(header.position);
    Ok(rules)
}

/// The built-in table holds again; versions go on.
fn routes_reset(ledger: &mut Ledger, header: &Header, version: u32) -> Result<(), WrongFact> {
    let rules = ledger.scopes.rules_mut(header.scope);
    WrongFact::unless(rules.routes_version == version, || {
        format!("version {version} of the routes is taken back, which is not the last one")
    })?;
    rules.routes = None;
    rules.last = Some(header.position);
    Ok(())
}

fn declared(
    ledger: &mut Ledger,
    header: &Header,
    body: &CurrencyDeclaredV1,
) -> Result<(), WrongFact> {
    let CurrencyDeclaredV1 { currency, exponent } = *body;
    let known = ledger.scopes.implied(header.scope).and_then(|i| i.digits(currency));
    let other = known.filter(|known| known.in_use && known.exponent != exponent);
    WrongFact::unless(other.is_none(), || {
        format!("{currency} is declared with {exponent} digits, and accounts in it have {other:?}")
    })?;
    let rules = ledger.scopes.rules_mut(header.scope);
    let declared = Declared { exponent, at: header.position };
    Arc::make_mut(&mut rules.currencies).insert(currency, declared);
    rules.last = Some(header.position);
    ledger.scopes.declare(header.scope, currency, exponent);
    Ok(())
}

fn status_changed(
    ledger: &mut Ledger,
    header: &Header,
    body: &AccountStatusChangedV2,
) -> Result<(), WrongFact> {
    let account = ledger.accounts.get_mut(body.account);
    let account = account.filter(|account| account.scope == header.scope);
    let account = account.ok_or_else(|| no_account(body.account))?;
    let frozen = body.status == AccountStatus::Frozen;
    // A freeze stays an admin's whoever freezes again.
    account.frozen_by_admin = frozen && (body.by_admin || account.frozen_by_admin);
    account.status = body.status;
    account.last = header.position;
    Ok(())
}

fn accepted(
    ledger: &mut Ledger,
    header: &Header,
    body: &IntentAcceptedV1,
) -> Result<(), WrongFact> {
    WrongFact::unless(body.intent == ledger.intents.next_no(), || {
        format!("intent {:?} is not the next one", body.intent)
    })?;
    let intent = Intent::accepted(body.digest, header.position);
    let new = ledger.intents.accept(header.scope, &body.intent_id, intent)?;
    WrongFact::unless(new, || format!("intent {} is accepted twice", body.intent_id))?;
    if let Some(details) = &body.details {
        learn(ledger, header, body.intent, details)?;
    }
    Ok(())
}

fn confirmed(
    ledger: &mut Ledger,
    header: &Header,
    body: &IntentConfirmedV1,
) -> Result<(), WrongFact> {
    named(ledger, header, body.intent, &body.intent_id)?;
    let state = touch(ledger, header, body.intent)?;
    let id = &body.intent_id;
    WrongFact::unless(state == IntentState::Accepted, || {
        format!("intent {id} is confirmed in state {state:?}")
    })?;
    learn(ledger, header, body.intent, &body.details)?;
    let confirmation = Confirmation { digest: body.digest, at: header.position };
    let first = ledger.intents.confirm(body.intent, confirmation);
    WrongFact::unless(first, || format!("intent {id} is confirmed twice"))
}

/// Takes in what an intent is to move. The accounts that it names are the scope's.
fn learn(
    ledger: &mut Ledger,
    header: &Header,
    no: IntentNo,
    details: &IntentDetailsV1,
) -> Result<(), WrongFact> {
    for party in [&details.source, &details.destination] {
        if let Party::Account(named) = party {
            let account = ledger.accounts.get(*named);
            let known = account.is_some_and(|account| account.scope == header.scope);
            WrongFact::unless(known, || no_account(*named).to_string())?;
        }
    }
    ledger.intents.learn(no, details);
    Ok(())
}

/// Only legs that follow others say when they take effect: when that is, no state tells.
fn dated(ledger: &mut Ledger, header: &Header, no: IntentNo) -> Result<(), WrongFact> {
    let state = touch(ledger, header, no)?;
    let follows = matches!(state, IntentState::Routed | IntentState::Synchronized);
    WrongFact::unless(follows, || format!("intent {no:?} is dated in state {state:?}"))
}

/// Whether the intent has this name in the entry's scope.
fn named(ledger: &Ledger, header: &Header, no: IntentNo, id: &IntentId) -> Result<(), WrongFact> {
    WrongFact::unless(ledger.intents.has_name(no, header.scope, id), || {
        format!("intent {no:?} is not the scope's intent {id}")
    })
}

fn no_account(no: AccountNo) -> WrongFact {
    WrongFact::new(format!("the scope has no account {no:?}"))
}

/// Moves an intent's head to this entry; gives its state.
fn touch(ledger: &mut Ledger, header: &Header, no: IntentNo) -> Result<IntentState, WrongFact> {
    let state = ledger.intents.touch(no, header.position);
    state.ok_or_else(|| WrongFact::new(format!("there is no intent {no:?}")))
}

fn step(
    ledger: &mut Ledger,
    header: &Header,
    no: IntentNo,
    from: IntentState,
    to: IntentState,
) -> Result<(), WrongFact> {
    let state = touch(ledger, header, no)?;
    WrongFact::unless(state == from, || format!("intent {no:?} becomes {to:?} from {state:?}"))?;
    let tally = ledger.intents.tally(no);
    ledger.intents.set(no, to, tally);
    Ok(())
}

fn voided(ledger: &mut Ledger, header: &Header, no: IntentNo) -> Result<(), WrongFact> {
    let state = touch(ledger, header, no)?;
    let tally = ledger.intents.tally(no);
    let endable =
        matches!(state, IntentState::Accepted | IntentState::Ledgered | IntentState::Routed);
    let ends = endable && tally.reserved.is_zero() && tally.settled.is_zero();
    WrongFact::unless(ends, || {
        format!("intent {no:?} is voided in state {state:?} with {tally:?}")
    })?;
    ledger.intents.set(no, IntentState::Voided, tally);
    Ok(())
}

fn paid_out(
    ledger: &mut Ledger,
    header: &Header,
    no: IntentNo,
    amount: Amount,
) -> Result<(), WrongFact> {
    let state = touch(ledger, header, no)?;
    let tally = ledger.intents.tally(no);
    let closes = state == IntentState::Synchronized
        && tally.paid_out == amount
        && tally.reversed.checked_add(amount) == Some(tally.settled);
    WrongFact::unless(closes, || {
        format!("payout of {amount} closes intent {no:?} in state {state:?} with {tally:?}")
    })?;
    ledger.intents.set(no, IntentState::PaidOut, tally);
    Ok(())
}

/// An intent is synchronized once the event that tells of its settlement is published.
fn told(ledger: &mut Ledger, header: &Header, no: IntentNo) -> Result<(), WrongFact> {
    if touch(ledger, header, no)? != IntentState::Settled {
        return Ok(());
    }
    let tally = ledger.intents.tally(no);
    WrongFact::unless(tally.reserved.is_zero(), || {
        format!("intent {no:?} is told of while it holds {tally:?}")
    })?;
    ledger.intents.set(no, IntentState::Synchronized, tally);
    Ok(())
}

fn posted(ledger: &mut Ledger, header: &Header, body: &LedgerPostedV1) -> Result<(), WrongFact> {
    apply_lines(ledger, header, body)?;
    WrongFact::unless(body.intent.is_some() == (body.leg != Leg::Transfer), || {
        format!("a {:?} with intent {:?}", body.leg, body.intent)
    })?;
    let Some(no) = body.intent else { return Ok(()) };
    let debits = body.lines.iter().filter(|line| line.direction == Direction::Debit);
    let amount = debits.map(|line| line.amount.0).fold(0, u128::saturating_add);
    leg(ledger, header, no, body, Amount(amount))
}

/// Moves the totals; then the lines balance per currency and every floor holds.
fn apply_lines(
    ledger: &mut Ledger,
    header: &Header,
    body: &LedgerPostedV1,
) -> Result<(), WrongFact> {
    let at = header.position;
    let count = body.lines.len();
    WrongFact::unless((2..=POSTING_LINES_MAX).contains(&count), || {
        format!("a posting has {count} lines")
    })?;
    let mut sums: Vec<(Currency, Amount, Amount)> = Vec::with_capacity(1);
    for line in &body.lines {
        let account = ledger.accounts.get_mut(line.account);
        let account = account.filter(|account| account.scope == header.scope);
        let account = account.ok_or_else(|| no_account(line.account))?;
        let prev = Some(account.last).filter(|last| *last != at);
        WrongFact::unless(line.prev == prev && !line.amount.is_zero(), || {
            format!("a line of {:?} is of nothing or does not follow its last entry", line.account)
        })?;
        let index = sums.iter().position(|sum| sum.0 == account.currency);
        if index.is_none() {
            sums.push((account.currency, Amount::ZERO, Amount::ZERO));
        }
        let last = sums.len().saturating_sub(1);
        let (_, debits, credits) = &mut sums[index.unwrap_or(last)];
        let sum = match line.direction {
            Direction::Debit => debits,
            Direction::Credit => credits,
        };
        let posted = account.post(at, line.direction, line.amount);
        *sum = posted.and_then(|()| sum.checked_add(line.amount)).ok_or_else(|| {
            WrongFact::new(format!("the totals of {:?} cannot hold the amount", line.account))
        })?;
    }
    WrongFact::unless(sums.iter().all(|(_, debits, credits)| debits == credits), || {
        "the lines do not balance".to_owned()
    })?;
    for line in body.lines.iter().filter(|line| line.direction == Direction::Debit) {
        let accounts = &ledger.accounts;
        let account = accounts.get(line.account).zip(accounts.floor(line.account));
        let holds = account
            .is_some_and(|(account, floor)| above_floor(floor, account.debits, account.credits));
        WrongFact::unless(holds, || {
            format!("account {} falls below its floor", accounts.code(line.account))
        })?;
    }
    Ok(())
}

/// Moves an intent's sums and, where the leg makes it, its state.
fn leg(
    ledger: &mut Ledger,
    header: &Header,
    no: IntentNo,
    body: &LedgerPostedV1,
    amount: Amount,
) -> Result<(), WrongFact> {
    let leg = body.leg;
    let state = touch(ledger, header, no)?;
    let whole = ledger.intents.amount(no);
    let mut tally = ledger.intents.tally(no);
    let allowed = match (leg, state) {
        (Leg::Reserve, IntentState::Controlled) => amount == whole && !whole.is_zero(),
        (Leg::Settle, IntentState::Routed) => true,
        (Leg::Release, IntentState::Ledgered | IntentState::Routed | IntentState::Settled) => true,
        (Leg::Reverse | Leg::Merchant | Leg::Payout, IntentState::Synchronized) => true,
        _ => false,
    };
    WrongFact::unless(allowed, || {
        format!("intent {no:?} posts {leg:?} of {amount} in state {state:?}")
    })?;
    let parties =
        ledger.intents.get(no).and_then(|known| Some((known.source()?, known.destination())));
    let (source, destination) =
        parties.ok_or_else(|| WrongFact::new(format!("intent {no:?} has no source")))?;
    WrongFact::unless(is_between(ledger, body, source, destination), || {
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
    ledger.intents.set(no, state, tally);
    move_reserved(ledger, source, leg, amount)
}

/// Whether a leg is one debit and one credit of the accounts that it is about.
fn is_between(
    ledger: &Ledger,
    body: &LedgerPostedV1,
    source: AccountNo,
    destination: Option<AccountNo>,
) -> bool {
    let [debit, credit] = body.lines.as_slice() else { return false };
    let holds = |no| ledger.accounts.get(no).is_some_and(|account| account.holds_reserved);
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
fn move_reserved(
    ledger: &mut Ledger,
    no: AccountNo,
    leg: Leg,
    amount: Amount,
) -> Result<(), WrongFact> {
    let account = ledger.accounts.particulars_mut(no).ok_or_else(|| no_account(no))?;
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
fn count_usage(ledger: &mut Ledger, header: &Header, no: IntentNo) {
    let Some(intent) = ledger.intents.get(no) else { return };
    let (Some(source), amount) = (intent.source(), ledger.intents.amount(no)) else { return };
    let Some(account) = ledger.accounts.get(source) else { return };
    let Some(rules) = ledger.scopes.rules(header.scope) else { return };
    let Some(kept) = policy::kept(rules.policy.as_deref(), account.currency) else { return };
    let source = (source, account.currency);
    let velocity = &mut ledger.scopes.rules_mut(header.scope).velocity;
    velocity.start(source, header.recorded_at, amount, kept);
}
