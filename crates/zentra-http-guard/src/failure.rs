//! Why a request has no answer: one word of a closed list for each cause.
//!
//! Owns the list. Must not know what becomes of a request that failed.

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Time ran out before an answer.
    TimedOut,
    /// The address is one that nothing may go to.
    BlockedAddress,
    /// The name did not resolve.
    DnsFailed,
    /// No connection could be made, for another reason than those below.
    ConnectFailed,
    /// Nobody listens at the port.
    ConnectionRefused,
    /// Nobody answered the connection.
    ConnectTimedOut,
    /// TLS could not be agreed, for another reason than those below.
    TlsFailed,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate is not valid yet.
    CertificateNotYetValid,
    /// The certificate is from nobody that is trusted, e.g. self-signed.
    UnknownIssuer,
    /// The certificate is for another name.
    NameMismatch,
    /// The certificate is wrong in another way.
    CertificateInvalid,
    /// What answered does not speak TLS.
    NotTls,
    /// The connection broke, or what came back was not HTTP.
    ProtocolFailed,
    /// The head of the answer is too long.
    HeadTooLarge,
    /// The head of the answer is not one of HTTP.
    BadHead,
    /// The connection was closed before an answer was complete.
    ClosedEarly,
    /// The request could not be made.
    Internal,
}
