//! The writer of the segmented log.
//!
//! Owns the end of the log: one buffer, one write per append, one sync for many appends. After a
//! failed write or sync it is not known what is on the disk, so it never writes again.

use crate::index::FramePoint;
use crate::layout::frame::{self, Placement};
use crate::layout::segment::segment_name;
use crate::layout::{Chain, Identity, SegmentHeader};
use crate::limits::{FIRST_STEP_PART, LARGEST_STEP_PART, WRITE_BUFFER_BYTES_KEPT};
use crate::reader::SegmentReader;
use crate::segment::{FIRST_FRAME, Segment, Shared};
use crate::storage::Storage;
use std::io;
use std::sync::Arc;
use zentra_events::Position;
use zentra_log::{AppendError, Head, LogReader, LogWriter, PendingFrame};

/// A recovered log. There is one per folder, held by the folder's lock until it is dropped.
pub struct SegmentedLog {
    storage: Box<dyn Storage>,
    identity: Identity,
    segment_bytes: u64,
    shared: Arc<Shared>,
    active: Active,
    next: u64,
    chain: Chain,
    /// Everything before it is durable.
    synced: u64,
    poisoned: bool,
    buffer: Vec<u8>,
    points: Vec<FramePoint>,
}

/// The segment that is being written.
struct Active {
    segment: Arc<Segment>,
    /// What the file has of space.
    len_bytes: u64,
    /// What it may have; a frame beyond it goes into the next segment.
    max_bytes: u64,
    /// Where the next frame goes, counting what is still in the buffer.
    tail: u64,
}

/// Where a log ends, as recovery found it.
pub(crate) struct End {
    pub(crate) identity: Identity,
    pub(crate) active: Arc<Segment>,
    pub(crate) len_bytes: u64,
    pub(crate) next: u64,
    pub(crate) chain: [u8; 32],
}

impl SegmentedLog {
    /// A log at its end; everything before is durable.
    pub(crate) fn at_end(
        storage: Box<dyn Storage>,
        segment_bytes: u64,
        shared: Arc<Shared>,
        end: End,
    ) -> SegmentedLog {
        let (tail, len_bytes) = (end.active.tail(), end.len_bytes);
        let max_bytes = segment_bytes.max(len_bytes);
        SegmentedLog {
            storage,
            identity: end.identity,
            segment_bytes,
            shared,
            active: Active { segment: end.active, len_bytes, max_bytes, tail },
            next: end.next,
            chain: Chain::at(end.chain),
            synced: end.next,
            poisoned: false,
            buffer: Vec::new(),
            points: Vec::new(),
        }
    }

    /// The name that the log was created with.
    pub fn log_id(&self) -> [u8; 16] {
        self.identity.log_id
    }

    /// Runs a step that touches the disk; when it fails, it was the last.
    fn guarded<T>(
        &mut self,
        step: impl FnOnce(&mut SegmentedLog) -> Result<T, AppendError>,
    ) -> Result<T, AppendError> {
        if self.poisoned {
            return Err(AppendError::Poisoned);
        }
        let outcome = step(self);
        self.poisoned = outcome.is_err();
        outcome
    }

    fn write_all(&mut self, frames: &[PendingFrame]) -> Result<(), AppendError> {
        self.buffer.clear();
        self.points.clear();
        for frame in frames {
            let bytes = frame.frame_bytes() as u64;
            if self.active.tail + bytes > self.active.max_bytes {
                self.flush()?;
                self.roll(bytes)?;
            }
            self.grow(self.active.tail + bytes)?;
            self.encode(frame);
        }
        self.flush()?;
        self.buffer.shrink_to(WRITE_BUFFER_BYTES_KEPT);
        Ok(())
    }

    fn encode(&mut self, pending: &PendingFrame) {
        let at = Placement { tag: self.active.segment.tag, base: self.next, durable: self.synced };
        let header = frame::encode(pending, &at, &mut self.chain, &mut self.buffer);
        self.points.push(FramePoint { base: self.next, offset: self.active.tail });
        self.active.tail += header.frame_bytes();
        self.next = header.next();
    }

    fn flush(&mut self) -> Result<(), AppendError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let segment = &self.active.segment;
        let offset = self.active.tail - self.buffer.len() as u64;
        segment.file.write_at(offset, &self.buffer).map_err(failed("writing", &segment.name))?;
        segment.set_tail(self.active.tail);
        segment.note(&self.points);
        self.buffer.clear();
        self.points.clear();
        Ok(())
    }

    /// Gives the segment space up to `end` and a step beyond, so that few writes wait for it. The
    /// new length is durable with the frames that need it: a sync of data syncs that too.
    fn grow(&mut self, end: u64) -> Result<(), AppendError> {
        let active = &mut self.active;
        if end <= active.len_bytes {
            return Ok(());
        }
        let len_bytes = space_for(end, active.len_bytes, active.max_bytes);
        let segment = &active.segment;
        segment.file.set_len(len_bytes).map_err(failed("growing", &segment.name))?;
        active.len_bytes = len_bytes;
        Ok(())
    }

    /// Ends the segment and starts the next one, large enough for a frame of `frame_bytes`. The old
    /// one is synced first: only the last segment can ever be torn.
    fn roll(&mut self, frame_bytes: u64) -> Result<(), AppendError> {
        let old = &self.active.segment;
        old.file.sync_data().map_err(failed("syncing", &old.name))?;
        self.synced = self.next;
        // A segment without frames is made again, larger.
        let is_empty = self.active.tail == FIRST_FRAME;
        let number = if is_empty { old.header.number } else { old.header.number.saturating_add(1) };
        let header = SegmentHeader {
            identity: self.identity,
            number,
            base: self.next,
            chain: self.chain.value(),
        };
        let end = FIRST_FRAME + frame_bytes;
        let max_bytes = self.segment_bytes.max(end);
        let len_bytes = space_for(end, 0, max_bytes);
        let name = segment_name(self.next);
        let segment = create_segment(self.storage.as_ref(), header, len_bytes)
            .map_err(failed("creating", &name))?;
        let segment = Arc::new(segment);
        self.shared.push(Arc::clone(&segment));
        self.active = Active { segment, len_bytes, max_bytes, tail: FIRST_FRAME };
        Ok(())
    }
}

impl LogWriter for SegmentedLog {
    fn head(&self) -> Head {
        Head { next: Position(self.next), chain: self.chain.value() }
    }

    fn append(&mut self, frames: &[PendingFrame]) -> Result<Head, AppendError> {
        if self.poisoned {
            return Err(AppendError::Poisoned);
        }
        for (index, frame) in frames.iter().enumerate() {
            frame.check(index)?;
        }
        self.guarded(|log| log.write_all(frames))?;
        Ok(self.head())
    }

    fn sync(&mut self) -> Result<Position, AppendError> {
        self.guarded(|log| {
            if log.synced < log.next {
                let segment = &log.active.segment;
                segment.file.sync_data().map_err(failed("syncing", &segment.name))?;
                log.synced = log.next;
            }
            log.shared.set_durable(log.synced);
            Ok(Position(log.synced))
        })
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(SegmentReader { shared: Arc::clone(&self.shared) })
    }
}

/// Makes a segment that is ready for frames: its space, header and name are durable.
pub(crate) fn create_segment(
    storage: &dyn Storage,
    header: SegmentHeader,
    len_bytes: u64,
) -> io::Result<Segment> {
    let name = segment_name(header.base);
    let file = storage.create(&name, len_bytes)?;
    file.write_at(0, &header.encode())?;
    file.sync_data()?;
    storage.sync_dir()?;
    Ok(Segment::new(name, header, file, FIRST_FRAME, None))
}

/// How long a segment of `len_bytes` becomes when it must hold frames up to `end`, and may become
/// `max_bytes`: the first step is small, and each is as large as what is there, up to a bound.
pub(crate) fn space_for(end: u64, len_bytes: u64, max_bytes: u64) -> u64 {
    let (least, most) = (max_bytes / FIRST_STEP_PART, max_bytes / LARGEST_STEP_PART);
    end.max(len_bytes + len_bytes.clamp(least, most)).min(max_bytes)
}

fn failed(operation: &'static str, file: &str) -> impl FnOnce(io::Error) -> AppendError {
    let file = file.to_owned();
    move |source| AppendError::Io { operation, file, source }
}
