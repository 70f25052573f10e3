//! Steps through the frames of one segment, reading it in chunks.
//!
//! Owns the buffer that frames are slices of. Checks frames; does not judge what a fault means.

use crate::error::{Bad, Fault};
use crate::layout::{FRAME_HEADER_BYTES, FrameHeader, frame};
use crate::limits::SCAN_CHUNK_BYTES_MAX;
use crate::storage::StorageFile;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::ops::Range;
use zentra_log::StoredFrame;

/// A place in a segment, with the bytes around it.
pub(crate) struct FrameCursor<'a> {
    file: &'a dyn StorageFile,
    tag: u32,
    offset: u64,
    chunk: Bytes,
    chunk_at: u64,
    chunk_bytes: usize,
    /// Chunks of which somebody kept a slice, the oldest first.
    lent: VecDeque<Bytes>,
    limit: u64,
}

/// Chunks that may be lent at a time and are still used again.
const LENT_MAX: usize = 16;

impl<'a> FrameCursor<'a> {
    /// Of frames with `tag` in a part of a segment's file. The first read takes `chunk_bytes`.
    pub(crate) fn new(
        file: &'a dyn StorageFile,
        tag: u32,
        part: Range<u64>,
        chunk_bytes: usize,
    ) -> FrameCursor<'a> {
        let Range { start: offset, end: limit } = part;
        let (chunk, lent) = (Bytes::new(), VecDeque::new());
        FrameCursor { file, tag, offset, chunk, chunk_at: offset, chunk_bytes, lent, limit }
    }

    /// Where the next frame starts.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Moves back to a frame that was read and does not hold.
    pub(crate) fn back_to(&mut self, offset: u64) {
        self.offset = offset;
        self.forget();
    }

    /// Drops what was read, so that the next look sees the file as it is now.
    pub(crate) fn forget(&mut self) {
        self.chunk = Bytes::new();
        self.chunk_at = self.offset;
    }

    /// The header of the frame here, which must start at position `base`. Does not move.
    pub(crate) fn header(&mut self, base: u64) -> Result<FrameHeader, Bad> {
        let tag = self.tag;
        let header = FrameHeader::decode(self.window(FRAME_HEADER_BYTES)?, tag)?;
        if header.base == base {
            Ok(header)
        } else {
            Err(Fault::Position { found: header.base }.into())
        }
    }

    /// The frame here, whose header was just read, and its bytes. Checks everything but the
    /// chain, and moves behind it.
    pub(crate) fn frame(&mut self, header: &FrameHeader) -> Result<(StoredFrame, Bytes), Bad> {
        // A decoded header is within FRAME_BYTES_MAX, which fits.
        let length = header.frame_bytes() as usize;
        self.window(length)?;
        let start = (self.offset - self.chunk_at) as usize;
        let bytes = self.chunk.slice(start..start + length);
        let frame = frame::decode(header, &bytes)?;
        self.offset += length as u64;
        Ok((frame, bytes))
    }

    /// Moves behind the frame here without looking at its bytes.
    pub(crate) fn skip(&mut self, header: &FrameHeader) {
        self.offset += header.frame_bytes();
    }

    /// The `need` bytes here; a fault when the segment has fewer.
    fn window(&mut self, need: usize) -> Result<&[u8], Bad> {
        let chunk_end = self.chunk_at + self.chunk.len() as u64;
        if self.offset + need as u64 > chunk_end {
            self.fill(need)?;
        }
        let start = (self.offset - self.chunk_at) as usize;
        match self.chunk.get(start..start + need) {
            Some(window) => Ok(window),
            None => Err(Fault::Truncated.into()),
        }
    }

    fn fill(&mut self, need: usize) -> Result<(), Bad> {
        let left = usize::try_from(self.limit.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let length = self.chunk_bytes.max(need).min(left);
        let mut buffer = self.buffer();
        buffer.resize(length, 0);
        let read = self.file.read_at(self.offset, &mut buffer)?;
        buffer.truncate(read);
        self.chunk = buffer.freeze();
        self.chunk_at = self.offset;
        self.chunk_bytes = (self.chunk_bytes * 2).min(SCAN_CHUNK_BYTES_MAX.max(self.chunk_bytes));
        Ok(())
    }

    /// A buffer that was read into before, if nobody has a slice of it any more.
    fn buffer(&mut self) -> BytesMut {
        match std::mem::take(&mut self.chunk).try_into_mut() {
            Ok(buffer) => return buffer,
            // Nothing was read yet.
            Err(empty) if empty.is_empty() => {}
            Err(lent) => self.lent.push_back(lent),
        }
        let Some(oldest) = self.lent.pop_front() else { return BytesMut::new() };
        oldest.try_into_mut().unwrap_or_else(|still_lent| {
            if self.lent.len() < LENT_MAX {
                self.lent.push_front(still_lent);
            }
            BytesMut::new()
        })
    }
}
