//! A batch as the engine takes it, built item by item from any body.
//!
//! Owns the checks of names and the keys and digests of items, so that the kernel thread has none
//! of this to do. Must not know bodies.

use crate::caller::Caller;
use crate::problem::Problem;
use bytes::Bytes;
use zentra_api_types::request::text::{check_in_path, check_new_intent_id};
use zentra_engine::{BatchItem, BatchTerms, IntentBatch, NO_TERMS, PartyAt, TextAt};
use zentra_events::name::is_intent_id;
use zentra_events::{AccountCode, AccountNo, Amount};
use zentra_ledger::digest::{RequestKind, intent_digest, request_digest, terms_digest};
use zentra_ledger::key_table::{NameKey, account_key, intent_key};
use zentra_runtime::AccountNames;

/// An account as an item names it, with its place in the batch's text.
#[derive(Clone, Copy)]
pub(super) enum Party<'a> {
    Number(u32),
    Code(&'a str, TextAt),
}

/// What an item says besides its id.
pub(super) struct Moved<'a> {
    pub(super) amount: Amount,
    pub(super) source: Party<'a>,
    pub(super) destination: Party<'a>,
    pub(super) terms: u16,
}

/// A batch in the making.
pub(super) struct Builder<'a> {
    caller: &'a Caller,
    terms: Vec<BatchTerms>,
    digests: Vec<[u8; 16]>,
    items: Vec<BatchItem>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(caller: &'a Caller, items: usize) -> Builder<'a> {
        let items = Vec::with_capacity(items);
        Builder { caller, terms: Vec::new(), digests: Vec::new(), items }
    }

    /// The index of these terms; neighbours with the same share theirs.
    pub(super) fn terms(&mut self, mut terms: BatchTerms) -> Result<u16, Problem> {
        terms.metadata.sort();
        if self.terms.last() != Some(&terms) {
            let BatchTerms { currency, corridor, capture, effective_at, metadata } = &terms;
            let digest = terms_digest(*currency, corridor, *capture, *effective_at, metadata);
            self.digests.push(digest);
            self.terms.push(terms);
        }
        let last = self.terms.len().saturating_sub(1);
        u16::try_from(last)
            .ok()
            .filter(|index| *index != NO_TERMS)
            .ok_or_else(|| Problem::field("", "the batch has too many different terms"))
    }

    /// Adds an item. The log writer waits for who holds `accounts`: nothing is parsed meanwhile.
    pub(super) fn item(
        &mut self,
        accounts: &AccountNames<'_>,
        (id, at): (&str, TextAt),
        moved: Option<Moved<'_>>,
        linked: bool,
    ) -> Result<(), Problem> {
        let index = self.items.len();
        if !is_intent_id(id.as_bytes()) {
            let detail = "an intent_id is 1 to 128 letters, digits, '_', '-', '.' and ':'";
            return Err(Problem::field(&format!("/{index}/intent_id"), detail));
        }
        check_new_intent_id(id)
            .map_err(|why| Problem::field(&format!("/{index}/intent_id"), why))?;
        let scope = self.caller.scope;
        let key = intent_key(scope, id);
        let item = match moved {
            None => {
                let none = PartyAt::Number(AccountNo(u32::MAX));
                BatchItem {
                    key,
                    digest: request_digest(RequestKind::Acceptance, scope, None),
                    amount: Amount::ZERO,
                    id: at,
                    source: none,
                    destination: none,
                    terms: NO_TERMS,
                    linked,
                }
            }
            Some(moved) => {
                if moved.amount > Amount::MAX {
                    let detail = format!("an amount is at most {}", Amount::MAX);
                    return Err(Problem::field(&format!("/{index}/amount/minor_units"), detail));
                }
                let (source, source_key) = self.party(accounts, index, "source", moved.source)?;
                let (destination, destination_key) =
                    self.party(accounts, index, "destination", moved.destination)?;
                let terms =
                    self.digests.get(usize::from(moved.terms)).copied().ok_or_else(|| {
                        Problem::field(&format!("/{index}/terms"), "the batch has no such terms")
                    })?;
                let digest = intent_digest(
                    RequestKind::Acceptance,
                    moved.amount,
                    &source_key,
                    &destination_key,
                    &terms,
                );
                BatchItem {
                    key,
                    digest,
                    amount: moved.amount,
                    id: at,
                    source,
                    destination,
                    terms: moved.terms,
                    linked,
                }
            }
        };
        self.items.push(item);
        Ok(())
    }

    pub(super) fn finish(self, text: Bytes) -> IntentBatch {
        IntentBatch {
            scope: self.caller.scope,
            actor: self.caller.actor.clone(),
            key: Some(self.caller.key),
            request_id: self.caller.request_id,
            terms: self.terms,
            items: self.items,
            text,
        }
    }

    /// The party for the engine, by number where one is known, and the key of its code. A number
    /// that nobody has gets a key that nobody has: the engine refuses it.
    fn party(
        &self,
        accounts: &AccountNames<'_>,
        index: usize,
        field: &str,
        party: Party<'_>,
    ) -> Result<(PartyAt, NameKey), Problem> {
        match party {
            Party::Number(number) => {
                let key = accounts.key(AccountNo(number)).copied().unwrap_or_default();
                Ok((PartyAt::Number(AccountNo(number)), key))
            }
            Party::Code(code, at) => {
                let key = match code.len() {
                    1..=128 => account_key(self.caller.scope, code),
                    _ => NameKey::default(),
                };
                if let Some(no) = accounts.find(&key) {
                    return Ok((PartyAt::Number(no), key));
                }
                check_in_path(code)
                    .map_err(|why| Problem::field(&format!("/{index}/{field}"), why))?;
                let checked = code.parse::<AccountCode>();
                checked.map_err(|error| {
                    Problem::field(&format!("/{index}/{field}"), error.to_string())
                })?;
                Ok((PartyAt::Code(at), key))
            }
        }
    }
}
