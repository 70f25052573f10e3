//! Deliveries with their attempts, and what an operator does with them.

use crate::form;
use crate::instant::Instant;
use crate::schema::answers;
use crate::word::{AttemptKind, AttemptOutcome, DeliveryStatus, EndpointStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::event;
use zentra_events::{AttemptId, DeliveryId, EndpointId, EventId, Position, ReplayId};

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptResult {
    /// How.
    pub kind: AttemptKind,
    /// The status of the answer, where one came.
    #[schema(example = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl From<event::AttemptResult> for AttemptResult {
    fn from(result: event::AttemptResult) -> AttemptResult {
        use event::AttemptResult as From;
        let kind = match result {
            From::Answered(_) => AttemptKind::Answered,
            From::Verified(_) => AttemptKind::Verified,
            From::TimedOut => AttemptKind::TimedOut,
            From::BlockedAddress => AttemptKind::BlockedAddress,
            From::DnsFailed => AttemptKind::DnsFailed,
            From::ConnectFailed => AttemptKind::ConnectFailed,
            From::TlsFailed => AttemptKind::TlsFailed,
            From::ProtocolFailed => AttemptKind::ProtocolFailed,
            From::Internal => AttemptKind::Internal,
            From::CertificateExpired => AttemptKind::CertificateExpired,
            From::CertificateNotYetValid => AttemptKind::CertificateNotYetValid,
            From::UnknownIssuer => AttemptKind::UnknownIssuer,
            From::NameMismatch => AttemptKind::NameMismatch,
            From::CertificateInvalid => AttemptKind::CertificateInvalid,
            From::NotTls => AttemptKind::NotTls,
            From::ConnectionRefused => AttemptKind::ConnectionRefused,
            From::ConnectTimedOut => AttemptKind::ConnectTimedOut,
            From::HeadTooLarge => AttemptKind::HeadTooLarge,
            From::BadHead => AttemptKind::BadHead,
            From::ClosedEarly => AttemptKind::ClosedEarly,
        };
        AttemptResult { kind, status: result.status() }
    }
}

/// A delivery in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedDelivery {
    /// Its id.
    #[schema(value_type = form::DeliveryId)]
    pub id: DeliveryId,
    /// How it stands.
    pub status: DeliveryStatus,
    /// The event.
    #[schema(value_type = form::EventId)]
    pub event_id: EventId,
    /// The event's type.
    #[schema(value_type = form::EventType)]
    pub event_type: String,
    /// The endpoint.
    #[schema(value_type = form::EndpointId)]
    pub endpoint_id: EndpointId,
    /// The intent that the event is about, if it is about one.
    #[schema(value_type = form::IntentId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
    /// How many attempts were made.
    pub attempt_count: u32,
    /// The last entry about it.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When it was queued.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// How the last attempt ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_result: Option<AttemptResult>,
    /// Why the last attempt had no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What the last attempt was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// When the last attempt was made.
    #[schema(value_type = form::Instant)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempt_at: Option<Instant>,
    /// When the next attempt is due.
    #[schema(value_type = form::Instant)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Instant>,
    /// The replay that it is of, if it is of one.
    #[schema(value_type = form::ReplayId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_id: Option<ReplayId>,
}

/// A delivery with its attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Its id.
    #[schema(value_type = form::DeliveryId)]
    pub id: DeliveryId,
    /// How it stands.
    pub status: DeliveryStatus,
    /// The event.
    #[schema(value_type = form::EventId)]
    pub event_id: EventId,
    /// The event's type.
    #[schema(value_type = form::EventType)]
    pub event_type: String,
    /// The endpoint.
    #[schema(value_type = form::EndpointId)]
    pub endpoint_id: EndpointId,
    /// What the endpoint does with new events.
    pub endpoint_status: EndpointStatus,
    /// Where the endpoint takes deliveries.
    pub url: String,
    /// How many attempts were made.
    pub attempt_count: u32,
    /// What the last attempt was answered; null where it was not.
    #[schema(required)]
    pub status_code: Option<u16>,
    /// Why the last attempt had no answer; null where it had one.
    #[schema(required)]
    pub cause: Option<String>,
    /// How the last attempt ended; null before the first.
    #[schema(required)]
    pub last_result: Option<AttemptResult>,
    /// When the last attempt was made; null before the first.
    #[schema(value_type = Option<form::Instant>, required)]
    pub last_attempt_at: Option<Instant>,
    /// How the last attempt was signed; null before the first.
    #[schema(required)]
    pub signature: Option<String>,
    /// The replay that it is of; null where it is of none.
    #[schema(value_type = Option<form::ReplayId>, required)]
    pub replay_id: Option<ReplayId>,
    /// When the next attempt is due; null where none is.
    #[schema(value_type = Option<form::Instant>, required)]
    pub next_attempt_at: Option<Instant>,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Everything that is recorded of it, oldest first.
    pub history: Vec<DeliveryEvent>,
    /// The last entry about it.
    #[schema(value_type = form::Position)]
    pub position: Position,
}

/// An attempt to deliver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Its id.
    #[schema(value_type = form::AttemptId)]
    pub id: AttemptId,
    /// Its number as two digits or more.
    #[schema(example = "01")]
    pub step: String,
    /// What it came to, in words.
    #[schema(example = "delivered")]
    pub stage: String,
    /// The event's type.
    #[schema(value_type = form::EventType)]
    pub event: String,
    /// What it left of the delivery.
    pub outcome: AttemptOutcome,
    /// The event.
    #[schema(value_type = form::EventId)]
    pub event_id: EventId,
    /// The endpoint.
    #[schema(value_type = form::EndpointId)]
    pub endpoint_id: EndpointId,
    /// Where it was sent.
    pub url: String,
    /// Its number.
    pub attempt_count: u32,
    /// How it ended.
    pub result: AttemptResult,
    /// Why it had no answer; null where it had one.
    #[schema(required)]
    pub cause: Option<String>,
    /// The status of the answer; null where none came.
    #[schema(required, example = 200)]
    pub status_code: Option<u16>,
    /// Whether the consumer told that it verified the signature.
    pub verified_by_consumer: bool,
    /// When it was made.
    #[schema(value_type = form::Instant)]
    pub timestamp: Instant,
    /// Its `webhook-timestamp`: seconds since 1970.
    pub webhook_timestamp: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Its `webhook-signature`.
    pub signature: String,
    /// The newest version of the secret that signed it; null where none did.
    #[schema(required)]
    pub secret_version: Option<u32>,
    /// Every version that signed it.
    pub secret_versions: Vec<u32>,
    /// The hash of what was sent: its algorithm, a colon, and hex.
    pub payload_hash: String,
    /// The SHA-256 of what was sent in hex; null where that is not known any more.
    #[schema(required)]
    pub payload_sha256: Option<String>,
    /// The beginning of the answer.
    pub response_excerpt: String,
    /// The replay that it was of; null where it was of none.
    #[schema(value_type = Option<form::ReplayId>, required)]
    pub replay_id: Option<ReplayId>,
    /// When the next one was due; null where none was.
    #[schema(value_type = Option<form::Instant>, required)]
    pub next_attempt_at: Option<Instant>,
}

/// What is recorded of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryEvent {
    /// What.
    #[schema(value_type = String, example = "event.delivery.queued")]
    pub event: crate::Text,
    /// The entry of the log.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// The replay that took it up.
    #[schema(value_type = form::ReplayId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_id: Option<ReplayId>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

answers! {
    /// A delivery that an operator settled.
    DeliveryResolved: DeliveryStatus {
        /// Its id.
        #[schema(value_type = form::DeliveryId)]
        id: DeliveryId,
        /// Why.
        reason: String,
    }
    /// A delivery that waited, and is due now.
    DeliveryMadeDue: DeliveryStatus {
        /// Its id.
        #[schema(value_type = form::DeliveryId)]
        id: DeliveryId,
        /// When the next attempt is due.
        #[schema(value_type = form::Instant)]
        next_attempt_at: Instant,
        /// Why.
        reason: String,
    }
}
