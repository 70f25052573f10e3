//! Bodies of a scope's chart, policy and routes, and the same forms for showing them.

use crate::dto::amount::MinorUnits;
use crate::dto::ledger::FloorBody;
use crate::dto::rule::{RuleBody, RuleFields};
use crate::dto::text;
use crate::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use zentra_api_types::NormalSide;
use zentra_events::event::{PolicyRuleV1, RouteV1, TemplateV1};
use zentra_events::{Amount, Currency};

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
    pub(crate) normal_side: NormalSide,
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

/// The decimal digits of a currency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CurrencyBody {
    /// How many minor units make one: 10 to this power. At most 38.
    #[schema(example = 8)]
    #[serde(deserialize_with = "text::digits")]
    pub(crate) exponent: u8,
}

/// The policy of a scope, as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyBody {
    /// Checked in order; the first that fails decides.
    #[schema(value_type = Vec<RuleBody>)]
    rules: Vec<RuleFields>,
}

impl PolicyBody {
    /// The rules that are meant.
    ///
    /// # Errors
    /// 400 when a rule has not the fields of its word.
    pub(crate) fn rules(self) -> Result<Vec<PolicyRuleV1>, Problem> {
        let rule = |(index, body): (usize, RuleFields)| {
            body.rule(&format!("/rules/{index}")).map(PolicyRuleV1::from)
        };
        self.rules.into_iter().enumerate().map(rule).collect()
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
