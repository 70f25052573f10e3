//! Bodies of batches in their three forms: an error or a batch, the same batch in each form, and
//! whatever the engine makes of it is written and read back.

use crate::decided::{decide, engine};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use zentra_api::fuzzing::BatchReader;
use zentra_batch::wire::{AccountV1, BatchV1, ItemV1};
use zentra_batch::{BatchBuilder, decode_answer, decode_batch, encode_answer};
use zentra_engine::{IntentBatch, PartyAt};
use zentra_env::Env;
use zentra_events::{AccountCode, IntentId};

/// A form, then the body; or the bytes of an answer.
pub fn check(data: &[u8]) -> bool {
    let Some((form, body)) = data.split_first() else { return false };
    let engine = engine();
    let scope = "fuzz".parse().expect("the name is one");
    let reader = BatchReader::new(
        &Env::for_tests(),
        &engine,
        scope,
        "fuzzer".parse().expect("the name is one"),
    );
    let body = Bytes::copy_from_slice(body);
    let batch = match form % 4 {
        0 => reader.array(&body),
        1 => reader.lines(&body),
        2 => {
            binary(&reader, &body);
            reader.binary(&body)
        }
        _ => return answer(&body),
    };
    let Some(batch) = batch else { return false };
    texts(&batch);
    decide(&batch);
    true
}

/// Every text that a batch points at is a name.
fn texts(batch: &IntentBatch) {
    for item in &batch.items {
        let id = item.id.of(&batch.text);
        assert!(id.parse::<IntentId>().is_ok(), "{id:?}");
        for party in [item.source, item.destination] {
            if let PartyAt::Code(at) = party {
                let code = at.of(&batch.text);
                assert!(code.parse::<AccountCode>().is_ok(), "{code:?}");
            }
        }
    }
}

/// The bytes are written again as they were, and as JSON they say the same.
fn binary(reader: &BatchReader, body: &Bytes) {
    let Ok(batch) = decode_batch(body) else { return };
    let mut builder = BatchBuilder::new();
    for terms in &batch.terms {
        builder.terms(terms).expect("terms that were read can be written");
    }
    for item in &batch.items {
        builder.push(item).expect("an item that was read can be written");
    }
    assert_eq!(builder.finish(), body.as_ref(), "the same batch is the same bytes");
    let Some(items) = batch.items.iter().map(|item| as_json(&batch, item)).collect() else {
        return;
    };
    let items: Vec<Value> = items;
    let lines: Vec<String> = items.iter().map(Value::to_string).collect();
    let array = Bytes::from(Value::Array(items).to_string());
    let told = reader.binary(body).map(|batch| essence(&batch));
    assert_eq!(reader.array(&array).map(|batch| essence(&batch)), told);
    assert_eq!(reader.lines(&lines.join("\n").into()).map(|batch| essence(&batch)), told);
}

/// An item as JSON, if JSON can say it.
fn as_json(batch: &BatchV1<'_>, item: &ItemV1<'_>) -> Option<Value> {
    let terms = batch.terms.get(usize::from(item.terms))?;
    let (AccountV1::Code(source), AccountV1::Code(destination)) = (item.source, item.destination)
    else {
        return None;
    };
    let names: BTreeSet<&str> = terms.metadata.iter().map(|(name, _)| *name).collect();
    if terms.effective_at_ns.is_some() || names.len() < terms.metadata.len() {
        return None;
    }
    let metadata = terms.metadata.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    Some(json!({
        "intent_id": item.intent_id,
        "amount": { "minor_units": item.minor_units.to_string(), "currency": terms.currency },
        "source": source,
        "destination": destination,
        "corridor": terms.corridor,
        "capture": if terms.manual_capture { "manual" } else { "automatic" },
        "metadata": metadata.collect::<serde_json::Map<_, _>>(),
        "linked": item.linked,
    }))
}

/// What makes items the same, whatever their form.
fn essence(batch: &IntentBatch) -> Vec<([u8; 16], String, u128, bool)> {
    let essence = |item: &zentra_engine::BatchItem| {
        (item.digest, item.id.of(&batch.text).to_owned(), item.amount.0, item.linked)
    };
    batch.items.iter().map(essence).collect()
}

fn answer(bytes: &[u8]) -> bool {
    let Ok(outcomes) = decode_answer(bytes) else { return false };
    let mut written = Vec::new();
    encode_answer(&outcomes, &mut written);
    assert_eq!(written, bytes, "the same answer is the same bytes");
    true
}
