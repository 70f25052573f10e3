//! Reading durable entries back from the log.
//!
//! Owns the step from stored bytes to entries. Must not see anything that is not durable.

use crate::stretches::Stretches;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::Arc;
use zentra_env::Env;
use zentra_events::codec::CodecError;
use zentra_events::frame::{FrameReader, decode_entry};
use zentra_events::{Entry, Header, Position};
use zentra_log::{LogReader, ReadError, StoredEntry, StoredFrame};

/// Why an entry could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The stored bytes are not an entry.
    #[error("the entry at position {}: {source}", .position.get())]
    Codec {
        /// The entry.
        position: Position,
        /// What is wrong.
        source: CodecError,
    },
}

/// Whether a visitor goes on, or what it could not read.
type Visited = Result<ControlFlow<()>, CodecError>;

/// The durable entries of one log.
pub struct LogAccess {
    env: Env,
    reader: Arc<dyn LogReader>,
}

impl LogAccess {
    /// Reads through this reader.
    pub fn new(env: &Env, reader: Arc<dyn LogReader>) -> LogAccess {
        LogAccess { env: env.clone(), reader }
    }

    /// The machine that it is read on.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The reader of stored frames.
    pub fn reader(&self) -> &dyn LogReader {
        self.reader.as_ref()
    }

    /// The exclusive upper bound of what can be read.
    pub fn durable(&self) -> Position {
        self.reader.durable()
    }

    /// The entry at a position; none when it is not durable (yet).
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not an entry.
    pub fn entry(&self, position: Position) -> Result<Option<Arc<Entry>>, LogError> {
        self.stored(position)?.map(|stored| decode(&stored).map(Arc::new)).transpose()
    }

    /// The stored bytes of the entry at a position.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn stored(&self, position: Position) -> Result<Option<StoredEntry>, LogError> {
        Ok(self.reader.read(position)?)
    }

    /// Visits durable entries in order, until the visitor breaks or the log ends.
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not entries.
    pub fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Arc<Entry>, &StoredEntry) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        self.visit(from, &mut |frame, stored| {
            let entry = frame.entry(stored.position, &stored.payload)?;
            Ok(visit(&Arc::new(entry), stored))
        })
    }

    /// As [`LogAccess::scan`], of the headers only: no event is decoded.
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not entries.
    pub fn scan_headers(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&Header) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        self.visit(from, &mut |frame, stored| {
            Ok(visit(&frame.header(stored.position, &stored.payload)?))
        })
    }

    /// As [`LogAccess::scan`], of what is stored: the visitor decodes what it wants.
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not entries.
    pub fn visit(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&FrameReader, &StoredEntry) -> Visited,
    ) -> Result<(), LogError> {
        let mut failed = None;
        self.reader.scan(from, &mut |frame| {
            let mut fail = |position, source| {
                failed = Some(LogError::Codec { position, source });
                ControlFlow::Break(())
            };
            let decoder = match FrameReader::new(frame.codec, &frame.shared) {
                Ok(decoder) => decoder,
                Err(source) => return fail(frame.base, source),
            };
            for stored in frame.entries() {
                if stored.position < from {
                    continue;
                }
                match visit(&decoder, &stored) {
                    Ok(flow) => flow?,
                    Err(source) => return fail(stored.position, source),
                }
            }
            ControlFlow::Continue(())
        })?;
        failed.map_or(Ok(()), Err)
    }
}

/// Reads entries one by one; the frame of the last one is kept, since those that are asked for next
/// are often in it.
pub struct KeptFrame<'a> {
    log: &'a LogAccess,
    kept: RefCell<Option<(StoredFrame, FrameReader)>>,
    read_bytes: Cell<usize>,
    stretches: RefCell<Stretches>,
}

impl<'a> KeptFrame<'a> {
    /// Nothing is read yet.
    pub fn new(log: &'a LogAccess) -> KeptFrame<'a> {
        KeptFrame {
            log,
            kept: RefCell::new(None),
            read_bytes: Cell::new(0),
            stretches: RefCell::new(Stretches::on(&log.env)),
        }
    }

    /// Bytes of the frames that were read so far.
    pub fn read_bytes(&self) -> usize {
        self.read_bytes.get()
    }

    /// The entry at a position; none when it is not durable (yet).
    ///
    /// # Errors
    /// When the log cannot be read or its bytes are not an entry.
    pub fn entry(&self, position: Position) -> Result<Option<Arc<Entry>>, LogError> {
        self.stretches.borrow_mut().step();
        let mut kept = self.kept.borrow_mut();
        let has = |(frame, _): &(StoredFrame, FrameReader)| frame.entry(position).is_some();
        if !kept.as_ref().is_some_and(has) {
            *kept = self.load(position)?;
        }
        let Some((frame, decoder)) = kept.as_ref() else { return Ok(None) };
        let Some(stored) = frame.entry(position) else { return Ok(None) };
        let entry = decoder.entry(position, &stored.payload);
        entry
            .map(|entry| Some(Arc::new(entry)))
            .map_err(|source| LogError::Codec { position, source })
    }

    fn load(&self, position: Position) -> Result<Option<(StoredFrame, FrameReader)>, LogError> {
        if position >= self.log.durable() {
            return Ok(None);
        }
        let mut found = None;
        self.log.reader.scan(position, &mut |frame| {
            found = Some(frame.clone());
            ControlFlow::Break(())
        })?;
        let Some(frame) = found else { return Ok(None) };
        self.read_bytes.set(self.read_bytes.get().saturating_add(frame.frame_bytes()));
        let decoder = FrameReader::new(frame.codec, &frame.shared);
        let decoder = decoder.map_err(|source| LogError::Codec { position, source })?;
        Ok(Some((frame, decoder)))
    }
}

fn decode(stored: &StoredEntry) -> Result<Entry, LogError> {
    let position = stored.position;
    decode_entry(stored.codec, position, &stored.shared, &stored.payload)
        .map_err(|source| LogError::Codec { position, source })
}
