//! Folding settled transfers, of the log or decided just now.
//!
//! Owns the checks that one follows from the state, and the order of its postings. Must not know
//! plans, nor who decided.

use crate::account::{Account, Accounts};
use crate::intent::Intent;
use crate::key_table::intent_key;
use crate::ledger::Ledger;
use crate::posting::Place;
use zentra_events::{
    AccountNo, Amount, Direction, Header, Position, SettledFacts, SettledRef, SettledTerms,
    WrongFact,
};

impl Ledger {
    /// Folds a settled transfer of the log. Its intent is not found by its id, and whether that is
    /// new is not looked up, before [`Ledger::index`].
    ///
    /// # Errors
    /// When it does not follow from the state; the ledger must not be used any more.
    pub fn apply_settled(
        &mut self,
        header: &Header,
        transfer: &SettledRef<'_>,
    ) -> Result<(), WrongFact> {
        let (facts, terms, at) = (transfer.facts, transfer.terms, header.position);
        WrongFact::unless(facts.intent == self.intents.next_no(), || {
            format!("intent {:?} is not the next one", facts.intent)
        })?;
        WrongFact::unless(
            !facts.amount.is_zero() && facts.amount.0 <= u128::from(u64::MAX),
            || format!("a settled transfer moves {}", facts.amount),
        )?;
        let paid = self.accounts.get(facts.destination);
        let is_party = |account: &Account| {
            account.scope == header.scope
                && account.currency == terms.currency
                && !account.holds_reserved
        };
        let apart = facts.source != facts.destination && facts.source != terms.settlement;
        WrongFact::unless(paid.is_some_and(is_party) && apart, || {
            let (source, paid, currency) = (facts.source, facts.destination, terms.currency);
            format!("{source:?} cannot pay {paid:?} in {currency}")
        })?;
        let place = (at, header.scope);
        self.post_settled(place, terms, facts)?;
        let derived = || intent_key(header.scope, transfer.intent_id);
        let key = transfer.key.copied().unwrap_or_else(derived);
        let numbered = self.intents.append(header.scope, key, Intent::settled(facts, at));
        WrongFact::unless(numbered, || format!("there is no number for {:?}", facts.intent))?;
        let mut checkpoints = transfer.marks.iter();
        checkpoints.try_for_each(|one| self.accounts.record_checkpoint(place, one))
    }

    /// Moves the money: debits and credits are the same amount by form. Tells whether a balance
    /// checkpoint is due.
    #[inline]
    pub(super) fn post_settled(
        &mut self,
        place: Place,
        terms: &SettledTerms,
        facts: &SettledFacts,
    ) -> Result<bool, WrongFact> {
        use Direction::{Credit, Debit};
        let (accounts, amount) = (&mut self.accounts, facts.amount);
        let account = (facts.source, Some(facts.source_prev));
        let source = post(accounts, place, account, [(Debit, amount)], (terms, false))?;
        let account = (terms.reserved, Some(facts.reserved_prev));
        let both = [(Debit, amount), (Credit, amount)];
        let reserved = post(accounts, place, account, both, (terms, true))?;
        let account = (terms.settlement, Some(facts.settlement_prev));
        let settlement = post(accounts, place, account, [(Credit, amount)], (terms, false))?;
        Ok(source || reserved || settlement)
    }
}

/// Posts to one account of a settled transfer, which is of its terms' currency and holds reserved
/// money or not. Tells whether a balance checkpoint is due.
#[inline]
fn post<const N: usize>(
    accounts: &mut Accounts,
    place: Place,
    (no, prev): (AccountNo, Option<Position>),
    amounts: [(Direction, Amount); N],
    (terms, is_reserved): (&SettledTerms, bool),
) -> Result<bool, WrongFact> {
    let posted = accounts.post(place, no, prev, amounts)?;
    let account = posted.account;
    let right = account.currency == terms.currency && account.holds_reserved == is_reserved;
    // What only comes in cannot make an account fall below its floor.
    let comes_in = amounts.iter().all(|(side, _)| *side == Direction::Credit);
    let holds = comes_in || posted.is_above_floor();
    if right && holds { Ok(account.is_checkpoint_due()) } else { Err(wrong(no, right)) }
}

/// What is wrong with an account: its currency or kind, or it falls below its floor.
#[cold]
fn wrong(no: AccountNo, right: bool) -> WrongFact {
    WrongFact::new(match right {
        true => format!("account {no:?} falls below its floor"),
        false => format!("account {no:?} is in another currency or of another kind"),
    })
}
