//! General bodies: an entry's events, numbers in few bytes, and long lists once a frame.
//!
//! An event's body is stored whole, or as what stands before and after a piece of the frame that
//! goes in between. Which bytes are a piece is for the writer to choose: a reader only puts them
//! together again. Owns that choice and the layout of entries. Must not know
//! compact bodies or frames.

use crate::codec::{CodecError, Context};
use crate::entry::Entry;
use crate::event::{Event, config};
use crate::header::{Header, Idempotency, Recorded};
use crate::limits::{ENTRY_BYTES_MAX, EVENTS_PER_ENTRY_MAX};
use crate::position::{Position, ScopeNumber};
use crate::time::Timestamp;
use crate::varint;
use bincode::error::EncodeError;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// Bytes from which a list is kept as a piece: fewer are not worth the numbers that name it.
const PIECE_BYTES_MIN: usize = 32;
/// Bytes of the smallest event: a tag, an absent `prev`, and no piece, with an empty body.
const EVENT_BYTES_MIN: usize = 3;

/// What an entry's payload begins with.
#[derive(Clone, Debug, Encode, Decode)]
struct EntryHead {
    context: u16,
    scope_number: ScopeNumber,
    after_ns: u64,
    cause: Option<Position>,
    idempotency: Option<Idempotency>,
    events: u16,
}

impl EntryHead {
    fn of(
        header: &Header,
        events: usize,
        context: u16,
        recorded_from: Timestamp,
    ) -> Result<EntryHead, CodecError> {
        if events > EVENTS_PER_ENTRY_MAX {
            return Err(CodecError::Inconsistent("an entry has too many events"));
        }
        Ok(EntryHead {
            context,
            scope_number: header.scope_number,
            after_ns: header.recorded_at.0.wrapping_sub(recorded_from.0),
            cause: header.cause,
            idempotency: header.idempotency,
            events: events as u16,
        })
    }

    fn header(
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

/// The pieces of a frame in the making: each distinct list once, in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    numbers: BTreeMap<Box<[u8]>, u64>,
    /// As they are stored, without their count.
    bytes: Vec<u8>,
    list: Vec<u8>,
    after: Vec<u8>,
}

impl Pieces {
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.bytes.clear();
    }

    /// Appends an event's body. Gives its bytes as they would be without pieces.
    fn put_body(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<usize, CodecError> {
        let start = out.len();
        varint::put_u64(0, out);
        let body = out.len();
        event.encode_body(out, config())?;
        let whole = out.len() - start;
        if let Some(at) = self.list_in(event, &out[body..])? {
            let number = self.number()?;
            let before = out[body..body + at].to_vec();
            out.truncate(start);
            varint::put_u64(number, out);
            varint::put_u64(before.len() as u64, out);
            varint::put_u64(self.after.len() as u64, out);
            out.extend_from_slice(&before);
            out.extend_from_slice(&self.after);
        }
        Ok(whole)
    }

    /// Where the event's list stands in its body, if it has one that is worth a piece.
    fn list_in(&mut self, event: &Event, body: &[u8]) -> Result<Option<usize>, EncodeError> {
        let (list, after) = (&mut self.list, &mut self.after);
        list.clear();
        after.clear();
        match event {
            Event::IntentAccepted(told) => match &told.details {
                Some(details) => put(&details.metadata, list)?,
                None => return Ok(None),
            },
            Event::IntentConfirmed(told) => put(&told.details.metadata, list)?,
            Event::IntentControlled(told) => {
                put(&told.checks, list)?;
                put(told.usage_at, after)?;
            }
            Event::IntentRejected(told) => put(&told.checks, list)?,
            Event::IntentRouted(told) => {
                put(&told.candidates, list)?;
                put(told.table_version, after)?;
            }
            _ => return Ok(None),
        }
        let at = body.len().checked_sub(list.len() + after.len());
        // A body of another form than was thought is stored whole.
        let at = at.filter(|at| body[*at..].strip_prefix(list.as_slice()) == Some(after));
        Ok(at.filter(|_| list.len() >= PIECE_BYTES_MIN))
    }

    /// The number of the list, from 1.
    fn number(&mut self) -> Result<u64, EncodeError> {
        if let Some(number) = self.numbers.get(self.list.as_slice()) {
            return Ok(*number);
        }
        put(&self.list, &mut self.bytes)?;
        let number = self.numbers.len() as u64 + 1;
        self.numbers.insert(self.list.as_slice().into(), number);
        Ok(number)
    }
}

fn put(value: impl bincode::Encode, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    bincode::encode_into_std_write(value, out, config()).map(|_| ())
}

/// Appends an entry of these events. Gives its bytes as they would be without pieces.
///
/// # Errors
/// When it is larger than an entry may be.
pub(crate) fn put_entry(
    header: &Header,
    events: &[Recorded],
    context: u16,
    recorded_from: Timestamp,
    pieces: &mut Pieces,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    let start = out.len();
    put(EntryHead::of(header, events.len(), context, recorded_from)?, out)?;
    let mut whole = out.len() - start;
    for recorded in events {
        let start = out.len();
        put((recorded.event.tag(), recorded.prev), out)?;
        whole += out.len() - start;
        whole += pieces.put_body(&recorded.event, out)?;
    }
    if whole > ENTRY_BYTES_MAX {
        return Err(CodecError::TooLarge { bytes: whole, limit: ENTRY_BYTES_MAX });
    }
    Ok(whole)
}

/// Reads the header of the entry at `position`.
///
/// # Errors
/// When the bytes do not begin with one.
pub(crate) fn take_header(
    position: Position,
    recorded_from: Timestamp,
    contexts: &[Context],
    payload: &[u8],
) -> Result<Header, CodecError> {
    let (head, _) = bincode::decode_from_slice::<EntryHead, _>(payload, config())?;
    head.header(position, recorded_from, contexts)
}

/// Reads the entry at `position`.
///
/// # Errors
/// When the bytes are not exactly one entry.
pub(crate) fn take_entry(
    position: Position,
    recorded_from: Timestamp,
    contexts: &[Context],
    pieces: &[Vec<u8>],
    payload: &[u8],
) -> Result<Entry, CodecError> {
    let (head, used) = bincode::decode_from_slice::<EntryHead, _>(payload, config())?;
    let header = head.header(position, recorded_from, contexts)?;
    let mut rest = &payload[used..];
    let count = usize::from(head.events);
    if count > EVENTS_PER_ENTRY_MAX || count > rest.len() / EVENT_BYTES_MIN {
        return Err(CodecError::Inconsistent("an entry counts more events than it can hold"));
    }
    let mut events = Vec::with_capacity(count);
    let mut room = ENTRY_BYTES_MAX;
    for _ in 0..count {
        events.push(take_event(&mut rest, pieces, &mut room)?);
    }
    if !rest.is_empty() {
        return Err(CodecError::Inconsistent("bytes after the last event"));
    }
    Ok(Entry::of_events(header, events))
}

/// Reads an event off the front. What it takes of pieces is counted, so that few bytes cannot stand
/// for more than an entry may have.
fn take_event(
    rest: &mut &[u8],
    pieces: &[Vec<u8>],
    room: &mut usize,
) -> Result<Recorded, CodecError> {
    let ((tag, prev), used) =
        bincode::decode_from_slice::<(u16, Option<Position>), _>(rest, config())?;
    *rest = &rest[used..];
    let number = varint::take_u64(rest).ok_or(UNREAD)?;
    let Some(index) = number.checked_sub(1) else {
        let (event, used) = Event::decode_body(tag, rest, config())?;
        *rest = &rest[used..];
        return Ok(Recorded { prev, event });
    };
    let piece = usize::try_from(index).ok().and_then(|index| pieces.get(index));
    let piece = piece.ok_or(CodecError::Inconsistent("an event names no piece of its frame"))?;
    let mut length = || usize::try_from(varint::take_u64(rest)?).ok();
    let lengths = length().zip(length());
    let (before, after) = lengths.ok_or(UNREAD)?;
    let (before, left) = rest.split_at_checked(before).ok_or(UNREAD)?;
    let (after, left) = left.split_at_checked(after).ok_or(UNREAD)?;
    *rest = left;
    let whole = before.len() + piece.len() + after.len();
    *room = room.checked_sub(whole).ok_or(CodecError::Inconsistent("an entry is too large"))?;
    let body = [before, piece, after].concat();
    let (event, used) = Event::decode_body(tag, &body, config())?;
    if used != body.len() {
        return Err(CodecError::Inconsistent("bytes after an event's body"));
    }
    Ok(Recorded { prev, event })
}

const UNREAD: CodecError = CodecError::Inconsistent("an event's fields do not read");
