//! What will happen, in the order of time. What is due at the same moment comes in an order that
//! the seed chooses.

use crate::random::Random;
use std::collections::BTreeMap;

/// A discrete-event queue.
pub(crate) struct Agenda<T> {
    now: u64,
    /// By time, by lot, and by number.
    due: BTreeMap<(u64, u64, u64), T>,
    count: u64,
}

impl<T> Agenda<T> {
    /// Nothing will happen.
    pub(crate) fn new() -> Agenda<T> {
        Agenda { now: 0, due: BTreeMap::new(), count: 0 }
    }

    /// Nanoseconds since the start. They never go back.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// It will happen so many nanoseconds from now.
    pub(crate) fn put(&mut self, schedule: &mut Random, wait: u64, what: T) {
        self.count += 1;
        self.due.insert((self.now.saturating_add(wait), schedule.any(), self.count), what);
    }

    /// What happens next; it is that late then.
    pub(crate) fn next(&mut self) -> Option<T> {
        let ((at, ..), what) = self.due.pop_first()?;
        self.now = at;
        Some(what)
    }
}
