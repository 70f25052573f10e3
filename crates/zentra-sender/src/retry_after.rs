//! The `retry-after` header, as far as it can be trusted.
//!
//! Owns its two forms: seconds, and the HTTP dates of RFC 9110 section 5.6.7 (all three), and what
//! is often sent in their place: fractions of seconds, and dates of mails. Anything else is
//! ignored; how far a hint may go is the engine's to cap.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::Offset;
use zentra_events::{Span, Timestamp};

/// The date forms: the one in use, the two obsolete ones that must still be understood, and that of
/// mails, which is sent in their place now and then.
const DATE_FORMS: [&str; 4] = [
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S %z",
];

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
    let at = DATE_FORMS.iter().find_map(|form| instant(form, value))?;
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
    let told = strtime::parse(form, value).ok()?;
    let civil: DateTime = told.to_datetime().ok()?;
    match told.offset().unwrap_or(Offset::UTC).to_timestamp(civil) {
        Ok(at) => Some(nearest(at)),
        // The last day that a date can tell is not an instant any more.
        Err(_) if civil.year() == DateTime::MAX.year() => Some(nearest(jiff::Timestamp::MAX)),
        Err(_) => None,
    }
}

/// The instant of the log's time that is nearest: a date before 1970 has passed, and one that is
/// later than can be held asks for a very long wait.
fn nearest(at: jiff::Timestamp) -> Timestamp {
    let nanoseconds = at.as_nanosecond().max(0);
    Timestamp(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_understood_or_ignored() {
        // 1994-11-06T08:49:07Z, thirty seconds before the dates below.
        let now = Timestamp(784_111_747_000_000_000);
        let half_a_minute = Some(Span::seconds(30));
        let the_last = Some(Timestamp(u64::MAX).since(now));
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
            ("Fri, 31 Dec 9999 23:59:59 GMT", the_last),
            ("Fri Dec 31 23:59:59 9999", the_last),
            ("Wed, 01 Jan 2600 00:00:00 GMT", the_last),
            ("Wed, 01 Jan 2600 00:00:00 +0000", the_last),
            ("Fri, 31 Dec 9999 23:59:59 +0000", the_last),
            ("Mon, 01 Jan 1900 00:00:00 GMT", None),
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
