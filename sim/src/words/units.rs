//! Words of times, amounts and lists.

/// A time that passes, to three digits of its unit.
pub(crate) fn span(ns: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    let (size, unit) = UNITS.into_iter().find(|(size, _)| ns >= *size).unwrap_or((1, "ns"));
    let (whole, rest) = (ns / size, u128::from(ns % size) * 1_000 / u128::from(size));
    match rest {
        0 => format!("{whole} {unit}"),
        rest => format!("{whole}.{rest:03} {unit}"),
    }
}

/// What there is of each, with commas; a word for none.
pub(super) fn list(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Fact, Side};
    use crate::words::facts;

    #[test]
    fn times_have_three_digits_of_their_unit() {
        let told = [0, 999, 1_500, 60_000_000_000, 5_400_000_000_000].map(span);
        assert_eq!(told, ["0 ns", "999 ns", "1.500 us", "60 s", "1.500 h"]);
    }

    #[test]
    fn facts_are_plain_english() {
        let lines = vec![("a".to_owned(), Side::Debit, 4), ("b".to_owned(), Side::Credit, 4)];
        let posted = Fact::Posted { leg: "settle", intent: Some("i7".to_owned()), lines };
        let told = facts(&[Fact::EndpointDisabled(3, "gone"), posted]);
        assert_eq!(told, "endpoint 3 is disabled: gone; leg settle of i7 posts 4 from a, 4 to b");
        assert_eq!(facts(&[]), "nothing");
    }
}
