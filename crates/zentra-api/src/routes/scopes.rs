//! Scopes: made and listed by the deployment. All else is done inside one scope, by its keys.

use crate::body::Body;
use crate::caller::{By, Deployer};
use crate::params::QueryPairs;
use crate::problem::Problem;
use crate::reads::shown_page;
use crate::respond::{Hints, shown_scope};
use crate::routes::keys::new_key;
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::extract::State;
use zentra_api_types::request::ScopeBody;
use zentra_api_types::{ListedScope, Page, ScopeCreated};
use zentra_engine::{AccessCommand, Command};
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
    let before = match &paging.cursor {
        None => None,
        Some(cursor) => Some(scope_no(cursor).ok_or_else(|| {
            Problem::field("cursor", "the cursor is not one that this list gave")
        })?),
    };
    let mut scopes = state.handle.names().scopes_before(before, paging.limit.saturating_add(1));
    let more = scopes.len() > paging.limit;
    scopes.truncate(paging.limit);
    let next = scopes.last().filter(|_| more).map(|scope| format!("{:08x}", scope.scope.0));
    Ok(shown_page(scopes.iter().map(shown_scope).collect(), next))
}

fn scope_no(cursor: &str) -> Option<ScopeNo> {
    let shaped = cursor.len() == 8 && cursor.bytes().all(|byte| byte.is_ascii_hexdigit());
    shaped.then(|| u32::from_str_radix(cursor, 16).ok()).flatten().map(ScopeNo)
}
