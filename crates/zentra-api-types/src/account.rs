//! Accounts: opened, shown, with their balances.

use crate::form;
use crate::instant::Instant;
use crate::schema::answers;
use crate::word::{AccountStatus, FloorKind, NormalSide};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{AccountCode, Amount, Currency, Position, event};

/// How far below zero an account may go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Floor {
    /// Its kind.
    pub kind: FloorKind,
    /// With `limit`: minor units below zero.
    #[schema(value_type = form::MinorUnits)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Amount>,
}

impl From<event::Floor> for Floor {
    fn from(floor: event::Floor) -> Floor {
        let (kind, limit) = match floor {
            event::Floor::None => (FloorKind::None, None),
            event::Floor::Limit(limit) => (FloorKind::Limit, Some(limit)),
            event::Floor::Unbounded => (FloorKind::Unbounded, None),
        };
        Floor { kind, limit }
    }
}

answers! {
    /// An account that was opened.
    AccountOpened: AccountStatus {
        /// Its code.
        #[schema(value_type = form::AccountCode)]
        code: AccountCode,
        /// Its only currency.
        #[schema(value_type = form::CurrencyCode)]
        currency: Currency,
        /// Decimal digits of the currency.
        exponent: u8,
        /// The side on which it is shown to grow.
        normal_side: NormalSide,
        /// How far below zero it may go.
        floor: Floor,
    }
    /// An account whose status was changed.
    AccountStatusChanged: AccountStatus {
        /// Its code.
        #[schema(value_type = form::AccountCode)]
        code: String,
        /// Why.
        reason: String,
        /// Whether an admin did it; only one may undo that.
        by_admin: bool,
    }
}

/// An account as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its code.
    #[schema(value_type = form::AccountCode)]
    pub code: AccountCode,
    /// Its number in the deployment.
    pub number: u32,
    /// Its only currency.
    #[schema(value_type = form::CurrencyCode)]
    pub currency: Currency,
    /// Decimal digits of the currency.
    pub exponent: u8,
    /// The side on which it is shown to grow.
    pub normal_side: NormalSide,
    /// How far below zero it may go.
    pub floor: Floor,
    /// What may be done with it.
    pub status: AccountStatus,
    /// What is on it.
    pub balances: Balances,
    /// The last entry about it.
    #[schema(value_type = form::Position)]
    pub position: Position,
}

/// What is on an account, in minor units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Balances {
    /// Credits less debits.
    #[schema(value_type = form::SignedMinorUnits)]
    pub posted: String,
    /// What open holds have taken out; already part of `debits`.
    #[schema(value_type = form::MinorUnits)]
    pub reserved: Amount,
    /// What may leave; null where the floor is unbounded.
    #[schema(value_type = Option<form::MinorUnits>, required)]
    pub available: Option<Amount>,
    /// Everything that ever left.
    #[schema(value_type = form::MinorUnits)]
    pub debits: Amount,
    /// Everything that ever came in.
    #[schema(value_type = form::MinorUnits)]
    pub credits: Amount,
}

/// An account's balance as of a position or a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastBalance {
    /// The account.
    #[schema(value_type = form::AccountCode)]
    pub code: AccountCode,
    /// Its currency.
    #[schema(value_type = form::CurrencyCode)]
    pub currency: Currency,
    /// Decimal digits of the currency.
    pub exponent: u8,
    /// What it is as of; empty for now.
    pub as_of: AsOf,
    /// Credits less debits.
    #[schema(value_type = form::SignedMinorUnits)]
    pub posted: String,
    /// Everything that had left.
    #[schema(value_type = form::MinorUnits)]
    pub debits: Amount,
    /// Everything that had come in.
    #[schema(value_type = form::MinorUnits)]
    pub credits: Amount,
}

/// What a balance is as of: one of these, or none for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AsOf {
    /// After this entry.
    #[schema(value_type = form::Position)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// By what was recorded until then.
    #[schema(value_type = form::Instant)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Instant>,
    /// By what takes effect until then.
    #[schema(value_type = form::Instant)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Instant>,
}
