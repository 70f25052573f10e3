//! The sparse index of one segment: where some of its frames start.
//!
//! A point per [`INDEX_STEP_BYTES`] of frames, 16 bytes each. Must not read files.

use crate::limits::INDEX_STEP_BYTES;

/// Where a frame starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FramePoint {
    pub(crate) base: u64,
    pub(crate) offset: u64,
}

/// Where to start looking for a position, and where to stop when that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: FramePoint,
    pub(crate) end_offset: Option<u64>,
}

/// Some frames of a segment, in order; the first frame is always among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SparseIndex {
    points: Vec<FramePoint>,
}

impl SparseIndex {
    /// Takes a frame into account. Frames come in order.
    pub(crate) fn note(&mut self, point: FramePoint) {
        let far = match self.points.last() {
            Some(last) => point.offset - last.offset >= INDEX_STEP_BYTES,
            None => true,
        };
        if far {
            self.points.push(point);
        }
    }

    /// The span that holds a position; none when the segment starts after it.
    pub(crate) fn span(&self, position: u64) -> Option<Span> {
        let after = self.points.partition_point(|point| point.base <= position);
        let from = *self.points.get(after.checked_sub(1)?)?;
        Some(Span { from, end_offset: self.points.get(after).map(|point| point.offset) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_in_the_span_that_starts_at_or_before_it() {
        let mut index = SparseIndex::default();
        assert_eq!(index.span(0), None);
        let step = INDEX_STEP_BYTES;
        let point = |base, offset| FramePoint { base, offset };
        for noted in [point(10, 76), point(12, 90), point(15, 76 + step), point(20, 80 + step)] {
            index.note(noted);
        }
        let first = Span { from: point(10, 76), end_offset: Some(76 + step) };
        let last = Span { from: point(15, 76 + step), end_offset: None };
        let cases = [(9, None), (10, Some(first)), (14, Some(first)), (15, Some(last))];
        for (position, span) in cases {
            assert_eq!(index.span(position), span, "position {position}");
        }
        assert_eq!(index.span(u64::MAX), Some(last));
    }
}
