//! Intents as the page shows them: six states with their outcome words, the ledger's lines, the
//! flow, the evidence row.
//!
//! Owns the page's words. What a checkpoint adds is an argument: an answer to a command never has
//! it, since it comes later.

use crate::problem::Problem;
use crate::respond::intent_history::{IntentHistory, PathStep};
use crate::respond::ledger::line;
use crate::respond::rendering::{Base, Rendered, Rendering};
use axum::http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use zentra_api_types::request::{MONEY_MODEL, PRIMITIVES};
use zentra_api_types::{
    ChosenRoute, CodeAndDetail, CodeAndReason, FlowStep, Intent, IntentAnswer, IntentEvent,
    IntentLine, IntentState, IntentTotals, LookedAtRoute, MonetaryAmount, PolicyCheck, PublishedId,
    StateStep,
};
use zentra_events::event::{IntentDetailsV1, IntentRoutedV1, Leg, Party};
use zentra_events::{Amount, Code, Entry, Event, EventId, Position, Timestamp};

/// The checkpoint that covers an intent's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sealing {
    pub(crate) tree_size: u64,
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
}

/// The answer to a command about an intent.
pub(super) fn answered(r: &Rendering<'_>, entry: &Arc<Entry>) -> Result<Rendered, Problem> {
    let no = IntentHistory::intent_of(entry)
        .ok_or_else(|| Problem::internal(&"no intent in an entry"))?;
    let history = IntentHistory::until(Arc::clone(entry), no, r.log)?;
    if let Some(problem) = ended_badly(entry, &history) {
        return Err(problem);
    }
    let (event, entrypoint) = asked(entry);
    let created = event == "intent.accepted";
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let Base { event, evidence, entrypoint } = r.base(&entry.header, event, entrypoint);
    let intent = shown_intent(r, &history, None);
    let body =
        IntentAnswer { status: state_of(&history, None), event, evidence, entrypoint, intent };
    Rendered::of(status, &body)
}

/// A rejection, or a void that nobody asked for, is the answer to the request that brought it.
fn ended_badly(entry: &Entry, history: &IntentHistory) -> Option<Problem> {
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
        .with("intent_id", history.intent_id.as_str())
        .with("state", state)
        .with("checks", json!(shown_checks(history)))
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

/// An intent with all that its history tells.
pub(crate) fn shown_intent(
    r: &Rendering<'_>,
    history: &IntentHistory,
    sealing: Option<Sealing>,
) -> Intent {
    let trace = ["intent accepted", "workspace scope resolved", "runtime trace attached"];
    let mut shown = Intent {
        intent_id: history.intent_id.clone(),
        scope: r.scope(history.last().scope),
        state: state_of(history, sealing),
        money_model: MONEY_MODEL.into(),
        primitives: PRIMITIVES.map(Into::into).to_vec(),
        trace: trace.map(Into::into).to_vec(),
        amount: None,
        source: None,
        destination: None,
        corridor: None,
        capture: None,
        effective_at: None,
        metadata: None,
        checks: shown_checks(history),
        sums: shown_sums(history),
        route: None,
        rejection: None,
        void: None,
        state_path: state_path(history, sealing),
        ledger_entries: ledger_entries(r, history),
        ledger_flow: ledger_flow(r, history),
        events: published(r, history),
        history: history_rows(r, history),
        position: history.last().position,
    };
    if let Some(details) = &history.details {
        detail(&mut shown, r, details);
    }
    for (_, event) in history.events() {
        if let Event::IntentRouted(body) = event {
            shown.route = Some(chosen(body));
        }
    }
    (shown.rejection, shown.void) = (rejection(history), void(history));
    shown
}

fn state_of(history: &IntentHistory, sealing: Option<Sealing>) -> IntentState {
    history.progress().state(sealing.map_or(0, |sealing| sealing.tree_size))
}

fn detail(shown: &mut Intent, r: &Rendering<'_>, details: &IntentDetailsV1) {
    let party = |party: &Party| match party {
        Party::Account(no) => r.account(*no),
        Party::Unknown(code) => code.to_string(),
    };
    shown.amount = Some(MonetaryAmount { minor_units: details.amount, currency: details.currency });
    shown.source = Some(party(&details.source));
    shown.destination = Some(party(&details.destination));
    shown.corridor = Some(details.corridor.clone());
    shown.capture = Some(details.capture.into());
    shown.effective_at = Some(details.effective_at.map(Into::into));
    shown.metadata = Some(details.metadata.iter().cloned().collect());
}

fn shown_checks(history: &IntentHistory) -> Vec<PolicyCheck> {
    history.checks().iter().map(Into::into).collect()
}

fn shown_sums(history: &IntentHistory) -> Option<IntentTotals> {
    let sums = history.sums();
    (!sums.reserved.is_zero()).then_some(IntentTotals {
        reserved: sums.reserved,
        settled: sums.settled,
        released: sums.released,
        reversed: sums.reversed,
        paid_out: sums.merchant,
    })
}

fn chosen(routed: &IntentRoutedV1) -> ChosenRoute {
    let candidates = routed.candidates.iter().map(|candidate| LookedAtRoute {
        route: candidate.route.clone(),
        refused_because: candidate.refused_because.clone(),
    });
    ChosenRoute {
        route: routed.route.clone(),
        rail: routed.rail.clone(),
        candidates: candidates.collect(),
        table_version: routed.table_version,
    }
}

/// Why an intent was refused, if it was.
pub(super) fn rejection(history: &IntentHistory) -> Option<CodeAndDetail> {
    history.events().find_map(|(_, event)| match event {
        Event::IntentRejected(body) => {
            Some(CodeAndDetail { code: body.code, detail: body.detail.clone() })
        }
        _ => None,
    })
}

/// Why an intent was ended, if it was.
pub(super) fn void(history: &IntentHistory) -> Option<CodeAndReason> {
    history.events().find_map(|(_, event)| match event {
        Event::IntentVoided(body) => {
            Some(CodeAndReason { code: body.code, reason: body.reason.clone() })
        }
        _ => None,
    })
}

/// The page's six states, in its words.
fn state_path(history: &IntentHistory, sealing: Option<Sealing>) -> Vec<StateStep> {
    let rows = [
        (PathStep::Accepted, ["01", "Accept intent", "runtime contract", "accepted"]),
        (PathStep::Controlled, ["02", "Resolve controls", "scope + policy", "controlled"]),
        (PathStep::Ledgered, ["03", "Post ledger state", "minor-unit entries", "ledgered"]),
        (PathStep::Routed, ["04", "Select route", "corridor context", "routed"]),
        (PathStep::Synchronized, ["05", "Sync events", "signed stream", "synchronized"]),
    ];
    let mut path: Vec<StateStep> = rows
        .into_iter()
        .map(|(step, words)| {
            let at = history.reached(step).map(|header| (header.position, header.recorded_at));
            state_step(words, at)
        })
        .collect();
    let at = sealing.map(|sealing| (sealing.position, sealing.recorded_at));
    path.push(state_step(["06", "Seal evidence", "actor + scope + time", "evidenced"], at));
    path
}

fn state_step(words: [&'static str; 4], at: Option<(Position, Timestamp)>) -> StateStep {
    let [step, name, context, outcome] = words.map(Into::into);
    StateStep {
        step,
        name,
        context,
        outcome,
        reached: at.is_some(),
        position: at.map(|(position, _)| position),
        recorded_at: at.map(|(_, recorded_at)| recorded_at.into()),
    }
}

pub(super) fn ledger_entries(r: &Rendering<'_>, history: &IntentHistory) -> Vec<IntentLine> {
    let mut lines = Vec::new();
    // Only an intent that says what to move has lines.
    let Some(details) = &history.details else { return lines };
    for (header, effective_at, body) in history.legs() {
        for posting in &body.lines {
            let later = (effective_at != header.recorded_at).then(|| effective_at.into());
            lines.push(IntentLine {
                line: line(r, posting, details.currency),
                leg: body.leg.into(),
                effective_at: later,
            });
        }
    }
    lines
}

/// The page's flow: what left the customer, and what came to each account on the way.
fn ledger_flow(r: &Rendering<'_>, history: &IntentHistory) -> Vec<FlowStep> {
    let mut flow = Vec::new();
    let mut row = |account: &'static str, leg: Leg, at: usize, amount: String| {
        if let Some(code) = account_of(r, history, leg, at) {
            flow.push(FlowStep { account: account.into(), code, amount });
        }
    };
    let sums = history.sums();
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
    if history.events().any(|(_, event)| matches!(event, Event::PayoutClosed(_))) {
        row("Payout", Leg::Payout, 1, "closed".to_owned());
    }
    flow
}

/// The account of a line of the first transfer of a leg.
fn account_of(r: &Rendering<'_>, history: &IntentHistory, leg: Leg, line: usize) -> Option<String> {
    history.events().find_map(|(_, event)| match event {
        Event::LedgerPosted(body) if body.leg == leg => {
            body.lines.get(line).map(|posting| r.account(posting.account))
        }
        _ => None,
    })
}

fn published(r: &Rendering<'_>, history: &IntentHistory) -> Vec<PublishedId> {
    let told = history.indexed().filter_map(|(header, index, event)| match event {
        Event::EventPublished(body) => {
            let event_id = EventId::at(r.partition, header.position, index);
            Some(PublishedId { event_id, event_type: body.event_type.to_string() })
        }
        _ => None,
    });
    told.collect()
}

fn history_rows(r: &Rendering<'_>, history: &IntentHistory) -> Vec<IntentEvent> {
    let rows = history.events().map(|(header, event)| IntentEvent {
        event: event.type_name().into(),
        position: header.position,
        recorded_at: header.recorded_at.into(),
        actor: r.actor(header.actor),
    });
    rows.collect()
}
