//! The rules of a scope: chart, policy and routes, each replaced as a whole.

use crate::body::Body;
use crate::caller::{Admin, By, Caller};
use crate::dto::{PolicyFields, templates};
use crate::respond::Hints;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use zentra_api_types::request::{ChartBody, Nothing, PolicyBody, RoutesBody};
use zentra_api_types::{Chart, ChartSet, Policy, PolicySet, RouteTable, RoutesReset, RoutesSet};
use zentra_engine::Command;
use zentra_ledger::LedgerCommand;

/// Replaces the chart of accounts.
#[utoipa::path(put, path = "/chart", tag = "rules",
    operation_id = "chart.set", request_body = ChartBody,
    responses((status = 200, description = "The chart is in force.", body = ChartSet)))]
pub(crate) async fn put_chart(
    State(state): State<ApiState>,
    By(caller): Admin,
    body: Body<ChartBody>,
) -> Answered {
    let templates = templates(body.value)?;
    let command = Command::Ledger(LedgerCommand::SetChart { templates });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Shows the chart of accounts.
#[utoipa::path(get, path = "/chart", tag = "rules",
    operation_id = "chart.get",
    responses((status = 200, description = "The chart.", body = Chart)))]
pub(crate) async fn chart(State(state): State<ApiState>, caller: Caller) -> Answered {
    let chart = state.handle.query(move |engine| engine.ledger().chart(caller.scope)).await?;
    let templates = chart.templates.iter().map(Into::into).collect();
    Ok(Json(Chart { version: chart.version, templates }).into_response())
}

/// Replaces the policy.
#[utoipa::path(put, path = "/policy", tag = "rules",
    operation_id = "policy.set", request_body = PolicyBody,
    responses((status = 200, description = "The policy is in force.", body = PolicySet)))]
pub(crate) async fn put_policy(
    State(state): State<ApiState>,
    By(caller): Admin,
    body: Body<PolicyFields>,
) -> Answered {
    let rules = body.value.body()?.rules.into_iter().map(Into::into).collect();
    let command = Command::Ledger(LedgerCommand::SetPolicy { rules });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Shows the policy.
#[utoipa::path(get, path = "/policy", tag = "rules",
    operation_id = "policy.get",
    responses((status = 200, description = "The policy.", body = Policy)))]
pub(crate) async fn policy(State(state): State<ApiState>, caller: Caller) -> Answered {
    let policy = state.handle.query(move |engine| engine.ledger().policy(caller.scope)).await?;
    let rules = policy.rules.iter().map(Into::into).collect();
    Ok(Json(Policy { version: policy.version, rules }).into_response())
}

/// Replaces the route table.
#[utoipa::path(put, path = "/routes", tag = "rules",
    operation_id = "routes.set", request_body = RoutesBody,
    responses((status = 200, description = "The table is in force.", body = RoutesSet)))]
pub(crate) async fn put_routes(
    State(state): State<ApiState>,
    By(caller): Admin,
    body: Body<RoutesBody>,
) -> Answered {
    let routes = body.value.routes.into_iter().map(Into::into).collect();
    let command = Command::Ledger(LedgerCommand::SetRoutes { routes });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Takes the route table back: the built-in one holds again, which serves everything.
#[utoipa::path(delete, path = "/routes", tag = "rules",
    operation_id = "routes.reset", request_body = Nothing,
    responses((status = 200, description = "The built-in table is in force.", body = RoutesReset)))]
pub(crate) async fn delete_routes(
    State(state): State<ApiState>,
    By(caller): Admin,
    body: Body<Nothing>,
) -> Answered {
    let command = Command::Ledger(LedgerCommand::ResetRoutes);
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Shows the route table; version 0 is the built-in one, whose route `internal` serves everything.
#[utoipa::path(get, path = "/routes", tag = "rules",
    operation_id = "routes.get",
    responses((status = 200, description = "The table.", body = RouteTable)))]
pub(crate) async fn routes(State(state): State<ApiState>, caller: Caller) -> Answered {
    let table = state.handle.query(move |engine| engine.ledger().routes(caller.scope)).await?;
    let shown = RouteTable {
        version: table.version,
        routes: table.routes.iter().map(Into::into).collect(),
        built_in: table.version == 0,
    };
    Ok(Json(shown).into_response())
}
