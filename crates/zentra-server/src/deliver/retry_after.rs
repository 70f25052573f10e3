//! The `retry-after` header, as far as it can be trusted.
//!
//! Owns its two forms: seconds, and the HTTP dates of RFC 9110 section 5.6.7 (all three). Anything
//! else is ignored; how far a hint may go is the engine's to cap.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use zentra_events::{Span, Timestamp};

/// The date forms: the one in use, and the two obsolete ones that must still be understood.
const DATE_FORMS: [&str; 3] =
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// How long the consumer asks to wait from `now`. None when it says nothing that can be
/// understood, asks for a negative time, or names an instant that has passed.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Span> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large to hold is a very long wait, not garbage.
        return Some(Span::seconds(value.parse().unwrap_or(u64::MAX)));
    }
    let at = DATE_FORMS.iter().find_map(|form| instant(form, value))?;
    (at > now).then(|| at.since(now))
}

fn instant(form: &str, value: &str) -> Option<Timestamp> {
    let broken_down = strtime::parse(form, value).ok()?;
    let civil: DateTime = broken_down.to_datetime().ok()?;
    let zoned = TimeZone::UTC.to_timestamp(civil).ok()?;
    u64::try_from(zoned.as_nanosecond()).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_understood_or_ignored() {
        // 1994-11-06T08:49:07Z, thirty seconds before the dates below.
        let now = Timestamp(784_111_747_000_000_000);
        let half_a_minute = Some(Span::seconds(30));
        let rows = [
            ("120", Some(Span::seconds(120))),
            (" 7 ", Some(Span::seconds(7))),
            ("0", Some(Span::seconds(0))),
            ("99999999999999999999999", Some(Span(u64::MAX))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", half_a_minute),
            ("Sunday, 06-Nov-94 08:49:37 GMT", half_a_minute),
            ("Sun Nov  6 08:49:37 1994", half_a_minute),
            ("Sun, 06 Nov 1994 08:49:07 GMT", None),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None),
            ("-5", None),
            ("1.5", None),
            ("+5", None),
            ("", None),
            ("soon", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ];
        for (value, expected) in rows {
            assert_eq!(retry_after(value, now), expected, "{value:?}");
        }
    }
}
