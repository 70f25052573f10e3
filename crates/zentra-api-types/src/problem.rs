//! Problem details (RFC 9457): how every refusal and every failure is shown.

use crate::form;
use crate::intent::PolicyCheck;
use crate::word::IntentState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zentra_events::{Code, IntentId, Position, Quota};

/// A refusal or a failure, with a stable code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// The page of the code.
    #[schema(example = "/codes/validation_failed")]
    #[serde(rename = "type")]
    pub page: String,
    /// What the code means, in a sentence.
    #[schema(value_type = String)]
    pub title: crate::Text,
    /// The status of the answer.
    pub status: u16,
    /// The code.
    #[schema(value_type = form::ProblemCode)]
    pub code: Code,
    /// What decided, and what to do.
    pub detail: String,
    /// The id of the request.
    #[schema(value_type = form::RequestId)]
    pub instance: String,
    /// Whether the same request may be answered otherwise later although nobody changes anything.
    pub retryable: bool,
    /// Which fields do not fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The quota that is used up.
    #[schema(value_type = form::QuotaName)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The intent that is recorded as refused or ended.
    #[schema(value_type = form::IntentId)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<IntentId>,
    /// Of that intent: `rejected` or `voided`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<IntentState>,
    /// Of that intent: the checks of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<PolicyCheck>>,
    /// Of that intent: the entry that says so.
    #[schema(value_type = form::Position)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// A field that does not fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Where in the body, as a JSON pointer (`/amount`); or the bare name of a parameter of the
    /// path or the query (`limit`).
    pub pointer: String,
    /// What.
    pub detail: String,
}
