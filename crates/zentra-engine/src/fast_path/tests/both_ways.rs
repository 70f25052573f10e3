//! Both ways of deciding an intent come to the same, whatever is asked.

use crate::Command;
use crate::fast_path::tests::pair::{Pair, account, eur, fund};
use proptest::prelude::*;
use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_events::event::{Capture, PolicyRuleV1, RouteV1};
use zentra_events::{Amount, Idempotency, Span};
use zentra_ledger::{IntentRequest, LedgerCommand};

#[derive(Clone, Debug)]
enum Step {
    Fund(u8, u8),
    Intent { id: u16, amount: u8, source: u8, destination: u8, manual: bool, corridor: bool },
    Policy(u8, bool),
    Routes(u8),
    Freeze(u8, bool),
    Settle(u16),
    Endpoint,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let intent = (any::<u16>(), 0_u8..12, 0_u8..5, 0_u8..5, 0_u8..10, any::<bool>());
    let intent = intent.prop_map(|(id, amount, source, destination, manual, corridor)| {
        let manual = manual == 0;
        Step::Intent { id: id % 512, amount, source, destination, manual, corridor }
    });
    let step = prop_oneof![
        60 => intent,
        6 => (0_u8..4, 1_u8..200).prop_map(|(account, amount)| Step::Fund(account, amount)),
        1 => (1_u8..12, any::<bool>()).prop_map(|(max, velocity)| Step::Policy(max, velocity)),
        1 => (0_u8..12).prop_map(Step::Routes),
        1 => (0_u8..5, any::<bool>()).prop_map(|(account, open)| Step::Freeze(account, open)),
        2 => any::<u16>().prop_map(|id| Step::Settle(id % 512)),
    ];
    (proptest::collection::vec(step, 200..400), 0_u8..3).prop_map(|(mut steps, endpoint)| {
        if endpoint == 0 {
            steps.insert(steps.len() * 3 / 4, Step::Endpoint);
        }
        steps
    })
}

fn command(step: &Step) -> Command {
    match step {
        Step::Fund(to, amount) => fund(*to, *amount),
        Step::Intent { id, amount, source, destination, manual, corridor } => {
            let details = IntentRequest {
                amount: Amount(u128::from(*amount)),
                currency: eur(),
                source: account(*source),
                destination: account(*destination),
                corridor: if *corridor { "default" } else { "other" }.to_owned(),
                capture: if *manual { Capture::Manual } else { Capture::Automatic },
                effective_at: None,
                metadata: Vec::new(),
            };
            let intent_id = format!("intent_{id}").parse().unwrap();
            let digest = [*amount; 16];
            let details = Some(details);
            Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest, details })
        }
        Step::Policy(max, velocity) => {
            let mut rules = vec![PolicyRuleV1::LimitCheck {
                currency: eur(),
                amount_max: Amount(u128::from(*max)),
            }];
            if *velocity {
                rules.push(PolicyRuleV1::Velocity {
                    currency: eur(),
                    window_ns: Span(500),
                    count_max: 9,
                    sum_max: Amount(40),
                });
            }
            Command::Ledger(LedgerCommand::SetPolicy { rules })
        }
        Step::Routes(bound) => routes(*bound),
        Step::Freeze(number, open) => {
            use zentra_events::event::AccountStatus::{Frozen, Open};
            let status = if *open { Open } else { Frozen };
            let (code, reason) = (account(*number), String::new());
            Command::Ledger(LedgerCommand::SetAccountStatus {
                code,
                status,
                reason,
                by_admin: true,
            })
        }
        Step::Settle(id) => {
            let intent_id = format!("intent_{id}").parse().unwrap();
            Command::Ledger(LedgerCommand::SettleIntent {
                intent_id,
                amount: None,
                effective_at: None,
            })
        }
        Step::Endpoint => Command::Delivery(DeliveryCommand::CreateEndpoint {
            url: "https://example.com/".into(),
            filters: vec!["transfer.*".into()],
            secret: SecretChoice::Own { sealed: vec![1] },
            policy: default_policy(),
            description: String::new(),
        }),
    }
}

fn routes(bound: u8) -> Command {
    let route = |id: &str, min: u8, max: u8, priority| RouteV1 {
        id: id.to_owned(),
        corridor: "default".to_owned(),
        currency: eur(),
        rail: "rail".to_owned(),
        amount_min: Amount(u128::from(min)),
        amount_max: Amount(u128::from(max)),
        priority,
        enabled: true,
    };
    let routes =
        vec![route("low", 0, bound, 1), route("high", bound, 200, 2), route("never", 201, 202, 0)];
    Command::Ledger(LedgerCommand::SetRoutes { routes })
}

#[test]
fn plain_intents_take_the_fast_path() {
    let mut pair = Pair::new();
    pair.ask(command(&Step::Fund(0, 200)), None);
    for id in 0..150 {
        let (amount, manual, corridor) = (1, false, true);
        let step = Step::Intent { id, amount, source: 0, destination: 3, manual, corridor };
        let key = [id as u8; 16];
        pair.ask(command(&step), Some(Idempotency { key, fingerprint: key }));
    }
    // The first opens the accounts that the others find.
    assert_eq!(pair.compact, 149);
    pair.check();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_fast_path_decides_what_the_slow_path_does(steps in steps()) {
        let mut pair = Pair::new();
        for number in 0..3 {
            pair.ask(command(&Step::Fund(number, 200)), None);
        }
        for step in &steps {
            pair.ask(command(step), None);
        }
        pair.check();
    }
}
