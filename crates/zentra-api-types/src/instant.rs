//! Instants as the API shows them.
//!
//! With six digits, which every parser takes: what Zentra records is in whole microseconds, so
//! nothing is left out. An instant that a caller gave with more digits is shown with the nine that
//! it has. Owns how many digits are shown. Must not read a clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use zentra_events::Timestamp;

/// An instant in UTC (RFC 3339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub Timestamp);

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Instant {
        Instant(at)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = if self.0 == self.0.in_microseconds() { 6 } else { 9 };
        write!(f, "{:.decimals$}", self.0)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        Timestamp::deserialize(deserializer).map(Instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_shown_and_nine_where_there_are_more() {
        let shown = |nanoseconds| Instant(Timestamp(nanoseconds)).to_string();
        assert_eq!(shown(1_777_212_729_000_000_000), "2026-04-26T14:12:09.000000Z");
        assert_eq!(shown(1_777_212_729_123_456_000), "2026-04-26T14:12:09.123456Z");
        assert_eq!(shown(1_777_212_729_123_456_789), "2026-04-26T14:12:09.123456789Z");
        for nanoseconds in [0, 1, 999, 1_000, u64::MAX] {
            let at = Instant(Timestamp(nanoseconds));
            let again: Instant = serde_json::from_value(serde_json::json!(at)).unwrap();
            assert_eq!(again, at);
        }
    }
}
