//! The page of each code, built in: what a problem's `type` leads to.
//!
//! The pages are docs/reference/codes; a code without a page does not compile.

use zentra_events::Code;

macro_rules! pages {
    ($($code:ident => $text:literal,)*) => {
        /// The page of a code, as Markdown.
        pub(crate) fn page_of(code: Code) -> &'static str {
            match code {
                $(Code::$code => {
                    include_str!(concat!("../../../docs/reference/codes/", $text, ".md"))
                })*
            }
        }
    };
}

pages! {
    ValidationFailed => "validation_failed",
    Unauthenticated => "unauthenticated",
    Forbidden => "forbidden",
    NotFound => "not_found",
    IdempotencyKeyReused => "idempotency_key_reused",
    Overloaded => "overloaded",
    BodyTooLarge => "body_too_large",
    UnsupportedMediaType => "unsupported_media_type",
    Internal => "internal",
    MethodNotAllowed => "method_not_allowed",
    Unavailable => "unavailable",
    LimitReached => "limit_reached",
    QuotaExceeded => "quota_exceeded",
    StorageLow => "storage_low",
    RequestTimeout => "request_timeout",
    ReadOnly => "read_only",
    ScopeExists => "scope_exists",
    IntentIdReused => "intent_id_reused",
    InvalidIntentState => "invalid_intent_state",
    AccountNotFound => "account_not_found",
    AccountExists => "account_exists",
    AccountFrozen => "account_frozen",
    AccountClosed => "account_closed",
    CurrencyMismatch => "currency_mismatch",
    InsufficientFunds => "insufficient_funds",
    UnbalancedPostings => "unbalanced_postings",
    AmountOverflow => "amount_overflow",
    AmountZero => "amount_zero",
    LimitExceeded => "limit_exceeded",
    VelocityExceeded => "velocity_exceeded",
    CurrencyNotAllowed => "currency_not_allowed",
    CorridorNotAllowed => "corridor_not_allowed",
    RouteUnavailable => "route_unavailable",
    AmountExceedsRemaining => "amount_exceeds_remaining",
    VoidRequested => "void_requested",
    SameAccount => "same_account",
    AccountNotEmpty => "account_not_empty",
    LinkedFailed => "linked_failed",
    GroupTooLarge => "group_too_large",
    AccountReserved => "account_reserved",
    CurrencyUnknown => "currency_unknown",
    EffectiveAtTooEarly => "effective_at_too_early",
    UrlNotAllowed => "url_not_allowed",
    UrlForbiddenAddress => "url_forbidden_address",
    SecretInvalid => "secret_invalid",
    FilterInvalid => "filter_invalid",
    PolicyInvalid => "policy_invalid",
    InvalidEndpointState => "invalid_endpoint_state",
    InvalidDeliveryState => "invalid_delivery_state",
    ReplayEmpty => "replay_empty",
    EventTypeReserved => "event_type_reserved",
    StaleAttempt => "stale_attempt",
    InvalidSecretState => "invalid_secret_state",
    ChallengeFailed => "challenge_failed",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem_map::{retryable, status_of};

    #[test]
    fn each_page_tells_its_code_status_and_whether_to_retry() {
        for code in Code::ALL {
            let page = page_of(*code);
            let lines: Vec<&str> = page.lines().collect();
            assert_eq!(lines[0], format!("# {code}"));
            assert!((8..=18).contains(&lines.len()), "{code}: {} lines", lines.len());
            let status = format!("HTTP status: {}", status_of(*code).as_u16());
            assert!(page.contains(&status), "{code}: {status}");
            let retry = if retryable(*code) { "Retryable: yes" } else { "Retryable: no" };
            assert!(page.contains(retry), "{code}: {retry}");
            for heading in ["## When it happens", "## What to do"] {
                assert!(page.contains(heading), "{code}: {heading}");
            }
        }
    }
}
