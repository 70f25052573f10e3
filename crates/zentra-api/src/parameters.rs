//! Which parameters each route takes: in its path, its query and its headers.
//!
//! The description tells them from here, and a request is held against them here: a parameter that
//! a route does not have is refused, on every route, so that a misspelt one does not look like
//! none. Owns the table. Must not know what a parameter does.

use crate::forms;
use crate::problem::Problem;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;
use zentra_api_types::{DeliveryStatus, IntentState};
use zentra_events::Code;
use zentra_events::limits::PAGE_ITEMS_MAX;

/// A parameter of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Query {
    Cursor,
    Limit,
    Endpoint,
    Status,
    State,
    EventType,
    Type,
    Intent,
    Since,
    Until,
    Position,
    RecordedAt,
    EffectiveAt,
}

use Query as Q;

/// Parts of a list, and times of its rows.
const PAGE: [Query; 2] = [Q::Cursor, Q::Limit];
const TIMED: [Query; 4] = [Q::Cursor, Q::Limit, Q::Since, Q::Until];

/// The queries of all routes that take any; they are all read with GET.
const QUERIES: &[(&str, &[Query])] = &[
    ("/accounts", &TIMED),
    ("/accounts/{code}/entries", &PAGE),
    ("/accounts/{code}/balance", &[Q::Position, Q::RecordedAt, Q::EffectiveAt]),
    ("/intents", &[Q::Cursor, Q::Limit, Q::State, Q::Since, Q::Until]),
    ("/webhook-endpoints", &PAGE),
    ("/events", &[Q::Cursor, Q::Limit, Q::Type, Q::Intent, Q::Since, Q::Until]),
    (
        "/deliveries",
        &[Q::Cursor, Q::Limit, Q::Endpoint, Q::Status, Q::EventType, Q::Intent, Q::Since, Q::Until],
    ),
    (
        "/dead-letters",
        &[Q::Cursor, Q::Limit, Q::Endpoint, Q::EventType, Q::Intent, Q::Since, Q::Until],
    ),
    ("/replays", &TIMED),
    ("/currencies", &PAGE),
    ("/scopes", &PAGE),
    ("/keys", &PAGE),
];

/// What the query of a route may have.
pub(crate) fn queries_of(path: &str) -> &'static [Query] {
    let known = QUERIES.iter().find(|(known, _)| *known == path);
    known.map_or(&[], |(_, queries)| *queries)
}

impl Query {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Query::Cursor => "cursor",
            Query::Limit => "limit",
            Query::Endpoint => "endpoint_id",
            Query::Status => "status",
            Query::State => "state",
            Query::EventType => "event_type",
            Query::Type => "type",
            Query::Intent => "intent_id",
            Query::Since => "since",
            Query::Until => "until",
            Query::Position => "position",
            Query::RecordedAt => "recorded_at",
            Query::EffectiveAt => "effective_at",
        }
    }

    fn told(self) -> (&'static str, Value) {
        match self {
            Query::Cursor => {
                let told = "Where to go on: `next_cursor` of the page before. The list ends where \
                            `next_cursor` is null, not at a page that is short or empty.";
                (told, json!({ "type": "string" }))
            }
            Query::Limit => (
                "The most rows on a page. It may have fewer, or none, and a `next_cursor`: one \
                 page looks at a bounded number of rows.",
                json!({ "type": "integer", "minimum": 1, "maximum": PAGE_ITEMS_MAX }),
            ),
            Query::Endpoint => ("Of this endpoint.", forms::id("wep")),
            Query::Status => {
                ("In this status.", json!({ "type": "string", "enum": DeliveryStatus::WORDS }))
            }
            Query::State => {
                ("In this state.", json!({ "type": "string", "enum": IntentState::WORDS }))
            }
            Query::EventType | Query::Type => {
                ("A type, a prefix with `.*`, or `*`.", forms::event_filter())
            }
            Query::Intent => ("About this intent.", forms::intent_id()),
            Query::Since => ("Recorded at or after this.", forms::instant()),
            Query::Until => ("Recorded before this.", forms::instant()),
            Query::Position => (
                "After this entry of the log.",
                json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }),
            ),
            Query::RecordedAt => ("By what was recorded until then.", forms::instant()),
            Query::EffectiveAt => ("By what takes effect until then.", forms::instant()),
        }
    }
}

/// The parameters of an operation, as the description tells them.
pub(crate) fn described(path: &str, method: &str) -> Vec<Value> {
    let mut all: Vec<Value> = names_in(path)
        .map(|name| {
            let schema = in_path(path, name);
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if method == "get" {
        all.extend(queries_of(path).iter().map(|query| {
            let (description, schema) = query.told();
            json!({
                "name": query.name(),
                "in": "query",
                "required": false,
                "description": description,
                "schema": schema,
            })
        }));
    }
    all
}

/// The names in a path's braces.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn in_path(path: &str, name: &str) -> Value {
    let codes = || Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>();
    match (path.split('/').nth(1).unwrap_or(""), name) {
        ("accounts", _) => forms::account(),
        ("intents", _) => forms::intent_id(),
        ("entries", _) => forms::ledger_name(),
        ("currencies", _) => forms::currency(),
        ("webhook-endpoints", _) => forms::id("wep"),
        ("events", _) => forms::id("evt"),
        ("deliveries", _) => forms::id("dlv"),
        ("replays", _) => forms::id("rpl"),
        ("keys", _) => forms::id("key"),
        ("scopes", _) => forms::scope(),
        ("codes", _) => json!({ "type": "string", "enum": codes() }),
        _ => json!({ "type": "string" }),
    }
}

/// Refuses a request whose query has a parameter that its route does not take.
pub(crate) async fn known_query(request: Request, next: Next) -> Response {
    match unknown(&request) {
        None => next.run(request).await,
        Some(problem) => problem.into_response(),
    }
}

fn unknown(request: &Request) -> Option<Problem> {
    let query = request.uri().query()?;
    let path = request.extensions().get::<MatchedPath>()?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = if reads { queries_of(path.as_str()) } else { &[] };
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| known.iter().all(|query| query.name() != name))
        .map(|(name, _)| Problem::field(&name, "the route has no such parameter"))
}
