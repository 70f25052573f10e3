//! Whose turn it is: scopes first, then the lanes of each.
//!
//! Owns the order of lanes with due work. A scope with ten thousand busy endpoints has one turn in
//! a round, as one with a single endpoint has. Must not know what a lane holds.

use std::collections::{BTreeMap, VecDeque};
use zentra_events::ScopeNo;

/// Lanes with due work, in turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    scopes: VecDeque<ScopeNo>,
    lanes: BTreeMap<ScopeNo, VecDeque<u32>>,
}

impl Turns {
    /// Puts a lane at the end of its scope's.
    pub(crate) fn push(&mut self, scope: ScopeNo, lane: u32) {
        let lanes = self.lanes.entry(scope).or_default();
        if lanes.is_empty() {
            self.scopes.push_back(scope);
        }
        lanes.push_back(lane);
    }

    /// Takes the next lane of the next scope that may have a turn.
    pub(crate) fn pop(&mut self, may: impl Fn(ScopeNo) -> bool) -> Option<u32> {
        for _ in 0..self.scopes.len() {
            let scope = self.scopes.pop_front()?;
            if !may(scope) {
                self.scopes.push_back(scope);
                continue;
            }
            let lanes = self.lanes.get_mut(&scope)?;
            let lane = lanes.pop_front();
            if lanes.is_empty() {
                self.lanes.remove(&scope);
            } else {
                self.scopes.push_back(scope);
            }
            if lane.is_some() {
                return lane;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_take_turns_and_those_that_may_not_keep_theirs() {
        let mut turns = Turns::default();
        for lane in 0..4 {
            turns.push(ScopeNo(1), lane);
        }
        turns.push(ScopeNo(2), 9);
        turns.push(ScopeNo(3), 7);
        let mut popped = Vec::new();
        while let Some(lane) = turns.pop(|scope| scope != ScopeNo(3)) {
            popped.push(lane);
        }
        assert_eq!(popped, [0, 9, 1, 2, 3]);
        assert_eq!(turns.pop(|_| true), Some(7));
        assert_eq!(turns.pop(|_| true), None);
        turns.push(ScopeNo(2), 5);
        assert_eq!(turns.pop(|_| true), Some(5));
    }
}
