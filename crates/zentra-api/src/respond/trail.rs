//! A delivery's trail: every attempt with what is retained of it, read backwards from the log.
//!
//! Owns the page's words for how an attempt ended: retained, retrying, resolved. Must not know
//! when the next attempt is due.

use crate::problem::Problem;
use crate::respond::rendering::LogReader;
use zentra_api_types::{Attempt, AttemptOutcome, DeliveryEvent};
use zentra_delivery::DeliveryView;
use zentra_events::event::{AttemptResult, AttemptV1, DeadReason};
use zentra_events::{AttemptId, DeliveryId, Event, Header, Position, Timestamp};
use zentra_sender::{sha256, shown_hash};

/// What a delivery carries.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    pub(crate) event_type: String,
    /// Its payload, as it is sent.
    pub(crate) payload: String,
}

/// The attempts of a delivery and the other events of its stream, oldest first.
///
/// # Errors
/// When the log cannot be read.
pub(crate) fn trail(
    delivery: &DeliveryView,
    carried: &Carried,
    partition: u16,
    log: LogReader<'_>,
) -> Result<(Vec<Attempt>, Vec<DeliveryEvent>), Problem> {
    let (mut attempts, mut history) = (Vec::new(), Vec::new());
    let hashes = Hashes::of(carried);
    let mut at = Some(delivery.last);
    // Whether the event after this one was an attempt: it was under way when this one came.
    let mut under_way = false;
    while let Some(position) = at {
        let entry = log(position)?.ok_or_else(|| lost(position))?;
        let mut newest_first = Vec::new();
        at = None;
        let dies = entry.events().iter().any(|recorded| {
            matches!(
                &recorded.event,
                Event::DeliveryDeadLettered(dead) if dead.delivery == delivery.delivery
            )
        });
        for (index, recorded) in entry.events().iter().enumerate() {
            let id_here = u16::try_from(index)
                .map(|index| DeliveryId::at(partition, entry.header.position, index));
            let event = &recorded.event;
            if delivery_of(event).or(queued(event, id_here.ok())) != Some(delivery.delivery) {
                continue;
            }
            at = at.or(recorded.prev);
            newest_first.push(step(&entry.header, event));
            if let Some((attempt, ending)) = attempt_of(event, dies) {
                let index = u16::try_from(index).unwrap_or(u16::MAX);
                let id = AttemptId::at(partition, entry.header.position, index);
                attempts.push(shown(delivery, &hashes, id, attempt, ending));
            }
            match event {
                Event::DeliveryResolved(_) if under_way => given_up(attempts.last_mut()),
                Event::DeliverySucceeded(_) | Event::DeliveryFailed(_) => under_way = true,
                Event::DeliveryReplayed(_) => under_way = false,
                _ => {}
            }
        }
        newest_first.reverse();
        history.append(&mut newest_first);
    }
    attempts.reverse();
    history.reverse();
    Ok((attempts, history))
}

/// What failed when its delivery had been given up left it so.
fn given_up(attempt: Option<&mut Attempt>) {
    if let Some(attempt) = attempt.filter(|attempt| attempt.outcome == AttemptOutcome::Parked) {
        attempt.outcome = AttemptOutcome::GivenUp;
    }
}

/// How an attempt left its delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Succeeded,
    NextAt(Timestamp),
    Parked,
    Dead,
}

fn attempt_of(event: &Event, dies: bool) -> Option<(&AttemptV1, Ending)> {
    match event {
        Event::DeliverySucceeded(body) => Some((&body.attempt, Ending::Succeeded)),
        Event::DeliveryFailed(body) => {
            let ending = match body.next_attempt_at {
                Some(at) => Ending::NextAt(at),
                None if dies => Ending::Dead,
                None => Ending::Parked,
            };
            Some((&body.attempt, ending))
        }
        _ => None,
    }
}

/// The hashes of what a delivery carries.
struct Hashes<'a> {
    event_type: &'a str,
    blake3: [u8; 32],
    sha256: String,
}

impl Hashes<'_> {
    fn of(carried: &Carried) -> Hashes<'_> {
        Hashes {
            event_type: &carried.event_type,
            blake3: *blake3::hash(carried.payload.as_bytes()).as_bytes(),
            sha256: sha256(&carried.payload),
        }
    }

    /// The SHA-256 of what was sent, where the hash that is retained is that of the payload.
    fn sha256_of(&self, attempt: &AttemptV1) -> Option<&str> {
        (attempt.payload_hash == self.blake3).then_some(&self.sha256)
    }
}

fn shown(
    delivery: &DeliveryView,
    hashes: &Hashes<'_>,
    id: AttemptId,
    attempt: &AttemptV1,
    ending: Ending,
) -> Attempt {
    let (stage, outcome) = words(attempt.result, ending);
    let next = match ending {
        Ending::NextAt(at) => Some(at.into()),
        _ => None,
    };
    Attempt {
        id,
        step: format!("{:02}", attempt.number),
        stage,
        event: hashes.event_type.to_owned(),
        outcome,
        event_id: delivery.event,
        endpoint_id: delivery.endpoint,
        url: attempt.url.clone(),
        attempt_count: attempt.number,
        result: attempt.result.into(),
        cause: attempt.result.cause().map(str::to_owned),
        status_code: attempt.result.status(),
        verified_by_consumer: matches!(attempt.result, AttemptResult::Verified(_)),
        timestamp: attempt.started_at.into(),
        webhook_timestamp: attempt.signed_at_seconds,
        duration_ms: attempt.duration_ns.as_millis(),
        signature: attempt.signature.clone(),
        secret_version: attempt.secret_versions.first().copied(),
        secret_versions: attempt.secret_versions.clone(),
        payload_hash: shown_hash(&attempt.payload_hash),
        payload_sha256: hashes.sha256_of(attempt).map(str::to_owned),
        response_excerpt: attempt.response_excerpt.clone(),
        replay_id: attempt.replay,
        next_attempt_at: next,
    }
}

/// The page's words: what the attempt came to, and what became of the delivery. Only a consumer
/// knows whether it verified the signature, so that is said where it told so; else the stage is
/// its answer. One that did not answer leaves the delivery retained.
fn words(result: AttemptResult, ending: Ending) -> (String, AttemptOutcome) {
    let stage = match (result, result.status()) {
        (_, Some(_)) if ending == Ending::Succeeded => "delivered".to_owned(),
        (AttemptResult::Verified(_), _) => "signature verified".to_owned(),
        (_, Some(status @ (401 | 403))) => format!("refused {status}"),
        (_, Some(status)) => format!("answered {status}"),
        (AttemptResult::TimedOut, None) => "timeout".to_owned(),
        _ => result.cause().unwrap_or("internal").replace('_', " "),
    };
    let outcome = match ending {
        Ending::Succeeded => AttemptOutcome::Resolved,
        Ending::NextAt(_) if result.status().is_some() => AttemptOutcome::Retrying,
        Ending::NextAt(_) => AttemptOutcome::Retained,
        Ending::Parked => AttemptOutcome::Parked,
        Ending::Dead => AttemptOutcome::DeadLettered,
    };
    (stage, outcome)
}

fn step(header: &Header, event: &Event) -> DeliveryEvent {
    let (replay_id, reason) = match event {
        Event::DeliveryReplayed(body) => (Some(body.replay), None),
        Event::DeliveryResolved(body) => (None, Some(body.reason.clone())),
        Event::DeliveryMadeDue(body) => (None, Some(body.reason.clone())),
        Event::DeliveryDeadLettered(body) => (None, Some(dead_word(body.reason).to_owned())),
        _ => (None, None),
    };
    DeliveryEvent {
        event: event.type_name().into(),
        position: header.position,
        recorded_at: header.recorded_at.into(),
        replay_id,
        reason,
    }
}

fn dead_word(reason: DeadReason) -> &'static str {
    match reason {
        DeadReason::Exhausted => "exhausted",
        DeadReason::EndpointDeleted => "endpoint_deleted",
    }
}

fn delivery_of(event: &Event) -> Option<DeliveryId> {
    match event {
        Event::DeliverySucceeded(body) => Some(body.delivery),
        Event::DeliveryFailed(body) => Some(body.delivery),
        Event::DeliveryDeadLettered(body) => Some(body.delivery),
        Event::DeliveryReplayed(body) => Some(body.delivery),
        Event::DeliveryResolved(body) => Some(body.delivery),
        Event::DeliveryMadeDue(body) => Some(body.delivery),
        _ => None,
    }
}

fn queued(event: &Event, here: Option<DeliveryId>) -> Option<DeliveryId> {
    if matches!(event, Event::DeliveryQueued(_)) { here } else { None }
}

fn lost(position: Position) -> Problem {
    Problem::internal(&format!("no entry at {}, which a trail points at", position.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_word_for_every_ending() {
        let next = Ending::NextAt(Timestamp(1));
        let rows = [
            (AttemptResult::TimedOut, next, ("timeout", "retained")),
            (AttemptResult::ConnectFailed, next, ("connect failed", "retained")),
            (AttemptResult::CertificateExpired, next, ("certificate expired", "retained")),
            (AttemptResult::NotTls, next, ("not tls", "retained")),
            (AttemptResult::Verified(500), next, ("signature verified", "retrying")),
            (AttemptResult::Answered(500), next, ("answered 500", "retrying")),
            (AttemptResult::Answered(301), next, ("answered 301", "retrying")),
            (AttemptResult::Answered(401), next, ("refused 401", "retrying")),
            (AttemptResult::Verified(200), Ending::Succeeded, ("delivered", "resolved")),
            (AttemptResult::Answered(200), Ending::Succeeded, ("delivered", "resolved")),
            (AttemptResult::Answered(500), Ending::Dead, ("answered 500", "dead_lettered")),
            (AttemptResult::TimedOut, Ending::Dead, ("timeout", "dead_lettered")),
            (AttemptResult::Verified(410), Ending::Parked, ("signature verified", "parked")),
        ];
        for (result, ending, expected) in rows {
            let (stage, outcome) = words(result, ending);
            assert_eq!((stage.as_str(), outcome.as_str()), expected, "{result:?} {ending:?}");
        }
    }
}
