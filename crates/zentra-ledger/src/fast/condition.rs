//! What the fast path takes: a table of conditions, each of which an intent must meet.
//!
//! An intent that meets all of them is decided in one step, to exactly the entry that the slow path
//! decides; one that does not takes the slow path, and nothing has changed. Groups hold for long
//! (who asks, terms), as long as rules do (a plan), or for one intent (accounts). A compact form
//! that has room for more (docs/internals/log-format.md) takes rows away here. Owns the table. Must
//! not know what an entry says.

use crate::account::Account;
use zentra_events::event::{Capture, Floor};
use zentra_events::limits::NAME_BYTES_MAX;
use zentra_events::{AccountNo, Amount, Currency, Direction, IntentNo, ScopeNo, Timestamp};
use zentra_table::NUMBERS_MAX;

/// Makes the enum of all conditions, and for each group the function that gives the first that does
/// not hold.
macro_rules! conditions {
    (
        looked up { $( $(#[$looked_doc:meta])* $looked:ident; )* }
        $(
            $(#[$about:meta])*
            $vis:vis fn $group:ident($facts:ident: $type:ty) {
                $( $(#[$doc:meta])* $name:ident => $holds:expr; )*
            }
        )*
    ) => {
        /// A condition of the fast path.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Condition {
            $( $(#[$looked_doc])* $looked, )*
            $($( $(#[$doc])* $name, )*)*
        }

        impl Condition {
            /// All of them, in the order of the table.
            pub const ALL: &[Condition] =
                &[$( Condition::$looked, )* $($( Condition::$name, )*)*];
        }

        $(
            $(#[$about])*
            ///
            /// # Errors
            /// The first condition that does not hold.
            #[inline]
            $vis fn $group($facts: $type) -> Result<(), Condition> {
                $( if !$holds {
                    return Err(Condition::$name);
                } )*
                Ok(())
            }
        )*
    };
}

conditions! {
    // Whoever needs what is looked up says that it was not found, by the name of the row.
    looked up {
        /// It is an intent that says what it moves: one that does not waits for its confirmation.
        SaysWhatItMoves;
        /// Its id is new: one that was taken before is answered as it was then.
        IdIsNew;
        /// The log knows the scope.
        ScopeIsKnown;
        /// The log knows the actor: the first entry of a new one registers it.
        ActorIsKnown;
        /// The system's accounts in its currency are open: the first intent in it opens them.
        SystemAccountsAreOpen;
        /// Its accounts are there: one that is not is opened by the chart, or refused.
        AccountsAreThere;
    }

    /// Checks who asks, and who listens.
    pub fn check_request(request: &RequestFacts) {
        /// The caller asks by itself: an entry that has a cause names it.
        HasNoCause => !request.has_cause;
        /// No endpoint listens to settlements: for each that does, the entry queues a delivery.
        NobodyListens => !request.is_listened_to;
    }

    /// Checks what an intent says beside its money.
    pub fn check_terms(terms: &IntentTerms<'_>) {
        /// It settles at once: a hold is ended by a later command.
        SettlesAtOnce => terms.capture == Capture::Automatic;
        /// It takes effect when it is recorded.
        HasNoEffectiveTime => terms.effective_at.is_none();
        /// It has no metadata.
        HasNoMetadata => terms.metadata.is_empty();
    }

    /// Checks an amount in a currency and a corridor, before the rules are asked.
    pub(super) fn check_subject(subject: &PlanSubject<'_>) {
        /// Its corridor is a name.
        CorridorIsAName => (1..=NAME_BYTES_MAX).contains(&subject.corridor.len());
        /// It moves something.
        AmountIsNotZero => !subject.amount.is_zero();
        /// Its amount fits the record of an intent.
        AmountFits => subject.amount.0 <= u128::from(u64::MAX);
        /// No velocity rule is about its currency: what one counts grows with each intent.
        NoVelocityRule => !subject.has_velocity_rule;
    }

    /// Checks what the rules say.
    pub(super) fn check_verdicts(verdicts: &Verdicts) {
        /// Every check of the policy passes.
        PolicyPasses => verdicts.policy_passes;
        /// A route serves it.
        RouteServes => verdicts.route_serves;
    }

    /// Checks the accounts of one intent: those of its parties, and the system's.
    pub(super) fn check_accounts(of: &IntentAccounts<'_>) {
        /// The log has a number left for it.
        NumberIsLeft => of.number.index() < NUMBERS_MAX;
        /// Source and destination differ.
        PartiesDiffer => of.parties[0] != of.parties[1];
        /// Its accounts are the scope's.
        AccountsAreOfTheScope => of.every(|account| account.scope == of.scope);
        /// They are in its currency.
        AccountsAreInTheCurrency => of.every(|account| account.currency == of.currency);
        /// They are neither frozen nor closed.
        AccountsAreOpen => of.every(|account| account.not_open().is_none());
        /// Source and destination are the caller's, not the system's.
        PartiesAreTheCallers => !of.source.system && !of.destination.system;
        /// The source has the money.
        FundsSuffice => of.source.totals.check_funds(of.source_floor, of.amount).is_ok();
        /// Every total can hold the amount, and the account of reserved money, through which it
        /// passes, stays above its floor.
        TotalsHold => of.totals_hold();
    }
}

/// Who asks, and who listens.
#[derive(Clone, Copy, Debug)]
pub struct RequestFacts {
    /// Whether a cause led to the request.
    pub has_cause: bool,
    /// Whether an endpoint of the scope listens to settlements.
    pub is_listened_to: bool,
}

/// What an intent says beside its money.
#[derive(Clone, Copy, Debug)]
pub struct IntentTerms<'a> {
    /// Settle at once, or hold.
    pub capture: Capture,
    /// When the movement counts, if not when it is recorded.
    pub effective_at: Option<Timestamp>,
    /// The caller's pairs.
    pub metadata: &'a [(String, String)],
}

/// What a plan is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanSubject<'a> {
    pub(super) corridor: &'a str,
    pub(super) amount: Amount,
    pub(super) has_velocity_rule: bool,
}

/// What the rules of the scope say to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdicts {
    pub(super) policy_passes: bool,
    pub(super) route_serves: bool,
}

/// The accounts of an intent as they are before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntentAccounts<'a> {
    pub(super) scope: ScopeNo,
    pub(super) currency: Currency,
    pub(super) amount: Amount,
    /// The number that the intent will have.
    pub(super) number: IntentNo,
    /// Source and destination.
    pub(super) parties: [AccountNo; 2],
    pub(super) source: &'a Account,
    pub(super) source_floor: Floor,
    pub(super) destination: &'a Account,
    pub(super) reserved: &'a Account,
    pub(super) reserved_floor: Floor,
    pub(super) settlement: &'a Account,
}

impl IntentAccounts<'_> {
    #[inline]
    fn every(&self, holds: impl Fn(&Account) -> bool) -> bool {
        [self.source, self.destination, self.reserved, self.settlement].into_iter().all(holds)
    }

    #[inline]
    fn totals_hold(&self) -> bool {
        use Direction::{Credit, Debit};
        let mut source = self.source.totals;
        let mut reserved = self.reserved.totals;
        let mut settlement = self.settlement.totals;
        source.add(Debit, self.amount).is_some()
            && reserved.add(Credit, self.amount).is_some()
            && reserved.add(Debit, self.amount).is_some()
            && settlement.add(Credit, self.amount).is_some()
            && reserved.are_above(self.reserved_floor)
    }
}
