//! Bodies of a scope's chart, policy, routes and currencies.
//!
//! Owns the fields. Must not know what a rule means.

use crate::request::account::FloorBody;
use crate::request::amount::MinorUnits;
use crate::request::text;
use crate::word::NormalSide;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::event::{PolicyRuleV1, RouteV1};
use zentra_events::{Amount, Currency, Span};

/// The chart of accounts of a scope, as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartBody {
    /// Tried in order; the first that matches wins.
    pub templates: Vec<TemplateBody>,
}

/// Which codes may open by themselves, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateBody {
    /// A code, or a code and `:*` for further segments.
    #[schema(example = "customer_balance:*")]
    pub pattern: String,
    /// The side; `credit` when left out.
    #[serde(default)]
    pub normal_side: NormalSide,
    /// The floor; none when left out.
    #[serde(default)]
    pub floor: FloorBody,
}

/// The decimal digits of a currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrencyBody {
    /// How many minor units make one: 10 to this power. At most 38.
    #[schema(example = 8)]
    #[serde(deserialize_with = "text::digits")]
    pub exponent: u8,
}

/// The policy of a scope, as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    /// Checked in order; the first that fails decides.
    pub rules: Vec<RuleBody>,
}

/// The route table of a scope, as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutesBody {
    /// The routes, in no order that matters.
    pub routes: Vec<RouteBody>,
}

/// One way that money can go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteBody {
    /// Its name, unique in the table; ties are broken by it.
    pub id: String,
    /// The corridor it serves.
    pub corridor: String,
    /// The currency it carries.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "text::text")]
    pub currency: Currency,
    /// The rail behind it.
    pub rail: String,
    /// The least it carries; anything when left out.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_min: Option<MinorUnits>,
    /// The most it carries; anything when left out.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<MinorUnits>,
    /// The lowest number that fits is taken; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// Whether it may be used; it may when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleBody {
    /// An intent's amount in this currency is at most this.
    LimitCheck {
        /// The currency.
        #[schema(value_type = String)]
        currency: Currency,
        /// The most that one intent may move, in minor units.
        #[schema(value_type = String)]
        amount_max: Amount,
    },
    /// What one source account starts in a window is bounded.
    Velocity {
        /// The currency.
        #[schema(value_type = String)]
        currency: Currency,
        /// The length of the window that ends now.
        window_seconds: u32,
        /// The most intents in the window.
        count_max: u32,
        /// The most that they sum to, in minor units.
        #[schema(value_type = String)]
        sum_max: Amount,
    },
    /// Only these currencies.
    CurrencyList {
        /// The currencies.
        #[schema(value_type = Vec<String>)]
        allowed: Vec<Currency>,
    },
    /// Only these corridors.
    CorridorList {
        /// The corridors.
        allowed: Vec<String>,
    },
}

impl From<RuleBody> for PolicyRuleV1 {
    fn from(body: RuleBody) -> PolicyRuleV1 {
        match body {
            RuleBody::LimitCheck { currency, amount_max } => {
                PolicyRuleV1::LimitCheck { currency, amount_max }
            }
            RuleBody::Velocity { currency, window_seconds, count_max, sum_max } => {
                let window_ns = Span::seconds(u64::from(window_seconds));
                PolicyRuleV1::Velocity { currency, window_ns, count_max, sum_max }
            }
            RuleBody::CurrencyList { allowed } => PolicyRuleV1::CurrencyList { allowed },
            RuleBody::CorridorList { allowed } => PolicyRuleV1::CorridorList { allowed },
        }
    }
}

impl From<RouteBody> for RouteV1 {
    fn from(body: RouteBody) -> RouteV1 {
        RouteV1 {
            id: body.id,
            corridor: body.corridor,
            currency: body.currency,
            rail: body.rail,
            amount_min: body.amount_min.map_or(Amount::ZERO, |min| min.0),
            amount_max: body.amount_max.map_or(Amount::MAX, |max| max.0),
            priority: body.priority.unwrap_or(100),
            enabled: body.enabled.unwrap_or(true),
        }
    }
}
