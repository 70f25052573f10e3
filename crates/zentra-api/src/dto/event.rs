//! The body of a published event, as it is read: its data stays a text.
//!
//! A client writes an `EventBody`; what is kept is what the client wrote, digit by digit. Must not
//! know what becomes of it.

use serde::Deserialize;
use serde::de::IgnoredAny;
use zentra_api_types::request::text;
use zentra_events::EventType;

/// The fields of an event's body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventFields {
    #[serde(rename = "type", deserialize_with = "text::text")]
    pub(crate) event_type: EventType,
    #[serde(rename = "data")]
    _data: IgnoredAny,
}
