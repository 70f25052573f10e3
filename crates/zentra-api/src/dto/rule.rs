//! What bodies of a scope's rules mean, and how a policy is read.
//!
//! Which fields a rule has follows from its word, which may come last. So all that any rule has is
//! read first, and an error names the field, not the rule. Must not know what a rule does.

use crate::dto::ledger::floor;
use crate::problem::Problem;
use serde::Deserialize;
use zentra_api_types::request::{ChartBody, MinorUnits, PolicyBody, RuleBody, TemplateBody, text};
use zentra_events::Currency;
use zentra_events::event::TemplateV1;

/// The templates that are meant.
///
/// # Errors
/// 400 when a floor is not one.
pub(crate) fn templates(body: ChartBody) -> Result<Vec<TemplateV1>, Problem> {
    let template = |(index, body): (usize, TemplateBody)| {
        Ok(TemplateV1 {
            floor: floor(body.floor, &format!("/templates/{index}/floor"))?,
            pattern: body.pattern,
            normal_side: body.normal_side.into(),
        })
    };
    body.templates.into_iter().enumerate().map(template).collect()
}

/// The fields of a policy's body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyFields {
    rules: Vec<RuleFields>,
}

impl PolicyFields {
    /// The body that they are.
    ///
    /// # Errors
    /// 400 when a rule has not the fields of its word.
    pub(crate) fn body(self) -> Result<PolicyBody, Problem> {
        let rule = |(index, fields): (usize, RuleFields)| fields.rule(&format!("/rules/{index}"));
        let rules: Result<_, _> = self.rules.into_iter().enumerate().map(rule).collect();
        Ok(PolicyBody { rules: rules? })
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
    fn rule(self, pointer: &str) -> Result<RuleBody, Problem> {
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
    use crate::json::read;
    use serde_json::{Value, json};
    use zentra_api_types::Rule;
    use zentra_events::RequestId;
    use zentra_events::event::PolicyRuleV1;

    fn policy(rules: Value) -> Result<Vec<PolicyRuleV1>, Problem> {
        let body = read::<PolicyFields>(json!({ "rules": rules }))?.body()?;
        Ok(body.rules.into_iter().map(Into::into).collect())
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
