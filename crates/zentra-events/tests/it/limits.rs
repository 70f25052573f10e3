//! What can be written can be read: one limit for both, over all that a frame holds.

use crate::golden_frame::{golden_repeats, keyed};
use std::sync::Arc;
use zentra_events::codec::{CODEC, CodecError};
use zentra_events::event::{CandidateV1, IntentAcceptedV1};
use zentra_events::frame::FrameReader;
use zentra_events::frame_builder::FrameBuilder;
use zentra_events::limits::{ENTRY_BYTES_MAX, FRAME_BYTES_MAX};
use zentra_events::{Entry, Event, SettledTerms, SettledTransfer};

/// Terms of a thousand candidates with names of 128 bytes: far more than commands lead to.
fn wide_terms(number: usize) -> SettledTerms {
    let candidate = |at: usize| CandidateV1 {
        route: format!("{number:04}{at:04}").repeat(16),
        refused_because: Some("lower priority".into()),
    };
    SettledTerms {
        candidates: (0..1_023).map(candidate).collect(),
        ..SettledTerms::clone(&keyed().settled().unwrap().terms)
    }
}

/// The entry, with other terms.
fn with_terms(entry: &Entry, terms: SettledTerms) -> Entry {
    let transfer = entry.settled().unwrap().clone();
    Entry::of_settled(entry.header, SettledTransfer { terms: Arc::new(terms), ..transfer })
}

#[test]
fn a_frame_is_known_to_be_too_large_before_it_is_finished() {
    let mut builder = FrameBuilder::default();
    let mut number = 0;
    while builder.frame_bytes() <= FRAME_BYTES_MAX {
        number += 1;
        builder.entry(&with_terms(&keyed(), wide_terms(number)).borrow()).unwrap();
    }
    let refused = builder.finish();
    assert!(matches!(refused, Err(CodecError::TooLarge { limit: FRAME_BYTES_MAX, .. })));

    let mut builder = FrameBuilder::default();
    for number in 1..number {
        builder.entry(&with_terms(&keyed(), wide_terms(number)).borrow()).unwrap();
    }
    let frame = builder.finish().unwrap();
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let start = frame.ends.len().checked_sub(2).map_or(0, |at| frame.ends[at] as usize);
    let last = reader.entry(keyed().header.position, &frame.payloads[start..]).unwrap();
    assert_eq!(last.settled().unwrap().terms, Arc::new(wide_terms(number - 1)));
}

fn with_metadata(bytes: usize) -> Entry {
    let [mut entry, _] = golden_repeats();
    if let Event::IntentAccepted(IntentAcceptedV1 { details: Some(details), .. }) =
        &mut entry.events_mut()[0].event
    {
        details.metadata = vec![("k".into(), "v".repeat(bytes))];
    }
    entry
}

#[test]
fn what_entries_repeat_is_stored_once() {
    let entry = with_metadata(21_000);
    let mut builder = FrameBuilder::default();
    let mut whole = 0;
    for _ in 0..256 {
        whole += builder.entry(&entry.borrow()).unwrap();
    }
    let stored = builder.frame_bytes();
    assert!(whole > 256 * 21_000, "{whole}");
    assert!(stored < 21_000 + 256 * 220, "{stored}");
    let frame = builder.finish().unwrap();
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let mut start = 0;
    for end in frame.ends {
        let read = reader.entry(entry.header.position, &frame.payloads[start..end as usize]);
        assert_eq!(read.unwrap(), entry);
        start = end as usize;
    }
}

#[test]
fn an_entry_that_is_too_large_is_not_written_and_none_is_read() {
    let large = with_metadata(ENTRY_BYTES_MAX);
    let refused = FrameBuilder::default().entry(&large.borrow());
    assert!(matches!(refused, Err(CodecError::TooLarge { limit: ENTRY_BYTES_MAX, .. })));

    // A few bytes that name a large piece many times.
    let mut entry = with_metadata(ENTRY_BYTES_MAX / 2);
    let mut builder = FrameBuilder::default();
    assert!(builder.entry(&entry.borrow()).unwrap() > ENTRY_BYTES_MAX / 2);
    let frame = builder.finish().unwrap();
    let one = entry.events_mut().swap_remove(0);
    entry.events_mut().clear();
    let mut empty = FrameBuilder::default();
    assert!(empty.entry(&entry.borrow()).unwrap() < 100);
    let mut payload = empty.finish().unwrap().payloads;
    *payload.last_mut().unwrap() = 3;
    let (head, of_two) = (payload.len(), &frame.payloads);
    let accepted = event_bytes(of_two, head, &one.event);
    payload.extend(accepted.repeat(3));
    let reader = FrameReader::new(CODEC, &frame.shared).unwrap();
    let read = reader.entry(entry.header.position, &payload).unwrap_err();
    assert!(read.to_string().contains("too large"), "{read}");
    *payload.get_mut(head - 1).unwrap() = 1;
    payload.truncate(head + accepted.len());
    assert_eq!(reader.entry(entry.header.position, &payload).unwrap().events(), [one]);
}

/// The bytes of the first event of a payload, whose lists are a piece.
fn event_bytes<'a>(payload: &'a [u8], head: usize, event: &Event) -> &'a [u8] {
    // Tag, an absent `prev` or one in so many bytes, piece 1, then two lengths.
    let rest = &payload[head..];
    assert_eq!(u16::from(rest[0]), event.tag());
    let at = rest.iter().position(|byte| *byte == 1).unwrap_or_default();
    for at in at..rest.len() - 2 {
        if rest[at] == 1 && rest[at + 2] == 0 {
            let end = at + 3 + usize::from(rest[at + 1]);
            return &rest[..end];
        }
    }
    panic!("no event with a piece")
}

#[test]
fn a_piece_that_is_not_there_is_refused() {
    let entry = with_metadata(100);
    let mut builder = FrameBuilder::default();
    assert!(builder.entry(&entry.borrow()).unwrap() > 100);
    let frame = builder.finish().unwrap();
    // The same payload, with the shared part of a frame without pieces.
    let mut plain = FrameBuilder::default();
    plain.entry(&keyed().borrow()).unwrap();
    let shared = plain.finish().unwrap().shared;
    let reader = FrameReader::new(CODEC, &shared).unwrap();
    let refused = reader.entry(entry.header.position, &frame.payloads).unwrap_err();
    assert!(refused.to_string().contains("no piece"), "{refused}");
}
