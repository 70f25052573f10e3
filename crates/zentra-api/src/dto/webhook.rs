//! Bodies about webhook endpoints.

use serde::Deserialize;
use utoipa::ToSchema;
use zentra_delivery::default_policy;
use zentra_events::Span;
use zentra_events::event::RetryPolicyV1;

/// An endpoint to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointBody {
    /// Where deliveries go.
    #[schema(example = "https://example.com/zentra/webhooks")]
    pub(crate) url: String,
    /// Types, prefixes with `.*`, or `*`.
    #[schema(example = json!(["transfer.settled"]))]
    pub(crate) events: Vec<String>,
    /// Key material (`whsec_` and base64), or a short name such as `whsec_live` of a secret that
    /// endpoints of the scope share; generated when left out.
    #[schema(example = "whsec_live")]
    pub(crate) signing_secret: Option<String>,
    /// The name of a secret that endpoints of the scope share, instead; made on first use.
    pub(crate) shared_secret: Option<String>,
    /// How deliveries are tried.
    pub(crate) policy: Option<RetryPolicyBody>,
    /// The caller's words.
    #[serde(default)]
    pub(crate) description: String,
}

/// How deliveries are tried; what is left out is as by default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryPolicyBody {
    /// The delay before each attempt, in milliseconds; as many attempts as delays.
    pub(crate) schedule_ms: Option<Vec<u64>>,
    /// How long one attempt may take, in milliseconds.
    pub(crate) timeout_ms: Option<u64>,
    /// How many attempts may be under way at once.
    pub(crate) concurrency: Option<u32>,
    /// Failed deliveries in a row after which the endpoint is disabled; 0 for never.
    pub(crate) disable_after: Option<u32>,
}

impl From<RetryPolicyBody> for RetryPolicyV1 {
    fn from(body: RetryPolicyBody) -> RetryPolicyV1 {
        let default = default_policy();
        let schedule = body.schedule_ms;
        RetryPolicyV1 {
            schedule_ns: schedule.map_or(default.schedule_ns, |delays| {
                delays.into_iter().map(Span::millis).collect()
            }),
            timeout_ns: body.timeout_ms.map_or(default.timeout_ns, Span::millis),
            concurrency: body.concurrency.unwrap_or(default.concurrency),
            disable_after: body.disable_after.unwrap_or(default.disable_after),
        }
    }
}

/// An old version of an endpoint's secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndSecretBody {
    /// Its number; not that of the current version.
    #[schema(minimum = 1, example = 1)]
    pub(crate) version: u32,
}

/// A new version of an endpoint's secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateBody {
    /// How long the version before signs too; a day when left out.
    pub(crate) overlap_seconds: Option<u64>,
    /// Key material (`whsec_` and base64); generated when left out.
    pub(crate) signing_secret: Option<String>,
}
