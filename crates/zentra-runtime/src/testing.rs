//! An engine and the entries that it made, for tests of what reads entries.

use std::sync::Arc;
use zentra_engine::{Command, Engine, Outcome, Refusal, Request};
use zentra_events::event::Capture;
use zentra_events::{Amount, Direction, Entry, RequestId, ScopeNo, Timestamp};
use zentra_ledger::{IntentRequest, LedgerCommand, TransferLine};

/// An engine and what it was asked so far.
pub struct Made {
    /// It is at the end of the entries.
    pub engine: Engine,
    /// The scope that asks.
    pub scope: ScopeNo,
    /// None is compact: they are told as events.
    pub entries: Vec<Arc<Entry>>,
}

impl Default for Made {
    fn default() -> Made {
        Made { engine: Engine::new(0), scope: ScopeNo(0), entries: Vec::new() }
    }
}

impl Made {
    /// Asks as the scope, which must be granted.
    ///
    /// # Panics
    /// When it is refused.
    pub fn ask(&mut self, now: Timestamp, command: Command) {
        if let Some(refusal) = self.try_to(now, command) {
            panic!("{refusal:?}");
        }
    }

    /// As `ask`, of what may be refused: why it was.
    pub fn try_to(&mut self, now: Timestamp, command: Command) -> Option<Refusal> {
        let request = Request {
            scope: self.scope,
            actor: "tester".parse().unwrap(),
            key: None,
            request_id: RequestId([0; 16]),
            cause: None,
            idempotency: None,
            command,
        };
        let mut entry = match self.engine.handle(now, &request) {
            Outcome::Entry(entry) => entry,
            Outcome::Repeat(position) => panic!("a repeat of {position:?}"),
            Outcome::Refused(refusal) => return Some(refusal),
        };
        entry.events_mut();
        self.entries.push(Arc::new(entry));
        None
    }
}

/// A million EUR cents for `customer_balance`.
pub fn fund() -> Command {
    let line = |account: &str, direction| TransferLine {
        account: account.parse().unwrap(),
        direction,
        amount: Amount(1_000_000),
        currency: "EUR".parse().unwrap(),
    };
    let lines = vec![line("world", Direction::Debit), line("customer_balance", Direction::Credit)];
    Command::Ledger(LedgerCommand::PostTransfer { lines, correction: None })
}

/// An intent of `customer_balance`.
pub fn intent(
    number: usize,
    amount: u128,
    capture: Capture,
    effective_at: Option<Timestamp>,
) -> Command {
    let details = Some(IntentRequest {
        amount: Amount(amount),
        currency: "EUR".parse().unwrap(),
        source: "customer_balance".parse().unwrap(),
        destination: "merchant_balance".parse().unwrap(),
        corridor: "default".into(),
        capture,
        effective_at,
        metadata: Vec::new(),
    });
    let (intent_id, digest) = (format!("i{number}").parse().unwrap(), [0; 16]);
    Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest, details })
}
