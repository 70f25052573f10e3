//! Intents: their records and how they are found.
//!
//! A record has a fixed size; what only few intents have (a confirmation, partial amounts) stands
//! in a side table and only where it cannot be derived from the state and the amount.
//! Owns the dense table of intents and the meaning of their states. Must not know accounts.

use crate::key_table::{INTENT_DOMAIN, Key, KeyTable, key};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use zentra_events::event::{Capture, IntentDetailsV1, Party};
use zentra_events::{
    AccountNo, Amount, Currency, IntentId, IntentNo, Position, ScopeNo, ScopeNumber,
};

/// How far an intent has come. Between two entries only `Accepted`, `Rejected`, `Routed`,
/// `Synchronized`, `Voided`, `Reversed` and `PaidOut` occur; the others pass within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
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

/// An intent as a reader sees it. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentView {
    /// Its dense number.
    pub no: IntentNo,
    /// How far it has come.
    pub state: IntentState,
    /// The entry that accepted it.
    pub accepted_at: Position,
    /// The entry that confirmed it, if it had to wait.
    pub confirmed_at: Option<Position>,
    /// The last entry of its stream.
    pub last: Position,
    /// The number of that entry in its scope.
    pub last_scope_number: ScopeNumber,
    /// Whose money; none while it waits, or when there is no such account.
    pub source: Option<AccountNo>,
    /// Who receives it; none as for `source`.
    pub destination: Option<AccountNo>,
    /// Of what; none as for `source`.
    pub currency: Option<Currency>,
    /// When it settles; none while it waits.
    pub capture: Option<Capture>,
    /// What it wants to move; zero while it waits.
    pub amount: Amount,
    /// What it holds now.
    pub reserved: Amount,
    /// What it settled.
    pub settled: Amount,
    /// What it gave back without settling it.
    pub released: Amount,
    /// What it settled and then gave back.
    pub reversed: Amount,
    /// What it paid out.
    pub paid_out: Amount,
}

/// The sums of an intent's legs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Tally {
    pub(crate) reserved: Amount,
    pub(crate) settled: Amount,
    pub(crate) released: Amount,
    pub(crate) reversed: Amount,
    pub(crate) paid_out: Amount,
}

impl Tally {
    /// What intents that ran to this state in full have; others stand in the side table.
    fn usual(state: IntentState, amount: Amount) -> Tally {
        let none = Tally::default();
        match state {
            IntentState::Accepted | IntentState::Controlled | IntentState::Rejected => none,
            IntentState::Ledgered | IntentState::Routed => Tally { reserved: amount, ..none },
            IntentState::Settled | IntentState::Synchronized => Tally { settled: amount, ..none },
            IntentState::Voided => Tally { released: amount, ..none },
            IntentState::Reversed => Tally { settled: amount, reversed: amount, ..none },
            IntentState::PaidOut => Tally { settled: amount, paid_out: amount, ..none },
        }
    }
}

/// An intent's record: 64-bit halves keep it free of padding.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Intent {
    digest: [u8; 16],
    amount: [u64; 2],
    pub(crate) accepted_at: Position,
    pub(crate) last: Position,
    pub(crate) last_scope_number: ScopeNumber,
    source: u32,
    destination: u32,
    pub(crate) state: IntentState,
    pub(crate) capture: Option<Capture>,
}

const _: () = assert!(size_of::<Intent>() == 72);

/// Stands for no account in a record.
const NO_ACCOUNT: u32 = u32::MAX;

impl Intent {
    pub(crate) fn accepted(digest: [u8; 16], at: Position, scope_number: ScopeNumber) -> Intent {
        Intent {
            digest,
            amount: [0; 2],
            accepted_at: at,
            last: at,
            last_scope_number: scope_number,
            source: NO_ACCOUNT,
            destination: NO_ACCOUNT,
            state: IntentState::Accepted,
            capture: None,
        }
    }

    pub(crate) fn learn(&mut self, details: &IntentDetailsV1) {
        let number = |party: &Party| match party {
            Party::Account(no) => no.0,
            Party::Unknown(_) => NO_ACCOUNT,
        };
        self.amount = [details.amount.0 as u64, (details.amount.0 >> 64) as u64];
        self.source = number(&details.source);
        self.destination = number(&details.destination);
        self.capture = Some(details.capture);
    }

    pub(crate) fn digest(&self) -> [u8; 16] {
        self.digest
    }

    pub(crate) fn amount(&self) -> Amount {
        Amount(u128::from(self.amount[0]) | (u128::from(self.amount[1]) << 64))
    }

    pub(crate) fn source(&self) -> Option<AccountNo> {
        Some(AccountNo(self.source)).filter(|no| no.0 != NO_ACCOUNT)
    }

    pub(crate) fn destination(&self) -> Option<AccountNo> {
        Some(AccountNo(self.destination)).filter(|no| no.0 != NO_ACCOUNT)
    }
}

/// A confirmation that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Confirmation {
    pub(crate) digest: [u8; 16],
    pub(crate) at: Position,
}

/// All intents of a log, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intents {
    records: Vec<Intent>,
    table: KeyTable,
    confirmations: BTreeMap<IntentNo, Confirmation>,
    tallies: BTreeMap<IntentNo, Tally>,
}

impl Intents {
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn next_no(&self) -> IntentNo {
        IntentNo(self.records.len() as u64)
    }

    pub(crate) fn records(&self) -> &[Intent] {
        &self.records
    }

    pub(crate) fn keys(&self) -> &[Key] {
        self.table.keys()
    }

    pub(crate) fn confirmations(&self) -> &BTreeMap<IntentNo, Confirmation> {
        &self.confirmations
    }

    pub(crate) fn tallies(&self) -> &BTreeMap<IntentNo, Tally> {
        &self.tallies
    }

    pub(crate) fn get(&self, no: IntentNo) -> Option<&Intent> {
        self.records.get(no.index())
    }

    pub(crate) fn get_mut(&mut self, no: IntentNo) -> Option<&mut Intent> {
        self.records.get_mut(no.index())
    }

    pub(crate) fn find(&self, scope: ScopeNo, id: &IntentId) -> Option<IntentNo> {
        let no = self.table.find(&key(INTENT_DOMAIN, scope, id.as_str()))?;
        Some(IntentNo(u64::from(no)))
    }

    /// Adds a record under the next number. False when its id is taken.
    pub(crate) fn accept(&mut self, scope: ScopeNo, id: &IntentId, intent: Intent) -> bool {
        self.push(key(INTENT_DOMAIN, scope, id.as_str()), intent)
    }

    /// As [`Intents::accept`], by key.
    pub(crate) fn push(&mut self, key: Key, intent: Intent) -> bool {
        let new = self.table.push(key);
        if new {
            self.records.push(intent);
        }
        new
    }

    pub(crate) fn confirmation(&self, no: IntentNo) -> Option<Confirmation> {
        self.confirmations.get(&no).copied()
    }

    /// False when there was one already.
    pub(crate) fn confirm(&mut self, no: IntentNo, confirmation: Confirmation) -> bool {
        self.confirmations.insert(no, confirmation).is_none()
    }

    /// The sums of the intent's legs; zero for a number that was never given.
    pub(crate) fn tally(&self, no: IntentNo) -> Tally {
        self.tallies.get(&no).copied().unwrap_or_else(|| {
            self.get(no)
                .map_or_else(Tally::default, |intent| Tally::usual(intent.state, intent.amount()))
        })
    }

    /// Sets state and sums; sums that follow from the state take no memory.
    pub(crate) fn set(&mut self, no: IntentNo, state: IntentState, tally: Tally) {
        let Some(intent) = self.records.get_mut(no.index()) else { return };
        intent.state = state;
        if Tally::usual(state, intent.amount()) != tally {
            self.tallies.insert(no, tally);
        } else if !self.tallies.is_empty() {
            self.tallies.remove(&no);
        }
    }
}
