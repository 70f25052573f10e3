//! Attempts under way: which places they hold, and which have taken long.
//!
//! Owns their ages, and the choice of who is cut off where places run short: of the slow ones the
//! oldest of the scope that has the most. Must not know deliveries, and starts nothing.

use crate::endpoint_queue::{Kind, SLOW_FROM};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use zentra_events::{DeliveryId, ScopeNo, Timestamp};

/// An attempt under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) queue: u32,
    pub(crate) scope: ScopeNo,
    /// Whose place it holds.
    pub(crate) kind: Kind,
    pub(crate) started: Timestamp,
}

type Start = (Timestamp, DeliveryId);

/// All attempts under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights {
    all: BTreeMap<DeliveryId, Flight>,
    /// Those that hold a place of the quick or the new: young ones, and those that wait for one
    /// of the slow.
    young: BTreeSet<Start>,
    overdue: BTreeSet<Start>,
    /// Those that hold a place of the slow and may be cut off.
    slow: BTreeMap<ScopeNo, BTreeSet<Start>>,
    /// The scopes of those: the last one has the most, and of such the oldest.
    most: BTreeSet<(u32, Reverse<Start>, ScopeNo)>,
    /// Those that are being cut off: they hold their places until they have ended.
    cut: BTreeSet<DeliveryId>,
}

impl Flights {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, id: DeliveryId) -> Option<Flight> {
        self.all.get(&id).copied()
    }

    pub(crate) fn insert(&mut self, id: DeliveryId, flight: Flight) {
        self.all.insert(id, flight);
        if flight.kind == Kind::Slow {
            self.change_slow(flight.scope, |slow| slow.insert((flight.started, id)));
        } else {
            self.young.insert((flight.started, id));
        }
    }

    /// Forgets one that has ended.
    pub(crate) fn remove(&mut self, id: DeliveryId) -> Option<Flight> {
        let flight = self.all.remove(&id)?;
        let start = (flight.started, id);
        if flight.kind == Kind::Slow {
            if !self.cut.remove(&id) {
                self.change_slow(flight.scope, |slow| slow.remove(&start));
            }
        } else if !self.young.remove(&start) {
            self.overdue.remove(&start);
        }
        Some(flight)
    }

    /// The queue of the next one that has come of age; from now on it wants a place of the slow.
    pub(crate) fn next_of_age(&mut self, now: Timestamp) -> Option<u32> {
        let start = *self.young.first().filter(|(at, _)| at.after(SLOW_FROM) <= now)?;
        self.young.remove(&start);
        self.overdue.insert(start);
        self.all.get(&start.1).map(|flight| flight.queue)
    }

    /// How many want a place of the slow.
    pub(crate) fn overdue(&self) -> u32 {
        count(self.overdue.len())
    }

    /// Gives one that wants it a place of the slow; how it was before.
    pub(crate) fn make_slow(&mut self) -> Option<Flight> {
        let start = self.overdue.pop_first()?;
        let flight = self.all.get_mut(&start.1)?;
        let before = *flight;
        flight.kind = Kind::Slow;
        self.change_slow(before.scope, |slow| slow.insert(start));
        Some(before)
    }

    /// How many are being cut off.
    pub(crate) fn cut(&self) -> u32 {
        count(self.cut.len())
    }

    /// Chooses one to cut off: the oldest of the scope that has the most, if it has more than
    /// `spared` and the attempt has had its time.
    pub(crate) fn cut_one(&mut self, now: Timestamp, spared: u32) -> Option<DeliveryId> {
        let (many, Reverse(start), scope) = *self.most.last()?;
        if many <= spared || start.0.after(SLOW_FROM) > now {
            return None;
        }
        self.change_slow(scope, |slow| slow.remove(&start));
        self.cut.insert(start.1);
        Some(start.1)
    }

    /// When the next one comes of age.
    pub(crate) fn of_age_at(&self) -> Option<Timestamp> {
        self.young.first().map(|(started, _)| started.after(SLOW_FROM))
    }

    /// When the next one may be cut off.
    pub(crate) fn cut_at(&self) -> Option<Timestamp> {
        self.most.last().map(|(_, Reverse((started, _)), _)| started.after(SLOW_FROM))
    }

    fn change_slow(&mut self, scope: ScopeNo, change: impl FnOnce(&mut BTreeSet<Start>) -> bool) {
        let slow = self.slow.entry(scope).or_default();
        if let Some(oldest) = slow.first() {
            self.most.remove(&(count(slow.len()), Reverse(*oldest), scope));
        }
        change(slow);
        match slow.first() {
            Some(oldest) => {
                self.most.insert((count(slow.len()), Reverse(*oldest), scope));
            }
            None => {
                self.slow.remove(&scope);
            }
        }
    }
}

/// Never more than there are places, which is such a number.
fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::{Position, Span};

    const START: Timestamp = Timestamp(1_000_000_000_000);

    fn id(number: u64) -> DeliveryId {
        DeliveryId::at(0, Position(number), 0)
    }

    #[test]
    fn the_oldest_of_the_scope_with_the_most_is_cut_off_and_not_before_a_second() {
        let mut flights = Flights::default();
        for (number, scope) in [(0, 1), (1, 2), (2, 3), (3, 2), (4, 3)] {
            let started = START.after(Span::millis(number));
            let scope = ScopeNo(scope);
            let kind = if number == 1 { Kind::New } else { Kind::Slow };
            flights.insert(id(number), Flight { queue: 0, scope, kind, started });
        }
        let of_age = START.after(Span::millis(1_001));
        assert_eq!(flights.of_age_at(), Some(of_age));
        assert_eq!(flights.next_of_age(START.after(SLOW_FROM)), None);
        assert_eq!(flights.next_of_age(of_age), Some(0));
        assert_eq!((flights.overdue(), flights.make_slow().unwrap().kind), (1, Kind::New));
        assert_eq!(flights.cut_one(START, 0), None, "it has its second");
        assert_eq!(flights.cut_at(), Some(of_age));
        let cuts: Vec<_> =
            (0..5).map(|_| flights.cut_one(START.after(Span::seconds(2)), 0)).collect();
        assert_eq!(cuts, [1, 2, 0, 3, 4].map(|number| Some(id(number))));
        assert_eq!((flights.cut(), flights.len(), flights.cut_at()), (5, 5, None));
        for number in 0..5 {
            assert!(flights.remove(id(number)).is_some());
        }
        assert_eq!((flights.cut(), flights.len()), (0, 0));
    }

    #[test]
    fn scopes_with_few_are_spared() {
        let mut flights = Flights::default();
        for number in 0..3 {
            let scope = ScopeNo(u32::from(number == 2));
            let flight = Flight { queue: 0, scope, kind: Kind::Slow, started: START };
            flights.insert(id(number), flight);
        }
        let later = START.after(SLOW_FROM);
        assert_eq!(flights.cut_one(later, 1), Some(id(0)));
        assert_eq!(flights.cut_one(later, 1), None);
        assert_eq!(flights.cut_one(later, 0), Some(id(1)));
    }
}
