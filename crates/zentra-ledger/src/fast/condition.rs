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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::FloorKind;
    use crate::totals::Totals;
    use zentra_events::Position;
    use zentra_events::event::AccountStatus;

    fn account(number: u64) -> Account {
        Account {
            totals: Totals { debits: Amount::ZERO, credits: Amount(100) },
            last: Position(number),
            currency: "EUR".parse().unwrap(),
            scope: ScopeNo(1),
            since_checkpoint: 0,
            status: AccountStatus::Open,
            floor: FloorKind::None,
            holds_reserved: false,
            system: false,
            frozen_by_admin: false,
        }
    }

    /// The first condition that four accounts do not meet after a change of one or of the intent.
    fn unmet(change: impl FnOnce(&mut [Account; 4], &mut IntentAccounts<'_>)) -> Option<Condition> {
        let mut accounts = [0, 1, 2, 3].map(account);
        let before = accounts;
        let [source, destination, reserved, settlement] = &before;
        let mut of = IntentAccounts {
            scope: ScopeNo(1),
            currency: "EUR".parse().unwrap(),
            amount: Amount(5),
            number: IntentNo(0),
            parties: [AccountNo(0), AccountNo(1)],
            source,
            source_floor: Floor::None,
            destination,
            reserved,
            reserved_floor: Floor::None,
            settlement,
        };
        change(&mut accounts, &mut of);
        let [source, destination, reserved, settlement] = &accounts;
        check_accounts(&IntentAccounts { source, destination, reserved, settlement, ..of }).err()
    }

    #[test]
    fn each_condition_on_accounts_is_told_by_the_one_that_is_not_met() {
        use Condition::{
            AccountsAreInTheCurrency, AccountsAreOfTheScope, AccountsAreOpen, FundsSuffice,
            NumberIsLeft, PartiesAreTheCallers, PartiesDiffer, TotalsHold,
        };
        assert_eq!(unmet(|_, _| {}), None);
        assert_eq!(unmet(|_, of| of.number = IntentNo(NUMBERS_MAX as u64)), Some(NumberIsLeft));
        assert_eq!(unmet(|_, of| of.parties = [AccountNo(1); 2]), Some(PartiesDiffer));
        for at in 0..4 {
            let of = |change: fn(&mut Account)| unmet(|accounts, _| change(&mut accounts[at]));
            assert_eq!(of(|one| one.scope = ScopeNo(2)), Some(AccountsAreOfTheScope));
            let usd = |one: &mut Account| one.currency = "USD".parse().unwrap();
            assert_eq!(of(usd), Some(AccountsAreInTheCurrency));
            for status in [AccountStatus::Frozen, AccountStatus::Closed] {
                let unmet = unmet(|accounts, _| accounts[at].status = status);
                assert_eq!(unmet, Some(AccountsAreOpen));
            }
            let system = of(|one| one.system = true);
            assert_eq!(system, (at < 2).then_some(PartiesAreTheCallers));
        }
        assert_eq!(unmet(|_, of| of.amount = Amount(101)), Some(FundsSuffice));
        assert_eq!(unmet(|_, of| of.source_floor = Floor::Limit(Amount(1))), None);
        let full = Amount(u128::MAX);
        let of = |change: fn(&mut [Account; 4])| unmet(|accounts, _| change(accounts));
        let debits = |accounts: &mut [Account; 4]| {
            accounts[0].totals =
                Totals { debits: Amount(u128::MAX - 1), credits: Amount(u128::MAX) };
        };
        assert_eq!(of(debits), Some(FundsSuffice));
        let unbounded = unmet(|accounts, of| {
            accounts[0].totals.debits = full;
            of.source_floor = Floor::Unbounded;
        });
        assert_eq!(unbounded, Some(TotalsHold), "the source's debits");
        let credits = |at: usize| unmet(|accounts, _| accounts[at].totals.credits = full);
        assert_eq!([credits(2), credits(3)], [Some(TotalsHold); 2], "what comes in");
        let below = of(|accounts| accounts[2].totals.debits = Amount(101));
        assert_eq!(below, Some(TotalsHold), "the floor of reserved money");
    }
}
