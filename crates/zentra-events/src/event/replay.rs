//! Events of replays: asking for past deliveries again. A replay never makes a command.

use crate::id::DeliveryId;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// A replay was asked for. Its id is this event's; each delivery that it made due again follows
/// as `event.delivery.replayed` in the same entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct ReplayRequestedV1 {
    /// The filter in the asker's words (canonical JSON), for the trail.
    pub filter: String,
    /// Why.
    pub reason: String,
    /// How many deliveries were named.
    pub named: u32,
    /// Those named that were left out, because they are due or under way already.
    pub skipped: Vec<DeliveryId>,
}
