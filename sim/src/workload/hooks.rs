//! Wishes about endpoints, secrets, own events and deliveries.

use crate::oracle::{Hears, Oracle, Rests};
use crate::random::Random;
use zentra_delivery::{DeliveryCommand, SecretChoice};
use zentra_events::event::RetryPolicyV1;
use zentra_events::{DeliveryId, EndpointId, Span};

const FILTERS: [&str; 9] = [
    "*",
    "transfer.*",
    "transfer.settled",
    "transfer.voided",
    "payout.closed",
    "order.*",
    "order.paid",
    "webhook.endpoint.created",
    "webhook.*",
];
const TYPES: [&str; 5] = ["order.paid", "order.paid.late", "order.sent", "orders.paid", "news"];
const BAD_FILTERS: [&str; 3] = ["event.delivery.*", "order paid", "order.*.paid"];
const REASON: &str = "asked for";
/// What is published: a number that no double holds.
const LONG_NUMBER: &str = r#"{"wei":123456789012345678901234567890}"#;

/// How the URL of a consumer begins that never answers.
pub(crate) const HANGS: &str = "https://hangs-";

/// Makes one of many endpoints that never answer, each of which may have many attempts at once.
pub(super) fn make_hanging(number: u64) -> DeliveryCommand {
    DeliveryCommand::CreateEndpoint {
        url: format!("{HANGS}{number}.example/hook"),
        filters: vec!["order.*".to_owned()],
        secret: SecretChoice::Own { sealed: format!("sealed {number}").into_bytes() },
        policy: RetryPolicyV1 {
            schedule_ns: vec![Span(0), Span::seconds(3_600)],
            timeout_ns: Span::seconds(30),
            concurrency: 16,
            disable_after: 0,
        },
        description: String::new(),
    }
}

/// An event that all of those hear of.
pub(super) fn for_hanging() -> DeliveryCommand {
    let event_type = "order.paid".parse().expect("a type");
    DeliveryCommand::Publish { event_type, data: LONG_NUMBER.to_owned() }
}

/// Makes an endpoint.
pub(super) fn make(random: &mut Random, number: u64) -> DeliveryCommand {
    let mut filters: Vec<String> =
        (0..random.between(1, 3)).map(|_| random.pick::<&str>(&FILTERS).to_string()).collect();
    match random.below(40) {
        0 => filters.clear(),
        1 => filters.push(random.pick::<&str>(&BAD_FILTERS).to_string()),
        _ => {}
    }
    let sealed = format!("sealed {}", random.any()).into_bytes();
    let secret = if random.chance(400) {
        let name = format!("shared-{}", random.below(2));
        SecretChoice::Named { name, sealed_if_new: sealed }
    } else {
        SecretChoice::Own { sealed }
    };
    DeliveryCommand::CreateEndpoint {
        url: format!("https://consumer-{number}.example/hook"),
        filters,
        secret,
        policy: policy(random),
        description: String::new(),
    }
}

fn policy(random: &mut Random) -> RetryPolicyV1 {
    let first = Span::seconds(if random.chance(800) { 0 } else { random.magnitude(1, 100) });
    let later = (0..random.below(6)).map(|_| random.magnitude(1, 7_200));
    let mut schedule_ns: Vec<Span> = [first].into_iter().chain(later.map(Span::seconds)).collect();
    match random.below(60) {
        0 => schedule_ns.clear(),
        1 => schedule_ns.push(Span::millis(10)),
        _ => {}
    }
    RetryPolicyV1 {
        schedule_ns,
        timeout_ns: Span::millis(random.magnitude(100, 30_000)),
        concurrency: random.magnitude(1, 16) as u32,
        disable_after: if random.chance(700) { 0 } else { random.between(1, 4) as u32 },
    }
}

/// What a scope's operators and writers do to endpoints and deliveries.
pub(super) fn operate(random: &mut Random, oracle: &Oracle, scope: u32) -> DeliveryCommand {
    let endpoint = endpoint(random, oracle, scope);
    let reason = REASON.to_owned();
    match random.below(100) {
        0..35 => DeliveryCommand::Publish {
            event_type: {
                let reserved = random.chance(20);
                let text = if reserved { "transfer.settled" } else { random.pick::<&str>(&TYPES) };
                text.parse().expect("a type")
            },
            data: LONG_NUMBER.to_owned(),
        },
        35..45 => DeliveryCommand::DisableEndpoint { endpoint },
        45..57 => DeliveryCommand::EnableEndpoint { endpoint },
        57..60 => DeliveryCommand::DeleteEndpoint { endpoint },
        60..68 => DeliveryCommand::RotateSecret {
            endpoint,
            sealed: format!("sealed {}", random.any()).into_bytes(),
            overlap: Span::seconds(match random.below(10) {
                0 => 40 * 24 * 3_600,
                1 | 2 => 0,
                _ => random.magnitude(1, 86_400),
            }),
        },
        68..72 => {
            DeliveryCommand::EndSecretVersion { endpoint, version: random.between(1, 4) as u32 }
        }
        72..82 => DeliveryCommand::Resend { delivery: delivery(random, oracle, scope), reason },
        82..90 => {
            let delivery = delivery(random, oracle, scope);
            DeliveryCommand::ResolveDelivery { delivery, reason }
        }
        _ => {
            let count = random.magnitude(1, 20);
            let deliveries = (0..count).map(|_| delivery(random, oracle, scope)).collect();
            DeliveryCommand::Replay { deliveries, filter: "{}".to_owned(), reason }
        }
    }
}

fn endpoint(random: &mut Random, oracle: &Oracle, scope: u32) -> EndpointId {
    let hooks = &oracle.model.deliveries.hooks;
    let own = hooks.of_scope(scope);
    let disabled: Vec<usize> = own
        .iter()
        .copied()
        .filter(|number| hooks.endpoints[*number].hears == Hears::Disabled)
        .collect();
    let number = match random.below(20) {
        0 => random.place(hooks.endpoints.len() + 1),
        1..8 if !disabled.is_empty() => *random.pick(&disabled),
        _ if own.is_empty() => 0,
        _ => *random.pick(&own),
    };
    EndpointId(oracle.reading.endpoints.id(number))
}

fn delivery(random: &mut Random, oracle: &Oracle, scope: u32) -> DeliveryId {
    let deliveries = &oracle.model.deliveries;
    let all = deliveries.all.len();
    let of_scope = |number: &usize| {
        let one = &deliveries.all[*number];
        deliveries.hooks.endpoints[one.endpoint].scope == scope
    };
    let recent: Vec<usize> = (all.saturating_sub(200)..all).filter(of_scope).collect();
    let special: Vec<usize> = recent
        .iter()
        .copied()
        .filter(|number| deliveries.all[*number].rests != Rests::Delivered)
        .collect();
    let number = match random.below(20) {
        0 => random.place(all + 1),
        1..12 if !special.is_empty() => *random.pick(&special),
        _ if recent.is_empty() => all,
        _ => *random.pick(&recent),
    };
    DeliveryId(oracle.reading.deliveries.id(number))
}
