//! Lines of the ledger, transfers, and what moved on an account.

use crate::form;
use crate::instant::Instant;
use crate::schema::answers;
use crate::word::{AccountStatus, Direction, Leg, Posted};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{Amount, Currency, Position};

/// A line of a transfer: a debit takes away, a credit adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LedgerLine {
    /// Which of both.
    pub direction: Direction,
    /// The account.
    #[schema(value_type = form::AccountCode)]
    pub account: String,
    /// The amount with its sign, in minor units.
    #[schema(value_type = form::SignedLine)]
    pub amount: String,
    /// The amount without its sign.
    #[schema(value_type = form::MinorUnits)]
    pub minor_units: Amount,
    /// Its currency.
    #[schema(value_type = form::CurrencyCode)]
    pub currency: Currency,
}

/// A line of an intent's transfers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IntentLine {
    /// What moved.
    #[serde(flatten)]
    pub line: LedgerLine,
    /// The transfer that it is of.
    pub leg: Leg,
    /// When it counts, if not when it is recorded.
    #[schema(value_type = form::Instant)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Instant>,
}

answers! {
    /// A transfer that was posted.
    TransferPosted: Posted {
        /// Its lines.
        ledger_entries: Vec<LedgerLine>,
        /// Why an admin corrected an account of the system.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    }
}

/// What happened to an account: a line was posted, or its status changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AccountEvent {
    /// A line was posted.
    Posting(AccountPosting),
    /// The status changed.
    Status(AccountStatusEvent),
}

/// A line that was posted to an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountPosting {
    /// What moved.
    #[serde(flatten)]
    pub line: LedgerLine,
    /// The transfer that it is of.
    pub leg: Leg,
    /// The intent that it is of, if it is of one.
    #[schema(value_type = form::IntentId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
    /// `ledger.posted`.
    #[schema(value_type = String, example = "ledger.posted")]
    pub event: crate::Text,
    /// The entry of the log.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
}

/// A change of an account's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountStatusEvent {
    /// The status since then.
    pub status: AccountStatus,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether an admin did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_admin: Option<bool>,
    /// `account.opened` or `account.status_changed`.
    #[schema(value_type = String, example = "account.opened")]
    pub event: crate::Text,
    /// The entry of the log.
    #[schema(value_type = form::Position)]
    pub position: Position,
    /// When.
    #[schema(value_type = form::Instant)]
    pub recorded_at: Instant,
}
