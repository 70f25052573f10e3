//! Events of webhook endpoints and their signing secrets.

use crate::id::{EndpointId, SecretNo};
use crate::time::{Span, Timestamp};
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// How deliveries to an endpoint are tried.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct RetryPolicyV1 {
    /// The delay before attempt 1, 2, ...; its length is the number of attempts.
    pub schedule_ns: Vec<Span>,
    /// How long one attempt may take in all.
    pub timeout_ns: Span,
    /// How many attempts may be under way at once.
    pub concurrency: u32,
    /// Consecutive failed deliveries after which the endpoint is disabled; 0 for never.
    pub disable_after: u32,
}

/// An endpoint was registered. Its id is this event's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct EndpointCreatedV1 {
    /// The normalised URL.
    pub url: String,
    /// Filters: a type, a prefix with `.*`, or `*`. Sorted, without repeats.
    pub filters: Vec<String>,
    /// The secret that signs.
    pub secret: SecretNo,
    /// How deliveries are tried.
    pub policy: RetryPolicyV1,
    /// The caller's words.
    pub description: String,
}

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisableReason {
    /// An operator said so.
    Operator,
    /// The consumer answered 410 Gone.
    Gone,
    /// Too many deliveries failed in a row.
    Failing,
}

/// An endpoint was disabled; its events are parked from now on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct EndpointDisabledV1 {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Why.
    pub reason: DisableReason,
}

/// An endpoint was enabled; what was parked is due again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct EndpointEnabledV1 {
    /// The endpoint.
    pub endpoint: EndpointId,
}

/// An endpoint was deleted; what was pending is parked for good, its trail stays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct EndpointDeletedV1 {
    /// The endpoint.
    pub endpoint: EndpointId,
}

/// A signing secret came to be, as version 1.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct SecretCreatedV1 {
    /// Its dense number in the log.
    pub secret: SecretNo,
    /// The name that endpoints of the scope may share it by; none for one endpoint's own.
    pub name: Option<String>,
    /// The secret, sealed by the deployment's key.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::redacted")]
    pub sealed: Vec<u8>,
}

/// A signing secret got a new version; the one before stays valid for a while.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct SecretRotatedV1 {
    /// The secret.
    pub secret: SecretNo,
    /// The new version.
    pub version: u32,
    /// The new version, sealed.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::redacted")]
    pub sealed: Vec<u8>,
    /// Until when the versions before sign too (shortened, never lengthened, for older ones).
    pub previous_until: Timestamp,
}

/// An old version of a signing secret was ended before its time: it signs nothing from now on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct SecretVersionEndedV1 {
    /// The secret.
    pub secret: SecretNo,
    /// The version; never the newest.
    pub version: u32,
}
