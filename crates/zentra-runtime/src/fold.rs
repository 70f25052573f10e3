//! Folding the log into an engine: threads read, check and decode, the caller's applies.
//!
//! Frames are decoded side by side and applied in their order. Owns the steps between the threads.
//! Used at start, for snapshots and for `zentra rebuild`. Must not write anything.

use crate::log_access::{LogAccess, LogError};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::ops::ControlFlow;
use std::thread::{Builder, Scope, ScopedJoinHandle, available_parallelism};
use zentra_engine::{ApplyError, Engine, PREFETCHED};
use zentra_events::frame::FrameReader;
use zentra_events::{EntryPlace, Header, Position};
use zentra_ledger::key_table::intent_key;
use zentra_log::StoredFrame;

/// Pieces of the log between the threads.
const PIECES_MAX: usize = 8;
/// Entries of a piece; its last frame may bring more. Frames are often small, and to hand each over
/// by itself took a tenth of the rate.
const PIECE_ENTRIES: usize = 1_024;
/// Threads that decode, and then index; no more than cores.
const WORKERS_MAX: usize = 4;

/// Why the log does not fold.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An entry does not follow from those before it.
    #[error("the log does not fold: {0}")]
    Apply(#[from] ApplyError),
}

/// Applies the durable frames from the engine's next position on, which is where a frame begins.
/// After each frame the visitor is told its bytes on the disk, and may end the fold.
///
/// # Errors
/// When the log cannot be read, or an entry does not follow from those before it.
///
/// # Panics
/// When the system gives no thread.
pub fn fold(
    log: &LogAccess,
    engine: &mut Engine,
    visit: &mut dyn FnMut(&Engine, usize) -> ControlFlow<()>,
) -> Result<(), FoldError> {
    let from = engine.next_position();
    let (ordered, in_order) = bounded(PIECES_MAX);
    let (asked, asks) = bounded(PIECES_MAX);
    let (emptied, empties) = bounded(2 * PIECES_MAX);
    let workers = available_parallelism().map_or(1, usize::from).clamp(1, WORKERS_MAX);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (asks, empties) = (asks.clone(), empties.clone());
            start(scope, "log-decoder", move || decode_all(from, &asks, &empties));
        }
        // A reader that nobody decodes for is let go, too.
        drop(asks);
        let reading = start(scope, "log-reader", move || read(log, from, &asked, &ordered));
        let applied = apply_all(engine, &in_order, &emptied, visit);
        // A reader that waits for room is let go.
        drop(in_order);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        applied?;
        read?;
        Ok(engine.index(workers)?)
    })
}

/// Frames for a decoder, and where the outcome goes.
struct DecodeTask {
    frames: Vec<StoredFrame>,
    answer: Sender<Result<Decoded, LogError>>,
}

/// Frames whose entries were decoded.
#[derive(Default)]
struct Decoded {
    frames: Vec<DecodedFrame>,
    /// The entries of all frames.
    places: Vec<EntryPlace>,
}

struct DecodedFrame {
    frame: FrameReader,
    /// Where its entries end.
    end: usize,
    frame_bytes: usize,
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let started = Builder::new().name(name.into()).spawn_scoped(scope, work);
    started.expect("the system gives a thread")
}

fn read(
    log: &LogAccess,
    from: Position,
    asked: &Sender<DecodeTask>,
    ordered: &Sender<Receiver<Result<Decoded, LogError>>>,
) -> Result<(), LogError> {
    let (mut frames, mut entries) = (Vec::new(), 0);
    let ask = |frames: &mut Vec<StoredFrame>| {
        let (answer, decoded) = bounded(1);
        let frames = std::mem::take(frames);
        let wanted =
            ordered.send(decoded).is_ok() && asked.send(DecodeTask { frames, answer }).is_ok();
        if wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let scanned = log.reader().scan(from, &mut |stored| {
        entries += stored.count();
        frames.push(stored.clone());
        if entries < PIECE_ENTRIES {
            return ControlFlow::Continue(());
        }
        entries = 0;
        ask(&mut frames)
    });
    // Also when the log is damaged further on: what is before it is applied first.
    if !frames.is_empty() {
        let _ = ask(&mut frames);
    }
    Ok(scanned?)
}

fn decode_all(from: Position, asks: &Receiver<DecodeTask>, empties: &Receiver<Decoded>) {
    for DecodeTask { frames, answer } in asks {
        let mut decoded = empties.try_recv().unwrap_or_default();
        let done = frames.iter().try_for_each(|stored| decode(stored, from, &mut decoded));
        // Whoever applies may have found an error before these frames.
        let _ = answer.send(done.map(|()| decoded));
    }
}

fn decode(stored: &StoredFrame, from: Position, decoded: &mut Decoded) -> Result<(), LogError> {
    let damaged = |position| move |source| LogError::Codec { position, source };
    let frame = FrameReader::new(stored.codec, &stored.shared).map_err(damaged(stored.base))?;
    for (position, payload) in stored.payloads().filter(|(position, _)| *position >= from) {
        // Each is made where it stays.
        let place = decoded.places.push_mut(EntryPlace::EMPTY);
        let read = place.read(&frame, position, payload, intent_key);
        read.map_err(damaged(position))?;
    }
    let (end, frame_bytes) = (decoded.places.len(), stored.frame_bytes());
    decoded.frames.push(DecodedFrame { frame, end, frame_bytes });
    Ok(())
}

fn apply_all(
    engine: &mut Engine,
    in_order: &Receiver<Receiver<Result<Decoded, LogError>>>,
    emptied: &Sender<Decoded>,
    visit: &mut dyn FnMut(&Engine, usize) -> ControlFlow<()>,
) -> Result<(), FoldError> {
    for decoded in in_order {
        // A decoder ends before its time only when it panics, and the scope panics with it.
        let Ok(decoded) = decoded.recv() else { break };
        let mut decoded = decoded?;
        let mut start = 0;
        for DecodedFrame { frame, end, frame_bytes } in &decoded.frames {
            for stretch in decoded.places[start..*end].chunks(PREFETCHED) {
                apply(engine, frame, stretch)?;
            }
            start = *end;
            if visit(engine, *frame_bytes).is_break() {
                return Ok(());
            }
        }
        decoded.frames.clear();
        decoded.places.clear();
        // Nobody takes it when all is read.
        let _ = emptied.try_send(decoded);
    }
    Ok(())
}

fn apply(
    engine: &mut Engine,
    frame: &FrameReader,
    places: &[EntryPlace],
) -> Result<(), ApplyError> {
    engine.prefetch_accounts(places.iter().filter_map(EntryPlace::parties).flatten());
    let mut header = Header::EMPTY;
    for place in places {
        let entry = place.borrow(frame, &mut header);
        engine.apply(&entry.expect("it was read from this frame"))?;
    }
    Ok(())
}
