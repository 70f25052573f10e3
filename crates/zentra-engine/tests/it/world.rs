//! An engine with a scope, a funded account and an endpoint, and short ways to ask it things.

use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command, Engine, Outcome, Request, Would};
use zentra_events::event::Capture;
use zentra_events::{
    Amount, Code, Direction, Entry, Event, Idempotency, RequestId, ScopeNo, Timestamp,
};
use zentra_ledger::{IntentRequest, LedgerCommand, TransferLine};

pub(crate) const SCOPE: ScopeNo = ScopeNo(0);

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: u64,
}

impl World {
    pub(crate) fn new() -> World {
        let mut world = World { engine: Engine::new(0), entries: Vec::new(), now: 1_000 };
        let name = "workspace_scope".parse().unwrap();
        world.must(Command::Access(AccessCommand::CreateScope { name, key: None }));
        world.must(transfer("world", "customer_balance:a", 1_000_000));
        world.must(Command::Delivery(DeliveryCommand::CreateEndpoint {
            url: "https://example.com/".into(),
            filters: vec!["*".into()],
            secret: SecretChoice::Own { sealed: vec![1, 2, 3] },
            policy: default_policy(),
            description: String::new(),
        }));
        world
    }

    pub(crate) fn ask(&mut self, command: Command) -> Outcome {
        self.ask_with(command, None)
    }

    pub(crate) fn ask_with(&mut self, command: Command, key: Option<(u8, u8)>) -> Outcome {
        self.now += 7;
        let request = Request {
            scope: SCOPE,
            actor: "svc_runtime".parse().unwrap(),
            key: None,
            request_id: RequestId([9; 16]),
            cause: None,
            idempotency: key
                .map(|(key, body)| Idempotency { key: [key; 16], fingerprint: [body; 16] }),
            command,
        };
        let would = self.engine.would(Timestamp(self.now), &request);
        let outcome = self.engine.handle(Timestamp(self.now), &request);
        assert!(is_what(&would, &outcome), "{would:?}: {outcome:?}");
        if let Outcome::Entry(entry) = &outcome {
            self.entries.push(entry.clone());
        }
        outcome
    }

    pub(crate) fn must(&mut self, command: Command) -> Entry {
        match self.ask(command.clone()) {
            Outcome::Entry(entry) => entry,
            other => panic!("{command:?}: {other:?}"),
        }
    }

    /// The engine that a fold of the entries from zero gives.
    pub(crate) fn rebuilt(&self) -> Engine {
        let mut engine = Engine::new(0);
        for entry in &self.entries {
            engine.apply(&entry.borrow()).unwrap();
        }
        engine.index(1).unwrap();
        engine
    }
}

pub(crate) fn transfer(from: &str, to: &str, amount: u128) -> Command {
    let line = |account: &str, direction| TransferLine {
        account: account.parse().unwrap(),
        direction,
        amount: Amount(amount),
        currency: "EUR".parse().unwrap(),
    };
    let lines = vec![line(from, Direction::Debit), line(to, Direction::Credit)];
    Command::Ledger(LedgerCommand::PostTransfer { lines, correction: None })
}

pub(crate) fn intent(id: &str, amount: u128, capture: Capture) -> Command {
    Command::Ledger(LedgerCommand::AcceptIntent {
        intent_id: id.parse().unwrap(),
        digest: [amount as u8; 16],
        details: Some(IntentRequest {
            amount: Amount(amount),
            currency: "EUR".parse().unwrap(),
            source: "customer_balance:a".parse().unwrap(),
            destination: "merchant_balance:b".parse().unwrap(),
            corridor: "domestic".into(),
            capture,
            effective_at: None,
            metadata: Vec::new(),
        }),
    })
}

/// Whether the engine did what it said it would.
fn is_what(would: &Would, outcome: &Outcome) -> bool {
    match (would, outcome) {
        (Would::Repeat, Outcome::Repeat(_)) => true,
        (Would::Record, Outcome::Entry(entry)) => refused_by(entry).is_none(),
        (Would::Refuse { refusal, .. }, Outcome::Refused(why)) => refusal == why,
        (Would::Refuse { refusal, decided: true }, Outcome::Entry(entry)) => {
            refused_by(entry) == Some(refusal.code)
        }
        _ => false,
    }
}

fn refused_by(entry: &Entry) -> Option<Code> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::CommandRefused(body) => Some(body.code),
        _ => None,
    })
}
