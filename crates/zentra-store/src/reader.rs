//! Reads durable entries: one by position, or many in order.
//!
//! Every frame is checked against its checksum when it is read; the chain is for `verify`.

use crate::cursor::FrameCursor;
use crate::error::{Fault, Unreadable};
use crate::limits::{READ_WINDOW_BYTES, SCAN_CHUNK_BYTES_MAX, SCAN_CHUNK_BYTES_MIN};
use crate::segment::{Segment, Shared};
use bytes::{Bytes, BytesMut};
use std::ops::ControlFlow;
use std::sync::Arc;
use zentra_events::Position;
use zentra_log::{LogReader, ReadError, StoredEntry, StoredFrame};

/// An entry keeps the buffer it was read into when it is at least this fraction of it.
const KEPT_FRACTION: usize = 4;

/// Reads the segments of one log.
pub(crate) struct SegmentReader {
    pub(crate) shared: Arc<Shared>,
}

impl LogReader for SegmentReader {
    fn durable(&self) -> Position {
        Position(self.shared.durable())
    }

    fn read(&self, position: Position) -> Result<Option<StoredEntry>, ReadError> {
        let durable = self.shared.durable();
        if position.0 >= durable {
            return Ok(None);
        }
        let Some((segment, end)) = self.shared.find(position, durable) else { return Ok(None) };
        let mut cursor = cursor_at(&segment, position, end, READ_WINDOW_BYTES)?;
        let frame = cursor.next()?;
        match frame.entry(position) {
            Some(entry) => Ok(Some(compact(entry, cursor.read_bytes))),
            None => Err(segment.fault(cursor.inner.offset(), position.0, Fault::Length).into()),
        }
    }

    fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&StoredFrame) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let durable = self.shared.durable();
        let mut next = from;
        while next.0 < durable {
            let Some((segment, end)) = self.shared.find(next, durable) else { return Ok(()) };
            let mut frames = cursor_at(&segment, next, end, SCAN_CHUNK_BYTES_MIN)?;
            while next.0 < end {
                let frame = frames.next()?;
                next = frame.next();
                if visit(&frame).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// A cursor that knows at which position it stands.
struct PositionedCursor<'a> {
    segment: &'a Segment,
    inner: FrameCursor<'a>,
    base: u64,
    read_bytes: usize,
}

impl PositionedCursor<'_> {
    fn next(&mut self) -> Result<StoredFrame, Unreadable> {
        let (offset, base) = (self.inner.offset(), self.base);
        let frame = self
            .inner
            .header(base)
            .and_then(|header| self.inner.frame(&header))
            .map_err(|bad| self.segment.error(offset, base, bad))?
            .0;
        self.base = frame.next().0;
        Ok(frame)
    }
}

/// A cursor at the frame that holds a position below `end`.
fn cursor_at(
    segment: &Segment,
    position: Position,
    end: u64,
    window_bytes: usize,
) -> Result<PositionedCursor<'_>, Unreadable> {
    let span = segment.span(position.0, end)?;
    let indexed = span.end_offset.and_then(|end| usize::try_from(end - span.from.offset).ok());
    let read_bytes = indexed.unwrap_or(window_bytes).clamp(window_bytes, SCAN_CHUNK_BYTES_MAX);
    let mut inner = segment.cursor(span.from.offset, read_bytes);
    let mut base = span.from.base;
    loop {
        let offset = inner.offset();
        let header = inner.header(base).map_err(|bad| segment.error(offset, base, bad))?;
        if position.0 < header.next() {
            return Ok(PositionedCursor { segment, inner, base, read_bytes });
        }
        inner.skip(&header);
        base = header.next();
    }
}

/// Copies a small entry out of the window it was read with, which would stay in memory otherwise.
fn compact(entry: StoredEntry, window_bytes: usize) -> StoredEntry {
    let shared_bytes = entry.shared.len();
    let length = shared_bytes + entry.payload.len();
    if length >= window_bytes / KEPT_FRACTION {
        return entry;
    }
    let mut copy = BytesMut::with_capacity(length);
    copy.extend_from_slice(&entry.shared);
    copy.extend_from_slice(&entry.payload);
    let mut payload: Bytes = copy.freeze();
    let shared = payload.split_to(shared_bytes);
    StoredEntry { shared, payload, ..entry }
}
