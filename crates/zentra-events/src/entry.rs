//! The entry: the whole outcome of one command.
//!
//! Owns the header's fields, and what an entry takes in memory. Must not know how entries are
//! framed or stored.

use crate::event::{AttemptV1, CandidateV1, Event, PublishedDataV1};
use crate::id::{ActorNo, ScopeNo};
use crate::limits::BODY_BYTES_MAX;
use crate::position::{Position, ScopeNumber};
use crate::time::Timestamp;
use bincode::{Decode, Encode};

/// A request's id: 16 bytes chosen by the shell, shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RequestId(pub [u8; 16]);

/// What an entry answers, so that the same request can get the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Idempotency {
    /// First 16 bytes of BLAKE3 of the scope, the route and the caller's key.
    pub key: [u8; 16],
    /// First 16 bytes of BLAKE3 of the request's body.
    pub fingerprint: [u8; 16],
}

/// The entry that this one follows from.
pub type Cause = Option<Position>;

/// What is true of a whole entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The entry's number in its log.
    pub position: Position,
    /// The scope it belongs to.
    pub scope: ScopeNo,
    /// The entry's number in its scope.
    pub scope_number: ScopeNumber,
    /// When it was sequenced; strictly increasing along the log.
    pub recorded_at: Timestamp,
    /// Who acted.
    pub actor: ActorNo,
    /// The request that brought it.
    pub request_id: RequestId,
    /// The entry it follows from.
    pub cause: Cause,
    /// The key that the request came with.
    pub idempotency: Option<Idempotency>,
}

impl Header {
    /// No entry's header yet: room for one.
    pub const EMPTY: Header = Header {
        position: Position::ZERO,
        scope: ScopeNo(0),
        scope_number: ScopeNumber(0),
        recorded_at: Timestamp(0),
        actor: ActorNo(0),
        request_id: RequestId([0; 16]),
        cause: None,
        idempotency: None,
    };
}

/// An event in its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The position of the previous entry of this event's stream. None when the stream begins
    /// here, when an earlier event of this entry belongs to it, or when it has no stream.
    pub prev: Option<Position>,
    /// The event.
    pub event: Event,
}

/// The whole outcome of one command: a header and all its events, appended atomically.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is true of all of it.
    pub header: Header,
    /// The events, in order.
    pub events: Vec<Recorded>,
}

impl Entry {
    /// About how many bytes it takes in memory: its events, and those of their texts that a caller
    /// can make long.
    pub fn held_bytes(&self) -> usize {
        let texts = self.events.iter().map(|recorded| long_texts(&recorded.event));
        size_of::<Entry>() + self.events.len() * size_of::<Recorded>() + texts.sum::<usize>()
    }
}

fn long_texts(event: &Event) -> usize {
    let pairs = |pairs: &[(String, String)]| {
        let texts = pairs.iter().map(|(key, value)| key.len() + value.len());
        size_of_val(pairs) + texts.sum::<usize>()
    };
    match event {
        Event::IntentAccepted(body) => {
            body.details.as_ref().map_or(0, |details| pairs(&details.metadata))
        }
        Event::IntentConfirmed(body) => pairs(&body.details.metadata),
        Event::IntentControlled(body) => size_of_val(body.checks.as_slice()),
        Event::IntentRejected(body) => size_of_val(body.checks.as_slice()) + body.detail.len(),
        Event::IntentRouted(body) => {
            let texts = |one: &CandidateV1| {
                one.route.len() + one.refused_because.as_ref().map_or(0, String::len)
            };
            size_of_val(body.candidates.as_slice())
                + body.candidates.iter().map(texts).sum::<usize>()
        }
        Event::LedgerPosted(body) => size_of_val(body.lines.as_slice()),
        Event::EventPublished(body) => match &body.data {
            PublishedDataV1::Own { data } => data.len(),
            PublishedDataV1::Transfer { .. } | PublishedDataV1::Endpoint { .. } => 0,
        },
        Event::DeliverySucceeded(body) => attempt_texts(&body.attempt),
        Event::DeliveryFailed(body) => attempt_texts(&body.attempt),
        Event::EndpointCreated(body) => {
            body.url.len()
                + body.description.len()
                + body
                    .filters
                    .iter()
                    .map(|filter| size_of::<String>() + filter.len())
                    .sum::<usize>()
        }
        Event::ReplayRequested(body) => size_of_val(body.skipped.as_slice()) + body.filter.len(),
        // Each is set by a body of its own, at most.
        Event::ChartSet(_) | Event::PolicySet(_) | Event::RoutesSet(_) => BODY_BYTES_MAX,
        _ => 0,
    }
}

fn attempt_texts(attempt: &AttemptV1) -> usize {
    attempt.url.len() + attempt.signature.len() + attempt.response_excerpt.len()
}
