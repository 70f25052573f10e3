//! Batches in their compact form, written with the product's own library: attacks are about what is
//! in them.

use crate::support::http::Client;
use serde_json::Value;
use zentra_batch::wire::{AccountV1, ItemV1, MEDIA_TYPE, OutcomeV1, TermsV1};
use zentra_batch::{BatchBuilder, decode_answer};

/// Terms with a currency and nothing else.
pub(crate) fn terms(currency: &str) -> TermsV1<'_> {
    TermsV1 {
        currency,
        corridor: "default",
        manual_capture: false,
        effective_at_ns: None,
        metadata: Vec::new(),
    }
}

/// An item of the first terms, by itself.
pub(crate) fn item<'a>(
    intent_id: &'a str,
    minor_units: u128,
    source: &'a str,
    destination: &'a str,
) -> ItemV1<'a> {
    let (source, destination) = (AccountV1::Code(source), AccountV1::Code(destination));
    ItemV1 { intent_id, minor_units, source, destination, terms: 0, linked: false }
}

/// The bytes of a batch.
pub(crate) fn bytes(terms: &[TermsV1<'_>], items: &[ItemV1<'_>]) -> Vec<u8> {
    let mut batch = BatchBuilder::new();
    for terms in terms {
        batch.terms(terms).unwrap();
    }
    for item in items {
        batch.push(item).unwrap();
    }
    batch.finish()
}

/// Sends the bytes: the outcomes, or the status and the problem.
pub(crate) fn submit(client: &mut Client, bytes: &[u8]) -> Result<Vec<OutcomeV1>, (u16, Value)> {
    let headers = [("content-type", MEDIA_TYPE)];
    let answer = client.send("POST", "/intents/batch", &headers, bytes).unwrap();
    match answer.status {
        200 => Ok(decode_answer(&answer.body).unwrap()),
        status => Err((status, answer.json())),
    }
}
