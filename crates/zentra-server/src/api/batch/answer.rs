//! The answer to a batch, in the form that was asked for: one outcome an item, in their order.

use crate::api::batch::Form;
use crate::quota::count_refusal;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde_json::{Value, json};
use zentra_batch::encode_answer;
use zentra_batch::wire::OutcomeV1;
use zentra_engine::ItemOutcome;

/// The response. `ids` are the intent ids of the items.
pub(crate) fn answer<'a>(
    form: Form,
    ids: impl Iterator<Item = &'a str>,
    outcomes: &[ItemOutcome],
) -> Response {
    // Once a batch: what refuses one item for want of room refuses the rest.
    let refused = outcomes.iter().rev().find_map(|outcome| match outcome {
        ItemOutcome::Refused(refusal) => Some(refusal),
        _ => None,
    });
    if let Some(refusal) = refused {
        count_refusal(refusal);
    }
    let body = match form {
        Form::Binary => {
            let outcomes: Vec<OutcomeV1> = outcomes.iter().map(plain).collect();
            let mut bytes = Vec::new();
            encode_answer(&outcomes, &mut bytes);
            bytes
        }
        Form::Array => {
            let mut text = String::from("{\"data\":[");
            for (index, (id, outcome)) in ids.zip(outcomes).enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&shown(id, outcome).to_string());
            }
            text.push_str("]}");
            text.into_bytes()
        }
        Form::Lines => {
            let mut lines = String::new();
            for (id, outcome) in ids.zip(outcomes) {
                lines.push_str(&shown(id, outcome).to_string());
                lines.push('\n');
            }
            lines.into_bytes()
        }
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    response
}

fn plain(outcome: &ItemOutcome) -> OutcomeV1 {
    match outcome {
        ItemOutcome::Created(position) => OutcomeV1::Created { position: *position },
        ItemOutcome::Replayed(position) => OutcomeV1::Replayed { position: *position },
        ItemOutcome::Rejected(position, refusal) => {
            OutcomeV1::Rejected { position: *position, code: refusal.code }
        }
        ItemOutcome::Refused(refusal) => OutcomeV1::Refused { code: refusal.code },
    }
}

fn shown(id: &str, outcome: &ItemOutcome) -> Value {
    match outcome {
        ItemOutcome::Created(position) => {
            json!({ "intent_id": id, "outcome": "created", "position": position })
        }
        ItemOutcome::Replayed(position) => {
            json!({ "intent_id": id, "outcome": "replayed", "position": position })
        }
        ItemOutcome::Rejected(position, refusal) => json!({
            "intent_id": id,
            "outcome": "rejected",
            "position": position,
            "code": refusal.code,
            "detail": refusal.detail,
        }),
        ItemOutcome::Refused(refusal) => json!({
            "intent_id": id,
            "outcome": "refused",
            "code": refusal.code,
            "detail": refusal.detail,
        }),
    }
}
