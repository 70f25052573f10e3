//! A compact entry as it is read: in few bytes, and where it stays.
//!
//! Owns the fields and how they become an entry again. Must not know the bytes of a frame.

use crate::amount::Amount;
use crate::codec::Context;
use crate::entry::{BodyRef, EntryRef};
use crate::event::AccountMarkedV1;
use crate::header::{Header, Idempotency};
use crate::id::{AccountNo, IntentNo};
use crate::position::{Position, ScopeNumber};
use crate::settled::{SettledFacts, SettledRef, SettledTerms};
use crate::time::Timestamp;
use std::sync::Arc;

/// An entry with a settled transfer by itself: without its intent id, and with the numbers of its
/// context and its terms in the frame.
#[derive(Debug)]
pub(crate) struct SettledRow {
    pub(crate) facts: SettledFacts,
    pub(crate) position: Position,
    pub(crate) scope_number: ScopeNumber,
    pub(crate) recorded_at: Timestamp,
    pub(crate) context: u16,
    pub(crate) terms: u16,
    /// What few have.
    pub(crate) more: Option<Box<(Option<Idempotency>, Vec<AccountMarkedV1>)>>,
}

impl SettledRow {
    /// None yet: room for one.
    pub(crate) const EMPTY: SettledRow = SettledRow {
        facts: SettledFacts {
            intent: IntentNo(0),
            digest: [0; 16],
            amount: Amount::ZERO,
            source: AccountNo(0),
            destination: AccountNo(0),
            source_prev: Position::ZERO,
            reserved_prev: Position::ZERO,
            settlement_prev: Position::ZERO,
        },
        position: Position::ZERO,
        scope_number: ScopeNumber(0),
        recorded_at: Timestamp(0),
        context: 0,
        terms: 0,
        more: None,
    };

    /// Fills in the entry's header, with the contexts of the frame that it was read from. It goes
    /// field by field: a header that was just made and is copied whole waits for every write that
    /// the processor has not finished.
    #[inline]
    pub(crate) fn header_into(&self, contexts: &[Context], header: &mut Header) -> Option<()> {
        let context = contexts.get(usize::from(self.context))?;
        header.position = self.position;
        header.scope = context.scope;
        header.scope_number = self.scope_number;
        header.recorded_at = self.recorded_at;
        header.actor = context.actor;
        header.request_id = context.request_id;
        header.cause = None;
        header.idempotency = self.more.as_ref().and_then(|more| more.0);
        Some(())
    }

    /// The entry, with its header, the terms of the frame that it was read from and the key of its
    /// intent's id.
    #[inline]
    pub(crate) fn borrow<'a>(
        &'a self,
        header: &'a Header,
        terms: &'a [Arc<SettledTerms>],
        key: &'a [u8; 16],
    ) -> Option<EntryRef<'a>> {
        let terms = terms.get(usize::from(self.terms))?;
        let (facts, marks) = (&self.facts, self.marks());
        let transfer = SettledRef { intent_id: "", key: Some(key), facts, terms, marks };
        Some(EntryRef { header, body: BodyRef::Settled(transfer) })
    }

    pub(crate) fn marks(&self) -> &[AccountMarkedV1] {
        self.more.as_ref().map_or(&[], |more| &more.1)
    }
}
