//! The JSON bodies of a batch: an array, or one intent a line. An item is what `POST /intents`
//! takes, and may be `linked` to the next.
//!
//! Items are parsed one by one from the bytes, and what they parsed to is gone when the next one
//! is, so that a batch takes little more than its text. Owns what an item may hold.

use crate::batch::build::{Builder, Moved, Party};
use crate::bodies::Held;
use crate::caller::Caller;
use crate::dto::{asked_details, check_page_words, check_unconfirmed};
use crate::json::{ITEM_BYTES_MAX, Json, JsonError, parse as parse_json, parse_each, read};
use crate::problem::Problem;
use bytes::Bytes;
use zentra_api_types::request::IntentBody;
use zentra_batch::wire::ITEMS_MAX;
use zentra_engine::{BatchTerms, IntentBatch, TextAt};
use zentra_events::Code;
use zentra_ledger::IntentRequest;
use zentra_runtime::{SharedNames, Stretches};

/// Values in one item; one with all metadata that there may be has about 60.
const ITEM_VALUES_MAX: usize = 1_024;
/// What an item takes of memory besides its text.
const ITEM_BYTES: u64 = 256;
/// What a pair of metadata does.
const PAIR_BYTES: u64 = 128;

/// The batch in a JSON array.
pub(super) fn parse_array(
    caller: &Caller,
    names: &SharedNames,
    body: &[u8],
    held: &mut Held,
) -> Result<IntentBatch, Problem> {
    let mut stretches = held.stretches();
    let mut items = Items::new(caller, names, held);
    let parsed =
        parse_each(body, ITEM_VALUES_MAX, &mut || stretches.step(), |item| items.add(item));
    parsed.map_err(|error| match error {
        JsonError::TooLong => too_long(),
        error => Problem::field("", format!("a batch is an array of intents: {error}")),
    })??;
    items.finish()
}

/// The batch in lines of JSON; empty lines are passed over.
pub(super) fn parse_lines(
    caller: &Caller,
    names: &SharedNames,
    body: &[u8],
    held: &mut Held,
) -> Result<IntentBatch, Problem> {
    let mut items = Items::new(caller, names, held);
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    for line in lines.filter(|line| !line.is_empty()) {
        let count = items.count;
        if line.len() > ITEM_BYTES_MAX {
            return Err(too_long().under(count));
        }
        let item = parse_json(line, ITEM_VALUES_MAX)
            .map_err(|error| Problem::field("", error.to_string()).under(count))?;
        items.add(item)?;
    }
    items.finish()
}

fn too_long() -> Problem {
    let detail = format!("an item of a batch has at most {ITEM_BYTES_MAX} bytes");
    Problem::new(Code::BodyTooLarge, detail)
}

/// The items that have been read.
struct Items<'a> {
    caller: &'a Caller,
    names: &'a SharedNames,
    held: &'a mut Held,
    builder: Builder<'a>,
    text: String,
    count: usize,
    stretches: Stretches,
}

impl<'a> Items<'a> {
    fn new(caller: &'a Caller, names: &'a SharedNames, held: &'a mut Held) -> Items<'a> {
        let builder = Builder::new(caller, 0);
        let stretches = held.stretches();
        Items { caller, names, held, builder, text: String::new(), count: 0, stretches }
    }

    fn add(&mut self, item: Json) -> Result<(), Problem> {
        if self.count == ITEMS_MAX {
            let detail = format!("a batch has at most {ITEMS_MAX} intents");
            return Err(Problem::new(Code::BodyTooLarge, detail));
        }
        let pairs = match item.get("metadata") {
            Some(Json::Object(pairs)) => pairs.len(),
            _ => 0,
        };
        self.held.charge(ITEM_BYTES + PAIR_BYTES * pairs as u64)?;
        add((&mut self.builder, self.names), &mut self.text, self.caller, item)
            .map_err(|problem| problem.under(self.count))?;
        self.count += 1;
        self.stretches.step();
        Ok(())
    }

    fn finish(self) -> Result<IntentBatch, Problem> {
        if self.count == 0 {
            return Err(Problem::field("", "a batch has at least one intent"));
        }
        Ok(self.builder.finish(Bytes::from(self.text)))
    }
}

fn add(
    (builder, names): (&mut Builder<'_>, &SharedNames),
    text: &mut String,
    caller: &Caller,
    mut item: Json,
) -> Result<(), Problem> {
    let linked = match item.remove("linked") {
        None => false,
        Some(Json::Bool(linked)) => linked,
        Some(_) => return Err(Problem::field("/linked", "expected true or false")),
    };
    let asked: IntentBody = read(item)?;
    check_page_words(&asked)?;
    check_unconfirmed(&asked)?;
    if asked.scope.as_deref().is_some_and(|scope| scope != caller.scope_name.as_str()) {
        return Err(Problem::new(Code::NotFound, "the key is not one of this scope"));
    }
    let id = asked.intent_id.to_string();
    let Some(details) = asked_details(asked)? else {
        return builder.item(&names.accounts(), (&id, put(text, &id)), None, linked);
    };
    let IntentRequest { amount, source, destination, .. } = &details;
    let (amount, source, destination) = (*amount, source.clone(), destination.clone());
    let terms = builder.terms(BatchTerms {
        currency: details.currency,
        corridor: details.corridor,
        capture: details.capture,
        effective_at: details.effective_at,
        metadata: details.metadata,
    })?;
    let source_at = put(text, source.as_str());
    let destination_at = put(text, destination.as_str());
    let moved = Moved {
        amount,
        source: Party::Code(source.as_str(), source_at),
        destination: Party::Code(destination.as_str(), destination_at),
        terms,
    };
    builder.item(&names.accounts(), (&id, put(text, &id)), Some(moved), linked)
}

fn put(text: &mut String, piece: &str) -> TextAt {
    let start = text.len() as u32;
    text.push_str(piece);
    TextAt { start, length: piece.len() as u32 }
}
