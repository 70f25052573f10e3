//! The header of an entry, and an event in its place.
//!
//! Owns the fields that are true of a whole entry. Must not know what an entry's body is, nor how
//! it is stored.

use crate::event::Event;
use crate::id::{ActorNo, ScopeNo};
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
    /// When it was sequenced, in whole microseconds; it never goes back along the log.
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
