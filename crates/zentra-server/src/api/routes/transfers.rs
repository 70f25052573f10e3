//! Transfers outside any intent.

use crate::api::auth::{By, Writer};
use crate::api::body::Body;
use crate::api::dto::{TransferBody, check_reason};
use crate::api::problem::Problem;
use crate::api::respond::Hints;
use crate::api::state::ApiState;
use crate::api::submit::{Answered, submit};
use axum::extract::State;
use zentra_engine::Command;
use zentra_events::Code;
use zentra_ledger::LedgerCommand;

/// Posts a balanced transfer. Accounts of the system are moved by intents alone; an admin may
/// correct them, giving the reason.
#[utoipa::path(post, path = "/transfers", tag = "transfers", request_body = TransferBody,
    responses((status = 201, description = "The transfer is posted.", body = Value)))]
pub(crate) async fn post(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<TransferBody>,
) -> Answered {
    let TransferBody { postings, reason } = body.value;
    let correction = reason.map(check_reason).transpose()?;
    if correction.is_some() && !caller.is_admin() {
        let detail =
            "a correction, which is a transfer with a reason, needs a key with the role admin";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let lines = postings.into_iter().map(Into::into).collect();
    let command = Command::Ledger(LedgerCommand::PostTransfer { lines, correction });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}
