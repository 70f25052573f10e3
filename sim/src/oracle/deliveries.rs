//! What the docs say of deliveries: attempts, retries, dead letters, replays, and what is done by
//! hand (docs/concepts/delivery.md).

use super::fact::Fact;
use super::hooks::{Hears, Hooks};
use super::intents::When;
use super::money::Judged;
use zentra_events::event::{AttemptResult, AttemptV1};
use zentra_events::{DeliveryId, Span, Timestamp};

/// The longest that a consumer's `Retry-After` counts for.
const RETRY_AFTER_MAX: Span = Span::seconds(24 * 3_600);

/// Where a delivery stands, without its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rests {
    Waiting,
    Delivered,
    Dead,
    Resolved,
    /// Resolved while it waited: an attempt may have been under way.
    GivenUp,
}

/// A delivery.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) endpoint: usize,
    pub(crate) event: usize,
    pub(crate) rests: Rests,
    pub(crate) attempts: u32,
    /// The last replay that took it up, and the attempts before it.
    pub(crate) replay: Option<(usize, u32)>,
    /// When an attempt is due, by the log's time.
    pub(crate) due: Timestamp,
}

/// Deliveries of all scopes, with their endpoints; all by their numbers in the log.
#[derive(Clone, Default)]
pub(crate) struct Deliveries {
    pub(crate) hooks: Hooks,
    pub(crate) all: Vec<Delivery>,
    /// Of each event, its type.
    pub(crate) events: Vec<String>,
    replays: usize,
}

/// An attempt as it is reported.
pub(super) struct Report<'a> {
    pub(super) id: DeliveryId,
    pub(super) number: usize,
    pub(super) attempt: &'a AttemptV1,
    pub(super) replay: Option<usize>,
    pub(super) retry_after: Option<Span>,
}

impl Deliveries {
    /// Queues what is published, in the order of the facts.
    pub(super) fn fan_out(&mut self, scope: u32, facts: &mut Vec<Fact>, when: When) {
        let mut queued = Vec::new();
        for fact in facts.iter() {
            let Fact::Published(event_type) = fact else { continue };
            let event = self.events.len();
            self.events.push(event_type.clone());
            for endpoint in self.hooks.listeners(scope, event_type) {
                let known = &self.hooks.endpoints[endpoint];
                let first = known.policy.schedule_ns.first().copied().unwrap_or_default();
                let (due, parked) =
                    (when.recorded_at.after(first), known.hears != Hears::Listening);
                queued.push(Fact::Queued { endpoint, event, due, parked });
                let (rests, attempts, replay) = (Rests::Waiting, 0, None);
                self.all.push(Delivery { endpoint, event, rests, attempts, replay, due });
            }
        }
        facts.append(&mut queued);
    }

    /// A delivery of a scope.
    fn of(&self, scope: u32, number: usize) -> Result<&Delivery, &'static str> {
        let found = self.all.get(number);
        let is_own = |one: &&Delivery| self.hooks.endpoints[one.endpoint].scope == scope;
        found.filter(is_own).ok_or("not_found")
    }

    /// How many of a scope no consumer has yet.
    pub(super) fn queued(&self, scope: u32) -> u64 {
        let queued = |one: &&Delivery| {
            self.hooks.endpoints[one.endpoint].scope == scope
                && matches!(one.rests, Rests::Waiting | Rests::Dead)
        };
        self.all.iter().filter(queued).count() as u64
    }

    fn listens(&self, delivery: &Delivery) -> bool {
        self.hooks.endpoints[delivery.endpoint].hears == Hears::Listening
    }

    /// An attempt has ended.
    pub(super) fn attempted(&mut self, scope: u32, report: &Report<'_>, when: When) -> Judged {
        let Report { number: delivery, attempt, .. } = *report;
        let known = self.of(scope, delivery)?.clone();
        let is_next = attempt.number == known.attempts + 1;
        let is_of_it = report.replay == known.replay.map(|(replay, _)| replay);
        if !matches!(known.rests, Rests::Waiting | Rests::GivenUp) || !is_next || !is_of_it {
            return Err("stale_attempt");
        }
        let number = attempt.number;
        self.all[delivery].attempts = number;
        let status = match attempt.result {
            AttemptResult::Answered(status) | AttemptResult::Verified(status) => status,
            _ => 0,
        };
        let failed = |next| Fact::Failed { delivery, number, next };
        if (200..=299).contains(&status) {
            self.all[delivery].rests = Rests::Delivered;
            if known.replay.is_none() {
                self.hooks.endpoints[known.endpoint].failed_in_a_row = 0;
            }
            return Ok(vec![Fact::Succeeded { delivery, number }]);
        }
        if status == 410 && self.listens(&known) {
            return Ok(vec![failed(None), self.hooks.disabled(known.endpoint, "gone", when)]);
        }
        if known.rests == Rests::GivenUp {
            return Ok(vec![failed(None)]);
        }
        if let Some(wait) = self.next_wait(&known, report) {
            let due = Timestamp(when.recorded_at.after(wait).0 / 1_000 * 1_000);
            self.all[delivery].due = due;
            return Ok(vec![failed(Some(due))]);
        }
        self.all[delivery].rests = Rests::Dead;
        let mut facts = vec![failed(None), Fact::DeadLettered(delivery)];
        if known.replay.is_none() {
            let listens = self.listens(&known);
            let endpoint = &mut self.hooks.endpoints[known.endpoint];
            endpoint.failed_in_a_row += 1;
            let bound = endpoint.policy.disable_after;
            if bound > 0 && endpoint.failed_in_a_row >= bound && listens {
                facts.push(self.hooks.disabled(known.endpoint, "failing", when));
            }
        }
        Ok(facts)
    }

    /// How long the next attempt waits; none when the schedule is used up.
    fn next_wait(&self, known: &Delivery, report: &Report<'_>) -> Option<Span> {
        let next = report.attempt.number + 1;
        let before = known.replay.map_or(0, |(_, before)| before);
        let step = (next - before) as usize;
        let delay = *self.hooks.endpoints[known.endpoint].policy.schedule_ns.get(step - 1)?;
        let asked = report.retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
        Some(Span(delay.0 + jitter(delay, report.id, next)).max(asked))
    }

    /// `POST /deliveries/{id}/resend`.
    pub(super) fn resend(&mut self, scope: u32, number: usize, when: When) -> Judged {
        let known = self.of(scope, number)?.clone();
        if !self.listens(&known) {
            return Err("invalid_endpoint_state");
        }
        if known.rests != Rests::Waiting {
            let replay = self.next_replay();
            let asked = Fact::ReplayAsked { named: 1, left_out: 0 };
            return Ok(vec![asked, self.replayed(number, replay, when)]);
        }
        self.all[number].due = when.recorded_at;
        Ok(vec![Fact::MadeDue(number)])
    }

    /// `POST /deliveries/{id}/resolve`.
    pub(super) fn resolve(&mut self, scope: u32, number: usize) -> Judged {
        self.of(scope, number)?;
        let delivery = &mut self.all[number];
        delivery.rests = match delivery.rests {
            Rests::Waiting => Rests::GivenUp,
            Rests::Dead => Rests::Resolved,
            _ => return Err("invalid_delivery_state"),
        };
        Ok(vec![Fact::Resolved(number)])
    }

    /// `POST /replays`.
    pub(super) fn replay(&mut self, scope: u32, named: &[usize], when: When) -> Judged {
        let mut taken = Vec::new();
        for number in named {
            let known = self.of(scope, *number)?;
            if known.rests != Rests::Waiting && self.listens(known) {
                taken.push(*number);
            }
        }
        if taken.is_empty() {
            return Err("replay_empty");
        }
        let replay = self.next_replay();
        let left_out = named.len() - taken.len();
        let mut facts = vec![Fact::ReplayAsked { named: named.len() as u32, left_out }];
        facts.extend(taken.into_iter().map(|number| self.replayed(number, replay, when)));
        Ok(facts)
    }

    fn next_replay(&mut self) -> usize {
        self.replays += 1;
        self.replays - 1
    }

    fn replayed(&mut self, delivery: usize, replay: usize, when: When) -> Fact {
        let known = &mut self.all[delivery];
        let attempts = known.attempts;
        known.rests = Rests::Waiting;
        known.replay = Some((replay, attempts));
        known.due = when.recorded_at;
        Fact::Replayed { delivery, replay, attempts }
    }

    /// All that waits for an endpoint is due now.
    pub(super) fn enabled(&mut self, endpoint: usize, when: When) {
        let waits = |one: &&mut Delivery| one.endpoint == endpoint && one.rests == Rests::Waiting;
        for delivery in self.all.iter_mut().filter(waits) {
            delivery.due = when.recorded_at;
        }
    }
}

/// `delay / 10 * h / 2^64`, where `h` is of the delivery and the number of the attempt to come.
fn jitter(delay: Span, id: DeliveryId, number: u32) -> u64 {
    if delay < Span::seconds(1) {
        return 0;
    }
    let mut hasher = blake3::Hasher::new_derive_key("zentra retry jitter v1");
    hasher.update(&id.0.partition.to_be_bytes());
    hasher.update(&id.0.position.get().to_be_bytes());
    hasher.update(&id.0.index.to_be_bytes());
    hasher.update(&number.to_be_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    ((u128::from(delay.0 / 10) * u128::from(u64::from_le_bytes(first))) >> 64) as u64
}
