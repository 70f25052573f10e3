//! What the parts of the codec share: a frame's content, what the entries of a request have in
//! common, and what can be wrong with stored bytes.
//!
//! Owns the codec's number. `frame_builder` writes frames, `frame` reads them; the layout is in
//! docs/internals/log-format.md. Must not know either.

use crate::header::{Header, RequestId};
use crate::id::{ActorNo, ScopeNo};
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

/// The number of the codec in a frame.
pub const CODEC: u8 = 1;

/// A frame's content: shared bytes, payloads back to back, and where each ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameBytes {
    /// What the entries share.
    pub shared: Vec<u8>,
    /// The payloads, concatenated.
    pub payloads: Vec<u8>,
    /// The end offset of each payload.
    pub ends: Vec<u32>,
}

/// Why stored bytes are not an entry, or an entry cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes are of a codec that this build does not have.
    #[error("codec {0} is unknown; a newer version wrote this log")]
    UnknownCodec(u8),
    /// The bytes do not decode.
    #[error("an entry's bytes do not decode: {0}")]
    Decode(#[from] DecodeError),
    /// The entry does not encode.
    #[error("an entry does not encode: {0}")]
    Encode(#[from] EncodeError),
    /// The bytes decode, but not all of them are used, or a reference points nowhere.
    #[error("an entry's bytes are inconsistent: {0}")]
    Inconsistent(&'static str),
    /// An entry or a frame has more bytes than one may have.
    #[error("{bytes} bytes are over the limit of {limit}")]
    TooLarge {
        /// What it would take.
        bytes: usize,
        /// What it may take.
        limit: usize,
    },
}

/// What the entries of one request have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Context {
    pub(crate) scope: ScopeNo,
    pub(crate) actor: ActorNo,
    pub(crate) request_id: RequestId,
}

impl Context {
    pub(crate) fn of(header: &Header) -> Context {
        Context { scope: header.scope, actor: header.actor, request_id: header.request_id }
    }
}
