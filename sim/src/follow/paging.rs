//! A list that somebody pages through while the log goes on.

use zentra_api_types::Cursor;
use zentra_events::ScopeNo;
use zentra_views::ListKind;

/// How far somebody is.
pub(crate) struct Paging {
    pub(crate) kind: ListKind,
    pub(crate) scope: ScopeNo,
    pub(crate) cursor: Option<Cursor>,
    /// What was there when it began.
    pub(crate) there: Vec<String>,
    pub(crate) told: Vec<String>,
}
