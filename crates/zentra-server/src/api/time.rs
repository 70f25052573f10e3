//! Instants as text: read strictly (RFC 3339), shown with nine decimals or, on the page's evidence
//! row, in whole seconds.

use crate::api::problem::Problem;
use zentra_events::Timestamp;

/// Reads an RFC 3339 instant that falls after 1970.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn parse_instant(pointer: &str, text: &str) -> Result<Timestamp, Problem> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .and_then(|instant| u64::try_from(instant.as_nanosecond()).ok())
        .map(Timestamp)
        .ok_or_else(|| {
            Problem::field(pointer, "expected an RFC 3339 instant such as 2026-04-26T14:12:09Z")
        })
}

/// An instant in whole seconds, e.g. `2026-04-26T14:12:09Z`.
pub(crate) fn in_seconds(instant: Timestamp) -> String {
    let whole = Timestamp(instant.seconds().saturating_mul(1_000_000_000)).to_string();
    match whole.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_go_both_ways() {
        let at = parse_instant("/since", "2026-04-26T14:12:09Z").unwrap();
        assert_eq!(in_seconds(at), "2026-04-26T14:12:09Z");
        assert_eq!(in_seconds(Timestamp(at.0 + 999_999_999)), "2026-04-26T14:12:09Z");
        for bad in ["", "2026-04-26", "1969-12-31T23:59:59Z", "now", "2026-04-26T14:12:09"] {
            assert!(parse_instant("/since", bad).is_err(), "{bad}");
        }
    }
}
