//! The ledger's two projections as canonical bytes, and back.
//!
//! Each is a sequence of counted lists, item by item in the order of their numbers, as bincode
//! with fixed-width little-endian integers. What can be derived (the account table, system
//! accounts, exponents) is not stored. Every item has a size limit and every byte must be used.
//! Owns these layouts. Must not know files, digests or positions.

use crate::account::Account;
use crate::intent::{Confirmation, Intent, Intents, Tally};
use crate::key_table::Key;
use crate::ledger::Ledger;
use crate::rules::Rules;
use bincode::{Decode, Encode};
use zentra_events::{AccountNo, IntentNo, ScopeNo};

/// Why bytes are not a ledger's projections.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes end early, or an item does not decode.
    #[error("{0} do not decode")]
    Undecodable(&'static str),
    /// The bytes decode and contradict themselves.
    #[error("the projections are inconsistent: {0}")]
    Inconsistent(&'static str),
}

fn config() -> impl bincode::config::Config {
    bincode::config::legacy().with_limit::<{ 256 * 1024 * 1024 }>()
}

/// Layout: count u64, accounts; count u64, (scope, rules) sorted by scope.
pub(crate) fn encode_balances(ledger: &Ledger, out: &mut Vec<u8>) {
    put_counted(ledger.accounts.len(), ledger.accounts.records().iter(), out);
    put_list(ledger.scopes.all().iter(), out);
}

/// Layout: count u64, (key, record) of each intent; count u64, confirmations sorted by intent;
/// count u64, upper halves of wide amounts; count u64, unusual sums; each sorted by intent.
pub(crate) fn encode_intents(ledger: &Ledger, out: &mut Vec<u8>) {
    let intents = &ledger.intents;
    put_counted(intents.len(), intents.keys().zip(intents.records().iter()), out);
    put_list(intents.confirmations().iter(), out);
    put_list(intents.wide().iter(), out);
    put_list(intents.tallies().iter(), out);
}

pub(crate) fn decode(balances: &[u8], intents: &[u8]) -> Result<Ledger, SnapshotError> {
    let mut ledger = Ledger::new();
    decode_balances(balances, &mut ledger)?;
    decode_intents(intents, &mut ledger)?;
    Ok(ledger)
}

fn decode_balances(bytes: &[u8], ledger: &mut Ledger) -> Result<(), SnapshotError> {
    let mut reader = Reader { rest: bytes, what: "accounts and rules" };
    for index in 0..reader.take::<u64>()? {
        let account = reader.take::<Account>()?;
        let no = u32::try_from(index).map_err(|_| inconsistent("too many accounts"))?;
        ledger.scopes.learn(AccountNo(no), &account);
        if !ledger.accounts.push(account) {
            return Err(inconsistent("two accounts have one code"));
        }
    }
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (scope, rules) = reader.take_canonical::<(ScopeNo, Rules)>()?;
        if earlier.replace(scope) >= Some(scope) {
            return Err(inconsistent("scopes are not in order"));
        }
        *ledger.scopes.rules_mut(scope) = rules;
    }
    reader.finish()
}

fn decode_intents(bytes: &[u8], ledger: &mut Ledger) -> Result<(), SnapshotError> {
    let mut reader = Reader { rest: bytes, what: "intents" };
    let accounts = ledger.accounts.len();
    let intents = &mut ledger.intents;
    for _ in 0..reader.take::<u64>()? {
        let (key, intent) = reader.take::<(Key, Intent)>()?;
        let parties = [intent.source(), intent.destination()];
        if parties.into_iter().flatten().any(|no| no.index() >= accounts) {
            return Err(inconsistent("an intent names an account that is not there"));
        }
        if !intents.push(key, intent) {
            return Err(inconsistent("two intents have one id"));
        }
    }
    decode_confirmations(&mut reader, intents)?;
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (no, high) = reader.take::<(IntentNo, u64)>()?;
        if intents.get(no).is_none() || earlier.replace(no) >= Some(no) || high == 0 {
            return Err(inconsistent("wide amounts are out of order or of no intent"));
        }
        intents.widen(no, high);
    }
    decode_tallies(&mut reader, intents)?;
    reader.finish()
}

fn decode_tallies(reader: &mut Reader<'_>, intents: &mut Intents) -> Result<(), SnapshotError> {
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (no, tally) = reader.take::<(IntentNo, Tally)>()?;
        let state = intents.get(no).map(|intent| intent.state);
        let Some(state) = state.filter(|_| earlier.replace(no) < Some(no)) else {
            return Err(inconsistent("sums are out of order or of no intent"));
        };
        let usual = intents.tally(no) == tally;
        intents.set(no, state, tally);
        if usual {
            return Err(inconsistent("sums are stored that follow from the state"));
        }
    }
    Ok(())
}

fn decode_confirmations(
    reader: &mut Reader<'_>,
    intents: &mut Intents,
) -> Result<(), SnapshotError> {
    let mut earlier = None;
    for _ in 0..reader.take::<u64>()? {
        let (no, confirmation) = reader.take::<(IntentNo, Confirmation)>()?;
        if intents.get(no).is_none() || earlier.replace(no) >= Some(no) {
            return Err(inconsistent("confirmations are out of order or of no intent"));
        }
        intents.confirm(no, confirmation);
    }
    Ok(())
}

fn inconsistent(why: &'static str) -> SnapshotError {
    SnapshotError::Inconsistent(why)
}

fn put_list<T: Encode>(items: impl ExactSizeIterator<Item = T>, out: &mut Vec<u8>) {
    put_counted(items.len(), items, out);
}

fn put_counted<T: Encode>(count: usize, items: impl Iterator<Item = T>, out: &mut Vec<u8>) {
    put(&(count as u64), out);
    for item in items {
        put(&item, out);
    }
}

fn put<T: Encode>(item: &T, out: &mut Vec<u8>) {
    bincode::encode_into_std_write(item, out, config())
        .expect("writing to memory does not fail, and no item is near the limit");
}

struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl Reader<'_> {
    fn take<T: Decode<()>>(&mut self) -> Result<T, SnapshotError> {
        let (item, used) = bincode::decode_from_slice(self.rest, config())
            .map_err(|_| SnapshotError::Undecodable(self.what))?;
        self.rest = &self.rest[used..];
        Ok(item)
    }

    /// As [`Reader::take`], of an item that holds maps: a key that stands twice, or out of order,
    /// would be dropped or moved without a word.
    fn take_canonical<T: Decode<()> + Encode>(&mut self) -> Result<T, SnapshotError> {
        let before = self.rest;
        let item = self.take::<T>()?;
        let used = before.strip_suffix(self.rest).unwrap_or(before);
        let mut again = Vec::with_capacity(used.len());
        put(&item, &mut again);
        if again == used { Ok(item) } else { Err(inconsistent("a map is not in its one form")) }
    }

    fn finish(self) -> Result<(), SnapshotError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(SnapshotError::Inconsistent("bytes follow the last item"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_map_with_a_key_twice_or_out_of_order_is_refused() {
        let take = |pairs: &[(u32, u8)]| {
            let mut bytes = Vec::new();
            put_list(pairs.iter(), &mut bytes);
            Reader { rest: &bytes, what: "a map" }.take_canonical::<BTreeMap<u32, u8>>()
        };
        assert_eq!(take(&[(1, 7), (2, 8)]), Ok(BTreeMap::from([(1, 7), (2, 8)])));
        for damaged in [[(1, 7), (1, 7)], [(2, 8), (1, 7)]] {
            assert!(matches!(take(&damaged), Err(SnapshotError::Inconsistent(_))), "{damaged:?}");
        }
    }
}
