//! The answer to a batch, in the form that was asked for: one outcome an item, in their order.

use crate::batch::Form;
use crate::problem::count_refusal;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use std::collections::BTreeMap;
use zentra_api_types as types;
use zentra_api_types::BatchOutcome;
use zentra_batch::encode_answer;
use zentra_batch::wire::{OutcomeV1, StateV1};
use zentra_engine::{ItemOutcome, Refusal};
use zentra_events::Code;
use zentra_ledger::IntentState;

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
                text.push_str(&shown(id, outcome, endings.get(&index)));
            }
            text.push_str("]}");
            text.into_bytes()
        }
        Form::Lines => {
            let mut lines = String::new();
            for (index, (id, outcome)) in ids.zip(outcomes).enumerate() {
                lines.push_str(&shown(id, outcome, endings.get(&index)));
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

fn shown(id: &str, outcome: &ItemOutcome, ending: Option<&(Code, String)>) -> String {
    let told = told(id, outcome, ending);
    serde_json::to_string(&told).expect("texts and numbers under names are always JSON")
}

fn told(id: &str, outcome: &ItemOutcome, ending: Option<&(Code, String)>) -> BatchOutcome {
    let of = |outcome| BatchOutcome {
        intent_id: id.to_owned(),
        outcome,
        position: None,
        state: None,
        code: None,
        detail: None,
    };
    let refused = |outcome, position, refusal: &Refusal| BatchOutcome {
        position,
        code: Some(refusal.code),
        detail: Some(refusal.detail.clone()),
        ..of(outcome)
    };
    match outcome {
        ItemOutcome::Created(position) => {
            BatchOutcome { position: Some(*position), ..of(types::ItemOutcome::Created) }
        }
        ItemOutcome::Replayed(position, past) => BatchOutcome {
            position: Some(*position),
            state: Some(shown_state(past.state)),
            code: ending.map(|(code, _)| *code),
            detail: ending.map(|(_, detail)| detail.clone()),
            ..of(types::ItemOutcome::Replayed)
        },
        ItemOutcome::Rejected(position, refusal) => {
            refused(types::ItemOutcome::Rejected, Some(*position), refusal)
        }
        ItemOutcome::Refused(refusal) => refused(types::ItemOutcome::Refused, None, refusal),
    }
}

/// The word of an intent that was taken before. Whether a checkpoint covers it, a batch does not
/// ask.
fn shown_state(state: IntentState) -> types::IntentState {
    match state {
        IntentState::Accepted => types::IntentState::Accepted,
        IntentState::Controlled => types::IntentState::Controlled,
        IntentState::Rejected => types::IntentState::Rejected,
        IntentState::Ledgered => types::IntentState::Ledgered,
        IntentState::Routed => types::IntentState::Routed,
        IntentState::Settled | IntentState::Synchronized => types::IntentState::Synchronized,
        IntentState::Voided => types::IntentState::Voided,
        IntentState::Reversed => types::IntentState::Reversed,
        IntentState::PaidOut => types::IntentState::PaidOut,
    }
}
