//! The ledger's two projections as canonical bytes, and back.
//!
//! Each is a sequence of counted lists, row by row in the order of their numbers. What can be
//! derived (hash tables, system accounts, exponents) is not stored. Owns these layouts. Must not
//! know files, digests or positions.

use crate::account::{Account, Particulars};
use crate::fast::Plans;
use crate::intent::{Confirmation, INTENT_BYTES, Intent, Intents, Tally};
use crate::key_table::NameKey;
use crate::ledger::Ledger;
use crate::rules::Rules;
use zentra_events::event::AccountOpenedV1;
use zentra_events::{AccountNo, IntentNo, Position, ScopeNo};
use zentra_table::{Dense, SectionError, SectionReader, SectionWriter};

impl Ledger {
    /// A read view of the ledger, for a snapshot: cheap, whatever its size. Nothing is found in it
    /// by name, and it decides nothing.
    #[must_use]
    pub fn read_view(&mut self) -> Ledger {
        Ledger {
            accounts: self.accounts.read_view(),
            intents: self.intents.read_view(),
            scopes: self.scopes.read_view(),
            plans: Plans::default(),
        }
    }

    /// The canonical bytes of the projection `balances`. Layout: count u64, accounts; count u64,
    /// (scope, rules) sorted by scope.
    pub fn encode_balances(&self, out: &mut SectionWriter<'_>) {
        out.put_list(self.accounts.len(), self.accounts.iter());
        let rules = self.scopes.all();
        out.put_list(rules.len(), rules.iter());
    }

    /// The canonical bytes of the projection `intents`. Layout: count u64, (key, record) of each
    /// intent, 49 raw bytes; count u64, how many intents each scope has, by its number; then, each
    /// as count u64 and rows sorted by intent: confirmations, upper halves of wide amounts, far
    /// last entries, unusual sums.
    pub fn encode_intents(&self, out: &mut SectionWriter<'_>) {
        let intents = &self.intents;
        out.put(&(intents.len() as u64));
        for (key, record) in intents.keys().zip(intents.records().iter()) {
            out.put_raw(key);
            out.put_raw(&record.to_bytes());
        }
        out.put_list(intents.of_scope().len(), intents.of_scope().iter());
        out.put_list(intents.confirmations().len(), intents.confirmations().iter());
        out.put_list(intents.wide().len(), intents.wide().iter());
        out.put_list(intents.far().len(), intents.far().iter());
        out.put_list(intents.tallies().len(), intents.tallies().iter());
    }

    /// The ledger whose projections these are.
    ///
    /// # Errors
    /// When the bytes are not exactly that.
    pub fn decode(balances: &[u8], intents: &[u8]) -> Result<Ledger, SectionError> {
        let mut ledger = Ledger::new();
        decode_balances(balances, &mut ledger)?;
        decode_intents(intents, &mut ledger)?;
        Ok(ledger)
    }
}

fn decode_balances(bytes: &[u8], ledger: &mut Ledger) -> Result<(), SectionError> {
    let mut reader = SectionReader::new(bytes, "accounts and rules");
    for index in 0..reader.take::<u64>()? {
        let (account, rest) = reader.take::<(Account, Particulars)>()?;
        let no = u32::try_from(index).map_err(|_| inconsistent("too many accounts"))?;
        let opened = AccountOpenedV1 {
            account: AccountNo(no),
            code: rest.code.clone(),
            currency: account.currency,
            exponent: rest.exponent,
            normal_side: rest.normal_side,
            floor: rest.floor,
        };
        ledger.scopes.learn(account.scope, &opened);
        if !ledger.accounts.push(account, rest) {
            return Err(inconsistent("two accounts have one code"));
        }
    }
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (scope, rules) = reader.take_canonical::<(u64, Rules)>()?;
        if earlier.replace(scope) >= Some(scope) {
            return Err(inconsistent("scopes are not in order"));
        }
        let scope = u32::try_from(scope).map_err(|_| inconsistent("too many scopes"))?;
        let scope = ScopeNo(scope);
        for (currency, declared) in rules.currencies.iter() {
            ledger.scopes.declare(scope, *currency, declared.exponent);
        }
        *ledger.scopes.rules_mut(scope) = rules;
    }
    reader.finish()
}

fn decode_intents(bytes: &[u8], ledger: &mut Ledger) -> Result<(), SectionError> {
    let mut reader = SectionReader::new(bytes, "intents");
    let accounts = ledger.accounts.len();
    let (mut keys, mut records) = (Dense::default(), Dense::default());
    for _ in 0..reader.take::<u64>()? {
        let key: NameKey = *reader.take_raw()?;
        let record = Intent::from_bytes(reader.take_raw::<INTENT_BYTES>()?);
        let intent = record.ok_or_else(|| inconsistent("an intent's record is not one"))?;
        let parties = [intent.source(), intent.destination()];
        if parties.into_iter().flatten().any(|no| no.index() >= accounts) {
            return Err(inconsistent("an intent names an account that is not there"));
        }
        keys.push(key);
        records.push(intent);
    }
    let mut of_scope = Dense::default();
    for _ in 0..reader.take::<u64>()? {
        of_scope.push(reader.take::<u64>()?);
    }
    let of = Intents::of(keys, records, of_scope);
    let intents = &mut ledger.intents;
    let why = "two intents have one id, or they are not as many as their scopes have";
    *intents = of.ok_or_else(|| inconsistent(why))?;
    for (no, confirmation) in rows::<Confirmation>(&mut reader, intents)? {
        intents.confirm(no, confirmation);
    }
    for (no, high) in rows::<u64>(&mut reader, intents)? {
        if high == 0 {
            return Err(inconsistent("a wide amount is stored that is not wide"));
        }
        intents.widen(no, high);
    }
    for (no, at) in rows::<Position>(&mut reader, intents)? {
        if !intents.set_far(no, at) {
            return Err(inconsistent("a last entry is stored that is not far"));
        }
    }
    for (no, tally) in rows::<Tally>(&mut reader, intents)? {
        let state = intents.get(no).map(Intent::state);
        let usual = intents.tally(no) == tally;
        if let Some(state) = state {
            intents.set(no, state, tally);
        }
        if usual {
            return Err(inconsistent("sums are stored that follow from the state"));
        }
    }
    reader.finish()
}

/// A list of rows of few intents, in the order of their numbers.
fn rows<T: bincode::Decode<()>>(
    reader: &mut SectionReader<'_>,
    intents: &Intents,
) -> Result<Vec<(IntentNo, T)>, SectionError> {
    let mut rows: Vec<(IntentNo, T)> = Vec::new();
    for _ in 0..reader.take::<u64>()? {
        let (no, row) = reader.take::<(IntentNo, T)>()?;
        let follows = rows.last().is_none_or(|(last, _)| *last < no);
        if !follows || intents.get(no).is_none() {
            return Err(inconsistent("rows are out of order or of no intent"));
        }
        rows.push((no, row));
    }
    Ok(rows)
}

fn inconsistent(why: &'static str) -> SectionError {
    SectionError::Inconsistent(why)
}
