//! Logs with right sums and made-up facts: an entry that does not follow is an error, and a state
//! that was reached can be written and read.

use crate::pieces::Pieces;
use crate::snapshot::KEY;
use bytes::Bytes;
use zentra_engine::Engine;
use zentra_engine::snapshot::{encode, read};
use zentra_events::Position;
use zentra_events::frame::FrameReader;

/// The codec's number, the shared bytes, then the payloads from the log's first position on.
pub fn check(data: &[u8]) -> bool {
    let Some((codec, rest)) = data.split_first() else { return false };
    let mut pieces = Pieces(rest);
    let shared = pieces.next().unwrap_or_default();
    let Ok(frame) = FrameReader::new(*codec, shared) else { return false };
    let mut engine = Engine::new(0);
    for (payload, position) in pieces.zip(0..) {
        let Ok(entry) = frame.entry(Position(position), payload) else { return false };
        let applied = engine.apply(&entry.borrow());
        // An engine that refused an entry is not used any more.
        if applied.is_err() {
            return false;
        }
    }
    if engine.index(1).is_err() {
        return false;
    }
    let digests = engine.digests();
    let written = Bytes::from(encode(&mut engine, [9; 32], &KEY));
    let again = read(&written, &KEY).expect("what was written reads");
    let again = again.into_engine().expect("what encodes decodes");
    assert_eq!(again.digests(), digests, "the same state");
    true
}
