//! Bodies of a scope's chart, policy and routes, and the same forms for showing them.

use crate::api::dto::amount::MinorUnits;
use crate::api::dto::ledger::{FloorBody, SideWord};
use crate::api::dto::text;
use crate::api::problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use zentra_events::event::{PolicyRuleV1, RouteV1, TemplateV1};
use zentra_events::{Amount, Currency, Span};

/// The chart of accounts of a scope, as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartBody {
    /// Tried in order; the first that matches wins.
    pub(crate) templates: Vec<TemplateBody>,
}

/// Which codes may open by themselves, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateBody {
    /// A code, or a code and `:*` for further segments.
    #[schema(example = "customer_balance:*")]
    pub(crate) pattern: String,
    /// The side; `credit` when left out.
    #[serde(default)]
    pub(crate) normal_side: SideWord,
    /// The floor; none when left out.
    #[serde(default)]
    pub(crate) floor: FloorBody,
}

impl ChartBody {
    /// The templates that are meant.
    ///
    /// # Errors
    /// 400 when a floor is not one.
    pub(crate) fn templates(self) -> Result<Vec<TemplateV1>, Problem> {
        let template = |(index, body): (usize, TemplateBody)| {
            Ok(TemplateV1 {
                floor: body.floor.floor(&format!("/templates/{index}/floor"))?,
                pattern: body.pattern,
                normal_side: body.normal_side.into(),
            })
        };
        self.templates.into_iter().enumerate().map(template).collect()
    }
}

/// Templates as they are shown.
pub(crate) fn shown_templates(templates: &[TemplateV1]) -> Value {
    json!(templates)
}

/// The policy of a scope, as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyBody {
    /// Checked in order; the first that fails decides.
    pub(crate) rules: Vec<RuleBody>,
}

/// One rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RuleBody {
    /// An intent's amount in this currency is at most this.
    LimitCheck {
        /// The currency.
        #[schema(value_type = String)]
        #[serde(deserialize_with = "text::text")]
        currency: Currency,
        /// The most that one intent may move, in minor units.
        #[schema(value_type = String)]
        amount_max: MinorUnits,
    },
    /// What one source account starts in a window is bounded.
    Velocity {
        /// The currency.
        #[schema(value_type = String)]
        #[serde(deserialize_with = "text::text")]
        currency: Currency,
        /// The length of the window that ends now.
        window_seconds: u32,
        /// The most intents in the window.
        count_max: u32,
        /// The most that they sum to, in minor units.
        #[schema(value_type = String)]
        sum_max: MinorUnits,
    },
    /// Only these currencies.
    CurrencyList {
        /// The currencies.
        #[schema(value_type = Vec<String>)]
        #[serde(deserialize_with = "text::texts")]
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
                PolicyRuleV1::LimitCheck { currency, amount_max: amount_max.0 }
            }
            RuleBody::Velocity { currency, window_seconds, count_max, sum_max } => {
                PolicyRuleV1::Velocity {
                    currency,
                    window_ns: Span::seconds(u64::from(window_seconds)),
                    count_max,
                    sum_max: sum_max.0,
                }
            }
            RuleBody::CurrencyList { allowed } => PolicyRuleV1::CurrencyList { allowed },
            RuleBody::CorridorList { allowed } => PolicyRuleV1::CorridorList { allowed },
        }
    }
}

/// A rule in the form in which it is sent.
pub(crate) fn shown_rule(rule: &PolicyRuleV1) -> Value {
    match rule {
        PolicyRuleV1::LimitCheck { currency, amount_max } => {
            json!({ "rule": "limit_check", "currency": currency, "amount_max": amount_max })
        }
        PolicyRuleV1::Velocity { currency, window_ns, count_max, sum_max } => json!({
            "rule": "velocity",
            "currency": currency,
            "window_seconds": window_ns.as_millis() / 1_000,
            "count_max": count_max,
            "sum_max": sum_max,
        }),
        PolicyRuleV1::CurrencyList { allowed } => {
            json!({ "rule": "currency_list", "allowed": allowed })
        }
        PolicyRuleV1::CorridorList { allowed } => {
            json!({ "rule": "corridor_list", "allowed": allowed })
        }
    }
}

/// The route table of a scope, as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoutesBody {
    /// The routes, in no order that matters.
    pub(crate) routes: Vec<RouteBody>,
}

/// One way that money can go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteBody {
    /// Its name, unique in the table; ties are broken by it.
    pub(crate) id: String,
    /// The corridor it serves.
    pub(crate) corridor: String,
    /// The currency it carries.
    #[schema(value_type = String)]
    #[serde(deserialize_with = "text::text")]
    pub(crate) currency: Currency,
    /// The rail behind it.
    pub(crate) rail: String,
    /// The least it carries; anything when left out.
    #[schema(value_type = Option<String>)]
    pub(crate) amount_min: Option<MinorUnits>,
    /// The most it carries; anything when left out.
    #[schema(value_type = Option<String>)]
    pub(crate) amount_max: Option<MinorUnits>,
    /// The lowest number that fits is taken; 100 when left out.
    pub(crate) priority: Option<u32>,
    /// Whether it may be used; it may when left out.
    pub(crate) enabled: Option<bool>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::json::read;

    #[test]
    fn rules_are_shown_in_the_form_in_which_they_are_sent() {
        let sent = json!({ "rules": [
            { "rule": "limit_check", "currency": "EUR", "amount_max": "5" },
            {
                "rule": "velocity", "currency": "EUR", "window_seconds": 60, "count_max": 3,
                "sum_max": "9",
            },
            { "rule": "currency_list", "allowed": ["EUR", "USD"] },
            { "rule": "corridor_list", "allowed": ["domestic"] },
        ]});
        let body: PolicyBody = read(sent.clone()).unwrap();
        let rules: Vec<PolicyRuleV1> = body.rules.into_iter().map(Into::into).collect();
        let shown: Vec<Value> = rules.iter().map(shown_rule).collect();
        assert_eq!(json!({ "rules": shown }), sent);
    }

    #[test]
    fn rules_with_strange_fields_are_refused() {
        for rule in [
            json!({ "rule": "other" }),
            json!({ "currency": "EUR", "amount_max": "5" }),
            json!({ "rule": "limit_check", "currency": "EUR", "amount_max": "5", "x": 1 }),
            json!({ "rule": "limit_check", "currency": "eur", "amount_max": "5" }),
            json!({ "rule": "limit_check", "currency": "EUR", "amount_max": -5 }),
        ] {
            let error = read::<PolicyBody>(json!({ "rules": [rule.clone()] })).unwrap_err();
            assert!(error.pointer.starts_with("/rules/0"), "{rule}: {error}");
        }
    }
}
