//! Writing frames: entries, one after the other as they are decided.
//!
//! What entries share is encoded when it is first met, so that the size of the frame is known at
//! any time. Owns which number a context, terms or a piece has in its frame. Must not know where
//! one frame ends and the next begins, nor frame headers, checksums or chains.

use crate::codec::{CodecError, Context, FrameBytes};
use crate::entry::{BodyRef, Entry, EntryRef};
use crate::event::config;
use crate::events_body::{Pieces, put_entry};
use crate::frame::{KIND_EVENTS, KIND_KEYED_SETTLED, KIND_SETTLED, TERMS_SETTLED};
use crate::header::{Header, Recorded};
use crate::limits::{ENTRY_END_BYTES, FRAME_BYTES_MAX, FRAME_FIXED_BYTES};
use crate::settled::{SettledRef, SettledTerms};
use crate::time::Timestamp;
use crate::varint;
use std::sync::Arc;

/// Bytes that a number takes at most in the shared part.
const NUMBER_BYTES_MAX: usize = 9;
/// Numbers in the shared part besides the lists' items: three bases and three counts.
const SHARED_NUMBERS: usize = 6;

/// A frame in the making. Cleared by [`FrameBuilder::finish`]; entries come in log order.
#[derive(Debug, Default)]
pub struct FrameBuilder {
    bases: Option<Bases>,
    contexts: Vec<Context>,
    terms: Vec<Arc<SettledTerms>>,
    pieces: Pieces,
    /// The contexts and the terms as they are stored.
    contexts_bytes: Vec<u8>,
    terms_bytes: Vec<u8>,
    frame: FrameBytes,
}

/// The content of a frame that holds these entries.
///
/// # Errors
/// When there is none, or more than a frame may have.
pub fn frame_of<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<FrameBytes, CodecError> {
    let mut builder = FrameBuilder::default();
    for entry in entries {
        builder.entry(&entry.borrow())?;
    }
    builder.finish()
}

/// What the numbers of a frame count from.
#[derive(Clone, Copy, Debug)]
struct Bases {
    recorded: u64,
    numbers: u64,
    intents: u64,
}

impl FrameBuilder {
    /// How many entries are in it.
    pub fn len(&self) -> usize {
        self.frame.ends.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.frame.ends.is_empty()
    }

    /// What it takes as it is stored, with header and trailer; at most 54 bytes too much.
    pub fn frame_bytes(&self) -> usize {
        FRAME_FIXED_BYTES
            + SHARED_NUMBERS * NUMBER_BYTES_MAX
            + self.contexts_bytes.len()
            + self.terms_bytes.len()
            + self.pieces.bytes().len()
            + self.frame.ends.len() * ENTRY_END_BYTES
            + self.frame.payloads.len()
    }

    /// Adds an entry. Gives the bytes of its body, as they would be in a frame of its own.
    ///
    /// # Errors
    /// When the entry has more events or bytes, or the frame more contexts or terms, than the
    /// format allows.
    pub fn entry(&mut self, entry: &EntryRef<'_>) -> Result<usize, CodecError> {
        match &entry.body {
            BodyRef::Events(events) => self.events(entry.header, events),
            BodyRef::Settled(transfer) => self.settled(entry.header, transfer),
        }
    }

    fn events(&mut self, header: &Header, events: &[Recorded]) -> Result<usize, CodecError> {
        let (context, bases) = self.context(header)?;
        let payloads = &mut self.frame.payloads;
        payloads.push(KIND_EVENTS);
        let from = Timestamp(bases.recorded);
        let bytes = put_entry(header, events, context, from, &mut self.pieces, payloads)?;
        self.end()?;
        Ok(bytes)
    }

    fn settled(&mut self, header: &Header, transfer: &SettledRef<'_>) -> Result<usize, CodecError> {
        let (context, mut bases) = self.context(header)?;
        if self.terms.is_empty() {
            bases.intents = transfer.facts.intent.0;
            self.bases = Some(bases);
        }
        let terms = self.terms_index(transfer.terms)?;
        let facts = transfer.facts;
        let out = &mut self.frame.payloads;
        let start = out.len();
        out.push(if header.idempotency.is_some() { KIND_KEYED_SETTLED } else { KIND_SETTLED });
        varint::put_u64(u64::from(context), out);
        varint::put_u64(u64::from(terms), out);
        varint::put_u64(header.recorded_at.0.wrapping_sub(bases.recorded), out);
        varint::put_u64(header.scope_number.0.wrapping_sub(bases.numbers), out);
        varint::put_u64(facts.intent.0.wrapping_sub(bases.intents), out);
        varint::put_u64(transfer.intent_id.len() as u64, out);
        out.extend_from_slice(transfer.intent_id.as_bytes());
        out.extend_from_slice(&facts.digest);
        varint::put(facts.amount.0, out);
        varint::put_u64(u64::from(facts.source.0), out);
        varint::put_u64(u64::from(facts.destination.0), out);
        for prev in [facts.source_prev, facts.reserved_prev, facts.settlement_prev] {
            varint::put_u64(header.position.0.wrapping_sub(prev.0), out);
        }
        if let Some(idempotency) = &header.idempotency {
            out.extend_from_slice(&idempotency.key);
            out.extend_from_slice(&idempotency.fingerprint);
        }
        for mark in transfer.marks {
            bincode::encode_into_std_write(mark, out, config())?;
        }
        let bytes = out.len() - start;
        self.end()?;
        Ok(bytes)
    }

    /// The frame's content; the builder is empty again.
    ///
    /// # Errors
    /// When nothing is in it, or more than a frame may have.
    pub fn finish(&mut self) -> Result<FrameBytes, CodecError> {
        let bases = self.bases.take().ok_or(CodecError::Inconsistent("a frame has no entry"))?;
        let bytes = self.frame_bytes();
        if bytes > FRAME_BYTES_MAX {
            return Err(CodecError::TooLarge { bytes, limit: FRAME_BYTES_MAX });
        }
        let mut frame = std::mem::take(&mut self.frame);
        let shared = &mut frame.shared;
        let mut put = |number: u64, list: &[u8]| {
            bincode::encode_into_std_write(number, shared, config())?;
            shared.extend_from_slice(list);
            Ok::<(), CodecError>(())
        };
        for base in [bases.recorded, bases.numbers, bases.intents] {
            put(base, &[])?;
        }
        put(self.contexts.len() as u64, &self.contexts_bytes)?;
        put(self.terms.len() as u64, &self.terms_bytes)?;
        put(self.pieces.len() as u64, self.pieces.bytes())?;
        self.contexts.clear();
        self.contexts_bytes.clear();
        self.terms.clear();
        self.terms_bytes.clear();
        self.pieces.clear();
        let (ends, payloads) = (frame.ends.len(), frame.payloads.len());
        self.frame.ends.reserve(ends);
        self.frame.payloads.reserve(payloads);
        Ok(frame)
    }

    fn context(&mut self, header: &Header) -> Result<(u16, Bases), CodecError> {
        let bases = *self.bases.get_or_insert(Bases {
            recorded: header.recorded_at.0,
            numbers: header.scope_number.0,
            intents: 0,
        });
        let context = Context::of(header);
        // Neighbours share their context almost always.
        let found = self.contexts.iter().rposition(|known| *known == context);
        let index = match found {
            Some(index) => index,
            None => {
                bincode::encode_into_std_write(context, &mut self.contexts_bytes, config())?;
                self.contexts.push(context);
                self.contexts.len() - 1
            }
        };
        let index = u16::try_from(index);
        let index = index.map_err(|_| CodecError::Inconsistent("a frame has too many contexts"))?;
        Ok((index, bases))
    }

    fn terms_index(&mut self, terms: &Arc<SettledTerms>) -> Result<u16, CodecError> {
        let known = self.terms.iter().rposition(|known| Arc::ptr_eq(known, terms));
        let index = match known {
            Some(index) => index,
            None => {
                let stored = (TERMS_SETTLED, &**terms);
                bincode::encode_into_std_write(stored, &mut self.terms_bytes, config())?;
                self.terms.push(Arc::clone(terms));
                self.terms.len() - 1
            }
        };
        u16::try_from(index).map_err(|_| CodecError::Inconsistent("a frame has too many terms"))
    }

    fn end(&mut self) -> Result<(), CodecError> {
        let end = u32::try_from(self.frame.payloads.len())
            .map_err(|_| CodecError::Inconsistent("a frame's payloads exceed 4 GiB"))?;
        self.frame.ends.push(end);
        Ok(())
    }
}
