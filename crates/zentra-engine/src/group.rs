//! Linked groups: all of it succeeds, or nothing is recorded.
//!
//! Whatever a group may come to is known before its first item is decided: whether each would run,
//! the bytes of its frame, what the state and the tables of numbers can hold. Owns these bounds.
//! Must not know how single items are decided.

use crate::batch::{BatchItem, EntrySink, GROUP_ITEMS_MAX, IntentBatch, ItemOutcome};
use crate::batch_run::BatchContext;
use crate::engine::Engine;
use crate::error::Refusal;
use std::collections::BTreeSet;
use zentra_events::Code;
use zentra_events::event::Capture;
use zentra_events::limits::{FRAME_BYTES_MAX, NAME_BYTES_MAX};
use zentra_events::settled::SETTLED_EVENT_TYPE;
use zentra_ledger::{CANDIDATES_MAX, LedgerCommand};
use zentra_table::NUMBERS_MAX;

/// Bytes of an accepted intent's entry at most, without its texts, checks, candidates and
/// deliveries: header, six events, three marks, four accounts that it opens and an actor.
const ENTRY_BYTES: u64 = 2_560;
/// Bytes of a route, a rail, or a candidate with why it was not taken.
const CANDIDATE_BYTES: u64 = 2 * NAME_BYTES_MAX as u64;
/// Bytes of a check.
const CHECK_BYTES: u64 = 64;
/// Bytes of an `event.delivery.queued`.
const QUEUED_BYTES: u64 = 48;
/// Bytes of a pair of metadata besides its texts.
const PAIR_BYTES: u64 = 8;
/// Bytes of a frame besides its entries and their lists.
const FRAME_BYTES: u64 = 1_024;

impl Engine {
    /// Decides a linked group: all of its items, or none.
    pub(crate) fn group(
        &mut self,
        group: &[BatchItem],
        context: &mut BatchContext<'_>,
        sink: &mut impl EntrySink,
        outcomes: &mut Vec<ItemOutcome>,
    ) {
        match self.group_fails(context, group) {
            Err((failing, refusal)) => {
                outcomes.extend((0..group.len()).map(|index| {
                    let told = if index == failing { refusal.clone() } else { linked(failing) };
                    ItemOutcome::Refused(Box::new(told))
                }));
            }
            Ok(Taken::Before(seen)) => outcomes.extend(seen),
            Ok(Taken::Now) => {
                sink.group_starts();
                for item in group {
                    self.new_item(item, context, sink, outcomes);
                    let last = outcomes.last();
                    let created = matches!(last, Some(ItemOutcome::Created(_)));
                    assert!(created, "an item of a group fails after all: {last:?}");
                }
                sink.group_ends();
            }
        }
    }

    /// Whether a linked group succeeds, or why it would fail, and at which item. Items that were
    /// all taken before succeed as they did then.
    fn group_fails(
        &self,
        context: &BatchContext<'_>,
        group: &[BatchItem],
    ) -> Result<Taken, (usize, Refusal)> {
        let batch = context.batch;
        let invalid = |detail: &str| Refusal::new(Code::ValidationFailed, detail);
        if group.last().is_some_and(|item| item.linked) {
            let last = group.len().saturating_sub(1);
            return Err((last, invalid("the last item of a batch cannot be linked to a next")));
        }
        if group.len() > GROUP_ITEMS_MAX {
            let detail = format!("a linked group has at most {GROUP_ITEMS_MAX} items");
            return Err((0, invalid(&detail)));
        }
        let seen: Vec<Option<ItemOutcome>> = group.iter().map(|item| self.seen(item)).collect();
        if seen.iter().all(|seen| matches!(seen, Some(ItemOutcome::Replayed(..)))) {
            return Ok(Taken::Before(seen.into_iter().flatten().collect()));
        }
        if let Some(index) = seen.iter().position(Option::is_some) {
            let detail = "the intent was taken before, outside this group";
            return Err((index, Refusal::new(Code::IntentIdReused, detail)));
        }
        if let Some(refusal) = self.batch_refused(&context.capacity) {
            return Err((0, refusal));
        }
        let bytes = self.frame_bytes(batch, group);
        if bytes > FRAME_BYTES_MAX as u64 {
            let detail = format!(
                "the group may take {bytes} bytes of the log, with what it queues for the \
                 endpoints that listen; at most {FRAME_BYTES_MAX} can be written at once: link \
                 fewer items"
            );
            return Err((0, Refusal::new(Code::GroupTooLarge, detail)));
        }
        let mut ids = BTreeSet::new();
        let mut asked = Vec::with_capacity(group.len());
        for (index, item) in group.iter().enumerate() {
            if !ids.insert(item.key) {
                return Err((index, invalid("an intent id stands in a linked group twice")));
            }
            match self.command(batch, item) {
                Ok(LedgerCommand::AcceptIntent { intent_id, details: Some(details), .. }) => {
                    asked.push((intent_id, details));
                }
                Ok(_) => {
                    let detail = "an intent of a linked group says what it moves";
                    return Err((index, invalid(detail)));
                }
                Err(refusal) => return Err((index, refusal)),
            }
        }
        let now = self.time_after(context.now);
        let ctx = zentra_ledger::Ctx { position: self.next_position(), now };
        let requests = asked.iter().map(|(id, request)| (id, request));
        let opened = self.ledger.check_group(batch.scope, requests, &ctx)?;
        if self.ledger.intents_len().saturating_add(group.len()) > NUMBERS_MAX {
            let detail = "the log has too few intent numbers left for the group";
            return Err((0, Refusal::new(Code::LimitReached, detail)));
        }
        let settled = asked.iter().filter(|(_, request)| request.capture == Capture::Automatic);
        let needs = self.needs_of_group(batch, group.len(), settled.count(), &opened);
        match self.over_quota(&needs) {
            Some(refusal) => Err((0, refusal)),
            None => Ok(Taken::Now),
        }
    }

    /// Bytes that the frame of each linked group of a batch takes at most. Nothing is decided.
    pub fn group_frame_bytes(&self, batch: &IntentBatch) -> Vec<u64> {
        let groups = batch.items.chunk_by(|item, _| item.linked);
        groups.map(|group| self.frame_bytes(batch, group)).collect()
    }

    /// Bytes that a group's frame takes at most, if it runs.
    fn frame_bytes(&self, batch: &IntentBatch, group: &[BatchItem]) -> u64 {
        let listening = self.deliveries.matching_len(batch.scope, SETTLED_EVENT_TYPE) as u64;
        let checks = self.ledger.policy_len(batch.scope) as u64 + 1;
        let each = ENTRY_BYTES
            + (CANDIDATES_MAX as u64 + 2) * CANDIDATE_BYTES
            + checks.saturating_mul(CHECK_BYTES);
        let mut frame_bytes = FRAME_BYTES;
        // What a frame repeats is stored once.
        let mut listed = BTreeSet::new();
        for item in group {
            let mut bytes = each.saturating_add(2 * u64::from(item.id.length));
            if let Some(terms) = batch.terms.get(usize::from(item.terms)) {
                bytes = bytes.saturating_add(2 * terms.corridor.len() as u64);
                if terms.capture == Capture::Automatic {
                    bytes = bytes.saturating_add(listening.saturating_mul(QUEUED_BYTES));
                }
                if listed.insert(item.terms) {
                    let pairs = terms.metadata.iter();
                    let pair = |(key, value): &(String, String)| key.len() + value.len();
                    let texts = pairs.map(pair).fold(0, usize::saturating_add) as u64;
                    let pairs = (terms.metadata.len() as u64 + 1).saturating_mul(PAIR_BYTES);
                    bytes = bytes.saturating_add(texts).saturating_add(pairs);
                }
            }
            frame_bytes = frame_bytes.saturating_add(bytes);
        }
        frame_bytes
    }
}

/// When the items of a group that succeeds are taken.
enum Taken {
    Now,
    Before(Vec<ItemOutcome>),
}

fn linked(failing: usize) -> Refusal {
    let detail = format!("item {failing} of its linked group failed");
    Refusal::new(Code::LinkedFailed, detail)
}
