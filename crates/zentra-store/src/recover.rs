//! Opening a log after anything may have happened.
//!
//! The last segment is checked whole; those before it by their headers, and by their frames'
//! checksums whenever they are read. Owns the one repair there is: a torn tail becomes zeros. Must
//! not guess: what is not a torn tail is refused, and nothing is changed.

use crate::error::{Fault, RecoverError};
use crate::layout::{Identity, SegmentHeader};
use crate::limits::SEGMENT_BYTES_MIN;
use crate::log::{End, SegmentedLog, create_segment};
use crate::meta;
use crate::opened::{bases, corrupt, segments};
use crate::options::LogOptions;
use crate::report::{RecoveryReport, TornTail};
use crate::segment::{Segment, Shared};
use crate::storage::{LockError, Storage};
use crate::walk::{Extent, Walk, walk};
use std::io;
use std::sync::Arc;

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

    /// Checks the log, cuts a torn tail, and opens it. An empty folder becomes an empty log.
    ///
    /// # Errors
    /// When the log is of another version or partition, ends before what is known to be durable, or
    /// is damaged; nothing is changed then.
    pub fn recover(self) -> Result<(SegmentedLog, RecoveryReport), RecoverError> {
        let UnrecoveredLog { storage, options } = self;
        let bases = bases(storage.as_ref())?;
        let identity = meta::read(storage.as_ref(), !bases.is_empty())?;
        let created = identity.is_none();
        let identity = match identity {
            Some(identity) => identity,
            None => {
                let identity = Identity { partition: options.partition, log_id: options.log_id };
                meta::write(storage.as_ref(), identity)?;
                identity
            }
        };
        if identity.partition != options.partition {
            let (found, expected) = (identity.partition, options.partition);
            return Err(RecoverError::WrongPartition { found, expected });
        }
        let mut all = segments(storage.as_ref(), &identity, &bases)?;
        if all.is_empty() {
            all.push(Arc::new(first(storage.as_ref(), identity, options.segment_bytes)?));
        }
        let last = Arc::clone(&all[all.len() - 1]);
        let found = walk(&last, &Extent::Last)?;
        if found.next < options.known_durable.get() {
            return Err(corrupt(last.header.base, Fault::End { found: found.next }));
        }
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

fn first(
    storage: &dyn Storage,
    identity: Identity,
    segment_bytes: u64,
) -> Result<Segment, RecoverError> {
    let header = SegmentHeader { identity, number: 0, base: 0, chain: identity.genesis() };
    create_segment(storage, header, segment_bytes).map_err(|source| RecoverError::Io {
        operation: "creating the first segment",
        file: storage.location(),
        source,
    })
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
        next: zentra_events::Position(found.next),
        chain: found.chain,
        torn: found.torn.clone(),
    }
}

fn failed(operation: &'static str, segment: &Segment) -> impl FnOnce(io::Error) -> RecoverError {
    let file = segment.name.clone();
    move |source| RecoverError::Io { operation, file, source }
}
