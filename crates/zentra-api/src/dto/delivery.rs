//! Bodies about events, replays, keys, scopes and quotas.

use crate::dto::text;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zentra_events::{ActorName, EndpointId, EventId, EventType, IntentId, ScopeName};

/// An event of the platform's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventBody {
    /// What endpoints filter by.
    #[serde(rename = "type", deserialize_with = "text::text")]
    #[schema(value_type = String, example = "order.paid")]
    pub(crate) event_type: EventType,
    /// Any JSON; it goes out as it came in.
    #[schema(value_type = serde_json::Value)]
    #[serde(rename = "data")]
    pub(crate) _data: IgnoredAny,
}

/// What to deliver again: the deliveries of one event, or those that a filter finds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayBody {
    /// One event.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional")]
    pub(crate) event_id: Option<EventId>,
    /// Or a filter.
    pub(crate) filter: Option<ReplayFilter>,
    /// Why; kept in the trail.
    pub(crate) reason: String,
    /// Whether what was delivered already is delivered again. A filter with `status: delivered`
    /// says the same.
    #[serde(default)]
    pub(crate) include_delivered: bool,
    /// Whether to show the exact list, with how many delivered and resolved ones were not asked for
    /// (`not_asked_for`), and do nothing.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// Which deliveries a replay is about; every condition that is given must hold.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayFilter {
    /// To this endpoint.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional")]
    pub(crate) endpoint_id: Option<EndpointId>,
    /// Of this event type.
    pub(crate) event_type: Option<String>,
    /// In this status. Without it, or `include_delivered`, only dead letters are delivered again;
    /// resolved ones only when this is `resolved`.
    pub(crate) status: Option<String>,
    /// Queued at or after this (RFC 3339).
    pub(crate) since: Option<String>,
    /// Queued before this (RFC 3339).
    pub(crate) until: Option<String>,
    /// About this intent.
    #[schema(value_type = Option<String>)]
    #[serde(default, deserialize_with = "text::optional")]
    pub(crate) intent_id: Option<IntentId>,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// Who acts with it.
    #[schema(value_type = String, example = "svc_runtime")]
    #[serde(deserialize_with = "text::text")]
    pub(crate) actor: ActorName,
    /// `writer`, `operator`, `auditor`, `admin`: at least one.
    #[schema(example = json!(["writer"]))]
    pub(crate) roles: Vec<String>,
    /// What it is for.
    #[serde(default)]
    pub(crate) label: String,
}

/// A scope to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeBody {
    /// Its name, unique in the deployment.
    #[schema(value_type = String, example = "workspace_scope")]
    #[serde(deserialize_with = "text::text")]
    pub(crate) name: ScopeName,
    /// Its first key, as a rule an admin's. Without it only `zentra key create` on the server's
    /// machine can give the scope its first key.
    #[serde(default)]
    pub(crate) key: Option<KeyBody>,
}

/// The limits that a scope has of its own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotasBody {
    /// Limits by the names of quotas; others are the deployment's.
    #[schema(value_type = Object, example = json!({ "endpoints": 25 }))]
    pub(crate) quotas: BTreeMap<String, u64>,
}
