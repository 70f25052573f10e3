//! A page of a list.

use crate::cursor::Cursor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows; there may be fewer than asked for, or none, on any page.
    pub data: Vec<T>,
    /// Where the next page begins; null at the end of the list.
    #[schema(required)]
    pub next_cursor: Option<Cursor>,
}
