//! Paging through a view: newest first, filtered, with a cursor that stays put while rows come in.
//!
//! Owns what a cursor's place is (the rest of the last key looked at), how far one request scans,
//! and which index leads to the rows of a filter. Must not change rows.

use crate::error::ViewError;
use crate::key::{Key, ListKind, key_position, prefix, row_key};
use crate::rows::Rows;
use crate::told::Told;
use serde_json::Value;
use zentra_api_types::Cursor;
use zentra_events::{EndpointId, EventId, IntentId, Position, ScopeNo, Timestamp};
use zentra_runtime::Stretches;

/// Rows that one request looks at before it returns what it has, with a cursor to go on.
const SCANNED_ROWS_MAX: usize = 5_000;

/// Which rows to show; every condition that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct RowFilter {
    /// Deliveries to this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Rows with this `status` or `state`.
    pub status: Option<String>,
    /// Rows of this event type, or of those with this prefix: `transfer.*`, `*`.
    pub event_type: Option<String>,
    /// Rows about this intent.
    pub intent: Option<IntentId>,
    /// Rows recorded at or after this.
    pub since: Option<Timestamp>,
    /// Rows recorded before this.
    pub until: Option<Timestamp>,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows, newest first; fewer than asked for, or none, when the scan went as far as one
    /// request may.
    pub rows: Vec<Value>,
    /// The cursor of the next page; none at the end.
    pub next: Option<Cursor>,
}

impl Rows {
    /// A page of a list.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn list(
        &self,
        kind: ListKind,
        scope: ScopeNo,
        filter: &RowFilter,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page, ViewError> {
        let dead =
            kind == ListKind::Deliveries && filter.status.as_deref() == Some("dead_lettered");
        let kind = if dead { ListKind::DeadLetters } else { kind };
        self.scan(kind, scope, filter, cursor, (limit, SCANNED_ROWS_MAX))
    }

    /// As `list`, with a limit of rows shown and one of rows looked at.
    pub(crate) fn scan(
        &self,
        kind: ListKind,
        scope: ScopeNo,
        filter: &RowFilter,
        cursor: Option<&Cursor>,
        (shown_max, scanned_max): (usize, usize),
    ) -> Result<Page, ViewError> {
        let from = row_key(kind, scope, Position::ZERO, 0);
        let mut before = match cursor {
            Some(cursor) => key_of(cursor, kind, scope).ok_or(ViewError::BadCursor)?,
            None => row_key(kind, scope, Position(u64::MAX), u16::MAX),
        };
        if let Some(until) = filter.until {
            let end = self.first_since(from, until)?;
            before = before.min(row_key(kind, scope, end, 0));
        }
        let waits = kind == ListKind::Deliveries
            && matches!(filter.status.as_deref(), Some("pending" | "parked"));
        let found: Box<dyn Iterator<Item = _>> = if waits {
            Box::new(self.walk_waiting(from, before))
        } else {
            Box::new(self.walk(from, before))
        };
        let mut told = Told::new(self, scope)?;
        let (mut rows, mut last) = (Vec::new(), None::<Key>);
        let mut stretches = Stretches::on(&self.env);
        for (scanned, item) in found.enumerate() {
            if rows.len() >= shown_max || scanned >= scanned_max {
                let next = last.map(|key| cursor_of(&key));
                return Ok(Page { rows, next });
            }
            stretches.step();
            let (key, value) = item?;
            last = Some(key);
            let row = told.row(serde_json::from_slice(&value)?)?;
            if filter.is_before(&row) {
                break;
            }
            if filter.admits(&row) {
                rows.push(row);
            }
        }
        Ok(Page { rows, next: None })
    }

    /// The position from which on rows of a kind are recorded at this time or later. Times go up
    /// with positions, so that it takes a look at a few rows, whatever their number.
    fn first_since(&self, from: Key, time: Timestamp) -> Result<Position, ViewError> {
        let time = time.to_string();
        let at = |position: u64, index: u16| {
            let mut key = from;
            key[5..13].copy_from_slice(&position.to_be_bytes());
            key[13..].copy_from_slice(&index.to_be_bytes());
            key
        };
        // Every row before `low` is earlier, every row from `high` on is not.
        let (mut low, mut high) = (0, u64::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            let nearest = self.walk(at(low, 0), at(middle, u16::MAX)).next();
            let Some(item) = nearest else {
                low = middle + 1;
                continue;
            };
            let (key, value) = item?;
            let row: Value = serde_json::from_slice(&value)?;
            if row["recorded_at"].as_str().unwrap_or("") < time.as_str() {
                low = middle + 1;
            } else {
                high = key_position(&key);
            }
        }
        Ok(Position(low))
    }

    /// Which of these rows of deliveries have an endpoint that listens.
    ///
    /// # Errors
    /// When the store fails.
    pub fn listening(&self, scope: ScopeNo, rows: &[Value]) -> Result<Vec<bool>, ViewError> {
        let mut told = Told::new(self, scope)?;
        rows.iter().map(|row| told.listens(row)).collect()
    }

    /// The rows of the deliveries that an event was queued for, in the order of their endpoints.
    ///
    /// # Errors
    /// When the store fails.
    pub fn deliveries_of(&self, scope: ScopeNo, event: EventId) -> Result<Vec<Value>, ViewError> {
        let mut told = Told::new(self, scope)?;
        let at = |index| row_key(ListKind::Deliveries, scope, event.0.position, index);
        let event = event.to_string();
        let mut found = Vec::new();
        for item in self.walk(at(0), at(u16::MAX)) {
            let row: Value = serde_json::from_slice(&item?.1)?;
            if row["event_id"] == event.as_str() {
                found.push(told.row(row)?);
            }
        }
        found.reverse();
        Ok(found)
    }
}

impl RowFilter {
    fn admits(&self, row: &Value) -> bool {
        let is = |field: &str, wanted: &str| row[field].as_str() == Some(wanted);
        let recorded = row["recorded_at"].as_str().unwrap_or("");
        self.endpoint.is_none_or(|endpoint| is("endpoint_id", &endpoint.to_string()))
            && self.status.as_ref().is_none_or(|s| is("status", s) || is("state", s))
            && self.event_type.as_ref().is_none_or(|t| of_type(t, &row["event_type"], &row["type"]))
            && self.intent.as_ref().is_none_or(|intent| is("intent_id", intent.as_str()))
            && self.until.is_none_or(|until| recorded < until.to_string().as_str())
    }

    /// Whether a row is earlier than what is asked for: so are all that come after it.
    fn is_before(&self, row: &Value) -> bool {
        let recorded = row["recorded_at"].as_str().unwrap_or("");
        self.since.is_some_and(|since| recorded < since.to_string().as_str())
    }
}

/// Whether a row's type, under either name, is one that a pattern means.
fn of_type(pattern: &str, one: &Value, other: &Value) -> bool {
    let Some(shown) = one.as_str().or(other.as_str()) else { return false };
    match pattern.strip_suffix('*') {
        Some(prefix) => shown.starts_with(prefix),
        None => shown == pattern,
    }
}

/// The cursor of a key: its first byte tells the list.
fn cursor_of(key: &Key) -> Cursor {
    let (kind, place) = key.split_first().expect("a key has 15 bytes");
    Cursor::new(*kind, place)
}

/// The key of a cursor, if it is one of this list.
fn key_of(cursor: &Cursor, kind: ListKind, scope: ScopeNo) -> Option<Key> {
    let of_list = prefix(kind, scope);
    let place = cursor.place(*of_list.first()?)?;
    let mut key = row_key(kind, scope, Position::ZERO, 0);
    let rest = key.split_first_mut().map(|(_, rest)| rest)?;
    if rest.len() != place.len() {
        return None;
    }
    rest.copy_from_slice(place);
    key.starts_with(&of_list).then_some(key)
}
