//! Places of one kind: how many attempts may hold one at once, and whose turn it is.
//!
//! Owns the shares of scopes and the order of queues with due work. The scope that holds the fewest
//! goes first, and of those that hold as many the one whose turn is the longest ago; in a scope,
//! queues take turns. A part of all is a reserve: of it a scope may take only its first few places,
//! so that one that comes later finds some, however many came before. Of the rest a scope may have
//! three times what is free then. Must not know what a queue holds, or times.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use zentra_events::ScopeNo;

/// The fewest places that there can be: one of each kind.
pub const PLACES_MIN: u32 = 3;
/// Places of the reserve that a scope may take: of the quick, of the new and of the slow.
const FIRST: [u32; 3] = [16, 1, 1];

/// A scope's places against the free ones that are not the reserve.
const SHARE: u32 = 3;

/// The places of the quick, the new and the slow. Half of all are for the quick, an eighth for the
/// new, the rest for the slow: those are held the longest.
pub(crate) fn shared_out(places: u32) -> [Places; 3] {
    let all = places.max(PLACES_MIN);
    let (quick, new) = (all / 2, (all / 8).max(1));
    let slow = all - quick - new;
    let [of_quick, of_new, of_slow] = FIRST;
    [
        Places::new(quick, quick / 2, of_quick),
        Places::new(new, new / 2, of_new),
        Places::new(slow, slow / 8, of_slow),
    ]
}

/// Who comes first: by places held, then by the last turn.
type Rank = (u32, u64, ScopeNo);

/// What one scope has.
#[derive(Clone, Debug, Default)]
struct Share {
    used: u32,
    /// When its last turn was, counted in turns.
    turn: u64,
    /// Queues with due work, in turn.
    queues: VecDeque<u32>,
}

impl Share {
    fn rank(&self, scope: ScopeNo) -> Rank {
        (self.used, self.turn, scope)
    }
}

/// The places of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    max: u32,
    reserve: u32,
    /// How many of the reserve a scope may take.
    first: u32,
    used: u32,
    turns: u64,
    /// Scopes that hold places or have queues with due work.
    scopes: BTreeMap<ScopeNo, Share>,
    /// Those of them that have queues with due work.
    order: BTreeSet<Rank>,
}

impl Places {
    /// So many places, of which some are a reserve for the first few of each scope.
    pub(crate) fn new(max: u32, reserve: u32, first: u32) -> Places {
        let (scopes, order) = (BTreeMap::new(), BTreeSet::new());
        Places { max, reserve, first, used: 0, turns: 0, scopes, order }
    }

    pub(crate) fn free(&self) -> u32 {
        self.max.saturating_sub(self.used)
    }

    /// How many of the free ones are missing in the reserve, when so many more are taken.
    pub(crate) fn missing(&self, more: u32) -> u32 {
        self.reserve.saturating_add(more).saturating_sub(self.free())
    }

    /// The most that a scope may take of the reserve.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// Whether any queue waits for its turn.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.order.is_empty()
    }

    /// Puts a queue with due work at the end of its scope's.
    pub(crate) fn push(&mut self, scope: ScopeNo, queue: u32) {
        let share = self.scopes.entry(scope).or_default();
        if share.queues.is_empty() {
            share.turn = self.turns;
            self.turns += 1;
            self.order.insert(share.rank(scope));
        }
        share.queues.push_back(queue);
    }

    /// Takes the next queue of the scope that comes first, if it may have a place. If that one may
    /// not, none may: the others hold as many at least.
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let (used, _, scope) = *self.order.first().filter(|(used, ..)| self.has_room(*used))?;
        self.order.pop_first();
        let share = self.scopes.get_mut(&scope)?;
        let queue = share.queues.pop_front();
        share.turn = self.turns;
        self.turns += 1;
        if !share.queues.is_empty() {
            self.order.insert(share.rank(scope));
        } else if used == 0 {
            self.scopes.remove(&scope);
        }
        queue
    }

    pub(crate) fn take(&mut self, scope: ScopeNo) {
        self.used += 1;
        self.change(scope, |used| used + 1);
    }

    pub(crate) fn give_back(&mut self, scope: ScopeNo) {
        self.used = self.used.saturating_sub(1);
        self.change(scope, |used| used.saturating_sub(1));
    }

    /// Whether a scope that holds so many may have one more.
    fn has_room(&self, held: u32) -> bool {
        let free = self.free();
        let shared = free.saturating_sub(self.reserve).saturating_mul(SHARE);
        free > 0 && (held < self.first || held < shared)
    }

    fn change(&mut self, scope: ScopeNo, used: impl Fn(u32) -> u32) {
        let share = self.scopes.entry(scope).or_default();
        let waits = self.order.remove(&share.rank(scope));
        share.used = used(share.used);
        if waits {
            self.order.insert(share.rank(scope));
        } else if share.used == 0 {
            self.scopes.remove(&scope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a scope as many as it may have.
    fn fill(places: &mut Places, scope: u32) -> u32 {
        let mut taken = 0;
        loop {
            places.push(ScopeNo(scope), 0);
            if places.pop().is_none() {
                let share = places.scopes.get_mut(&ScopeNo(scope)).unwrap();
                places.order.remove(&share.rank(ScopeNo(scope)));
                share.queues.clear();
                return taken;
            }
            places.take(ScopeNo(scope));
            taken += 1;
        }
    }

    #[test]
    fn one_scope_gets_three_quarters_of_what_is_shared_and_later_ones_their_first_few() {
        let mut places = Places::new(1_024, 512, 16);
        let taken: Vec<u32> = (0..6).map(|scope| fill(&mut places, scope)).collect();
        assert_eq!(taken, [384, 96, 24, 16, 16, 16]);
        let later: Vec<u32> = (6..36).map(|scope| fill(&mut places, scope)).collect();
        assert!(later[..29].iter().all(|taken| *taken == 16), "{later:?}");
        assert_eq!(places.free(), 0);
        for _ in 0..384 {
            places.give_back(ScopeNo(0));
        }
        assert_eq!(fill(&mut places, 99), 16);
    }

    #[test]
    fn few_places_are_used_up() {
        for max in 1..=3 {
            let mut places = Places::new(max, max / 2, 1);
            let taken: u32 = (0..4).map(|scope| fill(&mut places, scope)).sum();
            assert_eq!(taken, max);
        }
    }

    #[test]
    fn scopes_take_turns_and_who_holds_the_fewest_goes_first() {
        let mut places = Places::new(10, 0, 10);
        for queue in 0..4 {
            places.push(ScopeNo(1), queue);
        }
        places.push(ScopeNo(2), 9);
        places.push(ScopeNo(3), 7);
        places.take(ScopeNo(3));
        places.take(ScopeNo(3));
        let mut popped = Vec::new();
        while let Some(queue) = places.pop() {
            let scope = ScopeNo(match queue {
                9 => 2,
                7 => 3,
                _ => 1,
            });
            places.take(scope);
            popped.push(queue);
        }
        assert_eq!(popped, [0, 9, 1, 7, 2, 3]);
        for (scope, held) in [(1, 4), (2, 1), (3, 3)] {
            for _ in 0..held {
                places.give_back(ScopeNo(scope));
            }
        }
        assert!(places.scopes.is_empty(), "what holds nothing and waits for nothing is forgotten");
    }

    proptest! {
        #[test]
        fn whoever_waits_has_as_many_as_it_may_and_no_one_with_more_goes_before_it(
            (max, reserve, first) in (1..80_u32, 0..40_u32, 1..5_u32),
            steps in proptest::collection::vec((0..6_u32, any::<bool>()), 1..200),
        ) {
            let mut places = Places::new(max, reserve.min(max), first);
            let mut held: BTreeMap<u32, u32> = BTreeMap::new();
            for (scope, starts) in steps {
                if starts {
                    places.push(ScopeNo(scope), scope);
                } else if held.get(&scope).is_some_and(|held| *held > 0) {
                    *held.entry(scope).or_default() -= 1;
                    places.give_back(ScopeNo(scope));
                }
                let waiting = |places: &Places| -> Vec<u32> {
                    places.order.iter().map(|(_, _, scope)| scope.0).collect()
                };
                loop {
                    let held_by = |scope: &u32| held.get(scope).copied().unwrap_or_default();
                    let least = waiting(&places).iter().map(held_by).min();
                    let Some(queue) = places.pop() else { break };
                    prop_assert_eq!(Some(held_by(&queue)), least);
                    *held.entry(queue).or_default() += 1;
                    places.take(ScopeNo(queue));
                }
                let all: u32 = held.values().sum();
                prop_assert!(all <= max);
                prop_assert_eq!(places.free(), max - all);
                for scope in waiting(&places) {
                    let held = held.get(&scope).copied().unwrap_or_default();
                    prop_assert!(places.free() == 0 || held >= first, "its first few are there");
                }
            }
        }
    }
}
