//! Answers about events, replays and dead letters.

use crate::api::respond::ledger::extend;
use crate::api::respond::rendering::Rendering;
use crate::asked::asked;
use serde_json::{Map, Value, json};
use zentra_events::event::{
    DeliveryMadeDueV1, DeliveryResolvedV1, EventPublishedV1, ReplayRequestedV1,
};
use zentra_events::{DeliveryId, Entry, Event, EventId, ReplayId};
use zentra_runtime::Stretches;

pub(super) fn published(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    published: &EventPublishedV1,
) -> Value {
    let id = EventId::at(r.partition, entry.header.position, index);
    let mut stretches = Stretches::begin();
    let queued: Vec<Value> = entry
        .events()
        .iter()
        .enumerate()
        .inspect(|_| stretches.step())
        .filter_map(|(index, recorded)| match &recorded.event {
            Event::DeliveryQueued(body) if body.event == id => {
                let index = u16::try_from(index).ok()?;
                let delivery = DeliveryId::at(r.partition, entry.header.position, index);
                Some(json!({ "id": delivery, "endpoint_id": body.endpoint }))
            }
            _ => None,
        })
        .collect();
    let mut body = r.base(&entry.header, "published", "event.published", "POST /events");
    body["evidence"]["event_id"] = json!(id);
    extend(
        &mut body,
        json!({ "id": id, "event_id": id, "type": published.event_type, "deliveries": queued }),
    );
    Value::Object(body)
}

pub(super) fn replay_requested(
    r: &Rendering<'_>,
    entry: &Entry,
    index: u16,
    replay: &ReplayRequestedV1,
) -> Value {
    let id = ReplayId::at(r.partition, entry.header.position, index);
    let filter = asked(&replay.filter);
    // Only a resend names one delivery.
    let is_resend = filter.contains_key("delivery_id");
    let entrypoint = if is_resend { "POST /deliveries/{id}/resend" } else { "POST /replays" };
    let mut body = r.base(&entry.header, "replaying", "replay.requested", entrypoint);
    body["evidence"]["replay_id"] = json!(id);
    body.extend(shown_replay(id, replay, &replayed(entry)));
    Value::Object(body)
}

pub(super) fn resolved(r: &Rendering<'_>, entry: &Entry, resolved: &DeliveryResolvedV1) -> Value {
    let event = "event.delivery.resolved";
    let entrypoint = "POST /deliveries/{id}/resolve";
    let mut body = r.base(&entry.header, "resolved", event, entrypoint);
    body.insert("id".into(), json!(resolved.delivery));
    body.insert("reason".into(), resolved.reason.as_str().into());
    Value::Object(body)
}

pub(super) fn made_due(r: &Rendering<'_>, entry: &Entry, made_due: &DeliveryMadeDueV1) -> Value {
    let event = "event.delivery.made_due";
    let mut body = r.base(&entry.header, "pending", event, "POST /deliveries/{id}/resend");
    body.insert("id".into(), json!(made_due.delivery));
    body.insert("next_attempt_at".into(), json!(made_due.due_at));
    body.insert("reason".into(), made_due.reason.as_str().into());
    Value::Object(body)
}

/// A replay and what it took up.
pub(crate) fn shown_replay(
    id: ReplayId,
    replay: &ReplayRequestedV1,
    deliveries: &[DeliveryId],
) -> Map<String, Value> {
    let mut shown = Map::new();
    extend(
        &mut shown,
        json!({
            "id": id,
            "replay_id": id,
            "filter": asked(&replay.filter),
            "reason": replay.reason,
            "named": replay.named,
            "replayed": deliveries.len(),
            "deliveries": deliveries,
            "skipped": replay.skipped,
        }),
    );
    shown
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
