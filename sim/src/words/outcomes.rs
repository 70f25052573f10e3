//! Words of outcomes: answers, attempts, and how things stand.

use super::rules::status as status_word;
use super::units::span;
use crate::disk::Power;
use crate::oracle::{Answered, Delivery, Endpoint, Hears, Rests, Status};
use zentra_delivery::{DeliveryStatus, DeliveryView};
use zentra_engine::ItemOutcome;
use zentra_events::event::AttemptResult;

/// What a caller learns.
pub(crate) fn answered(answered: &Answered) -> String {
    match answered {
        Answered::By(position) => format!("done by entry {}", position.get()),
        Answered::Refused(code) => format!("refused, {code}"),
        Answered::Batch(items) => format!("outcomes of {items} items"),
    }
}

/// What became of an item of a batch.
pub(crate) fn item(outcome: &ItemOutcome) -> String {
    match outcome {
        ItemOutcome::Created(position) => format!("taken by entry {}", position.get()),
        ItemOutcome::Rejected(position, refusal) => {
            format!("rejected by entry {}, {}", position.get(), refusal.code.as_str())
        }
        ItemOutcome::Replayed(position, past) => {
            format!("taken before by entry {}, {}", position.get(), past.state.as_str())
        }
        ItemOutcome::Refused(refusal) => format!("refused, {}", refusal.code.as_str()),
    }
}

/// How an attempt ends.
pub(crate) fn result(result: AttemptResult) -> String {
    match result {
        AttemptResult::Answered(status) => format!("the consumer says {status}"),
        AttemptResult::Verified(status) => format!("the consumer verified it and says {status}"),
        AttemptResult::TimedOut => "the consumer does not answer in time".to_owned(),
        AttemptResult::DnsFailed => "its name does not resolve".to_owned(),
        AttemptResult::ConnectionRefused => "nobody listens there".to_owned(),
        AttemptResult::HeadTooLarge => "the head of its answer is too large".to_owned(),
        AttemptResult::BadHead => "what it answers is no HTTP".to_owned(),
        AttemptResult::ClosedEarly => "it closes the connection early".to_owned(),
        other => format!("it fails: {}", other.cause().unwrap_or_default()),
    }
}

/// What becomes of what is not durable.
pub(crate) fn power(power: Power) -> &'static str {
    match power {
        Power::Stays => "all is kept, the machine goes on",
        Power::LosesAll => "all is lost with the machine's power",
        Power::LosesSome => "some is lost with the machine's power",
    }
}

/// How an intent stands.
pub(crate) fn intent(known: Option<(&str, u128, u128, u128)>) -> String {
    let Some((stage, reserved, settled, reversed)) = known else { return nothing() };
    format!("{stage}, {reserved} held, {settled} settled, {reversed} reversed")
}

/// How an account stands.
pub(crate) fn account(known: Option<(String, i128, u128, Status)>) -> String {
    let Some((currency, posted, reserved, status)) = known else { return nothing() };
    format!("{posted} {currency} posted, {reserved} held, {}", status_word(status))
}

fn nothing() -> String {
    "not there".to_owned()
}

/// How an endpoint stands.
pub(crate) fn endpoint(known: &Endpoint) -> String {
    let hears = match known.hears {
        Hears::Listening => "enabled",
        Hears::Disabled => "disabled",
        Hears::Deleted => "deleted",
    };
    format!("{hears}, of scope {}, {}", known.scope, known.url)
}

/// How a delivery stands.
pub(crate) fn delivery(known: &Delivery) -> String {
    let rests = match known.rests {
        Rests::Waiting => format!("waits, due at {}", known.due),
        Rests::Delivered => "is delivered".to_owned(),
        Rests::Dead => "is a dead letter".to_owned(),
        Rests::Resolved => "is resolved".to_owned(),
        Rests::GivenUp => "was given up".to_owned(),
    };
    let Delivery { endpoint, event, attempts, replay, .. } = known;
    let replay = match replay {
        Some((replay, before)) => format!(", of replay {replay} after {before}"),
        None => String::new(),
    };
    format!("{rests}: event {event} for endpoint {endpoint}, {attempts} attempts{replay}")
}

/// As the product shows it.
pub(crate) fn shown_delivery(shown: Option<&DeliveryView>) -> String {
    let Some(shown) = shown else { return "is not there".to_owned() };
    let status = match shown.status {
        DeliveryStatus::Pending => "waits",
        DeliveryStatus::Parked => "is parked",
        DeliveryStatus::Delivered => "is delivered",
        DeliveryStatus::DeadLettered => "is a dead letter",
        DeliveryStatus::Resolved => "is resolved",
    };
    let due = shown.next_attempt_at.map(|due| format!(", due at {due}")).unwrap_or_default();
    format!("{status}{due}, {} attempts", shown.attempts)
}

/// When something ends that took so long.
pub(crate) fn after(ns: u64) -> String {
    if ns == u64::MAX { "never".to_owned() } else { format!("after {}", span(ns)) }
}
