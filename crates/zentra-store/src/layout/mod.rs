//! The bytes of format version 1, as `docs/internals/log-format.md` draws them.
//!
//! Owns every offset, width, marker and hash context. Must not know files or recovery.

pub(crate) mod chain;
mod field;
pub(crate) mod frame;
pub(crate) mod meta;
pub(crate) mod segment;

pub(crate) use chain::{CHAIN_BYTES, Chain};
pub(crate) use field::{FORMAT_VERSION, field};
pub(crate) use frame::{
    ENTRY_END_BYTES, FRAME_HEADER_BYTES, FRAME_TRAILER_BYTES, FrameHeader, START_MARKER,
};
pub(crate) use meta::{Identity, META_BYTES};
pub(crate) use segment::{SEGMENT_HEADER_BYTES, SegmentHeader};
