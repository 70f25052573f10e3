//! Frames of texts, and how to read a log whole.

use crate::frame::{PendingFrame, StoredFrame};
use crate::log::{LogReader, LogWriter};
use std::ops::ControlFlow;
use zentra_events::Position;

/// What the frames say that their entries have in common.
const SHARED: &[u8] = b"shared";
const CODEC: u8 = 1;

/// A frame whose entries are these texts.
pub(super) fn frame(texts: &[&str]) -> PendingFrame {
    let mut payloads = Vec::new();
    let mut ends = Vec::new();
    for text in texts {
        payloads.extend_from_slice(text.as_bytes());
        ends.push(u32::try_from(payloads.len()).unwrap());
    }
    PendingFrame { codec: CODEC, shared: SHARED.to_vec(), payloads, ends }
}

/// Appends one frame a text, and syncs.
pub(super) fn put(log: &mut dyn LogWriter, texts: &[&str]) {
    let frames: Vec<PendingFrame> = texts.iter().map(|text| frame(&[text])).collect();
    log.append(&frames).unwrap();
    log.sync().unwrap();
}

/// The texts of a frame, each checked for its place.
pub(super) fn texts_of(frame: &StoredFrame) -> Vec<String> {
    assert_eq!(frame.entries().len(), frame.count());
    let entries = frame.entries().zip(frame.payloads()).enumerate();
    entries
        .map(|(index, (entry, (position, payload)))| {
            assert_eq!(entry.position, Position(frame.base.get() + index as u64));
            assert_eq!((entry.position, entry.payload.as_ref()), (position, payload));
            assert_eq!((entry.codec, entry.shared.as_ref()), (CODEC, SHARED));
            assert_eq!(frame.entry(position).as_ref(), Some(&entry));
            text(payload)
        })
        .collect()
}

/// Every durable entry in order, each read by its position, too.
pub(super) fn texts(reader: &dyn LogReader) -> Vec<String> {
    let mut found = Vec::new();
    reader
        .scan(Position::ZERO, &mut |frame| {
            assert_eq!(frame.base, Position(found.len() as u64), "frames follow each other");
            found.extend(texts_of(frame));
            assert_eq!(frame.next(), Position(found.len() as u64));
            ControlFlow::Continue(())
        })
        .unwrap();
    for (position, expected) in (0..).map(Position).zip(&found) {
        let entry = reader.read(position).unwrap().unwrap();
        assert_eq!((entry.position, &text(&entry.payload)), (position, expected));
        assert_eq!((entry.codec, entry.shared.as_ref()), (CODEC, SHARED));
    }
    assert_eq!(reader.read(Position(found.len() as u64)).unwrap(), None);
    found
}

fn text(payload: &[u8]) -> String {
    String::from_utf8(payload.to_vec()).unwrap()
}
