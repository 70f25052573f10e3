//! Bodies about accounts and transfers.

use crate::dto::amount::{MinorUnits, Money};
use crate::dto::text;
use crate::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use zentra_api_types::{Direction, FloorKind, NormalSide};
use zentra_events::event::Floor;
use zentra_events::limits::TEXT_CHARS_MAX;
use zentra_events::{AccountCode, Currency};
use zentra_ledger::TransferLine;

/// An account to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountBody {
    /// Segments of letters, digits, `_`, `-` and `.` divided by `:`; unique in the scope.
    #[schema(value_type = String, example = "customer_balance:alice")]
    #[serde(deserialize_with = "text::path_text")]
    pub(crate) code: AccountCode,
    /// Its only currency.
    #[schema(value_type = String, example = "EUR")]
    #[serde(deserialize_with = "text::text")]
    pub(crate) currency: Currency,
    /// Decimal digits; when left out those that the scope declared, else those of ISO 4217.
    #[serde(default, deserialize_with = "text::optional_digits")]
    pub(crate) exponent: Option<u8>,
    /// The side on which it is shown to grow; `credit` when left out.
    #[serde(default)]
    pub(crate) normal_side: NormalSide,
    /// How far below zero it may go; not at all when left out.
    #[serde(default)]
    pub(crate) floor: FloorBody,
}

/// How far below zero an account may go.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FloorBody {
    /// `none`, `limit` or `unbounded`.
    pub(crate) kind: FloorKind,
    /// With `limit`: minor units below zero.
    #[schema(value_type = Option<String>)]
    pub(crate) limit: Option<MinorUnits>,
}

impl FloorBody {
    /// The floor that is meant.
    ///
    /// # Errors
    /// 400 when a limit is missing, or given where there is none.
    pub(crate) fn floor(self, pointer: &str) -> Result<Floor, Problem> {
        match (self.kind, self.limit) {
            (FloorKind::None, None) => Ok(Floor::None),
            (FloorKind::Unbounded, None) => Ok(Floor::Unbounded),
            (FloorKind::Limit, Some(limit)) => Ok(Floor::Limit(limit.0)),
            (FloorKind::Limit, None) => {
                Err(Problem::field(&format!("{pointer}/limit"), "a limit needs its amount"))
            }
            (_, Some(_)) => {
                Err(Problem::field(&format!("{pointer}/limit"), "only a limit has an amount"))
            }
        }
    }
}

/// A transfer outside any intent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    /// The lines; per currency, debits equal credits.
    pub(crate) postings: Vec<PostingBody>,
    /// Why an admin corrects an account of the system; not for any other transfer.
    pub(crate) reason: Option<String>,
}

/// One line of a transfer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostingBody {
    /// The account; opened by the chart if it is new and a template matches.
    #[schema(value_type = String, example = "customer_balance")]
    #[serde(deserialize_with = "text::path_text")]
    pub(crate) account: AccountCode,
    /// `debit` takes value out, `credit` puts value in.
    pub(crate) direction: Direction,
    /// How much.
    pub(crate) amount: Money,
}

impl From<PostingBody> for TransferLine {
    fn from(body: PostingBody) -> TransferLine {
        let direction = body.direction.into();
        let Money { minor_units, currency } = body.amount;
        TransferLine { account: body.account, direction, amount: minor_units.0, currency }
    }
}

/// An operator's words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    /// Why; kept in the trail.
    pub(crate) reason: String,
}

impl ReasonBody {
    /// The reason, if it is one.
    ///
    /// # Errors
    /// 400 when it is empty or too long.
    pub(crate) fn checked(self) -> Result<String, Problem> {
        check_reason(self.reason)
    }
}

/// Refuses a reason that is empty or too long.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn check_reason(reason: String) -> Result<String, Problem> {
    if reason.trim().is_empty() {
        return Err(Problem::field("/reason", "a reason is not empty"));
    }
    check_text("/reason", &reason)?;
    Ok(reason)
}

/// Refuses a text that is too long. It is counted as the API's description counts it.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn check_text(pointer: &str, text: &str) -> Result<(), Problem> {
    let count = text.chars().count();
    if count > TEXT_CHARS_MAX {
        let detail = format!("a text has at most {TEXT_CHARS_MAX} characters, not {count}");
        return Err(Problem::field(pointer, detail));
    }
    Ok(())
}

/// A body without fields; it may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
