//! What follows an intent's run: settled, voided, reversed, paid out.
//!
//! Owns what the engine is told of the log: when the intent's last leg takes effect. Must not
//! decide whether a later one may.

use crate::body::Body;
use crate::caller::{By, Caller, Writer};
use crate::dto::check_text;
use crate::params::PathId;
use crate::problem::Problem;
use crate::reads::in_log;
use crate::respond::Hints;
use crate::routes::intents::looked_up;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use crate::time::parse_instant;
use axum::extract::State;
use zentra_api_types::IntentAnswer;
use zentra_api_types::request::{PartMoney, PayoutBody, ReverseBody, SettleBody, VoidBody};
use zentra_engine::Command;
use zentra_events::{Amount, Code, IntentId};
use zentra_ledger::{LastLeg, LedgerCommand, LegsAt};

/// Settles a hold, in whole or in part; the rest goes back.
#[utoipa::path(post, path = "/intents/{intent_id}/settle", tag = "intents",
    operation_id = "intents.settle",
    request_body = SettleBody,
    responses((status = 200, description = "The hold is settled.", body = IntentAnswer)))]
pub(crate) async fn settle(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(intent_id): PathId<IntentId>,
    body: Body<SettleBody>,
) -> Answered {
    let SettleBody { amount, effective_at } = body.value;
    let effective_at = legs_at(&state, &caller, &intent_id, effective_at).await?;
    let amount = part(&state, &caller, &intent_id, amount).await?;
    let command = LedgerCommand::SettleIntent { intent_id, amount, effective_at };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// Releases a hold, or ends a waiting intent.
#[utoipa::path(post, path = "/intents/{intent_id}/void", tag = "intents",
    operation_id = "intents.void",
    request_body = VoidBody,
    responses((status = 200, description = "The intent is voided.", body = IntentAnswer)))]
pub(crate) async fn void(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(intent_id): PathId<IntentId>,
    body: Body<VoidBody>,
) -> Answered {
    let VoidBody { reason, effective_at } = body.value;
    check_text("/reason", &reason)?;
    let effective_at = legs_at(&state, &caller, &intent_id, effective_at).await?;
    let command = LedgerCommand::VoidIntent { intent_id, reason, effective_at };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// Sends settled money back, in whole or in part.
#[utoipa::path(post, path = "/intents/{intent_id}/reverse", tag = "intents",
    operation_id = "intents.reverse",
    request_body = ReverseBody,
    responses((status = 200, description = "The money went back.", body = IntentAnswer)))]
pub(crate) async fn reverse(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(intent_id): PathId<IntentId>,
    body: Body<ReverseBody>,
) -> Answered {
    let ReverseBody { amount, reason, effective_at } = body.value;
    check_text("/reason", &reason)?;
    let effective_at = legs_at(&state, &caller, &intent_id, effective_at).await?;
    let amount = part(&state, &caller, &intent_id, amount).await?;
    let command = LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// Pays settled money out, through the destination.
#[utoipa::path(post, path = "/intents/{intent_id}/payout", tag = "intents",
    operation_id = "intents.payout",
    request_body = PayoutBody,
    responses((status = 200, description = "The payout is closed.", body = IntentAnswer)))]
pub(crate) async fn payout(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(intent_id): PathId<IntentId>,
    body: Body<PayoutBody>,
) -> Answered {
    let effective_at = legs_at(&state, &caller, &intent_id, body.value.effective_at).await?;
    let command = LedgerCommand::PayoutIntent { intent_id, effective_at };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// The time that a caller gives for later legs of an intent, with the last leg that the log has.
async fn legs_at(
    state: &ApiState,
    caller: &Caller,
    id: &IntentId,
    asked: Option<String>,
) -> Result<Option<LegsAt>, Problem> {
    let Some(text) = asked else { return Ok(None) };
    let at = parse_instant("/effective_at", &text)?;
    let Some(found) = looked_up(state, caller.scope, id.clone()).await? else {
        return Ok(Some(LegsAt { at, after: None }));
    };
    let after = in_log(state, caller.scope, move |log| {
        let history = found.history(log)?;
        let last = history.legs().last();
        Ok(last.map(|(_, effective_at, _)| LastLeg { position: found.last, effective_at }))
    });
    Ok(Some(LegsAt { at, after: after.await? }))
}

/// A part of an intent's amount; its currency, if given, must be the intent's.
async fn part(
    state: &ApiState,
    caller: &Caller,
    id: &IntentId,
    asked: Option<PartMoney>,
) -> Result<Option<Amount>, Problem> {
    let Some(PartMoney { minor_units, currency }) = asked else { return Ok(None) };
    if let Some(currency) = currency {
        let (scope, id) = (caller.scope, id.clone());
        let found = state.handle.query(move |engine| engine.ledger().intent(scope, &id));
        let known = found.await?.and_then(|intent| intent.currency);
        if let Some(known) = known.filter(|known| *known != currency) {
            let detail = format!("the intent is in {known}, not in {currency}");
            return Err(Problem::new(Code::CurrencyMismatch, detail));
        }
    }
    Ok(Some(minor_units.0))
}
