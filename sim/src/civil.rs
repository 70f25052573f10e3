//! Dates of the calendar, by the world's own reckoning: what the docs show, and HTTP dates.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The first of January 1970 was a Thursday.
const DAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// A second in the calendar, of Greenwich.
struct Civil {
    year: u64,
    month: usize,
    day: u64,
    weekday: &'static str,
    of_day: [u64; 3],
}

fn civil(seconds: u64) -> Civil {
    let (mut days, of_day) = (seconds / 86_400, seconds % 86_400);
    let weekday = DAYS[(days % 7) as usize];
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let of_day = [of_day / 3_600, of_day / 60 % 60, of_day % 60];
    Civil { year, month, day: days + 1, weekday, of_day }
}

/// RFC 3339 with six digits, of nanoseconds since 1970.
pub(crate) fn rfc3339(ns: u64) -> String {
    let Civil { year, month, day, of_day: [hour, minute, second], .. } = civil(ns / 1_000_000_000);
    let (month, micros) = (month + 1, ns % 1_000_000_000 / 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// The three forms of HTTP dates: RFC 9110, 5.6.7.
pub(crate) fn http_dates(seconds: u64) -> [String; 3] {
    let Civil { year, month, day, weekday, of_day: [hour, minute, second] } = civil(seconds);
    let (name, short, of_century) = (MONTHS[month], &weekday[..3], year % 100);
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    [
        format!("{short}, {day:02} {name} {year} {time} GMT"),
        format!("{weekday}, {day:02}-{name}-{of_century:02} {time} GMT"),
        format!("{short} {name} {day:>2} {time} {year}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_as_the_standards_have_it() {
        let forms = [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ];
        assert_eq!(http_dates(784_111_777), forms);
        assert_eq!(rfc3339(1_777_212_729_000_001_000), "2026-04-26T14:12:09.000001Z");
        assert_eq!(rfc3339(1_709_164_800_000_000_000), "2024-02-29T00:00:00.000000Z");
    }
}
