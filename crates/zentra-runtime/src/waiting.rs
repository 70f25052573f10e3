//! What waits at the kernel, and whose turn it is: one turn a scope, round and round.
//!
//! Owns the order and how much may wait. A scope has one turn in a round however much of it waits,
//! and what of it waits is served in the order in which it came: light things and heavy ones apart,
//! so that a scope's own large batches do not hold up the rest of it. Must not know what waits.

use std::collections::{BTreeMap, VecDeque};
use zentra_events::ScopeNo;

/// Which line of its scope something waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Many are decided in a turn.
    Light,
    /// One is decided in a turn, or a part of it.
    Heavy,
}

/// What of one scope waits, in the order in which it came.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    pub(crate) light: VecDeque<T>,
    pub(crate) heavy: VecDeque<T>,
}

/// Everything that waits, by scope.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    /// The scopes of which something waits, in the order of their turns.
    turns: VecDeque<ScopeNo>,
    scopes: BTreeMap<ScopeNo, Lines<T>>,
    len: usize,
    max: usize,
}

impl<T> Waiting<T> {
    /// Nothing waits; so much may, of one scope half of it.
    pub(crate) fn new(max: usize) -> Waiting<T> {
        Waiting { turns: VecDeque::new(), scopes: BTreeMap::new(), len: 0, max }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// How much waits.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether one more of the scope may wait.
    pub(crate) fn has_room(&self, scope: ScopeNo) -> bool {
        let of_scope = self.scopes.get(&scope).map_or(0, Lines::len);
        self.len < self.max && of_scope < self.max.div_ceil(2)
    }

    /// Whether something light of the scope waits: what comes later must not go before it.
    pub(crate) fn has_light(&self, scope: ScopeNo) -> bool {
        !self.is_empty() && self.scopes.get(&scope).is_some_and(|lines| !lines.light.is_empty())
    }

    /// Puts something at the end of its line. Who has room is asked before.
    pub(crate) fn push(&mut self, scope: ScopeNo, weight: Weight, item: T) {
        let lines = self.scopes.entry(scope).or_default();
        if lines.len() == 0 {
            self.turns.push_back(scope);
        }
        match weight {
            Weight::Light => lines.light.push_back(item),
            Weight::Heavy => lines.heavy.push_back(item),
        }
        self.len += 1;
    }

    /// Takes out everything of the scope whose turn it is. What the turn leaves goes back with
    /// [`Waiting::put_back`] before anything else is pushed.
    pub(crate) fn next(&mut self) -> Option<(ScopeNo, Lines<T>)> {
        let scope = self.turns.pop_front()?;
        let lines = self.scopes.remove(&scope).unwrap_or_default();
        self.len -= lines.len();
        Some((scope, lines))
    }

    /// The scope's next turn is after those of all others, if anything of it is left.
    pub(crate) fn put_back(&mut self, scope: ScopeNo, lines: Lines<T>) {
        if lines.len() == 0 {
            return;
        }
        self.len += lines.len();
        self.turns.push_back(scope);
        self.scopes.insert(scope, lines);
    }
}

impl<T> Lines<T> {
    fn len(&self) -> usize {
        self.light.len() + self.heavy.len()
    }
}

impl<T> Default for Lines<T> {
    fn default() -> Lines<T> {
        Lines { light: VecDeque::new(), heavy: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The next scope takes one heavy thing, or a light one.
    fn turn(waiting: &mut Waiting<u32>) -> Option<(u32, u32)> {
        let (scope, mut lines) = waiting.next()?;
        let taken = lines.heavy.pop_front().or_else(|| lines.light.pop_front())?;
        waiting.put_back(scope, lines);
        Some((scope.0, taken))
    }

    #[test]
    fn scopes_take_turns_whatever_waits_of_each() {
        let mut waiting = Waiting::new(100);
        for item in 0..4 {
            waiting.push(ScopeNo(7), Weight::Heavy, item);
        }
        waiting.push(ScopeNo(3), Weight::Heavy, 10);
        waiting.push(ScopeNo(3), Weight::Heavy, 11);
        assert_eq!(turn(&mut waiting), Some((7, 0)));
        // Who comes now is after all who waited, and before the second turn of none of them.
        waiting.push(ScopeNo(1), Weight::Light, 20);
        let order: Vec<_> = std::iter::from_fn(|| turn(&mut waiting)).collect();
        assert_eq!(order, [(3, 10), (7, 1), (1, 20), (3, 11), (7, 2), (7, 3)]);
        assert!(waiting.is_empty() && waiting.len == 0);
    }

    #[test]
    fn of_one_scope_half_of_what_may_wait_waits() {
        let mut waiting = Waiting::new(5);
        for item in 0..3 {
            assert!(waiting.has_room(ScopeNo(1)));
            waiting.push(ScopeNo(1), if item == 0 { Weight::Light } else { Weight::Heavy }, item);
        }
        assert!(!waiting.has_room(ScopeNo(1)) && waiting.has_room(ScopeNo(2)));
        waiting.push(ScopeNo(2), Weight::Heavy, 3);
        waiting.push(ScopeNo(3), Weight::Heavy, 4);
        assert!(!waiting.has_room(ScopeNo(2)), "all places are taken");
        assert!(waiting.has_light(ScopeNo(1)) && !waiting.has_light(ScopeNo(2)));
        assert!(turn(&mut waiting).is_some() && waiting.has_room(ScopeNo(2)));
        assert!(Waiting::<u32>::new(1).has_room(ScopeNo(1)));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Come { scope: u32, heavy: bool },
        Turn { light: usize, heavy: usize },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let come = (0_u32..6, any::<bool>()).prop_map(|(scope, heavy)| Step::Come { scope, heavy });
        let turn = (0_usize..4, 1_usize..2).prop_map(|(light, heavy)| Step::Turn { light, heavy });
        proptest::collection::vec(prop_oneof![3 => come, 2 => turn], 0..200)
    }

    /// What a scope waits for, against a plain list of who came.
    #[derive(Default)]
    struct Watched {
        came: Vec<(u32, bool, u32)>,
        /// Turns of others since a scope began to wait or had its turn, and the most there may be.
        since: BTreeMap<u32, (usize, usize)>,
    }

    impl Watched {
        fn come(&mut self, scope: u32, heavy: bool, item: u32) {
            let others: BTreeSet<u32> =
                self.came.iter().map(|(scope, ..)| *scope).filter(|one| *one != scope).collect();
            self.since.entry(scope).or_insert((0, others.len()));
            self.came.push((scope, heavy, item));
        }

        /// Takes the first of its kind; it must be this one.
        fn gone(&mut self, scope: u32, heavy: bool, item: u32) {
            let at = self.came.iter().position(|(of, kind, _)| *of == scope && *kind == heavy);
            assert_eq!(self.came.remove(at.unwrap()).2, item, "in the order of coming");
        }

        fn turned(&mut self, scope: u32) {
            let (turns, most) = self.since.remove(&scope).unwrap();
            assert!(turns <= most, "{turns} turns of others before that of {scope}, not {most}");
            self.since.values_mut().for_each(|(turns, _)| *turns += 1);
            let waiting: BTreeSet<u32> = self.came.iter().map(|(scope, ..)| *scope).collect();
            if waiting.contains(&scope) {
                self.since.insert(scope, (0, waiting.len() - 1));
            }
        }
    }

    proptest! {
        #[test]
        fn a_scope_waits_for_one_turn_of_each_that_waits_and_nothing_is_lost(steps in steps()) {
            let (mut waiting, mut watched) = (Waiting::new(1_000), Watched::default());
            let end = std::iter::repeat_n(Step::Turn { light: 3, heavy: 1 }, 200);
            for (item, step) in (0..).zip(steps.into_iter().chain(end)) {
                match step {
                    Step::Come { scope, heavy } => {
                        let weight = if heavy { Weight::Heavy } else { Weight::Light };
                        waiting.push(ScopeNo(scope), weight, item);
                        watched.come(scope, heavy, item);
                    }
                    Step::Turn { light, heavy } => {
                        let Some((scope, mut lines)) = waiting.next() else { continue };
                        for item in lines.light.drain(..light.min(lines.light.len())) {
                            watched.gone(scope.0, false, item);
                        }
                        for item in lines.heavy.drain(..heavy.min(lines.heavy.len())) {
                            watched.gone(scope.0, true, item);
                        }
                        waiting.put_back(scope, lines);
                        watched.turned(scope.0);
                    }
                }
                prop_assert_eq!(waiting.len, watched.came.len());
            }
            prop_assert!(waiting.is_empty() && watched.came.is_empty());
        }
    }
}
