//! Replays: delivering past events again.

use crate::form;
use crate::instant::Instant;
use crate::schema::answers;
use crate::word::{DeliveryStatus, ReplayStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{DeliveryId, Position, ReplayId};

/// What a replay was asked for, as the caller said it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReplayAsked {
    /// The deliveries of this event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// This delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// Deliveries to this endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// Deliveries of this event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Deliveries in this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Deliveries that were queued at or after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Deliveries that were queued before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Deliveries about this intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
    /// Delivered ones, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_delivered: Option<bool>,
}

answers! {
    /// A replay that was asked for.
    ReplayRequested: ReplayStatus {
        /// Its id.
        #[schema(value_type = form::ReplayId)]
        id: ReplayId,
        /// The same.
        #[schema(value_type = form::ReplayId)]
        replay_id: ReplayId,
        /// What was asked for.
        filter: ReplayAsked,
        /// Why.
        reason: String,
        /// How many deliveries that meant.
        named: u32,
        /// How many of them were taken up.
        replayed: usize,
        /// Those.
        #[schema(value_type = Vec<form::DeliveryId>)]
        deliveries: Vec<DeliveryId>,
        /// Those that were not: they go out by themselves, or changed meanwhile.
        #[schema(value_type = Vec<form::DeliveryId>)]
        skipped: Vec<DeliveryId>,
    }
}

/// A replay in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedReplay {
    /// Its id.
    #[schema(value_type = form::ReplayId)]
    pub id: ReplayId,
    /// What was asked for.
    pub filter: ReplayAsked,
    /// Why.
    pub reason: String,
    /// How many deliveries that meant.
    pub named: u32,
    /// How many of them were taken up.
    pub replayed: u32,
    /// The entry that recorded it.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// How far it has come.
    pub status: ReplayStatus,
    /// How many of its deliveries are where.
    pub result: ReplayResult,
}

/// A replay, and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Replay {
    /// Its id.
    #[schema(value_type = form::ReplayId)]
    pub id: ReplayId,
    /// The same.
    #[schema(value_type = form::ReplayId)]
    pub replay_id: ReplayId,
    /// What was asked for.
    pub filter: ReplayAsked,
    /// Why.
    pub reason: String,
    /// How many deliveries that meant.
    pub named: u32,
    /// How many of them were taken up.
    pub replayed: usize,
    /// Those.
    #[schema(value_type = Vec<form::DeliveryId>)]
    pub deliveries: Vec<DeliveryId>,
    /// Those that were not.
    #[schema(value_type = Vec<form::DeliveryId>)]
    pub skipped: Vec<DeliveryId>,
    /// How far it has come.
    pub status: ReplayStatus,
    /// How many of its deliveries are where.
    pub result: ReplayResult,
    /// How many of the waiting ones wait for their endpoint to listen.
    pub parked: u32,
    /// The entry that recorded it.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
}

/// How many deliveries of a replay are where; what is none is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ReplayResult {
    /// They wait, pending or parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u32>,
    /// The consumer has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<u32>,
    /// Their attempts are used up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_lettered: Option<u32>,
    /// An operator settled them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<u32>,
}

/// What a replay would take up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplayPreview {
    /// It is: nothing was done.
    pub dry_run: bool,
    /// How many it would take up.
    pub count: usize,
    /// Those.
    pub deliveries: Vec<PreviewedDelivery>,
    /// Those that it would skip: they go out by themselves, or their endpoint is gone.
    pub skipped: Vec<PreviewedDelivery>,
    /// How many were found and not asked for.
    pub not_asked_for: ReplayLeftOut,
}

/// A delivery, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreviewedDelivery {
    /// Its id.
    #[schema(value_type = form::DeliveryId)]
    pub id: DeliveryId,
    /// How it stands.
    pub status: DeliveryStatus,
}

/// What a filter found, and nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReplayLeftOut {
    /// Delivered ones.
    pub delivered: usize,
    /// Resolved ones.
    pub resolved: usize,
}
