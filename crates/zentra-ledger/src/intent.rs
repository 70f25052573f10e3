//! Intents: their records and how they are found.
//!
//! A record has a fixed size; what only few intents have (a confirmation, partial amounts) stands
//! in a side table and only where it cannot be derived from the state and the amount.
//! Owns the dense table of intents and the meaning of their states. Must not know accounts.

use crate::intent_state::IntentState;
use crate::key_table::{KeyTable, NameKey, intent_key};
use bincode::{Decode, Encode};
use zentra_events::SettledFacts;
use zentra_events::event::{Capture, IntentDetailsV1, Party};
use zentra_events::limits::POSITION_BITS;
use zentra_events::{
    AccountNo, Amount, Currency, IntentId, IntentNo, Position, ScopeNo, WrongFact,
};
use zentra_table::{Dense, Sparse};

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

/// An intent's record: 33 bytes, without alignment. With its key (16) and its share of the hash
/// tables (about 8) an intent takes less than 60 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    amount_low: [u8; 8],
    source: [u8; 4],
    destination: [u8; 4],
    accepted_at: [u8; POSITION_BYTES],
    /// The last entry of its stream, counted from `accepted_at`.
    last_after: [u8; 4],
    digest: [u8; DIGEST_BYTES],
    /// The state, and above it how it captures: 0 while it waits, 1 automatic, 2 manual.
    state_and_capture: u8,
}

/// Bytes of a record.
pub(crate) const INTENT_BYTES: usize = 33;

const _: () = assert!(size_of::<Intent>() == INTENT_BYTES);

/// Bytes of a digest that tell one body of an intent from another. To find a body that looks like a
/// given one takes 2^48 tries, two that look alike 2^24; and only their author is misled.
const DIGEST_BYTES: usize = 6;
/// Bytes of a position in a record.
const POSITION_BYTES: usize = POSITION_BITS as usize / 8;
/// Stands for no account in a record.
const NO_ACCOUNT: u32 = u32::MAX;
/// Stands for a distance that does not fit: it is in a side table.
const FAR: u32 = u32::MAX;
/// Bits of the state in its byte.
const STATE_BITS: u32 = 4;

impl Intent {
    pub(crate) fn accepted(digest: [u8; 16], at: Position) -> Intent {
        Intent {
            amount_low: [0; 8],
            source: NO_ACCOUNT.to_le_bytes(),
            destination: NO_ACCOUNT.to_le_bytes(),
            accepted_at: packed(at),
            last_after: [0; 4],
            digest: short(digest),
            state_and_capture: IntentState::Accepted as u8,
        }
    }

    /// The record of an intent that was settled by its first entry. Its amount fits 64 bits.
    pub(crate) fn settled(facts: &SettledFacts, at: Position) -> Intent {
        let mut intent = Intent {
            amount_low: (facts.amount.0 as u64).to_le_bytes(),
            source: facts.source.0.to_le_bytes(),
            destination: facts.destination.0.to_le_bytes(),
            ..Intent::accepted(facts.digest, at)
        };
        intent.set(IntentState::Synchronized, Some(Capture::Automatic));
        intent
    }

    /// The record's bytes: its fields in their order.
    pub(crate) fn to_bytes(self) -> [u8; INTENT_BYTES] {
        let mut bytes = [0; INTENT_BYTES];
        let mut rest = bytes.as_mut_slice();
        let mut put = |field: &[u8]| {
            let (here, after) = std::mem::take(&mut rest).split_at_mut(field.len());
            here.copy_from_slice(field);
            rest = after;
        };
        put(&self.amount_low);
        put(&self.source);
        put(&self.destination);
        put(&self.accepted_at);
        put(&self.last_after);
        put(&self.digest);
        put(&[self.state_and_capture]);
        bytes
    }

    /// The record with these bytes; none when they are not those of a record.
    pub(crate) fn from_bytes(bytes: &[u8; INTENT_BYTES]) -> Option<Intent> {
        let mut rest = bytes.as_slice();
        let intent = Intent {
            amount_low: take(&mut rest)?,
            source: take(&mut rest)?,
            destination: take(&mut rest)?,
            accepted_at: take(&mut rest)?,
            last_after: take(&mut rest)?,
            digest: take(&mut rest)?,
            state_and_capture: take::<1>(&mut rest)?[0],
        };
        let known = intent.state_number() < IntentState::ALL.len();
        (known && intent.state_and_capture >> STATE_BITS <= 2).then_some(intent)
    }

    pub(crate) fn state(&self) -> IntentState {
        IntentState::ALL[self.state_number()]
    }

    fn set(&mut self, state: IntentState, capture: Option<Capture>) {
        let capture = match capture {
            None => 0,
            Some(Capture::Automatic) => 1,
            Some(Capture::Manual) => 2,
        };
        self.state_and_capture = state as u8 | capture << STATE_BITS;
    }

    fn state_number(&self) -> usize {
        usize::from(self.state_and_capture & ((1 << STATE_BITS) - 1))
    }

    pub(crate) fn has_digest(&self, digest: [u8; 16]) -> bool {
        self.digest == short(digest)
    }

    pub(crate) fn accepted_at(&self) -> Position {
        let [a, b, c, d, e, f] = self.accepted_at;
        Position(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    pub(crate) fn capture(&self) -> Option<Capture> {
        match self.state_and_capture >> STATE_BITS {
            1 => Some(Capture::Automatic),
            2 => Some(Capture::Manual),
            _ => None,
        }
    }

    pub(crate) fn source(&self) -> Option<AccountNo> {
        Some(AccountNo(u32::from_le_bytes(self.source))).filter(|no| no.0 != NO_ACCOUNT)
    }

    pub(crate) fn destination(&self) -> Option<AccountNo> {
        Some(AccountNo(u32::from_le_bytes(self.destination))).filter(|no| no.0 != NO_ACCOUNT)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (field, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*field)
}

fn short(digest: [u8; 16]) -> [u8; DIGEST_BYTES] {
    let (first, _) = digest.split_first_chunk().expect("a digest has 16 bytes");
    *first
}

fn packed(at: Position) -> [u8; POSITION_BYTES] {
    assert!(at.0 >> POSITION_BITS == 0, "{at:?}: a log has fewer than 2^{POSITION_BITS} entries");
    let bytes = at.0.to_le_bytes();
    let (first, _) = bytes.split_first_chunk().expect("eight bytes have six");
    *first
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
    records: Dense<Intent, CHUNK_BITS>,
    table: KeyTable,
    confirmations: Sparse<Confirmation>,
    tallies: Sparse<Tally>,
    /// The upper halves of amounts that do not fit 64 bits.
    wide: Sparse<u64>,
    /// Last entries that are too far from the first for a record.
    far: Sparse<Position>,
    /// How many there are of each scope, by its number.
    of_scope: Dense<u64, CHUNK_BITS>,
}

/// Records in a chunk: 2^16, i.e. 2.5 MiB.
pub(crate) const CHUNK_BITS: u32 = 16;

impl Intents {
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// How many there are of a scope.
    pub(crate) fn len_of(&self, scope: ScopeNo) -> u64 {
        self.of_scope.get(scope.index()).copied().unwrap_or(0)
    }

    pub(crate) fn of_scope(&self) -> &Dense<u64, CHUNK_BITS> {
        &self.of_scope
    }

    pub(crate) fn next_no(&self) -> IntentNo {
        IntentNo(self.records.len() as u64)
    }

    pub(crate) fn records(&self) -> &Dense<Intent, CHUNK_BITS> {
        &self.records
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &NameKey> {
        self.table.keys()
    }

    pub(crate) fn wide(&self) -> &Sparse<u64> {
        &self.wide
    }

    pub(crate) fn confirmations(&self) -> &Sparse<Confirmation> {
        &self.confirmations
    }

    pub(crate) fn tallies(&self) -> &Sparse<Tally> {
        &self.tallies
    }

    pub(crate) fn get(&self, no: IntentNo) -> Option<&Intent> {
        self.records.get(no.index())
    }

    pub(crate) fn find(&self, scope: ScopeNo, id: &IntentId) -> Option<IntentNo> {
        self.find_key(&intent_key(scope, id.as_str()))
    }

    pub(crate) fn find_key(&self, key: &NameKey) -> Option<IntentNo> {
        Some(IntentNo(u64::from(self.table.find(key)?)))
    }

    /// The intents of a snapshot. None when two have one key, or the scopes have other than that
    /// many, or the last scope has none.
    pub(crate) fn of(
        keys: Dense<NameKey, CHUNK_BITS>,
        records: Dense<Intent, CHUNK_BITS>,
        of_scope: Dense<u64, CHUNK_BITS>,
    ) -> Option<Intents> {
        let all = of_scope.iter().try_fold(0_u64, |all, count| all.checked_add(*count))?;
        let counted = all == records.len() as u64 && of_scope.last() != Some(&0);
        let table = KeyTable::of(keys)?;
        counted.then(|| Intents { table, records, of_scope, ..Intents::default() })
    }

    /// A read view of the intents, for a snapshot: nothing is found in it by key.
    pub(crate) fn read_view(&mut self) -> Intents {
        let Intents { records, table, confirmations, tallies, wide, far, of_scope } = self;
        Intents {
            records: records.read_view(),
            table: table.read_view(),
            confirmations: confirmations.clone(),
            tallies: tallies.clone(),
            wide: wide.clone(),
            far: far.clone(),
            of_scope: of_scope.read_view(),
        }
    }

    /// Adds a record under the next number. False when its id is taken.
    ///
    /// # Errors
    /// When a key was appended before that was taken.
    pub(crate) fn accept(
        &mut self,
        scope: ScopeNo,
        id: &IntentId,
        intent: Intent,
    ) -> Result<bool, WrongFact> {
        self.index(1).map_err(|(_, wrong)| wrong)?;
        let new = self.table.push(intent_key(scope, id.as_str()));
        Ok(self.record(new, scope, intent))
    }

    /// Whether the intent with this number has this id in this scope.
    pub(crate) fn has_name(&self, no: IntentNo, scope: ScopeNo, id: &IntentId) -> bool {
        let key = u32::try_from(no.0).ok().and_then(|no| self.table.get(no));
        key == Some(&intent_key(scope, id.as_str()))
    }

    /// As [`Intents::accept`], by a key that was just looked up and not found.
    pub(crate) fn push_absent(&mut self, scope: ScopeNo, key: NameKey, intent: Intent) -> bool {
        let new = self.table.push_absent(key);
        self.record(new, scope, intent)
    }

    /// As [`Intents::accept`], without looking whether the key is taken: [`Intents::index`] does,
    /// before the next search.
    pub(crate) fn append(&mut self, scope: ScopeNo, key: NameKey, intent: Intent) -> bool {
        let fits = self.table.append(key);
        self.record(fits, scope, intent)
    }

    /// Lets what was appended be found.
    ///
    /// # Errors
    /// When a key was appended that was taken: the entry that did, and that it is wrong.
    pub(crate) fn index(&mut self, workers: usize) -> Result<(), (Position, WrongFact)> {
        self.table.index(workers).map_err(|number| {
            let at = self.records.get(number as usize).map(Intent::accepted_at);
            let wrong = WrongFact::new(format!("intent {number} is accepted twice"));
            (at.unwrap_or(Position::ZERO), wrong)
        })
    }

    fn record(&mut self, has_number: bool, scope: ScopeNo, intent: Intent) -> bool {
        if has_number {
            self.records.push(intent);
            self.count(scope);
        }
        has_number
    }

    fn count(&mut self, scope: ScopeNo) {
        while self.of_scope.len() <= scope.index() {
            self.of_scope.push(0);
        }
        if let Some(count) = self.of_scope.get_mut(scope.index()) {
            *count = count.saturating_add(1);
        }
    }

    /// The last entry of an intent's stream.
    pub(crate) fn last(&self, no: IntentNo) -> Option<Position> {
        let intent = self.get(no)?;
        match u32::from_le_bytes(intent.last_after) {
            FAR => self.far.get(no.0).copied(),
            after => Some(Position(intent.accepted_at().0.saturating_add(u64::from(after)))),
        }
    }

    /// Moves the last entry of an intent's stream; gives its state. None when there is no such
    /// intent.
    pub(crate) fn touch(&mut self, no: IntentNo, at: Position) -> Option<IntentState> {
        let intent = self.records.get_mut(no.index())?;
        let after = at.0.saturating_sub(intent.accepted_at().0);
        let after = u32::try_from(after).unwrap_or(FAR);
        intent.last_after = after.to_le_bytes();
        if after == FAR {
            self.far.insert(no.0, at);
        }
        Some(intent.state())
    }

    pub(crate) fn far(&self) -> &Sparse<Position> {
        &self.far
    }

    /// Sets a last entry that is too far for the record. False when it is not.
    pub(crate) fn set_far(&mut self, no: IntentNo, at: Position) -> bool {
        let far = self.get(no).is_some_and(|intent| u32::from_le_bytes(intent.last_after) == FAR);
        far && self.far.insert(no.0, at).is_none()
    }

    /// Learns what the intent is to move. False when there is no such intent.
    pub(crate) fn learn(&mut self, no: IntentNo, details: &IntentDetailsV1) -> bool {
        let Some(intent) = self.records.get_mut(no.index()) else { return false };
        let number = |party: &Party| match party {
            Party::Account(no) => no.0,
            Party::Unknown(_) => NO_ACCOUNT,
        };
        intent.amount_low = (details.amount.0 as u64).to_le_bytes();
        intent.source = number(&details.source).to_le_bytes();
        intent.destination = number(&details.destination).to_le_bytes();
        intent.set(intent.state(), Some(details.capture));
        self.widen(no, (details.amount.0 >> 64) as u64);
        true
    }

    /// Sets the upper half of an amount; zero takes no memory.
    pub(crate) fn widen(&mut self, no: IntentNo, high: u64) {
        if high != 0 {
            self.wide.insert(no.0, high);
        }
    }

    /// What the intent wants to move; zero while it waits.
    pub(crate) fn amount(&self, no: IntentNo) -> Amount {
        let low = self.get(no).map_or(0, |intent| u64::from_le_bytes(intent.amount_low));
        let high = self.wide.get(no.0).copied().unwrap_or(0);
        Amount(u128::from(low) | (u128::from(high) << 64))
    }

    pub(crate) fn confirmation(&self, no: IntentNo) -> Option<Confirmation> {
        self.confirmations.get(no.0).copied()
    }

    /// False when there was one already.
    pub(crate) fn confirm(&mut self, no: IntentNo, confirmation: Confirmation) -> bool {
        self.confirmations.insert(no.0, confirmation).is_none()
    }

    /// The sums of the intent's legs; zero for a number that was never given.
    pub(crate) fn tally(&self, no: IntentNo) -> Tally {
        let kept = self.tallies.get(no.0);
        kept.copied().unwrap_or_else(|| match self.get(no) {
            Some(intent) => Tally::usual(intent.state(), self.amount(no)),
            None => Tally::default(),
        })
    }

    /// Sets state and sums; sums that follow from the state take no memory.
    pub(crate) fn set(&mut self, no: IntentNo, state: IntentState, tally: Tally) {
        let amount = self.amount(no);
        let Some(intent) = self.records.get_mut(no.index()) else { return };
        intent.set(state, intent.capture());
        if Tally::usual(state, amount) != tally {
            self.tallies.insert(no.0, tally);
        } else {
            self.tallies.remove(no.0);
        }
    }
}
