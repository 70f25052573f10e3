//! The frame codec's own rules: what is shared, what is refused.

use crate::samples::samples;
use zentra_events::codec::{CODEC, CodecError, FrameDecoder, decode_entry, encode_frame};
use zentra_events::event::KeyRevokedV1;
use zentra_events::limits::EVENTS_PER_ENTRY_MAX;
use zentra_events::{Entry, KeyId, Position, Recorded, Timestamp};

#[test]
fn all_samples_round_trip_in_one_frame() {
    let entries = numbered();
    let frame = encode_frame(&entries).unwrap();
    let base = entries[0].header.position;
    let decoder = FrameDecoder::new(CODEC, base, &frame.shared).unwrap();
    let mut start = 0;
    for (entry, end) in entries.iter().zip(&frame.ends) {
        let payload = &frame.payloads[start..*end as usize];
        assert_eq!(decoder.entry(entry.header.position, payload).unwrap(), *entry);
        start = *end as usize;
    }
    assert_eq!(start, frame.payloads.len());
    assert_eq!(frame.ends.len(), entries.len());
}

#[test]
fn a_shared_context_is_written_once() {
    let entries = numbered();
    let one = encode_frame([&entries[0]]).unwrap();
    let all = encode_frame(&entries).unwrap();
    assert_eq!(one.shared, all.shared);
}

#[test]
fn an_entry_that_does_not_follow_in_time_still_round_trips() {
    let mut entries = numbered();
    entries[1].header.recorded_at = Timestamp(1);
    let frame = encode_frame(&entries[..2]).unwrap();
    let payload = &frame.payloads[frame.ends[0] as usize..];
    let position = entries[1].header.position;
    assert_eq!(decode_entry(CODEC, position, &frame.shared, payload).unwrap(), entries[1]);
}

#[test]
fn refusals() {
    let entry = &numbered()[0];
    let frame = encode_frame([entry]).unwrap();
    let with = |bytes: &[u8]| [bytes, &[0]].concat();
    let without = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let mut no_context = frame.payloads.clone();
    no_context[0] = 1;
    let mut unknown_tag = frame.payloads.clone();
    let tag_at = tag_offset(&frame.payloads, entry);
    unknown_tag[tag_at..tag_at + 2].copy_from_slice(&9_999_u16.to_le_bytes());
    let mut many = frame.payloads.clone();
    many[tag_at - 2..tag_at].copy_from_slice(&u16::MAX.to_le_bytes());
    let table = [
        ("codec", 4, frame.shared.clone(), frame.payloads.clone(), "codec 4 is unknown"),
        ("codec 0", 0, frame.shared.clone(), frame.payloads.clone(), "codec 0 is unknown"),
        ("shared + 1", CODEC, with(&frame.shared), frame.payloads.clone(), "after the shared"),
        ("shared - 1", CODEC, without(&frame.shared), frame.payloads.clone(), "do not decode"),
        ("payload + 1", CODEC, frame.shared.clone(), with(&frame.payloads), "after the last event"),
        ("payload - 1", CODEC, frame.shared.clone(), without(&frame.payloads), "do not decode"),
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
fn a_position_before_the_frame_is_refused() {
    let entry = &numbered()[0];
    let frame = encode_frame([entry]).unwrap();
    let decoder = FrameDecoder::new(CODEC, Position(1_000), &frame.shared).unwrap();
    let refused = decoder.entry(Position(999), &frame.payloads);
    assert!(matches!(refused, Err(CodecError::Inconsistent(_))));
}

#[test]
fn a_frame_needs_an_entry_and_an_entry_has_a_bound() {
    assert!(matches!(encode_frame([]), Err(CodecError::Inconsistent(_))));
    let mut entry = numbered().remove(0);
    let event = KeyRevokedV1 { key: KeyId::at(0, Position(1), 0) };
    let recorded = Recorded { prev: None, event: event.into() };
    entry.events = vec![recorded; EVENTS_PER_ENTRY_MAX];
    let frame = encode_frame([&entry]).unwrap();
    let position = entry.header.position;
    assert_eq!(decode_entry(CODEC, position, &frame.shared, &frame.payloads).unwrap(), entry);
    entry.events.push(entry.events[0].clone());
    assert!(matches!(encode_frame([&entry]), Err(CodecError::Inconsistent(_))));
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

fn tag_offset(payload: &[u8], entry: &Entry) -> usize {
    let tag = entry.events[0].event.tag().to_le_bytes();
    let head = 2 + 8 + 8 + 9 + 33 + 2;
    assert_eq!(payload[head..head + 2], tag, "the head has every optional field");
    head
}
