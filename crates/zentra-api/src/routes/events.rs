//! Published events: the platform's own, and every one as it is delivered.

use crate::bodies::too_large;
use crate::body::Body;
use crate::caller::{By, Caller, Writer};
use crate::dto::EventFields;
use crate::json::compact_member;
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::reads::{in_lists, in_log, listed, row};
use crate::respond::Hints;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::value::RawValue;
use zentra_api_types::request::EventBody;
use zentra_api_types::{EventPublished, ListedEvent, Page, PublishedEvent};
use zentra_delivery::DeliveryCommand;
use zentra_engine::Command;
use zentra_events::limits::EVENT_PAYLOAD_BYTES_MAX;
use zentra_events::{Event, EventId};
use zentra_sender::{render_payload, sha256, shown_hash};
use zentra_views::ListKind;

/// Publishes an event of the platform's own.
#[utoipa::path(post, path = "/events", tag = "events",
    operation_id = "events.publish", request_body = EventBody,
    responses((status = 201, description = "The event is published.", body = EventPublished)))]
pub(crate) async fn publish(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<EventFields>,
) -> Answered {
    let event_type = body.value.event_type;
    // The caller's own text goes out, with its digits and the order of its names.
    let data = compact_member(&body.text, "data")
        .ok_or_else(|| Problem::field("/data", "the field is required"))?;
    if data.len() > EVENT_PAYLOAD_BYTES_MAX {
        return Err(too_large("/data", EVENT_PAYLOAD_BYTES_MAX));
    }
    let command = Command::Delivery(DeliveryCommand::Publish { event_type, data });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Lists published events, newest first.
#[utoipa::path(get, path = "/events", tag = "events",
    operation_id = "events.list",
    responses((status = 200, description = "A page of events.", body = Page<ListedEvent>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    listed::<ListedEvent>(&state, &caller, ListKind::Events, query).await
}

/// Shows an event as it is delivered, and its deliveries.
#[utoipa::path(get, path = "/events/{event_id}", tag = "events",
    operation_id = "events.get",
    responses((status = 200, description = "The event.", body = PublishedEvent)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<EventId>,
) -> Answered {
    let none = || Problem::not_found("event");
    let scope = caller.scope;
    let entry = in_log(&state, scope, move |log| log.entry_of(scope, id.0)).await?;
    let entry = entry.ok_or_else(none)?;
    let recorded = entry.events().get(usize::from(id.0.index)).ok_or_else(none)?;
    let Event::EventPublished(published) = &recorded.event else { return Err(none()) };
    let payload = render_payload(&entry.header, id, published, state.handle.names().as_ref(), None);
    let rows = in_lists(&state, scope, move |rows| rows.deliveries_of(scope, id)).await?;
    let deliveries = rows.into_iter().map(row).collect::<Result<Vec<_>, Problem>>()?;
    let body = PublishedEvent {
        id,
        event_id: id,
        event_type: published.event_type.clone(),
        position: entry.header.position,
        recorded_at: entry.header.recorded_at.into(),
        payload: RawValue::from_string(payload.clone())
            .map_err(|error| Problem::internal(&error))?,
        payload_hash: shown_hash(blake3::hash(payload.as_bytes()).as_bytes()),
        payload_sha256: sha256(&payload),
        payload_text: payload,
        deliveries,
    };
    Ok(Json(body).into_response())
}
