//! Who calls: the API key, its scope, its actor and its roles.
//!
//! Only the BLAKE3 hash of a key's text is looked up. Owns which role may do what. Must not say
//! why a key is not accepted: unknown and revoked look the same.

use crate::api::head::claim;
use crate::api::problem::Problem;
use crate::api::roles::role_names;
use crate::api::span::note_scope;
use crate::api::state::ApiState;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, OnceLock};
use zentra_events::event::role;
use zentra_events::{ActorName, Code, KeyId, Quota, Refusal, RequestId, ScopeName, ScopeNo};
use zentra_runtime::Notice;

/// What a route needs its caller to be. Reading needs a valid key and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Commands on money, endpoints and events.
    Write,
    /// Replay, resend, resolve.
    Operate,
    /// Enable, disable and rotate the secret of an endpoint.
    Tend,
    /// Digests of projections.
    Audit,
    /// Keys, chart, policy and routes.
    Administer,
    /// Scopes, and what each may use.
    Deploy,
}

/// The authenticated caller of a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) scope: ScopeNo,
    pub(crate) scope_name: ScopeName,
    pub(crate) actor: ActorName,
    /// The key that was shown. Whoever decides for the caller looks at it again.
    pub(crate) key: KeyId,
    pub(crate) roles: u8,
    pub(crate) request_id: RequestId,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) idempotency_key: Option<String>,
}

impl Caller {
    /// Whether the key has the role admin.
    pub(crate) fn is_admin(&self) -> bool {
        self.roles & role::ADMIN != 0
    }

    /// Refuses a caller whose key was revoked meanwhile, where a command only reads.
    ///
    /// # Errors
    /// 401, then.
    pub(crate) fn still_acts(&self, state: &ApiState) -> Result<(), Problem> {
        let works = state.handle.names().key_works(self.key);
        if works { Ok(()) } else { Err(unauthenticated()) }
    }

    /// Refuses a caller that has none of the roles that a route needs: 403, naming those.
    fn may(&self, need: Need) -> Result<(), Problem> {
        if self.roles & allowed(need) != 0 {
            return Ok(());
        }
        let wanted = role_names(allowed(need)).join(" or ");
        Err(Problem::new(Code::Forbidden, format!("this needs a key with the role {wanted}")))
    }
}

/// The key that a request acts with, once its caller is known.
#[derive(Clone, Default)]
struct Acting(Arc<OnceLock<KeyId>>);

/// Shows nothing to a key that was revoked while the answer was made. Commands need it not: the
/// kernel decides by the key's state where it decides.
pub(crate) async fn read_while_it_works(
    State(state): State<ApiState>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    let acting = Acting::default();
    request.extensions_mut().insert(acting.clone());
    let response = next.run(request).await;
    match acting.0.get() {
        Some(key) if !state.handle.names().key_works(*key) => unauthenticated().into_response(),
        _ => response,
    }
}

fn unauthenticated() -> Problem {
    let detail = "send `Authorization: Bearer <key>` with a key that is not revoked";
    Problem::new(Code::Unauthenticated, detail)
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Caller, Problem> {
        let names = state.handle.names();
        let text = bearer(&parts.headers);
        let known =
            text.and_then(|text| names.key_by_hash(blake3::hash(text.as_bytes()).as_bytes()));
        let scope = known.as_ref().map(|key| key.scope);
        let found = known.filter(|key| !key.revoked).and_then(|key| {
            Some((names.scope_name(key.scope)?, names.actor_name(key.actor)?, key))
        });
        let Some((scope_name, actor, key)) = found else {
            if text.is_some() {
                metrics::counter!("zentra_keys_refused_total").increment(1);
                state.handle.notices().warn(Notice::KeyRefused, scope, "401 unauthenticated");
            }
            return Err(unauthenticated());
        };
        note_scope(&scope_name);
        claim(parts, state.handle.limits(), key.scope)?;
        let per_second = state.handle.limits().limit(key.scope, Quota::RequestsPerSecond);
        state.rates.take(key.scope, per_second).map_err(|seconds| {
            Refusal::over_quota(Quota::RequestsPerSecond, per_second, per_second, 1).until(seconds)
        })?;
        if state.read_only && !parts.method.is_safe() {
            return Err(Refusal::read_only().into());
        }
        if let Some(Acting(cell)) = parts.extensions.get() {
            // It is the same key however often a request is asked for its caller.
            let _known = cell.set(key.id).is_err();
        }
        Ok(Caller {
            scope: key.scope,
            scope_name,
            actor,
            key: key.id,
            roles: key.roles,
            request_id: parts.extensions.get().copied().unwrap_or(RequestId([0; 16])),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            idempotency_key: crate::api::idempotency::key_of(&parts.headers)?,
        })
    }
}

/// A caller who may do what the route needs, told before its body is read.
pub(crate) struct By<const NEED: u8>(pub(crate) Caller);

/// May send commands.
pub(crate) type Writer = By<0>;
/// May operate deliveries.
pub(crate) type Operator = By<1>;
/// May tend endpoints.
pub(crate) type Tender = By<2>;
/// May see digests.
pub(crate) type Auditor = By<3>;
/// May administer the scope.
pub(crate) type Admin = By<4>;
/// May make scopes and set what each may use.
pub(crate) type Deployer = By<5>;

impl<const NEED: u8> FromRequestParts<ApiState> for By<NEED> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.may(match NEED {
            0 => Need::Write,
            1 => Need::Operate,
            2 => Need::Tend,
            3 => Need::Audit,
            4 => Need::Administer,
            _ => Need::Deploy,
        })?;
        Ok(By(caller))
    }
}

fn allowed(need: Need) -> u8 {
    match need {
        Need::Write => role::WRITER | role::ADMIN,
        Need::Operate => role::OPERATOR | role::ADMIN,
        Need::Tend => role::WRITER | role::OPERATOR | role::ADMIN,
        Need::Audit => role::AUDITOR | role::ADMIN,
        Need::Administer => role::ADMIN,
        Need::Deploy => role::DEPLOYMENT,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_need_is_met_by_its_role_and_by_admin_only() {
        let rows = [
            (Need::Write, role::WRITER),
            (Need::Operate, role::OPERATOR),
            (Need::Audit, role::AUDITOR),
            (Need::Administer, role::ADMIN),
        ];
        for (need, bit) in rows {
            assert_eq!(allowed(need), bit | role::ADMIN, "{need:?}");
        }
        assert_eq!(allowed(Need::Deploy), role::DEPLOYMENT, "no scope's admin is enough");
        assert_eq!(allowed(Need::Tend) & role::AUDITOR, 0, "auditors change nothing");
    }

    #[test]
    fn only_bearer_keys_are_read() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(with("Bearer zk_a"), Some("zk_a".into()));
        assert_eq!(with("bearer zk_a"), Some("zk_a".into()));
        for bad in ["Basic zk_a", "Bearer ", "Bearer", "zk_a"] {
            assert_eq!(with(bad), None, "{bad}");
        }
    }
}
