//! The server about itself: health, metrics, digests, checkpoints, its own description.

use crate::caller::{Auditor, By, Caller};
use crate::codes::page_of;
use crate::params::PathId;
use crate::problem::Problem;
use crate::reads::{busy, in_turn};
use crate::state::ApiState;
use crate::submit::Answered;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use std::time::Duration;
use zentra_api_types::{
    Checkpoint, CommandsStatus, Health, PartStatus, Parts, ProjectionDigest, Projections, Ready,
    Running, ServerStatus,
};
use zentra_engine::Space;
use zentra_events::Code;
use zentra_runtime::background::PartState;

/// How long the kernel may take to show that it is there.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// Whether the process runs.
#[utoipa::path(get, path = "/healthz", tag = "system",
    operation_id = "system.health", security(()),
    responses((status = 200, description = "It runs.", body = Health)))]
pub(crate) async fn healthz(State(state): State<ApiState>) -> Json<Health> {
    Json(Health { status: Running::Running, version: state.version.into() })
}

/// Whether the server answers, and how its parts stand. Commands are `ready`, or refused with the
/// code that is shown: `storage_low` or `read_only`. What follows the log is `opening`, `ready`,
/// `failed` (it is tried again), `halted`, or `storage_low`: it is shown and does not go on. Lists
/// and evidence are 503 while theirs is not open.
#[utoipa::path(get, path = "/readyz", tag = "system",
    operation_id = "system.readiness", security(()),
    responses((status = 200, description = "It answers.", body = ServerStatus)))]
pub(crate) async fn readyz(State(state): State<ApiState>) -> Answered {
    let asked = state.handle.query(|engine| engine.next_position());
    match tokio::time::timeout(READY_WITHIN, asked).await {
        Ok(Ok(next)) => {
            let follows = *state.handle.followers_may_write().borrow();
            let part = |part: PartState| match part {
                PartState::Ready if !follows => PartStatus::StorageLow,
                PartState::Ready => PartStatus::Ready,
                PartState::Opening => PartStatus::Opening,
                PartState::Failed => PartStatus::Failed,
                PartState::Halted => PartStatus::Halted,
            };
            let parts = Parts {
                commands: match state.handle.space() {
                    Space::Enough => CommandsStatus::Ready,
                    Space::Low | Space::Full => CommandsStatus::StorageLow,
                    Space::ReadOnly => CommandsStatus::ReadOnly,
                },
                lists: part(state.views.state()),
                evidence: part(state.evidence.state()),
            };
            Ok(Json(ServerStatus { status: Ready::Ready, position: next, parts }).into_response())
        }
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Problem::new(Code::Unavailable, "the kernel does not answer in time")
            .with_retry_after(1)),
    }
}

/// The process's metrics, in Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "system",
    operation_id = "system.metrics", security(()),
    responses((status = 200, description = "The metrics.", body = String,
        content_type = "text/plain")))]
pub(crate) async fn metrics(State(state): State<ApiState>) -> Answered {
    let recorder = state.metrics.as_ref().ok_or_else(|| {
        Problem::new(Code::NotFound, "the program around the server records its metrics itself")
    })?;
    Ok(text("text/plain; version=0.0.4", recorder.render()))
}

/// The digest of each projection, and the position it stands at.
#[utoipa::path(get, path = "/projections", tag = "system",
    operation_id = "projections.get",
    responses((status = 200, description = "The digests.", body = Projections)))]
pub(crate) async fn projections(State(state): State<ApiState>, By(caller): Auditor) -> Answered {
    let rest = state.reading.costly().await.ok_or_else(busy)?;
    let view = state.handle.read_view().await?;
    let told = in_turn(&state, caller.scope, move || (view.next_position(), view.digests()));
    let (position, digests) = told.await?;
    rest.begin_rest();
    let projections = digests.iter().map(|(name, digest)| ProjectionDigest {
        projection: (*name).into(),
        digest: HEXLOWER.encode(digest),
    });
    Ok(Json(Projections { position, projections: projections.collect() }).into_response())
}

/// The scope's last checkpoint, and the public key that verifies it.
#[utoipa::path(get, path = "/checkpoint", tag = "system",
    operation_id = "checkpoint.get",
    responses((status = 200, description = "The checkpoint.", body = Checkpoint)))]
pub(crate) async fn checkpoint(State(state): State<ApiState>, caller: Caller) -> Answered {
    let evidence = state.evidence().await?;
    let note = evidence.checkpoint(caller.scope).ok_or_else(|| {
        Problem::new(Code::NotFound, "the scope has no checkpoint yet; the first comes soon")
    })?;
    let vkey = evidence.vkey(caller.scope).map_err(|error| Problem::internal(&error))?;
    let tree_size = evidence.covered(caller.scope);
    let body = Checkpoint { scope: caller.scope_name, tree_size, checkpoint: note, vkey };
    Ok(Json(body).into_response())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "system",
    operation_id = "system.openapi", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(crate) async fn openapi(State(state): State<ApiState>) -> Response {
    ([(CONTENT_TYPE, "application/json")], state.document).into_response()
}

/// What a code means and what to do.
#[utoipa::path(get, path = "/codes/{code}", tag = "system",
    operation_id = "codes.get", security(()),
    responses((status = 200, description = "The code's page.", body = String,
        content_type = "text/markdown")))]
pub(crate) async fn code(PathId(name): PathId<String>) -> Answered {
    let found = Code::ALL.iter().find(|code| code.as_str() == name);
    let code = found.ok_or_else(|| Problem::new(Code::NotFound, "there is no such code"))?;
    Ok(text("text/markdown; charset=utf-8", page_of(*code).to_owned()))
}

fn text(media_type: &'static str, body: String) -> Response {
    ([(CONTENT_TYPE, media_type)], body).into_response()
}
