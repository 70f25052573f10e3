//! Transfers outside any intent.

use crate::api::auth::{By, Writer};
use crate::api::body::Body;
use crate::api::dto::TransferBody;
use crate::api::respond::Hints;
use crate::api::state::ApiState;
use crate::api::submit::{Answered, submit};
use axum::extract::State;
use zentra_engine::Command;
use zentra_ledger::LedgerCommand;

/// Posts a balanced transfer.
#[utoipa::path(post, path = "/transfers", tag = "transfers", request_body = TransferBody,
    responses((status = 201, description = "The transfer is posted.", body = Value)))]
pub(crate) async fn post(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<TransferBody>,
) -> Answered {
    let lines = body.value.postings.into_iter().map(Into::into).collect();
    let command = Command::Ledger(LedgerCommand::PostTransfer { lines });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}
