//! Words of the contract: each is one of few, the same in lists, details, filters and answers.
//!
//! Owns every closed set of words that answers show. Must not know when which holds.

use crate::schema::words;
use zentra_events::event;

words! {
    /// How far an intent has come.
    IntentState {
        /// It waits for its confirmation.
        Accepted = "accepted",
        /// The policy has passed it.
        Controlled = "controlled",
        /// It was refused for good.
        Rejected = "rejected",
        /// Its money is reserved.
        Ledgered = "ledgered",
        /// A route is chosen.
        Routed = "routed",
        /// Its money is settled, and its event published.
        Synchronized = "synchronized",
        /// A checkpoint covers it.
        Evidenced = "evidenced",
        /// It was ended before it settled.
        Voided = "voided",
        /// All that it settled went back.
        Reversed = "reversed",
        /// What it settled was paid out.
        PaidOut = "paid_out",
    }
    /// How an intent's evidence stands.
    EvidenceStatus {
        /// The intent may still settle.
        Open = "open",
        /// It has settled, and no checkpoint covers all of it yet.
        Pending = "pending",
        /// A checkpoint that verifies covers all of it.
        AuditReady = "audit_ready",
        /// The intent was refused.
        Rejected = "rejected",
        /// The intent was ended before it settled.
        Voided = "voided",
    }
    /// Whether a signature was verified.
    SignatureStatus {
        /// It was, just now.
        Verified = "verified",
        /// There is none yet.
        Pending = "pending",
    }
    /// When reserved money is settled.
    Capture {
        /// At once.
        Automatic = "automatic",
        /// When the caller says so.
        Manual = "manual",
    }
    /// Which part of an intent a transfer is.
    Leg {
        /// None: a transfer outside any intent.
        Transfer = "transfer",
        /// The customer's money is set aside.
        Reserve = "reserve",
        /// What was set aside is settled.
        Settle = "settle",
        /// What was set aside goes back.
        Release = "release",
        /// What was settled goes back.
        Reverse = "reverse",
        /// What was settled comes to the merchant.
        Merchant = "merchant",
        /// The merchant's money is paid out.
        Payout = "payout",
    }
    /// Out of an account or into it.
    Direction {
        /// Takes away.
        Debit = "debit",
        /// Adds.
        Credit = "credit",
    }
    /// The side on which an account is shown to grow.
    NormalSide {
        /// By debits.
        Debit = "debit",
        /// By credits.
        Credit = "credit",
    }
    /// The kind of a floor.
    FloorKind {
        /// Not below zero.
        None = "none",
        /// So far below zero.
        Limit = "limit",
        /// As far as it likes.
        Unbounded = "unbounded",
    }
    /// What may be done with an account.
    AccountStatus {
        /// Everything.
        Open = "open",
        /// Nothing may enter or leave.
        Frozen = "frozen",
        /// Nothing, for good.
        Closed = "closed",
    }
    /// What an endpoint does with new events.
    EndpointStatus {
        /// It takes them.
        Listening = "listening",
        /// They wait for it.
        Disabled = "disabled",
        /// It is gone.
        Deleted = "deleted",
    }
    /// Why an endpoint is disabled.
    DisabledReason {
        /// Somebody disabled it.
        Operator = "operator",
        /// It answered 410.
        Gone = "gone",
        /// It failed too often.
        Failing = "failing",
    }
    /// How a delivery stands.
    DeliveryStatus {
        /// It waits for an attempt.
        Pending = "pending",
        /// It waits for its endpoint to listen.
        Parked = "parked",
        /// The consumer has it.
        Delivered = "delivered",
        /// Its attempts are used up.
        DeadLettered = "dead_lettered",
        /// An operator settled it.
        Resolved = "resolved",
    }
    /// What an attempt left of its delivery.
    AttemptOutcome {
        /// Delivered.
        Resolved = "resolved",
        /// Answered, and tried again.
        Retrying = "retrying",
        /// Not answered, and tried again.
        Retained = "retained",
        /// It waits for its endpoint to listen.
        Parked = "parked",
        /// It was the last one.
        DeadLettered = "dead_lettered",
        /// An operator had given the delivery up.
        GivenUp = "given_up",
    }
    /// How an attempt ended.
    AttemptKind {
        /// The consumer answered.
        Answered = "answered",
        /// It answered, and told that the signature verified.
        Verified = "verified",
        /// No answer came in time.
        TimedOut = "timed_out",
        /// The address is one that is not dialled.
        BlockedAddress = "blocked_address",
        /// The name has no address.
        DnsFailed = "dns_failed",
        /// No connection came about.
        ConnectFailed = "connect_failed",
        /// TLS failed.
        TlsFailed = "tls_failed",
        /// The answer was no HTTP.
        ProtocolFailed = "protocol_failed",
        /// The server's own fault.
        Internal = "internal",
        /// The certificate is out of date.
        CertificateExpired = "certificate_expired",
        /// The certificate is not valid yet.
        CertificateNotYetValid = "certificate_not_yet_valid",
        /// Nobody who is trusted issued the certificate.
        UnknownIssuer = "unknown_issuer",
        /// The certificate is for another name.
        NameMismatch = "name_mismatch",
        /// The certificate is invalid otherwise.
        CertificateInvalid = "certificate_invalid",
        /// What answered speaks no TLS.
        NotTls = "not_tls",
        /// The connection was refused.
        ConnectionRefused = "connection_refused",
        /// No connection came about in time.
        ConnectTimedOut = "connect_timed_out",
        /// The answer's head was too large.
        HeadTooLarge = "head_too_large",
        /// The answer's head was no head.
        BadHead = "bad_head",
        /// The connection ended before the answer did.
        ClosedEarly = "closed_early",
    }
    /// How far a replay has come.
    ReplayStatus {
        /// Some of its deliveries wait.
        Replaying = "replaying",
        /// None of them waits.
        Finished = "finished",
    }
    /// Whether a key may be used.
    KeyStatus {
        /// It may.
        Active = "active",
        /// It was revoked.
        Revoked = "revoked",
    }
    /// What a key may do.
    Role {
        /// Send commands on money, endpoints and events.
        Writer = "writer",
        /// Operate deliveries.
        Operator = "operator",
        /// See digests.
        Auditor = "auditor",
        /// Administer the scope.
        Admin = "admin",
        /// Make scopes, and set what each may use.
        Deployment = "deployment",
    }
    /// How commands stand.
    CommandsStatus {
        /// They are taken.
        Ready = "ready",
        /// The disk has too little space.
        StorageLow = "storage_low",
        /// The server takes none.
        ReadOnly = "read_only",
    }
    /// How what follows the log stands.
    PartStatus {
        /// It is being opened.
        Opening = "opening",
        /// It answers.
        Ready = "ready",
        /// It did not open; that is tried again.
        Failed = "failed",
        /// It stopped for good.
        Halted = "halted",
        /// It is shown, and does not go on: the disk has too little space.
        StorageLow = "storage_low",
    }
    /// What became of an item of a batch.
    ItemOutcome {
        /// The intent was taken.
        Created = "created",
        /// It was taken before.
        Replayed = "replayed",
        /// It is recorded as refused for good.
        Rejected = "rejected",
        /// It was refused, and nothing is recorded.
        Refused = "refused",
    }
    /// The transfer is posted.
    Posted { /// It is.
        Posted = "posted",
    }
    /// What was set is in force.
    InForce { /// It is.
        InForce = "in_force",
    }
    /// It was made.
    Created { /// It was.
        Created = "created",
    }
    /// It was set.
    Set { /// It was.
        Set = "set",
    }
    /// The secret was rotated.
    Rotated { /// It was.
        Rotated = "rotated",
    }
    /// The version was ended.
    Ended { /// It was.
        Ended = "ended",
    }
    /// The event is published.
    Published { /// It is.
        Published = "published",
    }
    /// The server answers.
    Ready { /// It does.
        Ready = "ready",
    }
    /// The process runs.
    Running { /// It does.
        Running = "ok",
    }
}

impl Default for NormalSide {
    /// That of an account whose opener does not say.
    fn default() -> NormalSide {
        NormalSide::Credit
    }
}

impl Default for FloorKind {
    /// That of an account whose opener does not say.
    fn default() -> FloorKind {
        FloorKind::None
    }
}

/// Words of events and of the contract that mean the same.
macro_rules! same_words {
    ($($from:path => $to:ident { $($word:ident),* };)*) => {$(
        impl From<$from> for $to {
            fn from(word: $from) -> $to {
                use $from as From;
                match word { $(From::$word => $to::$word,)* }
            }
        }

        impl From<$to> for $from {
            fn from(word: $to) -> $from {
                use $from as To;
                match word { $($to::$word => To::$word,)* }
            }
        }
    )*};
}

same_words! {
    event::Capture => Capture { Automatic, Manual };
    event::Leg => Leg { Transfer, Reserve, Settle, Release, Reverse, Merchant, Payout };
    zentra_events::Direction => Direction { Debit, Credit };
    event::NormalSide => NormalSide { Debit, Credit };
    event::AccountStatus => AccountStatus { Open, Frozen, Closed };
    event::DisableReason => DisabledReason { Operator, Gone, Failing };
}
