//! Accounts: opened by name, shown with their balances, frozen and closed.

use crate::body::Body;
use crate::caller::{By, Caller, Writer};
use crate::dto::{self, check_reason};
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::reads::{in_log, page, shown_page};
use crate::respond::{Hints, shown_account};
use crate::routes::postings;
use crate::state::ApiState;
use crate::submit::{Answered, refuse, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use zentra_api_types::request::{AccountBody, ReasonBody};
use zentra_api_types::{Account, AccountEvent, AccountOpened, AccountStatusChanged, Page};
use zentra_engine::Command;
use zentra_events::event::AccountStatus;
use zentra_events::{AccountCode, Code, Currency};
use zentra_ledger::{AccountView, LedgerCommand};
use zentra_views::ListKind;

/// Accounts that are looked up in one turn of the kernel.
const LOOKED_UP_AT_ONCE: usize = 256;

/// Opens an account. A floor other than none needs the role admin, or a template of the chart that
/// gives it; so do decimal digits that nothing says yet: an admin declares the currency.
#[utoipa::path(post, path = "/accounts", tag = "accounts",
    operation_id = "accounts.create", request_body = AccountBody,
    responses((status = 201, description = "The account is open.", body = AccountOpened)))]
pub(crate) async fn open(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<AccountBody>,
) -> Answered {
    let AccountBody { code, currency, exponent, normal_side, floor } = body.value;
    let floor = dto::floor(floor, "/floor")?;
    if let Some(exponent) = exponent
        && let Err(problem) = check_digits(&state, &caller, currency, exponent).await
    {
        return match problem.code {
            Code::Forbidden => refuse(&state, &caller, &body.canonical, problem).await,
            _ => Err(problem),
        };
    }
    let command = LedgerCommand::OpenAccount {
        code,
        currency,
        exponent,
        normal_side: normal_side.into(),
        floor,
        by_admin: caller.is_admin(),
    };
    submit(&state, &caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

/// Refuses digits that the account would give its currency for good, from anybody but an admin. The
/// kernel refuses those that are not what the scope has.
async fn check_digits(
    state: &ApiState,
    caller: &Caller,
    currency: Currency,
    exponent: u8,
) -> Result<(), Problem> {
    if caller.is_admin() || currency.iso_exponent() == Some(exponent) {
        return Ok(());
    }
    let scope = caller.scope;
    let known = state.handle.query(move |engine| engine.ledger().exponent(scope, currency));
    if known.await?.is_some() {
        return Ok(());
    }
    let detail = format!(
        "nothing says that {currency} has {exponent} decimal digits, and to say so needs the role \
         admin: let an admin declare it by PUT /currencies/{currency}"
    );
    Err(Problem::new(Code::Forbidden, detail))
}

/// Lists accounts with their balances, newest first.
#[utoipa::path(get, path = "/accounts", tag = "accounts",
    operation_id = "accounts.list",
    responses((status = 200, description = "A page of accounts.", body = Page<Account>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    let asked = query.list()?;
    let found = page::<Found>(&state, &caller, ListKind::Accounts, asked).await?;
    let scope = caller.scope;
    let codes: Vec<AccountCode> = found.data.into_iter().map(|row| row.code).collect();
    let mut rows = Vec::new();
    for codes in codes.chunks(LOOKED_UP_AT_ONCE).map(<[AccountCode]>::to_vec) {
        let accounts = state.handle.query(move |engine| {
            let found = codes.iter().filter_map(|code| engine.ledger().account(scope, code));
            found.collect::<Vec<AccountView>>()
        });
        rows.extend(accounts.await?.iter().map(shown_account));
    }
    Ok(shown_page(rows, found.next_cursor))
}

/// What is read of a row: the balances are the ledger's to tell.
#[derive(Deserialize)]
struct Found {
    code: AccountCode,
}

/// Shows an account: posted, reserved and available, in minor units.
#[utoipa::path(get, path = "/accounts/{code}", tag = "accounts",
    operation_id = "accounts.get",
    responses((status = 200, description = "The account.", body = Account)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(code): PathId<AccountCode>,
) -> Answered {
    let account = find(&state, &caller, code).await?;
    Ok(Json(shown_account(&account)).into_response())
}

/// Lists what moved on an account, newest first.
#[utoipa::path(get, path = "/accounts/{code}/entries", tag = "accounts",
    operation_id = "accounts.listEntries",
    responses((status = 200, description = "A page of postings.", body = Page<AccountEvent>)))]
pub(crate) async fn entries(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(code): PathId<AccountCode>,
    query: QueryPairs,
) -> Answered {
    let paging = query.paging()?;
    let account = find(&state, &caller, code).await?;
    let scope = caller.scope;
    let page = in_log(&state, scope, move |log| postings::page(log, scope, &account, &paging));
    let (rows, next) = page.await?;
    Ok(shown_page(rows, next))
}

/// Freezes an account: nothing may leave or enter. Accounts of the system need the role admin.
#[utoipa::path(post, path = "/accounts/{code}/freeze", tag = "accounts",
    operation_id = "accounts.freeze",
    request_body = ReasonBody,
    responses((status = 200, description = "The account is frozen.", body = AccountStatusChanged)))]
pub(crate) async fn freeze(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(code): PathId<AccountCode>,
    body: Body<ReasonBody>,
) -> Answered {
    set_status(&state, &caller, code, AccountStatus::Frozen, body).await
}

/// Opens a frozen account again; one that an admin froze needs the role admin.
#[utoipa::path(post, path = "/accounts/{code}/unfreeze", tag = "accounts",
    operation_id = "accounts.unfreeze",
    request_body = ReasonBody,
    responses((status = 200, description = "The account is open.", body = AccountStatusChanged)))]
pub(crate) async fn unfreeze(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(code): PathId<AccountCode>,
    body: Body<ReasonBody>,
) -> Answered {
    set_status(&state, &caller, code, AccountStatus::Open, body).await
}

/// Closes an empty account for good.
#[utoipa::path(post, path = "/accounts/{code}/close", tag = "accounts",
    operation_id = "accounts.close",
    request_body = ReasonBody,
    responses((status = 200, description = "The account is closed.", body = AccountStatusChanged)))]
pub(crate) async fn close(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(code): PathId<AccountCode>,
    body: Body<ReasonBody>,
) -> Answered {
    set_status(&state, &caller, code, AccountStatus::Closed, body).await
}

async fn set_status(
    state: &ApiState,
    caller: &Caller,
    code: AccountCode,
    status: AccountStatus,
    body: Body<ReasonBody>,
) -> Answered {
    let reason = check_reason(body.value.reason)?;
    // On its own route a missing account is not found; elsewhere it makes a request unprocessable.
    if let Err(problem) = find(state, caller, code.clone()).await {
        return match problem.code {
            Code::NotFound => refuse(state, caller, &body.canonical, problem).await,
            _ => Err(problem),
        };
    }
    let by_admin = caller.is_admin();
    let command = LedgerCommand::SetAccountStatus { code, status, reason, by_admin };
    submit(state, caller, &body.canonical, Hints::default(), Command::Ledger(command)).await
}

pub(super) async fn find(
    state: &ApiState,
    caller: &Caller,
    code: AccountCode,
) -> Result<AccountView, Problem> {
    let scope = caller.scope;
    let found = state.handle.query(move |engine| engine.ledger().account(scope, &code));
    found.await?.ok_or_else(|| Problem::not_found("account"))
}
