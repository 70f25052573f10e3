//! The queue of one endpoint: what waits for an attempt, in the order of due times.
//!
//! Owns the order inside an endpoint, its count of attempts under way, and how many there may be:
//! one that answers nothing is given fewer places, down to one, and earns them back. Must not know
//! other queues: fairness between them is the scheduler's.

use crate::retry::is_success;
use std::collections::BTreeSet;
use std::mem;
use zentra_events::event::{AttemptResult, AttemptV1};
use zentra_events::{DeliveryId, Span, Timestamp};

/// An attempt that takes this long makes its queue a slow one.
pub const SLOW_FROM: Span = Span::seconds(1);

/// Where the scheduler keeps a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: nothing waits, nothing more fits, or the endpoint does not listen.
    #[default]
    Idle,
    /// Among the timers, at this time.
    Timer(Timestamp),
    /// Among the queues with due work, waiting for its turn.
    Turn,
}

/// What is known of how long an endpoint's attempts take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The last one took little time.
    Quick,
    /// None has ended yet.
    #[default]
    New,
    /// The last one took long.
    Slow,
}

/// A waiting delivery by its stored due time.
type Item = (Timestamp, DeliveryId);

/// What waits for one endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndpointQueue {
    /// Each due at its own time.
    timers: BTreeSet<Item>,
    /// What was parked and is all due since the endpoint was enabled, in the order of the times
    /// that it was due before. Kept apart so that enabling moves no delivery one by one.
    backlog: BTreeSet<Item>,
    backlog_due: Timestamp,
    /// Nothing starts before this: its destination has as much as it may get.
    asleep_until: Timestamp,
    pub(crate) in_flight: u32,
    /// How often its places were halved.
    halvings: u32,
    kind: Kind,
    pub(crate) place: Place,
}

impl EndpointQueue {
    /// A queue whose endpoint's last attempt ended like this.
    pub(crate) fn after(last: Option<AttemptResult>, concurrency: u32) -> EndpointQueue {
        let down_to_one = halvings_of(concurrency);
        let halvings = if last == Some(AttemptResult::TimedOut) { down_to_one } else { 0 };
        let kind = match last {
            None => Kind::New,
            Some(result) if result.status().is_some() => Kind::Quick,
            Some(_) => Kind::Slow,
        };
        EndpointQueue { halvings, kind, ..EndpointQueue::default() }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether one more attempt may be under way, of an endpoint that allows so many.
    pub(crate) fn has_room(&self, concurrency: u32) -> bool {
        self.in_flight < (concurrency >> self.halvings).max(1)
    }

    /// Learns from an attempt that has taken long and not ended yet.
    pub(crate) fn learn_slow(&mut self) {
        self.kind = Kind::Slow;
    }

    /// Learns from an attempt that has ended.
    pub(crate) fn learn(&mut self, attempt: &AttemptV1, concurrency: u32) {
        let answered = attempt.result.status().is_some();
        let quick = attempt.duration_ns < SLOW_FROM;
        self.kind = if quick { Kind::Quick } else { Kind::Slow };
        if is_success(attempt.result) {
            self.halvings = self.halvings.saturating_sub(1);
            self.asleep_until = Timestamp::default();
        } else if !quick && !answered {
            self.halvings = (self.halvings + 1).min(halvings_of(concurrency));
        }
    }

    /// Starts nothing before this.
    pub(crate) fn sleep(&mut self, until: Timestamp) {
        self.asleep_until = self.asleep_until.max(until);
    }

    /// Adds a delivery; to the backlog when it was parked and made due again.
    pub(crate) fn insert(&mut self, due: Timestamp, id: DeliveryId, unparked: Option<Timestamp>) {
        if let Some(at) = unparked {
            self.backlog_due = at;
            self.backlog.insert((due, id));
        } else {
            self.timers.insert((due, id));
        }
    }

    pub(crate) fn remove(&mut self, due: Timestamp, id: DeliveryId) {
        if !self.timers.remove(&(due, id)) {
            self.backlog.remove(&(due, id));
        }
    }

    /// Everything that waits is due since `at`.
    pub(crate) fn enable(&mut self, at: Timestamp) {
        self.backlog_due = at;
        self.backlog.append(&mut self.timers);
    }

    /// Forgets everything that waits and returns it.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = DeliveryId> + use<> {
        let timers = mem::take(&mut self.timers);
        timers.into_iter().chain(mem::take(&mut self.backlog)).map(|(_, id)| id)
    }

    /// When the next delivery may start.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due().map(|due| due.max(self.asleep_until))
    }

    /// When the next delivery is due, or since when.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let backlog = self.backlog.first().map(|_| self.backlog_due);
        timer.into_iter().chain(backlog).min()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.timers.len() + self.backlog.len()
    }

    /// Takes the next delivery that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<DeliveryId> {
        self.next_due().filter(|due| *due <= now)?;
        let timer = self.timers.first().map(|(due, _)| *due);
        let backlog_is_next =
            !self.backlog.is_empty() && timer.is_none_or(|due| self.backlog_due <= due);
        let from = if backlog_is_next { &mut self.backlog } else { &mut self.timers };
        from.pop_first().map(|(_, id)| id)
    }
}

/// How often a number of places can be halved until one is left.
fn halvings_of(concurrency: u32) -> u32 {
    concurrency.checked_ilog2().unwrap_or_default()
}
