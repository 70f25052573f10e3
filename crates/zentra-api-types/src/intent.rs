//! Intents: their states, their lines in the ledger, their flow, their history.

use crate::form;
use crate::instant::Instant;
use crate::line::IntentLine;
use crate::word::{Capture, IntentState, ItemOutcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zentra_events::{Amount, Code, Currency, EventId, IntentId, Position, event};

/// An intent with all that is recorded of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Intent {
    /// The caller's name for it.
    #[schema(value_type = form::IntentId)]
    pub intent_id: IntentId,
    /// Its scope.
    #[schema(value_type = form::ScopeName)]
    pub scope: String,
    /// How far it has come.
    pub state: IntentState,
    /// How money is counted.
    #[schema(value_type = String, example = "minor_units + ledger_currency")]
    pub money_model: crate::Text,
    /// What it goes through.
    #[schema(value_type = Vec<String>, example = json!(["policy", "ledger", "events"]))]
    pub primitives: Vec<crate::Text>,
    /// What its acceptance came to.
    #[schema(value_type = Vec<String>)]
    pub trace: Vec<crate::Text>,
    /// How much it moves, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<MonetaryAmount>,
    /// Whose money, once that is known.
    #[schema(value_type = form::AccountCode)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who receives it when it is paid out, once that is known.
    #[schema(value_type = form::AccountCode)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// The corridor that its route serves, once that is known.
    #[schema(example = "default", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corridor: Option<String>,
    /// When it is settled, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
    /// When it counts, once that is known; null where that is when it is recorded.
    #[schema(value_type = Option<form::Instant>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Option<Instant>>,
    /// The caller's own pairs, once they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// The checks of the policy.
    pub checks: Vec<PolicyCheck>,
    /// What its transfers sum to, once there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums: Option<IntentTotals>,
    /// The route that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<ChosenRoute>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<CodeAndDetail>,
    /// Why it was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<CodeAndReason>,
    /// The six states of every intent, and when it reached each.
    pub state_path: Vec<StateStep>,
    /// Its lines in the ledger, oldest first.
    pub ledger_entries: Vec<IntentLine>,
    /// What left the customer, and what came to each account on the way.
    pub ledger_flow: Vec<FlowStep>,
    /// The events that were published of it.
    pub events: Vec<PublishedId>,
    /// Everything that is recorded of it, oldest first.
    pub history: Vec<IntentEvent>,
    /// The last entry about it.
    #[schema(value_type = form::Position)]
    pub position: Position,
}

/// The answer to a command about an intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntentAnswer {
    /// How far the intent had come then.
    pub status: IntentState,
    /// The event that says so.
    #[schema(value_type = String, example = "intent.accepted")]
    pub event: crate::Text,
    /// Where, when and by whom that was recorded.
    pub evidence: crate::Evidence,
    /// The call that brings it.
    #[schema(value_type = String, example = "POST /intents")]
    pub entrypoint: crate::Text,
    /// The intent.
    #[serde(flatten)]
    pub intent: Intent,
}

/// An amount with its currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonetaryAmount {
    /// How much, in minor units.
    #[schema(value_type = form::MinorUnits)]
    pub minor_units: Amount,
    /// Of which currency.
    #[schema(value_type = form::CurrencyCode)]
    pub currency: Currency,
}

/// A check of the policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyCheck {
    /// Its name.
    #[schema(example = "limit_check")]
    pub name: String,
    /// Whether it was passed.
    pub passed: bool,
    /// What it allows; null where it has no limit.
    #[schema(value_type = Option<form::MinorUnits>, required)]
    pub limit: Option<Amount>,
    /// What counts against that; null where nothing does.
    #[schema(value_type = Option<form::MinorUnits>, required)]
    pub used: Option<Amount>,
}

impl From<&event::CheckV1> for PolicyCheck {
    fn from(check: &event::CheckV1) -> PolicyCheck {
        let event::CheckV1 { name, passed, limit, used } = check.clone();
        PolicyCheck { name, passed, limit, used }
    }
}

/// What the transfers of an intent sum to, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntentTotals {
    /// Set aside.
    #[schema(value_type = form::MinorUnits)]
    pub reserved: Amount,
    /// Settled.
    #[schema(value_type = form::MinorUnits)]
    pub settled: Amount,
    /// Set aside, and given back.
    #[schema(value_type = form::MinorUnits)]
    pub released: Amount,
    /// Settled, and given back.
    #[schema(value_type = form::MinorUnits)]
    pub reversed: Amount,
    /// Paid out.
    #[schema(value_type = form::MinorUnits)]
    pub paid_out: Amount,
}

/// The route that was chosen, and which there were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChosenRoute {
    /// Its id.
    #[schema(example = "internal")]
    pub route: String,
    /// The rail behind it.
    #[schema(example = "internal")]
    pub rail: String,
    /// All that serve the corridor, in the order in which they were looked at.
    pub candidates: Vec<LookedAtRoute>,
    /// The version of the table that it is of.
    pub table_version: u32,
}

/// A route that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LookedAtRoute {
    /// Its id.
    pub route: String,
    /// Why it was not taken; null for the one that was.
    #[schema(required)]
    pub refused_because: Option<String>,
}

/// A code and what it means here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CodeAndDetail {
    /// The code.
    #[schema(value_type = form::ProblemCode)]
    pub code: Code,
    /// What decided.
    pub detail: String,
}

/// A code and the words of who ended it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CodeAndReason {
    /// The code; `void_requested` where the caller asked for it.
    #[schema(value_type = form::ProblemCode)]
    pub code: Code,
    /// Why.
    pub reason: String,
}

/// One of the six states of every intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateStep {
    /// Its number.
    #[schema(value_type = String, example = "01")]
    pub step: crate::Text,
    /// Its name.
    #[schema(value_type = String, example = "Accept intent")]
    pub name: crate::Text,
    /// What it stands on.
    #[schema(value_type = String, example = "runtime contract")]
    pub context: crate::Text,
    /// The state.
    #[schema(value_type = String, example = "accepted")]
    pub outcome: crate::Text,
    /// Whether the intent has been in it.
    pub reached: bool,
    /// The entry that brought it; null where it was not reached.
    #[schema(value_type = Option<form::Position>, required)]
    pub position: Option<Position>,
    /// When; null where it was not reached.
    #[schema(value_type = Option<form::Instant>, required)]
    pub recorded_at: Option<Instant>,
}

/// What came to an account, or left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlowStep {
    /// What the account is here.
    #[schema(value_type = String, example = "Customer")]
    pub account: crate::Text,
    /// The account.
    #[schema(value_type = form::AccountCode)]
    pub code: String,
    /// The amount with its sign, in minor units; `closed` for a payout.
    #[schema(example = "-125000 mu")]
    pub amount: String,
}

/// An event that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublishedId {
    /// Its id.
    #[schema(value_type = form::EventId)]
    pub event_id: EventId,
    /// Its type.
    #[schema(value_type = form::EventType)]
    #[serde(rename = "type")]
    pub event_type: String,
}

/// What is recorded of an intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntentEvent {
    /// What.
    #[schema(value_type = String, example = "intent.accepted")]
    pub event: crate::Text,
    /// The entry of the log.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// By whom.
    #[schema(value_type = form::ActorName)]
    pub actor: String,
}

/// An intent in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedIntent {
    /// The caller's name for it.
    #[schema(value_type = form::IntentId)]
    pub intent_id: IntentId,
    /// How much it moves, once that is known.
    #[schema(value_type = form::MinorUnits)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor_units: Option<Amount>,
    /// In which currency.
    #[schema(value_type = form::CurrencyCode)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Why it was refused.
    #[schema(value_type = form::ProblemCode)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The last entry about it.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When it was accepted.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
    /// How far it has come.
    pub state: IntentState,
    /// What of it was settled, if anything.
    #[schema(value_type = form::MinorUnits)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<Amount>,
    /// What of that went back, if anything.
    #[schema(value_type = form::MinorUnits)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed: Option<Amount>,
}

/// What became of the items of a batch, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchAnswer {
    /// One for each item.
    pub data: Vec<BatchOutcome>,
}

/// What became of an item of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchOutcome {
    /// The item's intent.
    #[schema(value_type = form::IntentId)]
    pub intent_id: String,
    /// What became of it.
    pub outcome: ItemOutcome,
    /// The entry that says so; none where nothing is recorded.
    #[schema(value_type = form::Position)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Of an intent that was taken before: how far it has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<IntentState>,
    /// Why it was refused, or ended.
    #[schema(value_type = form::ProblemCode)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// What decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
