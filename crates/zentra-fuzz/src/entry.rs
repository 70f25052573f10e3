//! Entries: what reads is written to the same and back, and shows as JSON.

use crate::pieces::Pieces;
use zentra_events::codec::CODEC;
use zentra_events::frame::decode_entry;
use zentra_events::frame_builder::frame_of;
use zentra_events::{AccountNo, ActorNo, Names, Position, ScopeNo};
use zentra_evidence::render_leaf;

/// Everything has a name.
struct AnyName;

impl Names for AnyName {
    fn scope(&self, _: ScopeNo) -> Option<String> {
        Some("scope".into())
    }
    fn actor(&self, _: ActorNo) -> Option<String> {
        Some("actor".into())
    }
    fn account(&self, _: AccountNo) -> Option<String> {
        Some("account".into())
    }
}

/// A position, then the shared bytes and one payload.
pub fn check(data: &[u8]) -> bool {
    let Some((position, rest)) = data.split_first_chunk::<8>() else { return false };
    let position = Position(u64::from_le_bytes(*position) >> 1);
    let mut pieces = Pieces(rest);
    let (Some(shared), Some(payload)) = (pieces.next(), pieces.next()) else { return false };
    let Ok(entry) = decode_entry(CODEC, position, shared, payload) else { return false };
    let frame = frame_of([&entry]).expect("an entry that was read can be written");
    let again = decode_entry(CODEC, position, &frame.shared, &frame.payloads);
    assert_eq!(again.ok().as_ref(), Some(&entry), "what encodes decodes");
    crate::frame::rewrite(std::slice::from_ref(&entry));
    for recorded in entry.events() {
        serde_json::to_string(&recorded.event).expect("an event shows as JSON");
    }
    // An error is an answer too, e.g. for a number that JSON does not hold exactly.
    if let Ok(leaf) = render_leaf(&entry, &[7; 32], &AnyName) {
        let leaf: serde_json::Value = serde_json::from_str(&leaf).expect("a leaf is JSON");
        assert_eq!(leaf["position"], position.get(), "{leaf}");
    }
    true
}
