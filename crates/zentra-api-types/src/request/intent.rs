//! Bodies of intents.
//!
//! Owns the fields, and the page's words. Must not know what they mean.

use crate::request::amount::{Money, PartMoney};
use crate::request::text;
use crate::word::Capture;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zentra_events::{AccountCode, IntentId};

/// The only money model there is.
pub const MONEY_MODEL: &str = "minor_units + ledger_currency";
/// What every intent goes through.
pub const PRIMITIVES: [&str; 3] = ["policy", "ledger", "events"];

/// An intent. Without `amount` it is accepted and waits for its confirmation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IntentBody {
    /// The caller's name for it, unique in the scope.
    #[schema(value_type = String, example = "intent_042")]
    #[serde(deserialize_with = "text::intent_id")]
    pub intent_id: IntentId,
    /// The scope of the key; anything else is not found.
    #[schema(example = "workspace_scope")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `minor_units + ledger_currency`.
    #[schema(example = "minor_units + ledger_currency")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money_model: Option<String>,
    /// `policy`, `ledger` and `events`, in any order.
    #[schema(example = json!(["policy", "ledger", "events"]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primitives: Option<Vec<String>>,
    /// How much to move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Whose money.
    #[schema(value_type = Option<String>, example = "customer_balance")]
    #[serde(
        default,
        deserialize_with = "text::optional_path_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub source: Option<AccountCode>,
    /// Who receives it when it is paid out.
    #[schema(value_type = Option<String>, example = "merchant_balance")]
    #[serde(
        default,
        deserialize_with = "text::optional_path_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub destination: Option<AccountCode>,
    /// The corridor that a route must serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corridor: Option<String>,
    /// `automatic` settles at once, `manual` holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
    /// When the movement counts, if not when it is recorded (RFC 3339).
    #[schema(example = "2026-04-26T14:12:09Z")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<String>,
    /// The caller's own pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// What a waiting intent is to move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// How much to move.
    pub amount: Money,
    /// Whose money.
    #[schema(value_type = String, example = "customer_balance")]
    #[serde(deserialize_with = "text::path_text")]
    pub source: AccountCode,
    /// Who receives it when it is paid out.
    #[schema(value_type = String, example = "merchant_balance")]
    #[serde(deserialize_with = "text::path_text")]
    pub destination: AccountCode,
    /// The corridor that a route must serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corridor: Option<String>,
    /// `automatic` settles at once, `manual` holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
    /// When the movement counts, if not when it is recorded (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<String>,
    /// The caller's own pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// How much of a hold to settle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleBody {
    /// All of it when left out; what is not settled goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<PartMoney>,
    /// When it counts (RFC 3339), if not when it is recorded: no earlier than what the intent did
    /// before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<String>,
}

/// Why a hold or a waiting intent ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidBody {
    /// The caller's words.
    #[serde(default)]
    pub reason: String,
    /// When it counts (RFC 3339), if not when it is recorded: no earlier than what the intent did
    /// before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<String>,
}

/// How much settled money goes back, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseBody {
    /// All that is left when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<PartMoney>,
    /// The caller's words.
    #[serde(default)]
    pub reason: String,
    /// When it counts (RFC 3339), if not when it is recorded: no earlier than what the intent did
    /// before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<String>,
}

/// When settled money is paid out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutBody {
    /// When it counts (RFC 3339), if not when it is recorded: no earlier than what the intent did
    /// before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<String>,
}
