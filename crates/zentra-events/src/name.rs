//! Names that people and programs choose, parsed once at the edge.
//!
//! Owns their alphabets and lengths. Must not know which names exist.

use crate::limits::NAME_BYTES_MAX;
use bincode::Encode;
use bincode::de::{BorrowDecode, BorrowDecoder, Decode, Decoder};
use bincode::error::DecodeError;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to {NAME_BYTES_MAX} bytes of {alphabet}")]
pub struct NameError {
    /// What was being named.
    pub what: &'static str,
    /// The characters that it may have.
    pub alphabet: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $alphabet:literal, $valid:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if (1..=NAME_BYTES_MAX).contains(&text.len()) && valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError { what: $what, alphabet: $alphabet })
                }
            }
        }

        crate::text::read_from_text!($name);

        /// Stored bytes are checked like any others: whoever holds a name may rely on its form.
        impl<Context> Decode<Context> for $name {
            fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
                let text = String::decode(decoder)?;
                text.parse().map_err(|_| DecodeError::Other(concat!("not a name: ", $what)))
            }
        }

        impl<'de, Context> BorrowDecode<'de, Context> for $name {
            fn borrow_decode<D: BorrowDecoder<'de, Context = Context>>(
                decoder: &mut D,
            ) -> Result<Self, DecodeError> {
                Self::decode(decoder)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "minLength": 1,
                    "maxLength": NAME_BYTES_MAX,
                    "description": concat!($what, ": ", $alphabet),
                })
            }
        }
    )*};
}

names! {
    /// A caller's name for an intent, unique in its scope.
    IntentId, "intent_id", "letters, digits, '_', '-', '.' and ':'", is_identifier;
    /// A tenant's name.
    ScopeName, "scope", "letters, digits, '_', '-' and '.'", |text| {
        is_identifier(text) && !text.contains(':')
    };
    /// Who acts: a service or a person.
    ActorName, "actor", "letters, digits, '_', '-', '.', ':' and '@'", |text| {
        text.bytes().all(|byte| is_identifier_byte(byte) || byte == b'@')
    };
    /// An account's code: segments divided by ':'.
    AccountCode, "account", "segments of letters, digits, '_', '-' and '.' divided by ':'", |text| {
        is_identifier(text) && text.split(':').all(|segment| !segment.is_empty())
    };
    /// The type of a published event: identifiers divided by '.'.
    EventType, "event type", "identifiers of letters, digits and '_' divided by '.'", |text| {
        text.split('.').all(|part| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            !part.is_empty() && part.bytes().all(plain)
        })
    };
}

/// Whether bytes are an [`IntentId`]; for those who do not need one of their own.
pub fn is_intent_id(bytes: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&bytes.len()) && bytes.iter().copied().all(is_identifier_byte)
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(is_identifier_byte)
}

fn is_identifier_byte(byte: u8) -> bool {
    IDENTIFIER_BYTES[usize::from(byte)]
}

/// Which bytes an identifier may have: a look-up for each byte of each id that is read.
const IDENTIFIER_BYTES: [bool; 256] = {
    let mut known = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = byte as u8;
        known[byte] = letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'.' | b':');
        byte += 1;
    }
    known
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alphabets_are_strict() {
        assert!("customer_balance:alice".parse::<AccountCode>().is_ok());
        for bad in ["", "a b", "a::b", ":a", "a:", "caf\u{e9}", "a/b", "a\n"] {
            assert!(bad.parse::<AccountCode>().is_err(), "{bad:?}");
        }
        for bad in ["transfer.", ".x", "a..b", "*", "transfer.*", "a-b"] {
            assert!(bad.parse::<EventType>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(NAME_BYTES_MAX).parse::<IntentId>().is_ok());
        assert!("x".repeat(NAME_BYTES_MAX + 1).parse::<IntentId>().is_err());
    }
}
