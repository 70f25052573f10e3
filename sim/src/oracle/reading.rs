//! From an entry to its facts. Gives dense numbers to what the log names by position, in its order.

use super::fact::{Depth, Fact, Side, Status};
use crate::failure::{Checked, fail};
use std::collections::BTreeMap;
use zentra_events::event::{
    AccountStatus, DisableReason, Floor, LedgerPostedV1, PostingV1, PublishedDataV1,
};
use zentra_events::{
    AccountNo, DeliveryId, Direction, EndpointId, Entry, Event, EventId, IntentNo, KeyId, LogRef,
    Position, ReplayId,
};

/// The ids of one kind, by number and back.
#[derive(Default)]
pub(crate) struct Ids {
    all: Vec<LogRef>,
    numbers: BTreeMap<LogRef, usize>,
}

impl Ids {
    fn add(&mut self, id: LogRef) -> usize {
        let number = self.all.len();
        self.all.push(id);
        self.numbers.insert(id, number);
        number
    }

    /// Its number; one that nothing has where there is none.
    pub(crate) fn number(&self, id: LogRef) -> usize {
        self.numbers.get(&id).copied().unwrap_or(usize::MAX)
    }

    /// What it is called in a trace.
    pub(crate) fn words(&self, id: LogRef, what: &str) -> String {
        match self.numbers.get(&id) {
            Some(number) => format!("{what} {number}"),
            None => format!("an unknown {what}"),
        }
    }

    /// The id with a number; one that nothing has where there is none.
    pub(crate) fn id(&self, number: usize) -> LogRef {
        let nothing = LogRef { partition: 0, position: Position(u64::MAX), index: 0 };
        self.all.get(number).copied().unwrap_or(nothing)
    }
}

/// What earlier entries named.
#[derive(Default)]
pub(crate) struct Reading {
    accounts: BTreeMap<AccountNo, String>,
    intents: BTreeMap<IntentNo, String>,
    pub(crate) endpoints: Ids,
    pub(crate) events: Ids,
    pub(crate) deliveries: Ids,
    pub(crate) replays: Ids,
    pub(crate) keys: Ids,
}

impl Reading {
    /// The facts of the next entry, in the entry's order.
    pub(crate) fn read(&mut self, entry: &Entry) -> Checked<Vec<Fact>> {
        let mut facts = Vec::with_capacity(entry.events().len());
        for (index, recorded) in (0..).zip(entry.events()) {
            let at = EventId::at(0, entry.header.position, index).0;
            facts.extend(self.fact(at, &recorded.event)?);
        }
        Ok(facts)
    }

    /// The intent that an entry accepts.
    pub(crate) fn accepted(&self, entry: &Entry) -> Option<String> {
        entry.events().iter().find_map(|recorded| match &recorded.event {
            Event::IntentAccepted(body) => Some(body.intent_id.as_str().to_owned()),
            _ => None,
        })
    }

    fn fact(&mut self, at: LogRef, event: &Event) -> Checked<Option<Fact>> {
        Ok(Some(match event {
            Event::ActorRegistered(_) | Event::AccountMarked(_) => return Ok(None),
            Event::CommandRefused(body) => Fact::Refused(body.code.as_str()),
            Event::ScopeCreated(body) => Fact::ScopeMade(body.name.as_str().to_owned()),
            Event::ScopeQuotasSet(_) => Fact::QuotasSet,
            Event::KeyCreated(body) => {
                self.keys.add(at);
                Fact::KeyMade { roles: body.roles }
            }
            Event::KeyRevoked(body) => Fact::KeyRevoked(self.key(body.key)),
            Event::ChartSet(body) => Fact::ChartSet(body.templates.len()),
            Event::PolicySet(body) => {
                Fact::PolicySet { version: body.version, rules: body.rules.len() }
            }
            Event::RoutesSet(body) => {
                Fact::RoutesSet { version: body.version, routes: body.routes.len() }
            }
            Event::RoutesReset(_) => Fact::RoutesReset,
            Event::CurrencyDeclared(body) => Fact::CurrencyDeclared(body.currency, body.exponent),
            Event::EvidenceSealed(body) => Fact::Sealed(body.tree_size),
            _ => match self.of_money(event)? {
                Some(fact) => fact,
                None => self.of_webhooks(at, event)?,
            },
        }))
    }

    fn of_money(&mut self, event: &Event) -> Checked<Option<Fact>> {
        Ok(Some(match event {
            Event::AccountOpened(body) => {
                let code = body.code.as_str().to_owned();
                self.accounts.insert(body.account, code.clone());
                let depth = match body.floor {
                    Floor::None => Depth::Zero,
                    Floor::Limit(limit) => Depth::Limit(limit.0),
                    Floor::Unbounded => Depth::Unbounded,
                };
                Fact::Opened { code, currency: body.currency, exponent: body.exponent, depth }
            }
            Event::AccountStatusChangedV2(body) => Fact::StatusSet {
                code: self.account(body.account)?,
                status: match body.status {
                    AccountStatus::Open => Status::Open,
                    AccountStatus::Frozen => Status::Frozen,
                    AccountStatus::Closed => Status::Closed,
                },
                by_admin: body.by_admin,
            },
            Event::LedgerCorrected(_) => Fact::Corrected,
            Event::LedgerPosted(body) => self.posted(body)?,
            Event::IntentAccepted(body) => {
                let id = body.intent_id.as_str().to_owned();
                self.intents.insert(body.intent, id.clone());
                Fact::Accepted(id)
            }
            Event::IntentConfirmed(body) => Fact::Confirmed(self.intent(body.intent)?),
            Event::IntentControlled(body) => Fact::Controlled(self.intent(body.intent)?),
            Event::IntentRejected(body) => {
                Fact::Rejected(self.intent(body.intent)?, body.code.as_str())
            }
            Event::IntentRouted(body) => {
                Fact::Routed(self.intent(body.intent)?, body.route.clone())
            }
            Event::IntentVoided(body) => {
                Fact::Voided(self.intent(body.intent)?, body.code.as_str())
            }
            Event::IntentReversed(body) => Fact::Reversed(self.intent(body.intent)?, body.amount.0),
            Event::PayoutClosed(body) => Fact::PaidOut(self.intent(body.intent)?, body.amount.0),
            Event::IntentDated(body) => Fact::Dated(self.intent(body.intent)?, body.effective_at),
            _ => return Ok(None),
        }))
    }

    fn of_webhooks(&mut self, at: LogRef, event: &Event) -> Checked<Fact> {
        Ok(match event {
            Event::EventPublished(body) => {
                self.events.add(at);
                if let PublishedDataV1::Endpoint { endpoint, .. } = &body.data {
                    self.endpoint(*endpoint)?;
                }
                Fact::Published(body.event_type.as_str().to_owned())
            }
            Event::EndpointCreated(body) => {
                self.endpoints.add(at);
                Fact::EndpointMade(body.url.clone())
            }
            Event::EndpointDisabled(body) => {
                let why = match body.reason {
                    DisableReason::Operator => "operator",
                    DisableReason::Gone => "gone",
                    DisableReason::Failing => "failing",
                };
                Fact::EndpointDisabled(self.endpoint(body.endpoint)?, why)
            }
            Event::EndpointEnabled(body) => Fact::EndpointEnabled(self.endpoint(body.endpoint)?),
            Event::EndpointDeleted(body) => Fact::EndpointDeleted(self.endpoint(body.endpoint)?),
            Event::SecretCreated(body) => Fact::SecretMade(body.name.clone()),
            Event::SecretRotated(body) => Fact::SecretRotated {
                secret: body.secret.index(),
                version: body.version,
                previous_until: body.previous_until,
            },
            Event::SecretVersionEnded(body) => {
                Fact::SecretEnded { secret: body.secret.index(), version: body.version }
            }
            Event::DeliveryQueued(body) => {
                self.deliveries.add(at);
                let (endpoint, event) = (self.endpoint(body.endpoint)?, body.event.0);
                let event = self.events.number(event);
                Fact::Queued { endpoint, event, due: body.due_at, parked: body.parked }
            }
            Event::ReplayRequested(body) => {
                self.replays.add(at);
                Fact::ReplayAsked { named: body.named, left_out: body.skipped.len() }
            }
            _ => self.of_deliveries(event)?,
        })
    }

    fn of_deliveries(&mut self, event: &Event) -> Checked<Fact> {
        Ok(match event {
            Event::DeliverySucceeded(body) => {
                let delivery = self.delivery(body.delivery)?;
                Fact::Succeeded { delivery, number: body.attempt.number }
            }
            Event::DeliveryFailed(body) => {
                let (delivery, number) = (self.delivery(body.delivery)?, body.attempt.number);
                Fact::Failed { delivery, number, next: body.next_attempt_at }
            }
            Event::DeliveryDeadLettered(body) => Fact::DeadLettered(self.delivery(body.delivery)?),
            Event::DeliveryResolved(body) => Fact::Resolved(self.delivery(body.delivery)?),
            Event::DeliveryMadeDue(body) => Fact::MadeDue(self.delivery(body.delivery)?),
            Event::DeliveryReplayed(body) => Fact::Replayed {
                delivery: self.delivery(body.delivery)?,
                replay: self.replay(body.replay)?,
                attempts: body.attempts,
            },
            other => return fail(format!("an event that nobody expects: {other:?}")),
        })
    }

    fn posted(&self, body: &LedgerPostedV1) -> Checked<Fact> {
        let mut lines = Vec::with_capacity(body.lines.len());
        for PostingV1 { account, direction, amount, .. } in &body.lines {
            let side = match direction {
                Direction::Debit => Side::Debit,
                Direction::Credit => Side::Credit,
            };
            lines.push((self.account(*account)?, side, amount.0));
        }
        lines.sort();
        let intent = body.intent.map(|no| self.intent(no)).transpose()?;
        Ok(Fact::Posted { leg: body.leg.as_str(), intent, lines })
    }

    fn account(&self, no: AccountNo) -> Checked<String> {
        named(self.accounts.get(&no), "account")
    }

    fn intent(&self, no: IntentNo) -> Checked<String> {
        named(self.intents.get(&no), "intent")
    }

    fn endpoint(&self, id: EndpointId) -> Checked<usize> {
        named(self.endpoints.numbers.get(&id.0), "endpoint")
    }

    fn delivery(&self, id: DeliveryId) -> Checked<usize> {
        named(self.deliveries.numbers.get(&id.0), "delivery")
    }

    fn replay(&self, id: ReplayId) -> Checked<usize> {
        named(self.replays.numbers.get(&id.0), "replay")
    }

    fn key(&self, id: KeyId) -> usize {
        self.keys.number(id.0)
    }
}

fn named<T: Clone>(found: Option<&T>, what: &str) -> Checked<T> {
    match found {
        Some(found) => Ok(found.clone()),
        None => fail(format!("an entry names an {what} that no entry before it made")),
    }
}
