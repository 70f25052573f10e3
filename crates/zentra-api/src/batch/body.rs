//! The body of a batch: bounded, of one of three forms.
//!
//! Owns the media types. Must not know any item.

use crate::batch::{binary, text};
use crate::bodies::{Bodies, Held, Taken};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::reads::parse_in_turn;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use bytes::Bytes;
use std::sync::Arc;
use zentra_batch::wire::{BATCH_BYTES_MAX, MEDIA_TYPE};
use zentra_engine::IntentBatch;
use zentra_events::Code;
use zentra_runtime::{SharedNames, Turns};

const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A JSON array.
    Array,
    /// A JSON text a line.
    Lines,
    /// `application/vnd.zentra.bincode`.
    Binary,
}

impl Form {
    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Form::Array => JSON,
            Form::Lines => NDJSON,
            Form::Binary => MEDIA_TYPE,
        }
    }

    fn named(headers: &HeaderMap, name: HeaderName) -> Option<Form> {
        let given = headers.get(name)?.to_str().ok()?;
        let essence = given.split(';').next().unwrap_or("").trim();
        let all = [Form::Array, Form::Lines, Form::Binary];
        all.into_iter().find(|form| essence.eq_ignore_ascii_case(form.media_type()))
    }
}

/// Reads a batch; gives the form of its answer, and what it takes of the budget until it is
/// answered.
///
/// # Errors
/// The first thing that is wrong with the body as a whole or with one of its items.
pub(crate) async fn read(
    caller: &Caller,
    (bodies, parsing, names): (&Arc<Bodies>, &Turns, &Arc<SharedNames>),
    headers: &HeaderMap,
    body: Body,
) -> Result<(IntentBatch, Form, Held), Problem> {
    if caller.idempotency_key.is_some() {
        let detail = "intent ids are the keys of a batch; leave Idempotency-Key out";
        return Err(Problem::field("Idempotency-Key", detail));
    }
    let form = Form::named(headers, CONTENT_TYPE).ok_or_else(|| {
        let known = format!("send {JSON}, {NDJSON} or {MEDIA_TYPE}");
        Problem::new(Code::UnsupportedMediaType, known)
    })?;
    // The names of a JSON text are copied together; those of bytes stay where they are.
    let copies = if form == Form::Binary { 1 } else { 2 };
    let taken = Taken { bytes_max: BATCH_BYTES_MAX, copies };
    let (bytes, mut held) = bodies.arrive(caller.scope, headers, body, taken).await?;
    let (owned, names, length) = (caller.clone(), Arc::clone(names), bytes.len());
    let parsed = parse_in_turn(parsing, caller.scope, length, move || {
        let batch = parse(&owned, &names, form, &Bytes::from(bytes), &mut held);
        batch.map(|batch| (batch, held))
    });
    let (batch, held) = parsed.await??;
    Ok((batch, Form::named(headers, ACCEPT).unwrap_or(form), held))
}

/// The batch in a body of this form.
///
/// # Errors
/// The first thing that is wrong with the body as a whole or with one of its items.
pub(crate) fn parse(
    caller: &Caller,
    names: &SharedNames,
    form: Form,
    body: &Bytes,
    held: &mut Held,
) -> Result<IntentBatch, Problem> {
    match form {
        Form::Array => text::parse_array(caller, names, body, held),
        Form::Lines => text::parse_lines(caller, names, body, held),
        Form::Binary => binary::parse(caller, names, body, held),
    }
}
