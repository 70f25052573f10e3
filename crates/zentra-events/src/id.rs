//! Ids: references into the log that name a thing without an index, and dense numbers.
//!
//! A [`LogRef`] is (partition, position, index of the event in its entry); each id kind is a
//! `LogRef` with a prefix. The text is `<prefix>_` and 20 characters of lower-case base32hex
//! (RFC 4648 section 7, without padding) of the 12 big-endian bytes, so ids sort as the log does.
//! Owns their text form. Must not know what they refer to.

use crate::position::Position;
use bincode::{Decode, Encode};
use data_encoding::{BASE32HEX_NOPAD, DecodeError};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Where an event stands: its partition, its entry and its index in that entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct LogRef {
    /// The partition whose log holds the entry.
    pub partition: u16,
    /// The entry.
    pub position: Position,
    /// The event's 0-based index in the entry.
    pub index: u16,
}

impl LogRef {
    fn to_text(self) -> String {
        let mut bytes = [0_u8; 12];
        bytes[..2].copy_from_slice(&self.partition.to_be_bytes());
        bytes[2..10].copy_from_slice(&self.position.get().to_be_bytes());
        bytes[10..].copy_from_slice(&self.index.to_be_bytes());
        let mut text = BASE32HEX_NOPAD.encode(&bytes);
        text.make_ascii_lowercase();
        text
    }

    fn from_text(text: &str) -> Option<LogRef> {
        if text.len() != 20 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let bytes: Result<Vec<u8>, DecodeError> =
            BASE32HEX_NOPAD.decode(text.to_ascii_uppercase().as_bytes());
        let bytes: [u8; 12] = bytes.ok()?.try_into().ok()?;
        let (partition, rest) = bytes.split_first_chunk::<2>()?;
        let (position, index) = rest.split_first_chunk::<8>()?;
        Some(LogRef {
            partition: u16::from_be_bytes(*partition),
            position: Position(u64::from_be_bytes(*position)),
            index: u16::from_be_bytes(index.try_into().ok()?),
        })
    }
}

impl fmt::Debug for LogRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.partition, self.position.get(), self.index)
    }
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form {prefix}_ and 20 lower-case base32 characters")]
pub struct IdError {
    /// The prefix that the id must have.
    pub prefix: &'static str,
}

macro_rules! prefixed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name(pub LogRef);

        impl $name {
            /// The prefix of this id's text, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id of the event at `index` of the entry at `position`.
            pub fn at(partition: u16, position: Position, index: u16) -> Self {
                Self(LogRef { partition, position, index })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.to_text())
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(LogRef::from_text)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        crate::text::read_from_text!($name);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-9a-v]{20}$"),
                })
            }
        }
    )*};
}

prefixed_ids! {
    /// A published event; also its `webhook-id`. Refers to its `event.published`.
    EventId = "evt";
    /// One event to one endpoint. Refers to its `event.delivery.queued`.
    DeliveryId = "dlv";
    /// One HTTP try. Refers to the event that recorded its outcome.
    AttemptId = "atp";
    /// A webhook endpoint. Refers to its `webhook.endpoint.created`.
    EndpointId = "wep";
    /// A replay. Refers to its `replay.requested`.
    ReplayId = "rpl";
    /// An API key. Refers to its `key.created`.
    KeyId = "key";
}

macro_rules! dense_numbers {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            Encode, Decode, Serialize, JsonSchema,
        )]
        pub struct $name(pub $inner);

        impl $name {
            /// The number as an index into a dense table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

dense_numbers! {
    /// A scope's dense number in its log, given by `scope.created`.
    ScopeNo(u32);
    /// An actor's dense number in its log, given by `actor.registered`.
    ActorNo(u32);
    /// An account's dense number in its log, given by `account.opened`.
    AccountNo(u32);
    /// An intent's dense number in its log, given by `intent.accepted`.
    IntentNo(u64);
    /// A signing secret's dense number in its log, given by `webhook.secret.created`.
    SecretNo(u32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_fixed_width_and_golden() {
        let id = EventId::at(1, Position(258), 3);
        assert_eq!(id.to_string(), "evt_000g000000000004100g"[..4].to_owned() + &id.0.to_text());
        assert_eq!(id.to_string().len(), 24);
        assert_eq!(EventId::from_str(&id.to_string()), Ok(id));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "evt_", "dlv_00000000000000000000", "evt_0000000000000000000Z", "evt_ABC"]
        {
            assert!(EventId::from_str(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ids_round_trip_and_sort_as_the_log(
            a in (any::<u16>(), any::<u64>(), any::<u16>()),
            b in (any::<u16>(), any::<u64>(), any::<u16>()),
        ) {
            let make = |(p, n, i)| DeliveryId::at(p, Position(n), i);
            let (a, b) = (make(a), make(b));
            prop_assert_eq!(DeliveryId::from_str(&a.to_string()), Ok(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
