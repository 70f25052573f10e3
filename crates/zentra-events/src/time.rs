//! Time words: instants and spans in nanoseconds, and their text.
//!
//! Owns the RFC 3339 form. Must not read a clock: instants come in as arguments.

use crate::text::read_from_text;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The instant `span` later; saturates at the end of representable time (year 2554).
    #[must_use]
    pub fn after(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }

    /// How long after `earlier` this is; nothing when it is not.
    pub fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The microsecond that this is in, as the instant at which it begins.
    #[must_use]
    pub fn in_microseconds(self) -> Timestamp {
        Timestamp(self.0 - self.0 % 1_000)
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> u64 {
        self.0 / 1_000_000_000
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with nine decimals, or as many as are asked for: one width, so that text
    /// sorts as time does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant =
            jiff::Timestamp::from_nanosecond(i128::from(self.0)).map_err(|_| fmt::Error)?;
        let decimals = f.precision().unwrap_or(9);
        write!(f, "{instant:.decimals$}")
    }
}

/// Why a text is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an RFC 3339 instant from 1970 to 2554")]
pub struct TimestampError;

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Timestamp, TimestampError> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        u64::try_from(instant.as_nanosecond()).map(Timestamp).map_err(|_| TimestampError)
    }
}

read_from_text!(Timestamp);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A length of time in nanoseconds. JSON shows a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Span(pub u64);

impl Span {
    /// A span of whole seconds.
    pub const fn seconds(seconds: u64) -> Span {
        Span(seconds.saturating_mul(1_000_000_000))
    }

    /// A span of whole milliseconds.
    pub const fn millis(millis: u64) -> Span {
        Span(millis.saturating_mul(1_000_000))
    }

    /// The whole milliseconds in this span.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "pattern": "^[0-9]+$", "description": "nanoseconds",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rfc_3339_with_nine_decimals() {
        let at = |ns| Timestamp(ns).to_string();
        assert_eq!(at(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(at(1_777_212_729_000_000_001), "2026-04-26T14:12:09.000000001Z");
        for instant in [Timestamp(0), Timestamp(1_777_212_729_000_000_001), Timestamp(u64::MAX)] {
            assert_eq!(instant.to_string().parse(), Ok(instant));
        }
        assert_eq!("1969-12-31T23:59:59Z".parse::<Timestamp>(), Err(TimestampError));
        assert_eq!(at(u64::MAX), "2554-07-21T23:34:33.709551615Z");
        assert_eq!(format!("{:.6}", Timestamp(u64::MAX)), "2554-07-21T23:34:33.709551Z");
        assert_eq!(Timestamp(u64::MAX).in_microseconds(), Timestamp(u64::MAX - 615));
    }
}
