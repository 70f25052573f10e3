//! Sinks: frames as the server cuts them, and runs that are kept for later.
//!
//! Owns the number of entries in a frame. Must not know how they were decided.

use zentra_engine::EntrySink;
use zentra_events::codec::{CodecError, FrameBytes};
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::{Entry, OwnedRun, Position, Run};

/// Entries in one frame.
const FRAME_ENTRIES: usize = 256;

/// Encodes what it is given into frames.
#[derive(Default)]
pub(crate) struct Frames {
    builder: FrameBuilder,
    frames: Vec<FrameBytes>,
    runs: usize,
    entries: usize,
}

impl Frames {
    /// Takes an entry that is kept elsewhere.
    pub(crate) fn whole(&mut self, entry: &Entry) {
        let _bytes = must(self.builder.entry(entry));
        self.entries += 1;
        self.added();
    }

    /// How many runs and whole entries came in, and their frames; it is empty again.
    pub(crate) fn finish(&mut self) -> (usize, usize, Vec<FrameBytes>) {
        self.cut();
        let (runs, entries) = (std::mem::take(&mut self.runs), std::mem::take(&mut self.entries));
        (runs, entries, std::mem::take(&mut self.frames))
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
    fn entry(&mut self, entry: Entry) {
        self.whole(&entry);
    }

    fn run(&mut self, run: &Run<'_>) {
        must(self.builder.run(run));
        self.runs += 1;
        self.added();
    }

    fn group_starts(&mut self) {
        self.cut();
    }

    fn group_ends(&mut self) {
        self.cut();
    }
}

/// Keeps the runs that it is given; whole entries are not expected.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<OwnedRun>);

impl EntrySink for Kept {
    fn entry(&mut self, entry: Entry) {
        panic!("an intent took the general way: {entry:?}");
    }

    fn run(&mut self, run: &Run<'_>) {
        self.0.push(OwnedRun {
            header: *run.header,
            intent_id: run.intent_id.parse().expect("the engine was given an intent id"),
            body: *run.body,
            terms: run.terms.clone(),
            marks: run.marks.to_vec(),
        });
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
