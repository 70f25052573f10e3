//! Small logs and how to read them whole.

use std::ops::ControlFlow;
use zentra_events::Position;
use zentra_log::{LogReader, LogWriter, PendingFrame};
use zentra_store::{
    LogOptions, RecoverError, RecoveryReport, SegmentedLog, Storage, UnrecoveredLog,
};

/// Segments small enough that a few frames fill one.
pub(crate) const SMALL: LogOptions = LogOptions {
    segment_bytes: 2_048,
    partition: 0,
    log_id: [7; 16],
    known_durable: Position::ZERO,
};

/// A frame whose entries are these texts.
pub(crate) fn frame(texts: &[&str]) -> PendingFrame {
    let mut payloads = Vec::new();
    let mut ends = Vec::new();
    for text in texts {
        payloads.extend_from_slice(text.as_bytes());
        ends.push(payloads.len() as u32);
    }
    PendingFrame { codec: 1, shared: b"shared".to_vec(), payloads, ends }
}

pub(crate) fn open(
    storage: impl Storage + 'static,
    options: LogOptions,
) -> Result<(SegmentedLog, RecoveryReport), RecoverError> {
    UnrecoveredLog::open(Box::new(storage), options)?.recover()
}

/// Every durable entry, in order, as text.
pub(crate) fn texts(reader: &dyn LogReader) -> Vec<String> {
    let mut found = Vec::new();
    reader
        .scan(Position::ZERO, &mut |frame| {
            for entry in frame.entries() {
                assert_eq!(entry.position, Position(found.len() as u64));
                assert_eq!(entry.shared.as_ref(), b"shared");
                found.push(String::from_utf8(entry.payload.to_vec()).unwrap());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

/// Appends one frame a text and syncs.
pub(crate) fn put(log: &mut SegmentedLog, texts: &[&str]) {
    for text in texts {
        log.append(&[frame(&[text])]).unwrap();
    }
    log.sync().unwrap();
}
