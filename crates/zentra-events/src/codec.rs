//! Entries to stored bytes and back: codec 1, and the way into any codec. New frames are of codec 3
//! (`frame_builder`).
//!
//! A frame's shared bytes hold what its entries have in common: the base time and each distinct
//! context (scope, actor, request). An entry's payload is a context index, its own
//! fields and its events, each as tag, `prev` and body in the order of `EntryHead`. Every decode
//! checks that all bytes were consumed. The layout is in docs/design/log-format.md.
//! Owns the layout inside payloads. Must not know frames, CRCs or chains.

use crate::entry::{Entry, Header, Idempotency, Recorded, RequestId};
use crate::event::{Event, config};
use crate::frame::{CODEC_2, CODEC_3, FrameReader, StoredRun};
use crate::id::{ActorNo, ScopeNo};
use crate::limits::EVENTS_PER_ENTRY_MAX;
use crate::position::{Position, ScopeNumber};
use crate::time::Timestamp;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

/// The number of this codec in a frame.
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

#[derive(Clone, Debug, Encode, Decode)]
struct Shared {
    recorded_from: Timestamp,
    contexts: Vec<Context>,
}

#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct EntryHead {
    context: u16,
    scope_number: ScopeNumber,
    after_ns: u64,
    cause: Option<Position>,
    idempotency: Option<Idempotency>,
    pub(crate) events: u16,
}

impl EntryHead {
    pub(crate) fn of(
        entry: &Entry,
        context: u16,
        recorded_from: Timestamp,
    ) -> Result<EntryHead, CodecError> {
        if entry.events.len() > EVENTS_PER_ENTRY_MAX {
            return Err(CodecError::Inconsistent("an entry has too many events"));
        }
        Ok(EntryHead {
            context,
            scope_number: entry.header.scope_number,
            after_ns: entry.header.recorded_at.0.wrapping_sub(recorded_from.0),
            cause: entry.header.cause,
            idempotency: entry.header.idempotency,
            events: entry.events.len() as u16,
        })
    }

    pub(crate) fn header(
        &self,
        position: Position,
        recorded_from: Timestamp,
        contexts: &[Context],
    ) -> Result<Header, CodecError> {
        let context = contexts
            .get(usize::from(self.context))
            .ok_or(CodecError::Inconsistent("an entry names no context of its frame"))?;
        Ok(Header {
            position,
            scope: context.scope,
            scope_number: self.scope_number,
            recorded_at: Timestamp(recorded_from.0.wrapping_add(self.after_ns)),
            actor: context.actor,
            request_id: context.request_id,
            cause: self.cause,
            idempotency: self.idempotency,
        })
    }
}

/// Encodes consecutive entries as the content of one frame.
///
/// # Errors
/// When an entry has more events, or a frame more contexts, than the format can count.
pub fn encode_frame<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<FrameBytes, CodecError> {
    let mut frame = FrameBytes::default();
    let mut shared: Option<Shared> = None;
    for entry in entries {
        let shared = shared.get_or_insert_with(|| Shared {
            recorded_from: entry.header.recorded_at,
            contexts: Vec::new(),
        });
        let context = context_index(&mut shared.contexts, &entry.header)?;
        encode_entry(entry, context, shared.recorded_from, &mut frame.payloads)?;
        let end = u32::try_from(frame.payloads.len())
            .map_err(|_| CodecError::Inconsistent("a frame's payloads exceed 4 GiB"))?;
        frame.ends.push(end);
    }
    let shared = shared.ok_or(CodecError::Inconsistent("a frame has no entry"))?;
    bincode::encode_into_std_write(&shared, &mut frame.shared, config())?;
    Ok(frame)
}

/// Decodes the entries of one frame: the shared bytes are read once, not once per entry.
#[derive(Clone, Debug)]
pub struct FrameDecoder {
    base: Position,
    shared: Shared,
}

impl FrameDecoder {
    /// Reads what the entries of a frame share. `base` is the position of its first entry.
    ///
    /// # Errors
    /// When the codec is unknown, or the bytes are not exactly a frame's shared part.
    pub fn new(codec: u8, base: Position, shared: &[u8]) -> Result<FrameDecoder, CodecError> {
        if codec != CODEC {
            return Err(CodecError::UnknownCodec(codec));
        }
        let (decoded, read) = bincode::decode_from_slice::<Shared, _>(shared, config())?;
        if read != shared.len() {
            return Err(CodecError::Inconsistent("bytes after the shared part"));
        }
        Ok(FrameDecoder { base, shared: decoded })
    }

    /// Decodes the entry at `position` from its payload.
    ///
    /// # Errors
    /// When the position is before the frame's, or the bytes are not exactly one entry.
    pub fn entry(&self, position: Position, payload: &[u8]) -> Result<Entry, CodecError> {
        if position < self.base {
            return Err(CodecError::Inconsistent("a position before its frame's first"));
        }
        decode_whole_entry(position, self.shared.recorded_from, &self.shared.contexts, payload)
    }
}

/// What a payload holds.
#[derive(Debug)]
pub enum Item<'a> {
    /// A whole entry.
    Entry(Entry),
    /// A run.
    Run(StoredRun<'a>),
}

/// Reads the payloads of one frame of any codec.
#[derive(Clone, Debug)]
pub enum AnyFrame {
    /// Codec 1: it has no runs.
    Entries(FrameDecoder),
    /// Codecs 2 and 3.
    Runs(FrameReader),
}

impl AnyFrame {
    /// Reads what the entries of a frame share. `base` is at or before the entries that are read.
    ///
    /// # Errors
    /// When the codec is unknown, or the bytes are not exactly a frame's shared part.
    pub fn new(codec: u8, base: Position, shared: &[u8]) -> Result<AnyFrame, CodecError> {
        match codec {
            CODEC_2 | CODEC_3 => FrameReader::new(codec, shared).map(AnyFrame::Runs),
            codec => FrameDecoder::new(codec, base, shared).map(AnyFrame::Entries),
        }
    }

    /// Decodes the entry at `position`; a run is expanded.
    ///
    /// # Errors
    /// When the bytes are not exactly one entry.
    pub fn entry(&self, position: Position, payload: &[u8]) -> Result<Entry, CodecError> {
        match self {
            AnyFrame::Entries(frame) => frame.entry(position, payload),
            AnyFrame::Runs(frame) => frame.entry(position, payload),
        }
    }

    /// Decodes what is at `position`, as it is stored.
    ///
    /// # Errors
    /// When the bytes are not exactly one entry or run.
    pub fn item<'a>(
        &'a self,
        position: Position,
        payload: &'a [u8],
    ) -> Result<Item<'a>, CodecError> {
        match self {
            AnyFrame::Runs(frame) if FrameReader::is_run(payload) => {
                frame.run(position, payload).map(Item::Run)
            }
            frame => frame.entry(position, payload).map(Item::Entry),
        }
    }

    /// Whether the payload is a run.
    pub fn is_run(&self, payload: &[u8]) -> bool {
        matches!(self, AnyFrame::Runs(_)) && FrameReader::is_run(payload)
    }
}

/// Decodes the entry at `position` from its frame's shared bytes and its own payload. Who reads
/// several entries of a frame uses a [`FrameDecoder`].
///
/// # Errors
/// When the codec is unknown, or the bytes are not exactly one entry.
pub fn decode_entry(
    codec: u8,
    position: Position,
    shared: &[u8],
    payload: &[u8],
) -> Result<Entry, CodecError> {
    AnyFrame::new(codec, position, shared)?.entry(position, payload)
}

/// Decodes one entry whose shared part is read already.
pub(crate) fn decode_whole_entry(
    position: Position,
    recorded_from: Timestamp,
    contexts: &[Context],
    payload: &[u8],
) -> Result<Entry, CodecError> {
    let (head, used) = bincode::decode_from_slice::<EntryHead, _>(payload, config())?;
    let header = head.header(position, recorded_from, contexts)?;
    let events = decode_events(head.events, &payload[used..])?;
    Ok(Entry { header, events })
}

fn context_index(contexts: &mut Vec<Context>, header: &Header) -> Result<u16, CodecError> {
    let context = Context::of(header);
    let found = contexts.iter().rposition(|known| *known == context);
    let index = found.unwrap_or_else(|| {
        contexts.push(context);
        contexts.len() - 1
    });
    u16::try_from(index).map_err(|_| CodecError::Inconsistent("a frame has too many contexts"))
}

pub(crate) fn encode_entry(
    entry: &Entry,
    context: u16,
    recorded_from: Timestamp,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let head = EntryHead::of(entry, context, recorded_from)?;
    bincode::encode_into_std_write(&head, out, config())?;
    for recorded in &entry.events {
        bincode::encode_into_std_write((recorded.event.tag(), recorded.prev), out, config())?;
        recorded.event.encode_body(out, config())?;
    }
    Ok(())
}

/// Bytes of the smallest event: a tag and an absent `prev`, with an empty body.
const EVENT_BYTES_MIN: usize = 3;

fn decode_events(count: u16, mut rest: &[u8]) -> Result<Vec<Recorded>, CodecError> {
    let count = usize::from(count);
    if count > EVENTS_PER_ENTRY_MAX || count > rest.len() / EVENT_BYTES_MIN {
        return Err(CodecError::Inconsistent("an entry counts more events than it can hold"));
    }
    let mut events = Vec::with_capacity(count);
    for _ in 0..count {
        let (recorded, used) = decode_event(rest)?;
        rest = &rest[used..];
        events.push(recorded);
    }
    if !rest.is_empty() {
        return Err(CodecError::Inconsistent("bytes after the last event"));
    }
    Ok(events)
}

fn decode_event(bytes: &[u8]) -> Result<(Recorded, usize), CodecError> {
    let ((tag, prev), used) =
        bincode::decode_from_slice::<(u16, Option<Position>), _>(bytes, config())?;
    let (event, body) = Event::decode_body(tag, &bytes[used..], config())?;
    Ok((Recorded { prev, event }, used + body))
}
