//! Accounts: their records, their balances and how they are found.
//!
//! Owns the dense table of accounts, and what of an account both deciders check. Must not know
//! intents, policy or the charts of scopes.

use crate::balance_checkpoint::BalanceCheckpoints;
use crate::chart::{is_reserved, is_system};
use crate::key_table::{KeyTable, NameKey, account_key};
use crate::totals::Totals;
use bincode::{Decode, Encode};
use zentra_events::event::{AccountOpenedV1, AccountStatus, Floor, NormalSide};
use zentra_events::{AccountCode, AccountNo, Amount, Code, Currency, Position, ScopeNo};
use zentra_table::Dense;

/// An account as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Its dense number.
    pub no: AccountNo,
    /// Its scope.
    pub scope: ScopeNo,
    /// Its code, unique in the scope.
    pub code: AccountCode,
    /// Its only currency.
    pub currency: Currency,
    /// Decimal digits of the currency, for showing.
    pub exponent: u8,
    /// The side on which it is shown to grow.
    pub normal_side: NormalSide,
    /// How far below zero it may go.
    pub floor: Floor,
    /// What may be done with it.
    pub status: AccountStatus,
    /// Everything that ever left, in minor units.
    pub debits: Amount,
    /// Everything that ever came in, in minor units.
    pub credits: Amount,
    /// What open holds have taken out; already part of `debits`.
    pub reserved: Amount,
    /// The last entry of its stream.
    pub last: Position,
    /// The entry of its newest balance checkpoint.
    pub checkpoint_at: Option<Position>,
}

impl AccountView {
    /// Credits minus debits in minor units: whether that is negative, and its size.
    pub fn posted(&self) -> (bool, Amount) {
        self.totals().posted()
    }

    /// What may still leave, in minor units; none when the floor is unbounded.
    pub fn available(&self) -> Option<Amount> {
        self.totals().available(self.floor)
    }

    fn totals(&self) -> Totals {
        Totals { debits: self.debits, credits: self.credits }
    }
}

/// What every posting to an account reads and changes: 64 bytes, so that a read view of the state
/// costs little to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Account {
    pub(crate) totals: Totals,
    pub(crate) last: Position,
    pub(crate) currency: Currency,
    pub(crate) scope: ScopeNo,
    /// Postings since the last balance checkpoint.
    pub(crate) since_checkpoint: u16,
    pub(crate) status: AccountStatus,
    pub(crate) floor: FloorKind,
    /// Whether it holds what is reserved. Follows from the code.
    pub(crate) holds_reserved: bool,
    /// Whether it is the system's. Follows from the code.
    pub(crate) system: bool,
    /// Whether an admin froze it.
    pub(crate) frozen_by_admin: bool,
}

const _: () = assert!(size_of::<Account>() == 64);

impl Account {
    /// Why it may not take part in new postings, if it may not.
    #[inline]
    pub(crate) fn not_open(&self) -> Option<Code> {
        match self.status {
            AccountStatus::Open => None,
            AccountStatus::Frozen => Some(Code::AccountFrozen),
            AccountStatus::Closed => Some(Code::AccountClosed),
        }
    }
}

/// Which floor an account has; how deep a limit is stands with the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum FloorKind {
    None,
    Limit,
    Unbounded,
}

impl Account {
    /// Whether it respects its floor.
    #[inline]
    pub(crate) fn is_above_floor<'a>(
        &self,
        particulars: impl FnOnce() -> Option<&'a Particulars>,
    ) -> bool {
        self.floor_by(particulars).is_some_and(|floor| self.totals.are_above(floor))
    }

    /// The floor, which is looked up only where it is one of a kind.
    #[inline]
    pub(crate) fn floor_by<'a>(
        &self,
        particulars: impl FnOnce() -> Option<&'a Particulars>,
    ) -> Option<Floor> {
        match self.floor {
            FloorKind::None => Some(Floor::None),
            FloorKind::Unbounded => Some(Floor::Unbounded),
            FloorKind::Limit => Some(particulars()?.floor),
        }
    }
}

/// The rest of an account, which changes seldom.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Particulars {
    pub(crate) code: AccountCode,
    pub(crate) exponent: u8,
    pub(crate) normal_side: NormalSide,
    pub(crate) floor: Floor,
    pub(crate) reserved: Amount,
    pub(crate) checkpoints: BalanceCheckpoints,
}

/// Records in a chunk: 2^8, i.e. 16 KiB.
const CHUNK_BITS: u32 = 8;
/// Particulars in a chunk: 2^8.
const PARTICULARS_BITS: u32 = 8;

/// The particulars of all accounts, by number.
pub(crate) type AllParticulars = Dense<Particulars, PARTICULARS_BITS>;

/// All accounts of a log, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    records: Dense<Account, CHUNK_BITS>,
    particulars: AllParticulars,
    table: KeyTable,
}

impl Accounts {
    /// A read view of the accounts, for a snapshot: nothing is found in it by code.
    pub(crate) fn read_view(&mut self) -> Accounts {
        Accounts {
            records: self.records.read_view(),
            particulars: self.particulars.read_view(),
            table: self.table.read_view(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Every account with its particulars, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Account, &Particulars)> {
        self.records.iter().zip(self.particulars.iter())
    }

    pub(crate) fn get(&self, no: AccountNo) -> Option<&Account> {
        self.records.get(no.index())
    }

    pub(crate) fn get_mut(&mut self, no: AccountNo) -> Option<&mut Account> {
        self.records.get_mut(no.index())
    }

    pub(crate) fn particulars(&self, no: AccountNo) -> Option<&Particulars> {
        self.particulars.get(no.index())
    }

    pub(crate) fn particulars_mut(&mut self, no: AccountNo) -> Option<&mut Particulars> {
        self.particulars.get_mut(no.index())
    }

    /// The code of an account, for messages; empty when there is no such account.
    pub(crate) fn code(&self, no: AccountNo) -> &str {
        self.particulars(no).map_or("", |particulars| particulars.code.as_str())
    }

    /// The floor of an account.
    pub(crate) fn floor(&self, no: AccountNo) -> Option<Floor> {
        self.floor_of(no, self.get(no)?)
    }

    /// The floor of an account that was looked up.
    #[inline]
    pub(crate) fn floor_of(&self, no: AccountNo, account: &Account) -> Option<Floor> {
        account.floor_by(|| self.particulars(no))
    }

    /// An account to change, beside the particulars of all.
    #[inline]
    pub(crate) fn beside_particulars(
        &mut self,
        no: AccountNo,
    ) -> Option<(&mut Account, &AllParticulars)> {
        Some((self.records.get_mut(no.index())?, &self.particulars))
    }

    pub(crate) fn find(&self, scope: ScopeNo, code: &AccountCode) -> Option<AccountNo> {
        self.find_key(&account_key(scope, code.as_str()))
    }

    pub(crate) fn find_key(&self, key: &NameKey) -> Option<AccountNo> {
        self.table.find(key).map(AccountNo)
    }

    /// Opens the account that an event tells of. False when its number is not the next one or its
    /// code is taken.
    pub(crate) fn open(&mut self, scope: ScopeNo, at: Position, body: &AccountOpenedV1) -> bool {
        let account = Account {
            totals: Totals::default(),
            last: at,
            currency: body.currency,
            scope,
            since_checkpoint: 0,
            status: AccountStatus::Open,
            floor: match body.floor {
                Floor::None => FloorKind::None,
                Floor::Limit(_) => FloorKind::Limit,
                Floor::Unbounded => FloorKind::Unbounded,
            },
            holds_reserved: is_reserved(&body.code),
            system: is_system(&body.code),
            frozen_by_admin: false,
        };
        let particulars = Particulars {
            code: body.code.clone(),
            exponent: body.exponent,
            normal_side: body.normal_side,
            floor: body.floor,
            reserved: Amount::ZERO,
            checkpoints: BalanceCheckpoints::default(),
        };
        body.account.index() == self.records.len() && self.push(account, particulars)
    }

    /// Adds an account under the next number. False when its code is taken.
    pub(crate) fn push(&mut self, account: Account, particulars: Particulars) -> bool {
        let new = self.table.push(account_key(account.scope, particulars.code.as_str()));
        if new {
            self.records.push(account);
            self.particulars.push(particulars);
        }
        new
    }

    pub(crate) fn view(&self, no: AccountNo) -> Option<AccountView> {
        let (account, rest) = (self.get(no)?, self.particulars(no)?.clone());
        Some(AccountView {
            no,
            scope: account.scope,
            code: rest.code,
            currency: account.currency,
            exponent: rest.exponent,
            normal_side: rest.normal_side,
            floor: rest.floor,
            status: account.status,
            debits: account.totals.debits,
            credits: account.totals.credits,
            reserved: rest.reserved,
            last: account.last,
            checkpoint_at: rest.checkpoints.newest(),
        })
    }
}
