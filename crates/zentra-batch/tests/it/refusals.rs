//! One row for each way in which bytes are no batch, and what a builder does not take.

use crate::samples::{BATCH_HEX, batch, bincoded, unhex};
use zentra_batch::wire::{AccountV1, BATCH_BYTES_MAX, ITEMS_MAX, TERMS_MAX};
use zentra_batch::{BatchBuilder, BatchError, decode_batch};
use zentra_events::limits::{METADATA_PAIRS_MAX, METADATA_VALUE_BYTES_MAX, NAME_BYTES_MAX};

/// Where a field of the golden batch starts.
const TERMS_COUNT_AT: usize = 2;
const CURRENCY_AT: usize = 10;
const CAPTURE_AT: usize = 33;
const EFFECTIVE_AT: usize = 34;
const METADATA_COUNT_AT: usize = 35;
const ITEMS_COUNT_AT: usize = 99;
const INTENT_ID_AT: usize = 107;
const SOURCE_AT: usize = 134;
const LINKED_AT: usize = 159;

/// The golden batch with other bytes at a place.
fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut changed = unhex(BATCH_HEX);
    changed[at..at + bytes.len()].copy_from_slice(bytes);
    changed
}

/// The sample batch with this many terms and items, each a copy of the first.
fn sized(terms: usize, items: usize) -> Vec<u8> {
    let mut batch = batch();
    batch.terms = vec![batch.terms[0].clone(); terms];
    batch.items = vec![batch.items[0]; items];
    bincoded(&batch)
}

#[test]
fn bytes_that_are_no_batch_are_refused() {
    let golden = unhex(BATCH_HEX);
    let mut stray = batch();
    stray.items[1].terms = 2;
    let mut version = batch();
    version.version = 2;
    let wild = [0xff; 8];
    let large = (BATCH_BYTES_MAX as u64 / 4).to_le_bytes();
    use BatchError as E;
    let rows: Vec<(&str, Vec<u8>, BatchError)> = vec![
        ("nothing", Vec::new(), E::Truncated),
        ("version 2", bincoded(&version), E::Version(2)),
        ("version 0 and nothing else", vec![0, 0], E::Version(0)),
        ("a byte too many", [golden.as_slice(), &[0]].concat(), E::Trailing(1)),
        ("a batch twice", [golden.as_slice(), &golden].concat(), E::Trailing(golden.len())),
        ("too many bytes", [golden.as_slice(), &vec![0; BATCH_BYTES_MAX]].concat(), {
            E::Bytes(golden.len() + BATCH_BYTES_MAX)
        }),
        ("no items", sized(1, 0), E::Items(0)),
        ("one item too many", sized(1, ITEMS_MAX + 1), E::Items(ITEMS_MAX + 1)),
        ("terms too many", sized(TERMS_MAX + 1, 1), E::Terms(TERMS_MAX + 1)),
        ("no terms", sized(0, 1), E::NoTerms { item: 0, terms: 0 }),
        ("unknown terms", bincoded(&stray), E::NoTerms { item: 1, terms: 2 }),
        ("a wild number of terms", with(TERMS_COUNT_AT, &wild), E::Length),
        ("a large number of terms", with(TERMS_COUNT_AT, &large), E::Length),
        ("a wild text", with(CURRENCY_AT, &wild), E::Length),
        ("a wild number of pairs", with(METADATA_COUNT_AT, &wild), E::Length),
        ("a wild number of items", with(ITEMS_COUNT_AT, &wild), E::Length),
        ("a large number of items", with(ITEMS_COUNT_AT, &large), E::Length),
        ("an item too many announced", with(ITEMS_COUNT_AT, &[3]), E::Truncated),
        ("a text that is too long", with(INTENT_ID_AT, &[0, 1]), E::Truncated),
        ("not UTF-8", with(INTENT_ID_AT + 8, &[0xff]), E::Text),
        ("UTF-8 that is cut", with(INTENT_ID_AT + 10, &[0xc3]), E::Text),
    ];
    for (name, bytes, expected) in rows {
        assert_eq!(decode_batch(&bytes), Err(expected), "{name}");
    }
}

#[test]
fn values_that_a_field_cannot_have_are_refused() {
    for (name, at) in [
        ("a capture that is neither", CAPTURE_AT),
        ("an option that is neither", EFFECTIVE_AT),
        ("an account that is neither", SOURCE_AT),
        ("a link that is neither", LINKED_AT),
    ] {
        let error = decode_batch(&with(at, &[2])).unwrap_err();
        assert!(matches!(error, BatchError::Malformed(_)), "{name}: {error:?}");
    }
}

#[test]
fn a_batch_that_is_cut_anywhere_is_refused() {
    let golden = unhex(BATCH_HEX);
    for end in 0..golden.len() {
        assert_eq!(decode_batch(&golden[..end]), Err(BatchError::Truncated), "cut at {end}");
    }
}

/// With the longest names and the most metadata that the contract allows, far below the limit of
/// bytes: no batch that could be taken is refused for its size in memory.
#[test]
fn the_largest_batch_of_the_contract_is_taken() {
    let (name, value) = ("n".repeat(NAME_BYTES_MAX), "v".repeat(METADATA_VALUE_BYTES_MAX));
    let mut batch = batch();
    let (mut terms, mut item) = (batch.terms[1].clone(), batch.items[0]);
    terms.corridor = &name;
    terms.metadata = vec![(&name, &value); METADATA_PAIRS_MAX];
    item.intent_id = &name;
    (item.source, item.destination) = (AccountV1::Code(&name), AccountV1::Code(&name));
    batch.terms = vec![terms; TERMS_MAX];
    batch.items = vec![item; ITEMS_MAX];
    let bytes = bincoded(&batch);
    assert!(bytes.len() < BATCH_BYTES_MAX * 2 / 3, "{}", bytes.len());
    assert_eq!(decode_batch(&bytes), Ok(batch));
}

#[test]
fn a_builder_takes_no_more_than_a_batch_has() {
    let batch = batch();
    let (terms, mut item) = (&batch.terms[0], batch.items[0]);
    let mut builder = BatchBuilder::new();
    let nothing = builder.push(&item);
    assert_eq!(nothing, Err(BatchError::NoTerms { item: 0, terms: 0 }));
    assert!(builder.is_empty());
    for index in 0..TERMS_MAX {
        assert_eq!(builder.terms(terms).map(usize::from), Ok(index));
    }
    assert_eq!(builder.terms(terms), Err(BatchError::Terms(TERMS_MAX + 1)));
    for _ in 0..ITEMS_MAX {
        builder.push(&item).unwrap();
    }
    assert_eq!(builder.push(&item), Err(BatchError::Items(ITEMS_MAX + 1)));
    assert_eq!(builder.len(), ITEMS_MAX);
    let bytes = builder.finish();
    assert_eq!(bytes, sized(TERMS_MAX, ITEMS_MAX), "what was refused left nothing");
    // The builder starts anew: the terms of the batch before are gone.
    assert!(builder.is_empty());
    item.terms = 1;
    builder.terms(terms).unwrap();
    assert_eq!(builder.push(&item), Err(BatchError::NoTerms { item: 0, terms: 1 }));
}

#[test]
fn a_builder_takes_no_more_bytes_than_a_batch_has() {
    let batch = batch();
    let mut builder = BatchBuilder::new();
    let mut terms = batch.terms[0].clone();
    let long = "x".repeat(BATCH_BYTES_MAX);
    terms.corridor = &long;
    assert!(matches!(builder.terms(&terms), Err(BatchError::Bytes(_))));
    builder.terms(&batch.terms[0]).unwrap();
    let mut item = batch.items[0];
    builder.push(&item).unwrap();
    let id = "i".repeat(BATCH_BYTES_MAX / 2);
    item.intent_id = &id;
    builder.push(&item).unwrap();
    assert!(matches!(builder.push(&item), Err(BatchError::Bytes(_))));
    assert_eq!(builder.len(), 2);
    let bytes = builder.finish();
    let decoded = decode_batch(&bytes).unwrap();
    assert_eq!(decoded.terms, batch.terms[..1]);
    assert_eq!(decoded.items, [batch.items[0], item]);
}

#[test]
fn every_error_says_what_to_do() {
    for error in [
        BatchError::Version(2),
        BatchError::Bytes(1),
        BatchError::Truncated,
        BatchError::Length,
        BatchError::Text,
        BatchError::Malformed("x".into()),
        BatchError::Trailing(1),
        BatchError::Items(0),
        BatchError::Terms(300),
        BatchError::NoTerms { item: 3, terms: 9 },
    ] {
        assert!(error.to_string().contains("; "), "{error}: names the fault, then what to do");
    }
}
