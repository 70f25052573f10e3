//! Currencies of a scope: declared with their decimal digits, and listed.

use crate::body::Body;
use crate::caller::{Admin, By, Caller};
use crate::pages::{List, page_of};
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::respond::Hints;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use std::str::FromStr;
use zentra_api_types::request::CurrencyBody;
use zentra_api_types::{CurrencyDeclared, ListedCurrency, Page};
use zentra_engine::Command;
use zentra_events::Currency;
use zentra_ledger::{CurrencyView, LedgerCommand};

/// Currencies in a page at most: so many are looked up in one turn of the kernel.
const PAGE_MAX: usize = 256;

/// Says how many decimal digits a currency has in the scope: those of ISO 4217 are known, others
/// are declared before their first account. They can be declared otherwise until there is one.
#[utoipa::path(put, path = "/currencies/{code}", tag = "rules",
    operation_id = "currencies.declare", request_body = CurrencyBody,
    responses((status = 200, description = "The currency is declared.", body = CurrencyDeclared)))]
pub(crate) async fn put(
    State(state): State<ApiState>,
    By(caller): Admin,
    PathId(code): PathId<String>,
    body: Body<CurrencyBody>,
) -> Answered {
    let currency = Currency::from_str(&code);
    let currency = currency.map_err(|error| Problem::field("code", error.to_string()))?;
    let exponent = body.value.exponent;
    let command = Command::Ledger(LedgerCommand::DeclareCurrency { currency, exponent });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Lists the currencies that the scope has declared or has accounts in, by their codes.
#[utoipa::path(get, path = "/currencies", tag = "rules",
    operation_id = "currencies.list",
    responses((status = 200, description = "A page of currencies.", body = Page<ListedCurrency>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    let paging = query.paging()?;
    let code = |place: &[u8]| std::str::from_utf8(place).ok()?.parse::<Currency>().ok();
    let after = paging.begins(List::Currencies, code)?;
    let limit = paging.limit.min(PAGE_MAX);
    let found = state.handle.query(move |engine| {
        engine.ledger().currencies(caller.scope, after, limit.saturating_add(1))
    });
    let cursor =
        |view: &CurrencyView| List::Currencies.cursor(view.currency.to_string().as_bytes());
    Ok(Json(page_of(found.await?, limit, cursor, shown)).into_response())
}

fn shown(view: &CurrencyView) -> ListedCurrency {
    ListedCurrency {
        currency: view.currency,
        exponent: view.exponent,
        iso_4217: view.currency.iso_exponent().is_some(),
        in_use: view.in_use,
        declared_at: view.declared_at,
    }
}
