//! Events that were published, and the secrets that sign them.

use zentra_events::event::EventPublishedV1;
use zentra_events::{EndpointId, Header};

/// An event that was published: as the log has it, and what is told of it.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) header: Header,
    pub(crate) event: EventPublishedV1,
    pub(super) data: Data,
}

/// What is told of it: the same to all, or an endpoint's URL, which is told whole to itself alone.
#[derive(Clone)]
pub(super) enum Data {
    Text(String),
    Endpoint(EndpointId, String),
}

/// The secret that the world seals so.
pub(crate) fn opened(sealed: &[u8]) -> [u8; 32] {
    *blake3::hash(sealed).as_bytes()
}
