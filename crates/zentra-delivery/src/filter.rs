//! Event filters: a type, a prefix with `.*`, or `*`.
//!
//! Owns their form and which covers which; what they match is
//! found in `filter_index`. Must not know endpoints.

use crate::command::Refusal;
use zentra_events::limits::FILTERS_MAX;
use zentra_events::{Code, EventType};

/// Events about deliveries are never delivered: they would beget themselves.
const UNDELIVERABLE: &str = "event.delivery.";

/// The filters sorted and without repeats.
pub(crate) fn normalise(filters: &[String]) -> Result<Vec<String>, Refusal> {
    if !(1..=FILTERS_MAX).contains(&filters.len()) {
        let count = filters.len();
        let detail = format!("an endpoint has 1 to {FILTERS_MAX} filters, not {count}");
        return Err(Refusal::new(Code::FilterInvalid, detail));
    }
    for filter in filters {
        check(filter)?;
    }
    let mut normal = filters.to_vec();
    normal.sort_unstable();
    normal.dedup();
    Ok(normal)
}

/// Whether an event of this type may be delivered at all.
pub(crate) fn is_deliverable(event_type: &str) -> bool {
    !event_type.starts_with(UNDELIVERABLE)
}

/// Whether one of the filters matches an event of this type.
pub fn is_heard(filters: &[String], event_type: &str) -> bool {
    filters.iter().any(|filter| filter == event_type || covers(filter, event_type))
}

/// Whether everything that `filter` matches is matched by `wider`, too.
pub(crate) fn covers(wider: &str, filter: &str) -> bool {
    wider.strip_suffix('*').is_some_and(|prefix| filter.starts_with(prefix))
}

fn check(filter: &str) -> Result<(), Refusal> {
    let name = filter.strip_suffix(".*").unwrap_or(filter);
    let invalid = |why: &str| {
        let shown: String = filter.chars().take(64).collect();
        Err(Refusal::new(Code::FilterInvalid, format!("the filter {shown:?} {why}")))
    };
    if filter == "*" {
        return Ok(());
    }
    if name.parse::<EventType>().is_err() {
        return invalid("is neither an event type, nor a prefix with `.*`, nor `*`");
    }
    if format!("{name}.").starts_with(UNDELIVERABLE) {
        return invalid("matches only events about deliveries, which are not delivered");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_covers_what_it_matches_and_narrower_filters() {
        let rows = [
            ("order.*", "order.paid", true),
            ("order.*", "order.paid.*", true),
            ("*", "order.*", true),
            ("order.*", "order", false),
            ("order.*", "orders.*", false),
            ("order.paid.*", "order.*", false),
            ("order.paid", "order.paid.late", false),
        ];
        for (wider, filter, expected) in rows {
            assert_eq!(covers(wider, filter), expected, "{wider} {filter}");
        }
    }

    #[test]
    fn one_filter_of_several_is_enough() {
        let filters = ["order.paid".to_owned(), "webhook.*".to_owned()];
        assert!(is_heard(&filters, "order.paid"));
        assert!(is_heard(&filters, "webhook.endpoint.created"));
        assert!(!is_heard(&filters, "order.paid.late"));
    }

    #[test]
    fn other_texts_are_no_filters() {
        let rows = [
            "",
            ".",
            ".*",
            "a.",
            "a*",
            "**",
            "a.*.b",
            "a..b",
            "a b",
            "a-b",
            "event.delivery.*",
            "event.delivery.failed",
            "event.delivery",
            "caf\u{e9}",
        ];
        for filter in rows {
            let refused = normalise(&[filter.to_owned()]).unwrap_err();
            assert_eq!(refused.code, Code::FilterInvalid, "{filter:?}");
        }
    }

    #[test]
    fn filters_are_counted_and_sorted_without_repeats() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(normalise(&texts(&["b", "a.*", "b"])).unwrap(), texts(&["a.*", "b"]));
        assert_eq!(normalise(&[]).unwrap_err().code, Code::FilterInvalid);
        let many: Vec<_> = (0..FILTERS_MAX + 1).map(|number| format!("t{number}")).collect();
        assert_eq!(normalise(&many).unwrap_err().code, Code::FilterInvalid);
        assert_eq!(normalise(&many[1..]).unwrap().len(), FILTERS_MAX);
        assert_eq!(normalise(&vec!["*".to_owned(); FILTERS_MAX]).unwrap(), texts(&["*"]));
        let repeated = vec!["*".to_owned(); FILTERS_MAX + 1];
        assert_eq!(normalise(&repeated).unwrap_err().code, Code::FilterInvalid);
    }
}
