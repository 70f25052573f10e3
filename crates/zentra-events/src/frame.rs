//! Reading frames.
//!
//! The shared bytes hold the bases that numbers count from, each distinct context, the terms of
//! compact bodies and the pieces that events refer to. A payload starts with the kind of its body:
//! events, or a settled transfer whose numbers are LEB128 distances. The layout is in
//! docs/internals/log-format.md; `frame_builder` writes it. Must not know frame headers, checksums
//! or chains.

use crate::amount::Amount;
use crate::codec::{CODEC, CodecError, Context};
use crate::entry::Entry;
use crate::event::{AccountMarkedV1, config};
use crate::events_body::{take_entry, take_header};
use crate::header::{Header, Idempotency};
use crate::id::{AccountNo, IntentNo, ScopeNo};
use crate::name::is_intent_id;
use crate::position::{Position, ScopeNumber};
use crate::settled::{SettledTerms, SettledTransfer};
use crate::settled_row::SettledRow;
use crate::time::Timestamp;
use crate::varint;
use bincode::Decode;
use std::sync::Arc;

pub(crate) const KIND_EVENTS: u8 = 0;
pub(crate) const KIND_SETTLED: u8 = 1;
pub(crate) const KIND_KEYED_SETTLED: u8 = 2;
/// The number of `KnownTerms::Settled`.
pub(crate) const TERMS_SETTLED: u8 = 0;
/// Marks that a settled transfer may carry: of its source, the reserved and the settlement account.
const MARKS_MAX: usize = 3;

/// What the entries of a frame share.
#[derive(Clone, Debug, Decode)]
struct Shared {
    recorded_from: u64,
    numbers_from: u64,
    intents_from: u64,
    contexts: Vec<Context>,
    terms: Vec<KnownTerms>,
    pieces: Vec<Vec<u8>>,
}

/// The terms of a compact body, after a number that says of which: others are to come.
#[derive(Clone, Debug, Decode)]
enum KnownTerms {
    Settled(SettledTerms),
}

/// Reads the payloads of one frame: the shared bytes are read once.
#[derive(Clone, Debug)]
pub struct FrameReader {
    shared: Shared,
    terms: Vec<Arc<SettledTerms>>,
}

impl FrameReader {
    /// Reads what the entries of a frame share.
    ///
    /// # Errors
    /// When the codec is another one, or the bytes are not exactly a frame's shared part.
    pub fn new(codec: u8, shared: &[u8]) -> Result<FrameReader, CodecError> {
        if codec != CODEC {
            return Err(CodecError::UnknownCodec(codec));
        }
        let (mut decoded, read) = bincode::decode_from_slice::<Shared, _>(shared, config())?;
        if read != shared.len() {
            return Err(CodecError::Inconsistent("bytes after the shared part"));
        }
        let terms = std::mem::take(&mut decoded.terms).into_iter();
        let terms = terms.map(|KnownTerms::Settled(terms)| Arc::new(terms)).collect();
        Ok(FrameReader { shared: decoded, terms })
    }

    /// Whether the payload has a compact body.
    pub fn is_compact(payload: &[u8]) -> bool {
        matches!(payload.first(), Some(&(KIND_SETTLED | KIND_KEYED_SETTLED)))
    }

    /// Decodes the entry at `position`.
    ///
    /// # Errors
    /// When the bytes are not exactly one entry.
    pub fn entry(&self, position: Position, payload: &[u8]) -> Result<Entry, CodecError> {
        if let Some((&KIND_EVENTS, rest)) = payload.split_first() {
            let Shared { contexts, pieces, .. } = &self.shared;
            return take_entry(position, self.recorded_from(), contexts, pieces, rest);
        }
        let mut bare = SettledRow::EMPTY;
        let (_, intent_id) = self.read_settled(position, payload, &mut bare)?;
        let transfer = SettledTransfer {
            intent_id: intent_id.parse().map_err(|_| UNREAD)?,
            facts: bare.facts,
            terms: Arc::clone(self.terms.get(usize::from(bare.terms)).ok_or(UNREAD)?),
            marks: bare.marks().to_vec(),
        };
        let mut header = Header::EMPTY;
        bare.header_into(self.contexts(), &mut header).ok_or(UNREAD)?;
        Ok(Entry::of_settled(header, transfer))
    }

    /// Decodes the header of the entry at `position`.
    ///
    /// # Errors
    /// When the bytes do not begin as an entry does.
    pub fn header(&self, position: Position, payload: &[u8]) -> Result<Header, CodecError> {
        if let Some((&KIND_EVENTS, rest)) = payload.split_first() {
            return take_header(position, self.recorded_from(), &self.shared.contexts, rest);
        }
        let (mut bare, mut header) = (SettledRow::EMPTY, Header::EMPTY);
        self.read_settled(position, payload, &mut bare)?;
        bare.header_into(self.contexts(), &mut header).ok_or(UNREAD)?;
        Ok(header)
    }

    pub(crate) fn contexts(&self) -> &[Context] {
        &self.shared.contexts
    }

    pub(crate) fn terms(&self) -> &[Arc<SettledTerms>] {
        &self.terms
    }

    fn recorded_from(&self) -> Timestamp {
        Timestamp(self.shared.recorded_from)
    }

    /// Reads the settled transfer at `position` into its place, field by field, as in
    /// [`SettledRow::header_into`]. Gives its scope and its intent id.
    ///
    /// # Errors
    /// When the bytes are not exactly one; then the place holds none.
    pub(crate) fn read_settled<'a>(
        &self,
        position: Position,
        payload: &'a [u8],
        bare: &mut SettledRow,
    ) -> Result<(ScopeNo, &'a str), CodecError> {
        let keyed = match payload.first() {
            Some(&KIND_SETTLED) => false,
            Some(&KIND_KEYED_SETTLED) => true,
            _ => return Err(CodecError::Inconsistent("a payload is of no known kind")),
        };
        let mut rest = &payload[1..];
        let read = self.fields(position, &mut rest, bare);
        let (scope, intent_id) = read.ok_or(UNREAD)?;
        let idempotency = if keyed {
            let mut fields = || {
                Some(Idempotency {
                    key: take_array(&mut rest)?,
                    fingerprint: take_array(&mut rest)?,
                })
            };
            Some(fields().ok_or(UNREAD)?)
        } else {
            None
        };
        let mut marks = Vec::new();
        while !rest.is_empty() {
            if marks.len() == MARKS_MAX {
                return Err(CodecError::Inconsistent("bytes after a settled transfer's last mark"));
            }
            let (mark, used) = bincode::decode_from_slice::<AccountMarkedV1, _>(rest, config())?;
            rest = &rest[used..];
            marks.push(mark);
        }
        let has_more = keyed || !marks.is_empty();
        bare.more = has_more.then(|| Box::new((idempotency, marks)));
        Ok((scope, intent_id))
    }

    fn fields<'a>(
        &self,
        position: Position,
        rest: &mut &'a [u8],
        bare: &mut SettledRow,
    ) -> Option<(ScopeNo, &'a str)> {
        (bare.context, bare.terms) = (index(rest)?, index(rest)?);
        let context = self.shared.contexts.get(usize::from(bare.context))?;
        self.terms.get(usize::from(bare.terms))?;
        bare.position = position;
        let recorded_at = self.shared.recorded_from.checked_add(varint::take_u64(rest)?)?;
        bare.recorded_at = Timestamp(recorded_at);
        // Scopes may interleave in a frame: a distance may stand for a smaller number.
        let scope_number = self.shared.numbers_from.wrapping_add(varint::take_u64(rest)?);
        bare.scope_number = ScopeNumber(scope_number);
        let facts = &mut bare.facts;
        facts.intent = IntentNo(self.shared.intents_from.checked_add(varint::take_u64(rest)?)?);
        let length = index(rest)?;
        let intent_id = take_bytes(rest, usize::from(length))?;
        if !is_intent_id(intent_id) {
            return None;
        }
        facts.digest = take_array(rest)?;
        facts.amount = Amount(varint::take(rest)?);
        facts.source = AccountNo(u32::try_from(varint::take_u64(rest)?).ok()?);
        facts.destination = AccountNo(u32::try_from(varint::take_u64(rest)?).ok()?);
        let mut prev = || position.0.checked_sub(varint::take_u64(rest)?).map(Position);
        facts.source_prev = prev()?;
        facts.reserved_prev = prev()?;
        facts.settlement_prev = prev()?;
        Some((context.scope, std::str::from_utf8(intent_id).ok()?))
    }
}

/// Decodes the entry at `position` from its frame's shared bytes and its own payload. Who reads
/// several entries of a frame uses a [`FrameReader`].
///
/// # Errors
/// When the codec is another one, or the bytes are not exactly one entry.
pub fn decode_entry(
    codec: u8,
    position: Position,
    shared: &[u8],
    payload: &[u8],
) -> Result<Entry, CodecError> {
    FrameReader::new(codec, shared)?.entry(position, payload)
}

const UNREAD: CodecError = CodecError::Inconsistent("a settled transfer's fields do not read");

fn index(rest: &mut &[u8]) -> Option<u16> {
    u16::try_from(varint::take_u64(rest)?).ok()
}

fn take_bytes<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}
