//! What must hold of an intent when an entry about it has ended.
//!
//! An entry takes an intent through states in which nothing else may find it: controlled, ledgered,
//! settled and not told of. Owns which states it may be left in. Must not change anything.

use crate::intent_state::IntentState;
use crate::ledger::Ledger;
use zentra_events::event::{LedgerPostedV1, Leg};
use zentra_events::{Event, IntentNo, Recorded, WrongFact};

impl Ledger {
    /// Whether the events of a whole entry, after each was folded, leave no intent on its way.
    ///
    /// # Errors
    /// With an intent that they do; the ledger must not be used any more.
    pub fn at_rest(&self, events: &[Recorded]) -> Result<(), WrongFact> {
        let mut through = 0_u128;
        for recorded in events {
            if let Some(no) = recorded.event.intent() {
                WrongFact::unless(self.rests(no), || {
                    format!("the entry leaves intent {no:?} on its way")
                })?;
            }
            // What a merchant is given goes out in the same entry.
            if let Event::LedgerPosted(body) = &recorded.event {
                through = match body.leg {
                    Leg::Merchant => through.wrapping_add(moved(body)),
                    Leg::Payout => through.wrapping_sub(moved(body)),
                    _ => through,
                };
            }
        }
        WrongFact::unless(through == 0, || "a payout does not go through its merchant".to_owned())
    }

    fn rests(&self, no: IntentNo) -> bool {
        let Some(intent) = self.intents.get(no) else { return false };
        let tally = self.intents.tally(no);
        match intent.state() {
            IntentState::Controlled | IntentState::Ledgered | IntentState::Settled => false,
            IntentState::Routed => !tally.reserved.is_zero() && tally.settled.is_zero(),
            IntentState::Synchronized => {
                tally.reserved.is_zero()
                    && tally.paid_out.is_zero()
                    && tally.reversed < tally.settled
            }
            IntentState::Accepted
            | IntentState::Rejected
            | IntentState::Voided
            | IntentState::Reversed
            | IntentState::PaidOut => tally.reserved.is_zero(),
        }
    }
}

fn moved(body: &LedgerPostedV1) -> u128 {
    body.lines.first().map_or(0, |line| line.amount.0)
}
