//! A place that entries are read into, one after the other, for who hands many to another thread.
//!
//! A compact entry is read field by field to where it stays, since copying it would cost more than
//! reading it. Owns that a body's form does not show outside. Must not know the bytes of a frame.

use crate::codec::CodecError;
use crate::entry::{Entry, EntryRef};
use crate::frame::FrameReader;
use crate::header::Header;
use crate::id::{AccountNo, ScopeNo};
use crate::position::Position;
use crate::settled_row::SettledRow;

/// Room for an entry of a frame.
#[derive(Debug)]
pub struct EntryPlace {
    /// The entry, if it is not compact.
    general: Option<Box<Entry>>,
    key: [u8; 16],
    settled: SettledRow,
}

impl EntryPlace {
    /// Nothing is in it.
    pub const EMPTY: EntryPlace =
        EntryPlace { general: None, key: [0; 16], settled: SettledRow::EMPTY };

    /// Reads the entry at `position` into it. Of a compact one `key` gives what the ledger finds
    /// its intent by, from its scope and its id.
    ///
    /// # Errors
    /// When the bytes are not exactly one entry; then nothing is in it that makes sense.
    pub fn read(
        &mut self,
        frame: &FrameReader,
        position: Position,
        payload: &[u8],
        key: impl FnOnce(ScopeNo, &str) -> [u8; 16],
    ) -> Result<(), CodecError> {
        self.general = None;
        if FrameReader::is_compact(payload) {
            let (scope, id) = frame.read_settled(position, payload, &mut self.settled)?;
            self.key = key(scope, id);
        } else {
            self.general = Some(Box::new(frame.entry(position, payload)?));
        }
        Ok(())
    }

    /// The accounts whose records a compact entry reads and changes.
    pub fn parties(&self) -> Option<[AccountNo; 2]> {
        let facts = &self.settled.facts;
        self.general.is_none().then_some([facts.source, facts.destination])
    }

    /// The entry, read from this frame; `header` is room for its header. None when it was read from
    /// another frame.
    #[inline]
    pub fn borrow<'a>(
        &'a self,
        frame: &'a FrameReader,
        header: &'a mut Header,
    ) -> Option<EntryRef<'a>> {
        if let Some(entry) = &self.general {
            return Some(entry.borrow());
        }
        self.settled.header_into(frame.contexts(), header)?;
        self.settled.borrow(header, frame.terms(), &self.key)
    }
}
