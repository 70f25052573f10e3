//! Published events.

use crate::form;
use crate::instant::Instant;
use crate::schema::answers;
use crate::word::{DeliveryStatus, Published};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use zentra_events::{DeliveryId, EndpointId, EventId, EventType, Position};

answers! {
    /// An event that was published.
    EventPublished: Published {
        /// Its id.
        #[schema(value_type = form::EventId)]
        id: EventId,
        /// The same.
        #[schema(value_type = form::EventId)]
        event_id: EventId,
        /// What endpoints filter by.
        #[schema(value_type = form::EventType)]
        #[serde(rename = "type")]
        event_type: EventType,
        /// One for each endpoint that takes it.
        deliveries: Vec<QueuedDelivery>,
    }
}

/// A delivery that was queued.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueuedDelivery {
    /// Its id.
    #[schema(value_type = form::DeliveryId)]
    pub id: DeliveryId,
    /// The endpoint.
    #[schema(value_type = form::EndpointId)]
    pub endpoint_id: EndpointId,
}

/// An event in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedEvent {
    /// Its id.
    #[schema(value_type = form::EventId)]
    pub id: EventId,
    /// What endpoints filter by.
    #[schema(value_type = form::EventType)]
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The entry that published it.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// The intent that it is about, if it is about one.
    #[schema(value_type = form::IntentId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
    /// For how many endpoints it was queued.
    pub deliveries: u32,
}

/// An event as it is delivered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PublishedEvent {
    /// Its id.
    #[schema(value_type = form::EventId)]
    pub id: EventId,
    /// The same.
    #[schema(value_type = form::EventId)]
    pub event_id: EventId,
    /// What endpoints filter by.
    #[schema(value_type = form::EventType)]
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The entry that published it.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// The payload as it is delivered: a number keeps its digits.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
    /// The same as text, whose bytes are signed.
    pub payload_text: String,
    /// The hash of that text: its algorithm, a colon, and hex.
    pub payload_hash: String,
    /// The SHA-256 of that text in hex.
    pub payload_sha256: String,
    /// Its deliveries, in the order of their endpoints.
    pub deliveries: Vec<DeliveryOfEvent>,
}

/// A delivery of an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryOfEvent {
    /// Its id.
    #[schema(value_type = form::DeliveryId)]
    pub id: DeliveryId,
    /// The endpoint.
    #[schema(value_type = form::EndpointId)]
    pub endpoint_id: EndpointId,
    /// How it stands.
    pub status: DeliveryStatus,
    /// How many attempts were made.
    pub attempt_count: u32,
}
