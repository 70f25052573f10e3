//! One rule of a policy, as it is sent and as it is shown.
//!
//! Which fields a rule has follows from its word, which may come last. So all that any rule has is
//! read first, and an error names the field, not the rule. Must not know what a rule means.

use crate::dto::amount::MinorUnits;
use crate::dto::text;
use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::event::PolicyRuleV1;
use zentra_events::{Amount, Currency, Span};

/// One rule.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RuleBody {
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

/// The words of rules.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    LimitCheck,
    Velocity,
    CurrencyList,
    CorridorList,
}

/// All that a rule can have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFields {
    rule: Word,
    #[serde(default, deserialize_with = "text::optional")]
    currency: Option<Currency>,
    amount_max: Option<MinorUnits>,
    window_seconds: Option<u32>,
    count_max: Option<u32>,
    sum_max: Option<MinorUnits>,
    allowed: Option<Vec<String>>,
}

impl RuleFields {
    /// The rule that is meant, at this place in the body.
    ///
    /// # Errors
    /// 400 with the field that it needs and has not, or has and does not need.
    pub(super) fn rule(self, pointer: &str) -> Result<RuleBody, Problem> {
        let RuleFields { rule, currency, amount_max, window_seconds, count_max, .. } = self;
        let (sum_max, allowed) = (self.sum_max.map(|sum| sum.0), self.allowed);
        let amount_max = amount_max.map(|max| max.0);
        let given = [
            ("currency", currency.is_some()),
            ("amount_max", amount_max.is_some()),
            ("window_seconds", window_seconds.is_some()),
            ("count_max", count_max.is_some()),
            ("sum_max", sum_max.is_some()),
            ("allowed", allowed.is_some()),
        ];
        let (word, wanted): (_, &[&str]) = match rule {
            Word::LimitCheck => ("limit_check", &["currency", "amount_max"]),
            Word::Velocity => ("velocity", &["currency", "window_seconds", "count_max", "sum_max"]),
            Word::CurrencyList => ("currency_list", &["allowed"]),
            Word::CorridorList => ("corridor_list", &["allowed"]),
        };
        let stranger = given.iter().find(|(name, given)| *given && !wanted.contains(name));
        if let Some((name, _)) = stranger {
            let detail = format!("{word} has no such field; known: {}", wanted.join(", "));
            return Err(Problem::field(&format!("{pointer}/{name}"), detail));
        }
        let missing = |name: &str| {
            Problem::field(&format!("{pointer}/{name}"), format!("{word} needs the field"))
        };
        let currency = || currency.ok_or_else(|| missing("currency"));
        let list = allowed.ok_or_else(|| missing("allowed"));
        Ok(match rule {
            Word::LimitCheck => RuleBody::LimitCheck {
                currency: currency()?,
                amount_max: amount_max.ok_or_else(|| missing("amount_max"))?,
            },
            Word::Velocity => RuleBody::Velocity {
                currency: currency()?,
                window_seconds: window_seconds.ok_or_else(|| missing("window_seconds"))?,
                count_max: count_max.ok_or_else(|| missing("count_max"))?,
                sum_max: sum_max.ok_or_else(|| missing("sum_max"))?,
            },
            Word::CurrencyList => RuleBody::CurrencyList { allowed: currencies(&list?, pointer)? },
            Word::CorridorList => RuleBody::CorridorList { allowed: list? },
        })
    }
}

fn currencies(texts: &[String], pointer: &str) -> Result<Vec<Currency>, Problem> {
    let read = |(index, text): (usize, &String)| {
        let parsed = text.parse::<Currency>();
        parsed.map_err(|error| {
            Problem::field(&format!("{pointer}/allowed/{index}"), error.to_string())
        })
    };
    texts.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::PolicyBody;
    use crate::json::read;
    use serde_json::{Value, json};
    use zentra_api_types::Rule;
    use zentra_events::RequestId;

    fn policy(rules: Value) -> Result<Vec<PolicyRuleV1>, Problem> {
        read::<PolicyBody>(json!({ "rules": rules }))?.rules()
    }

    #[test]
    fn rules_are_shown_in_the_form_in_which_they_are_sent() {
        let sent = json!([
            { "rule": "limit_check", "currency": "EUR", "amount_max": "5" },
            {
                "rule": "velocity", "currency": "EUR", "window_seconds": 60, "count_max": 3,
                "sum_max": "9",
            },
            { "rule": "currency_list", "allowed": ["EUR", "USD"] },
            { "rule": "corridor_list", "allowed": ["domestic"] },
        ]);
        let rules = policy(sent.clone()).unwrap();
        let shown: Vec<Rule> = rules.iter().map(Into::into).collect();
        assert_eq!(json!(shown), sent);
    }

    #[test]
    fn what_is_wrong_with_a_rule_points_at_its_field() {
        let rows = [
            (json!({ "rule": "other" }), "/rule"),
            (json!({ "rule": 3 }), "/rule"),
            (json!({ "currency": "EUR", "amount_max": "5" }), "/rule"),
            (json!({ "rule": "limit_check", "currency": "EUR" }), "/amount_max"),
            (json!({ "amount_max": "5", "rule": "limit_check" }), "/currency"),
            (json!({ "rule": "limit_check", "currency": "EUR", "amount_max": "5", "x": 1 }), "/x"),
            (json!({ "rule": "limit_check", "currency": "eur", "amount_max": "5" }), "/currency"),
            (json!({ "rule": "limit_check", "currency": "EUR", "amount_max": -5 }), "/amount_max"),
            (
                json!({
                    "rule": "limit_check", "currency": "EUR", "amount_max": 5, "allowed": [],
                }),
                "/allowed",
            ),
            (
                json!({
                    "rule": "velocity", "currency": "EUR", "window_seconds": -1, "count_max": 1,
                    "sum_max": "1",
                }),
                "/window_seconds",
            ),
            (json!({ "rule": "velocity", "currency": "EUR" }), "/window_seconds"),
            (json!({ "rule": "currency_list", "allowed": ["EUR", "eur"] }), "/allowed/1"),
            (json!({ "rule": "currency_list", "allowed": ["EUR", 3] }), "/allowed/1"),
            (json!({ "rule": "corridor_list", "allowed": "domestic" }), "/allowed"),
            (json!({ "rule": "corridor_list" }), "/allowed"),
            (json!("limit_check"), ""),
        ];
        let good = json!({ "rule": "corridor_list", "allowed": ["domestic"] });
        for (rule, field) in rows {
            let problem = policy(json!([good.clone(), rule.clone()])).unwrap_err();
            let body = problem.body(RequestId([0; 16]));
            let pointer = format!("/rules/1{field}");
            assert_eq!(body["errors"][0]["pointer"], pointer, "{rule}: {body}");
        }
    }
}
