//! Batches of intents: many in one request, each by itself, all durable before the answer.

use crate::batch::{Endings, answer, read};
use crate::caller::{By, Caller, Writer};
use crate::problem::Problem;
use crate::reads::in_log_in_any_case;
use crate::state::ApiState;
use crate::submit::Answered;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use zentra_api_types::BatchAnswer;
use zentra_api_types::request::IntentBody;
use zentra_engine::{ItemOutcome, Past, Refusal};
use zentra_events::{Code, Event};
use zentra_ledger::IntentState;

/// Takes up to 8,190 intents. One outcome an item: `created`, `replayed` (taken before, with
/// its `state`), `rejected`
/// (recorded as refused for good) or `refused` (nothing recorded), with a code. An item that is
/// `linked` succeeds or fails together with the next. Also `application/x-ndjson` and
/// `application/vnd.zentra.bincode`, see docs/reference/batch.md.
#[utoipa::path(post, path = "/intents/batch", tag = "intents",
    operation_id = "intents.createBatch", request_body = Vec<IntentBody>,
    responses((status = 200, description = "One outcome an item, in order.", body = BatchAnswer)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    By(caller): Writer,
    headers: HeaderMap,
    body: Body,
) -> Answered {
    let into = (&state.bodies, state.parsing.as_ref(), state.handle.names());
    let (batch, form, _held) = read(&caller, into, &headers, body).await?;
    // The text is shared, not copied: it is needed again for the answer.
    let (text, ids) = (batch.text.clone(), batch.ids());
    let outcomes = state.handle.submit_batch(batch).await?;
    if let Some(refusal) = nobody_acts(&outcomes) {
        return Err(refusal.clone().into());
    }
    let endings = endings(&state, &caller, &outcomes).await?;
    let ids = ids.iter().map(|at| at.of(&text));
    Ok(answer(form, ids, &outcomes, &endings))
}

/// Why the intents among them that were taken before are rejected or voided, as the log tells it.
async fn endings(
    state: &ApiState,
    caller: &Caller,
    outcomes: &[ItemOutcome],
) -> Result<Endings, Problem> {
    let ended = outcomes.iter().enumerate().filter_map(|(index, outcome)| match outcome {
        ItemOutcome::Replayed(_, Past { state, last }) => {
            matches!(state, IntentState::Rejected | IntentState::Voided).then_some((index, *last))
        }
        _ => None,
    });
    let ended: Vec<_> = ended.collect();
    if ended.is_empty() {
        return Ok(Endings::new());
    }
    in_log_in_any_case(state, caller.scope, move |log| {
        let mut endings = Endings::new();
        for (index, last) in ended {
            let entry = log.entry(last)?;
            let entry =
                entry.ok_or_else(|| Problem::internal(&"an intent's entry is not there"))?;
            let why = entry.events().iter().find_map(|recorded| match &recorded.event {
                Event::IntentRejected(body) => Some((body.code, body.detail.clone())),
                Event::IntentVoided(body) => Some((body.code, body.reason.clone())),
                _ => None,
            });
            endings.extend(why.map(|why| (index, why)));
        }
        Ok(endings)
    })
    .await
}

/// Why nothing of the batch was decided, when its key was revoked while its body arrived.
fn nobody_acts<'a>(outcomes: &'a [ItemOutcome]) -> Option<&'a Refusal> {
    let refused = |outcome: &'a ItemOutcome| match outcome {
        ItemOutcome::Refused(refusal) if refusal.code == Code::Unauthenticated => Some(&**refusal),
        _ => None,
    };
    let first = refused(outcomes.first()?)?;
    outcomes.iter().all(|outcome| refused(outcome).is_some()).then_some(first)
}
