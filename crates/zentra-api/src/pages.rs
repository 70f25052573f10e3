//! Pages of lists: where one begins, and where the next one does.
//!
//! Lists come from the views, from the engine's state or from the log; each says what its places
//! are, and all are paged here. Owns the letters of the lists that the views do not have. Must not
//! know rows.

use crate::problem::Problem;
use zentra_api_types::{Cursor, CursorError, Page};
use zentra_events::{LogRef, Position};

/// Which part of a list to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    pub(crate) cursor: Option<Cursor>,
    pub(crate) limit: usize,
}

/// Lists that are not views; views have letters of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    Currencies,
    Endpoints,
    Keys,
    Postings,
    Scopes,
}

impl List {
    const fn letter(self) -> u8 {
        match self {
            List::Currencies => b'c',
            List::Endpoints => b'w',
            List::Keys => b'k',
            List::Postings => b'p',
            List::Scopes => b's',
        }
    }

    /// The cursor of a place.
    pub(crate) fn cursor(self, place: &[u8]) -> Cursor {
        Cursor::new(self.letter(), place)
    }
}

impl Paging {
    /// The place in the list after which the page begins, as `read` finds it in the cursor's bytes;
    /// none at its beginning.
    ///
    /// # Errors
    /// When the cursor is not one that the list gave.
    pub(crate) fn begins<P>(
        &self,
        list: List,
        read: impl FnOnce(&[u8]) -> Option<P>,
    ) -> Result<Option<P>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let place = cursor.place(list.letter()).and_then(read);
        place.map(Some).ok_or_else(strange_cursor)
    }
}

/// A page of what was found, which is one more than the page has when there are more.
pub(crate) fn page_of<R, T>(
    mut found: Vec<R>,
    limit: usize,
    cursor: impl Fn(&R) -> Cursor,
    show: impl Fn(&R) -> T,
) -> Page<T> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).map(cursor);
    Page { data: found.iter().map(show).collect(), next_cursor }
}

/// The cursor is not one that the list gave.
pub(crate) fn strange_cursor() -> Problem {
    Problem::field("cursor", CursorError.to_string())
}

/// The place of a thing whose id is where it was made.
pub(crate) fn ref_place(made: LogRef) -> [u8; 12] {
    let mut place = [0; 12];
    place[..2].copy_from_slice(&made.partition.to_be_bytes());
    place[2..10].copy_from_slice(&made.position.get().to_be_bytes());
    place[10..].copy_from_slice(&made.index.to_be_bytes());
    place
}

/// Where the thing of a place was made.
pub(crate) fn place_ref(place: &[u8]) -> Option<LogRef> {
    let place: &[u8; 12] = place.try_into().ok()?;
    let [p0, p1, position @ .., i0, i1] = place;
    let position = Position(u64::from_be_bytes(*position));
    let (partition, index) = (u16::from_be_bytes([*p0, *p1]), u16::from_be_bytes([*i0, *i1]));
    Some(LogRef { partition, position, index })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_takes_its_own_cursors_only() {
        let made = LogRef { partition: 1, position: Position(0x0102_0304_0506_0708), index: 9 };
        let at = |list: List, place: &[u8]| Paging { cursor: Some(list.cursor(place)), limit: 1 };
        let keys = at(List::Keys, &ref_place(made));
        assert_eq!(keys.begins(List::Keys, place_ref).unwrap(), Some(made));
        assert!(keys.begins(List::Endpoints, place_ref).is_err());
        assert!(at(List::Keys, &[1; 11]).begins(List::Keys, place_ref).is_err());
    }

    #[test]
    fn one_more_than_fits_tells_that_there_are_more() {
        let page =
            |found: &[u8]| page_of(found.to_vec(), 2, |row| List::Keys.cursor(&[*row]), |row| *row);
        let whole = Page { data: vec![7, 8], next_cursor: None };
        assert_eq!(page(&[7, 8]), whole);
        let next_cursor = Some(List::Keys.cursor(&[8]));
        assert_eq!(page(&[7, 8, 9]), Page { next_cursor, ..whole });
    }
}
