//! Reading frames: entries and runs.
//!
//! The shared bytes hold the bases that numbers count from, each distinct context, the terms of the
//! runs and the pieces that entries refer to. A payload starts with its kind: an entry as its
//! events, or a run whose numbers are LEB128 distances. The layout is in
//! docs/internals/log-format.md; `frame_builder` writes it. Must not know frame headers, checksums
//! or chains.

use crate::amount::Amount;
use crate::codec::{CODEC, CodecError, Context};
use crate::entry::{Entry, Header, Idempotency};
use crate::event::{AccountMarkedV1, config};
use crate::id::{AccountNo, IntentNo, ScopeNo};
use crate::name::is_intent_id;
use crate::packed::{take_entry, take_header};
use crate::position::{Position, ScopeNumber};
use crate::run::{OwnedRun, Run, RunBody, RunTerms};
use crate::time::Timestamp;
use crate::varint;
use bincode::Decode;
use std::sync::Arc;

pub(crate) const KIND_ENTRY: u8 = 0;
pub(crate) const KIND_RUN: u8 = 1;
pub(crate) const KIND_KEYED_RUN: u8 = 2;
/// The number of `KnownTerms::Run`.
pub(crate) const TERMS_OF_RUN: u8 = 0;
/// Marks that a run may carry: of its source, the reserved and the settlement account.
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
    Run(RunTerms),
}

/// A run as it is stored: its intent id and its terms are borrowed.
#[derive(Debug)]
pub struct StoredRun<'a> {
    header: Header,
    intent_id: &'a str,
    terms: &'a Arc<RunTerms>,
    bare: BareRun,
}

/// A run by itself, in few bytes: without its intent id, and with the numbers of its context and
/// its terms in the frame. For who hands many runs to another thread.
#[derive(Debug)]
pub struct BareRun {
    body: RunBody,
    position: Position,
    scope_number: ScopeNumber,
    recorded_at: Timestamp,
    context: u16,
    terms: u16,
    /// What few runs have.
    more: Option<Box<(Option<Idempotency>, Vec<AccountMarkedV1>)>>,
}

impl BareRun {
    /// No run yet: room for [`FrameReader::read_run`].
    pub const EMPTY: BareRun = BareRun {
        body: RunBody {
            intent: IntentNo(0),
            digest: [0; 16],
            amount: Amount::ZERO,
            source: AccountNo(0),
            destination: AccountNo(0),
            source_prev: Position::ZERO,
            reserved_prev: Position::ZERO,
            settlement_prev: Position::ZERO,
        },
        position: Position::ZERO,
        scope_number: ScopeNumber(0),
        recorded_at: Timestamp(0),
        context: 0,
        terms: 0,
        more: None,
    };

    /// Fills in the run's header, with the contexts of the frame that it was read from. It goes
    /// field by field: a header that was just made and is copied whole waits for every write that
    /// the processor has not finished.
    pub fn header_into(&self, frame: &FrameReader, header: &mut Header) -> Option<()> {
        let context = frame.shared.contexts.get(usize::from(self.context))?;
        header.position = self.position;
        header.scope = context.scope;
        header.scope_number = self.scope_number;
        header.recorded_at = self.recorded_at;
        header.actor = context.actor;
        header.request_id = context.request_id;
        header.cause = None;
        header.idempotency = self.more.as_ref().and_then(|more| more.0);
        Some(())
    }

    /// The run, with its header, the terms of the frame that it was read from and a name for its
    /// intent.
    pub fn borrow<'a>(
        &'a self,
        header: &'a Header,
        frame: &'a FrameReader,
        intent_id: &'a str,
    ) -> Option<Run<'a>> {
        let terms = frame.terms.get(usize::from(self.terms))?;
        Some(Run { header, intent_id, body: &self.body, terms, marks: self.marks() })
    }

    /// Its own facts.
    pub fn body(&self) -> &RunBody {
        &self.body
    }

    fn marks(&self) -> &[AccountMarkedV1] {
        self.more.as_ref().map_or(&[], |more| &more.1)
    }
}

impl StoredRun<'_> {
    /// The run.
    pub fn borrow(&self) -> Run<'_> {
        let StoredRun { header, intent_id, terms, bare } = self;
        Run { header, intent_id, body: &bare.body, terms, marks: bare.marks() }
    }

    /// The run with everything it tells.
    pub fn to_owned_run(&self) -> OwnedRun {
        OwnedRun {
            header: self.header,
            intent_id: self.intent_id.parse().expect("it was checked when it was read"),
            body: self.bare.body,
            terms: Arc::clone(self.terms),
            marks: self.bare.marks().to_vec(),
        }
    }
}

/// Reads the payloads of one frame: the shared bytes are read once.
#[derive(Clone, Debug)]
pub struct FrameReader {
    shared: Shared,
    terms: Vec<Arc<RunTerms>>,
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
        let terms = terms.map(|KnownTerms::Run(terms)| Arc::new(terms)).collect();
        Ok(FrameReader { shared: decoded, terms })
    }

    /// Whether the payload is a run.
    pub fn is_run(payload: &[u8]) -> bool {
        matches!(payload.first(), Some(&(KIND_RUN | KIND_KEYED_RUN)))
    }

    /// Decodes the entry at `position`; a run is expanded.
    ///
    /// # Errors
    /// When the bytes are not exactly one entry.
    pub fn entry(&self, position: Position, payload: &[u8]) -> Result<Entry, CodecError> {
        match payload.split_first() {
            Some((&KIND_ENTRY, rest)) => {
                let Shared { contexts, pieces, .. } = &self.shared;
                take_entry(position, self.recorded_from(), contexts, pieces, rest)
            }
            _ => {
                let run = self.run(position, payload)?;
                let expanded = run.borrow().expand();
                expanded.ok_or(CodecError::Inconsistent("an intent id is not one"))
            }
        }
    }

    /// Decodes the header of the entry at `position`.
    ///
    /// # Errors
    /// When the bytes are not exactly one run, or do not begin as an entry does.
    pub fn header(&self, position: Position, payload: &[u8]) -> Result<Header, CodecError> {
        if let Some((&KIND_ENTRY, rest)) = payload.split_first() {
            return take_header(position, self.recorded_from(), &self.shared.contexts, rest);
        }
        self.run(position, payload).map(|run| run.header)
    }

    fn recorded_from(&self) -> Timestamp {
        Timestamp(self.shared.recorded_from)
    }

    /// Reads the run at `position`.
    ///
    /// # Errors
    /// When the bytes are not exactly one run.
    pub fn run<'a>(
        &'a self,
        position: Position,
        payload: &'a [u8],
    ) -> Result<StoredRun<'a>, CodecError> {
        let mut bare = BareRun::EMPTY;
        let (_, intent_id) = self.read_run(position, payload, &mut bare)?;
        let mut header = Header::EMPTY;
        bare.header_into(self, &mut header).ok_or(UNREAD)?;
        let terms = &self.terms[usize::from(bare.terms)];
        Ok(StoredRun { header, intent_id, terms, bare })
    }

    /// Reads the run at `position` into its place, field by field, as in
    /// [`BareRun::header_into`]. Gives its scope and its intent id.
    ///
    /// # Errors
    /// When the bytes are not exactly one run; then the place holds none.
    pub fn read_run<'a>(
        &self,
        position: Position,
        payload: &'a [u8],
        run: &mut BareRun,
    ) -> Result<(ScopeNo, &'a str), CodecError> {
        let keyed = match payload.first() {
            Some(&KIND_RUN) => false,
            Some(&KIND_KEYED_RUN) => true,
            _ => return Err(CodecError::Inconsistent("a payload is of no known kind")),
        };
        let mut rest = &payload[1..];
        let read = self.fields(position, &mut rest, run);
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
                return Err(CodecError::Inconsistent("bytes after a run's last mark"));
            }
            let (mark, used) = bincode::decode_from_slice::<AccountMarkedV1, _>(rest, config())?;
            rest = &rest[used..];
            marks.push(mark);
        }
        let has_more = keyed || !marks.is_empty();
        run.more = has_more.then(|| Box::new((idempotency, marks)));
        Ok((scope, intent_id))
    }

    fn fields<'a>(
        &self,
        position: Position,
        rest: &mut &'a [u8],
        run: &mut BareRun,
    ) -> Option<(ScopeNo, &'a str)> {
        (run.context, run.terms) = (index(rest)?, index(rest)?);
        let context = self.shared.contexts.get(usize::from(run.context))?;
        self.terms.get(usize::from(run.terms))?;
        run.position = position;
        let recorded_at = self.shared.recorded_from.checked_add(varint::take_u64(rest)?)?;
        run.recorded_at = Timestamp(recorded_at);
        // Scopes may interleave in a frame: a distance may stand for a smaller number.
        let scope_number = self.shared.numbers_from.wrapping_add(varint::take_u64(rest)?);
        run.scope_number = ScopeNumber(scope_number);
        let body = &mut run.body;
        body.intent = IntentNo(self.shared.intents_from.checked_add(varint::take_u64(rest)?)?);
        let length = index(rest)?;
        let intent_id = take_bytes(rest, usize::from(length))?;
        if !is_intent_id(intent_id) {
            return None;
        }
        body.digest = take_array(rest)?;
        body.amount = Amount(varint::take(rest)?);
        body.source = AccountNo(u32::try_from(varint::take_u64(rest)?).ok()?);
        body.destination = AccountNo(u32::try_from(varint::take_u64(rest)?).ok()?);
        let mut prev = || position.0.checked_sub(varint::take_u64(rest)?).map(Position);
        body.source_prev = prev()?;
        body.reserved_prev = prev()?;
        body.settlement_prev = prev()?;
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

const UNREAD: CodecError = CodecError::Inconsistent("a run's fields do not read");

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
