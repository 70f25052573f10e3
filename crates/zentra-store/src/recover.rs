//! Opening a log after anything may have happened.
//!
//! The last segment is checked whole; those before it by their headers, and by their frames'
//! checksums whenever they are read. Owns the one repair there is: a torn tail becomes zeros. Must
//! not guess: what is not a torn tail is refused, and nothing is changed.

use crate::error::{Fault, RecoverError};
use crate::layout::segment::segment_name;
use crate::layout::{Identity, SegmentHeader};
use crate::limits::SEGMENT_BYTES_MIN;
use crate::log::{End, SegmentedLog, create_segment, space_for};
use crate::meta;
use crate::opened::{Segments, bases, corrupt, segments};
use crate::options::LogOptions;
use crate::report::{RecoveryReport, TornTail};
use crate::segment::{FIRST_FRAME, Segment, Shared};
use crate::storage::{LockError, Storage};
use crate::walk::{Extent, Walk, walk};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use zentra_events::Position;

/// Zero bytes written at once when a torn tail is cut.
const ZEROS: usize = 1024 * 1024;

/// A locked folder whose log was not checked yet: it cannot be read or written.
pub struct UnrecoveredLog {
    storage: Box<dyn Storage>,
    options: LogOptions,
}

impl UnrecoveredLog {
    /// Locks a folder.
    ///
    /// # Errors
    /// When another process has it, or the options cannot be used.
    pub fn open(
        storage: Box<dyn Storage>,
        options: LogOptions,
    ) -> Result<UnrecoveredLog, RecoverError> {
        let segment_bytes = options.segment_bytes;
        if segment_bytes < SEGMENT_BYTES_MIN {
            return Err(RecoverError::SegmentTooSmall { segment_bytes });
        }
        match storage.lock() {
            Ok(()) => Ok(UnrecoveredLog { storage, options }),
            Err(LockError::Held { holder }) => {
                Err(RecoverError::Locked { folder: storage.location(), holder })
            }
            Err(LockError::Io(source)) => {
                Err(RecoverError::Io { operation: "locking", file: storage.location(), source })
            }
        }
    }

    /// Takes into account that everything before this position is known to have been durable, as
    /// [`LogOptions::known_durable`].
    pub fn known_durable(&mut self, position: Position) {
        self.options.known_durable = self.options.known_durable.max(position);
    }

    /// Checks the log, cuts a torn tail, and opens it. An empty folder becomes an empty log.
    ///
    /// # Errors
    /// When the log is of another version or partition, ends before what is known to be durable, or
    /// is damaged; nothing is changed then.
    pub fn recover(self) -> Result<(SegmentedLog, RecoveryReport), RecoverError> {
        let UnrecoveredLog { storage, options } = self;
        let known_durable = options.known_durable.get();
        let bases = bases(storage.as_ref())?;
        let identity = meta::read(storage.as_ref(), !bases.is_empty())?;
        let created = identity.is_none();
        let identity = match identity {
            Some(identity) => identity,
            None => {
                must_reach(0, 0, known_durable)?;
                let identity = Identity { partition: options.partition, log_id: options.log_id };
                meta::write(storage.as_ref(), identity)?;
                identity
            }
        };
        if identity.partition != options.partition {
            let (found, expected) = (identity.partition, options.partition);
            return Err(RecoverError::WrongPartition { found, expected });
        }
        let found = segments(storage.as_ref(), &identity, &bases)?;
        let mut all = found.made.clone();
        if let Some(header) = missing_last(&found, identity, known_durable)? {
            match make(storage.as_ref(), header, options.segment_bytes) {
                Ok(made) => all.push(Arc::new(made)),
                // Opening needs no space: it is made when something is written.
                Err(error) if lacks_space(&error) && !all.is_empty() => {
                    unmake(storage.as_ref(), header.base).map_err(making(storage.as_ref()))?;
                }
                Err(error) => return Err(making(storage.as_ref())(error)),
            }
        }
        let last = Arc::clone(&all[all.len() - 1]);
        let found = walk(&last, &Extent::Last)?;
        must_reach(last.header.base, found.next, known_durable)?;
        if let Some(torn) = &found.torn {
            cut(&last, torn).map_err(failed("cutting", &last))?;
        }
        // What was read may be in the system's cache only; from here on it counts as durable.
        last.file.sync_data().map_err(failed("syncing", &last))?;
        let len_bytes = last.file.len_bytes().map_err(failed("reading", &last))?;
        let report = report(&found, all.len(), created);
        let Walk { next, chain, tail, index, .. } = found;
        last.set_tail(tail);
        last.set_index(index);
        let shared = Arc::new(Shared::new(all, next));
        let end = End { identity, active: last, len_bytes, next, chain };
        Ok((SegmentedLog::at_end(storage, options.segment_bytes, shared, end), report))
    }
}

/// The header of the segment that has to be made before the log can be written: the first one of
/// a new log, or one that a crash cut off. The segment before that one was synced before it, so its
/// frames must reach it.
fn missing_last(
    found: &Segments,
    identity: Identity,
    known_durable: u64,
) -> Result<Option<SegmentHeader>, RecoverError> {
    let Some((index, last)) = found.made.iter().enumerate().next_back() else {
        must_reach(0, 0, known_durable)?;
        return Ok(Some(SegmentHeader { identity, number: 0, base: 0, chain: identity.genesis() }));
    };
    let Some(base) = found.unmade else { return Ok(None) };
    let Walk { chain, .. } = walk(last, &found.extent(index))?;
    must_reach(last.header.base, base, known_durable)?;
    let number = last.header.number.saturating_add(1);
    Ok(Some(SegmentHeader { identity, number, base, chain }))
}

/// A log that ends before what is known to have been durable is not made longer, nor made anew.
fn must_reach(segment_base: u64, next: u64, known_durable: u64) -> Result<(), RecoverError> {
    if next < known_durable {
        return Err(corrupt(segment_base, Fault::End { found: next }));
    }
    Ok(())
}

fn make(storage: &dyn Storage, header: SegmentHeader, segment_bytes: u64) -> io::Result<Segment> {
    create_segment(storage, header, space_for(FIRST_FRAME, 0, segment_bytes))
}

/// Takes away what there is of a segment that has no frames. The one before it is the last then,
/// and may get frames that this one's name would deny, so that the name must be gone for good.
fn unmake(storage: &dyn Storage, base: u64) -> io::Result<()> {
    storage.remove(&segment_name(base))?;
    storage.sync_dir()
}

fn lacks_space(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

fn making(storage: &dyn Storage) -> impl FnOnce(io::Error) -> RecoverError {
    let file = storage.location();
    move |source| RecoverError::Io { operation: "making a segment", file, source }
}

fn cut(segment: &Segment, torn: &TornTail) -> io::Result<()> {
    let zeros = vec![0; ZEROS];
    let end = torn.offset + torn.dropped_bytes;
    let mut at = torn.offset;
    while at < end {
        let count = (end - at).min(ZEROS as u64);
        segment.file.write_at(at, &zeros[..count as usize])?;
        at += count;
    }
    Ok(())
}

fn report(found: &Walk, segments: usize, created: bool) -> RecoveryReport {
    RecoveryReport {
        created,
        segments: segments as u64,
        frames: found.frames,
        entries: found.next,
        next: Position(found.next),
        chain: found.chain,
        torn: found.torn.clone(),
    }
}

fn failed(operation: &'static str, segment: &Segment) -> impl FnOnce(io::Error) -> RecoverError {
    let file = segment.name.clone();
    move |source| RecoverError::Io { operation, file, source }
}
