//! What deliveries may be asked, and what they answer.
//!
//! Owns the shapes of commands and decisions. Must not know how they are decided, nor how they
//! were asked.

pub use zentra_events::Refusal;
use zentra_events::event::{AttemptV1, RetryPolicyV1};
use zentra_events::{DeliveryId, EndpointId, Event, EventType, Position, Span, Timestamp};

/// Where and when a command is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ctx {
    /// The partition of the log; part of every id.
    pub partition: u16,
    /// The position that the entry will have.
    pub position: Position,
    /// The entry's recorded time.
    pub now: Timestamp,
    /// The index that the first returned event will have in the entry.
    pub first_index: u16,
}

/// Which secret signs an endpoint's deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretChoice {
    /// One of the endpoint's own, generated or supplied by the caller.
    Own {
        /// The secret, sealed by the shell.
        sealed: Vec<u8>,
    },
    /// One that endpoints of the scope share by its name; made on first use.
    Named {
        /// Its name: letters, digits, `_`, `-` and `.`.
        name: String,
        /// What to store when the name is new, sealed by the shell; unused otherwise.
        sealed_if_new: Vec<u8>,
    },
}

/// A command about the deliveries of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryCommand {
    /// Registers an endpoint.
    CreateEndpoint {
        /// As the guard normalised it.
        url: String,
        /// A type, a prefix with `.*`, or `*`; in any order.
        filters: Vec<String>,
        /// What signs.
        secret: SecretChoice,
        /// How deliveries are tried.
        policy: RetryPolicyV1,
        /// The caller's words.
        description: String,
    },
    /// Parks an endpoint's deliveries until it is enabled.
    DisableEndpoint {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// Makes an endpoint's parked deliveries due at once.
    EnableEndpoint {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// Ends an endpoint; its undelivered deliveries stay parked for good.
    DeleteEndpoint {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// Gives the endpoint's secret a new version; every endpoint that shares it is affected.
    RotateSecret {
        /// The endpoint.
        endpoint: EndpointId,
        /// The new version, sealed by the shell.
        sealed: Vec<u8>,
        /// For how long the versions before go on signing too, in nanoseconds.
        overlap: Span,
    },
    /// Ends one old version of the endpoint's secret now, for every endpoint that shares it.
    EndSecretVersion {
        /// The endpoint.
        endpoint: EndpointId,
        /// The version; not the newest.
        version: u32,
    },
    /// Publishes the platform's own event.
    Publish {
        /// Not of a family that Zentra publishes itself.
        event_type: EventType,
        /// JSON text, checked by the caller.
        data: String,
    },
    /// Tells how an attempt ended.
    AttemptFinished {
        /// The delivery.
        delivery: DeliveryId,
        /// The attempt as it happened.
        attempt: AttemptV1,
        /// What the consumer's `Retry-After` asked for.
        retry_after: Option<Span>,
    },
    /// Delivers past deliveries again.
    Replay {
        /// The deliveries, each named.
        deliveries: Vec<DeliveryId>,
        /// The filter that found them, in the asker's words.
        filter: String,
        /// Why.
        reason: String,
    },
    /// Sends one delivery now: one that waits before its time, one that is done once more.
    Resend {
        /// The delivery.
        delivery: DeliveryId,
        /// Why.
        reason: String,
    },
    /// Settles a dead letter by hand, or gives up a delivery that waits.
    ResolveDelivery {
        /// The delivery.
        delivery: DeliveryId,
        /// Why, in the operator's words.
        reason: String,
    },
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// What happened, in order.
    Events(Vec<Event>),
    /// The entry at this position did it before.
    Repeat(Position),
    /// Nothing happened.
    Refuse(Refusal),
}

impl From<Result<Vec<Event>, Refusal>> for Decision {
    fn from(decided: Result<Vec<Event>, Refusal>) -> Decision {
        match decided {
            Ok(events) => Decision::Events(events),
            Err(refusal) => Decision::Refuse(refusal),
        }
    }
}
