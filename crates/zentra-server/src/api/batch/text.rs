//! The JSON bodies of a batch: an array, or one intent a line. An item is what `POST /intents`
//! takes, and may be `linked` to the next.

use crate::api::auth::Caller;
use crate::api::batch::build::{Builder, Moved, Party};
use crate::api::dto::{IntentBody, check_page_words, check_unconfirmed};
use crate::api::json::{FieldError, parse as parse_json, read, too_deep};
use crate::api::problem::Problem;
use crate::names::AccountNames;
use bytes::Bytes;
use serde_json::Value;
use zentra_batch::wire::ITEMS_MAX;
use zentra_engine::{BatchTerms, IntentBatch, TextAt};
use zentra_events::Code;
use zentra_events::limits::JSON_DEPTH_MAX;
use zentra_ledger::IntentRequest;

/// The batch in a JSON array.
pub(super) fn parse_array(
    caller: &Caller,
    accounts: AccountNames<'_>,
    body: &[u8],
) -> Result<IntentBatch, Problem> {
    match value(body)? {
        Value::Array(items) => parse(caller, accounts, items.into_iter().map(Ok)),
        _ => Err(Problem::field("", "a batch is an array of intents")),
    }
}

/// The batch in lines of JSON; empty lines are passed over.
pub(super) fn parse_lines(
    caller: &Caller,
    accounts: AccountNames<'_>,
    body: &[u8],
) -> Result<IntentBatch, Problem> {
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    parse(caller, accounts, lines.filter(|line| !line.is_empty()).map(value))
}

fn parse(
    caller: &Caller,
    accounts: AccountNames<'_>,
    items: impl Iterator<Item = Result<Value, Problem>>,
) -> Result<IntentBatch, Problem> {
    let mut builder = Builder::new(caller, accounts, 0);
    let mut text = String::new();
    let mut count = 0;
    for item in items {
        if count == ITEMS_MAX {
            let detail = format!("a batch has at most {ITEMS_MAX} intents");
            return Err(Problem::new(Code::BodyTooLarge, detail));
        }
        add(&mut builder, &mut text, caller, item?).map_err(|problem| problem.under(count))?;
        count += 1;
    }
    if count == 0 {
        return Err(Problem::field("", "a batch has at least one intent"));
    }
    Ok(builder.finish(Bytes::from(text)))
}

fn add(
    builder: &mut Builder<'_>,
    text: &mut String,
    caller: &Caller,
    mut item: Value,
) -> Result<(), Problem> {
    let linked = match item.as_object_mut().and_then(|members| members.remove("linked")) {
        None => false,
        Some(Value::Bool(linked)) => linked,
        Some(_) => return Err(Problem::field("/linked", "expected true or false")),
    };
    let asked: IntentBody = read(item)?;
    check_page_words(&asked)?;
    check_unconfirmed(&asked)?;
    if asked.scope.as_deref().is_some_and(|scope| scope != caller.scope_name.as_str()) {
        return Err(Problem::new(Code::NotFound, "the key is not one of this scope"));
    }
    let id = asked.intent_id.to_string();
    let Some(details) = asked.details()? else {
        return builder.item((&id, put(text, &id)), None, linked);
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
    builder.item((&id, put(text, &id)), Some(moved), linked)
}

fn put(text: &mut String, piece: &str) -> TextAt {
    let start = text.len() as u32;
    text.push_str(piece);
    TextAt { start, length: piece.len() as u32 }
}

fn value(bytes: &[u8]) -> Result<Value, Problem> {
    if too_deep(bytes, JSON_DEPTH_MAX) {
        let detail = format!("the body nests deeper than {JSON_DEPTH_MAX} levels");
        return Err(Problem::new(Code::ValidationFailed, detail));
    }
    parse_json(bytes).map_err(|error| {
        Problem::from(FieldError { pointer: String::new(), detail: error.to_string() })
    })
}
