//! Webhook endpoints and their secrets.
//!
//! A secret's text is in the first answer to the request that made it, and nowhere else.

use crate::delivery::AttemptResult;
use crate::form;
use crate::instant::Instant;
use crate::schema::answers;
use crate::word::{DisabledReason, Ended, EndpointStatus, Rotated};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{EndpointId, Position, event};

/// How deliveries are tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetryPolicy {
    /// The delay before each attempt, in milliseconds; as many attempts as delays.
    #[schema(example = json!([0, 5000, 300000]))]
    pub schedule_ms: Vec<u64>,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// How many attempts may be under way at once.
    pub concurrency: u32,
    /// Failed deliveries in a row after which the endpoint is disabled; 0 for never.
    pub disable_after: u32,
}

impl From<&event::RetryPolicyV1> for RetryPolicy {
    fn from(policy: &event::RetryPolicyV1) -> RetryPolicy {
        RetryPolicy {
            schedule_ms: policy.schedule_ns.iter().map(|delay| delay.as_millis()).collect(),
            timeout_ms: policy.timeout_ns.as_millis(),
            concurrency: policy.concurrency,
            disable_after: policy.disable_after,
        }
    }
}

answers! {
    /// An endpoint that was registered.
    EndpointCreated: EndpointStatus {
        /// Its id.
        #[schema(value_type = form::EndpointId)]
        id: EndpointId,
        /// Where deliveries go.
        url: String,
        /// Types, prefixes with `.*`, or `*`.
        events: Vec<String>,
        /// The secret that signs.
        secret: NewSecret,
        /// How deliveries are tried.
        policy: RetryPolicy,
        /// The caller's words.
        description: String,
    }
    /// An endpoint that was disabled, enabled or deleted.
    EndpointChanged: EndpointStatus {
        /// Its id.
        #[schema(value_type = form::EndpointId)]
        id: EndpointId,
    }
    /// A secret that has a new version.
    SecretRotated: Rotated {
        /// The new version.
        secret: NewVersion,
        /// Until when the version before signs too.
        #[schema(value_type = form::Instant)]
        previous_until: Instant,
    }
    /// A version of a secret that was ended.
    SecretVersionEnded: Ended {
        /// The version.
        secret: EndedVersion,
    }
}

/// The secret of a new endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewSecret {
    /// The name by which endpoints share it; null for one of its own.
    #[schema(required)]
    pub name: Option<String>,
    /// The version, where the endpoint made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Its text, where it is new and not the caller's own; told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A new version of a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NewVersion {
    /// Its number.
    pub version: u32,
    /// Its text, where it is not the caller's own; told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A version of a secret that signs nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndedVersion {
    /// Its number.
    pub version: u32,
    /// Until when it signed.
    #[schema(value_type = form::Instant)]
    pub valid_until: Instant,
}

/// A webhook endpoint as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Endpoint {
    /// Its id.
    #[schema(value_type = form::EndpointId)]
    pub id: EndpointId,
    /// What it does with new events.
    pub status: EndpointStatus,
    /// Why it is disabled; null where it is not.
    #[schema(required)]
    pub disabled_because: Option<DisabledReason>,
    /// Where deliveries go.
    pub url: String,
    /// Types, prefixes with `.*`, or `*`.
    pub events: Vec<String>,
    /// The secret that signs, without its text.
    pub secret: EndpointSecret,
    /// How deliveries are tried.
    pub policy: RetryPolicy,
    /// The caller's words.
    pub description: String,
    /// How it went so far.
    pub health: EndpointHealth,
    /// The last entry about it.
    #[schema(value_type = form::Position)]
    pub position: Position,
}

/// The secret of an endpoint, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndpointSecret {
    /// The name by which endpoints share it; null for one of its own.
    #[schema(required)]
    pub name: Option<String>,
    /// The newest version; null where there is none.
    #[schema(required)]
    pub version: Option<u32>,
    /// The versions that sign, newest first.
    pub versions: Vec<SecretVersion>,
}

/// A version of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SecretVersion {
    /// Its number.
    pub version: u32,
    /// Until when it signs; null for the newest.
    #[schema(value_type = Option<form::Instant>, required)]
    pub valid_until: Option<Instant>,
}

/// How an endpoint went so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndpointHealth {
    /// Attempts that succeeded.
    pub attempts_succeeded: u64,
    /// Attempts that failed.
    pub attempts_failed: u64,
    /// Deliveries that became dead letters.
    pub dead_lettered: u64,
    /// Deliveries that became dead letters with no success in between, since it was last enabled.
    pub consecutive_failures: u32,
    /// When an attempt last succeeded; null where none did.
    #[schema(value_type = Option<form::Instant>, required)]
    pub last_success_at: Option<Instant>,
    /// When an attempt last failed; null where none did.
    #[schema(value_type = Option<form::Instant>, required)]
    pub last_failure_at: Option<Instant>,
    /// How the last attempt ended; null before the first.
    #[schema(required)]
    pub last_result: Option<AttemptResult>,
    /// Why it had no answer; null where it had one.
    #[schema(required)]
    pub last_cause: Option<String>,
    /// Deliveries that wait for an attempt or its outcome.
    pub pending: u64,
    /// Deliveries that wait for the endpoint to listen.
    pub parked: u64,
}
