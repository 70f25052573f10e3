//! The lane of one endpoint: what waits for an attempt, in the order of due times.
//!
//! Owns the order inside an endpoint and its count of attempts under way. Must not know other
//! lanes: fairness between them is the scheduler's.

use std::collections::BTreeSet;
use std::mem;
use zentra_events::{DeliveryId, Timestamp};

/// Where the scheduler keeps a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: nothing waits, nothing more fits, or the endpoint does not listen.
    #[default]
    Idle,
    /// Among the timers, at this time.
    Timer(Timestamp),
    /// In the ring of lanes with due work.
    Ring,
}

/// A waiting delivery by its stored due time.
type Item = (Timestamp, DeliveryId);

/// What waits for one endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    /// Each due at its own time.
    timers: BTreeSet<Item>,
    /// What was parked and is all due since the endpoint was enabled, in the order of the times
    /// that it was due before. Kept apart so that enabling moves no delivery one by one.
    backlog: BTreeSet<Item>,
    backlog_due: Timestamp,
    pub(crate) in_flight: u32,
    pub(crate) place: Place,
}

impl Lane {
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

    /// When the next delivery is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let backlog = self.backlog.first().map(|_| self.backlog_due);
        timer.into_iter().chain(backlog).min()
    }

    /// Takes the next delivery that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<DeliveryId> {
        let due = self.next_due().filter(|due| *due <= now)?;
        let backlog_is_next = !self.backlog.is_empty() && self.backlog_due == due;
        let from = if backlog_is_next { &mut self.backlog } else { &mut self.timers };
        from.pop_first().map(|(_, id)| id)
    }
}
