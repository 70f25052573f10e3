//! An account's balance in the past: after a position, at a recorded time, or at an effective time.

use crate::caller::Caller;
use crate::parameters::Query;
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::reads::{in_lists, in_log};
use crate::state::ApiState;
use crate::submit::Answered;
use crate::time::parse_instant;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use std::sync::Arc;
use zentra_api_types as types;
use zentra_api_types::PastBalance;
use zentra_events::{AccountCode, Entry, Position, Timestamp};
use zentra_ledger::AccountView;
use zentra_views::{Totals, last_recorded, totals_at};

/// When a balance is asked for.
#[derive(Clone, Copy)]
enum AsOf {
    Now,
    Position(Position),
    Recorded(Timestamp),
    Effective(Timestamp),
}

/// Shows an account's balance as of a position, a recorded time or an effective time: give one of
/// them, or none for now. What was given an `effective_at` counts from then on, everything else
/// from when it is recorded, and no leg of an intent before an earlier one.
#[utoipa::path(get, path = "/accounts/{code}/balance", tag = "accounts",
    operation_id = "accounts.getBalance",
    responses((status = 200, description = "The balance.", body = PastBalance)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(code): PathId<AccountCode>,
    query: QueryPairs,
) -> Answered {
    let asked = asked(query)?;
    let (account, end) = present(&state, &caller, &code).await?;
    let totals = match asked {
        AsOf::Now => Totals { debits: account.debits, credits: account.credits },
        AsOf::Position(at) if at >= end => {
            let detail = format!("the log ends before position {}", end.get());
            return Err(Problem::field("position", detail));
        }
        AsOf::Position(at) => past(&state, &caller, &account, move |_| Ok(Some(at))).await?,
        AsOf::Recorded(time) => recorded(&state, &caller, &account, end, time).await?,
        AsOf::Effective(time) => {
            let no = account.no;
            let dated = in_lists(&state, caller.scope, move |rows| rows.dated(no, time)).await?;
            // The sums have come further than the account that was looked at before.
            let (account, _) = present(&state, &caller, &code).await?;
            let by_record = recorded(&state, &caller, &account, dated.before, time).await?;
            by_record.minus(dated.recorded).plus(dated.effective)
        }
    };
    Ok(Json(shown(&account, asked, totals)).into_response())
}

fn asked(query: QueryPairs) -> Result<AsOf, Problem> {
    let mut given = query.given();
    let (first, second) = (given.next(), given.next());
    if let Some((query, _)) = second {
        let detail = "give one of position, recorded_at and effective_at";
        return Err(Problem::field(query.name(), detail));
    }
    let Some((query, text)) = first else { return Ok(AsOf::Now) };
    let name = query.name();
    Ok(match query {
        Query::Position => {
            let position = text.parse().map_err(|_| Problem::field(name, "expected a number"));
            AsOf::Position(Position(position?))
        }
        Query::RecordedAt => AsOf::Recorded(parse_instant(name, &text)?),
        _ => AsOf::Effective(parse_instant(name, &text)?),
    })
}

/// The account and where the log ends, both of one moment: entries that come meanwhile are in
/// neither.
async fn present(
    state: &ApiState,
    caller: &Caller,
    code: &AccountCode,
) -> Result<(AccountView, Position), Problem> {
    let (scope, code) = (caller.scope, code.clone());
    let found = state.handle.query(move |engine| {
        Some((engine.ledger().account(scope, &code)?, engine.next_position()))
    });
    found.await?.ok_or_else(|| Problem::not_found("account"))
}

/// The totals by a recorded time, of an account that has seen all before `end`.
async fn recorded(
    state: &ApiState,
    caller: &Caller,
    account: &AccountView,
    end: Position,
    time: Timestamp,
) -> Result<Totals, Problem> {
    past(state, caller, account, move |read| last_recorded(end, time, read)).await
}

/// The totals after the position that `find` finds; zero when it finds none.
async fn past(
    state: &ApiState,
    caller: &Caller,
    account: &AccountView,
    find: impl FnOnce(zentra_views::Read<'_, Problem>) -> Result<Option<Position>, Problem>
    + Send
    + 'static,
) -> Result<Totals, Problem> {
    let (scope, account) = (caller.scope, account.clone());
    in_log(state, scope, move |log| {
        let read = |position: Position| -> Result<Arc<Entry>, Problem> {
            log.entry(position)?.ok_or_else(|| Problem::internal(&"an entry is not there"))
        };
        match find(&read)? {
            Some(at) => totals_at(&account, at, &read),
            None => Ok(Totals::default()),
        }
    })
    .await
}

fn shown(account: &AccountView, asked: AsOf, Totals { debits, credits }: Totals) -> PastBalance {
    let mut as_of = types::AsOf::default();
    match asked {
        AsOf::Now => {}
        AsOf::Position(at) => as_of.position = Some(at),
        AsOf::Recorded(time) => as_of.recorded_at = Some(time.into()),
        AsOf::Effective(time) => as_of.effective_at = Some(time.into()),
    }
    let (sign, posted) = match credits.checked_sub(debits) {
        Some(posted) => ("", posted.0),
        None => ("-", debits.0.saturating_sub(credits.0)),
    };
    PastBalance {
        code: account.code.clone(),
        currency: account.currency,
        exponent: account.exponent,
        as_of,
        posted: format!("{sign}{posted}"),
        debits,
        credits,
    }
}
