//! The `retry-after` header, as far as it can be trusted.
//!
//! Owns its two forms: seconds, and the HTTP dates of RFC 9110 section 5.6.7 (all three), and what
//! is often sent in their place: fractions of seconds, and dates of mails. Anything else is
//! ignored; how far a hint may go is the engine's to cap.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use zentra_events::{Span, Timestamp};

/// The date forms: the one in use, and the two obsolete ones that must still be understood.
const DATE_FORMS: [&str; 3] =
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
/// That of mails, which is sent in its place now and then.
const MAIL_FORM: &str = "%a, %d %b %Y %H:%M:%S %z";

/// How long the consumer asks to wait from `now`. None when it says nothing that can be
/// understood, asks for a negative time, or names an instant that has passed.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Span> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large to hold is a very long wait, not garbage.
        return Some(Span::seconds(value.parse().unwrap_or(u64::MAX)));
    }
    if let Some(span) = fraction(value) {
        return Some(span);
    }
    let at = DATE_FORMS.iter().find_map(|form| instant(form, value)).or_else(|| mailed(value))?;
    (at > now).then(|| at.since(now))
}

/// Seconds with a fraction. The header has none, but some send it, and the wait is meant.
fn fraction(value: &str) -> Option<Span> {
    let (seconds, fraction) = value.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) {
        return None;
    }
    let nanoseconds = format!("{:0<9}", &fraction[..fraction.len().min(9)]).parse().ok()?;
    let whole = Span::seconds(seconds.parse().unwrap_or(u64::MAX));
    Some(Span(whole.0.saturating_add(nanoseconds)))
}

fn instant(form: &str, value: &str) -> Option<Timestamp> {
    let broken_down = strtime::parse(form, value).ok()?;
    let civil: DateTime = broken_down.to_datetime().ok()?;
    let zoned = TimeZone::UTC.to_timestamp(civil).ok()?;
    u64::try_from(zoned.as_nanosecond()).ok().map(Timestamp)
}

fn mailed(value: &str) -> Option<Timestamp> {
    let at = strtime::parse(MAIL_FORM, value).ok()?.to_timestamp().ok()?;
    u64::try_from(at.as_nanosecond()).ok().map(Timestamp)
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
            ("1.5", Some(Span::millis(1_500))),
            ("0.0000000019", Some(Span(1))),
            ("1.", None),
            (".5", None),
            ("1.5.5", None),
            ("1.5s", None),
            ("Sun, 06 Nov 1994 08:49:37 +0000", half_a_minute),
            ("Sun, 06 Nov 1994 09:49:37 +0100", half_a_minute),
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
