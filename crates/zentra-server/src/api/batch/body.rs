//! The body of a batch: bounded, of one of three forms.
//!
//! Owns the media types and what bodies may take of memory together. Must not know any item.

use crate::api::auth::Caller;
use crate::api::batch::{binary, text};
use crate::api::problem::Problem;
use crate::names::SharedNames;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use zentra_batch::wire::{BATCH_BYTES_MAX, MEDIA_TYPE};
use zentra_engine::IntentBatch;
use zentra_events::Code;

/// How long a body may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of one permit.
const PERMIT_BYTES: usize = 64 * 1024;
/// What the bodies of batches may take of memory at once: 256 MiB.
static ROOM: Semaphore = Semaphore::const_new(256 * 1024 * 1024 / PERMIT_BYTES);

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

/// Reads a batch; gives the form of its answer, and a permit to be kept until it is answered.
///
/// # Errors
/// The first thing that is wrong with the body as a whole or with one of its items.
pub(crate) async fn read(
    caller: &Caller,
    names: &SharedNames,
    headers: &HeaderMap,
    body: Body,
) -> Result<(IntentBatch, Form, SemaphorePermit<'static>), Problem> {
    if caller.idempotency_key.is_some() {
        let detail = "intent ids are the keys of a batch; leave Idempotency-Key out";
        return Err(Problem::field("Idempotency-Key", detail));
    }
    let form = Form::named(headers, CONTENT_TYPE).ok_or_else(|| {
        let known = format!("send {JSON}, {NDJSON} or {MEDIA_TYPE}");
        Problem::new(Code::UnsupportedMediaType, known)
    })?;
    let (bytes, permit) = collect(headers, body).await?;
    let batch = parse(caller, names, form, &bytes)?;
    Ok((batch, Form::named(headers, ACCEPT).unwrap_or(form), permit))
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
) -> Result<IntentBatch, Problem> {
    let accounts = names.accounts();
    match form {
        Form::Array => text::parse_array(caller, accounts, body),
        Form::Lines => text::parse_lines(caller, accounts, body),
        Form::Binary => binary::parse(caller, accounts, body),
    }
}

async fn collect(
    headers: &HeaderMap,
    body: Body,
) -> Result<(Bytes, SemaphorePermit<'static>), Problem> {
    let declared =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let expected: usize = declared.unwrap_or(BATCH_BYTES_MAX);
    if expected > BATCH_BYTES_MAX {
        return Err(too_large());
    }
    let permits = u32::try_from(expected.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX);
    let Ok(permit) = ROOM.try_acquire_many(permits) else {
        let detail = "too many batches are under way; try again";
        return Err(Problem::new(Code::Overloaded, detail).with_retry_after(1));
    };
    let collected = Limited::new(body, BATCH_BYTES_MAX).collect();
    match tokio::time::timeout(ARRIVES_WITHIN, collected).await {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), permit)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) | Err(_) => {
            Err(Problem::new(Code::ValidationFailed, "the body did not arrive as a whole"))
        }
    }
}

fn too_large() -> Problem {
    let detail = format!("a batch has at most {BATCH_BYTES_MAX} bytes");
    Problem::new(Code::BodyTooLarge, detail)
}
