//! The answer to a batch, in the form that was asked for: one outcome an item, in their order.

use crate::api::batch::Form;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zentra_batch::encode_answer;
use zentra_batch::wire::{OutcomeV1, StateV1};
use zentra_engine::ItemOutcome;
use zentra_events::Code;
use zentra_ledger::IntentState;
use zentra_runtime::count_refusal;

/// Why intents that were taken before are rejected or voided, by the index of their item.
pub(crate) type Endings = BTreeMap<usize, (Code, String)>;

/// The response. `ids` are the intent ids of the items.
pub(crate) fn answer<'a>(
    form: Form,
    ids: impl Iterator<Item = &'a str>,
    outcomes: &[ItemOutcome],
    endings: &Endings,
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
            let outcomes: Vec<OutcomeV1> = (0..)
                .zip(outcomes)
                .map(|(index, outcome)| plain(outcome, endings.get(&index)))
                .collect();
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
                text.push_str(&shown(id, outcome, endings.get(&index)).to_string());
            }
            text.push_str("]}");
            text.into_bytes()
        }
        Form::Lines => {
            let mut lines = String::new();
            for (index, (id, outcome)) in ids.zip(outcomes).enumerate() {
                lines.push_str(&shown(id, outcome, endings.get(&index)).to_string());
                lines.push('\n');
            }
            lines.into_bytes()
        }
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    response
}

fn plain(outcome: &ItemOutcome, ending: Option<&(Code, String)>) -> OutcomeV1 {
    match outcome {
        ItemOutcome::Created(position) => OutcomeV1::Created { position: *position },
        ItemOutcome::Replayed(position, past) => OutcomeV1::Replayed {
            position: *position,
            state: state(past.state),
            code: ending.map(|(code, _)| *code),
        },
        ItemOutcome::Rejected(position, refusal) => {
            OutcomeV1::Rejected { position: *position, code: refusal.code }
        }
        ItemOutcome::Refused(refusal) => OutcomeV1::Refused { code: refusal.code },
    }
}

fn state(state: IntentState) -> StateV1 {
    match state {
        IntentState::Accepted | IntentState::Controlled => StateV1::Accepted,
        IntentState::Rejected => StateV1::Rejected,
        IntentState::Ledgered | IntentState::Routed => StateV1::Routed,
        IntentState::Settled | IntentState::Synchronized => StateV1::Synchronized,
        IntentState::Voided => StateV1::Voided,
        IntentState::Reversed => StateV1::Reversed,
        IntentState::PaidOut => StateV1::PaidOut,
    }
}

fn shown(id: &str, outcome: &ItemOutcome, ending: Option<&(Code, String)>) -> Value {
    match outcome {
        ItemOutcome::Created(position) => {
            json!({ "intent_id": id, "outcome": "created", "position": position })
        }
        ItemOutcome::Replayed(position, past) => {
            let mut shown = json!({
                "intent_id": id,
                "outcome": "replayed",
                "position": position,
                "state": past.state.as_str(),
            });
            if let Some((code, detail)) = ending {
                shown["code"] = json!(code);
                shown["detail"] = json!(detail);
            }
            shown
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
