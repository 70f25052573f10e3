//! Evidence: where, when and by whom something was recorded.

use crate::form;
use crate::instant::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{EventId, Position, ReplayId, ScopeNumber};

/// Where, when and by whom something was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// The entry of the log.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// The same entry among those of the scope.
    #[schema(value_type = form::ScopeNumber)]
    pub scope_number: ScopeNumber,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// By whom.
    #[schema(value_type = form::ActorName)]
    pub actor: String,
    /// In which scope.
    #[schema(value_type = form::ScopeName)]
    pub scope: String,
    /// The request that brought it.
    #[schema(value_type = form::RequestId)]
    pub request_id: String,
    /// The event that was published by it, where one is the answer.
    #[schema(value_type = form::EventId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The replay that it made.
    #[schema(value_type = form::ReplayId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_id: Option<ReplayId>,
}
