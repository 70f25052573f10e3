//! Sinks: frames as the server cuts them, and entries that are kept for later.
//!
//! Owns the number of entries in a frame. Must not know how they were decided.

use zentra_engine::EntrySink;
use zentra_events::codec::{CodecError, FrameBytes};
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::{Entry, EntryRef, Position};

/// Entries in one frame.
const FRAME_ENTRIES: usize = 256;

/// Encodes what it is given into frames.
#[derive(Default)]
pub(crate) struct Frames {
    builder: FrameBuilder,
    frames: Vec<FrameBytes>,
    compact: usize,
    general: usize,
}

impl Frames {
    /// Takes an entry that is kept elsewhere.
    pub(crate) fn add(&mut self, entry: &EntryRef<'_>) {
        let _bytes = must(self.builder.entry(entry));
        let count = if entry.is_compact() { &mut self.compact } else { &mut self.general };
        *count += 1;
        self.added();
    }

    /// How many compact and general entries came in, and their frames; it is empty again.
    pub(crate) fn finish(&mut self) -> (usize, usize, Vec<FrameBytes>) {
        self.cut();
        let (compact, general) = (&mut self.compact, &mut self.general);
        let counts = (std::mem::take(compact), std::mem::take(general));
        (counts.0, counts.1, std::mem::take(&mut self.frames))
    }

    fn added(&mut self) {
        if self.builder.len() >= FRAME_ENTRIES {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if !self.builder.is_empty() {
            self.frames.push(must(self.builder.finish()));
        }
    }
}

impl EntrySink for Frames {
    fn entry(&mut self, entry: EntryRef<'_>) {
        self.add(&entry);
    }

    fn group_starts(&mut self) {
        self.cut();
    }

    fn group_ends(&mut self) {
        self.cut();
    }
}

/// Keeps the compact entries that it is given; others are not expected.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<Entry>);

impl EntrySink for Kept {
    fn entry(&mut self, entry: EntryRef<'_>) {
        assert!(entry.is_compact(), "an intent took the slow path: {entry:?}");
        self.0.push(entry.into_entry());
    }

    fn group_starts(&mut self) {}

    fn group_ends(&mut self) {}
}

/// The payloads of a frame whose first entry is at `base`, with their positions.
pub(crate) fn payloads(
    base: Position,
    frame: &FrameBytes,
) -> impl Iterator<Item = (Position, &[u8])> {
    let mut start = 0;
    (base.0..).zip(&frame.ends).map(move |(position, end)| {
        let payload = &frame.payloads[start..*end as usize];
        start = *end as usize;
        (Position(position), payload)
    })
}

fn must<T>(encoded: Result<T, CodecError>) -> T {
    encoded.expect("what the engine decides can be stored")
}
