//! Events of an intent's life. An intent's stream also has its `ledger.posted` legs and the
//! `event.published` that tell of it.

use crate::amount::{Amount, Currency};
use crate::code::Code;
use crate::event::{Event, PublishedDataV1};
use crate::id::{AccountNo, IntentNo};
use crate::name::{AccountCode, IntentId};
use crate::position::Position;
use crate::time::Timestamp;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// When reserved money is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// In the same entry that reserves it.
    Automatic,
    /// By a later `settle`.
    Manual,
}

/// An account as an intent names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Party {
    /// An account of the scope.
    Account(AccountNo),
    /// A code that has no account and matches no template.
    Unknown(AccountCode),
}

/// What an intent wants to move.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentDetailsV1 {
    /// How much, in minor units.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
    /// Whose money.
    pub source: Party,
    /// Who receives it in the end.
    pub destination: Party,
    /// The corridor that a route must serve.
    pub corridor: String,
    /// When reserved money is settled.
    pub capture: Capture,
    /// When the movement counts, if not at its recorded time.
    pub effective_at: Option<Timestamp>,
    /// The caller's own pairs, sorted by key.
    pub metadata: Vec<(String, String)>,
}

/// An intent was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentAcceptedV1 {
    /// Its dense number in the log.
    pub intent: IntentNo,
    /// Its name, unique in the scope.
    pub intent_id: IntentId,
    /// First 16 bytes of BLAKE3 of the request's canonical form: same id and digest, same answer.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::hex")]
    pub digest: [u8; 16],
    /// What it wants to move; none while it waits for its confirmation.
    pub details: Option<IntentDetailsV1>,
}

/// An accepted intent learnt what to move.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentConfirmedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// Its name.
    pub intent_id: IntentId,
    /// As in [`IntentAcceptedV1::digest`], of the confirmation.
    #[schemars(with = "String")]
    #[serde(serialize_with = "crate::schema::hex")]
    pub digest: [u8; 16],
    /// What it wants to move.
    pub details: IntentDetailsV1,
}

/// One check of the policy and what it saw.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct CheckV1 {
    /// The rule's name, e.g. `limit_check`.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// The bound in minor units or counts, where the rule has one.
    pub limit: Option<Amount>,
    /// What was used before, where the rule counts.
    pub used: Option<Amount>,
}

/// Every check passed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentControlledV1 {
    /// The intent.
    pub intent: IntentNo,
    /// The policy set that was used; 0 when the scope has none.
    pub policy_version: u32,
    /// What was checked.
    pub checks: Vec<CheckV1>,
    /// Usage was read from the entries before this position.
    pub usage_at: Position,
}

/// The intent was refused for good. No money moved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentRejectedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// The stable code.
    pub code: Code,
    /// One sentence with the values that decided.
    pub detail: String,
    /// The checks up to the one that failed; empty when policy was not reached.
    pub checks: Vec<CheckV1>,
}

/// A candidate that was weighed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct CandidateV1 {
    /// The route.
    pub route: String,
    /// Why it was not taken; none for the one that was.
    pub refused_because: Option<String>,
}

/// A route was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentRoutedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// The corridor.
    pub corridor: String,
    /// The route taken.
    pub route: String,
    /// The rail behind it.
    pub rail: String,
    /// Those weighed and not taken, sorted by route.
    pub candidates: Vec<CandidateV1>,
    /// The route table that was used; 0 for the built-in one.
    pub table_version: u32,
}

/// Reserved money went back to its source.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentVoidedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// Its name.
    pub intent_id: IntentId,
    /// Why: `void_requested` or `route_unavailable`.
    pub code: Code,
    /// The caller's words, or what decided.
    pub reason: String,
}

/// Settled money went back to its source, in whole or in part.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentReversedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// Its name.
    pub intent_id: IntentId,
    /// How much went back this time.
    pub amount: Amount,
    /// The caller's words.
    pub reason: String,
}

/// The legs of this entry take effect at another time than it is recorded at: no earlier than an
/// earlier leg of the intent does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct IntentDatedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// When they take effect.
    pub effective_at: Timestamp,
}

/// Settled money was paid out to the destination.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct PayoutClosedV1 {
    /// The intent.
    pub intent: IntentNo,
    /// Its name.
    pub intent_id: IntentId,
    /// How much was paid out.
    pub amount: Amount,
}

impl Event {
    /// The intent whose stream this event is part of.
    pub fn intent(&self) -> Option<IntentNo> {
        match self {
            Event::IntentAccepted(body) => Some(body.intent),
            Event::IntentConfirmed(body) => Some(body.intent),
            Event::IntentControlled(body) => Some(body.intent),
            Event::IntentRejected(body) => Some(body.intent),
            Event::IntentRouted(body) => Some(body.intent),
            Event::IntentVoided(body) => Some(body.intent),
            Event::IntentReversed(body) => Some(body.intent),
            Event::PayoutClosed(body) => Some(body.intent),
            Event::IntentDated(body) => Some(body.intent),
            Event::LedgerPosted(body) => body.intent,
            Event::EventPublished(body) => match &body.data {
                PublishedDataV1::Transfer { intent, .. } => Some(*intent),
                PublishedDataV1::Endpoint { .. } | PublishedDataV1::Own { .. } => None,
            },
            _ => None,
        }
    }
}
