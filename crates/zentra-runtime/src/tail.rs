//! Where each scope's newest entries are in the log: what the list views may not have folded yet.
//!
//! A list shows everything of its scope that is durable. With this it finds the scope's own part
//! of what the views still lack, and need not wait for everybody else's. Owns a bounded record of
//! spans for each scope, from its last entries back. Must not hold entries, or name what is not
//! durable.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zentra_events::{Position, ScopeNo};

/// Entries of one scope that are remembered.
const SCOPE_ENTRIES_MAX: u64 = 16_384;
/// The same in tests, which fill them.
#[cfg(any(test, feature = "test-util"))]
const FEW: u64 = 4_096;
/// Spans of all scopes that are remembered; after that all are forgotten at once.
const SPANS_MAX: usize = 256 * 1_024;

/// Entries of one scope that follow each other in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Position,
    /// Exclusive.
    pub(crate) to: Position,
}

impl Span {
    fn len(self) -> u64 {
        self.to.get().saturating_sub(self.from.get())
    }
}

/// The spans of a batch of entries, in log order.
#[derive(Debug, Default)]
pub(crate) struct ScopeSpans(Vec<(ScopeNo, Span)>);

impl ScopeSpans {
    /// The next entry is this scope's.
    pub(crate) fn add(&mut self, scope: ScopeNo, position: Position) {
        match self.0.last_mut() {
            Some((last, span)) if *last == scope && span.to == position => {
                span.to = position.next();
            }
            _ => self.0.push((scope, Span { from: position, to: position.next() })),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn append(&mut self, mut later: ScopeSpans) {
        self.0.append(&mut later.0);
    }
}

/// The newest entries of every scope.
pub(crate) struct Tail(Mutex<Lines>);

struct Lines {
    scopes: BTreeMap<ScopeNo, Line>,
    spans: usize,
    /// From here on every entry of a scope without a line is known: there is none.
    from: Position,
    scope_entries_max: u64,
}

struct Line {
    spans: VecDeque<Span>,
    entries: u64,
    /// Every entry of the scope from here on is in the spans.
    from: Position,
}

/// The newest entries of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeTail {
    spans: Vec<Span>,
    /// Every entry of the scope from here on is in the spans.
    pub from: Position,
}

impl ScopeTail {
    /// The position after the last known entry.
    pub fn end(&self) -> Position {
        self.spans.last().map_or(self.from, |span| span.to)
    }

    /// The scope's entries from a position on.
    pub fn after(&self, position: Position) -> impl Iterator<Item = Position> + '_ {
        let positions = move |span: &Span| span.from.max(position).get()..span.to.get();
        self.spans.iter().flat_map(positions).map(Position)
    }

    /// How many they are.
    pub fn count_after(&self, position: Position) -> u64 {
        let part = |span: &Span| Span { from: span.from.max(position), to: span.to }.len();
        self.spans.iter().map(part).sum()
    }
}

impl Tail {
    /// Nothing yet, of a log that is durable up to here.
    pub(crate) fn at(next: Position) -> Tail {
        Tail::holding(SCOPE_ENTRIES_MAX, next)
    }

    /// As `at`, of so many entries of a scope.
    fn holding(scope_entries_max: u64, from: Position) -> Tail {
        let lines = Lines { scopes: BTreeMap::new(), spans: 0, from, scope_entries_max };
        Tail(Mutex::new(lines))
    }

    /// Takes in what became durable.
    pub(crate) fn push(&self, ScopeSpans(spans): ScopeSpans) {
        self.lines().push(spans);
    }

    /// Where the record begins for scopes that wrote nothing since.
    pub(crate) fn from(&self) -> Position {
        self.lines().from
    }

    /// Puts earlier entries before its own, up to where it begins: what a server that starts finds
    /// in its log. Nothing when it begins elsewhere by now, or all would be too many spans. A line
    /// that has forgotten its oldest entries meanwhile stays as it is: earlier ones would stand
    /// before a gap.
    pub(crate) fn put_before(&self, earlier: Tail, to: Position) {
        let mut lines = self.lines();
        let mut all = earlier.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if lines.from != to || all.spans + lines.spans > SPANS_MAX {
            return;
        }
        for (scope, line) in std::mem::take(&mut lines.scopes) {
            if line.from > to {
                all.scopes.insert(scope, line);
            } else {
                all.push(line.spans.into_iter().map(|span| (scope, span)));
            }
        }
        all.count();
        *lines = all;
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what is before a position: the views have it.
    pub(crate) fn forget(&self, before: Position) {
        let mut lines = self.lines();
        let Lines { scopes, from, .. } = &mut *lines;
        scopes.retain(|_, line| line.spans.back().is_some_and(|last| last.to > before));
        *from = before.max(*from);
        lines.count();
    }

    /// The newest entries of a scope.
    pub(crate) fn of(&self, scope: ScopeNo) -> ScopeTail {
        let lines = self.lines();
        lines.scopes.get(&scope).map_or_else(
            || ScopeTail { spans: Vec::new(), from: lines.from },
            |line| ScopeTail { spans: line.spans.iter().copied().collect(), from: line.from },
        )
    }
}

impl Lines {
    fn count(&mut self) {
        self.spans = self.scopes.values().map(|line| line.spans.len()).sum();
    }

    fn push(&mut self, spans: impl IntoIterator<Item = (ScopeNo, Span)>) {
        let Lines { scopes, spans: count, from, scope_entries_max } = self;
        for (scope, span) in spans {
            let line = scopes.entry(scope).or_insert_with(|| Line::at(*from));
            line.entries += span.len();
            match line.spans.back_mut() {
                Some(last) if last.to == span.from => last.to = span.to,
                _ => {
                    line.spans.push_back(span);
                    *count += 1;
                }
            }
            *count -= line.shorten(*scope_entries_max);
            if *count > SPANS_MAX {
                scopes.clear();
                (*count, *from) = (0, span.to);
            }
        }
    }
}

impl Line {
    fn at(from: Position) -> Line {
        Line { spans: VecDeque::new(), entries: 0, from }
    }

    /// Forgets the oldest entries beyond the bound; tells how many spans went.
    fn shorten(&mut self, scope_entries_max: u64) -> usize {
        let mut gone = 0;
        while self.entries > scope_entries_max
            && let Some(oldest) = self.spans.front_mut()
        {
            let over = (self.entries - scope_entries_max).min(oldest.len());
            oldest.from = Position(oldest.from.get() + over);
            self.entries -= over;
            self.from = oldest.from;
            if oldest.len() == 0 {
                self.spans.pop_front();
                gone += 1;
            }
        }
        gone
    }
}

/// A tail that takes entries one by one, for tests of what reads it.
#[cfg(any(test, feature = "test-util"))]
pub struct Tailed(Tail);

#[cfg(any(test, feature = "test-util"))]
impl Default for Tailed {
    fn default() -> Tailed {
        Tailed(Tail::holding(FEW, Position::ZERO))
    }
}

#[cfg(any(test, feature = "test-util"))]
impl Tailed {
    /// The next entry is this scope's.
    pub fn add(&self, scope: ScopeNo, position: Position) {
        let mut spans = ScopeSpans::default();
        spans.add(scope, position);
        self.0.push(spans);
    }

    /// As [`crate::Handle::forget_tail`].
    pub fn forget(&self, before: Position) {
        self.0.forget(before);
    }

    /// As [`crate::Handle::tail`].
    pub fn of(&self, scope: ScopeNo) -> ScopeTail {
        self.0.of(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(entries: &[(u64, u32)]) -> ScopeSpans {
        let mut spans = ScopeSpans::default();
        for (position, scope) in entries {
            spans.add(ScopeNo(*scope), Position(*position));
        }
        spans
    }

    fn positions(tail: &ScopeTail, after: u64) -> Vec<u64> {
        tail.after(Position(after)).map(Position::get).collect()
    }

    #[test]
    fn one_scope_that_fills_the_log_is_forgotten_from_its_oldest_entry_and_others_are_not() {
        let tail = Tail::holding(FEW, Position(10));
        tail.push(spans(&[(10, 2)]));
        for start in (11..20_011).step_by(1_000) {
            let bulk: Vec<_> = (start..start + 1_000).map(|position| (position, 1)).collect();
            tail.push(spans(&bulk));
        }
        let (bulk, other) = (tail.of(ScopeNo(1)), tail.of(ScopeNo(2)));
        let first = 20_011 - FEW;
        assert_eq!(bulk.from, Position(first));
        assert_eq!(positions(&bulk, 0), (first..20_011).collect::<Vec<_>>());
        assert_eq!((other.from, positions(&other, 0)), (Position(10), vec![10]));
        let nobody = tail.of(ScopeNo(3));
        assert_eq!((nobody.from, nobody.end()), (Position(10), Position(10)));
    }

    #[test]
    fn what_a_start_finds_in_the_log_stands_before_what_came_since() {
        let entries: Vec<(u64, u32)> =
            (5..9_000).map(|at| (at, (at * at % 7 % 3) as u32)).collect();
        for cut in [0, 1, 4_000, 8_995] {
            let to = Position(5 + cut as u64);
            let (whole, earlier, live) = (
                Tail::holding(FEW, Position(5)),
                Tail::holding(FEW, Position(5)),
                Tail::holding(FEW, to),
            );
            whole.push(spans(&entries));
            earlier.push(spans(&entries[..cut]));
            live.push(spans(&entries[cut..]));
            live.put_before(earlier, to);
            for scope in (0..4).map(ScopeNo) {
                let (told, expected) = (live.of(scope), whole.of(scope));
                assert!(told.from <= expected.from.max(Position(5)), "{scope:?} at {cut}");
                assert_eq!(told.end(), expected.end());
                assert_eq!(positions(&told, 5_000), positions(&expected, 5_000));
            }
        }
        // More than is remembered came in since: what was before stands before a gap.
        let bulk: Vec<(u64, u32)> = (5..20_005).map(|at| (at, 0)).collect();
        let (earlier, live) =
            (Tail::holding(FEW, Position(5)), Tail::holding(FEW, Position(5_005)));
        earlier.push(spans(&bulk[..5_000]));
        live.push(spans(&bulk[5_000..]));
        live.put_before(earlier, Position(5_005));
        let told = live.of(ScopeNo(0));
        let from = 20_005 - FEW;
        assert_eq!((told.from, told.count_after(told.from)), (Position(from), FEW));
        assert_eq!(positions(&told, 0), (from..20_005).collect::<Vec<_>>());
        let live = Tail::holding(FEW, Position(9));
        live.forget(Position(10));
        live.put_before(Tail::holding(FEW, Position(0)), Position(9));
        assert_eq!(live.from(), Position(10), "it begins elsewhere by now");
    }

    #[test]
    fn too_many_spans_are_forgotten_at_once() {
        let tail = Tail::holding(FEW, Position(0));
        let many = SPANS_MAX as u64 + 5;
        let each: Vec<_> = (0..many).map(|position| (position, position as u32)).collect();
        tail.push(spans(&each));
        let (gone, kept) = (tail.of(ScopeNo(0)), tail.of(ScopeNo(many as u32 - 1)));
        assert_eq!((gone.spans, gone.from), (Vec::new(), Position(SPANS_MAX as u64 + 1)));
        assert_eq!(positions(&kept, 0), [many - 1]);
    }

    proptest! {
        #[test]
        fn from_its_bound_on_every_entry_of_a_scope_is_known(
            pushes in prop::collection::vec(prop::collection::vec(0..4_u32, 1..40), 1..20),
            forgets in prop::collection::vec(any::<prop::sample::Index>(), 20),
        ) {
            let tail = Tail::holding(FEW, Position(7));
            let mut log: Vec<(u64, u32)> = Vec::new();
            let mut before = 7;
            for (push, forget) in pushes.iter().zip(forgets) {
                let next = 7 + log.len() as u64;
                let entries: Vec<_> =
                    push.iter().zip(next..).map(|(scope, position)| (position, *scope)).collect();
                tail.push(spans(&entries));
                log.extend(entries);
                before = before.max(7 + forget.index(log.len()) as u64);
                tail.forget(Position(before));
                for scope in 0..4 {
                    let told = tail.of(ScopeNo(scope));
                    prop_assert!(told.from <= Position(before));
                    let own = log.iter().filter(|(_, of)| *of == scope).map(|(at, _)| *at);
                    let own: Vec<u64> = own.filter(|at| *at >= told.from.get()).collect();
                    prop_assert_eq!(positions(&told, told.from.get()), &own[..]);
                    for after in [told.from.get(), before, before + 3] {
                        let own: Vec<u64> = own.iter().copied().filter(|at| *at >= after).collect();
                        prop_assert_eq!(told.count_after(Position(after)), own.len() as u64);
                        prop_assert_eq!(positions(&told, after), own);
                    }
                }
            }
        }
    }
}
