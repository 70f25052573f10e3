//! A request's JSON body: bounded, shallow, strict.
//!
//! An empty body stands for `{}`. Owns the order of the checks: size, media type, text, depth, then
//! fields. Must not know any request.

use crate::bodies::{Held, Taken};
use crate::head::InScope;
use crate::json::{canonical, parse, read};
use crate::problem::Problem;
use crate::reads::parse_in_turn;
use crate::state::ApiState;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use zentra_events::limits::{BODY_BYTES_MAX, JSON_VALUES_MAX};
use zentra_events::{Code, ScopeNo};

/// A body is in memory as its text, as its canonical text, and as what comes of it.
const TAKEN: Taken = Taken { bytes_max: BODY_BYTES_MAX, copies: 3 };

/// A body that fits `T`.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    /// The canonical text of the whole body, for fingerprints; empty when the request has no key.
    pub(crate) canonical: String,
    /// The text as it came.
    pub(crate) text: String,
    /// What the body takes of the budget until the request ends.
    _held: Held,
}

impl<T: DeserializeOwned + Send + 'static> FromRequest<ApiState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Body<T>, Problem> {
        let (parts, body) = request.into_parts();
        let scope = parts.extensions.get().map_or(ScopeNo(u32::MAX), |InScope(scope)| *scope);
        let (bytes, held) = state.bodies.arrive(scope, &parts.headers, body, TAKEN).await?;
        let (headers, length) = (parts.headers, bytes.len());
        let parsed =
            parse_in_turn(&state.parsing, scope, length, move || from_bytes(&headers, bytes));
        let (value, canonical, text) = parsed.await??;
        Ok(Body { value, canonical, text, _held: held })
    }
}

/// What a body says, its canonical text, and its text.
fn from_bytes<T: DeserializeOwned>(
    headers: &HeaderMap,
    mut bytes: Vec<u8>,
) -> Result<(T, String, String), Problem> {
    if bytes.is_empty() {
        bytes.extend_from_slice(b"{}");
    } else {
        check_media_type(headers)?;
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::new(Code::ValidationFailed, "the body is not UTF-8"))?;
    let parsed = parse(text.as_bytes(), JSON_VALUES_MAX)
        .map_err(|error| Problem::field("", error.to_string()))?;
    // Only a key's fingerprint needs it.
    let keyed = headers.contains_key(crate::idempotency::HEADER);
    let canonical = if keyed { canonical(&parsed) } else { String::new() };
    Ok((read(parsed)?, canonical, text))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "send `Content-Type: application/json`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde_json::Value;

    fn code(media_type: &'static str, bytes: &[u8]) -> Option<Code> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        from_bytes::<Value>(&headers, bytes.to_vec()).err().map(|problem| problem.code)
    }

    #[test]
    fn bodies_are_refused_by_their_first_fault() {
        let json = "application/json";
        let deep = [b"[".repeat(40), b"]".repeat(40)].concat();
        let many = [b"[".as_slice(), &b"0,".repeat(JSON_VALUES_MAX), b"0]"].concat();
        let rows: [(&str, &[u8], Option<Code>); 12] = [
            (json, b"{}", None),
            (json, b"", None),
            ("text/plain", b"", None),
            ("Application/JSON; charset=utf-8", b"{}", None),
            ("text/plain", b"{}", Some(Code::UnsupportedMediaType)),
            ("application/jsonp", b"{}", Some(Code::UnsupportedMediaType)),
            (json, &deep, Some(Code::ValidationFailed)),
            (json, &many, Some(Code::ValidationFailed)),
            (json, b"{\"a\":1,\"a\":2}", Some(Code::ValidationFailed)),
            (json, b"{\"a\":\xff}", Some(Code::ValidationFailed)),
            (json, b"{\"a\":", Some(Code::ValidationFailed)),
            (json, b"{} x", Some(Code::ValidationFailed)),
        ];
        for (media_type, bytes, expected) in rows {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
            assert_eq!(code(media_type, bytes), expected, "{media_type} {shown}");
        }
    }
}
