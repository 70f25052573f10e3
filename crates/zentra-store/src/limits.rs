//! The store's maxima and the relations between them.
//!
//! Owns every size that is not part of the byte layout.

use crate::layout::SEGMENT_HEADER_BYTES;
use crate::layout::{ENTRY_END_BYTES, FRAME_HEADER_BYTES, FRAME_TRAILER_BYTES};
use zentra_events::limits::{ENTRY_BYTES_MAX, FRAME_BYTES_MAX};

/// The size of a segment file unless configured otherwise.
pub const SEGMENT_BYTES: u64 = 256 << 20;
/// The smallest segment size that may be configured.
pub const SEGMENT_BYTES_MIN: u64 = 512;

/// The part of a segment that it has of space at first.
pub(crate) const FIRST_STEP_PART: u64 = 256;
/// The largest part of a segment by which it grows.
pub(crate) const LARGEST_STEP_PART: u64 = 16;
/// Frame bytes between two points of the in-memory index.
pub(crate) const INDEX_STEP_BYTES: u64 = 16 << 10;
/// What a random read takes in one go when the index does not say how much it needs.
pub(crate) const READ_WINDOW_BYTES: usize = 32 << 10;
/// The first chunk of a sequential scan; each further chunk is twice the one before.
pub(crate) const SCAN_CHUNK_BYTES_MIN: usize = 64 << 10;
/// The largest chunk of a sequential scan, unless one frame is larger.
pub(crate) const SCAN_CHUNK_BYTES_MAX: usize = 1 << 20;
/// Capacity of the write buffer that is kept between appends.
pub(crate) const WRITE_BUFFER_BYTES_KEPT: usize = 32 << 20;

const FRAME_FIXED_BYTES: usize = FRAME_HEADER_BYTES + FRAME_TRAILER_BYTES;

// Who builds a frame counts its header, its trailer and its ends as they are.
const _: () = assert!(FRAME_FIXED_BYTES == zentra_events::limits::FRAME_FIXED_BYTES);
const _: () = assert!(ENTRY_END_BYTES == zentra_events::limits::ENTRY_END_BYTES);
// The largest entry fits in a frame, with as many bytes again for what entries share.
const _: () = assert!(ENTRY_BYTES_MAX + ENTRY_END_BYTES + FRAME_FIXED_BYTES <= FRAME_BYTES_MAX);
// Every length and end offset in a frame fits its u32 field.
const _: () = assert!(FRAME_BYTES_MAX <= u32::MAX as usize);
// A default segment holds several of the largest frames.
const _: () = assert!(SEGMENT_BYTES >= 4 * FRAME_BYTES_MAX as u64);
// The smallest segment holds its header and a frame of one small entry.
const _: () = assert!(SEGMENT_BYTES_MIN >= 2 * (SEGMENT_HEADER_BYTES + FRAME_FIXED_BYTES) as u64);
const _: () = assert!(SCAN_CHUNK_BYTES_MIN <= SCAN_CHUNK_BYTES_MAX);
