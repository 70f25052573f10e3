//! The filters of one scope's endpoints, by what they match.
//!
//! Owns finding the endpoints of an event without looking at those that do not match: a type is
//! looked up as it stands and by each of its prefixes that ends in a dot. Follows from the
//! endpoints and is never stored. Must not know what an endpoint is beside its number.

use crate::filter::{covers, is_deliverable};
use std::collections::{BTreeMap, BTreeSet};

/// Endpoints by number, so in the order of their ids.
type Listeners = BTreeSet<u32>;

/// Which endpoints listen to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilterIndex {
    /// By a type.
    exact: BTreeMap<Box<str>, Listeners>,
    /// By a filter that ends in `*`, without the `*`: a prefix that ends in a dot, or nothing.
    prefixes: BTreeMap<Box<str>, Listeners>,
}

impl FilterIndex {
    /// Adds an endpoint by its filters. One that another of them covers is left out, so an event
    /// finds an endpoint at one place at most.
    pub(crate) fn insert(&mut self, no: u32, filters: &[String]) {
        for filter in widest(filters) {
            let (map, key) = self.place(filter);
            map.entry(key.into()).or_default().insert(no);
        }
    }

    /// Takes out what [`FilterIndex::insert`] added for the same filters.
    pub(crate) fn remove(&mut self, no: u32, filters: &[String]) {
        for filter in widest(filters) {
            let (map, key) = self.place(filter);
            let Some(listeners) = map.get_mut(key) else { continue };
            listeners.remove(&no);
            if listeners.is_empty() {
                map.remove(key);
            }
        }
    }

    /// Whether anybody listens to events of this type.
    pub(crate) fn any(&self, event_type: &str) -> bool {
        self.matching_sets(event_type).next().is_some()
    }

    /// How many endpoints listen to events of this type.
    pub(crate) fn matching_len(&self, event_type: &str) -> usize {
        self.matching_sets(event_type).map(BTreeSet::len).sum()
    }

    /// The endpoints that listen to events of this type, in the order of their numbers.
    pub(crate) fn matching(&self, event_type: &str) -> Vec<u32> {
        let mut found = Vec::new();
        for listeners in self.matching_sets(event_type) {
            found.extend(listeners);
        }
        // The sets are sorted and share no endpoint; merging them is all that is left to do.
        found.sort();
        found
    }

    fn matching_sets<'a>(&'a self, event_type: &'a str) -> impl Iterator<Item = &'a Listeners> {
        let asked = is_deliverable(event_type).then_some(event_type);
        asked.into_iter().flat_map(|text| {
            let ends = text.match_indices('.').map(|(dot, _)| dot + 1);
            let prefixes = std::iter::once(0).chain(ends).filter_map(|end| text.get(..end));
            self.exact
                .get(text)
                .into_iter()
                .chain(prefixes.filter_map(|prefix| self.prefixes.get(prefix)))
        })
    }

    fn place<'a>(&mut self, filter: &'a str) -> (&mut BTreeMap<Box<str>, Listeners>, &'a str) {
        match filter.strip_suffix('*') {
            Some(prefix) => (&mut self.prefixes, prefix),
            None => (&mut self.exact, filter),
        }
    }
}

/// The filters that no other of them covers. They are sorted, and `*` comes before all that a type
/// may have, so a filter is followed by those that it covers.
fn widest(filters: &[String]) -> impl Iterator<Item = &str> {
    let mut wide: Option<&str> = None;
    filters.iter().map(String::as_str).filter(move |filter| {
        let covered = wide.is_some_and(|wide| covers(wide, filter));
        if !covered {
            wide = Some(filter);
        }
        !covered
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::normalise;
    use proptest::prelude::*;

    fn filters(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn an_endpoint_is_found_once_by_its_widest_filter() {
        let mut index = FilterIndex::default();
        index.insert(7, &filters(&["*", "order.*", "order.paid"]));
        index.insert(3, &filters(&["order.*", "order.paid", "order.paid.*"]));
        index.insert(5, &filters(&["order.paid"]));
        assert_eq!(index.matching("order.paid"), [3, 5, 7]);
        assert_eq!(index.matching_len("order.paid"), 3);
        assert_eq!(index.matching("order.paid.late"), [3, 7]);
        assert_eq!(index.matching("order"), [7]);
        assert!(index.matching("event.delivery.failed").is_empty());
        index.remove(7, &filters(&["*", "order.*", "order.paid"]));
        assert_eq!(index.matching("order.paid"), [3, 5]);
    }

    #[test]
    fn what_left_leaves_nothing_behind() {
        let mut index = FilterIndex::default();
        let many: Vec<String> = (0..64).map(|no| format!("none.t{no}.*")).collect();
        for no in 0..100 {
            index.insert(no, &many);
        }
        for no in 0..100 {
            index.remove(no, &many);
        }
        assert_eq!(index, FilterIndex::default());
    }

    /// What filters mean, said as plainly as it can be.
    fn matches(filters: &[String], event_type: &str) -> bool {
        let says = |filter: &String| match filter.strip_suffix('*') {
            Some(prefix) => event_type.starts_with(prefix),
            None => event_type == filter,
        };
        !event_type.starts_with("event.delivery.") && filters.iter().any(says)
    }

    #[test]
    fn filters_match_types_prefixes_and_everything() {
        let rows = [
            ("order.paid", "order.paid", true),
            ("order.paid", "order.paid.late", false),
            ("order.*", "order.paid", true),
            ("order.*", "order.paid.late", true),
            ("order.*", "order", false),
            ("order.*", "orders.paid", false),
            ("*", "webhook.endpoint.created", true),
        ];
        for (filter, name, expected) in rows {
            let mut index = FilterIndex::default();
            index.insert(0, &filters(&[filter]));
            assert_eq!(index.any(name), expected, "{filter} {name}");
            assert_eq!(matches(&filters(&[filter]), name), expected, "{filter} {name}");
        }
    }

    fn any_type() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab]{1,2}", 1..5).prop_map(|parts| parts.join("."))
    }

    fn any_filter() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            any_type(),
            any_type().prop_map(|name| name + ".*"),
            Just("event.*".to_owned()),
            Just("event.delivered".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn the_index_finds_what_the_plain_matcher_finds(
            endpoints in proptest::collection::vec(
                (proptest::collection::vec(any_filter(), 1..6), any::<bool>()), 0..12),
            asked in proptest::collection::vec(any_type(), 1..20),
        ) {
            let mut index = FilterIndex::default();
            let endpoints: Vec<_> = endpoints
                .into_iter()
                .map(|(filters, stays)| (normalise(&filters).unwrap(), stays))
                .collect();
            for (no, (filters, _)) in (0..).zip(&endpoints) {
                index.insert(no, filters);
            }
            for (no, (filters, stays)) in (0..).zip(&endpoints) {
                if !stays {
                    index.remove(no, filters);
                }
            }
            let of_events = ["event.delivered", "event.delivery.x"];
            for text in asked.iter().map(String::as_str).chain(of_events) {
                let plain: Vec<u32> = (0..)
                    .zip(&endpoints)
                    .filter(|(_, (filters, stays))| *stays && matches(filters, text))
                    .map(|(no, _)| no)
                    .collect();
                prop_assert_eq!(index.matching(text), plain.clone());
                prop_assert_eq!(index.matching_len(text), plain.len());
                prop_assert_eq!(index.any(text), !plain.is_empty());
            }
        }
    }
}
