//! A batch decided by an engine with money and routes: its entries are written and read back.

use crate::frame::rewrite;
use zentra_engine::{
    AccessCommand, Command, Engine, EntrySink, IntentBatch, ItemOutcome, Outcome, Request,
};
use zentra_events::{Amount, Direction, Entry, EntryRef, RequestId, ScopeNo, Timestamp};
use zentra_ledger::{LedgerCommand, TransferLine};

/// An engine with a scope and a funded `customer_balance`.
pub(crate) fn engine() -> Engine {
    let mut engine = Engine::new(0);
    let line = |account: &str, direction| TransferLine {
        account: account.parse().expect("the code is one"),
        direction,
        amount: Amount(1_000_000),
        currency: "EUR".parse().expect("the currency is one"),
    };
    let name = "fuzz".parse().expect("the name is one");
    let lines = vec![line("world", Direction::Debit), line("customer_balance", Direction::Credit)];
    for command in [
        Command::Access(AccessCommand::CreateScope { name, key: None }),
        Command::Ledger(LedgerCommand::PostTransfer { lines, correction: None }),
    ] {
        let outcome = engine.handle(Timestamp(1), &request(command));
        assert!(matches!(outcome, Outcome::Entry(_)), "{outcome:?}");
    }
    engine
}

/// A request of the only scope, asked by the server itself: no key has to be known.
pub(crate) fn request(command: Command) -> Request {
    Request {
        scope: ScopeNo(0),
        key: None,
        actor: "fuzzer".parse().expect("the name is one"),
        request_id: RequestId([0; 16]),
        cause: None,
        idempotency: None,
        command,
    }
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
