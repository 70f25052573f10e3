//! The event that moves money, and the event that tells of it.

use crate::amount::{Amount, Currency, Direction};
use crate::id::{AccountNo, EndpointId, IntentNo};
use crate::name::{EventType, IntentId};
use crate::position::Position;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// What a set of postings is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// A transfer of its own, outside any intent.
    Transfer,
    /// Source to reserved.
    Reserve,
    /// Reserved to settlement.
    Settle,
    /// Reserved back to source.
    Release,
    /// Settlement back to source.
    Reverse,
    /// Settlement to the destination (the merchant).
    Merchant,
    /// Destination to payout.
    Payout,
}

impl Leg {
    /// Its word, wherever it is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Leg::Transfer => "transfer",
            Leg::Reserve => "reserve",
            Leg::Settle => "settle",
            Leg::Release => "release",
            Leg::Reverse => "reverse",
            Leg::Merchant => "merchant",
            Leg::Payout => "payout",
        }
    }
}

/// One debit or credit line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct PostingV1 {
    /// The account.
    pub account: AccountNo,
    /// Out of it or into it.
    pub direction: Direction,
    /// How much, in minor units of the account's currency.
    pub amount: Amount,
    /// The position of the account's previous entry; none when this entry holds an earlier event
    /// of the account or there is none.
    pub prev: Option<Position>,
}

/// A balanced set of postings: per currency, debits equal credits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct LedgerPostedV1 {
    /// The intent it belongs to; none for a transfer of its own.
    pub intent: Option<IntentNo>,
    /// What it is for.
    pub leg: Leg,
    /// The lines, debits first.
    pub lines: Vec<PostingV1>,
}

/// What a published event tells; its JSON is a function of this and the entry's header.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PublishedDataV1 {
    /// Money of an intent moved (`transfer.settled`, `transfer.reversed`, ...).
    Transfer {
        /// The intent's dense number.
        intent: IntentNo,
        /// The intent's name.
        intent_id: IntentId,
        /// How much moved.
        amount: Amount,
        /// Of what.
        currency: Currency,
        /// The intent's source.
        source: AccountNo,
        /// The intent's destination.
        destination: AccountNo,
    },
    /// A webhook endpoint changed (`webhook.endpoint.created`, ...).
    Endpoint {
        /// The endpoint.
        endpoint: EndpointId,
        /// Its URL.
        url: String,
    },
    /// The platform's own event, as the JSON text of its `data`.
    Own {
        /// JSON text, exactly as it will be sent.
        data: String,
    },
}

/// An event was published. Its id is this event's; it is the `webhook-id` of its deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct EventPublishedV1 {
    /// The type that endpoints filter by.
    pub event_type: EventType,
    /// What it tells.
    pub data: PublishedDataV1,
}
