//! Frames: what reads is written to the same and back.

use crate::pieces::Pieces;
use zentra_events::codec::{CODEC, CodecError, FrameBytes};
use zentra_events::frame::FrameReader;
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::{Entry, OwnedRun, Position};

/// An item as it was read.
#[derive(Debug, PartialEq)]
pub(crate) enum Owned {
    Entry(Entry),
    Run(OwnedRun),
}

impl Owned {
    pub(crate) fn read(
        frame: &FrameReader,
        position: Position,
        payload: &[u8],
    ) -> Result<Owned, CodecError> {
        if FrameReader::is_run(payload) {
            return Ok(Owned::Run(frame.run(position, payload)?.to_owned_run()));
        }
        frame.entry(position, payload).map(Owned::Entry)
    }

    pub(crate) fn position(&self) -> Position {
        match self {
            Owned::Entry(entry) => entry.header.position,
            Owned::Run(run) => run.header.position,
        }
    }
}

/// The codec's number, a base position, the shared bytes, then payloads.
pub fn check(data: &[u8]) -> bool {
    let Some((codec, rest)) = data.split_first() else { return false };
    let Some((base, rest)) = rest.split_first_chunk::<8>() else { return false };
    // The store numbers positions far below the end of u64.
    let base = u64::from_le_bytes(*base) >> 1;
    let mut pieces = Pieces(rest);
    let shared = pieces.next().unwrap_or_default();
    let Ok(frame) = FrameReader::new(*codec, shared) else { return false };
    let mut items = Vec::new();
    for (payload, position) in pieces.zip(base..) {
        match Owned::read(&frame, Position(position), payload) {
            Ok(item) => items.push(item),
            Err(_) => break,
        }
        // Both ways of reading tell the same.
        let entry = frame.entry(Position(position), payload);
        let entry = entry.expect("an item that reads also reads as an entry");
        match &items[items.len() - 1] {
            Owned::Entry(read) => assert_eq!(*read, entry),
            Owned::Run(run) => assert_eq!(run.expand(), entry),
        }
    }
    for item in &items {
        rewrite(std::slice::from_ref(item));
    }
    if is_in_order(&items) {
        rewrite(&items);
    }
    !items.is_empty()
}

/// Writes the items to a frame, and wants them back, byte for byte.
pub(crate) fn rewrite(items: &[Owned]) {
    if items.is_empty() {
        return;
    }
    let bytes = write(items);
    let again = read(&bytes, items[0].position());
    assert_eq!(again, items, "what encodes decodes");
    assert_eq!(write(&again), bytes, "the same items are the same bytes");
}

pub(crate) fn write(items: &[Owned]) -> FrameBytes {
    let mut builder = FrameBuilder::default();
    for item in items {
        let added = match item {
            Owned::Entry(entry) => builder.entry(entry).map(|_| ()),
            Owned::Run(run) => builder.run(&run.borrow()),
        };
        added.expect("what was read can be written");
    }
    builder.finish().expect("a frame with items ends")
}

fn read(bytes: &FrameBytes, base: Position) -> Vec<Owned> {
    let frame = FrameReader::new(CODEC, &bytes.shared).expect("a written frame reads");
    let mut start = 0;
    let payloads = bytes.ends.iter().map(|end| {
        let payload = &bytes.payloads[start..*end as usize];
        start = *end as usize;
        payload
    });
    let item = |(payload, position)| {
        Owned::read(&frame, Position(position), payload).expect("a written item reads")
    };
    payloads.zip(base.0..).map(item).collect()
}

/// Whether a log could have these in a frame: time and the numbers of intents go on.
fn is_in_order(items: &[Owned]) -> bool {
    let times = items.iter().map(|item| match item {
        Owned::Entry(entry) => entry.header.recorded_at,
        Owned::Run(run) => run.header.recorded_at,
    });
    let intents = items.iter().filter_map(|item| match item {
        Owned::Entry(_) => None,
        Owned::Run(run) => Some(run.body.intent),
    });
    times.is_sorted() && intents.is_sorted()
}
