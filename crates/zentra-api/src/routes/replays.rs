//! Replays: delivering past events again, with a preview of the exact list. Never a ledger command.
//!
//! Owns which deliveries a filter means: those it finds, without those that are delivered or
//! settled already unless the caller names them. They are found in the lists, and judged again when
//! the replay is decided.

use crate::body::Body;
use crate::caller::{By, Caller, Operator};
use crate::dto::check_reason;
use crate::json::{canonical, parse};
use crate::params::{PathId, QueryPairs, type_pattern, word};
use crate::problem::Problem;
use crate::reads::{in_lists, in_log, listed, row};
use crate::respond::{Hints, replay_of, shown_asked, shown_delivery};
use crate::state::ApiState;
use crate::submit::{Answered, refuse, submit};
use crate::time::parse_instant;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Map, Value};
use zentra_api_types::request::{ReplayBody, ReplayFilter};
use zentra_api_types::{
    Cursor, ListedReplay, Page, PreviewedDelivery, Replay, ReplayLeftOut, ReplayPreview,
    ReplayRequested, ReplayResult, ReplayStatus,
};
use zentra_delivery::{DeliveryCommand, DeliveryStatus, LeftOut};
use zentra_engine::Command;
use zentra_events::limits::{JSON_VALUES_MAX, PAGE_ITEMS_MAX, REPLAY_DELIVERIES_MAX};
use zentra_events::{Code, DeliveryId, Event, EventId, ReplayId, ScopeNo};
use zentra_views::{ListKind, RowFilter, Rows, ViewError};

/// Pages of deliveries that a filter looks at.
const FILTER_PAGES_MAX: usize = 100;

/// Delivers past deliveries again, or shows which it would. It takes dead letters; delivered ones
/// with `include_delivered` or `status: delivered`, resolved ones with `status: resolved` only.
/// What waits or is parked is skipped: it goes out by itself.
#[utoipa::path(post, path = "/replays", tag = "replays",
    operation_id = "replays.create", request_body = ReplayBody,
    responses((status = 201, description = "The deliveries are due again.", body = ReplayRequested),
        (status = 200, description = "The preview.", body = ReplayPreview)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    By(caller): Operator,
    body: Body<ReplayBody>,
) -> Answered {
    let ReplayBody { event_id, filter, reason, include_delivered, dry_run } = body.value;
    let reason = check_reason(reason)?;
    let named = filter.as_ref().and_then(|filter| filter.status.clone());
    let found = match (event_id, filter) {
        (Some(event), None) => of_event(&state, &caller, event).await,
        (None, Some(filter)) => of_filter(&state, &caller, filter).await,
        _ => return Err(Problem::field("/event_id", "give either an event_id or a filter")),
    };
    let mut found = match found {
        Ok(found) => found,
        // What the next try may find otherwise, is told to each the same once it has a key.
        Err(problem) if matches!(problem.code, Code::NotFound | Code::LimitReached) => {
            return refuse(&state, &caller, &body.canonical, problem).await;
        }
        Err(problem) => return Err(problem),
    };
    let mut left_out = LeftOut::default();
    found.retain(|row| is_wanted(row.status, include_delivered, named.as_deref(), &mut left_out));
    if dry_run {
        caller.still_acts(&state)?;
        return Ok(Json(preview(&found, left_out)).into_response());
    }
    if !found.iter().any(|row| left_out.replays(row.status, row.listens)) {
        let problem = left_out.refusal().into();
        return refuse(&state, &caller, &body.canonical, problem).await;
    }
    let command = DeliveryCommand::Replay {
        deliveries: found.iter().map(|row| row.id).collect(),
        filter: asked_words(&body.text)?,
        reason,
    };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Delivery(command)).await
}

/// Lists replays, newest first.
#[utoipa::path(get, path = "/replays", tag = "replays",
    operation_id = "replays.list",
    responses((status = 200, description = "A page of replays.", body = Page<ListedReplay>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    listed::<ListedReplay>(&state, &caller, ListKind::Replays, query).await
}

/// Shows a replay and how far its deliveries have come.
#[utoipa::path(get, path = "/replays/{id}", tag = "replays",
    operation_id = "replays.get",
    responses((status = 200, description = "The replay.", body = Replay)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<ReplayId>,
) -> Answered {
    let none = || Problem::not_found("replay");
    let scope = caller.scope;
    let entry = in_log(&state, scope, move |log| log.entry_of(scope, id.0)).await?;
    let entry = entry.ok_or_else(none)?;
    let (replay, deliveries) = replay_of(&entry, id.0.index).ok_or_else(none)?;
    let progress = in_lists(&state, scope, move |rows| rows.replay(id)).await?;
    let mut told = Map::new();
    progress.show(&mut told);
    let Progress { status, result, parked } = row(Value::Object(told))?;
    let body = Replay {
        id,
        replay_id: id,
        filter: shown_asked(replay),
        reason: replay.reason.clone(),
        named: replay.named,
        replayed: deliveries.len(),
        deliveries,
        skipped: replay.skipped.clone(),
        status,
        result,
        parked,
        position: entry.header.position,
        recorded_at: entry.header.recorded_at.into(),
    };
    Ok(Json(body).into_response())
}

/// How far a replay has come, as the lists tell it.
#[derive(Deserialize)]
struct Progress {
    status: ReplayStatus,
    result: ReplayResult,
    parked: u32,
}

/// A delivery that a replay could take up.
struct Candidate {
    id: DeliveryId,
    status: DeliveryStatus,
    listens: bool,
}

fn candidates(rows: &Rows, scope: ScopeNo, found: &[Value]) -> Result<Vec<Candidate>, ViewError> {
    let listening = rows.listening(scope, found)?;
    let candidate = |(row, listens): (&Value, bool)| {
        let status = DeliveryStatus::of(row["status"].as_str()?)?;
        Some(Candidate { id: row["id"].as_str()?.parse().ok()?, status, listens })
    };
    Ok(found.iter().zip(listening).filter_map(candidate).collect())
}

/// What is delivered or settled is left out, unless the caller says otherwise or names the status.
fn is_wanted(
    status: DeliveryStatus,
    include_delivered: bool,
    named: Option<&str>,
    left_out: &mut LeftOut,
) -> bool {
    match status {
        DeliveryStatus::Delivered if !include_delivered && named != Some("delivered") => {
            left_out.delivered += 1;
        }
        DeliveryStatus::Resolved if named != Some("resolved") => left_out.resolved += 1,
        _ => return true,
    }
    false
}

/// The exact list: what would go out again, and what would be left out; of what was not asked for,
/// how many there are.
fn preview(candidates: &[Candidate], mut left_out: LeftOut) -> ReplayPreview {
    let (mut taken, mut skipped) = (Vec::new(), Vec::new());
    for row in candidates {
        let replays = left_out.replays(row.status, row.listens);
        let shown = PreviewedDelivery { id: row.id, status: shown_delivery(row.status) };
        if replays { taken.push(shown) } else { skipped.push(shown) }
    }
    let (delivered, resolved) = (left_out.delivered, left_out.resolved);
    ReplayPreview {
        dry_run: true,
        count: taken.len(),
        deliveries: taken,
        skipped,
        not_asked_for: ReplayLeftOut { delivered, resolved },
    }
}

async fn of_event(
    state: &ApiState,
    caller: &Caller,
    event: EventId,
) -> Result<Vec<Candidate>, Problem> {
    let scope = caller.scope;
    let entry = in_log(state, scope, move |log| log.entry_of(scope, event.0)).await?;
    let published = entry.as_ref().and_then(|entry| entry.events().get(usize::from(event.0.index)));
    if !published.is_some_and(|recorded| matches!(recorded.event, Event::EventPublished(_))) {
        return Err(Problem::not_found("event"));
    }
    in_lists(state, scope, move |rows| {
        let found = rows.deliveries_of(scope, event)?;
        candidates(rows, scope, &found)
    })
    .await
}

async fn of_filter(
    state: &ApiState,
    caller: &Caller,
    filter: ReplayFilter,
) -> Result<Vec<Candidate>, Problem> {
    let instant = |pointer: &str, text: Option<String>| {
        text.map(|text| parse_instant(pointer, &text)).transpose()
    };
    let status = filter.status.as_deref();
    let event_type = filter.event_type.as_deref();
    let filter = RowFilter {
        endpoint: filter.endpoint_id,
        status: status
            .map(|text| word("/filter/status", text, &DeliveryStatus::WORDS))
            .transpose()?,
        event_type: event_type.map(|text| type_pattern("/filter/event_type", text)).transpose()?,
        intent: filter.intent_id,
        since: instant("/filter/since", filter.since)?,
        until: instant("/filter/until", filter.until)?,
    };
    all(state, caller.scope, &filter).await
}

/// Every delivery that a filter finds, page by page: others have their turns in between.
async fn all(
    state: &ApiState,
    scope: ScopeNo,
    filter: &RowFilter,
) -> Result<Vec<Candidate>, Problem> {
    let (mut found, mut cursor) = (Vec::new(), None::<Cursor>);
    for _ in 0..FILTER_PAGES_MAX {
        let filter = filter.clone();
        let page = in_lists(state, scope, move |rows| {
            let kind = ListKind::Deliveries;
            let page = rows.list(kind, scope, &filter, cursor.as_ref(), PAGE_ITEMS_MAX)?;
            Ok((candidates(rows, scope, &page.rows)?, page.next))
        });
        let (page, next) = page.await?;
        found.extend(page);
        if found.len() > REPLAY_DELIVERIES_MAX {
            let detail = format!("a replay names at most {REPLAY_DELIVERIES_MAX} deliveries");
            return Err(Problem::new(Code::LimitReached, format!("{detail}; narrow the filter")));
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
    let detail = "the filter looks at too many deliveries; narrow it with since, until or a status";
    Err(Problem::new(Code::LimitReached, detail))
}

/// What was asked for, for the trail: the body without its reason.
fn asked_words(text: &str) -> Result<String, Problem> {
    let mut asked =
        parse(text.as_bytes(), JSON_VALUES_MAX).map_err(|error| Problem::internal(&error))?;
    for name in ["reason", "dry_run"] {
        let _not_asked = asked.remove(name);
    }
    Ok(canonical(&asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_delivered_goes_out_again_only_when_asked_for() {
        use DeliveryStatus as S;
        let rows = [
            (S::DeadLettered, false, None, true),
            (S::Pending, false, None, true),
            (S::Delivered, false, None, false),
            (S::Delivered, true, None, true),
            (S::Delivered, false, Some("delivered"), true),
            (S::Resolved, true, None, false),
            (S::Resolved, false, Some("resolved"), true),
        ];
        for (status, include, named, expected) in rows {
            let mut left_out = LeftOut::default();
            let wanted = is_wanted(status, include, named, &mut left_out);
            assert_eq!(wanted, expected, "{status:?} {named:?}");
            assert_eq!(left_out == LeftOut::default(), wanted);
        }
    }
}
