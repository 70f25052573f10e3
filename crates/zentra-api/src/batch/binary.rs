//! The binary body of a batch (docs/reference/batch.md). Nothing of an item is copied.

use crate::batch::build::{Builder, Moved, Party};
use crate::bodies::Held;
use crate::caller::Caller;
use crate::problem::Problem;
use bytes::Bytes;
use zentra_batch::decode_batch;
use zentra_batch::wire::{AccountV1, TermsV1};
use zentra_engine::{BatchTerms, IntentBatch, TextAt};
use zentra_events::event::Capture;
use zentra_events::{Amount, Currency, Timestamp};
use zentra_runtime::SharedNames;

/// Items between which the log writer has its turn with the names.
const ITEMS_AT_ONCE: usize = 256;

/// The batch in these bytes.
pub(super) fn parse(
    caller: &Caller,
    names: &SharedNames,
    body: &Bytes,
    held: &Held,
) -> Result<IntentBatch, Problem> {
    let batch = decode_batch(body).map_err(|error| Problem::field("", error.to_string()))?;
    let mut builder = Builder::new(caller, batch.items.len());
    let mut indices = Vec::with_capacity(batch.terms.len());
    for (index, terms) in batch.terms.iter().enumerate() {
        indices.push(builder.terms(self::terms(index, terms)?)?);
    }
    let mut stretches = held.stretches();
    for items in batch.items.chunks(ITEMS_AT_ONCE) {
        stretches.step();
        let accounts = names.accounts();
        for item in items {
            let party = |account| match account {
                AccountV1::Number(number) => Party::Number(number),
                AccountV1::Code(code) => Party::Code(code, place(body, code)),
            };
            let moved = Moved {
                amount: Amount(item.minor_units),
                source: party(item.source),
                destination: party(item.destination),
                terms: indices.get(usize::from(item.terms)).copied().unwrap_or(u16::MAX),
            };
            let id = (item.intent_id, place(body, item.intent_id));
            builder.item(&accounts, id, Some(moved), item.linked)?;
        }
    }
    Ok(builder.finish(body.clone()))
}

fn terms(index: usize, terms: &TermsV1<'_>) -> Result<BatchTerms, Problem> {
    let currency: Currency = terms.currency.parse().map_err(|_| {
        let detail = "a currency is 2 to 8 upper-case letters and digits, the first a letter";
        Problem::field(&format!("/terms/{index}/currency"), detail)
    })?;
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    Ok(BatchTerms {
        currency,
        corridor: terms.corridor.to_owned(),
        capture: if terms.manual_capture { Capture::Manual } else { Capture::Automatic },
        effective_at: terms.effective_at_ns.map(Timestamp),
        metadata: terms.metadata.iter().map(own).collect(),
    })
}

/// Where a text that was borrowed from the body stands in it.
fn place(body: &Bytes, text: &str) -> TextAt {
    let start = text.as_ptr().addr().wrapping_sub(body.as_ptr().addr());
    TextAt { start: start as u32, length: text.len() as u32 }
}
