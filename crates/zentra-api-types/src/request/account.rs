//! Bodies about accounts and transfers.
//!
//! Owns the fields. Must not know what they mean.

use crate::request::amount::{MinorUnits, Money};
use crate::request::text;
use crate::word::{Direction, FloorKind, NormalSide};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{AccountCode, Currency};

/// An account to open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountBody {
    /// Segments of letters, digits, `_`, `-` and `.` divided by `:`; unique in the scope.
    #[schema(value_type = String, example = "customer_balance:alice")]
    #[serde(deserialize_with = "text::path_text")]
    pub code: AccountCode,
    /// Its only currency.
    #[schema(value_type = String, example = "EUR")]
    #[serde(deserialize_with = "text::text")]
    pub currency: Currency,
    /// Decimal digits; when left out those that the scope declared, else those of ISO 4217.
    #[serde(
        default,
        deserialize_with = "text::optional_digits",
        skip_serializing_if = "Option::is_none"
    )]
    pub exponent: Option<u8>,
    /// The side on which it is shown to grow; `credit` when left out.
    #[serde(default)]
    pub normal_side: NormalSide,
    /// How far below zero it may go; not at all when left out.
    #[serde(default)]
    pub floor: FloorBody,
}

/// How far below zero an account may go.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FloorBody {
    /// `none`, `limit` or `unbounded`.
    pub kind: FloorKind,
    /// With `limit`: minor units below zero.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<MinorUnits>,
}

/// A transfer outside any intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferBody {
    /// The lines; per currency, debits equal credits.
    pub postings: Vec<PostingBody>,
    /// Why an admin corrects an account of the system; not for any other transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One line of a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostingBody {
    /// The account; opened by the chart if it is new and a template matches.
    #[schema(value_type = String, example = "customer_balance")]
    #[serde(deserialize_with = "text::path_text")]
    pub account: AccountCode,
    /// `debit` takes value out, `credit` puts value in.
    pub direction: Direction,
    /// How much.
    pub amount: Money,
}

/// An operator's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// Why; kept in the trail.
    pub reason: String,
}

/// A body without fields; it may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
