//! Paging through a view: newest first, filtered, with a cursor that stays put while rows come in.
//!
//! Owns the cursor's form (hexadecimal of the last key shown) and how far one request scans. Must
//! not change rows.

use crate::views::key::{KEY_BYTES, prefix};
use crate::views::store::{ViewError, Views};
use data_encoding::HEXLOWER;
use serde_json::Value;
use zentra_events::{DeliveryId, EndpointId, EventId, IntentId, ScopeNo, Timestamp};

/// Rows that one request looks at before it returns what it has, with a cursor to go on.
const SCANNED_ROWS_MAX: usize = 50_000;

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Accounts, newest first.
    Accounts,
    /// Intents.
    Intents,
    /// Published events.
    Events,
    /// Deliveries.
    Deliveries,
    /// Deliveries that are dead letters.
    DeadLetters,
    /// Replays.
    Replays,
}

impl ListKind {
    pub(super) fn tag(self) -> u8 {
        match self {
            ListKind::Accounts => b'a',
            ListKind::Intents => b'i',
            ListKind::Events => b'e',
            ListKind::Deliveries => b'd',
            ListKind::DeadLetters => b'x',
            ListKind::Replays => b'r',
        }
    }
}

/// Which rows to show; every condition that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct RowFilter {
    /// Deliveries to this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Rows with this `status` or `state`.
    pub status: Option<String>,
    /// Rows of this event type.
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
    /// The rows, newest first.
    pub rows: Vec<Value>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Views {
    /// A page of a list.
    ///
    /// # Errors
    /// When the cursor is not one of this list, or the store fails.
    pub fn list(
        &self,
        kind: ListKind,
        scope: ScopeNo,
        filter: &RowFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page, ViewError> {
        let prefix = prefix(kind.tag(), scope);
        let before = match cursor {
            Some(cursor) => parse_cursor(cursor, &prefix)?,
            None => [prefix.as_slice(), &[0xff; KEY_BYTES - 5]].concat(),
        };
        let mut rows = Vec::new();
        let mut last = None;
        let from = prefix.to_vec();
        for (scanned, item) in self.rows().range(from..before).rev().enumerate() {
            if rows.len() >= limit || scanned >= SCANNED_ROWS_MAX {
                let next = last.map(|key: Vec<u8>| HEXLOWER.encode(&key));
                return Ok(Page { rows, next });
            }
            let (key, value) = item.into_inner()?;
            last = Some(key.to_vec());
            let row: Value = serde_json::from_slice(&value)?;
            if filter.admits(&row) {
                rows.push(row);
            }
        }
        Ok(Page { rows, next: None })
    }

    /// The deliveries that an event was queued for, in the order of their endpoints.
    ///
    /// # Errors
    /// When the store fails.
    pub fn deliveries_of(
        &self,
        scope: ScopeNo,
        event: EventId,
    ) -> Result<Vec<DeliveryId>, ViewError> {
        let mut prefix = prefix(ListKind::Deliveries.tag(), scope).to_vec();
        prefix.extend_from_slice(&event.0.position.get().to_be_bytes());
        let event = event.to_string();
        let mut found = Vec::new();
        for item in self.rows().prefix(prefix) {
            let row: Value = serde_json::from_slice(&item.value()?)?;
            if row["event_id"] == event.as_str()
                && let Some(id) = row["id"].as_str().and_then(|id| id.parse().ok())
            {
                found.push(id);
            }
        }
        Ok(found)
    }
}

impl RowFilter {
    fn admits(&self, row: &Value) -> bool {
        let is = |field: &str, wanted: &str| row[field].as_str() == Some(wanted);
        let recorded = row["recorded_at"].as_str().unwrap_or("");
        self.endpoint.is_none_or(|endpoint| is("endpoint_id", &endpoint.to_string()))
            && self.status.as_ref().is_none_or(|s| is("status", s) || is("state", s))
            && self.event_type.as_ref().is_none_or(|t| is("event_type", t) || is("type", t))
            && self.intent.as_ref().is_none_or(|intent| is("intent_id", intent.as_str()))
            && self.since.is_none_or(|since| recorded >= since.to_string().as_str())
            && self.until.is_none_or(|until| recorded < until.to_string().as_str())
    }
}

fn parse_cursor(cursor: &str, prefix: &[u8]) -> Result<Vec<u8>, ViewError> {
    let key = HEXLOWER.decode(cursor.as_bytes()).map_err(|_| ViewError::BadCursor)?;
    if key.len() == KEY_BYTES && key.starts_with(prefix) {
        Ok(key)
    } else {
        Err(ViewError::BadCursor)
    }
}
