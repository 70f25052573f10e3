//! An engine and the entries that it made, for tests of what reads entries.

use crate::commands::{self, accept, details, request};
use std::sync::Arc;
use zentra_engine::{Command, Engine, Outcome, Refusal};
use zentra_events::event::Capture;
use zentra_events::{Entry, ScopeNo, Timestamp};
use zentra_ledger::IntentRequest;

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
        let request = request(self.scope, "tester", command);
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
    commands::fund("customer_balance")
}

/// An intent of `customer_balance`.
pub fn intent(
    number: usize,
    amount: u128,
    capture: Capture,
    effective_at: Option<Timestamp>,
) -> Command {
    let plain = details("customer_balance", "merchant_balance", amount, capture);
    accept(&format!("i{number}"), IntentRequest { effective_at, ..plain })
}
