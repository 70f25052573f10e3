//! The quotas of a scope: what each bounds, its unit and its default.
//!
//! Owns the one table (docs/internals/quotas.md). A number is on disk and is never used twice. Must
//! not know how much a scope uses, nor who refuses.

use crate::text::read_from_text;
use bincode::de::{BorrowDecode, BorrowDecoder, Decode, Decoder};
use bincode::enc::{Encode, Encoder};
use bincode::error::{DecodeError, EncodeError};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

macro_rules! quotas {
    ($($number:literal $name:ident $text:literal $unit:literal $default:expr, $doc:literal;)*) => {
        /// A bound on what one scope may hold or use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Quota {
            $(#[doc = $doc] $name,)*
        }

        impl Quota {
            /// Every quota, in the order of their numbers.
            pub const ALL: &'static [Quota] = &[$(Quota::$name,)*];

            /// The quota as text, e.g. `log_bytes_per_day`.
            pub fn as_str(self) -> &'static str {
                match self { $(Quota::$name => $text,)* }
            }

            /// What it bounds, in one line.
            pub fn title(self) -> &'static str {
                match self { $(Quota::$name => $doc,)* }
            }

            /// What it is counted in, as a word of a sentence.
            pub fn unit(self) -> &'static str {
                match self { $(Quota::$name => $unit,)* }
            }

            /// The limit where nobody sets another.
            pub const fn default_limit(self) -> u64 {
                match self { $(Quota::$name => $default,)* }
            }

            fn number(self) -> u16 {
                match self { $(Quota::$name => $number,)* }
            }

            fn from_number(number: u16) -> Option<Quota> {
                match number { $($number => Some(Quota::$name),)* _ => None }
            }
        }
    };
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

quotas! {
    1 LogBytesPerDay "log_bytes_per_day" "bytes" 64 * GIB,
        "Bytes that the scope's entries may add to the log in one day (UTC).";
    2 StateBytes "state_bytes" "bytes" 16 * GIB,
        "Bytes of memory that what the scope ever made may take, deleted things too.";
    3 Endpoints "endpoints" "endpoints" 10_000,
        "Webhook endpoints that are not deleted.";
    4 Filters "filters" "filters" 40_000,
        "Event filters of all the scope's endpoints together.";
    5 Secrets "secrets" "secrets" 50_000,
        "Signing secrets that the scope ever made.";
    6 Currencies "currencies" "currencies" 1_000,
        "Currencies that the scope has declared or has accounts in.";
    7 Accounts "accounts" "accounts" 10_000_000,
        "Accounts of the scope.";
    8 Keys "keys" "keys" 1_000,
        "API keys that are not revoked.";
    9 IdempotencyKeys "idempotency_keys" "keys" 100_000_000,
        "Idempotency keys that the scope ever used.";
    10 QueuedDeliveries "queued_deliveries" "deliveries" 5_000_000,
        "Deliveries that no consumer has yet: pending, parked and dead-lettered ones.";
    11 FanOut "fan_out" "deliveries" 262_144,
        "Deliveries that one request may queue: its events times the endpoints that match.";
    12 Connections "connections" "connections" 2_048,
        "Connections of the scope's keys that are open at once.";
    13 BodyBytes "body_bytes" "bytes" 128 * MIB,
        "Bytes of request bodies that are under way at once.";
    14 RequestsPerSecond "requests_per_second" "requests a second" 20_000,
        "Requests that the scope's keys may send in a second.";
}

impl Quota {
    /// How many there are.
    pub const COUNT: usize = Quota::ALL.len();

    /// The quota with this name.
    pub fn by_name(name: &str) -> Option<Quota> {
        Quota::ALL.iter().copied().find(|quota| quota.as_str() == name)
    }
}

/// A number for each quota: its limit, or how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaTable([u64; Quota::COUNT]);

impl QuotaTable {
    /// Nothing of any.
    pub const ZERO: QuotaTable = QuotaTable([0; Quota::COUNT]);

    /// The number of a quota.
    pub fn get(&self, quota: Quota) -> u64 {
        self.0[quota as usize]
    }

    /// Sets the number of a quota.
    pub fn set(&mut self, quota: Quota, limit: u64) {
        self.0[quota as usize] = limit;
    }

    /// Adds to the number of a quota.
    pub fn add(&mut self, quota: Quota, more: u64) {
        self.set(quota, self.get(quota).saturating_add(more));
    }
}

impl Default for QuotaTable {
    fn default() -> QuotaTable {
        let mut table = QuotaTable::ZERO;
        for quota in Quota::ALL {
            table.set(*quota, quota.default_limit());
        }
        table
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such quota")]
pub struct QuotaError;

impl FromStr for Quota {
    type Err = QuotaError;
    fn from_str(text: &str) -> Result<Quota, QuotaError> {
        Quota::by_name(text).ok_or(QuotaError)
    }
}

read_from_text!(Quota);

impl Serialize for Quota {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Quota {
    fn schema_name() -> Cow<'static, str> {
        "Quota".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let quotas: Vec<&str> = Quota::ALL.iter().map(|quota| quota.as_str()).collect();
        schemars::json_schema!({ "type": "string", "enum": quotas })
    }
}

impl Encode for Quota {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.number().encode(encoder)
    }
}

impl<Context> Decode<Context> for Quota {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let number = u16::decode(decoder)?;
        Quota::from_number(number).ok_or(DecodeError::Other("unknown quota"))
    }
}

impl<'de, Context> BorrowDecode<'de, Context> for Quota {
    fn borrow_decode<D: BorrowDecoder<'de, Context = Context>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Quota::decode(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_quota_has_its_own_number_name_and_place() {
        let mut table = QuotaTable::default();
        for (index, quota) in Quota::ALL.iter().enumerate() {
            assert_eq!(*quota as usize, index);
            assert_eq!(Quota::from_number(quota.number()), Some(*quota));
            assert_eq!(Quota::by_name(quota.as_str()), Some(*quota));
            assert_eq!(table.get(*quota), quota.default_limit());
            table.set(*quota, 7);
            assert_eq!(table.get(*quota), 7);
        }
        assert_eq!(Quota::by_name("intents"), None);
    }
}
