//! Checking a whole log, every frame of every segment, without its lock and without changing it.

use crate::error::{Fault, RecoverError};
use crate::meta;
use crate::opened::{bases, corrupt, segments};
use crate::report::VerifyReport;
use crate::storage::Storage;
use crate::walk::walk;
use zentra_events::Position;

/// Checks every frame: lengths, positions, checksums, and the chain from the log's first value on.
///
/// # Errors
/// With the first place that does not check.
pub fn verify(storage: &dyn Storage) -> Result<VerifyReport, RecoverError> {
    let bases = bases(storage)?;
    let identity = meta::read(storage, !bases.is_empty())?
        .ok_or_else(|| RecoverError::NoLog { folder: storage.location() })?;
    let all = segments(storage, &identity, &bases)?;
    let mut report = VerifyReport {
        segments: all.made.len() as u64,
        frames: 0,
        entries: 0,
        next: Position::ZERO,
        chain: identity.genesis(),
        torn: None,
    };
    for (index, segment) in all.made.iter().enumerate() {
        if segment.header.chain != report.chain {
            return Err(corrupt(segment.header.base, Fault::Chain));
        }
        if segment.header.base != report.next.get() {
            return Err(corrupt(segment.header.base, Fault::End { found: report.next.get() }));
        }
        let found = walk(segment, &all.extent(index))?;
        report.frames += found.frames;
        report.next = Position(found.next);
        report.chain = found.chain;
        report.torn = found.torn;
    }
    report.entries = report.next.get();
    Ok(report)
}
