//! One attempt: a prepared message in, what happened out.
//!
//! Owns the request's headers and the shape of the outcome. Needs no engine, so it can be tried
//! against any receiver. Must not decide what an outcome means.

use super::result::result_of;
use super::retry_after::retry_after;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderName, HeaderValue, InvalidHeaderValue, RETRY_AFTER,
    USER_AGENT,
};
use http::{HeaderMap, Method, Request};
use http_body_util::Full;
use std::future::pending;
use std::time::Duration;
use zentra_events::event::{AttemptResult, AttemptV1};
use zentra_events::{EventId, ReplayId, ScopeNo, Span, Timestamp};
use zentra_http_guard::{Answer, Client, Failure, Held, RequestError};

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const ZENTRA_ATTEMPT: HeaderName = HeaderName::from_static("zentra-attempt");
const ZENTRA_REPLAY_ID: HeaderName = HeaderName::from_static("zentra-replay-id");
/// By which a consumer tells that it has verified the signature: it repeats the `webhook-id`.
const WEBHOOK_VERIFIED: HeaderName = HeaderName::from_static("webhook-verified");
pub(crate) const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Zentra/", env!("CARGO_PKG_VERSION")));

/// A signed message, ready to send.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The attempt's number in its delivery, from 1.
    pub number: u32,
    /// The replay that asked for it, if one did.
    pub replay: Option<ReplayId>,
    /// Whose event it is.
    pub scope: ScopeNo,
    /// The event; its id is the `webhook-id`.
    pub event: EventId,
    /// Where to send it.
    pub url: String,
    /// How long everything up to the answer's head may take.
    pub timeout: Span,
    /// When the attempt started.
    pub started_at: Timestamp,
    /// The `webhook-timestamp`.
    pub signed_at_seconds: u64,
    /// Versions of the secret that signed, newest first.
    pub secret_versions: Vec<u32>,
    /// The `webhook-signature`.
    pub signature: String,
    /// The body, exactly as signed.
    pub body: Bytes,
    /// BLAKE3 of the body.
    pub payload_hash: [u8; 32],
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The attempt, as it will be recorded.
    pub attempt: AttemptV1,
    /// How long the consumer asks to wait, as it said; not capped.
    pub retry_after: Option<Span>,
}

/// Sends a prepared message once and tells what happened: every failure is a result.
///
/// # Errors
/// When nothing was sent, since the destination has as much as it may get for now.
pub async fn attempt(client: &Client, prepared: Prepared) -> Result<Finished, Held> {
    attempt_until(pending(), client, prepared).await
}

/// As [`attempt`]; one that has no answer yet has timed out when `cut` says so.
pub(crate) async fn attempt_until(
    cut: impl Future<Output = ()>,
    client: &Client,
    prepared: Prepared,
) -> Result<Finished, Held> {
    let env = client.env();
    let started = env.passed();
    let answered = send(cut, client, &prepared).await;
    let took = env.passed().saturating_sub(started);
    let took = Span(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    match answered {
        Ok(answer) => Ok(prepared.answered(took, answer)),
        Err(RequestError::Failed(failure)) => {
            let attempt = prepared.record(took, result_of(failure), String::new());
            Ok(Finished { attempt, retry_after: None })
        }
        Err(RequestError::Held(held)) => Err(held),
    }
}

impl Prepared {
    /// What an answer means that came after so long.
    pub fn answered(self, took: Span, answer: Answer) -> Finished {
        let verified = answer.header(&WEBHOOK_VERIFIED) == Some(self.event.to_string().as_str());
        let told = if verified { AttemptResult::Verified } else { AttemptResult::Answered };
        let now = self.started_at.after(took);
        let retry_after = answer.header(&RETRY_AFTER).and_then(|value| retry_after(value, now));
        let attempt = self.record(took, told(answer.status), answer.excerpt);
        Finished { attempt, retry_after }
    }

    /// The headers of its request to this host.
    ///
    /// # Errors
    /// When one of its texts cannot stand in a header.
    pub fn headers(&self, host: &HeaderValue) -> Result<HeaderMap, InvalidHeaderValue> {
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(HOST, host.clone());
        headers.insert(USER_AGENT, AGENT);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(WEBHOOK_ID, HeaderValue::try_from(self.event.to_string())?);
        headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(self.signed_at_seconds));
        headers.insert(WEBHOOK_SIGNATURE, HeaderValue::from_str(&self.signature)?);
        headers.insert(ZENTRA_ATTEMPT, HeaderValue::from(self.number));
        if let Some(replay) = self.replay {
            headers.insert(ZENTRA_REPLAY_ID, HeaderValue::try_from(replay.to_string())?);
        }
        Ok(headers)
    }

    /// The attempt as it is recorded.
    pub fn record(self, took: Span, result: AttemptResult, excerpt: String) -> AttemptV1 {
        AttemptV1 {
            number: self.number,
            replay: self.replay,
            started_at: self.started_at,
            duration_ns: took,
            url: self.url,
            result,
            signed_at_seconds: self.signed_at_seconds,
            secret_versions: self.secret_versions,
            signature: self.signature,
            payload_hash: self.payload_hash,
            response_excerpt: excerpt,
        }
    }
}

async fn send(
    cut: impl Future<Output = ()>,
    client: &Client,
    prepared: &Prepared,
) -> Result<Answer, RequestError> {
    let target = client.target(&prepared.url)?;
    let request = || {
        let mut request = Request::new(Full::new(prepared.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target.path.clone();
        *request.headers_mut() =
            prepared.headers(&target.authority).map_err(|_| Failure::Internal)?;
        Ok(request)
    };
    let total = Duration::from_nanos(prepared.timeout.0);
    client.call(prepared.scope, &target, &request, total, cut).await
}
