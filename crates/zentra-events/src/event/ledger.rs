//! Events of the ledger's rules: chart, policy and routes of a scope, and its accounts.

use crate::amount::{Amount, Currency};
use crate::id::AccountNo;
use crate::name::AccountCode;
use crate::position::Position;
use crate::time::Span;
use bincode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

/// How far below zero an account's available balance may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "limit")]
pub enum Floor {
    /// Never below zero.
    None,
    /// Down to minus this many minor units.
    Limit(Amount),
    /// Without limit (the outside world, clearing accounts).
    Unbounded,
}

/// The side on which an account normally grows; only shown, never used to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NormalSide {
    /// Debit-normal: shown with debits positive.
    Debit,
    /// Credit-normal: shown with credits positive.
    Credit,
}

/// What may be done with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// Everything.
    Open,
    /// Nothing may leave or enter.
    Frozen,
    /// As frozen, for good.
    Closed,
}

/// One template of a chart: which codes may open by themselves, and how.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct TemplateV1 {
    /// A code, or a code whose last segment is `*` (one or more further segments).
    pub pattern: String,
    /// The side.
    pub normal_side: NormalSide,
    /// The floor.
    pub floor: Floor,
}

/// The chart of accounts of a scope was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct ChartSetV1 {
    /// 1 for the first, then one more each time.
    pub version: u32,
    /// Tried in order; the first that matches wins.
    pub templates: Vec<TemplateV1>,
}

/// One rule of a policy set. All are checked, in order; the first that fails decides.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum PolicyRuleV1 {
    /// `limit_check`: an intent's amount in this currency is at most this.
    LimitCheck {
        /// The currency that the rule is about.
        currency: Currency,
        /// The most that one intent may move.
        amount_max: Amount,
    },
    /// `velocity`: what one source account starts in a window is bounded.
    Velocity {
        /// The currency that the rule is about.
        currency: Currency,
        /// The length of the window that ends now.
        window_ns: Span,
        /// The most intents in the window.
        count_max: u32,
        /// The most that they sum to.
        sum_max: Amount,
    },
    /// `currency_list`: only these currencies.
    CurrencyList {
        /// The currencies that may be used.
        allowed: Vec<Currency>,
    },
    /// `corridor_list`: only these corridors.
    CorridorList {
        /// The corridors that may be used.
        allowed: Vec<String>,
    },
}

/// The policy set of a scope was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct PolicySetV1 {
    /// 1 for the first, then one more each time.
    pub version: u32,
    /// The rules, in the order of checking.
    pub rules: Vec<PolicyRuleV1>,
}

/// One way that money can go.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct RouteV1 {
    /// Its name, unique in the table; ties are broken by it.
    pub id: String,
    /// The corridor it serves.
    pub corridor: String,
    /// The currency it carries.
    pub currency: Currency,
    /// The rail behind it.
    pub rail: String,
    /// The least it carries.
    pub amount_min: Amount,
    /// The most it carries.
    pub amount_max: Amount,
    /// The lowest priority number that fits is taken.
    pub priority: u32,
    /// Whether it may be used.
    pub enabled: bool,
}

/// The route table of a scope was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct RoutesSetV1 {
    /// 1 for the first, then one more each time.
    pub version: u32,
    /// The routes, in no order that matters.
    pub routes: Vec<RouteV1>,
}

/// The route table that a scope had set was taken back: the built-in one holds again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct RoutesResetV1 {
    /// The version of the last table that was set; 0 when there was none.
    pub version: u32,
}

/// A scope said how many decimal digits a currency has.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct CurrencyDeclaredV1 {
    /// The currency.
    pub currency: Currency,
    /// Its decimal digits. They are final once the scope has an account in it.
    pub exponent: u8,
}

/// An account was opened, by a command or by the chart.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct AccountOpenedV1 {
    /// The account's dense number in its log.
    pub account: AccountNo,
    /// Its code, unique in the scope.
    pub code: AccountCode,
    /// Its only currency.
    pub currency: Currency,
    /// Decimal digits of the currency, for showing.
    pub exponent: u8,
    /// The side on which it normally grows.
    pub normal_side: NormalSide,
    /// How far it may go below zero.
    pub floor: Floor,
}

/// An account was frozen, opened again or closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct AccountStatusChangedV1 {
    /// The account.
    pub account: AccountNo,
    /// What holds from now on.
    pub status: AccountStatus,
    /// Why, in the operator's words.
    pub reason: String,
}

/// An account was frozen, opened again or closed. An admin's freeze is lifted by admins alone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct AccountStatusChangedV2 {
    /// The account.
    pub account: AccountNo,
    /// What holds from now on.
    pub status: AccountStatus,
    /// Why, in the operator's words.
    pub reason: String,
    /// Whether the key had the role admin.
    pub by_admin: bool,
}

impl From<AccountStatusChangedV1> for AccountStatusChangedV2 {
    fn from(changed: AccountStatusChangedV1) -> AccountStatusChangedV2 {
        let AccountStatusChangedV1 { account, status, reason } = changed;
        AccountStatusChangedV2 { account, status, reason, by_admin: false }
    }
}

/// An admin moved money of a system account; the posting is in the same entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct LedgerCorrectedV1 {
    /// Why, in the admin's words.
    pub reason: String,
}

/// The totals of an account after the postings of this entry, and the way back to earlier ones.
/// An account is marked once it had 64 postings since its last mark.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, JsonSchema)]
pub struct AccountMarkedV1 {
    /// The account.
    pub account: AccountNo,
    /// The 0-based number of this mark among the account's.
    pub number: u64,
    /// Everything that ever left, in minor units.
    pub debits: Amount,
    /// Everything that ever came in, in minor units.
    pub credits: Amount,
    /// Where earlier marks are: at index `i` the entry of mark `number - 8^i`, for each `i` for
    /// which `number` is a positive multiple of `8^i`.
    pub back: Vec<Position>,
}
