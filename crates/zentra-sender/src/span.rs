//! The span of an attempt: what of it is told where the log's filter asks for it at `debug`.
//!
//! Owns its fields. Where it is off it costs a comparison. Must not tell a URL: it may hold a
//! secret.

use tracing::{Span, debug, debug_span};
use zentra_delivery::StartAttempt;
use zentra_events::event::AttemptV1;
use zentra_runtime::Handle;

/// What the filter calls it.
const TARGET: &str = "zentra::attempt";

/// An attempt under way.
pub(super) struct AttemptSpan(Span);

impl AttemptSpan {
    /// The attempt begins.
    pub(super) fn begin(start: &StartAttempt, handle: &Handle) -> AttemptSpan {
        AttemptSpan(debug_span!(
            target: TARGET,
            "attempt",
            delivery = %start.delivery,
            endpoint = %start.endpoint,
            number = start.number,
            scope = handle.names().scope_name(start.scope).map(tracing::field::display),
        ))
    }

    /// What is done in it.
    pub(super) fn span(&self) -> Span {
        self.0.clone()
    }

    /// Its destination has as much as it may get: nothing was sent.
    pub(super) fn held(&self) {
        debug!(target: TARGET, parent: &self.0, "held");
    }

    /// It has an outcome.
    pub(super) fn end(&self, attempt: &AttemptV1, outcome: &str) {
        let took_us = attempt.duration_ns.0 / 1_000;
        debug!(target: TARGET, parent: &self.0, outcome, took_us, "ended");
    }
}
