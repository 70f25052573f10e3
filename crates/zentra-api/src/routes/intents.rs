//! Intents: taken, confirmed, and shown with their evidence.

use crate::body::Body;
use crate::caller::{By, Caller, Writer};
use crate::dto::{asked_details, check_lengths, check_page_words, check_unconfirmed, details};
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::reads::{InLog, in_log, listed};
use crate::respond::{
    Hints, IntentHistory, LedgerName, PathStep, Proved, Sealing, evidence_row, ledger_entry,
    shown_intent,
};
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use zentra_api_types::request::{ConfirmBody, IntentBody};
use zentra_api_types::{Intent, IntentAnswer, IntentEvidence, LedgerEntry, ListedIntent, Page};
use zentra_engine::{Command, Sealed};
use zentra_events::{Code, IntentId, IntentNo, Position, ScopeNo};
use zentra_ledger::LedgerCommand;
use zentra_ledger::digest::{RequestKind, request_digest};
use zentra_sealer::SealerError;
use zentra_views::ListKind;

/// Takes an intent; with an amount it runs to its end in the same call.
#[utoipa::path(post, path = "/intents", tag = "intents",
    operation_id = "intents.create", request_body = IntentBody,
    responses((status = 201, description = "The intent is taken.", body = IntentAnswer)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<IntentBody>,
) -> Answered {
    let asked = body.value;
    check_page_words(&asked)?;
    check_unconfirmed(&asked)?;
    if asked.scope.as_deref().is_some_and(|scope| scope != caller.scope_name.as_str()) {
        return Err(Problem::new(Code::NotFound, "the key is not one of this scope"));
    }
    let intent_id = asked.intent_id.clone();
    let details = asked_details(asked)?;
    details.as_ref().map_or(Ok(()), check_lengths)?;
    let digest = request_digest(RequestKind::Acceptance, caller.scope, details.as_ref());
    let command = LedgerCommand::AcceptIntent { intent_id, digest, details };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// Lists intents, newest first.
#[utoipa::path(get, path = "/intents", tag = "intents",
    operation_id = "intents.list",
    responses((status = 200, description = "A page of intents.", body = Page<ListedIntent>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    listed::<ListedIntent>(&state, &caller, ListKind::Intents, query).await
}

/// Shows an intent: its states, its ledger lines, its flow, its history.
#[utoipa::path(get, path = "/intents/{intent_id}", tag = "intents",
    operation_id = "intents.get",
    responses((status = 200, description = "The intent.", body = Intent)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<IntentId>,
) -> Answered {
    let found = found(&state, &caller, id).await?;
    let shown = in_log(&state, caller.scope, move |log| {
        let history = found.history(log)?;
        let progress = history.progress();
        let sealing = match found.sealed.filter(|sealed| progress.is_under(sealed.tree_size)) {
            Some(sealed) => log.entry(sealed.position)?.map(|entry| Sealing {
                tree_size: sealed.tree_size,
                position: sealed.position,
                recorded_at: entry.header.recorded_at,
            }),
            None => None,
        };
        Ok(log.render(&Hints::default(), |r| shown_intent(r, &history, sealing)))
    });
    let shown = shown.await?;
    Ok(Json(shown).into_response())
}

/// Tells a waiting intent what to move, and runs it.
#[utoipa::path(post, path = "/intents/{intent_id}/confirm", tag = "intents",
    operation_id = "intents.confirm",
    request_body = ConfirmBody,
    responses((status = 200, description = "The intent ran.", body = IntentAnswer)))]
pub(crate) async fn confirm(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(intent_id): PathId<IntentId>,
    body: Body<ConfirmBody>,
) -> Answered {
    let details = details(body.value)?;
    check_lengths(&details)?;
    let digest = request_digest(RequestKind::Confirmation, caller.scope, Some(&details));
    let command = LedgerCommand::ConfirmIntent { intent_id, digest, details };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// Shows the evidence of an intent: the page's row, the checkpoint, the inclusion proof.
#[utoipa::path(get, path = "/intents/{intent_id}/evidence", tag = "intents",
    operation_id = "intents.getEvidence",
    responses((status = 200, description = "The evidence.", body = IntentEvidence)))]
pub(crate) async fn evidence(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<IntentId>,
) -> Answered {
    let found = found(&state, &caller, id).await?;
    let scope = caller.scope;
    let evidence = state.evidence().await?;
    let row = in_log(&state, scope, move |log| {
        let history = found.history(log)?;
        let failed = |error: SealerError| Problem::internal(&error);
        let number = history.run().scope_number;
        let proved = Proved {
            inclusion: evidence.proof(scope, number).map_err(failed)?,
            tree_size: evidence.covered(scope),
            vkey: evidence.vkey(scope).map_err(failed)?,
        };
        Ok(log.render(&Hints::default(), |r| evidence_row(r, &history, proved)))
    });
    Ok(Json(row.await?).into_response())
}

/// Shows the ledger entry of an intent by the name that its evidence gives it.
#[utoipa::path(get, path = "/entries/{name}", tag = "intents",
    operation_id = "entries.get",
    responses((status = 200, description = "Every line of the entry.", body = LedgerEntry)))]
pub(crate) async fn entry(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(LedgerName(id)): PathId<LedgerName>,
) -> Answered {
    let none = || Problem::not_found("ledger entry");
    let found = found(&state, &caller, id).await.map_err(|problem| match problem.code {
        Code::NotFound => none(),
        _ => problem,
    })?;
    let shown = in_log(&state, caller.scope, move |log| {
        let history = found.history(log)?;
        history.reached(PathStep::Ledgered).ok_or_else(none)?;
        Ok(log.render(&Hints::default(), |r| ledger_entry(r, &history)))
    });
    Ok(Json(shown.await?).into_response())
}

/// Where the history of an intent ends as it stands, and the scope's last checkpoint.
pub(super) struct Found {
    no: IntentNo,
    pub(super) last: Position,
    sealed: Option<Sealed>,
}

impl Found {
    pub(super) fn history(&self, log: &InLog<'_>) -> Result<IntentHistory, Problem> {
        let last = log.entry(self.last)?;
        let last = last.ok_or_else(|| Problem::internal(&"an intent's entry is not there"))?;
        IntentHistory::until(last, self.no, &|position| log.entry(position))
    }
}

async fn found(state: &ApiState, caller: &Caller, id: IntentId) -> Result<Found, Problem> {
    let scope = caller.scope;
    looked_up(state, scope, id).await?.ok_or_else(|| Problem::not_found("intent"))
}

pub(super) async fn looked_up(
    state: &ApiState,
    scope: ScopeNo,
    id: IntentId,
) -> Result<Option<Found>, Problem> {
    let found = state.handle.query(move |engine| {
        let view = engine.ledger().intent(scope, &id)?;
        Some(Found { no: view.no, last: view.last, sealed: engine.sealed(scope) })
    });
    Ok(found.await?)
}
