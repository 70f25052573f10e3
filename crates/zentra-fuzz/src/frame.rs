//! Frames: what reads is written to the same and back.

use crate::pieces::Pieces;
use zentra_events::codec::{CODEC, FrameBytes};
use zentra_events::frame::FrameReader;
use zentra_events::frame_builder::frame_of;
use zentra_events::{Entry, Position};

/// The codec's number, a base position, the shared bytes, then payloads.
pub fn check(data: &[u8]) -> bool {
    let Some((codec, rest)) = data.split_first() else { return false };
    let Some((base, rest)) = rest.split_first_chunk::<8>() else { return false };
    // The store numbers positions far below the end of u64.
    let base = u64::from_le_bytes(*base) >> 1;
    let mut pieces = Pieces(rest);
    let shared = pieces.next().unwrap_or_default();
    let Ok(frame) = FrameReader::new(*codec, shared) else { return false };
    let mut entries = Vec::new();
    for (payload, position) in pieces.zip(base..) {
        let position = Position(position);
        let Ok(entry) = frame.entry(position, payload) else { break };
        let header = frame.header(position, payload);
        let header = header.expect("what reads as an entry has a header");
        assert_eq!(header, entry.header, "both ways of reading tell the same");
        entries.push(entry);
    }
    for entry in &entries {
        rewrite(std::slice::from_ref(entry));
    }
    if is_in_order(&entries) {
        rewrite(&entries);
    }
    !entries.is_empty()
}

/// Writes the entries to a frame, and wants them back, byte for byte.
pub(crate) fn rewrite(entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    let bytes = write(entries);
    let again = read(&bytes, entries[0].header.position);
    assert_eq!(again, entries, "what encodes decodes");
    let compact = |entries: &[Entry]| -> Vec<_> {
        entries.iter().map(|entry| entry.settled().cloned()).collect()
    };
    assert_eq!(compact(&again), compact(entries), "in the same form");
    assert_eq!(write(&again), bytes, "the same entries are the same bytes");
}

pub(crate) fn write(entries: &[Entry]) -> FrameBytes {
    frame_of(entries).expect("what was read can be written")
}

fn read(bytes: &FrameBytes, base: Position) -> Vec<Entry> {
    let frame = FrameReader::new(CODEC, &bytes.shared).expect("a written frame reads");
    let mut start = 0;
    let payloads = bytes.ends.iter().map(|end| {
        let payload = &bytes.payloads[start..*end as usize];
        start = *end as usize;
        payload
    });
    let entry = |(payload, position)| {
        frame.entry(Position(position), payload).expect("a written entry reads")
    };
    payloads.zip(base.0..).map(entry).collect()
}

/// Whether a log could have these in a frame: time and the numbers of intents go on.
fn is_in_order(entries: &[Entry]) -> bool {
    let times = entries.iter().map(|entry| entry.header.recorded_at);
    let settled = entries.iter().filter_map(Entry::settled);
    times.is_sorted() && settled.map(|transfer| transfer.facts.intent).is_sorted()
}
