//! What bodies about webhook endpoints mean.
//!
//! Owns the defaults.

use zentra_api_types::request::RetryPolicyBody;
use zentra_delivery::default_policy;
use zentra_events::Span;
use zentra_events::event::RetryPolicyV1;

/// The policy that is meant; what is left out is as by default.
pub(crate) fn retry_policy(body: RetryPolicyBody) -> RetryPolicyV1 {
    let default = default_policy();
    let schedule = body.schedule_ms;
    RetryPolicyV1 {
        schedule_ns: schedule
            .map_or(default.schedule_ns, |delays| delays.into_iter().map(Span::millis).collect()),
        timeout_ns: body.timeout_ms.map_or(default.timeout_ns, Span::millis),
        concurrency: body.concurrency.unwrap_or(default.concurrency),
        disable_after: body.disable_after.unwrap_or(default.disable_after),
    }
}
