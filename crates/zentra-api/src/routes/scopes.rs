//! Scopes: made and listed by the deployment. All else is done inside one scope, by its keys.

use crate::body::Body;
use crate::caller::{By, Deployer};
use crate::pages::{List, page_of};
use crate::params::QueryPairs;
use crate::respond::{Hints, shown_scope};
use crate::routes::keys::new_key;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use zentra_api_types::request::ScopeBody;
use zentra_api_types::{ListedScope, Page, ScopeCreated};
use zentra_engine::{AccessCommand, Command, ScopeMade};
use zentra_events::ScopeNo;

/// Makes a scope and its first key, whose text is shown once. It needs a key with the role
/// `deployment`, which `zentra key create` makes.
#[utoipa::path(post, path = "/scopes", tag = "scopes",
    operation_id = "scopes.create", request_body = ScopeBody,
    responses((status = 201, description = "The scope, with its first key.", body = ScopeCreated)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    By(caller): Deployer,
    body: Body<ScopeBody>,
) -> Answered {
    let ScopeBody { name, key } = body.value;
    let mut hints = Hints::default();
    let key = match key {
        None => None,
        Some(key) => {
            let (new, text) = new_key(state.handle.env(), key, "/key")?;
            hints.key_text = Some(text);
            Some(new)
        }
    };
    let command = Command::Access(AccessCommand::CreateScope { name, key });
    submit(&state, &caller, &body.canonical, hints, command).await
}

/// Lists the scopes of the deployment, newest first.
#[utoipa::path(get, path = "/scopes", tag = "scopes",
    operation_id = "scopes.list",
    responses((status = 200, description = "A page of scopes.", body = Page<ListedScope>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    By(_caller): Deployer,
    query: QueryPairs,
) -> Answered {
    let paging = query.paging()?;
    let scope_no = |place: &[u8]| place.try_into().ok().map(u32::from_be_bytes).map(ScopeNo);
    let before = paging.begins(List::Scopes, scope_no)?;
    let scopes = state.handle.names().scopes_before(before, paging.limit.saturating_add(1));
    let cursor = |made: &ScopeMade| List::Scopes.cursor(&made.scope.0.to_be_bytes());
    Ok(Json(page_of(scopes, paging.limit, cursor, shown_scope)).into_response())
}
