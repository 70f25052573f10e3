//! Problem details (RFC 9457): how every "no" and every failure is shown.
//!
//! A problem leaves its handler as a response extension; [`crate::request`] writes the body
//! when it knows the request's id. Owns the members. Must not show anything of a panic, a path or a
//! secret.

use crate::json::FieldError;
use crate::problem_map::{retryable, status_of};
use crate::short::{DETAIL_SHOWN, POINTER_SHOWN, short};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use zentra_engine::Refusal;
use zentra_events::{Code, RequestId};
use zentra_runtime::SubmitError;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal or failure on its way out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    detail: String,
    rest: Box<Rest>,
}

/// What few problems have.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rest {
    errors: Vec<FieldError>,
    status: Option<StatusCode>,
    retry_after_seconds: Option<u64>,
    instance: Option<RequestId>,
    members: Map<String, Value>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Problem {
        let detail = short(detail.into(), DETAIL_SHOWN);
        Problem { code, detail, rest: Box::default() }
    }

    /// What is not in this scope, or not at all: the two look the same.
    pub(crate) fn not_found(what: &str) -> Problem {
        Problem::new(Code::NotFound, format!("there is no such {what} in this scope"))
    }

    /// As the engine says it.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::new(self.code, self.detail.clone())
    }

    /// One field does not fit.
    pub(crate) fn field(pointer: &str, detail: impl Into<String>) -> Problem {
        FieldError { pointer: short(pointer, POINTER_SHOWN), detail: detail.into() }.into()
    }

    /// Something failed; what it was is for the server's own log.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Problem {
        tracing::error!(%error, "a request failed");
        Problem::new(Code::Internal, "something failed on the server's side; the log says what")
    }

    /// Of the item of a list: its number comes before every pointer.
    pub(crate) fn under(mut self, index: usize) -> Problem {
        for error in &mut self.rest.errors {
            error.pointer = format!("/{index}{}", error.pointer);
        }
        self.detail = format!("item {index}: {}", self.detail);
        self
    }

    /// With another status than the code's own.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Problem {
        self.rest.status = Some(status);
        self
    }

    /// With the id of the request that it answered first.
    pub(crate) fn with_instance(mut self, id: RequestId) -> Problem {
        self.rest.instance = Some(id);
        self
    }

    /// With one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.rest.members.insert(name.to_owned(), value.into());
        self
    }

    /// With a time to wait before the next try.
    pub(crate) fn with_retry_after(mut self, seconds: u64) -> Problem {
        self.rest.retry_after_seconds = Some(seconds);
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.rest.status.unwrap_or_else(|| status_of(self.code))
    }

    fn is_retryable(&self) -> bool {
        match self.code {
            Code::QuotaExceeded => self.rest.retry_after_seconds.is_some(),
            code => retryable(code),
        }
    }

    /// The body. `current` is the id of the request that is being answered.
    pub(crate) fn body(&self, current: RequestId) -> Value {
        let instance = self.rest.instance.unwrap_or(current);
        let mut body = json!({
            "type": format!("/codes/{}", self.code),
            "title": self.code.title(),
            "status": self.status().as_u16(),
            "code": self.code,
            "detail": self.detail,
            "instance": HEXLOWER.encode(&instance.0),
            "retryable": self.is_retryable(),
        });
        if !self.rest.errors.is_empty() {
            body["errors"] = json!(self.rest.errors);
        }
        for (name, value) in &self.rest.members {
            body[name] = value.clone();
        }
        body
    }

    /// The whole response.
    pub(crate) fn response(&self, current: RequestId) -> Response {
        let body = self.body(current).to_string();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.rest.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<FieldError> for Problem {
    fn from(mut error: FieldError) -> Problem {
        error.pointer = short(&error.pointer, POINTER_SHOWN);
        error.detail = short(&error.detail, DETAIL_SHOWN);
        let place = if error.pointer.is_empty() { "the body" } else { error.pointer.as_str() };
        let detail = format!("{place}: {}", error.detail);
        let mut problem = Problem::new(Code::ValidationFailed, detail);
        problem.rest.errors.push(error);
        problem
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        count_refusal(&refusal);
        let mut problem = Problem::new(refusal.code, refusal.detail);
        problem.rest.retry_after_seconds = refusal.retry_after_seconds;
        match refusal.quota {
            Some(quota) => problem.with("quota", quota.as_str()),
            None => problem,
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        match error {
            SubmitError::Overloaded { retry_after_seconds } => {
                Problem::new(Code::Overloaded, "too many requests wait; try again later")
                    .with_retry_after(retry_after_seconds)
            }
            SubmitError::Stopped => Problem::new(
                Code::Unavailable,
                "the server stops; whether the request was taken shows when it is sent again",
            ),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Counts a refusal that a quota is the reason of.
pub(crate) fn count_refusal(refusal: &Refusal) {
    if let Some(quota) = refusal.quota {
        metrics::counter!("zentra_quota_refused_total", "quota" => quota.as_str()).increment(1);
    }
}

/// Keeps the other headers of a response whose body is written anew: which methods a route takes,
/// whether the answer was given before.
pub(crate) fn keep_headers(from: &Response, to: &mut Response) {
    for (name, value) in from.headers() {
        if name != CONTENT_LENGTH && !to.headers().contains_key(name) {
            to.headers_mut().insert(name, value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::Quota;

    #[test]
    fn a_quota_is_retryable_where_it_tells_until_when() {
        let over = Refusal::over_quota(Quota::Accounts, 3, 3, 1);
        let told = |refusal: Refusal| Problem::from(refusal).body(RequestId([0; 16]));
        let (waits, other) = (told(over.clone().until(1)), told(over));
        assert_eq!((&waits["retryable"], &other["retryable"]), (&json!(true), &json!(false)));
        let detail = "the scope's quota accounts has no room: limit 3, in use 3, needed in \
                      addition 1 (in accounts); GET /quotas shows all; a key with the role \
                      deployment sets more";
        assert_eq!(other["detail"], detail);
    }

    #[test]
    fn the_members_are_those_of_rfc_9457_and_ours() {
        let problem = Problem::field("/amount/minor_units", "expected digits");
        let body = problem.body(RequestId([0xab; 16]));
        let expected = json!({
            "type": "/codes/validation_failed",
            "title": "The request is malformed.",
            "status": 400,
            "code": "validation_failed",
            "detail": "/amount/minor_units: expected digits",
            "instance": "abababababababababababababababab",
            "retryable": false,
            "errors": [{ "pointer": "/amount/minor_units", "detail": "expected digits" }],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_full_queue_says_when_to_come_again() {
        let problem = Problem::from(SubmitError::Overloaded { retry_after_seconds: 3 });
        let response = problem.response(RequestId([0; 16]));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "3");
        assert_eq!(Problem::from(SubmitError::Stopped).code, Code::Unavailable);
    }

    #[test]
    fn an_answer_from_the_log_names_its_first_request() {
        let problem = Problem::new(Code::NotFound, "x").with_instance(RequestId([1; 16]));
        assert_eq!(problem.body(RequestId([2; 16])), problem.body(RequestId([3; 16])));
    }
}
