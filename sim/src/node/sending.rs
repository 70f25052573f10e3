//! Deliveries of a process: what the scheduler says is to be sent now.

use super::process::Node;
use zentra_delivery::StartAttempt;
use zentra_events::{DeliveryId, Entry, Timestamp};

impl Node {
    /// Tells the scheduler of a durable entry.
    pub(crate) fn follow(&mut self, monotonic: u64, entry: &Entry) {
        for (index, recorded) in (0..).zip(entry.events()) {
            let now = Timestamp(monotonic);
            self.scheduler.handle_event(now, &entry.header, index, &recorded.event);
        }
    }

    /// The attempts to begin now, and those to cut off.
    pub(crate) fn due(&mut self, monotonic: u64) -> (Vec<StartAttempt>, Vec<DeliveryId>) {
        let now = Timestamp(monotonic);
        let (mut started, mut cut) = (Vec::new(), Vec::new());
        loop {
            let start = if now < self.start_rate.opens_at() {
                self.scheduler.poll_quick_attempt(now)
            } else {
                self.scheduler.poll_attempt(now)
            };
            cut.extend(std::iter::from_fn(|| self.scheduler.poll_cut()));
            let Some(start) = start else { return (started, cut) };
            if !start.quick {
                self.start_rate.take(now);
            }
            started.push(start);
        }
    }

    /// How many deliveries are kept since they wait, and how many attempts are under way.
    pub(crate) fn kept(&self) -> (usize, usize) {
        (self.scheduler.waiting(), self.scheduler.in_flight())
    }

    /// When to ask again, if nothing happens before.
    pub(crate) fn due_again(&self, monotonic: u64) -> Option<u64> {
        let opens = Some(self.start_rate.opens_at()).filter(|opens| opens.0 > monotonic);
        [opens, self.scheduler.poll_timeout()].into_iter().flatten().min().map(|at| at.0)
    }

    /// The outcome of an attempt was not taken: its place is free.
    pub(crate) fn abandoned(&mut self, delivery: DeliveryId) {
        self.scheduler.handle_abandoned(delivery);
    }
}
