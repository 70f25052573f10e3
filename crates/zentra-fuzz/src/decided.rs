//! A batch decided by an engine with money and routes: its entries are written and read back.

use crate::frame::rewrite;
use zentra_engine::{Command, Engine, EntrySink, IntentBatch, ItemOutcome, Outcome, Request};
use zentra_events::{Entry, EntryRef, ScopeNo, Timestamp};
use zentra_testkit::{fund, scope};

/// An engine with a scope and a funded `customer_balance`.
pub(crate) fn engine() -> Engine {
    let mut engine = Engine::new(0);
    for command in [scope("fuzz"), fund("customer_balance")] {
        let outcome = engine.handle(Timestamp(1), &request(command));
        assert!(matches!(outcome, Outcome::Entry(_)), "{outcome:?}");
    }
    engine
}

/// A request of the only scope, asked by the server itself: no key has to be known.
pub(crate) fn request(command: Command) -> Request {
    zentra_testkit::request(ScopeNo(0), "fuzzer", command)
}

#[derive(Default)]
struct Sink(Vec<Entry>);

impl EntrySink for Sink {
    fn entry(&mut self, entry: EntryRef<'_>) {
        self.0.push(entry.into_entry());
    }
    fn group_starts(&mut self) {}
    fn group_ends(&mut self) {}
}

/// Decides a batch; what it makes is written, read and folded to the same state.
pub(crate) fn decide(batch: &IntentBatch) {
    // Asked for by the server itself, so that no key has to be known.
    let batch = &IntentBatch { key: None, ..batch.clone() };
    let mut engine = engine();
    let mut sink = Sink::default();
    let outcomes = engine.handle_batch(Timestamp(2), batch, &mut sink);
    assert_eq!(outcomes.len(), batch.items.len());
    let recorded = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, ItemOutcome::Created(_) | ItemOutcome::Rejected(..)));
    assert_eq!(recorded.count(), sink.0.len(), "an entry for each that is told");
    rewrite(&sink.0);
    let mut folded = self::engine();
    for entry in &sink.0 {
        assert_eq!(folded.apply(&entry.borrow()), Ok(()), "what was decided folds");
    }
    assert_eq!(folded.index(1), Ok(()), "each id is new");
    assert_eq!(folded.digests(), engine.digests(), "to the same state");
}
