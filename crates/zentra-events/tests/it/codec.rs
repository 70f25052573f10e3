//! The frame codec's own rules: what is shared, what is refused.

use crate::samples::samples;
use zentra_events::codec::{CODEC, CodecError};
use zentra_events::event::KeyRevokedV1;
use zentra_events::frame::{FrameReader, decode_entry};
use zentra_events::frame_builder::frame_of;
use zentra_events::limits::EVENTS_PER_ENTRY_MAX;
use zentra_events::{Entry, KeyId, Position, Recorded, Timestamp};

#[test]
fn all_samples_round_trip_in_one_frame() {
    let entries = numbered();
    let frame = frame_of(&entries).unwrap();
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let mut start = 0;
    for (entry, end) in entries.iter().zip(&frame.ends) {
        let payload = &frame.payloads[start..*end as usize];
        assert_eq!(reader.entry(entry.header.position, payload).unwrap(), *entry);
        start = *end as usize;
    }
    assert_eq!(start, frame.payloads.len());
    assert_eq!(frame.ends.len(), entries.len());
}

#[test]
fn a_shared_context_is_written_once() {
    let entries = numbered();
    let one = frame_of([&entries[0]]).unwrap();
    let two = frame_of([&entries[0], &entries[0]]).unwrap();
    assert_eq!(one.shared, two.shared);
}

#[test]
fn an_entry_that_does_not_follow_in_time_still_round_trips() {
    let mut entries = numbered();
    entries[1].header.recorded_at = Timestamp(1);
    let frame = frame_of(&entries[..2]).unwrap();
    let payload = &frame.payloads[frame.ends[0] as usize..];
    let position = entries[1].header.position;
    assert_eq!(decode_entry(CODEC, position, &frame.shared, payload).unwrap(), entries[1]);
}

#[test]
fn refusals() {
    let entry = &numbered()[0];
    let frame = frame_of([entry]).unwrap();
    let with = |bytes: &[u8]| [bytes, &[0]].concat();
    let without = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let at_tag = head_bytes(entry);
    let changed = |at: usize, byte: u8| {
        let mut payload = frame.payloads.clone();
        payload[at] = byte;
        payload
    };
    let (no_context, many) = (changed(1, 1), changed(at_tag - 1, 250));
    let (no_kind, unknown_tag) = (changed(0, 9), changed(at_tag, 250));
    let table = [
        ("codec", 2, frame.shared.clone(), frame.payloads.clone(), "codec 2 is unknown"),
        ("codec 0", 0, frame.shared.clone(), frame.payloads.clone(), "codec 0 is unknown"),
        ("shared + 1", CODEC, with(&frame.shared), frame.payloads.clone(), "after the shared"),
        ("shared - 1", CODEC, without(&frame.shared), frame.payloads.clone(), "do not decode"),
        ("payload + 1", CODEC, frame.shared.clone(), with(&frame.payloads), "after the last event"),
        ("payload - 1", CODEC, frame.shared.clone(), without(&frame.payloads), "do not decode"),
        ("kind", CODEC, frame.shared.clone(), no_kind, "no known kind"),
        ("context", CODEC, frame.shared.clone(), no_context, "names no context"),
        ("tag", CODEC, frame.shared.clone(), unknown_tag, "unknown event tag"),
        ("count", CODEC, frame.shared.clone(), many, "counts more events"),
    ];
    for (what, codec, shared, payload, says) in table {
        let error = decode_entry(codec, entry.header.position, &shared, &payload).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(says), "{what}: {text}");
    }
}

#[test]
fn a_frame_needs_an_entry_and_an_entry_has_a_bound() {
    assert!(matches!(frame_of([]), Err(CodecError::Inconsistent(_))));
    let mut entry = numbered().remove(0);
    let event = KeyRevokedV1 { key: KeyId::at(0, Position(1), 0) };
    let recorded = Recorded { prev: None, event: event.into() };
    *entry.events_mut() = vec![recorded.clone(); EVENTS_PER_ENTRY_MAX];
    let frame = frame_of([&entry]).unwrap();
    let position = entry.header.position;
    assert_eq!(decode_entry(CODEC, position, &frame.shared, &frame.payloads).unwrap(), entry);
    entry.events_mut().push(recorded);
    assert!(matches!(frame_of([&entry]), Err(CodecError::Inconsistent(_))));
}

fn numbered() -> Vec<Entry> {
    let numbered = samples().into_iter().enumerate().map(|(index, sample)| {
        let mut entry = sample.entry;
        entry.header.position = Position(1_000 + index as u64);
        entry.header.recorded_at.0 += index as u64;
        entry
    });
    numbered.collect()
}

/// Bytes before the first event: those of the entry without events.
fn head_bytes(entry: &Entry) -> usize {
    let without = Entry::of_events(entry.header, Vec::new());
    let head = frame_of([&without]).unwrap().payloads;
    assert_eq!(head.last(), Some(&0), "it ends with the number of events");
    head.len()
}
