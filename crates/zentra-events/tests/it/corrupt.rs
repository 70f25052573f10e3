//! Damaged bytes are refused or read as something else; they never panic and never ask for more
//! memory than the codec's limit.

use crate::entries::entries;
use crate::samples::samples;
use proptest::prelude::*;
use zentra_events::codec::CODEC;
use zentra_events::frame::decode_entry;
use zentra_events::frame_builder::frame_of;
use zentra_events::{Entry, Position};

proptest! {
    #[test]
    fn random_bytes_never_panic(
        shared in proptest::collection::vec(any::<u8>(), 0..200),
        payload in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let _ = decode_entry(CODEC, Position(1), &shared, &payload);
    }

    #[test]
    fn random_payloads_of_a_sound_frame_never_panic(
        index in any::<prop::sample::Index>(),
        tail in proptest::collection::vec(any::<u8>(), 0..600),
        keep in any::<prop::sample::Index>(),
    ) {
        let samples = samples();
        let entry = &samples[index.index(samples.len())].entry;
        let frame = frame_of([entry]).unwrap();
        let kept = keep.index(frame.payloads.len() + 1);
        let payload = [&frame.payloads[..kept], &tail].concat();
        let _ = decode_entry(CODEC, Position(1_000), &frame.shared, &payload);
    }

    #[test]
    fn flipped_bits_never_panic_and_what_decodes_encodes_again(
        entries in entries(),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let frame = frame_of(&entries[..1]).unwrap();
        let mut payload = frame.payloads.clone();
        let at = at.index(payload.len());
        payload[at] ^= 1 << bit;
        if let Ok(entry) = decode_entry(CODEC, Position(500), &frame.shared, &payload) {
            prop_assert_ne!(&entry, &entries[0], "one change of bytes reads as no change");
            let again = frame_of([&entry]).unwrap();
            prop_assert_eq!(decode(&again.shared, &again.payloads), entry);
        }
    }

    #[test]
    fn a_cut_payload_is_refused(entries in entries(), at in any::<prop::sample::Index>()) {
        let frame = frame_of(&entries[..1]).unwrap();
        let cut = &frame.payloads[..at.index(frame.payloads.len())];
        prop_assert!(decode_entry(CODEC, Position(500), &frame.shared, cut).is_err());
    }
}

#[test]
fn every_length_that_lies_is_refused() {
    for sample in samples() {
        let frame = frame_of([&sample.entry]).unwrap();
        for at in 0..frame.payloads.len().saturating_sub(8) {
            let mut payload = frame.payloads.clone();
            payload[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
            let _ = decode_entry(CODEC, Position(1_000), &frame.shared, &payload);
        }
        let shared = many_contexts(&frame.shared);
        let refused = decode_entry(CODEC, Position(1_000), &shared, &frame.payloads);
        assert!(refused.is_err(), "{}", sample.name);
    }
}

/// The shared bytes of a frame with one context, saying that they hold as many as can be said.
pub(crate) fn many_contexts(shared: &[u8]) -> Vec<u8> {
    let mut at = 0;
    for _base in 0..3 {
        at += match shared[at] {
            251 => 3,
            252 => 5,
            253 => 9,
            _ => 1,
        };
    }
    [&shared[..at], &[253], &[0xff; 8], &shared[at + 1..]].concat()
}

fn decode(shared: &[u8], payload: &[u8]) -> Entry {
    decode_entry(CODEC, Position(500), shared, payload).unwrap()
}
