//! Snapshots: an error or an engine, and an engine's snapshot reads back as itself.

use crate::decided::engine;
use crate::pieces::Pieces;
use bytes::Bytes;
use std::sync::LazyLock;
use zentra_engine::snapshot::{Snapshot, encode, read};
use zentra_events::Position;

/// The key that snapshots are written with here.
pub(crate) const KEY: [u8; 32] = [3; 32];

/// The names of the projections, in their order.
static SECTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let written = Bytes::from(encode(&mut engine(), [0; 32], &KEY));
    let snapshot = read(&written, &KEY).expect("what was written reads");
    snapshot.sections.into_iter().map(|(name, ..)| name).collect()
});

/// Whole bytes, whose sums are nearly never right; or one piece a projection, as if they were.
pub fn check(data: &[u8]) -> bool {
    let Some((kind, rest)) = data.split_first() else { return false };
    if kind % 2 == 0 {
        return read(&Bytes::copy_from_slice(rest), &KEY).is_ok_and(settle);
    }
    let Some((next, rest)) = rest.split_first_chunk::<8>() else { return false };
    let pieces = Pieces(rest).map(Bytes::copy_from_slice);
    let sections = SECTIONS.iter().zip(pieces);
    settle(Snapshot {
        partition: 0,
        next: Position(u64::from_le_bytes(*next) >> 1),
        chain: [0; 32],
        sections: sections.map(|(name, bytes)| (name.clone(), [0; 32], bytes)).collect(),
    })
}

fn settle(snapshot: Snapshot) -> bool {
    let Ok(mut engine) = snapshot.into_engine() else { return false };
    let written = Bytes::from(encode(&mut engine, [9; 32], &KEY));
    let again = read(&written, &KEY).expect("what was written reads");
    let mut again = again.into_engine().expect("what encodes decodes");
    assert_eq!(encode(&mut again, [9; 32], &KEY), written, "the same state is the same bytes");
    true
}
