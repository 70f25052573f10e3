//! Webhook endpoints: registered, shown with their health, disabled, enabled, deleted; secrets
//! rotated.

use crate::body::Body;
use crate::caller::{By, Caller, Tender, Writer};
use crate::dto::{check_text, retry_policy};
use crate::pages::{List, place_ref, ref_place};
use crate::params::{PathId, QueryPairs};
use crate::problem::Problem;
use crate::reads::shown_page;
use crate::respond::{Hints, shown_endpoint};
use crate::secrets::{AskedSecret, generate};
use crate::state::ApiState;
use crate::submit::{Answered, submit, would_record};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use zentra_api_types::request::{EndSecretBody, EndpointBody, Nothing, RotateBody};
use zentra_api_types::{
    Endpoint, EndpointChanged, EndpointCreated, Page, SecretRotated, SecretVersionEnded,
};
use zentra_delivery::{
    DeliveryCommand, EndpointView, SECRET_OVERLAP_MAX, SecretChoice, default_policy,
};
use zentra_engine::{Command, Engine};
use zentra_events::{Code, EndpointId, ScopeNo, Span};
use zentra_http_guard::check_url;
use zentra_sender::{Challenger, Unmet};

/// How long two versions of a secret overlap when the caller does not say.
const OVERLAP_SECONDS: u64 = 86_400;

/// Endpoints that one page looks at, deleted ones too.
const VISITED_MAX: usize = 1_000;

/// Registers a webhook endpoint.
#[utoipa::path(post, path = "/webhook-endpoints", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.create",
    request_body = EndpointBody,
    responses((status = 201, description = "The endpoint listens.", body = EndpointCreated)))]
pub(crate) async fn create(
    State(state): State<ApiState>,
    By(caller): Writer,
    body: Body<EndpointBody>,
) -> Answered {
    let EndpointBody { url, events, signing_secret, shared_secret, policy, description } =
        body.value;
    check_text("/description", &description)?;
    let url = check_url(&url, &state.guard)
        .map_err(|refusal| Problem::new(refusal.code, refusal.detail))?;
    let env = state.handle.env();
    let seal = |secret| state.keyring.seal(env, &caller.scope_name, secret);
    let mut hints = Hints::default();
    let asked = AskedSecret::read_both(signing_secret.as_deref(), shared_secret.as_deref())?;
    let secret = match asked {
        AskedSecret::Generated => SecretChoice::Own { sealed: seal(&generate(env)) },
        AskedSecret::Material(secret) => {
            hints.no_secret = true;
            SecretChoice::Own { sealed: seal(&secret) }
        }
        AskedSecret::Named(name) => {
            hints.secret_name = Some(name.clone());
            SecretChoice::Named { name, sealed_if_new: seal(&generate(env)) }
        }
    };
    let command = DeliveryCommand::CreateEndpoint {
        url: url.to_string(),
        filters: events,
        secret,
        policy: policy.map_or_else(default_policy, retry_policy),
        description,
    };
    let command = Command::Delivery(command);
    if let Some(challenger) = &state.challenger {
        // Nothing is sent for a request that would make no endpoint.
        let answered = would_record(&state, &caller, &body.canonical, &command).await?;
        if let Some(answered) = answered {
            return Ok(answered);
        }
        meet_challenge(challenger, &caller, url.as_str()).await?;
    }
    submit(&state, &caller, &body.canonical, hints, command).await
}

/// Asks an endpoint to repeat a challenge.
async fn meet_challenge(
    challenger: &Challenger,
    caller: &Caller,
    url: &str,
) -> Result<(), Problem> {
    let failed = |why: &str| {
        let detail = format!(
            "the endpoint must answer a POST with 2xx and the text of its `challenge`; {why}"
        );
        Problem::new(Code::ChallengeFailed, detail)
    };
    match challenger.ask(caller.scope, url).await {
        Ok(()) => Ok(()),
        Err(Unmet::Busy) => {
            let detail = "too many endpoints are being challenged";
            Err(Problem::new(Code::Overloaded, detail).with_retry_after(1))
        }
        // One word for all: nobody scans a network by it.
        Err(Unmet::Failed(_)) => Err(failed("no answer came")),
        Err(Unmet::Status(status)) => Err(failed(&format!("it answered {status}"))),
        Err(Unmet::Text) => Err(failed("it answered another text")),
    }
}

/// Lists webhook endpoints with their health, newest first.
#[utoipa::path(get, path = "/webhook-endpoints", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.list",
    responses((status = 200, description = "A page of endpoints.", body = Page<Endpoint>)))]
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    query: QueryPairs,
) -> Answered {
    let paging = query.paging()?;
    let before = paging.begins(List::Endpoints, place_ref)?.map(EndpointId);
    let (scope, limit) = (caller.scope, paging.limit);
    let told = state.handle.query(move |engine| {
        let most = (limit, VISITED_MAX);
        let (page, next) = engine.deliveries().endpoints_before(scope, before, most);
        let rows: Vec<_> =
            page.iter().map(|endpoint| shown_with_secret(engine, endpoint)).collect();
        (rows, next.map(|next| List::Endpoints.cursor(&ref_place(next.0))))
    });
    let (rows, next) = told.await?;
    Ok(shown_page(rows, next))
}

/// Shows a webhook endpoint with its health.
#[utoipa::path(get, path = "/webhook-endpoints/{id}", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.get",
    responses((status = 200, description = "The endpoint.", body = Endpoint)))]
pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    PathId(id): PathId<EndpointId>,
) -> Answered {
    let found = state.handle.query(move |engine| shown(engine, caller.scope, id)).await?;
    let endpoint = found.ok_or_else(|| Problem::not_found("webhook endpoint"))?;
    Ok(Json(endpoint).into_response())
}

/// Deletes a webhook endpoint; its trail stays.
#[utoipa::path(delete, path = "/webhook-endpoints/{id}", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.delete",
    request_body = Nothing,
    responses((status = 200, description = "The endpoint is deleted.", body = EndpointChanged)))]
pub(crate) async fn delete(
    State(state): State<ApiState>,
    By(caller): Writer,
    PathId(endpoint): PathId<EndpointId>,
    _: Body<Nothing>,
) -> Answered {
    let command = Command::Delivery(DeliveryCommand::DeleteEndpoint { endpoint });
    submit(&state, &caller, "", Hints::default(), command).await
}

/// Disables a webhook endpoint; its events are parked.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/disable", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.disable",
    request_body = Nothing,
    responses((status = 200, description = "The endpoint is disabled.", body = EndpointChanged)))]
pub(crate) async fn disable(
    State(state): State<ApiState>,
    By(caller): Tender,
    PathId(endpoint): PathId<EndpointId>,
    body: Body<Nothing>,
) -> Answered {
    let command = Command::Delivery(DeliveryCommand::DisableEndpoint { endpoint });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Enables a webhook endpoint; what was parked is due at once.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/enable", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.enable",
    request_body = Nothing,
    responses((status = 200, description = "The endpoint listens.", body = EndpointChanged)))]
pub(crate) async fn enable(
    State(state): State<ApiState>,
    By(caller): Tender,
    PathId(endpoint): PathId<EndpointId>,
    body: Body<Nothing>,
) -> Answered {
    let command = Command::Delivery(DeliveryCommand::EnableEndpoint { endpoint });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

/// Gives the endpoint's secret a new version; the ones before sign too for a while.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/rotate-secret", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.rotateSecret",
    request_body = RotateBody,
    responses((status = 200, description = "The secret is rotated.", body = SecretRotated)))]
pub(crate) async fn rotate(
    State(state): State<ApiState>,
    By(caller): Tender,
    PathId(endpoint): PathId<EndpointId>,
    body: Body<RotateBody>,
) -> Answered {
    let RotateBody { overlap_seconds, signing_secret } = body.value;
    let overlap = Span::seconds(overlap_seconds.unwrap_or(OVERLAP_SECONDS));
    if overlap > SECRET_OVERLAP_MAX {
        let (most, asked) = (SECRET_OVERLAP_MAX.as_millis() / 1_000, overlap.as_millis() / 1_000);
        let detail = format!("versions overlap for at most {most} s, not {asked} s");
        return Err(Problem::new(Code::SecretInvalid, detail));
    }
    let mut hints = Hints::default();
    let secret = match AskedSecret::read(signing_secret.as_deref())? {
        AskedSecret::Generated => generate(state.handle.env()),
        AskedSecret::Material(secret) => {
            hints.no_secret = true;
            secret
        }
        AskedSecret::Named(_) => {
            let detail = "a rotation takes new key material, not the name of a secret";
            return Err(Problem::new(Code::SecretInvalid, detail));
        }
    };
    let command = DeliveryCommand::RotateSecret {
        endpoint,
        sealed: state.keyring.seal(state.handle.env(), &caller.scope_name, &secret),
        overlap,
    };
    submit(&state, &caller, &body.canonical, hints, Command::Delivery(command)).await
}

/// Ends one old version of the endpoint's secret now.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/end-secret", tag = "webhook-endpoints",
    operation_id = "webhookEndpoints.endSecret",
    request_body = EndSecretBody,
    responses((status = 200, description = "The version signs nothing more.",
        body = SecretVersionEnded)))]
pub(crate) async fn end_secret(
    State(state): State<ApiState>,
    By(caller): Tender,
    PathId(endpoint): PathId<EndpointId>,
    body: Body<EndSecretBody>,
) -> Answered {
    let version = body.value.version;
    let command = Command::Delivery(DeliveryCommand::EndSecretVersion { endpoint, version });
    submit(&state, &caller, &body.canonical, Hints::default(), command).await
}

fn shown(engine: &Engine, scope: ScopeNo, id: EndpointId) -> Option<Endpoint> {
    Some(shown_with_secret(engine, &engine.deliveries().endpoint(scope, id)?))
}

fn shown_with_secret(engine: &Engine, endpoint: &EndpointView) -> Endpoint {
    let secret = engine.deliveries().secret(endpoint.secret);
    let versions = secret.map(|secret| secret.versions).unwrap_or_default();
    shown_endpoint(endpoint, &versions)
}
