//! What the ledger may be asked, and what it answers.
//!
//! Owns the shapes of commands and decisions. Must not know how they are decided, nor how they
//! were asked.

pub use zentra_events::Refusal;
use zentra_events::event::{
    AccountStatus, Capture, Floor, NormalSide, PolicyRuleV1, RouteV1, TemplateV1,
};
use zentra_events::{
    AccountCode, Amount, Currency, Direction, Event, IntentId, Position, Timestamp,
};

/// Where and when a command is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ctx {
    /// The position that the entry will have.
    pub position: Position,
    /// The entry's recorded time; velocity windows end here.
    pub now: Timestamp,
}

/// A command to the ledger of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerCommand {
    /// Opens an account by name.
    OpenAccount {
        /// Its code, unique in the scope.
        code: AccountCode,
        /// Its only currency.
        currency: Currency,
        /// Decimal digits; none for the currency's own.
        exponent: Option<u8>,
        /// The side on which it is shown to grow.
        normal_side: NormalSide,
        /// How far below zero it may go.
        floor: Floor,
        /// Whether the caller's key has the role admin: others open only with the chart's floor.
        by_admin: bool,
    },
    /// Freezes, opens again or closes an account.
    SetAccountStatus {
        /// The account.
        code: AccountCode,
        /// What holds from now on.
        status: AccountStatus,
        /// The operator's words.
        reason: String,
        /// Whether the caller's key has the role admin: only such lift an admin's freeze.
        by_admin: bool,
    },
    /// Replaces the chart of the scope.
    SetChart {
        /// Tried in order.
        templates: Vec<TemplateV1>,
    },
    /// Replaces the policy of the scope.
    SetPolicy {
        /// Checked in order.
        rules: Vec<PolicyRuleV1>,
    },
    /// Replaces the route table of the scope.
    SetRoutes {
        /// In no order that matters.
        routes: Vec<RouteV1>,
    },
    /// Takes the route table of the scope back: the built-in one holds again.
    ResetRoutes,
    /// Says how many decimal digits a currency has in the scope.
    DeclareCurrency {
        /// The currency.
        currency: Currency,
        /// Its decimal digits.
        exponent: u8,
    },
    /// Moves money outside any intent.
    PostTransfer {
        /// Balanced per currency.
        lines: Vec<TransferLine>,
        /// Makes it an admin's correction of accounts of the system: why.
        correction: Option<String>,
    },
    /// Takes an intent; with details it also runs.
    AcceptIntent {
        /// Unique in the scope.
        intent_id: IntentId,
        /// Of the request's canonical form: the same id and digest get the same answer.
        digest: [u8; 16],
        /// What to move; none makes the intent wait for its confirmation.
        details: Option<IntentRequest>,
    },
    /// Tells a waiting intent what to move, and runs it.
    ConfirmIntent {
        /// The intent.
        intent_id: IntentId,
        /// As for `AcceptIntent`, of the confirmation.
        digest: [u8; 16],
        /// What to move.
        details: IntentRequest,
    },
    /// Settles a hold; what is not settled is released.
    SettleIntent {
        /// The intent.
        intent_id: IntentId,
        /// How much, in minor units; none for all of it.
        amount: Option<Amount>,
        /// When its legs take effect, if the caller says so.
        effective_at: Option<LegsAt>,
    },
    /// Releases a hold, or ends a waiting intent.
    VoidIntent {
        /// The intent.
        intent_id: IntentId,
        /// The caller's words.
        reason: String,
        /// When its legs take effect, if the caller says so.
        effective_at: Option<LegsAt>,
    },
    /// Sends settled money back to its source.
    ReverseIntent {
        /// The intent.
        intent_id: IntentId,
        /// How much, in minor units; none for all that is left.
        amount: Option<Amount>,
        /// The caller's words.
        reason: String,
        /// When its legs take effect, if the caller says so.
        effective_at: Option<LegsAt>,
    },
    /// Pays the settled money out, through the destination.
    PayoutIntent {
        /// The intent.
        intent_id: IntentId,
        /// When its legs take effect, if the caller says so.
        effective_at: Option<LegsAt>,
    },
}

/// When later legs of an intent take effect, as a caller says. When its earlier ones do is in the
/// log, which is not read here: the asker has read it, and says up to which entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegsAt {
    /// The time that the caller gives.
    pub at: Timestamp,
    /// The intent's last leg as the asker read it; none when it had none.
    pub after: Option<LastLeg>,
}

/// A leg that is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastLeg {
    /// Its entry.
    pub position: Position,
    /// When it takes effect.
    pub effective_at: Timestamp,
}

/// One line of a transfer as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLine {
    /// The account; opened by the chart if it is new and a template matches.
    pub account: AccountCode,
    /// Out of it or into it.
    pub direction: Direction,
    /// In minor units.
    pub amount: Amount,
    /// Must be the account's.
    pub currency: Currency,
}

/// What an intent is asked to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentRequest {
    /// In minor units.
    pub amount: Amount,
    /// Must be that of both accounts.
    pub currency: Currency,
    /// Whose money.
    pub source: AccountCode,
    /// Who receives it when it is paid out.
    pub destination: AccountCode,
    /// The corridor that a route must serve.
    pub corridor: String,
    /// Settle at once, or hold.
    pub capture: Capture,
    /// When the movement counts, if not when it is recorded.
    pub effective_at: Option<Timestamp>,
    /// The caller's pairs with distinct keys, in any order.
    pub metadata: Vec<(String, String)>,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// What happened, in order.
    Events(Vec<Event>),
    /// The same request was seen before: the entry at this position answered it.
    Repeat(Position),
    /// Nothing happened.
    Refuse(Refusal),
}
