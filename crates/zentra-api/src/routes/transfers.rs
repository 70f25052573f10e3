//! Transfers outside any intent.

use crate::body::Body;
use crate::caller::{By, Writer};
use crate::dto::{check_reason, line};
use crate::problem::Problem;
use crate::respond::Hints;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::extract::State;
use zentra_api_types::TransferPosted;
use zentra_api_types::request::TransferBody;
use zentra_engine::Command;
use zentra_events::Code;
use zentra_events::limits::POSTING_LINES_MAX;
use zentra_ledger::{LedgerCommand, TransferLine, is_system};

/// Posts a balanced transfer. Accounts of the system are moved by intents alone; an admin may
/// correct them, giving the reason.
#[utoipa::path(post, path = "/transfers", tag = "transfers",
    operation_id = "transfers.create", request_body = TransferBody,
    responses((status = 201, description = "The transfer is posted.", body = TransferPosted)))]
pub(crate) async fn post(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<TransferBody>,
) -> Answered {
    let TransferBody { postings, reason } = body.value;
    let correction = reason.map(check_reason).transpose()?;
    let lines: Vec<TransferLine> = postings.into_iter().map(line).collect();
    check_form(&lines, correction.is_some())?;
    if correction.is_some() && !caller.is_admin() {
        let detail =
            "a correction, which is a transfer with a reason, needs a key with the role admin";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let command = Command::Ledger(LedgerCommand::PostTransfer { lines, correction });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Refuses what no caller may post, before it is asked who the caller is.
fn check_form(lines: &[TransferLine], has_reason: bool) -> Result<(), Problem> {
    if !(2..=POSTING_LINES_MAX).contains(&lines.len()) {
        let detail = format!("a transfer has 2 to {POSTING_LINES_MAX} lines, not {}", lines.len());
        return Err(Problem::field("/postings", detail));
    }
    if has_reason && !lines.iter().any(|line| is_system(&line.account)) {
        let detail = "a reason is taken only where a line corrects an account of the system \
                      (`settlement_account`, `payout_account`, or one that begins so with `:`); \
                      leave it out of any other transfer";
        return Err(Problem::field("/reason", detail));
    }
    Ok(())
}
