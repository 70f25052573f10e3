//! Answers about events, replays and dead letters.

use crate::respond::rendering::{Base, Rendering};
use serde_json::Value;
use zentra_api_types::{
    DeliveryMadeDue, DeliveryResolved, DeliveryStatus, EventPublished, Published, QueuedDelivery,
    ReplayAsked, ReplayRequested, ReplayStatus,
};
use zentra_delivery as delivery;
use zentra_events::event::{
    DeliveryMadeDueV1, DeliveryResolvedV1, EventPublishedV1, ReplayRequestedV1,
};
use zentra_events::{DeliveryId, Entry, Event, EventId, ReplayId};
use zentra_runtime::Stretches;
use zentra_views::asked;

pub(super) fn published(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    published: &EventPublishedV1,
) -> EventPublished {
    let id = EventId::at(r.partition, entry.header.position, index);
    let mut stretches = Stretches::on(r.env);
    let deliveries = entry
        .events()
        .iter()
        .enumerate()
        .inspect(|_| stretches.step())
        .filter_map(|(index, recorded)| match &recorded.event {
            Event::DeliveryQueued(body) if body.event == id => {
                let index = u16::try_from(index).ok()?;
                let delivery = DeliveryId::at(r.partition, entry.header.position, index);
                Some(QueuedDelivery { id: delivery, endpoint_id: body.endpoint })
            }
            _ => None,
        })
        .collect();
    let Base { event, mut evidence, entrypoint } =
        r.base(&entry.header, "event.published", "POST /events");
    evidence.event_id = Some(id);
    EventPublished {
        status: Published::Published,
        event,
        evidence,
        entrypoint,
        id,
        event_id: id,
        event_type: published.event_type.clone(),
        deliveries,
    }
}

pub(super) fn replay_requested(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    replay: &ReplayRequestedV1,
) -> ReplayRequested {
    let id = ReplayId::at(r.partition, entry.header.position, index);
    let filter = shown_asked(replay);
    // Only a resend names one delivery.
    let is_resend = filter.delivery_id.is_some();
    let entrypoint = if is_resend { "POST /deliveries/{id}/resend" } else { "POST /replays" };
    let Base { event, mut evidence, entrypoint } =
        r.base(&entry.header, "replay.requested", entrypoint);
    evidence.replay_id = Some(id);
    let deliveries = replayed(entry);
    ReplayRequested {
        status: ReplayStatus::Replaying,
        event,
        evidence,
        entrypoint,
        id,
        replay_id: id,
        filter,
        reason: replay.reason.clone(),
        named: replay.named,
        replayed: deliveries.len(),
        deliveries,
        skipped: replay.skipped.clone(),
    }
}

pub(super) fn resolved(
    r: &Rendering<'_>,
    entry: &Entry,
    resolved: &DeliveryResolvedV1,
) -> DeliveryResolved {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "event.delivery.resolved", "POST /deliveries/{id}/resolve");
    let (id, reason) = (resolved.delivery, resolved.reason.clone());
    let status = DeliveryStatus::Resolved;
    DeliveryResolved { status, event, evidence, entrypoint, id, reason }
}

pub(super) fn made_due(
    r: &Rendering<'_>,
    entry: &Entry,
    made_due: &DeliveryMadeDueV1,
) -> DeliveryMadeDue {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "event.delivery.made_due", "POST /deliveries/{id}/resend");
    DeliveryMadeDue {
        status: DeliveryStatus::Pending,
        event,
        evidence,
        entrypoint,
        id: made_due.delivery,
        next_attempt_at: made_due.due_at.into(),
        reason: made_due.reason.clone(),
    }
}

/// How a delivery stands.
pub(crate) fn shown_delivery(status: delivery::DeliveryStatus) -> DeliveryStatus {
    use delivery::DeliveryStatus as S;
    match status {
        S::Pending => DeliveryStatus::Pending,
        S::Parked => DeliveryStatus::Parked,
        S::Delivered => DeliveryStatus::Delivered,
        S::DeadLettered => DeliveryStatus::DeadLettered,
        S::Resolved => DeliveryStatus::Resolved,
    }
}

/// What a replay was asked for. What is null was not asked for.
pub(crate) fn shown_asked(replay: &ReplayRequestedV1) -> ReplayAsked {
    serde_json::from_value(Value::Object(asked(&replay.filter))).unwrap_or_default()
}

/// The replay at an index of an entry, and the deliveries that it took up.
pub(crate) fn replay_of(
    entry: &Entry,
    index: u16,
) -> Option<(&ReplayRequestedV1, Vec<DeliveryId>)> {
    match &entry.events().get(usize::from(index))?.event {
        Event::ReplayRequested(body) => Some((body, replayed(entry))),
        _ => None,
    }
}

fn replayed(entry: &Entry) -> Vec<DeliveryId> {
    let taken = entry.events().iter().filter_map(|recorded| match &recorded.event {
        Event::DeliveryReplayed(body) => Some(body.delivery),
        _ => None,
    });
    taken.collect()
}
