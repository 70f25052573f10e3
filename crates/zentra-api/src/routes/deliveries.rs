//! Deliveries with their trails, dead letters, sending again and settling by hand.

use crate::body::Body;
use crate::caller::{By, Caller, Operator};
use crate::dto::check_reason;
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::reads::{in_log, listed};
use crate::respond::{Carried, Hints, shown_delivery, shown_status, trail};
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use std::sync::Arc;
use zentra_api_types::request::ReasonBody;
use zentra_api_types::{
    Delivery, DeliveryMadeDue, DeliveryResolved, ListedDelivery, Page, ReplayRequested,
};
use zentra_delivery::DeliveryCommand;
use zentra_engine::Command;
use zentra_events::{DeliveryId, Event};
use zentra_sender::render_payload;
use zentra_views::ListKind;

/// Lists deliveries, newest first.
#[utoipa::path(get, path = "/deliveries", tag = "deliveries",
    operation_id = "deliveries.list",
    responses((status = 200, description = "A page of deliveries.", body = Page<ListedDelivery>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    listed::<ListedDelivery>(&state, &caller, ListKind::Deliveries, query).await
}

/// Lists dead letters, newest first.
#[utoipa::path(get, path = "/dead-letters", tag = "deliveries",
    operation_id = "deadLetters.list",
    responses((status = 200, description = "A page of dead letters.",
        body = Page<ListedDelivery>)))]
pub(crate) async fn dead_letters(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    listed::<ListedDelivery>(&state, &caller, ListKind::DeadLetters, query).await
}

/// Shows a delivery with its trail: every attempt and what is retained of it.
#[utoipa::path(get, path = "/deliveries/{id}", tag = "deliveries",
    operation_id = "deliveries.get",
    responses((status = 200, description = "The delivery.", body = Delivery)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<DeliveryId>,
) -> Answered {
    let scope = caller.scope;
    let found = state.handle.query(move |engine| {
        let delivery = engine.deliveries().delivery(scope, id)?;
        let endpoint = engine.deliveries().endpoint(scope, delivery.endpoint)?;
        Some((delivery, endpoint))
    });
    let (delivery, endpoint) = found.await?.ok_or_else(|| Problem::not_found("delivery"))?;
    let (partition, told) = (state.handle.partition(), delivery);
    let names = Arc::clone(state.handle.names());
    let read = in_log(&state, scope, move |log| {
        let event = log.entry_of(scope, told.event.0)?;
        let published = event.as_ref().and_then(|entry| {
            let recorded = entry.events().get(usize::from(told.event.0.index))?;
            match &recorded.event {
                Event::EventPublished(body) => Some((&entry.header, body)),
                _ => None,
            }
        });
        let carried = published.map_or_else(Carried::default, |(header, body)| Carried {
            event_type: body.event_type.to_string(),
            payload: render_payload(header, told.event, body, names.as_ref(), Some(told.endpoint)),
        });
        let (attempts, history) =
            trail(&told, &carried, partition, &|position| log.entry(position))?;
        Ok((carried.event_type, attempts, history))
    });
    let (event_type, attempts, history) = read.await?;
    let last = attempts.last().cloned();
    let last = last.as_ref();
    let body = Delivery {
        id: delivery.delivery,
        status: shown_delivery(delivery.status),
        event_id: delivery.event,
        event_type,
        endpoint_id: delivery.endpoint,
        endpoint_status: shown_status(endpoint.status).0,
        url: endpoint.url,
        attempt_count: delivery.attempts,
        status_code: last.and_then(|last| last.status_code),
        cause: last.and_then(|last| last.cause.clone()),
        last_result: last.map(|last| last.result),
        last_attempt_at: last.map(|last| last.timestamp),
        signature: last.map(|last| last.signature.clone()),
        replay_id: delivery.replay,
        next_attempt_at: delivery.next_attempt_at.map(Into::into),
        attempts,
        history,
        position: delivery.last,
    };
    Ok(Json(body).into_response())
}

/// Sends one delivery now: one that waits before its time, one that is done once more, as a replay
/// of its own. The same event and id, the current secret.
#[utoipa::path(post, path = "/deliveries/{id}/resend", tag = "deliveries",
    operation_id = "deliveries.resend",
    request_body = ReasonBody,
    responses((status = 201, description = "It is due again, by a replay.", body = ReplayRequested),
        (status = 200, description = "It waited, and is due now.", body = DeliveryMadeDue)))]
pub(crate) async fn resend(
    State(state): State<ApiState>,
    By(caller): Operator,
    PathId(delivery): PathId<DeliveryId>,
    body: Body<ReasonBody>,
) -> Answered {
    let reason = check_reason(body.value.reason)?;
    let command = Command::Delivery(DeliveryCommand::Resend { delivery, reason });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Settles a dead letter without delivering it, or gives up a delivery that waits.
#[utoipa::path(post, path = "/deliveries/{id}/resolve", tag = "deliveries",
    operation_id = "deliveries.resolve",
    request_body = ReasonBody,
    responses((status = 200, description = "The delivery is settled.", body = DeliveryResolved)))]
pub(crate) async fn resolve(
    State(state): State<ApiState>,
    By(caller): Operator,
    PathId(delivery): PathId<DeliveryId>,
    body: Body<ReasonBody>,
) -> Answered {
    let reason = check_reason(body.value.reason)?;
    let command = Command::Delivery(DeliveryCommand::ResolveDelivery { delivery, reason });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}
