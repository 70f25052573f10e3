//! The quotas of a scope: what holds, what is used, and which one a request would exceed.
//!
//! Everything is told before anything is recorded, so that a scope that is over a quota adds
//! nothing to the log, no refusal either. Owns which use belongs to which quota. Must not know
//! what the edge counts (connections, bodies, requests a second).

use crate::batch::IntentBatch;
use crate::command::{AccessCommand, Command, Request};
use crate::engine::{Engine, recorded_in};
use crate::error::Refusal;
use crate::memory::{ANSWER_BYTES, INTENT_BYTES, actor_bytes, grows, held_by, queued_bytes};
use crate::meter::seconds_to_midnight;
use std::collections::BTreeSet;
use zentra_delivery::{DeliveryCommand, DeliveryStatus, is_heard};
use zentra_events::event::QuotaOverrideV1;
use zentra_events::settled::SETTLED_EVENT_TYPE;
use zentra_events::{ActorName, Event, Quota, QuotaTable, ScopeNo, Timestamp};

/// What a request would add to what its scope holds.
pub(crate) struct Needs {
    scope: ScopeNo,
    adds: QuotaTable,
}

/// What a batch may add, looked up once.
pub(crate) struct BatchCapacity {
    scope: ScopeNo,
    /// Why nothing of it is recorded.
    closed: Option<Refusal>,
    /// Bytes that the whole state may reach by it.
    held_max: u64,
}

impl Engine {
    /// Sets the limits of scopes that have none of their own.
    pub fn set_quotas(&mut self, defaults: QuotaTable) {
        self.meters.set_defaults(defaults);
    }

    /// The limits that hold in a scope.
    pub fn quotas(&self, scope: ScopeNo) -> QuotaTable {
        self.meters.limits(scope)
    }

    /// The limits that a scope has of its own.
    pub fn quota_overrides(&self, scope: ScopeNo) -> &[QuotaOverrideV1] {
        self.meters.get(scope).map_or(&[], |meter| &meter.overrides)
    }

    /// How much of a quota a scope uses; none for what the edge counts.
    pub fn quota_used(&self, scope: ScopeNo, quota: Quota, now: Timestamp) -> Option<u64> {
        match quota {
            Quota::LogBytesPerDay => Some(self.meters.logged(scope, self.time_after(now))),
            Quota::FanOut | Quota::Connections | Quota::BodyBytes | Quota::RequestsPerSecond => {
                None
            }
            _ => Some(self.held(scope, quota)),
        }
    }

    /// Takes in how many bytes an entry of a scope added to the log.
    pub fn logged(&mut self, scope: ScopeNo, bytes: u64) {
        self.meters.log(scope, self.last_recorded_at, bytes);
    }

    /// Why a request is refused whatever it would be decided to, if it is. Takes the same few steps
    /// for any request.
    pub(crate) fn not_admitted(&self, now: Timestamp, request: &Request) -> Option<Refusal> {
        let closed = match goes_on(&request.command) {
            true if self.space.records_outcomes() => None,
            true => self.records_nothing(),
            false => self.closed(now, request.scope, &request.command),
        };
        if closed.is_some() {
            return closed;
        }
        let mut adds = QuotaTable::ZERO;
        let mut bytes = grows(&request.command);
        if request.idempotency.is_some() {
            adds.add(Quota::IdempotencyKeys, 1);
            bytes = bytes.saturating_add(ANSWER_BYTES);
        }
        if bytes == 0 {
            return None;
        }
        adds.add(Quota::StateBytes, bytes);
        self.over_quota(&Needs { scope: request.scope, adds })
    }

    /// What these events, and what follows from them, would add.
    pub(crate) fn needs(&self, request: &Request, events: &[Event]) -> Needs {
        let scope = recorded_in(request, events);
        let mut adds = QuotaTable::ZERO;
        let keyed = request.idempotency.is_some();
        adds.add(Quota::StateBytes, if keyed { ANSWER_BYTES } else { 0 });
        adds.add(Quota::StateBytes, self.new_actor_bytes(&request.actor));
        self.add_events(scope, events, &mut adds);
        Needs { scope, adds }
    }

    /// What a linked group would add: its intents, so many of which settle at once, and the
    /// accounts that it opens.
    pub(crate) fn needs_of_group(
        &self,
        batch: &IntentBatch,
        items: usize,
        settled: usize,
        opened: &[Event],
    ) -> Needs {
        let mut adds = QuotaTable::ZERO;
        adds.add(Quota::StateBytes, INTENT_BYTES.saturating_mul(items as u64));
        adds.add(Quota::StateBytes, self.new_actor_bytes(&batch.actor));
        let each = self.deliveries.matching_len(batch.scope, SETTLED_EVENT_TYPE);
        queue(&mut adds, each.saturating_mul(settled));
        self.add_events(batch.scope, opened, &mut adds);
        Needs { scope: batch.scope, adds }
    }

    /// Which quota a request would exceed by what it adds, if any. Nothing more
    /// exceeds none.
    pub(crate) fn over_quota(&self, needs: &Needs) -> Option<Refusal> {
        if let Some(refusal) = self.state_is_full(needs.adds.get(Quota::StateBytes)) {
            return Some(refusal);
        }
        Quota::ALL.iter().find_map(|quota| {
            let more = needs.adds.get(*quota);
            if more == 0 {
                return None;
            }
            let (limit, used) =
                (self.meters.limit(needs.scope, *quota), self.held(needs.scope, *quota));
            (used.saturating_add(more) > limit)
                .then(|| Refusal::over_quota(*quota, limit, used, more))
        })
    }

    /// What holds for every item of a batch.
    pub(crate) fn batch_capacity(&self, now: Timestamp, batch: &IntentBatch) -> BatchCapacity {
        let scope = batch.scope;
        let limit = self.meters.limit(scope, Quota::StateBytes);
        let left = limit.saturating_sub(self.held(scope, Quota::StateBytes));
        let held_max = self.state_bytes().saturating_add(left).min(self.state_bytes_max);
        let closed = self.closed_to_scope(now, scope).or_else(|| self.fans_out_too_far(batch));
        BatchCapacity { scope, closed, held_max }
    }

    /// Why nothing more of a batch is recorded, if nothing is.
    pub(crate) fn batch_refused(&self, capacity: &BatchCapacity) -> Option<Refusal> {
        if let Some(refusal) = &capacity.closed {
            return Some(refusal.clone());
        }
        if self.state_bytes().saturating_add(INTENT_BYTES) <= capacity.held_max {
            return None;
        }
        let mut adds = QuotaTable::ZERO;
        adds.add(Quota::StateBytes, INTENT_BYTES);
        self.over_quota(&Needs { scope: capacity.scope, adds })
    }

    fn closed(&self, now: Timestamp, scope: ScopeNo, command: &Command) -> Option<Refusal> {
        match command {
            // What the deployment asks is not the scope's use.
            Command::Access(
                AccessCommand::CreateScope { .. } | AccessCommand::SetQuotas { .. },
            ) => self.records_nothing(),
            // A key that may be stolen is ended whatever its scope used; each ends once.
            Command::Access(AccessCommand::RevokeKey { .. }) => self.records_nothing(),
            _ => self.closed_to_scope(now, scope),
        }
    }

    fn closed_to_scope(&self, now: Timestamp, scope: ScopeNo) -> Option<Refusal> {
        self.records_nothing().or_else(|| {
            let now = self.time_after(now);
            let (quota, used) = (Quota::LogBytesPerDay, self.meters.logged(scope, now));
            let limit = self.meters.limit(scope, quota);
            (used >= limit)
                .then(|| Refusal::over_quota(quota, limit, used, 1).until(seconds_to_midnight(now)))
        })
    }

    fn fans_out_too_far(&self, batch: &IntentBatch) -> Option<Refusal> {
        let more = self.fan_out_of(batch) as u64;
        if more == 0 {
            return None;
        }
        let limit = self.meters.limit(batch.scope, Quota::FanOut);
        (more > limit).then(|| Refusal::over_quota(Quota::FanOut, limit, 0, more))
    }

    fn add_events(&self, scope: ScopeNo, events: &[Event], adds: &mut QuotaTable) {
        let mut currencies = BTreeSet::new();
        let mut made: &[String] = &[];
        for event in events {
            adds.add(Quota::StateBytes, held_by(event));
            match event {
                Event::AccountOpened(body) => {
                    adds.add(Quota::Accounts, 1);
                    if self.ledger.exponent(scope, body.currency).is_none()
                        && currencies.insert(body.currency)
                    {
                        adds.add(Quota::Currencies, 1);
                    }
                }
                Event::CurrencyDeclared(body) => {
                    let known = self.ledger.exponent(scope, body.currency).is_some();
                    adds.add(Quota::Currencies, u64::from(!known));
                }
                Event::EndpointCreated(body) => {
                    adds.add(Quota::Endpoints, 1);
                    adds.add(Quota::Filters, body.filters.len() as u64);
                    made = &body.filters;
                }
                Event::SecretCreated(_) => adds.add(Quota::Secrets, 1),
                Event::KeyCreated(_) => adds.add(Quota::Keys, 1),
                Event::EventPublished(body) => {
                    let event_type = body.event_type.as_str();
                    // An endpoint may hear of its own creation.
                    let own = usize::from(is_heard(made, event_type));
                    queue(
                        adds,
                        self.deliveries.matching_len(scope, event_type).saturating_add(own),
                    );
                }
                Event::DeliveryReplayed(body) => {
                    let known = self.deliveries.delivery(scope, body.delivery);
                    let queued = known.is_some_and(|known| is_queued(known.status));
                    adds.add(Quota::QueuedDeliveries, u64::from(!queued));
                }
                _ => {}
            }
        }
    }

    fn held(&self, scope: ScopeNo, quota: Quota) -> u64 {
        let counts = || self.deliveries.endpoint_counts(scope);
        let meter = self.meters.get(scope);
        match quota {
            Quota::StateBytes => meter.map_or(0, |meter| meter.held_bytes),
            Quota::Keys => meter.map_or(0, |meter| meter.keys),
            Quota::IdempotencyKeys => meter.map_or(0, |meter| meter.answers),
            Quota::Endpoints => counts().endpoints,
            Quota::Filters => counts().filters,
            Quota::QueuedDeliveries => counts().waiting.saturating_add(counts().dead),
            Quota::Secrets => self.deliveries.secrets_len(scope),
            Quota::Currencies => self.ledger.currencies_len_of(scope),
            Quota::Accounts => self.ledger.accounts_len_of(scope),
            Quota::LogBytesPerDay
            | Quota::FanOut
            | Quota::Connections
            | Quota::BodyBytes
            | Quota::RequestsPerSecond => 0,
        }
    }

    fn new_actor_bytes(&self, actor: &ActorName) -> u64 {
        let known = self.directory.actor_by_name(actor).is_some();
        if known { 0 } else { actor_bytes(actor) }
    }
}

/// Whether a command is recorded also when its scope or the disk is over its limit: without the
/// outcome of an attempt the event would be sent again, and checkpoints cover what is there.
fn goes_on(command: &Command) -> bool {
    matches!(command, Command::Seal(_) | Command::Delivery(DeliveryCommand::AttemptFinished { .. }))
}

fn queue(adds: &mut QuotaTable, deliveries: usize) {
    let deliveries = deliveries as u64;
    adds.add(Quota::QueuedDeliveries, deliveries);
    adds.add(Quota::FanOut, deliveries);
    adds.add(Quota::StateBytes, queued_bytes(deliveries));
}

fn is_queued(status: DeliveryStatus) -> bool {
    use DeliveryStatus::{DeadLettered, Parked, Pending};
    matches!(status, Pending | Parked | DeadLettered)
}
