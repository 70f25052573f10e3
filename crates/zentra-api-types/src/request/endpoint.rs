//! Bodies about webhook endpoints.
//!
//! Owns the fields. Must not know the policy of who leaves it out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An endpoint to register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointBody {
    /// Where deliveries go.
    #[schema(example = "https://example.com/zentra/webhooks")]
    pub url: String,
    /// Types, prefixes with `.*`, or `*`.
    #[schema(example = json!(["transfer.settled"]))]
    pub events: Vec<String>,
    /// Key material (`whsec_` and base64), or a short name such as `whsec_live` of a secret that
    /// endpoints of the scope share; generated when left out.
    #[schema(example = "whsec_live")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
    /// The name of a secret that endpoints of the scope share, instead; made on first use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_secret: Option<String>,
    /// How deliveries are tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<RetryPolicyBody>,
    /// The caller's words.
    #[serde(default)]
    pub description: String,
}

/// How deliveries are tried; what is left out is as by default.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicyBody {
    /// The delay before each attempt, in milliseconds; as many attempts as delays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_ms: Option<Vec<u64>>,
    /// How long one attempt may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// How many attempts may be under way at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Failed deliveries in a row after which the endpoint is disabled; 0 for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_after: Option<u32>,
}

/// An old version of an endpoint's secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSecretBody {
    /// Its number; not that of the current version.
    #[schema(minimum = 1, example = 1)]
    pub version: u32,
}

/// A new version of an endpoint's secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    /// How long the version before signs too; a day when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap_seconds: Option<u64>,
    /// Key material (`whsec_` and base64); generated when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}
