//! API keys. A key's text leaves the server once, in the answer to its making; only its hash stays.
//!
//! A request that is sent again gets the same answer without the text: it was told to whoever asked
//! first, and nobody has it now. Who lost it revokes the key and makes another.

use crate::body::Body;
use crate::bounds::GIVEN_ROLES;
use crate::caller::{Admin, By, Caller};
use crate::dto::check_text;
use crate::pages::{List, page_of, place_ref, ref_place};
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::respond::{Hints, shown_key};
use crate::state::ApiState;
use crate::submit::{Answered, submit};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use zentra_api_types::request::{KeyBody, Nothing};
use zentra_api_types::{KeyCreated, KeyRevoked, ListedKey, Page};
use zentra_auth::{hash_of_key, key_text, role_bit};
use zentra_engine::{AccessCommand, Command, NewKey};
use zentra_env::Env;
use zentra_events::KeyId;

/// Makes a key; its text is shown once.
#[utoipa::path(post, path = "/keys", tag = "keys",
    operation_id = "keys.create", request_body = KeyBody,
    responses((status = 201, description = "The key, with its text.", body = KeyCreated)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    By(caller): Admin,
    body: Body<KeyBody>,
) -> Answered {
    let (new, text) = new_key(state.handle.env(), body.value, "")?;
    let hints = Hints { key_text: Some(text), ..Hints::default() };
    let command = Command::Access(AccessCommand::CreateKey(new));
    submit(&state, &caller, &body.canonical, hints, command).await
}

/// Lists the keys of the scope, newest first, without their texts.
#[utoipa::path(get, path = "/keys", tag = "keys",
    operation_id = "keys.list",
    responses((status = 200, description = "A page of keys.", body = Page<ListedKey>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    let paging = query.paging()?;
    let before = paging.begins(List::Keys, place_ref)?.map(KeyId);
    let names = state.handle.names();
    let keys = names.keys_before(caller.scope, before, paging.limit.saturating_add(1));
    let actor = |key: &zentra_engine::ApiKey| {
        names.actor_name(key.actor).map_or_else(String::new, |name| name.to_string())
    };
    let cursor = |key: &zentra_engine::ApiKey| List::Keys.cursor(&ref_place(key.id.0));
    let page = page_of(keys, paging.limit, cursor, |key| shown_key(key, actor(key)));
    Ok(Json(page).into_response())
}

/// Revokes a key of the scope.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys",
    operation_id = "keys.revoke", request_body = Nothing,
    responses((status = 200, description = "The key is revoked.", body = KeyRevoked)))]
pub(crate) async fn revoke(
    State(state): State<ApiState>,
    By(caller): Admin,
    PathId(key): PathId<KeyId>,
    _: Body<Nothing>,
) -> Answered {
    let command = Command::Access(AccessCommand::RevokeKey { key });
    submit(&state, &caller, "", Hints::default(), command).await
}

/// A key as a body at this place asks for it, and its text.
///
/// # Errors
/// When the label is too long or a role is not known.
pub(super) fn new_key(
    env: &Env,
    KeyBody { actor, roles, label }: KeyBody,
    pointer: &str,
) -> Result<(NewKey, String), Problem> {
    check_text(&format!("{pointer}/label"), &label)?;
    let roles = role_bits(&roles, pointer)?;
    let text = key_text(&env.random_bytes());
    let hash = hash_of_key(&text);
    Ok((NewKey { actor, hash, roles, label }, text))
}

fn role_bits(names: &[String], pointer: &str) -> Result<u8, Problem> {
    if names.len() > GIVEN_ROLES.len() {
        let detail = format!("a key has at most {} roles", GIVEN_ROLES.len());
        return Err(Problem::field(&format!("{pointer}/roles"), detail));
    }
    let mut bits = 0;
    for (index, name) in names.iter().enumerate() {
        bits |= role_bit(name).ok_or_else(|| {
            let pointer = format!("{pointer}/roles/{index}");
            Problem::field(&pointer, "expected writer, operator, auditor or admin")
        })?;
    }
    if bits == 0 {
        return Err(Problem::field(&format!("{pointer}/roles"), "a key has at least one role"));
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_known_words() {
        let bits = |names: &[&str]| {
            role_bits(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), "")
        };
        assert_eq!(bits(&["writer", "auditor", "writer"]).unwrap(), 5);
        assert!(bits(&[]).is_err());
        assert!(bits(&["root"]).is_err());
    }
}
