//! An engine with a scope, a funded account and an endpoint, and short ways to ask it things.
use zentra_engine::{Command, Engine, Outcome, Request, Would};
use zentra_events::event::Capture;
use zentra_events::{Code, Entry, Event, Idempotency, ScopeNo, Timestamp};
use zentra_testkit::{accept, details, endpoint, fund, request, scope};

pub(crate) const SCOPE: ScopeNo = ScopeNo(0);

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) entries: Vec<Entry>,
    pub(crate) now: u64,
}

impl World {
    pub(crate) fn new() -> World {
        let mut world = World { engine: Engine::new(0), entries: Vec::new(), now: 1_000 };
        world.must(scope("workspace_scope"));
        world.must(fund("customer_balance:a"));
        world.must(endpoint(&["*"]));
        world
    }

    pub(crate) fn ask(&mut self, command: Command) -> Outcome {
        self.ask_with(command, None)
    }

    pub(crate) fn ask_with(&mut self, command: Command, key: Option<(u8, u8)>) -> Outcome {
        self.now += 7;
        let idempotency =
            key.map(|(key, body)| Idempotency { key: [key; 16], fingerprint: [body; 16] });
        let request = Request { idempotency, ..request(SCOPE, "svc_runtime", command) };
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

pub(crate) fn intent(id: &str, amount: u128, capture: Capture) -> Command {
    accept(id, details("customer_balance:a", "merchant_balance:b", amount, capture))
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
