//! Instants as text: read strictly (RFC 3339, up to nine decimals), shown as `Instant` does it or,
//! on the page's evidence row, in whole seconds.

use crate::problem::Problem;
use zentra_events::Timestamp;

/// Reads an RFC 3339 instant from 1970 on.
///
/// # Errors
/// 400 that names the field, and says whether the form is wrong or the instant too far away.
pub(crate) fn parse_instant(pointer: &str, text: &str) -> Result<Timestamp, Problem> {
    let malformed =
        || Problem::field(pointer, "expected an RFC 3339 instant such as 2026-04-26T14:12:09Z");
    let civil = text.get(..19).filter(|_| is_rfc3339(text.as_bytes())).ok_or_else(malformed)?;
    let civil: jiff::civil::DateTime = civil.parse().map_err(|_| malformed())?;
    let instant = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => u64::try_from(instant.as_nanosecond()).ok(),
        // The last days that a date can tell are not instants any more.
        Err(_) if civil.year() == jiff::civil::DateTime::MAX.year() => None,
        Err(_) => return Err(malformed()),
    };
    instant.map(Timestamp).ok_or_else(|| {
        let (first, last) = (Timestamp(0), Timestamp(u64::MAX));
        Problem::field(pointer, format!("expected an instant from {first} to {last}"))
    })
}

/// The one form of RFC 3339: a date, a time of all its parts, and an offset. A leap second is not
/// one: there is no instant of its own for it.
fn is_rfc3339(text: &[u8]) -> bool {
    let Some((instant, rest)) = text.split_at_checked(19) else { return false };
    let shaped = instant.iter().zip(b"0000-00-00T00:00:00").all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte.eq_ignore_ascii_case(form),
    });
    let offset = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        _ => rest,
    };
    let zoned = match offset {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let digits = [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit());
            // Two digits compare as their numbers do.
            digits && [*h1, *h2] <= *b"23" && *m1 <= b'5'
        }
        _ => false,
    };
    shaped && zoned && &instant[17..] != b"60"
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
    use zentra_events::RequestId;

    #[test]
    fn instants_go_both_ways() {
        let at = parse_instant("/since", "2026-04-26T14:12:09Z").unwrap();
        assert_eq!(in_seconds(at), "2026-04-26T14:12:09Z");
        assert_eq!(in_seconds(Timestamp(at.0 + 999_999_999)), "2026-04-26T14:12:09Z");
        for good in [
            "2026-04-26t14:12:09z",
            "2026-04-26T14:12:09.000000000Z",
            "2026-04-26T16:12:09+02:00",
            "2026-04-26T14:12:09-00:00",
            "2026-04-27T14:11:09+23:59",
            "2026-04-25T14:13:09-23:59",
            "2026-04-27T10:12:09+20:00",
        ] {
            assert_eq!(parse_instant("/since", good).unwrap(), at, "{good}");
        }
        for bad in [
            "",
            "now",
            "2026-04-26",
            "2026-04-26T14:12:09",
            "2026-04-26T14:12:60Z",
            "2026-04-26T14Z",
            "2026-04-26T14:12Z",
            "20260426T141209Z",
            "2026-04-26 14:12:09Z",
            "2026-04-26T14:12:09Z[Mars/Phobos]",
            "2026-04-26T14:12:09[Europe/Berlin]",
            "2026-04-26T14:12:09.Z",
            "2026-04-26T14:12:09.0000000000Z",
            "2026-04-26T14:12:09+02",
            "2026-04-26T14:12:09+0200",
            "2026-04-26T14:12:09+24:00",
            "2026-04-26T14:12:09-24:00",
            "2026-04-26T14:12:09+24:59",
            "2026-04-26T14:12:09+25:00",
            "2026-04-26T14:12:09-25:59",
            "2026-04-26T14:12:09+30:00",
            "2026-04-26T14:12:09+02:60",
            "2026-04-26T14:12:09+23:99",
            "9999-12-31T23:59:59-24:00",
            "2026-02-30T14:12:09Z",
            "2026-04-26T24:12:09Z",
            "+002026-04-26T14:12:09Z",
        ] {
            let refused = parse_instant("/since", bad).unwrap_err().body(RequestId([0; 16]));
            assert!(refused["detail"].as_str().unwrap().contains("RFC 3339"), "{bad}: {refused}");
        }
        for far in ["1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "2554-07-21T23:34:34Z"] {
            let refused = parse_instant("/since", far).unwrap_err().body(RequestId([0; 16]));
            let told = refused["detail"].as_str().unwrap();
            assert!(told.contains("from 1970-01-01T00:00:00"), "{far}: {told}");
        }
    }
}
