//! Quotas: a caller sees its own scope's, the deployment sees and sets those of any.

use crate::body::Body;
use crate::caller::{By, Caller, Deployer};
use crate::params::PathId;
use crate::problem::Problem;
use crate::respond::Hints;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use zentra_api_types::request::QuotasBody;
use zentra_api_types::{QuotaUse, Quotas, QuotasSet};
use zentra_engine::{AccessCommand, Command};
use zentra_events::event::QuotaOverrideV1;
use zentra_events::{Code, Quota, ScopeName, ScopeNo};

/// The limits of the caller's scope, and what it uses of them.
#[utoipa::path(get, path = "/quotas", tag = "quotas",
    operation_id = "quotas.get",
    responses((status = 200, description = "Every quota with its limit and use.", body = Quotas)))]
pub(crate) async fn own(State(state): State<ApiState>, caller: Caller) -> Answered {
    shown(&state, caller.scope, &caller.scope_name).await
}

/// The limits of a scope, and what it uses of them. It needs a key with the role `deployment`.
#[utoipa::path(get, path = "/scopes/{name}/quotas", tag = "quotas",
    operation_id = "scopes.getQuotas",
    responses((status = 200, description = "Every quota with its limit and use.", body = Quotas)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    By(_caller): Deployer,
    PathId(name): PathId<ScopeName>,
) -> Answered {
    shown(&state, scope_no(&state, &name)?, &name).await
}

/// Sets the limits that a scope has of its own, in place of those it had; quotas that are not named
/// have the deployment's. It needs a key with the role `deployment`.
#[utoipa::path(put, path = "/scopes/{name}/quotas", tag = "quotas",
    operation_id = "scopes.setQuotas", request_body = QuotasBody,
    responses((status = 200, description = "What the scope has of its own.", body = QuotasSet)))]
pub(crate) async fn set(
    State(state): State<ApiState>,
    By(caller): Deployer,
    PathId(name): PathId<ScopeName>,
    body: Body<QuotasBody>,
) -> Answered {
    let scope = scope_no(&state, &name)?;
    let named = body.value.quotas.into_iter().map(|(name, limit)| {
        let pointer = format!("/quotas/{}", name.get(..64).unwrap_or(&name));
        let Some(quota) = Quota::by_name(&name) else {
            let known: Vec<&str> = Quota::ALL.iter().map(|quota| quota.as_str()).collect();
            let detail = format!("there is no such quota; there are {}", known.join(", "));
            return Err(Problem::field(&pointer, detail));
        };
        if limit == 0 {
            return Err(Problem::field(&pointer, "a limit is 1 or more"));
        }
        Ok(QuotaOverrideV1 { quota, limit })
    });
    let overrides = named.collect::<Result<Vec<_>, Problem>>()?;
    let command = Command::Access(AccessCommand::SetQuotas { scope, overrides });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

fn scope_no(state: &ApiState, name: &ScopeName) -> Result<ScopeNo, Problem> {
    state
        .handle
        .names()
        .scope_by_name(name)
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no such scope"))
}

async fn shown(state: &ApiState, scope: ScopeNo, name: &ScopeName) -> Answered {
    let now = state.handle.now();
    let told = state.handle.query(move |engine| {
        let own = engine.quota_overrides(scope).to_vec();
        let used = Quota::ALL.iter().map(|quota| engine.quota_used(scope, *quota, now));
        (engine.quotas(scope), own, used.collect::<Vec<_>>())
    });
    let (limits, own, used) = told.await?;
    let rows = Quota::ALL.iter().zip(used).map(|(quota, used)| QuotaUse {
        quota: *quota,
        title: quota.title().into(),
        unit: quota.unit().into(),
        limit: limits.get(*quota),
        used,
        own: own.iter().any(|one| one.quota == *quota),
    });
    Ok(Json(Quotas { scope: name.clone(), quotas: rows.collect() }).into_response())
}
