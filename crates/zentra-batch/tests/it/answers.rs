//! Answers that are none, and the largest one.

use crate::samples::{ANSWER_HEX, unhex};
use zentra_batch::wire::{ITEMS_MAX, OutcomeV1, StateV1};
use zentra_batch::{BatchError, decode_answer, encode_answer};
use zentra_events::{Code, Position};

#[test]
fn bytes_that_are_no_answer_are_refused() {
    let golden = unhex(ANSWER_HEX);
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = golden.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let malformed = |error: &BatchError| matches!(error, BatchError::Malformed(_));
    type Check = Box<dyn Fn(&BatchError) -> bool>;
    let is = |expected: BatchError| -> Check { Box::new(move |error| *error == expected) };
    let rows: [(&str, Vec<u8>, Check); 9] = [
        ("nothing", Vec::new(), is(BatchError::Truncated)),
        ("another version", with(0, &[2, 0]), is(BatchError::Version(2))),
        ("a byte too many", [golden.as_slice(), &[0]].concat(), is(BatchError::Trailing(1))),
        ("fewer outcomes announced", with(2, &[4]), is(BatchError::Trailing(6))),
        ("more outcomes announced", with(2, &[6]), is(BatchError::Truncated)),
        ("a wild number of outcomes", with(2, &[0xff; 8]), is(BatchError::Length)),
        ("an unknown outcome", with(10, &[4]), Box::new(malformed)),
        ("an unknown state", with(34, &[7]), Box::new(malformed)),
        ("an unknown code", with(golden.len() - 2, &[0xff; 2]), Box::new(malformed)),
    ];
    for (name, bytes, is_expected) in rows {
        let error = decode_answer(&bytes).unwrap_err();
        assert!(is_expected(&error), "{name}: {error:?}");
    }
    for end in 0..golden.len() {
        assert_eq!(decode_answer(&golden[..end]), Err(BatchError::Truncated), "cut at {end}");
    }
}

#[test]
fn the_largest_answer_fits_what_is_reserved_for_it() {
    let largest = OutcomeV1::Replayed {
        position: Position(u64::MAX),
        state: StateV1::Rejected,
        code: Some(Code::InsufficientFunds),
    };
    let outcomes = vec![largest; ITEMS_MAX];
    let mut bytes = Vec::new();
    encode_answer(&outcomes, &mut bytes);
    assert_eq!(bytes.len(), 155_620);
    assert_eq!(decode_answer(&bytes).unwrap(), outcomes);
    // A buffer that is used again does not grow again.
    let before = (bytes.as_ptr(), bytes.capacity());
    bytes.clear();
    encode_answer(&outcomes, &mut bytes);
    assert_eq!((bytes.as_ptr(), bytes.capacity()), before);
}
