//! What a request that has no answer means for an attempt.
//!
//! Owns the mapping, one word for each. Must not decide what follows from it.

use zentra_events::event::AttemptResult;
use zentra_http_guard::Failure;

/// The result of an attempt that failed.
pub(crate) fn result_of(failure: Failure) -> AttemptResult {
    match failure {
        Failure::TimedOut => AttemptResult::TimedOut,
        Failure::BlockedAddress => AttemptResult::BlockedAddress,
        Failure::DnsFailed => AttemptResult::DnsFailed,
        Failure::ConnectFailed => AttemptResult::ConnectFailed,
        Failure::ConnectionRefused => AttemptResult::ConnectionRefused,
        Failure::ConnectTimedOut => AttemptResult::ConnectTimedOut,
        Failure::TlsFailed => AttemptResult::TlsFailed,
        Failure::CertificateExpired => AttemptResult::CertificateExpired,
        Failure::CertificateNotYetValid => AttemptResult::CertificateNotYetValid,
        Failure::UnknownIssuer => AttemptResult::UnknownIssuer,
        Failure::NameMismatch => AttemptResult::NameMismatch,
        Failure::CertificateInvalid => AttemptResult::CertificateInvalid,
        Failure::NotTls => AttemptResult::NotTls,
        Failure::ProtocolFailed => AttemptResult::ProtocolFailed,
        Failure::HeadTooLarge => AttemptResult::HeadTooLarge,
        Failure::BadHead => AttemptResult::BadHead,
        Failure::ClosedEarly => AttemptResult::ClosedEarly,
        Failure::Internal => AttemptResult::Internal,
    }
}
