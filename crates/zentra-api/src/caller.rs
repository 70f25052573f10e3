//! The caller of a request, and what each route needs its caller to be.
//!
//! Owns what is looked at before a handler runs: the key, its connection, its rate, its roles. Who
//! a key belongs to and which role gives which permission is told by `zentra-auth`.

use crate::head::claim;
use crate::problem::Problem;
use crate::span::note_scope;
use crate::state::ApiState;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, OnceLock};
use zentra_auth::{AuthError, Identity, Permission, authenticate};
use zentra_events::event::role;
use zentra_events::{ActorName, Code, KeyId, Quota, Refusal, RequestId, ScopeName, ScopeNo};

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
    fn may(&self, permission: Permission) -> Result<(), Problem> {
        if permission.is_given_by(self.roles) {
            return Ok(());
        }
        let detail = format!("this needs a key with the role {}", permission.wanted());
        Err(Problem::new(Code::Forbidden, detail))
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
        let authorization = parts.headers.get(AUTHORIZATION).and_then(|text| text.to_str().ok());
        let Identity { scope, scope_name, actor, key, roles } =
            authenticate(&state.handle, authorization).map_err(|AuthError| unauthenticated())?;
        note_scope(&scope_name);
        claim(parts, state.handle.limits(), scope)?;
        let per_second = state.handle.limits().limit(scope, Quota::RequestsPerSecond);
        state.rates().take(scope, per_second).map_err(|seconds| {
            Refusal::over_quota(Quota::RequestsPerSecond, per_second, per_second, 1).until(seconds)
        })?;
        if state.read_only && !parts.method.is_safe() {
            return Err(Refusal::read_only().into());
        }
        if let Some(Acting(cell)) = parts.extensions.get() {
            // It is the same key however often a request is asked for its caller.
            let _known = cell.set(key).is_err();
        }
        Ok(Caller {
            scope,
            scope_name,
            actor,
            key,
            roles,
            request_id: parts.extensions.get().copied().unwrap_or(RequestId([0; 16])),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            idempotency_key: crate::idempotency::key_of(&parts.headers)?,
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
            0 => Permission::Write,
            1 => Permission::Operate,
            2 => Permission::Tend,
            3 => Permission::Audit,
            4 => Permission::Administer,
            _ => Permission::Deploy,
        })?;
        Ok(By(caller))
    }
}
