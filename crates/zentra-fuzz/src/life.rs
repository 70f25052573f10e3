//! A short life of a log: a few entries of nearly every kind, for seeds.

use crate::decided::request;
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command, Engine, Outcome, SealCommand};
use zentra_events::event::{
    AccountStatus, Capture, Floor, NormalSide, PolicyRuleV1, RouteV1, TemplateV1, role,
};
use zentra_events::{
    Amount, DeliveryId, EndpointId, Entry, Event, KeyId, Position, Span, Timestamp,
};
use zentra_ledger::{IntentRequest, LastLeg, LedgerCommand, LegsAt};
use zentra_testkit::{attempt, fund, key, scope};

/// What was asked of an engine, and what it recorded.
pub(crate) struct Life {
    pub(crate) engine: Engine,
    pub(crate) items: Vec<Entry>,
    endpoints: Vec<EndpointId>,
    deliveries: Vec<DeliveryId>,
    keys: Vec<KeyId>,
}

impl Life {
    /// Everything that is asked is recorded: a refusal here would leave a kind out.
    pub(crate) fn lived() -> Life {
        let engine = Engine::new(0);
        let (endpoints, deliveries, keys) = (Vec::new(), Vec::new(), Vec::new());
        let mut life = Life { engine, items: Vec::new(), endpoints, deliveries, keys };
        life.begins();
        life.moves_money();
        life.delivers();
        life
    }

    fn begins(&mut self) {
        self.ask(scope("fuzz"));
        self.ask(key("svc_other", [4; 32], role::WRITER));
        let key = self.keys[0];
        self.ask(Command::Access(AccessCommand::RevokeKey { key }));
        let template = |pattern: &str, normal_side, floor| TemplateV1 {
            pattern: pattern.into(),
            normal_side,
            floor,
        };
        let templates = vec![
            template("world", NormalSide::Debit, Floor::Unbounded),
            template("customer_balance", NormalSide::Credit, Floor::None),
            template("merchant_balance:*", NormalSide::Credit, Floor::None),
        ];
        self.ledger(LedgerCommand::SetChart { templates });
        let (currency, amount_max) = (eur(), Amount(500_000));
        let velocity = PolicyRuleV1::Velocity {
            currency,
            window_ns: Span(1_000_000),
            count_max: 100,
            sum_max: amount_max,
        };
        let limit = PolicyRuleV1::LimitCheck { currency, amount_max };
        self.ledger(LedgerCommand::SetPolicy { rules: vec![limit, velocity] });
        let route = |id: &str, enabled| RouteV1 {
            id: id.into(),
            corridor: "default".into(),
            currency,
            rail: "rail".into(),
            amount_min: Amount(1),
            amount_max,
            priority: 5,
            enabled,
        };
        let routes = vec![route("good", true), route("off", false)];
        self.ledger(LedgerCommand::SetRoutes { routes: routes.clone() });
        self.ledger(LedgerCommand::ResetRoutes);
        self.ledger(LedgerCommand::SetRoutes { routes });
        let currency = "BTC".parse().expect("the currency is one");
        self.ledger(LedgerCommand::DeclareCurrency { currency, exponent: 8 });
    }

    fn moves_money(&mut self) {
        self.ask(fund("customer_balance"));
        let code = "merchant_balance:a".parse().expect("the code is one");
        for status in [AccountStatus::Frozen, AccountStatus::Open] {
            if status == AccountStatus::Frozen {
                self.accept("first", Some((7, Capture::Automatic)));
            }
            let (code, reason) = (Clone::clone(&code), "why".into());
            self.ledger(LedgerCommand::SetAccountStatus { code, status, reason, by_admin: true });
        }
        let held = LastLeg {
            position: self.engine.next_position(),
            effective_at: Timestamp(1_000 + 10 * self.items.len() as u64),
        };
        self.accept("held", Some((9, Capture::Manual)));
        self.accept("waiting", None);
        self.accept("second", Some((11, Capture::Automatic)));
        self.accept("poor", Some((400_000, Capture::Automatic)));
        let id = |name: &str| name.parse().expect("the id is one");
        let reason = || "why".to_owned();
        self.ledger(LedgerCommand::SettleIntent {
            intent_id: id("held"),
            amount: Some(Amount(4)),
            effective_at: Some(LegsAt { at: Timestamp(5_000), after: Some(held) }),
        });
        self.ledger(LedgerCommand::ReverseIntent {
            intent_id: id("first"),
            amount: Some(Amount(3)),
            reason: reason(),
            effective_at: None,
        });
        self.ledger(LedgerCommand::PayoutIntent { intent_id: id("second"), effective_at: None });
        let details = details(5, Capture::Manual);
        self.ledger(LedgerCommand::ConfirmIntent {
            intent_id: id("waiting"),
            digest: [8; 16],
            details,
        });
        self.ledger(LedgerCommand::VoidIntent {
            intent_id: id("waiting"),
            reason: reason(),
            effective_at: None,
        });
    }

    fn delivers(&mut self) {
        for name in ["one", "two"] {
            self.delivery(DeliveryCommand::CreateEndpoint {
                url: "https://example.com/".into(),
                filters: vec!["*".into()],
                secret: SecretChoice::Named { name: name.into(), sealed_if_new: vec![1, 2, 3] },
                policy: default_policy(),
                description: String::new(),
            });
        }
        let event_type = "order.placed".parse().expect("the type is one");
        self.delivery(DeliveryCommand::Publish { event_type, data: "{\"n\":1}".into() });
        self.accept("told", Some((13, Capture::Automatic)));
        let endpoint = self.endpoints[0];
        let (overlap, sealed) = (Span(1_000), vec![4]);
        self.delivery(DeliveryCommand::RotateSecret { endpoint, sealed, overlap });
        let [first, second] = [self.deliveries[0], self.deliveries[1]];
        self.finish(first, 500);
        self.finish(second, 200);
        self.delivery(DeliveryCommand::Resend { delivery: first, reason: "now".into() });
        self.delivery(DeliveryCommand::EndSecretVersion { endpoint, version: 1 });
        self.delivery(DeliveryCommand::DisableEndpoint { endpoint });
        self.delivery(DeliveryCommand::EnableEndpoint { endpoint });
        self.delivery(DeliveryCommand::Replay {
            deliveries: vec![second],
            filter: "{}".into(),
            reason: "again".into(),
        });
        self.delivery(DeliveryCommand::DeleteEndpoint { endpoint: self.endpoints[1] });
        let (note, tree_size) = ("a note\n".to_owned(), 3);
        self.ask(Command::Seal(SealCommand { tree_size, root: [6; 32], note }));
    }

    fn finish(&mut self, delivery: DeliveryId, status: u16) {
        let attempt = attempt(1, status);
        self.delivery(DeliveryCommand::AttemptFinished { delivery, attempt, retry_after: None });
    }

    fn accept(&mut self, name: &str, moved: Option<(u128, Capture)>) {
        self.ledger(LedgerCommand::AcceptIntent {
            intent_id: name.parse().expect("the id is one"),
            digest: [9; 16],
            details: moved.map(|(amount, capture)| details(amount, capture)),
        });
    }

    fn ledger(&mut self, command: LedgerCommand) {
        self.ask(Command::Ledger(command));
    }

    fn delivery(&mut self, command: DeliveryCommand) {
        self.ask(Command::Delivery(command));
    }

    fn ask(&mut self, command: Command) {
        let now = Timestamp(1_000 + 10 * self.items.len() as u64);
        let shown = format!("{command:?}");
        let entry = match self.engine.handle(now, &request(command)) {
            Outcome::Entry(entry) => entry,
            other => panic!("{shown}: {other:?}"),
        };
        let events = entry.events().iter().map(|recorded| &recorded.event);
        self.note(entry.header.position, events);
        self.items.push(entry);
    }

    fn note<'e>(&mut self, position: Position, events: impl Iterator<Item = &'e Event>) {
        for (index, event) in (0..).zip(events) {
            match event {
                Event::EndpointCreated(_) => {
                    self.endpoints.push(EndpointId::at(0, position, index));
                }
                Event::DeliveryQueued(_) => {
                    self.deliveries.push(DeliveryId::at(0, position, index));
                }
                Event::KeyCreated(_) => self.keys.push(KeyId::at(0, position, index)),
                _ => {}
            }
        }
    }
}

fn details(amount: u128, capture: Capture) -> IntentRequest {
    let metadata = vec![("a".into(), "b".into())];
    let plain = zentra_testkit::details("customer_balance", "merchant_balance:a", amount, capture);
    IntentRequest { metadata, ..plain }
}

fn eur() -> zentra_events::Currency {
    "EUR".parse().expect("the currency is one")
}
