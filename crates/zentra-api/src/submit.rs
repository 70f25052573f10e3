//! From a handler's command to the response.
//!
//! Owns the step from an answer of the kernel to HTTP: the same body for a first and a repeated
//! answer, and a header that tells them apart. Must not know single routes.

use crate::caller::Caller;
use crate::idempotency::{Named, of_request};
use crate::problem::Problem;
use crate::reads::{in_log, in_log_in_any_case, rendering};
use crate::respond::{Hints, Rendered, respond};
use crate::span::note_entry;
use crate::state::ApiState;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::cell::Cell;
use std::sync::Arc;
use zentra_engine::{Command, Request, Would};
use zentra_events::{Code, Entry, Header, Position, SettledTransfer};
use zentra_runtime::Answer;

/// The answer of an entry with more events takes longer to render than a turn does.
const EVENTS_AT_ONCE: usize = 128;
/// Tells that the answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

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
    let request = request_of(caller, canonical, command);
    match state.handle.submit(request).await? {
        Answer::Entry(entry) => {
            note_entry(&entry.header.position.get());
            first_answer(state, caller, hints, entry).await
        }
        Answer::Repeat(position) => {
            note_entry(&position.get());
            // What is told once was told to whoever asked first.
            (hints.no_secret, hints.key_text) = (true, None);
            let mut response = in_log(state, caller.scope, move |log| {
                let entry = log.entry(position)?;
                let entry = entry.ok_or_else(|| Problem::internal(&"an answer is not there"))?;
                Ok(shown(log.render(&hints, |r| respond(r, &entry))))
            })
            .await?;
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        Answer::Refused(refusal) => Err(refusal.into()),
    }
}

/// Whether a request would be recorded as things stand. Else it is answered: what was done before
/// is told again, and what would be refused is refused, and remembered as if it had been decided.
///
/// # Errors
/// The refusal.
pub(crate) async fn would_record(
    state: &ApiState,
    caller: &Caller,
    canonical: &str,
    command: &Command,
) -> Result<Option<Response>, Problem> {
    let (request, now) = (request_of(caller, canonical, command.clone()), state.handle.now());
    match state.handle.query(move |engine| engine.would(now, &request)).await? {
        Would::Record => Ok(None),
        Would::Repeat => {
            let again = submit(state, caller, canonical, Hints::default(), command.clone());
            Ok(Some(again.await?))
        }
        Would::Refuse { refusal, decided: true } => {
            Ok(Some(refuse(state, caller, canonical, refusal.into()).await?))
        }
        Would::Refuse { refusal, decided: false } => Err(refusal.into()),
    }
}

fn request_of(caller: &Caller, canonical: &str, command: Command) -> Request {
    let idempotency = caller.idempotency_key.as_deref().map(|key| {
        let (method, path) = (caller.method.as_str(), caller.path.as_str());
        of_request(
            Named { scope: caller.scope, actor: &caller.actor, method, path, key },
            canonical,
        )
    });
    Request {
        scope: caller.scope,
        actor: caller.actor.clone(),
        key: Some(caller.key),
        request_id: caller.request_id,
        cause: None,
        idempotency,
        command,
    }
}

/// The answer to a command that was decided just now. Most need no more than the entry; the others
/// are rendered where the log may be read, as are those of many events: off the threads that serve
/// connections.
async fn first_answer(
    state: &ApiState,
    caller: &Caller,
    hints: Hints,
    entry: Arc<Entry>,
) -> Answered {
    if let Some(transfer) = entry.settled() {
        return from_template(state, &entry.header, transfer);
    }
    if entry.events().len() <= EVENTS_AT_ONCE
        && let Some(response) = told_by_itself(state, &hints, &entry)
    {
        return Ok(response);
    }
    in_log_in_any_case(state, caller.scope, move |log| {
        Ok(shown(log.render(&hints, |r| respond(r, &entry))))
    })
    .await
}

/// The answer, when the entry tells all of it.
fn told_by_itself(state: &ApiState, hints: &Hints, entry: &Arc<Entry>) -> Option<Response> {
    let reads = Cell::new(false);
    let unread = |_: Position| {
        reads.set(true);
        Err(Problem::new(Code::Internal, "the entry does not tell all of it"))
    };
    let told = respond(&rendering(state, &unread, hints), entry);
    (!reads.get()).then(|| shown(told))
}

fn shown(told: Result<Rendered, Problem>) -> Response {
    match told {
        Ok(Rendered { status, text }) => json(status, text),
        Err(problem) => problem.into_response(),
    }
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

/// The answer to an intent of the fast path: what [`respond`] makes of its entry.
fn from_template(state: &ApiState, header: &Header, transfer: &SettledTransfer) -> Answered {
    let (names, partition) = (state.handle.names(), state.handle.partition());
    let text = state.templates().answer(
        (header, transfer),
        partition,
        names,
        (state.handle.env(), &state.keyring),
    )?;
    Ok(json(StatusCode::CREATED, text))
}

fn json(status: StatusCode, text: String) -> Response {
    let is_json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, is_json, text).into_response()
}
