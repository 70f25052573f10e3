//! The chain of a log at a position.
//!
//! Owns how it is found. Must not know what it is compared with.

use std::ops::ControlFlow;
use zentra_events::Position;
use zentra_log::{LogReader, ReadError};

/// The chain value after the frame that ends right before `next`; none when no frame ends there.
///
/// # Errors
/// When the log cannot be read.
pub fn chain_before(reader: &dyn LogReader, next: Position) -> Result<Option<[u8; 32]>, ReadError> {
    let Some(last) = next.get().checked_sub(1) else { return Ok(None) };
    let mut chain = None;
    reader.scan(Position(last), &mut |frame| {
        let ends = frame.entries().last().is_some_and(|entry| entry.position.next() == next);
        chain = ends.then_some(frame.chain);
        ControlFlow::Break(())
    })?;
    Ok(chain)
}
