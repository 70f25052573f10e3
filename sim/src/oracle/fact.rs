//! What an entry tells, in words that the model and the product share: names, amounts, and numbers
//! that both give in the order of the log.

use zentra_events::{Currency, Timestamp};

/// Which end of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Debit,
    Credit,
}

/// How far below zero an account may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    Zero,
    Limit(u128),
    Unbounded,
}

/// Whether an account takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Open,
    Frozen,
    Closed,
}

/// One thing that an entry says. Balance checkpoints and registrations of actors are left out: no
/// caller sees them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    Refused(&'static str),
    ScopeMade(String),
    KeyMade { roles: u8 },
    KeyRevoked(usize),
    ChartSet(usize),
    PolicySet { version: u32, rules: usize },
    RoutesSet { version: u32, routes: usize },
    RoutesReset,
    CurrencyDeclared(Currency, u8),
    Opened { code: String, currency: Currency, exponent: u8, depth: Depth },
    StatusSet { code: String, status: Status, by_admin: bool },
    Corrected,
    Posted { leg: &'static str, intent: Option<String>, lines: Vec<(String, Side, u128)> },
    Accepted(String),
    Confirmed(String),
    Controlled(String),
    Rejected(String, &'static str),
    Routed(String, String),
    Voided(String, &'static str),
    Reversed(String, u128),
    PaidOut(String, u128),
    Dated(String, Timestamp),
    Published(String),
    EndpointMade(String),
    EndpointDisabled(usize, &'static str),
    EndpointEnabled(usize),
    EndpointDeleted(usize),
    SecretMade(Option<String>),
    SecretRotated { secret: usize, version: u32, previous_until: Timestamp },
    SecretEnded { secret: usize, version: u32 },
    Queued { endpoint: usize, event: usize, due: Timestamp, parked: bool },
    Succeeded { delivery: usize, number: u32 },
    Failed { delivery: usize, number: u32, next: Option<Timestamp> },
    DeadLettered(usize),
    Resolved(usize),
    MadeDue(usize),
    Replayed { delivery: usize, replay: usize, attempts: u32 },
    ReplayAsked { named: u32, left_out: usize },
    Sealed(u64),
    QuotasSet,
}
