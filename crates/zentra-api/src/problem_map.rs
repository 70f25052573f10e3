//! What each code means in HTTP: its status, and whether the same request may work later.
//!
//! Owns the only table from codes to statuses. Must not know who refuses what.

use axum::http::StatusCode;
use zentra_events::Code;

/// The status of a refusal with this code.
pub fn status_of(code: Code) -> StatusCode {
    use Code as C;
    match code {
        C::ValidationFailed => StatusCode::BAD_REQUEST,
        C::Unauthenticated => StatusCode::UNAUTHORIZED,
        C::Forbidden => StatusCode::FORBIDDEN,
        C::NotFound => StatusCode::NOT_FOUND,
        C::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        C::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        C::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        C::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        C::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        C::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
        C::StorageLow => StatusCode::INSUFFICIENT_STORAGE,
        C::Overloaded | C::Unavailable | C::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
        C::AccountExists
        | C::ScopeExists
        | C::AccountNotEmpty
        | C::InvalidIntentState
        | C::VoidRequested
        | C::InvalidEndpointState
        | C::InvalidDeliveryState
        | C::InvalidSecretState
        | C::StaleAttempt => StatusCode::CONFLICT,
        C::IdempotencyKeyReused
        | C::LimitReached
        | C::IntentIdReused
        | C::AccountNotFound
        | C::AccountFrozen
        | C::AccountClosed
        | C::CurrencyMismatch
        | C::InsufficientFunds
        | C::UnbalancedPostings
        | C::AmountOverflow
        | C::AmountZero
        | C::LimitExceeded
        | C::VelocityExceeded
        | C::CurrencyNotAllowed
        | C::CorridorNotAllowed
        | C::RouteUnavailable
        | C::AmountExceedsRemaining
        | C::EffectiveAtTooEarly
        | C::CurrencyUnknown
        | C::SameAccount
        | C::LinkedFailed
        | C::AccountReserved
        | C::GroupTooLarge
        | C::UrlNotAllowed
        | C::UrlForbiddenAddress
        | C::SecretInvalid
        | C::FilterInvalid
        | C::PolicyInvalid
        | C::ReplayEmpty
        | C::EventTypeReserved
        | C::ChallengeFailed => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Whether the same request, sent again later, may be answered otherwise although nobody changed
/// anything. Of a quota this holds only where its refusal tells until when.
pub fn retryable(code: Code) -> bool {
    matches!(
        code,
        Code::RequestTimeout
            | Code::Overloaded
            | Code::Unavailable
            | Code::Internal
            | Code::QuotaExceeded
            | Code::StorageLow
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_and_only_the_servers_own_are_5xx() {
        for code in Code::ALL {
            let status = status_of(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
            let ours = matches!(
                code,
                Code::Internal
                    | Code::Overloaded
                    | Code::Unavailable
                    | Code::StorageLow
                    | Code::ReadOnly
            );
            assert_eq!(status.is_server_error(), ours, "{code}");
            assert_eq!(ours && !retryable(*code), *code == Code::ReadOnly, "{code}");
        }
    }
}
