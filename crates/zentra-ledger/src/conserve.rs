//! Proof that money is conserved.
//!
//! Owns the sums over all accounts and intents. Must not be needed by any decision: it is for
//! tests, `doctor` and the end of a rebuild.

use crate::chart::is_reserved;
use crate::ledger::Ledger;
use std::collections::BTreeMap;
use zentra_events::{AccountNo, Amount, Currency, IntentNo, ScopeNo};

/// Which sum differs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConservationError {
    /// The debits of all accounts of a currency differ from their credits.
    #[error("scope {}: debits and credits in {currency} differ", scope.0)]
    Unbalanced {
        /// The scope.
        scope: ScopeNo,
        /// The currency.
        currency: Currency,
    },
    /// The reserved accounts of a currency do not hold what open holds reserved.
    #[error("scope {}: reserved accounts in {currency} hold {held}, open holds {open}", scope.0)]
    Reserved {
        /// The scope.
        scope: ScopeNo,
        /// The currency.
        currency: Currency,
        /// What the reserved accounts hold, in minor units.
        held: Amount,
        /// What open holds sum to, in minor units.
        open: Amount,
    },
    /// An account's reserved sum differs from its open holds.
    #[error("account {}: reserved {reserved}, open holds {open}", account.0)]
    Account {
        /// The account.
        account: AccountNo,
        /// What its record says, in minor units.
        reserved: Amount,
        /// What its open holds sum to, in minor units.
        open: Amount,
    },
}

/// Sums of one currency of one scope; totals of many accounts need more than 128 bits.
#[derive(Default)]
struct Sums {
    debits: Wide,
    credits: Wide,
    reserved_debits: Wide,
    reserved_credits: Wide,
    open: Wide,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Wide {
    low: u128,
    carries: u64,
}

impl Wide {
    fn add(&mut self, amount: Amount) {
        let (low, carried) = self.low.overflowing_add(amount.0);
        self.low = low;
        self.carries = self.carries.saturating_add(u64::from(carried));
    }

    fn plus(mut self, other: Wide) -> Wide {
        self.add(Amount(other.low));
        self.carries = self.carries.saturating_add(other.carries);
        self
    }
}

impl Ledger {
    /// Checks that money is conserved: per scope and currency, debits equal credits, and the
    /// reserved accounts hold exactly what open holds reserved. Reads everything.
    ///
    /// # Errors
    /// Names the first sum that differs.
    pub fn verify_conservation(&self) -> Result<(), ConservationError> {
        let open = self.open_holds();
        let mut sums: BTreeMap<(ScopeNo, Currency), Sums> = BTreeMap::new();
        for (index, ((account, rest), open)) in self.accounts.iter().zip(&open).enumerate() {
            let sum = sums.entry((account.scope, account.currency)).or_default();
            sum.debits.add(account.totals.debits);
            sum.credits.add(account.totals.credits);
            if is_reserved(&rest.code) {
                sum.reserved_debits.add(account.totals.debits);
                sum.reserved_credits.add(account.totals.credits);
            }
            sum.open.add(*open);
            if rest.reserved != *open {
                let account_no = AccountNo(u32::try_from(index).unwrap_or(u32::MAX));
                let reserved = rest.reserved;
                return Err(ConservationError::Account {
                    account: account_no,
                    reserved,
                    open: *open,
                });
            }
        }
        for ((scope, currency), sum) in sums {
            if sum.debits != sum.credits {
                return Err(ConservationError::Unbalanced { scope, currency });
            }
            if sum.reserved_credits != sum.reserved_debits.plus(sum.open) {
                let held = sum.reserved_credits.low.wrapping_sub(sum.reserved_debits.low);
                let (held, open) = (Amount(held), Amount(sum.open.low));
                return Err(ConservationError::Reserved { scope, currency, held, open });
            }
        }
        Ok(())
    }

    /// What open holds took out of each account.
    fn open_holds(&self) -> Vec<Amount> {
        let mut open = vec![Amount::ZERO; self.accounts.len()];
        for (index, intent) in self.intents.records().iter().enumerate() {
            let held = self.intents.tally(IntentNo(index as u64)).reserved;
            let slot = intent.source().and_then(|source| open.get_mut(source.index()));
            if let Some(slot) = slot {
                *slot = Amount(slot.0.saturating_add(held.0));
            }
        }
        open
    }
}
