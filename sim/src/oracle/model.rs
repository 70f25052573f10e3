//! The model of one log: scopes, keys, and what each command comes to.

use super::batches::Item;
use super::deliveries::{Deliveries, Report};
use super::fact::Fact;
use super::hooks::Making;
use super::intents::{Intents, Taken, When};
use super::money::{self, Judged, Opening};
use super::reading::Reading;
use std::collections::{BTreeMap, BTreeSet};
use zentra_delivery::DeliveryCommand;
use zentra_engine::{Command, Request};
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{DeliveryId, EndpointId, Position};
use zentra_ledger::LedgerCommand;

/// The model's state. Scopes have their numbers in the order of the log.
#[derive(Clone, Default)]
pub(crate) struct Model {
    pub(crate) scopes: Vec<Scope>,
    /// Answers by idempotency key: the fingerprint and the entry.
    pub(crate) keyed: BTreeMap<[u8; 16], ([u8; 16], Position)>,
    pub(crate) keys: Vec<Key>,
    pub(crate) deliveries: Deliveries,
}

/// A scope.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    pub(crate) name: String,
    pub(crate) money: Intents,
    /// How many entries of the scope answer a key.
    pub(super) answers: u64,
    /// Quotas of its own.
    pub(super) limits: Vec<QuotaOverrideV1>,
}

/// A key, by its number in the log.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) scope: u32,
    pub(crate) roles: u8,
    pub(super) hash: [u8; 32],
    /// The entry that revoked it.
    pub(crate) ended: Option<Position>,
}

impl Model {
    /// The scope with a number.
    pub(crate) fn scope(&self, number: u32) -> Option<&Scope> {
        self.scopes.get(number as usize)
    }

    /// What a command comes to. The model has moved on when that is new.
    pub(crate) fn judge(&mut self, reading: &Reading, request: &Request, when: When) -> Taken {
        let number = request.scope.0;
        if self.scope(number).is_none_or(|scope| scope.limits.is_empty()) {
            return self.decide(reading, request, when);
        }
        let (before, held) = (self.clone(), self.held(number));
        let taken = self.decide(reading, request, when);
        if let Taken::New(facts) = &taken
            && self.exceeds(number, &held, facts)
        {
            *self = before;
            return Taken::Refused("quota_exceeded");
        }
        taken
    }

    fn decide(&mut self, reading: &Reading, request: &Request, when: When) -> Taken {
        let number = request.scope.0;
        let taken = match &request.command {
            Command::Refuse(refusal) => return Taken::Refused(refusal.code.as_str()),
            Command::Access(command) => return self.access(reading, request, command, when),
            _ if self.scope(number).is_none() => return Taken::Refused("not_found"),
            Command::Ledger(command) => {
                let keyed = request.idempotency.is_some();
                ledger(&mut self.scopes[number as usize].money, command, keyed, when)
            }
            Command::Delivery(command) => {
                webhooks(&mut self.deliveries, reading, number, command, when)
            }
            // What it says is the business of the evidence.
            Command::Seal(seal) => Taken::New(vec![Fact::Sealed(seal.tree_size)]),
        };
        self.published(number, taken, when)
    }

    /// What one intent of a batch comes to.
    pub(super) fn accept(&mut self, scope: u32, item: &Item, when: When) -> Taken {
        let Some(found) = self.scopes.get_mut(scope as usize) else {
            return Taken::Refused("not_found");
        };
        let request = item.request.as_ref();
        let taken = found.money.accept(item.id.as_str(), item.digest, request, when);
        self.published(scope, taken, when)
    }

    fn published(&mut self, scope: u32, mut taken: Taken, when: When) -> Taken {
        if let Taken::New(facts) = &mut taken {
            self.deliveries.fan_out(scope, facts, when);
        }
        taken
    }
}

fn ledger(money: &mut Intents, command: &LedgerCommand, keyed: bool, when: When) -> Taken {
    use LedgerCommand as L;
    let Intents { books, rules, .. } = &mut *money;
    let amount_of = |amount: &Option<zentra_events::Amount>| amount.map(|amount| amount.0);
    taken(match command {
        L::OpenAccount { code, currency, exponent, floor, by_admin, .. } => {
            let (currency, exponent, floor, by_admin) = (*currency, *exponent, *floor, *by_admin);
            money::open(books, &Opening { code, currency, exponent, floor, by_admin })
        }
        L::SetAccountStatus { code, status, by_admin, .. } => {
            money::set_status(books, code, *status, *by_admin)
        }
        L::SetChart { templates } => money::set_chart(books, templates),
        L::SetPolicy { rules: asked } => rules.set_policy(asked),
        L::SetRoutes { routes } => rules.set_routes(routes),
        L::ResetRoutes => rules.reset_routes(),
        L::DeclareCurrency { currency, exponent } => {
            let known = books.declared.get(currency);
            if let Some((_, at)) = known.filter(|(digits, _)| digits == exponent && !keyed) {
                return Taken::Again(*at);
            }
            money::declare(books, *currency, *exponent, when.position)
        }
        L::PostTransfer { lines, correction } => {
            money::transfer(books, lines, correction.as_deref())
        }
        L::AcceptIntent { intent_id, digest, details } => {
            return money.accept(intent_id.as_str(), *digest, details.as_ref(), when);
        }
        L::ConfirmIntent { intent_id, digest, details } => {
            return money.confirm(intent_id.as_str(), *digest, details, when);
        }
        L::SettleIntent { intent_id, amount, effective_at } => {
            money.settle(intent_id.as_str(), amount_of(amount), *effective_at, when)
        }
        L::VoidIntent { intent_id, effective_at, .. } => {
            money.void(intent_id.as_str(), *effective_at, when)
        }
        L::ReverseIntent { intent_id, amount, effective_at, .. } => {
            money.reverse(intent_id.as_str(), amount_of(amount), *effective_at, when)
        }
        L::PayoutIntent { intent_id, effective_at } => {
            money.pay_out(intent_id.as_str(), *effective_at, when)
        }
    })
}

fn taken(judged: Judged) -> Taken {
    match judged {
        Ok(facts) => Taken::New(facts),
        Err(code) => Taken::Refused(code),
    }
}

/// Families of events that the product publishes itself.
const RESERVED: [&str; 6] = ["transfer.", "payout.", "webhook.", "event.", "intent.", "zentra."];

fn webhooks(
    deliveries: &mut Deliveries,
    reading: &Reading,
    scope: u32,
    command: &DeliveryCommand,
    when: When,
) -> Taken {
    use DeliveryCommand as D;
    let endpoint = |id: &EndpointId| reading.endpoints.number(id.0);
    let delivery = |id: &DeliveryId| reading.deliveries.number(id.0);
    let hooks = &mut deliveries.hooks;
    taken(match command {
        D::CreateEndpoint { url, filters, secret, policy, .. } => {
            hooks.make(scope, &Making { url, filters, secret, policy }, when)
        }
        D::DisableEndpoint { endpoint: id } => hooks.disable(scope, endpoint(id), when),
        D::EnableEndpoint { endpoint: id } => {
            let enabled = hooks.enable(scope, endpoint(id), when);
            if enabled.is_ok() {
                deliveries.enabled(endpoint(id), when);
            }
            enabled
        }
        D::DeleteEndpoint { endpoint: id } => return hooks.delete(scope, endpoint(id), when),
        D::RotateSecret { endpoint: id, sealed, overlap } => {
            hooks.rotate(scope, endpoint(id), (sealed, *overlap), when)
        }
        D::EndSecretVersion { endpoint: id, version } => {
            hooks.end_version(scope, endpoint(id), *version, when)
        }
        D::Publish { event_type, .. } => {
            let event_type = event_type.as_str();
            match RESERVED.iter().any(|family| event_type.starts_with(family)) {
                true => Err("event_type_reserved"),
                false => Ok(vec![Fact::Published(event_type.to_owned())]),
            }
        }
        D::AttemptFinished { delivery: id, attempt, retry_after } => {
            let (number, retry_after) = (delivery(id), *retry_after);
            let replay = attempt.replay.map(|replay| reading.replays.number(replay.0));
            let report = Report { id: *id, number, attempt, replay, retry_after };
            deliveries.attempted(scope, &report, when)
        }
        D::Replay { deliveries: named, .. } => {
            let named: BTreeSet<usize> = named.iter().map(delivery).collect();
            let named: Vec<usize> = named.into_iter().collect();
            deliveries.replay(scope, &named, when)
        }
        D::Resend { delivery: id, .. } => deliveries.resend(scope, delivery(id), when),
        D::ResolveDelivery { delivery: id, .. } => deliveries.resolve(scope, delivery(id)),
    })
}
