//! Events of a delivery's life: one event to one endpoint.

use crate::id::{DeliveryId, EndpointId, EventId, ReplayId};
use crate::time::{Span, Timestamp};
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// An event was queued for an endpoint. The delivery's id is this event's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliveryQueuedV1 {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The event.
    pub event: EventId,
    /// When the first attempt is due. Deliveries of a disabled endpoint are parked instead.
    pub due_at: Timestamp,
    /// Whether the endpoint was disabled, so that the delivery waits until it is enabled.
    pub parked: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "status")]
pub enum AttemptResult {
    /// The consumer answered with this status.
    Answered(u16),
    /// Time ran out before an answer.
    TimedOut,
    /// The address is one that deliveries may not go to.
    BlockedAddress,
    /// The name did not resolve.
    DnsFailed,
    /// No connection could be made, for another reason than those below.
    ConnectFailed,
    /// TLS could not be agreed, for another reason than those below.
    TlsFailed,
    /// The connection broke, or what came back was not HTTP.
    ProtocolFailed,
    /// Something of ours stood in the way (e.g. the secret could not be opened).
    Internal,
    /// The consumer answered with this status and told that it had verified the signature.
    Verified(u16),
    /// The consumer's certificate has expired.
    CertificateExpired,
    /// The consumer's certificate is not valid yet.
    CertificateNotYetValid,
    /// The consumer's certificate is from nobody that is trusted, e.g. self-signed.
    UnknownIssuer,
    /// The consumer's certificate is for another name.
    NameMismatch,
    /// The consumer's certificate is wrong in another way.
    CertificateInvalid,
    /// What answered does not speak TLS.
    NotTls,
    /// Nobody listens at the port.
    ConnectionRefused,
    /// Nobody answered the connection.
    ConnectTimedOut,
    /// The head of the answer is too long.
    HeadTooLarge,
    /// The head of the answer is not one of HTTP.
    BadHead,
    /// The connection was closed before an answer was complete.
    ClosedEarly,
}

impl AttemptResult {
    /// The status of the answer, if there was one.
    pub fn status(self) -> Option<u16> {
        match self {
            AttemptResult::Answered(status) | AttemptResult::Verified(status) => Some(status),
            _ => None,
        }
    }

    /// The cause that there is no answer, as one word of a closed list.
    pub fn cause(self) -> Option<&'static str> {
        let word = match self {
            AttemptResult::Answered(_) | AttemptResult::Verified(_) => return None,
            AttemptResult::TimedOut => "timed_out",
            AttemptResult::BlockedAddress => "blocked_address",
            AttemptResult::DnsFailed => "dns_failed",
            AttemptResult::ConnectFailed => "connect_failed",
            AttemptResult::TlsFailed => "tls_failed",
            AttemptResult::ProtocolFailed => "protocol_failed",
            AttemptResult::Internal => "internal",
            AttemptResult::CertificateExpired => "certificate_expired",
            AttemptResult::CertificateNotYetValid => "certificate_not_yet_valid",
            AttemptResult::UnknownIssuer => "unknown_issuer",
            AttemptResult::NameMismatch => "name_mismatch",
            AttemptResult::CertificateInvalid => "certificate_invalid",
            AttemptResult::NotTls => "not_tls",
            AttemptResult::ConnectionRefused => "connection_refused",
            AttemptResult::ConnectTimedOut => "connect_timed_out",
            AttemptResult::HeadTooLarge => "head_too_large",
            AttemptResult::BadHead => "bad_head",
            AttemptResult::ClosedEarly => "closed_early",
        };
        Some(word)
    }
}

/// One HTTP try, as it happened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct AttemptV1 {
    /// Numbered from 1 within the delivery.
    pub number: u32,
    /// The replay that asked for it, if one did.
    pub replay: Option<ReplayId>,
    /// When it started.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ns: Span,
    /// The URL that was called.
    pub url: String,
    /// How it ended.
    pub result: AttemptResult,
    /// The `webhook-timestamp` that was signed, in seconds.
    pub signed_at_seconds: u64,
    /// Versions of the secret that signed, newest first.
    pub secret_versions: Vec<u32>,
    /// The `webhook-signature` header that was sent.
    pub signature: String,
    /// BLAKE3 of the body that was sent.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::hex")]
    pub payload_hash: [u8; 32],
    /// The first bytes of the answer, as text.
    pub response_excerpt: String,
}

/// An attempt succeeded; the delivery is done.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliverySucceededV1 {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The attempt.
    pub attempt: AttemptV1,
}

/// An attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliveryFailedV1 {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The attempt.
    pub attempt: AttemptV1,
    /// When the next attempt is due; none when there is none (a dead letter follows in the same
    /// entry) or the delivery is parked.
    pub next_attempt_at: Option<Timestamp>,
}

/// Why a delivery is a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// Every attempt of the schedule failed.
    Exhausted,
    /// The endpoint is gone (deleted).
    EndpointDeleted,
}

/// A delivery became a dead letter; it is kept until it is delivered by a replay or resolved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliveryDeadLetteredV1 {
    /// The delivery.
    pub delivery: DeliveryId,
    /// How many attempts were made.
    pub attempts: u32,
    /// Why.
    pub reason: DeadReason,
}

/// A replay made a delivery due again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliveryReplayedV1 {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The replay.
    pub replay: ReplayId,
    /// When its next attempt is due.
    pub due_at: Timestamp,
    /// The delivery's endpoint, so that a follower need not keep deliveries that are done.
    pub endpoint: EndpointId,
    /// The delivery's event.
    pub event: EventId,
    /// Attempts made before.
    pub attempts: u32,
}

/// An operator made a waiting delivery due before its time; its attempts are numbered on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliveryMadeDueV1 {
    /// The delivery.
    pub delivery: DeliveryId,
    /// When its next attempt is due.
    pub due_at: Timestamp,
    /// Why, in the operator's words.
    pub reason: String,
}

/// An operator settled a dead letter, or a delivery that waited, without delivering it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct DeliveryResolvedV1 {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Why, in the operator's words.
    pub reason: String,
}
