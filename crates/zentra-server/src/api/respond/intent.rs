//! Intents as the page shows them: six states with their outcome words, the ledger's lines, the
//! flow, the evidence row.
//!
//! Owns the page's words. What a checkpoint adds is an argument: an answer to a command never has
//! it, since it comes later.

use crate::api::dto::{MONEY_MODEL, PRIMITIVES};
use crate::api::problem::Problem;
use crate::api::respond::ledger::{extend, line};
use crate::api::respond::rendering::Rendering;
use crate::api::respond::story::{Step, Story};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use zentra_events::event::{IntentDetailsV1, Leg, Party};
use zentra_events::{Amount, Code, Entry, Event, EventId, Position, Timestamp};

/// The checkpoint that covers an intent's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealing {
    pub(crate) tree_size: u64,
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
}

/// The answer to a command about an intent.
pub(super) fn answered(
    r: &Rendering<'_>,
    entry: &Arc<Entry>,
) -> Result<(StatusCode, Value), Problem> {
    let no = Story::intent_of(entry).ok_or_else(|| Problem::internal(&"no intent in an entry"))?;
    let story = Story::until(Arc::clone(entry), no, r.log)?;
    if let Some(problem) = ended_badly(entry, &story) {
        return Err(problem);
    }
    let (event, entrypoint) = asked(entry);
    let created = event == "intent.accepted";
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let mut body = r.base(&entry.header, story.progress().word(0), event, entrypoint);
    extend(&mut body, shown_intent(r, &story, None));
    Ok((status, Value::Object(body)))
}

/// A rejection, or a void that nobody asked for, is the answer to the request that brought it.
fn ended_badly(entry: &Entry, story: &Story) -> Option<Problem> {
    let (code, detail, state) =
        entry.events().iter().find_map(|recorded| match &recorded.event {
            Event::IntentRejected(body) => Some((body.code, &body.detail, "rejected")),
            Event::IntentVoided(body) if body.code != Code::VoidRequested => {
                Some((body.code, &body.reason, "voided"))
            }
            _ => None,
        })?;
    let problem = Problem::new(code, detail.clone())
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
        .with_instance(entry.header.request_id)
        .with("intent_id", story.intent_id.as_str())
        .with("state", state)
        .with("checks", json!(story.checks()))
        .with("position", entry.header.position.get());
    Some(problem)
}

/// The leading event of an intent's entry, and the call that brings it.
fn asked(entry: &Entry) -> (&'static str, &'static str) {
    let found = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::IntentAccepted(_) => Some(("intent.accepted", "POST /intents")),
        Event::IntentConfirmed(_) => {
            Some(("intent.confirmed", "POST /intents/{intent_id}/confirm"))
        }
        Event::IntentVoided(_) => Some(("intent.voided", "POST /intents/{intent_id}/void")),
        Event::IntentReversed(_) => Some(("intent.reversed", "POST /intents/{intent_id}/reverse")),
        Event::PayoutClosed(_) => Some(("payout.closed", "POST /intents/{intent_id}/payout")),
        _ => None,
    });
    found.unwrap_or(("ledger.posted", "POST /intents/{intent_id}/settle"))
}

/// An intent with all that its story tells.
pub(crate) fn shown_intent(r: &Rendering<'_>, story: &Story, sealing: Option<Sealing>) -> Value {
    let state = story.progress().word(sealing.map_or(0, |sealing| sealing.tree_size));
    let mut body = Map::new();
    extend(
        &mut body,
        json!({
            "intent_id": story.intent_id,
            "scope": r.names.scope(story.last().scope),
            "state": state,
            "money_model": MONEY_MODEL,
            "primitives": PRIMITIVES,
            "trace": [
                "intent accepted",
                "workspace scope resolved",
                "runtime trace attached",
            ],
        }),
    );
    if let Some(details) = &story.details {
        extend(&mut body, shown_details(r, details));
    }
    extend(&mut body, outcome(story));
    body.insert("state_path".into(), state_path(story, sealing).into());
    body.insert("ledger_entries".into(), ledger_entries(r, story).into());
    body.insert("ledger_flow".into(), ledger_flow(r, story).into());
    body.insert("events".into(), published(r, story).into());
    body.insert("history".into(), history(r, story).into());
    body.insert("position".into(), story.last().position.get().into());
    Value::Object(body)
}

fn shown_details(r: &Rendering<'_>, details: &IntentDetailsV1) -> Value {
    let party = |party: &Party| match party {
        Party::Account(no) => r.account(*no),
        Party::Unknown(code) => code.to_string(),
    };
    let metadata: Map<String, Value> = details
        .metadata
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect();
    json!({
        "amount": { "minor_units": details.amount, "currency": details.currency },
        "source": party(&details.source),
        "destination": party(&details.destination),
        "corridor": details.corridor,
        "capture": details.capture,
        "effective_at": details.effective_at,
        "metadata": metadata,
    })
}

fn outcome(story: &Story) -> Value {
    let mut shown = json!({ "checks": story.checks() });
    let sums = story.sums();
    if !sums.reserved.is_zero() {
        shown["sums"] = json!({
            "reserved": sums.reserved,
            "settled": sums.settled,
            "released": sums.released,
            "reversed": sums.reversed,
            "paid_out": sums.merchant,
        });
    }
    for (_, event) in story.events() {
        match event {
            Event::IntentRouted(body) => {
                shown["route"] = json!({
                    "route": body.route,
                    "rail": body.rail,
                    "candidates": body.candidates,
                    "table_version": body.table_version,
                });
            }
            Event::IntentRejected(body) => {
                shown["rejection"] = json!({ "code": body.code, "detail": body.detail });
            }
            Event::IntentVoided(body) => {
                shown["void"] = json!({ "code": body.code, "reason": body.reason });
            }
            _ => {}
        }
    }
    shown
}

/// The page's six states, in its words.
fn state_path(story: &Story, sealing: Option<Sealing>) -> Vec<Value> {
    let rows = [
        (Step::Accepted, "Accept intent", "runtime contract", "accepted"),
        (Step::Controlled, "Resolve controls", "scope + policy", "controlled"),
        (Step::Ledgered, "Post ledger state", "minor-unit entries", "ledgered"),
        (Step::Routed, "Select route", "corridor context", "routed"),
        (Step::Synchronized, "Sync events", "signed stream", "synchronized"),
    ];
    let mut path: Vec<Value> = rows
        .into_iter()
        .zip(1..)
        .map(|((step, name, context, outcome), number)| {
            let at = story.reached(step).map(|header| (header.position, header.recorded_at));
            state(number, [name, context, outcome], at)
        })
        .collect();
    let at = sealing.map(|sealing| (sealing.position, sealing.recorded_at));
    path.push(state(6, ["Seal evidence", "actor + scope + time", "evidenced"], at));
    path
}

fn state(
    number: u8,
    [name, context, outcome]: [&str; 3],
    at: Option<(Position, Timestamp)>,
) -> Value {
    json!({
        "step": format!("{number:02}"),
        "name": name,
        "context": context,
        "outcome": outcome,
        "reached": at.is_some(),
        "position": at.map(|(position, _)| position),
        "recorded_at": at.map(|(_, recorded_at)| recorded_at),
    })
}

pub(super) fn ledger_entries(r: &Rendering<'_>, story: &Story) -> Vec<Value> {
    let currency = story.details.as_ref().map(|details| details.currency);
    let mut lines = Vec::new();
    for (header, effective_at, body) in story.legs() {
        for posting in &body.lines {
            let mut shown = line(r, posting, currency);
            extend(&mut shown, json!({ "leg": body.leg }));
            if effective_at != header.recorded_at {
                shown.insert("effective_at".into(), json!(effective_at));
            }
            lines.push(Value::Object(shown));
        }
    }
    lines
}

/// The page's flow: what left the customer, and what came to each account on the way.
fn ledger_flow(r: &Rendering<'_>, story: &Story) -> Vec<Value> {
    let mut flow = Vec::new();
    let mut row = |account: &str, leg: Leg, at: usize, amount: String| {
        if let Some(code) = account_of(r, story, leg, at) {
            flow.push(json!({ "account": account, "code": code, "amount": amount }));
        }
    };
    let sums = story.sums();
    let back = sums.released.0.saturating_add(sums.reversed.0);
    let left = match sums.reserved.0.saturating_sub(back) {
        0 => "0 mu".to_owned(),
        left => format!("-{left} mu"),
    };
    let came = |amount: Amount| format!("+{amount} mu");
    row("Customer", Leg::Reserve, 0, left);
    row("Reserved", Leg::Reserve, 1, came(sums.reserved));
    row("Settlement", Leg::Settle, 1, came(sums.settled));
    row("Merchant", Leg::Merchant, 1, came(sums.merchant));
    if story.events().any(|(_, event)| matches!(event, Event::PayoutClosed(_))) {
        row("Payout", Leg::Payout, 1, "closed".to_owned());
    }
    flow
}

/// The account of a line of the first transfer of a leg.
fn account_of(r: &Rendering<'_>, story: &Story, leg: Leg, line: usize) -> Option<String> {
    story.events().find_map(|(_, event)| match event {
        Event::LedgerPosted(body) if body.leg == leg => {
            body.lines.get(line).map(|posting| r.account(posting.account))
        }
        _ => None,
    })
}

fn published(r: &Rendering<'_>, story: &Story) -> Vec<Value> {
    let told = story.indexed().filter_map(|(header, index, event)| match event {
        Event::EventPublished(body) => {
            let id = EventId::at(r.partition, header.position, index);
            Some(json!({ "event_id": id, "type": body.event_type }))
        }
        _ => None,
    });
    told.collect()
}

fn history(r: &Rendering<'_>, story: &Story) -> Vec<Value> {
    let rows = story.events().map(|(header, event)| {
        json!({
            "event": event.type_name(),
            "position": header.position,
            "recorded_at": header.recorded_at,
            "actor": r.names.actor(header.actor),
        })
    });
    rows.collect()
}
