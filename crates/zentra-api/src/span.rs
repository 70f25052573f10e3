//! The span of a request: what of it is told where the log's filter asks for it at `debug`.
//!
//! Owns its fields, and when each is known. Where it is off it costs a comparison. Must not tell a
//! key, a body or a query.

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use std::fmt::Display;
use tracing::field::{Empty, display};
use tracing::{Level, Span, debug, debug_span, span_enabled};
use zentra_env::{Env, WaitingClock};
use zentra_events::RequestId;

/// What the filter calls it.
const TARGET: &str = "zentra::request";

/// A request under way.
pub(crate) struct RequestSpan {
    span: Span,
    /// Known where the span is on.
    since: Option<WaitingClock>,
}

impl RequestSpan {
    /// The request comes in.
    pub(crate) fn begin(env: &Env, request: &Request, id: RequestId) -> RequestSpan {
        let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        let span = debug_span!(
            target: TARGET,
            "request",
            id = %HEXLOWER.encode(&id.0),
            method = %request.method(),
            route,
            scope = Empty,
            entry = Empty,
        );
        let since = (!span.is_disabled()).then(|| WaitingClock::start(env));
        RequestSpan { span, since }
    }

    /// What is done in it.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// It is answered.
    pub(crate) fn end(&self, status: StatusCode) {
        if let Some(since) = &self.since {
            let took_us = since.elapsed().as_micros() as u64;
            let status = status.as_u16();
            debug!(target: TARGET, parent: &self.span, status, took_us, "answered");
        }
    }
}

/// Notes in whose scope the request is.
pub(crate) fn note_scope(scope: &impl Display) {
    note("scope", scope);
}

/// Notes the position of the entry that answers it.
pub(crate) fn note_entry(position: &impl Display) {
    note("entry", position);
}

fn note(field: &'static str, value: &impl Display) {
    if span_enabled!(target: TARGET, Level::DEBUG) {
        Span::current().record(field, display(value));
    }
}
