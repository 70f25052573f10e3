//! The segments of an open log, as the writer and the readers share them.
//!
//! Owns which segment holds a position. Must not judge what it finds.

use crate::cursor::FrameCursor;
use crate::error::{Bad, Fault, Unreadable};
use crate::index::{FramePoint, Span, SparseIndex};
use crate::layout::{SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::limits::SCAN_CHUNK_BYTES_MAX;
use crate::storage::StorageFile;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use zentra_events::Position;

/// Where the first frame of a segment starts.
pub(crate) const FIRST_FRAME: u64 = SEGMENT_HEADER_BYTES as u64;

/// One segment file.
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) header: SegmentHeader,
    pub(crate) file: Arc<dyn StorageFile>,
    /// What the frames of this segment repeat.
    pub(crate) tag: u32,
    /// No frame is at or beyond this offset.
    tail: AtomicU64,
    /// Built when the segment is written or walked, or else at the first read.
    index: RwLock<Option<SparseIndex>>,
}

impl Segment {
    pub(crate) fn new(
        name: String,
        header: SegmentHeader,
        file: Arc<dyn StorageFile>,
        tail: u64,
        index: Option<SparseIndex>,
    ) -> Segment {
        let tag = header.tag();
        Segment { name, header, file, tag, tail: tail.into(), index: RwLock::new(index) }
    }

    pub(crate) fn tail(&self) -> u64 {
        self.tail.load(Ordering::Acquire)
    }

    pub(crate) fn set_tail(&self, tail: u64) {
        self.tail.store(tail, Ordering::Release);
    }

    pub(crate) fn set_index(&self, index: SparseIndex) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
    }

    /// Takes frames into account that were just written.
    pub(crate) fn note(&self, points: &[FramePoint]) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let index = index.get_or_insert_default();
        for point in points {
            index.note(*point);
        }
    }

    /// Where to look for a position. `end` is the position after the segment's last frame.
    pub(crate) fn span(&self, position: u64, end: u64) -> Result<Span, Unreadable> {
        let known = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            index.as_ref().map(|index| index.span(position))
        };
        let span = match known {
            Some(span) => span,
            None => {
                let index = self.build_index(end)?;
                let span = index.span(position);
                self.set_index(index);
                span
            }
        };
        span.ok_or_else(|| self.fault(FIRST_FRAME, position, Fault::End { found: position }))
    }

    /// A cursor over the frames from `offset` on, which reads `chunk_bytes` at first.
    pub(crate) fn cursor(&self, offset: u64, chunk_bytes: usize) -> FrameCursor<'_> {
        FrameCursor::new(self.file.as_ref(), self.tag, offset..self.tail(), chunk_bytes)
    }

    /// The error for a fault in this segment.
    pub(crate) fn fault(&self, offset: u64, position: u64, fault: Fault) -> Unreadable {
        self.error(offset, position, fault)
    }

    pub(crate) fn error(&self, offset: u64, position: u64, bad: impl Into<Bad>) -> Unreadable {
        bad.into().at(&self.name, offset, position)
    }

    fn build_index(&self, end: u64) -> Result<SparseIndex, Unreadable> {
        let mut index = SparseIndex::default();
        let mut cursor = self.cursor(FIRST_FRAME, SCAN_CHUNK_BYTES_MAX);
        let mut next = self.header.base;
        while next < end {
            let offset = cursor.offset();
            let header = cursor.header(next).map_err(|bad| self.error(offset, next, bad))?;
            index.note(FramePoint { base: next, offset });
            cursor.skip(&header);
            next = header.next();
        }
        if next == end {
            Ok(index)
        } else {
            Err(self.fault(cursor.offset(), end, Fault::End { found: next }))
        }
    }
}

/// What the writer and the readers of one log share.
pub(crate) struct Shared {
    segments: RwLock<Vec<Arc<Segment>>>,
    durable: AtomicU64,
}

impl Shared {
    pub(crate) fn new(segments: Vec<Arc<Segment>>, durable: u64) -> Shared {
        Shared { segments: RwLock::new(segments), durable: durable.into() }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn set_durable(&self, durable: u64) {
        self.durable.store(durable, Ordering::Release);
    }

    /// Adds a segment; one without frames is replaced by its successor of the same base.
    pub(crate) fn push(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        if segments.last().is_some_and(|last| last.header.base == segment.header.base) {
            segments.pop();
        }
        segments.push(segment);
    }

    /// The segment that holds a position below `durable`, and the position where its part ends.
    pub(crate) fn find(&self, position: Position, durable: u64) -> Option<(Arc<Segment>, u64)> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.header.base <= position.0);
        let segment = Arc::clone(segments.get(after.checked_sub(1)?)?);
        let end = segments.get(after).map_or(durable, |next| next.header.base.min(durable));
        Some((segment, end))
    }
}
