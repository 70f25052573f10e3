//! The bytes of version 1 are those of the samples, for ever.

use crate::samples::{ANSWER_HEX, BATCH_HEX, batch, outcomes, unhex};
use zentra_batch::wire::MEDIA_TYPE;
use zentra_batch::{BatchBuilder, decode_answer, decode_batch, encode_answer};

#[test]
fn a_batch_is_golden() {
    let batch = batch();
    let mut builder = BatchBuilder::new();
    for terms in &batch.terms {
        builder.terms(terms).unwrap();
    }
    for item in &batch.items {
        builder.push(item).unwrap();
    }
    assert_eq!(builder.finish(), unhex(BATCH_HEX));
    assert_eq!(decode_batch(&unhex(BATCH_HEX)).unwrap(), batch);
}

#[test]
fn an_answer_is_golden() {
    let mut bytes = b"before".to_vec();
    encode_answer(&outcomes(), &mut bytes);
    assert_eq!(bytes, [b"before".as_slice(), &unhex(ANSWER_HEX)].concat());
    assert_eq!(decode_answer(&unhex(ANSWER_HEX)).unwrap(), outcomes());
}

#[test]
fn the_media_type_is_golden() {
    assert_eq!(MEDIA_TYPE, "application/vnd.zentra.bincode");
}
