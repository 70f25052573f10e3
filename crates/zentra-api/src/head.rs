//! What must be true of a request's head before anything else looks at it.
//!
//! Two readers of a doubled or contradictory header may see two different requests; here it is no
//! request at all. Owns these checks, and what a connection beyond the bound is told. Must not know
//! keys or routes.

use crate::dated;
use crate::problem::Problem;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Version};
use std::sync::Arc;
use zentra_events::{Code, Quota, Refusal, ScopeNo};
use zentra_http_listen::{NoPlace, Seat};
use zentra_runtime::ScopeLimits;

/// What is served although all connections are taken.
const HEALTH: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The scope whose key the request has; set once the key is checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InScope(pub(crate) ScopeNo);

/// Refuses a request whose head is not one.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(request: &Request) -> Result<(), Problem> {
    let kept = request.extensions().get::<Arc<Seat>>().is_some_and(|seat| seat.health_only());
    if kept && !HEALTH.contains(&request.uri().path()) {
        let detail = "all connections are taken; try again later";
        return Err(Problem::new(Code::Overloaded, detail).with_retry_after(1));
    }
    if request.method() == Method::CONNECT {
        return Err(Problem::new(Code::MethodNotAllowed, "this server is not a proxy"));
    }
    check_headers(request.version(), request.headers())
}

fn check_headers(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    if version == Version::HTTP_11 && !headers.contains_key(HOST) {
        return Err(Problem::field("Host", "the header is required"));
    }
    for name in [HOST, AUTHORIZATION, CONTENT_TYPE] {
        if headers.get_all(&name).iter().nth(1).is_some() {
            return Err(Problem::field(shown(&name), "the header is given twice"));
        }
    }
    let encoded = headers.get_all(CONTENT_ENCODING).iter();
    if encoded.into_iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "bodies are taken as they are; leave Content-Encoding out";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    dated::check(headers)
}

fn shown(name: &HeaderName) -> &'static str {
    match *name {
        HOST => "Host",
        AUTHORIZATION => "Authorization",
        _ => "Content-Type",
    }
}

/// The request's key is one of this scope: its connection counts for the scope.
///
/// # Errors
/// When the scope has too many connections.
pub(crate) fn claim(
    parts: &mut Parts,
    limits: &ScopeLimits,
    scope: ScopeNo,
) -> Result<(), Problem> {
    if let Some(seat) = parts.extensions.get::<Arc<Seat>>() {
        let quota = || limits.limit(scope, Quota::Connections);
        seat.claim(scope, quota).map_err(|NoPlace { max, by_quota }| {
            if by_quota {
                let most = max as u64;
                return Refusal::over_quota(Quota::Connections, most, most, 1).until(1).into();
            }
            let detail = format!("the scope has {max} connections open, as many as it may have");
            Problem::new(Code::Overloaded, detail).with_retry_after(1)
        })?;
    }
    parts.extensions.insert(InScope(scope));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST_ONCE: (&str, &str) = ("host", "zentra");

    type Headers = &'static [(&'static str, &'static str)];

    fn told(version: Version, headers: Headers) -> Option<Code> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        check_headers(version, &map).err().map(|problem| problem.code)
    }

    #[test]
    fn a_head_says_each_thing_once() {
        let (old, new, two) = (Version::HTTP_10, Version::HTTP_11, Version::HTTP_2);
        let (bad, coded) = (Some(Code::ValidationFailed), Some(Code::UnsupportedMediaType));
        let rows: [(Version, Headers, Option<Code>); 11] = [
            (new, &[HOST_ONCE], None),
            (new, &[], bad),
            (old, &[], None),
            (two, &[], None),
            (new, &[HOST_ONCE, HOST_ONCE], bad),
            (old, &[HOST_ONCE, ("host", "other")], bad),
            (new, &[HOST_ONCE, ("authorization", "Bearer a"), ("authorization", "Bearer a")], bad),
            (new, &[HOST_ONCE, ("content-type", "a"), ("content-type", "b")], bad),
            (new, &[HOST_ONCE, ("content-encoding", "gzip")], coded),
            (new, &[HOST_ONCE, ("content-encoding", "identity")], None),
            (
                new,
                &[HOST_ONCE, ("content-encoding", "identity"), ("content-encoding", "br")],
                coded,
            ),
        ];
        for (version, headers, expected) in rows {
            assert_eq!(told(version, headers), expected, "{version:?} {headers:?}");
        }
    }
}
