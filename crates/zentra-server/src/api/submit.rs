//! From a handler's command to the response, and the few ways in which handlers read.
//!
//! Owns the step from an answer of the kernel to HTTP: the same body for a first and a repeated
//! answer, and a header that tells them apart. Must not know single routes.

use crate::api::auth::Caller;
use crate::api::idempotency;
use crate::api::params::Paging;
use crate::api::problem::Problem;
use crate::api::respond::{Hints, Rendering, respond};
use crate::api::state::ApiState;
use crate::runtime::Answer;
use crate::views::{ListKind, Page, RowFilter, ViewError};
use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use zentra_engine::{Command, Request};
use zentra_events::{Code, Entry, LogRef, OwnedRun, Position};

/// Tells that the answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How long a list waits until it shows what was durable when it was asked for.
const VIEW_WITHIN: Duration = Duration::from_secs(10);

/// What a handler gets.
pub(crate) type Answered = Result<Response, Problem>;

/// Sends a command and renders its answer. `canonical` is the canonical text of the body.
///
/// # Errors
/// The refusal, or why there is no answer.
pub(crate) async fn submit(
    state: &ApiState,
    caller: &Caller,
    canonical: &str,
    mut hints: Hints,
    command: Command,
) -> Answered {
    let request = Request {
        scope: caller.scope,
        actor: caller.actor.clone(),
        key: Some(caller.key),
        request_id: caller.request_id,
        cause: None,
        idempotency: idempotency::of_request(caller, canonical),
        command,
    };
    let (entry, repeated) = match state.handle.submit(request).await? {
        Answer::Run(run) => return run_answered(state, &run),
        Answer::Entry(entry) => (entry, false),
        Answer::Repeat(entry) => (entry, true),
        Answer::Refused(refusal) => return Err(refusal.into()),
    };
    if repeated {
        // What is told once was told to whoever asked first.
        (hints.no_secret, hints.key_text) = (true, None);
    }
    let read = log_reader(state);
    let mut response = match respond(&rendering(state, &read, &hints), &entry) {
        Ok((status, body)) => (status, Json(body)).into_response(),
        Err(problem) => problem.into_response(),
    };
    if repeated {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Refuses a request for what was found before the engine was asked. A keyed one is remembered, so
/// that the same request is answered alike for ever, wherever its refusal was found.
///
/// # Errors
/// Always, unless the key was used before: then with that answer.
pub(crate) async fn refuse(
    state: &ApiState,
    caller: &Caller,
    canonical: &str,
    problem: Problem,
) -> Answered {
    if caller.idempotency_key.is_none() {
        return Err(problem);
    }
    let command = Command::Refuse(problem.refusal());
    submit(state, caller, canonical, Hints::default(), command).await
}

/// The answer to an intent that ran straight: what [`respond`] makes of its entry.
fn run_answered(state: &ApiState, run: &OwnedRun) -> Answered {
    let (names, partition) = (state.handle.names(), state.handle.partition());
    let text = state.templates.answer(run, partition, names, &state.keyring)?;
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((StatusCode::CREATED, json, text).into_response())
}

/// What renders from this log.
pub(crate) fn rendering<'a>(
    state: &'a ApiState,
    log: &'a dyn Fn(Position) -> Result<Option<Arc<Entry>>, Problem>,
    hints: &'a Hints,
) -> Rendering<'a> {
    Rendering {
        partition: state.handle.partition(),
        names: state.handle.names().as_ref(),
        log,
        keyring: &state.keyring,
        hints,
    }
}

/// Reads durable entries.
pub(crate) fn log_reader(
    state: &ApiState,
) -> impl Fn(Position) -> Result<Option<Arc<Entry>>, Problem> + '_ {
    |position| state.handle.log().entry(position).map_err(|error| Problem::internal(&error))
}

/// The entry that an id of the caller's scope refers to; none when it is of another scope.
///
/// # Errors
/// When the log cannot be read.
pub(crate) fn entry_of(
    state: &ApiState,
    caller: &Caller,
    id: LogRef,
) -> Result<Option<Arc<Entry>>, Problem> {
    if id.partition != state.handle.partition() {
        return Ok(None);
    }
    let found = log_reader(state)(id.position)?;
    Ok(found.filter(|entry| entry.header.scope == caller.scope))
}

/// A page of a list that shows at least what was durable when it was asked for.
///
/// # Errors
/// When the cursor is not one, or the view does not come up in time.
pub(crate) async fn page(
    state: &ApiState,
    caller: &Caller,
    kind: ListKind,
    (paging, filter): (Paging, RowFilter),
) -> Result<Page, Problem> {
    let scope = caller.scope;
    in_views(state, move |views| {
        views.list(kind, scope, &filter, paging.cursor.as_deref(), paging.limit)
    })
    .await
}

/// Reads the views once they show what is durable now.
///
/// # Errors
/// As for [`page`].
pub(crate) async fn in_views<T: Send + 'static>(
    state: &ApiState,
    read: impl FnOnce(&crate::views::Views) -> Result<T, ViewError> + Send + 'static,
) -> Result<T, Problem> {
    let durable = *state.handle.durable().borrow();
    let views = state.views().await?;
    if tokio::time::timeout(VIEW_WITHIN, views.wait_for(durable)).await.is_err() {
        return Err(Problem::new(Code::Unavailable, "the list has not come up with the log yet")
            .with_retry_after(1));
    }
    match tokio::task::spawn_blocking(move || read(&views)).await {
        Ok(Ok(told)) => Ok(told),
        Ok(Err(ViewError::BadCursor)) => {
            Err(Problem::field("cursor", "the cursor is not one that this list gave"))
        }
        Ok(Err(error)) => Err(Problem::internal(&error)),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// A page as it is shown.
pub(crate) fn shown_page(rows: Vec<Value>, next: Option<String>) -> Json<Value> {
    Json(json!({ "data": rows, "next_cursor": next }))
}
