//! The rules of a scope: chart, policy, routes, currencies.

use crate::account::Floor;
use crate::form;
use crate::schema::answers;
use crate::word::{InForce, NormalSide};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{Amount, Currency, Position, event};

/// Which codes may open by themselves, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Template {
    /// A code, or a code and `:*` for further segments.
    #[schema(example = "customer_balance:*")]
    pub pattern: String,
    /// The side on which its accounts are shown to grow.
    pub normal_side: NormalSide,
    /// How far below zero they may go.
    pub floor: Floor,
}

impl From<&event::TemplateV1> for Template {
    fn from(template: &event::TemplateV1) -> Template {
        Template {
            pattern: template.pattern.clone(),
            normal_side: template.normal_side.into(),
            floor: template.floor.into(),
        }
    }
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Rule {
    /// An intent's amount in this currency is at most this.
    LimitCheck {
        /// The currency.
        #[schema(value_type = form::CurrencyCode)]
        currency: Currency,
        /// The most that one intent may move, in minor units.
        #[schema(value_type = form::MinorUnits)]
        amount_max: Amount,
    },
    /// What one source account starts in a window is bounded.
    Velocity {
        /// The currency.
        #[schema(value_type = form::CurrencyCode)]
        currency: Currency,
        /// The length of the window that ends now.
        window_seconds: u32,
        /// The most intents in the window.
        count_max: u32,
        /// The most that they sum to, in minor units.
        #[schema(value_type = form::MinorUnits)]
        sum_max: Amount,
    },
    /// Only these currencies.
    CurrencyList {
        /// The currencies.
        #[schema(value_type = Vec<form::CurrencyCode>)]
        allowed: Vec<Currency>,
    },
    /// Only these corridors.
    CorridorList {
        /// The corridors.
        allowed: Vec<String>,
    },
}

impl From<&event::PolicyRuleV1> for Rule {
    fn from(rule: &event::PolicyRuleV1) -> Rule {
        match rule.clone() {
            event::PolicyRuleV1::LimitCheck { currency, amount_max } => {
                Rule::LimitCheck { currency, amount_max }
            }
            event::PolicyRuleV1::Velocity { currency, window_ns, count_max, sum_max } => {
                let seconds = u32::try_from(window_ns.as_millis() / 1_000);
                let window_seconds = seconds.unwrap_or(u32::MAX);
                Rule::Velocity { currency, window_seconds, count_max, sum_max }
            }
            event::PolicyRuleV1::CurrencyList { allowed } => Rule::CurrencyList { allowed },
            event::PolicyRuleV1::CorridorList { allowed } => Rule::CorridorList { allowed },
        }
    }
}

/// One way that money can go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Route {
    /// Its name, unique in the table; ties are broken by it.
    pub id: String,
    /// The corridor it serves.
    pub corridor: String,
    /// The currency it carries.
    #[schema(value_type = form::CurrencyCode)]
    pub currency: Currency,
    /// The rail behind it.
    pub rail: String,
    /// The least it carries, in minor units.
    #[schema(value_type = form::MinorUnits)]
    pub amount_min: Amount,
    /// The most it carries, in minor units.
    #[schema(value_type = form::MinorUnits)]
    pub amount_max: Amount,
    /// The lowest number that fits is taken.
    pub priority: u32,
    /// Whether it may be used.
    pub enabled: bool,
}

impl From<&event::RouteV1> for Route {
    fn from(route: &event::RouteV1) -> Route {
        let event::RouteV1 {
            id,
            corridor,
            currency,
            rail,
            amount_min,
            amount_max,
            priority,
            enabled,
        } = route.clone();
        Route { id, corridor, currency, rail, amount_min, amount_max, priority, enabled }
    }
}

/// The chart of accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Chart {
    /// Its version; 0 is the built-in one.
    pub version: u32,
    /// Tried in order; the first that matches wins.
    pub templates: Vec<Template>,
}

/// The policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// Its version; 0 until one is set.
    pub version: u32,
    /// Checked in order; the first that fails decides.
    pub rules: Vec<Rule>,
}

/// The route table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RouteTable {
    /// Its version; 0 is the built-in one.
    pub version: u32,
    /// The routes.
    pub routes: Vec<Route>,
    /// Whether it is the built-in one, whose route `internal` serves everything.
    pub built_in: bool,
}

/// A currency of the scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedCurrency {
    /// Its code.
    #[schema(value_type = form::CurrencyCode)]
    pub currency: Currency,
    /// Its decimal digits.
    pub exponent: u8,
    /// Whether ISO 4217 gives it digits.
    pub iso_4217: bool,
    /// Whether there are accounts in it: then its digits are final.
    pub in_use: bool,
    /// The entry that declared it; null where none did.
    #[schema(value_type = Option<form::Position>, required)]
    pub declared_at: Option<Position>,
}

answers! {
    /// A chart that was set.
    ChartSet: InForce {
        /// Its version.
        version: u32,
        /// Tried in order; the first that matches wins.
        templates: Vec<Template>,
    }
    /// A policy that was set.
    PolicySet: InForce {
        /// Its version.
        version: u32,
        /// Checked in order; the first that fails decides.
        rules: Vec<Rule>,
    }
    /// A route table that was set.
    RoutesSet: InForce {
        /// Its version.
        version: u32,
        /// The routes.
        routes: Vec<Route>,
    }
    /// A route table that was taken back.
    RoutesReset: InForce {
        /// 0: the built-in one.
        version: u32,
        /// None: what the built-in one has, it has by itself.
        routes: Vec<Route>,
        /// It is.
        built_in: bool,
        /// The version of the table that was taken back.
        last_version: u32,
    }
    /// A currency that was declared.
    CurrencyDeclared: InForce {
        /// Its code.
        #[schema(value_type = form::CurrencyCode)]
        currency: Currency,
        /// Its decimal digits.
        exponent: u8,
    }
}
