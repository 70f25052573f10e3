//! Folding the log into an engine: one thread reads, checks and decodes, the other applies.
//!
//! Owns the step between them. Used at start, for snapshots and for `zentra rebuild`. Must not
//! write anything.

use crate::log_access::{LogAccess, LogError};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::ops::ControlFlow;
use zentra_engine::{ApplyError, Engine};
use zentra_events::codec::{AnyFrame, CodecError, Item};
use zentra_events::frame::BareRun;
use zentra_events::{Entry, Position};
use zentra_ledger::key_table::{Key, intent_key};
use zentra_store::StoredFrame;

/// Frames that wait between the threads.
const FRAMES_MAX: usize = 16;

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

/// A frame on its way from one thread to the other.
struct Prepared {
    decoder: AnyFrame,
    items: Vec<PreparedItem>,
    frame_bytes: usize,
}

#[expect(clippy::large_enum_variant, reason = "nearly all are runs, and a box each would cost")]
enum PreparedItem {
    Entry(Box<Entry>),
    Run(Key, BareRun),
}

/// Applies the durable frames from the engine's next position on, which is where a frame begins.
/// After each frame the visitor is told its bytes on the disk, and may end the fold.
///
/// # Errors
/// When the log cannot be read, or an entry does not follow from those before it.
///
/// # Panics
/// When an entry breaks an invariant, or the system gives no thread.
pub fn fold(
    log: &LogAccess,
    engine: &mut Engine,
    visit: &mut dyn FnMut(&Engine, usize) -> ControlFlow<()>,
) -> Result<(), FoldError> {
    let from = engine.next_position();
    let (sender, frames) = bounded(FRAMES_MAX);
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().name("log-reader".into());
        let reading = reader.spawn_scoped(scope, move || read(log, from, &sender));
        let reading = reading.expect("the system gives a thread");
        let applied = apply_all(engine, &frames, visit);
        // A reader that waits for room is let go.
        drop(frames);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        applied?;
        Ok(read?)
    })
}

fn read(log: &LogAccess, from: Position, frames: &Sender<Prepared>) -> Result<(), LogError> {
    let mut failed = None;
    log.reader().scan(from, &mut |frame| match prepare(frame, from) {
        Ok(prepared) => match frames.send(prepared) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        },
        Err((position, source)) => {
            failed = Some(LogError::Codec { position, source });
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(()), Err)
}

fn prepare(frame: &StoredFrame, from: Position) -> Result<Prepared, (Position, CodecError)> {
    let decoder = AnyFrame::new(frame.codec, frame.base, &frame.shared)
        .map_err(|source| (frame.base, source))?;
    let mut items = Vec::with_capacity(frame.count());
    for (position, payload) in frame.payloads() {
        if position < from {
            continue;
        }
        let item = decoder.item(position, payload).map_err(|source| (position, source))?;
        items.push(match item {
            Item::Entry(entry) => PreparedItem::Entry(Box::new(entry)),
            Item::Run(run) => {
                let borrowed = run.borrow();
                let key = intent_key(borrowed.header.scope, borrowed.intent_id);
                PreparedItem::Run(key, run.bare())
            }
        });
    }
    Ok(Prepared { decoder, items, frame_bytes: frame.frame_bytes() })
}

fn apply_all(
    engine: &mut Engine,
    frames: &Receiver<Prepared>,
    visit: &mut dyn FnMut(&Engine, usize) -> ControlFlow<()>,
) -> Result<(), ApplyError> {
    for Prepared { decoder, items, frame_bytes } in frames {
        engine.warm(items.iter().filter_map(|item| match item {
            PreparedItem::Run(key, run) => Some((key, run.body().source, run.body().destination)),
            PreparedItem::Entry(_) => None,
        }));
        for item in &items {
            match (item, &decoder) {
                (PreparedItem::Entry(entry), _) => engine.apply(entry)?,
                (PreparedItem::Run(key, run), AnyFrame::Two(frame)) => {
                    let run = run.borrow(frame, "").expect("the run was read from this frame");
                    engine.apply_run(&run, key)?;
                }
                (PreparedItem::Run(..), AnyFrame::One(_)) => unreachable!("codec 1 has no runs"),
            }
        }
        if visit(engine, frame_bytes).is_break() {
            break;
        }
    }
    Ok(())
}
