//! Two engines that are asked the same: one may take the fast path, one never does.

use crate::engine::Engine;
use crate::{AccessCommand, Command, Outcome, Request};
use zentra_events::{
    AccountCode, Amount, Currency, Direction, Entry, Idempotency, RequestId, ScopeNo, Timestamp,
};
use zentra_ledger::{LedgerCommand, TransferLine};

/// One engine that may take the fast path, and one that never does.
pub(super) struct Pair {
    pub(super) fast: Engine,
    slow: Engine,
    rebuilt: Engine,
    now: u64,
    pub(super) compact: usize,
}

impl Pair {
    pub(super) fn new() -> Pair {
        let engine = || Engine::new(0);
        let (fast, slow, rebuilt) = (engine(), engine(), engine());
        let mut pair = Pair { fast, slow, rebuilt, now: 1_000, compact: 0 };
        let name = "workspace_scope".parse().unwrap();
        pair.ask(Command::Access(AccessCommand::CreateScope { name, key: None }), None);
        pair
    }

    pub(super) fn ask(&mut self, command: Command, idempotency: Option<Idempotency>) {
        self.decide(&Request { idempotency, ..request(command) });
    }

    /// Decides a request both ways, and holds them to the same outcome.
    pub(super) fn decide(&mut self, request: &Request) {
        let now = self.now();
        let slow = self.slow.slow_path(now, request);
        let fast = self.fast.handle(now, request);
        if let Outcome::Entry(entry) = &fast {
            self.rebuild(entry);
        }
        assert_eq!(fast, slow);
    }

    pub(super) fn now(&mut self) -> Timestamp {
        self.now += 3;
        Timestamp(self.now)
    }

    /// Every second compact entry is folded as its events.
    fn rebuild(&mut self, entry: &Entry) {
        self.compact += usize::from(entry.settled().is_some());
        let mut entry = entry.clone();
        if self.compact.is_multiple_of(2) {
            entry.events_mut();
        }
        self.rebuilt.apply(&entry.borrow()).unwrap();
    }

    pub(super) fn check(&self) {
        let digests = self.slow.digests();
        assert_eq!(self.fast.digests(), digests);
        assert_eq!(self.rebuilt.digests(), digests);
        self.fast.ledger().verify_conservation().unwrap();
    }
}

/// A request of the scope's usual actor.
pub(super) fn request(command: Command) -> Request {
    Request {
        scope: ScopeNo(0),
        actor: "svc".parse().unwrap(),
        key: None,
        request_id: RequestId([7; 16]),
        cause: None,
        idempotency: None,
        command,
    }
}

pub(super) fn account(number: u8) -> AccountCode {
    let code = match number {
        0..=2 => format!("customer_balance:{number}"),
        3 => "merchant_balance".to_owned(),
        _ => "settlement_account".to_owned(),
    };
    code.parse().unwrap()
}

pub(super) fn eur() -> Currency {
    "EUR".parse().unwrap()
}

/// Money from outside for an account.
pub(super) fn fund(to: u8, amount: u8) -> Command {
    let (from, to) = ("world".parse().unwrap(), account(to));
    transfer(from, to, Amount(u128::from(amount)), eur())
}

/// A transfer outside any intent.
pub(super) fn transfer(
    from: AccountCode,
    to: AccountCode,
    amount: Amount,
    currency: Currency,
) -> Command {
    let line = |account, direction| TransferLine { account, direction, amount, currency };
    let lines = vec![line(from, Direction::Debit), line(to, Direction::Credit)];
    Command::Ledger(LedgerCommand::PostTransfer { lines, correction: None })
}
