//! A request's JSON body: bounded, shallow, strict.
//!
//! An empty body stands for `{}`. Owns the order of the checks: size, media type, depth, text, then
//! fields. Must not know any request.

use crate::api::json::{canonical, parse, read, too_deep};
use crate::api::problem::Problem;
use crate::api::state::ApiState;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use std::time::Duration;
use zentra_events::Code;
use zentra_events::limits::{BODY_BYTES_MAX, JSON_DEPTH_MAX};

/// How long a body may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// A body that fits `T`.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    /// The canonical text of the whole body, for fingerprints; empty when the request has no key.
    pub(crate) canonical: String,
    /// The text as it came.
    pub(crate) text: String,
}

impl<T: DeserializeOwned> FromRequest<ApiState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &ApiState) -> Result<Body<T>, Problem> {
        let (parts, body) = request.into_parts();
        let declared = parts
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok().and_then(|length| length.parse::<u64>().ok()));
        if declared.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
            return Err(too_large());
        }
        let collected = Limited::new(body, BODY_BYTES_MAX).collect();
        let bytes = match tokio::time::timeout(ARRIVES_WITHIN, collected).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
            Ok(Err(_)) | Err(_) => {
                return Err(Problem::new(
                    Code::ValidationFailed,
                    "the body did not arrive as a whole",
                ));
            }
        };
        from_bytes(&parts.headers, &bytes)
    }
}

fn from_bytes<T: DeserializeOwned>(headers: &HeaderMap, bytes: &Bytes) -> Result<Body<T>, Problem> {
    let bytes: &[u8] = if bytes.is_empty() {
        b"{}"
    } else {
        check_media_type(headers)?;
        bytes
    };
    if too_deep(bytes, JSON_DEPTH_MAX) {
        let detail = format!("the body nests deeper than {JSON_DEPTH_MAX} levels");
        return Err(Problem::new(Code::ValidationFailed, detail));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::new(Code::ValidationFailed, "the body is not UTF-8"))?;
    let parsed = parse(bytes).map_err(|error| Problem::field("", error.to_string()))?;
    // Only a key's fingerprint needs it.
    let keyed = headers.contains_key(crate::api::idempotency::HEADER);
    let canonical = if keyed { canonical(&parsed) } else { String::new() };
    Ok(Body { value: read(parsed)?, canonical, text: text.to_owned() })
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "send `Content-Type: application/json`"))
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
    Problem::new(Code::BodyTooLarge, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde_json::Value;

    fn code(media_type: &'static str, bytes: &[u8]) -> Option<Code> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let bytes = Bytes::copy_from_slice(bytes);
        from_bytes::<Value>(&headers, &bytes).err().map(|problem| problem.code)
    }

    #[test]
    fn bodies_are_refused_by_their_first_fault() {
        let json = "application/json";
        let deep = [b"[".repeat(40), b"]".repeat(40)].concat();
        let rows: [(&str, &[u8], Option<Code>); 11] = [
            (json, b"{}", None),
            (json, b"", None),
            ("text/plain", b"", None),
            ("Application/JSON; charset=utf-8", b"{}", None),
            ("text/plain", b"{}", Some(Code::UnsupportedMediaType)),
            ("application/jsonp", b"{}", Some(Code::UnsupportedMediaType)),
            (json, &deep, Some(Code::ValidationFailed)),
            (json, b"{\"a\":1,\"a\":2}", Some(Code::ValidationFailed)),
            (json, b"{\"a\":\xff}", Some(Code::ValidationFailed)),
            (json, b"{\"a\":", Some(Code::ValidationFailed)),
            (json, b"{} x", Some(Code::ValidationFailed)),
        ];
        for (media_type, bytes, expected) in rows {
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(code(media_type, bytes), expected, "{media_type} {shown}");
        }
    }
}
