//! How handlers read lists and the log: in turn, off the threads that serve connections.
//!
//! Owns the one way there, and what a caller is told who has to wait too long. Must not know single
//! routes.

use crate::caller::Caller;
use crate::pages::{Paging, strange_cursor};
use crate::params::QueryPairs;
use crate::problem::Problem;
use crate::respond::{Hints, Rendering};
use crate::state::ApiState;
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use zentra_api_types::{Cursor, Page};
use zentra_events::{Code, Entry, LogRef, Position, ScopeNo};
use zentra_runtime::{KeptFrame, NoTurn, Turns};
use zentra_views::{ListKind, ReadOutcome, RowFilter, Rows, ViewError};

/// A body of so many bytes is parsed at once: that takes less than a turn would.
const PARSED_AT_ONCE_BYTES: usize = 32 * 1024;
/// After how long a read of the views that waits looks again whether it must.
const ASKED_AGAIN: Duration = Duration::from_millis(100);
/// How long it waits until it shows what was durable when it was asked for.
const VIEW_WITHIN: Duration = Duration::from_secs(10);

/// Reads durable entries for one request.
pub(crate) struct InLog<'a> {
    state: &'a ApiState,
    frames: KeptFrame<'a>,
}

impl InLog<'_> {
    /// The entry at a position; none when there is none.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn entry(&self, position: Position) -> Result<Option<Arc<Entry>>, Problem> {
        self.frames.entry(position).map_err(|error| Problem::internal(&error))
    }

    /// The entry that an id of this scope refers to; none when it is of another scope.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn entry_of(
        &self,
        scope: ScopeNo,
        id: LogRef,
    ) -> Result<Option<Arc<Entry>>, Problem> {
        if id.partition != self.state.handle.partition() {
            return Ok(None);
        }
        let found = self.entry(id.position)?;
        Ok(found.filter(|entry| entry.header.scope == scope))
    }

    /// Bytes of the log that were read so far.
    pub(crate) fn read_bytes(&self) -> usize {
        self.frames.read_bytes()
    }

    /// Renders, reading more entries where it must.
    pub(crate) fn render<T>(&self, hints: &Hints, show: impl FnOnce(&Rendering<'_>) -> T) -> T {
        show(&rendering(self.state, &|position| self.entry(position), hints))
    }
}

/// What renders from this log.
pub(crate) fn rendering<'a>(
    state: &'a ApiState,
    log: &'a dyn Fn(Position) -> Result<Option<Arc<Entry>>, Problem>,
    hints: &'a Hints,
) -> Rendering<'a> {
    Rendering {
        env: state.handle.env(),
        partition: state.handle.partition(),
        names: state.handle.names().as_ref(),
        log,
        keyring: &state.keyring,
        hints,
    }
}

/// Reads the log when it is the scope's turn.
///
/// # Errors
/// What `ask` says; `overloaded` when too many reads wait.
pub(crate) async fn in_log<T: Send + 'static>(
    state: &ApiState,
    scope: ScopeNo,
    ask: impl FnOnce(&InLog<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let owned = state.clone();
    in_turn(state, scope, move || ask(&log_of(&owned))).await?
}

/// As [`in_log`], for the answer to a command that was decided: it is never told to come again.
///
/// # Errors
/// What `ask` says.
pub(crate) async fn in_log_in_any_case<T: Send + 'static>(
    state: &ApiState,
    scope: ScopeNo,
    ask: impl FnOnce(&InLog<'_>) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let owned = state.clone();
    let told = state.reading.take_in_any_case(scope, move || ask(&log_of(&owned))).await;
    told.map_err(not_read)?
}

/// Reads the rows of a scope as of now or later, when it is the scope's turn; it waits for nobody
/// else's entries.
///
/// # Errors
/// When the cursor is not one, the rows do not come up in time, or too many reads wait.
pub(crate) async fn in_lists<T: Send + 'static>(
    state: &ApiState,
    scope: ScopeNo,
    read: impl FnOnce(&Rows) -> Result<T, ViewError> + Send + 'static,
) -> Result<T, Problem> {
    let durable = *state.handle.durable().borrow();
    let views = state.views().await?;
    let mut read = read;
    let told = async {
        loop {
            let (views_now, handle) = (Arc::clone(&views), state.handle.clone());
            let seen = in_turn(state, scope, move || {
                let tail = handle.tail(scope);
                views_now.read_scope(scope, (&tail, durable), handle.log(), read)
            });
            match seen.await?.map_err(not_shown)? {
                ReadOutcome::Read(told) => return Ok(told),
                ReadOutcome::Behind(position, again) => {
                    // What was missing may be found another way meanwhile.
                    let wait = tokio::time::timeout(ASKED_AGAIN, views.wait_for(position));
                    let _not_yet = wait.await.is_err();
                    read = again;
                }
            }
        }
    };
    tokio::time::timeout(VIEW_WITHIN, told).await.unwrap_or_else(|_| Err(not_up(state)))
}

fn not_up(state: &ApiState) -> Problem {
    let detail = match *state.handle.followers_may_write().borrow() {
        true => "the list or the balance has not come up with the log yet",
        false => {
            "the disk has too little space for the list or the balance to come up with the log"
        }
    };
    Problem::new(Code::Unavailable, detail).with_retry_after(1)
}

fn not_shown(error: ViewError) -> Problem {
    match error {
        ViewError::BadCursor => strange_cursor(),
        error => Problem::internal(&error),
    }
}

/// A page of a list that shows at least what was durable when it was asked for.
///
/// # Errors
/// As for [`in_lists`].
pub(crate) async fn page<T: DeserializeOwned>(
    state: &ApiState,
    caller: &Caller,
    kind: ListKind,
    (paging, filter): (Paging, RowFilter),
) -> Result<Page<T>, Problem> {
    let scope = caller.scope;
    let found = in_lists(state, scope, move |rows| {
        rows.list(kind, scope, &filter, paging.cursor.as_ref(), paging.limit)
    });
    let found = found.await?;
    let data = found.rows.into_iter().map(row).collect::<Result<Vec<T>, Problem>>()?;
    Ok(Page { data, next_cursor: found.next })
}

/// The answer that is the page of a list which a query asks for.
///
/// # Errors
/// As [`page`], and when the query is not one of a list.
pub(crate) async fn listed<T: DeserializeOwned + Serialize>(
    state: &ApiState,
    caller: &Caller,
    kind: ListKind,
    query: QueryPairs,
) -> Result<Response, Problem> {
    let page = page::<T>(state, caller, kind, query.list()?).await?;
    Ok(Json(page).into_response())
}

/// A row of the lists as it is shown.
///
/// # Errors
/// When it is not of that form.
pub(crate) fn row<T: DeserializeOwned>(row: Value) -> Result<T, Problem> {
    serde_json::from_value(row).map_err(|error| Problem::internal(&error))
}

/// A page as it is shown.
pub(crate) fn shown_page<T: Serialize>(data: Vec<T>, next_cursor: Option<Cursor>) -> Response {
    Json(Page { data, next_cursor }).into_response()
}

/// Does what reads when it is the scope's turn.
///
/// # Errors
/// `overloaded` when too many reads wait.
pub(crate) async fn in_turn<T: Send + 'static>(
    state: &ApiState,
    scope: ScopeNo,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    state.reading.take(scope, ask).await.map_err(not_read)
}

/// Parses a body: a large one when it is the scope's turn, so that nobody's answer waits for it.
///
/// # Errors
/// `overloaded` when too many large bodies wait.
pub(crate) async fn parse_in_turn<T: Send + 'static>(
    parsing: &Turns,
    scope: ScopeNo,
    bytes: usize,
    parse: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    if bytes <= PARSED_AT_ONCE_BYTES {
        return Ok(parse());
    }
    parsing.take(scope, parse).await.map_err(not_read)
}

fn not_read(why: NoTurn) -> Problem {
    match why {
        NoTurn::Busy => busy(),
        NoTurn::Broken => Problem::internal(&"what was asked for broke"),
    }
}

/// What is told when too much of a scope waits.
pub(crate) fn busy() -> Problem {
    let detail = "too many reads or large bodies of the scope wait; try again";
    Problem::new(Code::Overloaded, detail).with_retry_after(1)
}

fn log_of(state: &ApiState) -> InLog<'_> {
    InLog { state, frames: KeptFrame::new(state.handle.log()) }
}
