//! How far an intent has come: the states and their words.
//!
//! Owns the list; a record stores a state by its place in it. Must not know what leads from one
//! to another.

/// How far an intent has come. Between two entries only `Accepted`, `Rejected`, `Routed`,
/// `Synchronized`, `Voided`, `Reversed` and `PaidOut` occur; the others pass within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntentState {
    /// Waits for its confirmation.
    Accepted,
    /// Every check of the policy passed.
    Controlled,
    /// Refused for good; no money moved.
    Rejected,
    /// Its money is reserved.
    Ledgered,
    /// A route is chosen; a hold until it is settled or voided.
    Routed,
    /// Its money is settled.
    Settled,
    /// Settled, and the event that tells of it is published.
    Synchronized,
    /// All that it held went back; or it never learnt what to move.
    Voided,
    /// All that it settled went back. In part: it stays `Synchronized`.
    Reversed,
    /// What it settled, less what went back, is paid out.
    PaidOut,
}

impl IntentState {
    pub(crate) const ALL: [IntentState; 10] = [
        IntentState::Accepted,
        IntentState::Controlled,
        IntentState::Rejected,
        IntentState::Ledgered,
        IntentState::Routed,
        IntentState::Settled,
        IntentState::Synchronized,
        IntentState::Voided,
        IntentState::Reversed,
        IntentState::PaidOut,
    ];

    /// The state's word.
    pub fn as_str(self) -> &'static str {
        match self {
            IntentState::Accepted => "accepted",
            IntentState::Controlled => "controlled",
            IntentState::Rejected => "rejected",
            IntentState::Ledgered => "ledgered",
            IntentState::Routed => "routed",
            IntentState::Settled => "settled",
            IntentState::Synchronized => "synchronized",
            IntentState::Voided => "voided",
            IntentState::Reversed => "reversed",
            IntentState::PaidOut => "paid_out",
        }
    }
}
