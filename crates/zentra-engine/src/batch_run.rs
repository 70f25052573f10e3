//! Deciding batches: items one after the other, linked groups as a whole.
//!
//! A batch is decided in slices, so that a caller of a large one does not keep others waiting: what
//! the sink holds is handed on in between, and other requests may be decided. An item is atomic by
//! itself, a linked group is never split, and an outcome does not depend on where slices end, nor
//! on which path decided it. Owns that order. Must not know the bytes of a
//! batch, nor how its entries are stored.

use crate::batch::{BatchItem, EntrySink, IntentBatch, ItemOutcome, PartyAt, Past};
use crate::command::{Command, Request};
use crate::engine::Engine;
use crate::error::Refusal;
use crate::fast_path::{Eligibility, EligibleIntent, PREFETCHED};
use crate::outcome::Outcome;
use crate::quota::BatchCapacity;
use std::sync::Arc;
use zentra_events::{AccountCode, AccountNo, Code, Entry, EntryRef, Event, Position, Timestamp};
use zentra_ledger::{
    Condition, FastIntent, FastPlan, IntentRequest, IntentTerms, LedgerCommand, check_terms,
};

/// What holds for the items of a batch, until something else is decided.
pub(crate) struct BatchContext<'b> {
    pub(crate) now: Timestamp,
    pub(crate) batch: &'b IntentBatch,
    eligibility: Result<Eligibility, Condition>,
    /// By the batch's terms, the plan that served last.
    plans: Vec<Option<Arc<FastPlan>>>,
    pub(crate) capacity: BatchCapacity,
}

impl Engine {
    /// Decides a whole batch. The caller appends what the sink was given, and releases the outcomes
    /// once all of it is durable, and everything before it.
    ///
    /// # Panics
    /// When an invariant is broken: the caller must let the process stop.
    pub fn handle_batch(
        &mut self,
        now: Timestamp,
        batch: &IntentBatch,
        sink: &mut impl EntrySink,
    ) -> Vec<ItemOutcome> {
        let mut outcomes = Vec::with_capacity(batch.items.len());
        while !self.batch_slice(now, batch, &mut outcomes, sink) {}
        outcomes
    }

    /// Decides the items that have no outcome yet, in order, until the sink is full; at least one,
    /// or a whole linked group. True once every item has its outcome. Other requests may be decided
    /// between two slices.
    ///
    /// # Panics
    /// As [`Engine::handle_batch`].
    pub fn batch_slice(
        &mut self,
        now: Timestamp,
        batch: &IntentBatch,
        outcomes: &mut Vec<ItemOutcome>,
        sink: &mut impl EntrySink,
    ) -> bool {
        let mut rest = batch.items.get(outcomes.len()..).unwrap_or(&[]);
        if let Some(refusal) = self.key_refused(batch.key) {
            let refused = ItemOutcome::Refused(Box::new(refusal));
            outcomes.extend(std::iter::repeat_n(refused, rest.len()));
            return true;
        }
        // Rules, actors, endpoints and what the scope holds may have changed since the last slice.
        let mut context = BatchContext {
            now,
            batch,
            eligibility: self.eligibility(batch.scope, &batch.actor, false),
            plans: vec![None; batch.terms.len()],
            capacity: self.batch_capacity(now, batch),
        };
        let mut prefetched = outcomes.len();
        while let Some(first) = rest.first() {
            if outcomes.len() >= prefetched {
                prefetched = outcomes.len() + PREFETCHED;
                self.prefetch(&rest[..rest.len().min(PREFETCHED)]);
            }
            if first.linked {
                let last = rest.iter().position(|item| !item.linked);
                let (group, after) = rest.split_at(last.map_or(rest.len(), |last| last + 1));
                self.group(group, &mut context, sink, outcomes);
                rest = after;
            } else {
                self.item(first, &mut context, sink, outcomes);
                rest = &rest[1..];
            }
            if sink.is_full() {
                break;
            }
        }
        rest.is_empty()
    }

    /// Looks at what these items will need, so that the memory is near when each is decided.
    fn prefetch(&self, items: &[BatchItem]) {
        self.prefetch_intents(items.iter().map(|item| &item.key));
        let parties = items.iter().flat_map(|item| [item.source, item.destination]);
        self.prefetch_accounts(parties.filter_map(|party| match party {
            PartyAt::Number(no) => Some(no),
            PartyAt::Code(_) => None,
        }));
    }

    /// Decides an item and adds its outcome, which for nearly all is written where it stays.
    fn item(
        &mut self,
        item: &BatchItem,
        context: &mut BatchContext<'_>,
        sink: &mut impl EntrySink,
        outcomes: &mut Vec<ItemOutcome>,
    ) {
        if let Some(outcome) = self.seen(item) {
            outcomes.push(outcome);
        } else if let Some(refusal) = self.batch_refused(&context.capacity) {
            outcomes.push(ItemOutcome::Refused(Box::new(refusal)));
        } else {
            self.new_item(item, context, sink, outcomes);
        }
    }

    /// As [`Engine::item`], of one that was not taken before and exceeds nothing.
    pub(crate) fn new_item(
        &mut self,
        item: &BatchItem,
        context: &mut BatchContext<'_>,
        sink: &mut impl EntrySink,
        outcomes: &mut Vec<ItemOutcome>,
    ) {
        if let Ok(position) = self.fast_item(item, context, sink) {
            outcomes.push(ItemOutcome::Created(position));
        } else {
            outcomes.push(self.slow_item(item, context, sink));
        }
    }

    fn slow_item(
        &mut self,
        item: &BatchItem,
        context: &mut BatchContext<'_>,
        sink: &mut impl EntrySink,
    ) -> ItemOutcome {
        let batch = context.batch;
        let command = match self.command(batch, item) {
            Ok(command) => command,
            Err(refusal) => return ItemOutcome::Refused(Box::new(refusal)),
        };
        let request = Request {
            scope: batch.scope,
            actor: batch.actor.clone(),
            key: batch.key,
            request_id: batch.request_id,
            cause: None,
            idempotency: None,
            command: Command::Ledger(command),
        };
        match self.slow_path(context.now, &request) {
            Outcome::Entry(entry) => {
                let position = entry.header.position;
                let outcome = match final_refusal(&entry) {
                    Some(refusal) => ItemOutcome::Rejected(position, Box::new(refusal)),
                    None => ItemOutcome::Created(position),
                };
                entry.give(|entry| sink.entry(entry));
                // The first entry of a new actor registers it.
                context.eligibility = self.eligibility(batch.scope, &batch.actor, false);
                outcome
            }
            Outcome::Repeat(_) => self.seen(item).expect("what is answered again was taken before"),
            Outcome::Refused(refusal) => ItemOutcome::Refused(Box::new(refusal)),
        }
    }

    fn fast_item(
        &mut self,
        item: &BatchItem,
        context: &mut BatchContext<'_>,
        sink: &mut impl EntrySink,
    ) -> Result<Position, Condition> {
        let batch = context.batch;
        let at = usize::from(item.terms);
        let terms = batch.terms.get(at).zip(context.plans.get_mut(at));
        let (terms, plan) = terms.ok_or(Condition::SaysWhatItMoves)?;
        check_terms(&IntentTerms {
            capture: terms.capture,
            effective_at: terms.effective_at,
            metadata: &terms.metadata,
        })?;
        let eligible = EligibleIntent {
            request_id: batch.request_id,
            idempotency: None,
            intent_id: batch.text(item.id),
            currency: terms.currency,
            corridor: &terms.corridor,
            intent: FastIntent {
                key: &item.key,
                digest: item.digest,
                amount: item.amount,
                source: self.number(batch, item.source)?,
                destination: self.number(batch, item.destination)?,
            },
        };
        let tell = |entry: EntryRef<'_>| sink.entry(entry);
        self.fast_path(context.now, context.eligibility?, &eligible, plan, tell)
    }

    pub(crate) fn seen(&self, item: &BatchItem) -> Option<ItemOutcome> {
        let no = self.ledger.find_intent(&item.key)?;
        let (position, same) = self.ledger.accepted(no, item.digest)?;
        Some(if same {
            let (state, last) = self.ledger.come_to(no)?;
            ItemOutcome::Replayed(position, Past { state, last })
        } else {
            ItemOutcome::Refused(Box::new(Refusal::new(
                Code::IntentIdReused,
                "the intent exists with another body",
            )))
        })
    }

    pub(crate) fn command(
        &self,
        batch: &IntentBatch,
        item: &BatchItem,
    ) -> Result<LedgerCommand, Refusal> {
        let (intent_id, digest) = (batch.intent_id(item), item.digest);
        let Some(terms) = batch.terms.get(usize::from(item.terms)) else {
            return Ok(LedgerCommand::AcceptIntent { intent_id, digest, details: None });
        };
        let details = IntentRequest {
            amount: item.amount,
            currency: terms.currency,
            source: self.code(batch, item.source)?,
            destination: self.code(batch, item.destination)?,
            corridor: terms.corridor.clone(),
            capture: terms.capture,
            effective_at: terms.effective_at,
            metadata: terms.metadata.clone(),
        };
        Ok(LedgerCommand::AcceptIntent { intent_id, digest, details: Some(details) })
    }

    fn code(&self, batch: &IntentBatch, party: PartyAt) -> Result<AccountCode, Refusal> {
        match party {
            PartyAt::Code(at) => {
                Ok(batch.text(at).parse().expect("the shell checks the names of a batch"))
            }
            PartyAt::Number(no) => match self.ledger.account_code(no) {
                Some((scope, code)) if scope == batch.scope => Ok(code.clone()),
                _ => Err(Refusal::new(
                    Code::AccountNotFound,
                    format!("there is no account with the number {}", no.0),
                )),
            },
        }
    }

    fn number(&self, batch: &IntentBatch, party: PartyAt) -> Result<AccountNo, Condition> {
        match party {
            PartyAt::Number(no) => Ok(no),
            PartyAt::Code(at) => self.account_number(batch.scope, batch.text(at)),
        }
    }
}

/// Why an entry ended its intent without moving money, if it did.
fn final_refusal(entry: &Entry) -> Option<Refusal> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::IntentRejected(body) => Some(Refusal::new(body.code, body.detail.clone())),
        Event::IntentVoided(body) => Some(Refusal::new(body.code, body.reason.clone())),
        _ => None,
    })
}
