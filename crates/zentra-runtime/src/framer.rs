//! From decided entries to frames, on the kernel thread and in log order.
//!
//! An entry is encoded once, when it is decided, so that nothing of a compact one is kept but its
//! bytes. Owns where one frame ends and the next begins. Must not know what is in an entry.

use crate::tail::ScopeSpans;
use std::sync::Arc;
use zentra_engine::EntrySink;
use zentra_events::codec::{CodecError, FrameBytes};
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::limits::{ENTRY_BYTES_MAX, FRAME_BYTES_MAX};
use zentra_events::{Entry, EntryRef};

/// Entries in one frame, unless a group needs more: who reads one entry reads its frame.
const FRAME_ENTRIES_MAX: usize = 256;
/// Bytes after which a frame is complete, counting all that it holds.
const FRAME_BYTES_ENOUGH: usize = 64 * 1024;
/// Bytes that a frame takes besides what its entries take by themselves.
const FRAME_BYTES_BESIDES: usize = 4 * 1024;

/// What deciding such an entry takes besides its events, in events.
const ENTRY_WORK: usize = 4;

// A frame that is not complete has room for any entry.
const _: () =
    assert!(FRAME_BYTES_ENOUGH + ENTRY_BYTES_MAX + FRAME_BYTES_BESIDES <= FRAME_BYTES_MAX);

/// Entries that go to the writer together,
const ENTRIES_ENOUGH: usize = 8_192;
/// or work on those that are not compact, in events: some 500 us,
const WORK_ENOUGH: usize = 512;
/// and that much before the writer gets it while nobody waits for an answer: a frame that ends
/// sooner repeats what its entries share.
const WORK_PLENTY: usize = 2_048;
/// or bytes. With it the work is bounded that the kernel does before others have a turn.
const BYTES_ENOUGH: usize = 1024 * 1024;

/// Frames for the writer.
#[derive(Default)]
pub(crate) struct Framed {
    pub(crate) frames: Vec<FrameBytes>,
    /// The entries in the frames, for those who follow the log; compact ones are not among them.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// Which scopes' entries they all are.
    pub(crate) spans: ScopeSpans,
}

impl Framed {
    /// Takes in what comes after it.
    pub(crate) fn append(&mut self, mut later: Framed) {
        self.frames.append(&mut later.frames);
        self.entries.append(&mut later.entries);
        self.spans.append(later.spans);
    }
}

/// The frames of one batch in the making.
#[derive(Default)]
pub(crate) struct Framer {
    builder: FrameBuilder,
    frames: Vec<FrameBytes>,
    /// Those among them that are not compact, for those who follow the log.
    entries: Vec<Arc<Entry>>,
    spans: ScopeSpans,
    count: usize,
    /// Work on the whole entries,
    work: usize,
    /// and how much of it was done when others last had their turn.
    work_before: usize,
    /// Bytes of all frames, with that in the making.
    bytes: usize,
    grouped: bool,
    /// Bytes of the frame in the making that are in `grown`.
    counted: usize,
    /// Bytes that came in since the last [`Framer::take_grown`].
    grown: usize,
}

impl Framer {
    /// Takes an entry that others hold, too.
    pub(crate) fn held(&mut self, entry: &Arc<Entry>) {
        self.encode(&entry.borrow());
        if entry.settled().is_none() {
            self.follow(Arc::clone(entry));
        }
    }

    fn encode(&mut self, entry: &EntryRef<'_>) {
        let _bytes = must(self.builder.entry(entry));
        self.spans.add(entry.header.scope, entry.header.position);
        self.added();
    }

    /// Nobody follows compact entries: these are for those who do.
    fn follow(&mut self, entry: Arc<Entry>) {
        self.work += ENTRY_WORK + entry.events().len();
        self.entries.push(entry);
    }

    /// Bytes that the log grows by since this was last asked; a frame's own go to its first entry.
    pub(crate) fn take_grown(&mut self) -> u64 {
        std::mem::take(&mut self.grown) as u64
    }

    /// How much it holds, in events: the work on whole entries, one a compact one, one a KiB.
    pub(crate) fn load(&self) -> usize {
        self.work + (self.count - self.entries.len()) + self.bytes / 1_024
    }

    /// The frames, the entries to follow, and which scopes' they all are; it is empty again.
    pub(crate) fn finish(&mut self) -> Framed {
        self.cut();
        (self.count, self.work, self.work_before, self.bytes) = (0, 0, 0, 0);
        Framed {
            frames: std::mem::take(&mut self.frames),
            entries: std::mem::take(&mut self.entries),
            spans: std::mem::take(&mut self.spans),
        }
    }

    /// Others have their turn, and then it goes on: true, unless the writer should get it first.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.work_before = self.work;
        self.work < WORK_PLENTY && !self.is_full()
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
    pub(crate) fn cut(&mut self) {
        if !self.builder.is_empty() {
            self.frames.push(must(self.builder.finish()));
            self.counted = 0;
        }
    }
}

impl EntrySink for Framer {
    fn entry(&mut self, entry: EntryRef<'_>) {
        self.encode(&entry);
        if !entry.is_compact() {
            self.follow(Arc::new(entry.into_entry()));
        }
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
        let work = self.work - self.work_before;
        self.count >= ENTRIES_ENOUGH || work >= WORK_ENOUGH || self.bytes >= BYTES_ENOUGH
    }
}

/// The limits of commands keep every entry within what the format can hold.
fn must<T>(encoded: Result<T, CodecError>) -> T {
    encoded.expect("what the engine decides can be stored")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use zentra_engine::Outcome;
    use zentra_events::event::{CandidateV1, Capture};
    use zentra_events::frame::FrameReader;
    use zentra_events::{Header, Position, ScopeNo, SettledTerms, SettledTransfer, Timestamp};
    use zentra_log::PendingFrame;
    use zentra_testkit::made::{Made, fund, intent};
    use zentra_testkit::{memory_log, request, scope};

    /// A compact entry that an engine decided.
    fn compact() -> Entry {
        let mut made = Made::default();
        made.ask(Timestamp(1), scope("acme"));
        made.ask(Timestamp(2), fund());
        made.ask(Timestamp(3), intent(0, 1, Capture::Automatic, None));
        let request = request(ScopeNo(0), "tester", intent(1, 1, Capture::Automatic, None));
        match made.engine.handle(Timestamp(4), &request) {
            Outcome::Entry(entry) => entry,
            other => panic!("{other:?}"),
        }
    }

    /// Terms that take 160 KB, as those of wide route tables once did.
    fn wide(terms: &SettledTerms, number: usize) -> Arc<SettledTerms> {
        let candidate = |at: usize| CandidateV1 {
            route: format!("{number:04}{at:04}").repeat(16),
            refused_because: Some("lower priority".into()),
        };
        Arc::new(SettledTerms { candidates: (0..1_023).map(candidate).collect(), ..terms.clone() })
    }

    #[test]
    fn a_frame_ends_by_all_that_it_holds_and_is_read_from_the_log_as_it_was() {
        let one = compact();
        let transfer = one.settled().unwrap();
        let mut framer = Framer::default();
        let made: Vec<Entry> = (0..90)
            .map(|number| {
                let terms = &transfer.terms;
                let terms = if number % 3 == 0 { wide(terms, number) } else { terms.clone() };
                let mut transfer = SettledTransfer { terms, ..transfer.clone() };
                transfer.facts.source_prev = Position(0);
                transfer.facts.reserved_prev = Position(0);
                transfer.facts.settlement_prev = Position(0);
                let header = Header { position: Position(number as u64), ..one.header };
                Entry::of_settled(header, transfer)
            })
            .collect();
        for entry in &made {
            framer.entry(entry.borrow());
        }
        assert!(framer.is_full() && framer.count < ENTRIES_ENOUGH);
        let grown = framer.take_grown();
        let Framed { frames, entries, .. } = framer.finish();
        // Each ends with a wide one, and two are left over.
        assert_eq!((frames.len(), entries.len()), (31, 0));
        let pending: Vec<PendingFrame> = frames.into_iter().map(PendingFrame::from).collect();
        let stored: usize = pending.iter().map(PendingFrame::frame_bytes).sum();
        assert!(grown as usize >= stored && grown as usize <= stored + 54 * pending.len());
        let mut log = memory_log();
        log.append(&pending).unwrap();
        log.sync().unwrap();
        let reader = log.reader();
        for entry in &made {
            let stored = reader.read(entry.header.position).unwrap().unwrap();
            let frame = FrameReader::new(stored.codec, &stored.shared).unwrap();
            let read = frame.entry(stored.position, &stored.payload).unwrap();
            assert_eq!((&read, read.settled()), (entry, entry.settled()));
        }
    }
}
