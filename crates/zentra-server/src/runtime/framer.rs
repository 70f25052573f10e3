//! From decided entries to frames, on the kernel thread and in log order.
//!
//! An entry is encoded once, when it is decided, so that nothing of a run is kept but its bytes.
//! Owns where one frame ends and the next begins. Must not know what is in an entry.

use std::sync::Arc;
use zentra_engine::EntrySink;
use zentra_events::codec::{CodecError, FrameBytes};
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::limits::{ENTRY_BYTES_MAX, FRAME_BYTES_MAX};
use zentra_events::{Entry, Run};

/// Entries in one frame, unless a group needs more: who reads one entry reads its frame.
const FRAME_ENTRIES_MAX: usize = 256;
/// Bytes after which a frame is complete, counting all that it holds.
const FRAME_BYTES_ENOUGH: usize = 64 * 1024;
/// Bytes that a frame takes besides what its entries take by themselves.
const FRAME_BYTES_BESIDES: usize = 4 * 1024;

// A frame that is not complete has room for any entry.
const _: () =
    assert!(FRAME_BYTES_ENOUGH + ENTRY_BYTES_MAX + FRAME_BYTES_BESIDES <= FRAME_BYTES_MAX);

/// Entries that go to the writer together,
const ENTRIES_ENOUGH: usize = 8_192;
/// or events of those that are not runs,
const EVENTS_ENOUGH: usize = 8_192;
/// or bytes. With it the work is bounded that the kernel does before others have a turn.
const BYTES_ENOUGH: usize = 4 * 1024 * 1024;

/// The frames of one batch in the making.
#[derive(Default)]
pub(super) struct Framer {
    builder: FrameBuilder,
    frames: Vec<FrameBytes>,
    /// The whole entries among them, for those who follow the log.
    entries: Vec<Arc<Entry>>,
    count: usize,
    /// Events of the whole entries.
    events: usize,
    /// Bytes of all frames, with that in the making.
    bytes: usize,
    grouped: bool,
    /// Bytes of the frame in the making that are in `grown`.
    counted: usize,
    /// Bytes that came in since the last [`Framer::take_grown`].
    grown: usize,
}

impl Framer {
    /// Takes a whole entry that others hold, too.
    pub(super) fn whole(&mut self, entry: Arc<Entry>) {
        let _bytes = must(self.builder.entry(&entry));
        self.events += entry.events.len();
        self.entries.push(entry);
        self.added();
    }

    /// Bytes that the log grows by since this was last asked; a frame's own go to its first entry.
    pub(super) fn take_grown(&mut self) -> u64 {
        std::mem::take(&mut self.grown) as u64
    }

    /// The frames and the whole entries; the framer is empty again.
    pub(super) fn finish(&mut self) -> (Vec<FrameBytes>, Vec<Arc<Entry>>) {
        self.cut();
        (self.count, self.events, self.bytes) = (0, 0, 0);
        (std::mem::take(&mut self.frames), std::mem::take(&mut self.entries))
    }

    fn added(&mut self) {
        self.count += 1;
        let bytes = self.builder.frame_bytes();
        let more = bytes - self.counted;
        self.grown += more;
        self.bytes += more;
        self.counted = bytes;
        let full = self.builder.len() >= FRAME_ENTRIES_MAX || bytes >= FRAME_BYTES_ENOUGH;
        if full && !self.grouped {
            self.cut();
        }
    }

    /// Ends the frame, if one is begun.
    pub(super) fn cut(&mut self) {
        if !self.builder.is_empty() {
            self.frames.push(must(self.builder.finish()));
            self.counted = 0;
        }
    }
}

impl EntrySink for Framer {
    fn entry(&mut self, entry: Entry) {
        self.whole(Arc::new(entry));
    }

    fn run(&mut self, run: &Run<'_>) {
        must(self.builder.run(run));
        self.added();
    }

    fn group_starts(&mut self) {
        // A frame is written whole or not at all, so a group has one of its own.
        self.cut();
        self.grouped = true;
    }

    fn group_ends(&mut self) {
        self.grouped = false;
        self.cut();
    }

    fn is_full(&self) -> bool {
        self.count >= ENTRIES_ENOUGH || self.events >= EVENTS_ENOUGH || self.bytes >= BYTES_ENOUGH
    }
}

/// The limits of commands keep every entry within what the format can hold.
fn must<T>(encoded: Result<T, CodecError>) -> T {
    encoded.expect("what the engine decides can be stored")
}
