//! Places: how many attempts may be under way at once, shared between scopes.
//!
//! Owns the pool of all places and, within it, those of the slow and of the new: endpoints whose
//! last attempt took long, and those that none has ended for yet. Must not know lanes or times.
//!
//! A scope may have three times as many places as are free then. So one scope alone gets three
//! quarters, and many share what there is. Of the places of the new it may have few in any case:
//! whoever comes first may hang there for long, and somebody who comes later must find one.

use crate::lane::Kind;
use std::collections::BTreeMap;
use zentra_events::ScopeNo;

/// A scope's places against the free ones.
const SHARE: u32 = 3;
/// The slow and the new get this part of all places each.
const PART: u32 = 4;
/// A scope gets this part of the places of the new.
const NEW_PART: u32 = 8;
/// What they get at least, where there is as much.
const PART_MIN: u32 = 16;

/// Places of one kind.
#[derive(Clone, Debug)]
struct Pool {
    max: u32,
    /// Of them for one scope.
    scope_max: u32,
    used: u32,
    by_scope: BTreeMap<ScopeNo, u32>,
}

impl Pool {
    fn new(max: u32, scope_max: u32) -> Pool {
        Pool { max, scope_max, used: 0, by_scope: BTreeMap::new() }
    }

    fn free(&self) -> u32 {
        self.max.saturating_sub(self.used)
    }

    fn has_room_for(&self, scope: ScopeNo) -> bool {
        let used = self.by_scope.get(&scope).copied().unwrap_or_default();
        used < self.free().saturating_mul(SHARE).min(self.scope_max)
    }

    fn take(&mut self, scope: ScopeNo) {
        self.used += 1;
        *self.by_scope.entry(scope).or_default() += 1;
    }

    fn give_back(&mut self, scope: ScopeNo) {
        self.used = self.used.saturating_sub(1);
        if let Some(used) = self.by_scope.get_mut(&scope) {
            *used = used.saturating_sub(1);
            if *used == 0 {
                self.by_scope.remove(&scope);
            }
        }
    }
}

/// The places of a deployment.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    all: Pool,
    slow: Pool,
    new: Pool,
}

impl Places {
    pub(crate) fn new(max: u32) -> Places {
        let max = max.max(1);
        let part = (max / PART).max(PART_MIN).min(max);
        let of_new = (part / NEW_PART).max(1);
        let (all, slow) = (Pool::new(max, max), Pool::new(part, part));
        Places { all, slow, new: Pool::new(part, of_new) }
    }

    /// Whether anybody of this kind may have one more.
    pub(crate) fn has_room(&self, kind: Kind) -> bool {
        self.all.free() > 0 && self.part(kind).is_none_or(|part| part.free() > 0)
    }

    /// Whether the scope may have one more.
    pub(crate) fn has_room_for(&self, scope: ScopeNo, kind: Kind) -> bool {
        let in_part = self.part(kind).is_none_or(|part| part.has_room_for(scope));
        in_part && self.all.has_room_for(scope)
    }

    pub(crate) fn take(&mut self, scope: ScopeNo, kind: Kind) {
        self.all.take(scope);
        if let Some(part) = self.part_mut(kind) {
            part.take(scope);
        }
    }

    pub(crate) fn give_back(&mut self, scope: ScopeNo, kind: Kind) {
        self.all.give_back(scope);
        if let Some(part) = self.part_mut(kind) {
            part.give_back(scope);
        }
    }

    fn part(&self, kind: Kind) -> Option<&Pool> {
        match kind {
            Kind::Quick => None,
            Kind::Slow => Some(&self.slow),
            Kind::New => Some(&self.new),
        }
    }

    fn part_mut(&mut self, kind: Kind) -> Option<&mut Pool> {
        match kind {
            Kind::Quick => None,
            Kind::Slow => Some(&mut self.slow),
            Kind::New => Some(&mut self.new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(places: &mut Places, scope: u32, kind: Kind) -> u32 {
        let mut taken = 0;
        while places.has_room_for(ScopeNo(scope), kind) {
            places.take(ScopeNo(scope), kind);
            taken += 1;
        }
        taken
    }

    #[test]
    fn one_scope_gets_three_quarters_and_there_is_room_for_others() {
        let mut places = Places::new(512);
        assert_eq!(fill(&mut places, 1, Kind::Quick), 384);
        assert_eq!(fill(&mut places, 2, Kind::Quick), 96);
        assert_eq!(fill(&mut places, 3, Kind::Quick), 24);
        assert!(places.has_room(Kind::Quick));
        for _ in 0..384 {
            places.give_back(ScopeNo(1), Kind::Quick);
        }
        assert!(fill(&mut places, 4, Kind::Quick) > 250);
    }

    #[test]
    fn the_slow_leave_most_places_to_the_quick() {
        let mut places = Places::new(512);
        let taken: u32 = (0..50).map(|scope| fill(&mut places, scope, Kind::Slow)).sum();
        assert!(taken <= 128);
        assert!(fill(&mut places, 99, Kind::Quick) >= 280);
    }

    #[test]
    fn new_endpoints_that_hang_in_some_scopes_leave_places_to_one_that_comes_later() {
        let mut places = Places::new(512);
        let taken: Vec<u32> = (0..7).map(|scope| fill(&mut places, scope, Kind::New)).collect();
        assert_eq!(taken, [16; 7]);
        assert_eq!(fill(&mut places, 99, Kind::New), 12);
    }

    #[test]
    fn few_places_are_used_up() {
        for max in 1..=3 {
            assert_eq!(fill(&mut Places::new(max), 1, Kind::Slow), max);
        }
        assert_eq!(
            fill(&mut Places::new(0), 1, Kind::Quick),
            1,
            "without any nothing would ever go"
        );
    }
}
