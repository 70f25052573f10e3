//! Bodies about events, replays, keys, scopes and quotas.
//!
//! Owns the fields. Must not know what they mean.

use crate::request::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zentra_events::{ActorName, EndpointId, EventId, EventType, IntentId, ScopeName};

/// An event of the platform's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBody {
    /// What endpoints filter by.
    #[serde(rename = "type", deserialize_with = "text::text")]
    #[schema(value_type = String, example = "order.paid")]
    pub event_type: EventType,
    /// Any JSON; it goes out as it came in.
    pub data: serde_json::Value,
}

/// What to deliver again: the deliveries of one event, or those that a filter finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// One event.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// Or a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<ReplayFilter>,
    /// Why; kept in the trail.
    pub reason: String,
    /// Whether what was delivered already is delivered again. A filter with `status: delivered`
    /// says the same.
    #[serde(default)]
    pub include_delivered: bool,
    /// Whether to show the exact list, with how many delivered and resolved ones were not asked for
    /// (`not_asked_for`), and do nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// Which deliveries a replay is about; every condition that is given must hold.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayFilter {
    /// To this endpoint.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<EndpointId>,
    /// Of this event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// In this status. Without it, or `include_delivered`, only dead letters are delivered again;
    /// resolved ones only when this is `resolved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Queued at or after this (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Queued before this (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// About this intent.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional", skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<IntentId>,
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// Who acts with it.
    #[schema(value_type = String, example = "svc_runtime")]
    #[serde(deserialize_with = "text::text")]
    pub actor: ActorName,
    /// `writer`, `operator`, `auditor`, `admin`: at least one.
    #[schema(example = json!(["writer"]))]
    pub roles: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub label: String,
}

/// A scope to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeBody {
    /// Its name, unique in the deployment.
    #[schema(value_type = String, example = "workspace_scope")]
    #[serde(deserialize_with = "text::text")]
    pub name: ScopeName,
    /// Its first key, as a rule an admin's. Without it only `zentra key create` on the server's
    /// machine can give the scope its first key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyBody>,
}

/// The limits that a scope has of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotasBody {
    /// Limits by the names of quotas; others are the deployment's.
    #[schema(value_type = Object, example = json!({ "endpoints": 25 }))]
    pub quotas: BTreeMap<String, u64>,
}
