//! What stands in the URL: ids in the path, filters and cursors in the query.
//!
//! An id that cannot exist is not found, like one that does not. What a route's query may have is
//! `parameters`' to say. Owns how each is read.

use crate::pages::Paging;
use crate::parameters::{Query, queries_of};
use crate::problem::Problem;
use crate::time::parse_instant;
use axum::extract::{FromRequestParts, MatchedPath, Path};
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::str::FromStr;
use url::form_urlencoded;
use zentra_api_types::{DeliveryStatus, IntentState};
use zentra_events::EventType;
use zentra_events::limits::PAGE_ITEMS_MAX;
use zentra_views::RowFilter;

/// Items on a page when the caller does not say.
const PAGE_ITEMS: usize = 50;

/// The one id in the path.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<PathId<T>, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        text.ok()
            .and_then(|Path(text)| text.parse().ok())
            .map(PathId)
            .ok_or_else(|| Problem::not_found("thing"))
    }
}

/// The query's parameters, each at most once, and those that the route takes.
pub(crate) struct QueryPairs {
    given: BTreeMap<String, String>,
    takes: &'static [Query],
}

impl<S: Send + Sync> FromRequestParts<S> for QueryPairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<QueryPairs, Problem> {
        let path = parts.extensions.get::<MatchedPath>();
        let takes = path.map_or(&[][..], |path| queries_of(path.as_str()));
        QueryPairs::parse(parts.uri.query().unwrap_or(""), takes)
    }
}

impl QueryPairs {
    fn parse(query: &str, takes: &'static [Query]) -> Result<QueryPairs, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if takes.iter().all(|query| query.name() != name) {
                return Err(Problem::field(&name, "the route has no such parameter"));
            }
            if given.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Problem::field(&name, "the parameter is given twice"));
            }
        }
        Ok(QueryPairs { given, takes })
    }

    /// Which part of the list to show.
    ///
    /// # Errors
    /// When the limit is malformed.
    pub(crate) fn paging(mut self) -> Result<Paging, Problem> {
        self.take_paging()
    }

    /// Paging, and what the rows must be.
    ///
    /// # Errors
    /// When a parameter is malformed.
    pub(crate) fn list(mut self) -> Result<(Paging, RowFilter), Problem> {
        let paging = self.take_paging()?;
        let mut filter = RowFilter::default();
        for query in self.takes {
            if let Some(text) = self.given.remove(query.name()) {
                put(*query, &text, &mut filter)?;
            }
        }
        Ok((paging, filter))
    }

    /// What is given.
    pub(crate) fn given(self) -> impl Iterator<Item = (Query, String)> {
        let QueryPairs { mut given, takes } = self;
        takes.iter().filter_map(move |query| Some((*query, given.remove(query.name())?)))
    }

    fn take_paging(&mut self) -> Result<Paging, Problem> {
        let limit = match self.given.remove(Query::Limit.name()) {
            None => PAGE_ITEMS,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=PAGE_ITEMS_MAX).contains(limit)).ok_or_else(
                    || Problem::field("limit", format!("expected 1 to {PAGE_ITEMS_MAX}")),
                )?
            }
        };
        let cursor = self.given.remove(Query::Cursor.name());
        let cursor = cursor.map(|text| parsed(Query::Cursor.name(), &text)).transpose()?;
        Ok(Paging { cursor, limit })
    }
}

/// Adds a condition on the rows of a list.
fn put(query: Query, text: &str, filter: &mut RowFilter) -> Result<(), Problem> {
    let name = query.name();
    match query {
        Query::Endpoint => filter.endpoint = Some(parsed(name, text)?),
        Query::Intent => filter.intent = Some(parsed(name, text)?),
        Query::Status => filter.status = Some(word(name, text, DeliveryStatus::WORDS)?),
        Query::State => filter.status = Some(word(name, text, IntentState::WORDS)?),
        Query::EventType | Query::Type => filter.event_type = Some(type_pattern(name, text)?),
        Query::Since => filter.since = Some(parse_instant(name, text)?),
        Query::Until => filter.until = Some(parse_instant(name, text)?),
        Query::Cursor | Query::Limit | Query::Position | Query::RecordedAt | Query::EffectiveAt => {
        }
    }
    Ok(())
}

/// One of the words that a field knows.
///
/// # Errors
/// 400 that names them.
pub(crate) fn word(pointer: &str, text: &str, known: &[&str]) -> Result<String, Problem> {
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(Problem::field(pointer, format!("expected one of {}", known.join(", "))))
}

/// Which event types are meant, as endpoints say it: a type, a prefix with `.*`, or `*`.
///
/// # Errors
/// 400 when it is none of these.
pub(crate) fn type_pattern(pointer: &str, text: &str) -> Result<String, Problem> {
    let name = text.strip_suffix(".*").unwrap_or(text);
    if text == "*" || name.parse::<EventType>().is_ok() {
        return Ok(text.to_owned());
    }
    Err(Problem::field(pointer, "expected an event type, a prefix with `.*`, or `*`"))
}

/// A text as what it should be.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(
    pointer: &str,
    text: &str,
) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::field(pointer, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_api_types::Cursor;

    #[test]
    fn queries_are_strict() {
        let keys = queries_of("/keys");
        let paging = |query| QueryPairs::parse(query, keys).and_then(QueryPairs::paging);
        assert_eq!(paging("").unwrap(), Paging { cursor: None, limit: PAGE_ITEMS });
        let expected = Paging { cursor: Some(Cursor::new(b'k', &[7])), limit: 500 };
        assert_eq!(paging("limit=500&cursor=6b%307").unwrap(), expected);
        for bad in
            ["limit=0", "limit=501", "limit=x", "limit=1&limit=1", "x=1", "limit=-1", "cursor=x"]
        {
            assert!(paging(bad).is_err(), "{bad}");
        }
        let replays = queries_of("/replays");
        let list = |query| QueryPairs::parse(query, replays).and_then(QueryPairs::list);
        assert!(list("since=2026-04-26T14:12:09Z").unwrap().1.since.is_some());
        assert!(list("since=yesterday").is_err());
        assert!(list("status=pending").is_err(), "not a filter of this list");
    }

    #[test]
    fn a_filter_that_can_find_nothing_is_refused() {
        let list = |query: &str| {
            let takes: &[Query] = if query.starts_with("state") {
                queries_of("/intents")
            } else {
                queries_of("/deliveries")
            };
            QueryPairs::parse(query, takes).and_then(QueryPairs::list).map(|(_, filter)| filter)
        };
        for status in DeliveryStatus::WORDS {
            let found = list(&format!("status={status}")).unwrap();
            assert_eq!(found.status.as_deref(), Some(*status));
        }
        for state in IntentState::WORDS {
            assert!(list(&format!("state={state}")).is_ok());
        }
        for bad in ["status=failed", "status=", "state=foo", "status=accepted", "state=pending"] {
            assert!(list(bad).is_err(), "{bad}");
        }
        for good in ["*", "transfer.*", "transfer.settled"] {
            assert!(list(&format!("event_type={good}")).is_ok(), "{good}");
        }
        for bad in ["", "transfer*", "transfer.", ".*", "a..b", "**"] {
            assert!(list(&format!("event_type={bad}")).is_err(), "{bad}");
        }
    }
}
