//! Batches of intents: what one request asks, and what becomes of each item.
//!
//! Owns the shapes and the order: items one after the other, linked groups as a whole. An item is
//! atomic by itself, and its outcome does not depend on which way (straight or general) decided it.
//! Must not know the bytes of a batch, nor how its entries are stored.

use crate::command::{Command, Request};
use crate::engine::Engine;
use crate::error::Refusal;
use crate::outcome::Outcome;
use crate::quota::BatchRoom;
use crate::straight::{Asked, KeptPlan, RUNS_WARMED, Standing, TermsAsked};
use bytes::Bytes;
use zentra_events::event::Capture;
use zentra_events::{
    AccountCode, AccountNo, ActorName, Amount, Code, Currency, Entry, Event, IntentId, KeyId,
    Position, RequestId, Run, ScopeNo, Timestamp,
};
use zentra_ledger::key_table::Key;
use zentra_ledger::{IntentRequest, LedgerCommand};

/// Items that one linked group has at most.
pub const GROUP_ITEMS_MAX: usize = 1_024;

/// A batch, decoded and checked by the shell: its texts are names of the contract.
#[derive(Clone, Debug)]
pub struct IntentBatch {
    /// The scope it is about.
    pub scope: ScopeNo,
    /// Who asks.
    pub actor: ActorName,
    /// The API key that it is asked with, as in [`Request::key`].
    pub key: Option<KeyId>,
    /// The request's id.
    pub request_id: RequestId,
    /// What many items have in common.
    pub terms: Vec<BatchTerms>,
    /// The intents, in the order of their deciding.
    pub items: Vec<BatchItem>,
    /// Where the texts of the items stand.
    pub text: Bytes,
}

/// What many items of a batch have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTerms {
    /// Of what.
    pub currency: Currency,
    /// The corridor that a route must serve.
    pub corridor: String,
    /// Settle at once, or hold.
    pub capture: Capture,
    /// When the movement counts, if not when it is recorded.
    pub effective_at: Option<Timestamp>,
    /// The caller's pairs.
    pub metadata: Vec<(String, String)>,
}

/// One item of a batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchItem {
    /// The key of its intent id.
    pub key: Key,
    /// Its request's digest.
    pub digest: [u8; 16],
    /// How much, in minor units.
    pub amount: Amount,
    /// Its intent id.
    pub id: TextAt,
    /// Whose money.
    pub source: PartyAt,
    /// Who receives it when it is paid out.
    pub destination: PartyAt,
    /// Which terms; [`NO_TERMS`] for an intent that waits for its confirmation.
    pub terms: u16,
    /// Whether it succeeds or fails together with the next item.
    pub linked: bool,
}

/// Stands for no terms in a [`BatchItem`].
pub const NO_TERMS: u16 = u16::MAX;

/// A piece of a batch's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextAt {
    /// Where it starts, in bytes.
    pub start: u32,
    /// How many bytes it has.
    pub length: u32,
}

/// An account as an item names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyAt {
    /// By number. It may be of another scope: that is for the engine to refuse.
    Number(AccountNo),
    /// By code.
    Code(TextAt),
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// The intent is new, and this entry has it.
    Created(Position),
    /// The same intent was taken before, by this entry.
    Replayed(Position),
    /// Recorded as refused for good, or given up for want of a route: no money moved.
    Rejected(Position, Box<Refusal>),
    /// Nothing was recorded.
    Refused(Box<Refusal>),
}

/// Where the entries of a batch go, in log order.
pub trait EntrySink {
    /// A whole entry.
    fn entry(&mut self, entry: Entry);
    /// A run.
    fn run(&mut self, run: &Run<'_>);
    /// What follows must become durable together, until [`EntrySink::group_ends`].
    fn group_starts(&mut self);
    /// The group is complete.
    fn group_ends(&mut self);
}

impl TextAt {
    /// The piece of this text; empty when it is not a text there.
    pub fn of(self, text: &[u8]) -> &str {
        let start = self.start as usize;
        let bytes = text.get(start..start.saturating_add(self.length as usize));
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

impl IntentBatch {
    /// Where the intent id of each item stands in the text.
    pub fn ids(&self) -> Vec<TextAt> {
        self.items.iter().map(|item| item.id).collect()
    }

    fn text(&self, at: TextAt) -> &str {
        at.of(&self.text)
    }

    fn intent_id(&self, item: &BatchItem) -> IntentId {
        self.text(item.id).parse().expect("the shell checks the names of a batch")
    }
}

impl Engine {
    /// Decides the items of a batch in order. The caller appends what the sink was given, and
    /// releases the outcomes once all of it is durable, and everything before it.
    ///
    /// # Panics
    /// When an invariant is broken: the caller must let the process stop.
    pub fn handle_batch(
        &mut self,
        now: Timestamp,
        batch: &IntentBatch,
        sink: &mut impl EntrySink,
    ) -> Vec<ItemOutcome> {
        if let Some(refusal) = self.key_refused(batch.key) {
            let refused = ItemOutcome::Refused(Box::new(refusal));
            return vec![refused; batch.items.len()];
        }
        let mut outcomes = Vec::with_capacity(batch.items.len());
        let mut rest = batch.items.as_slice();
        let mut way = Way {
            now,
            batch,
            standing: self.standing(batch.scope, &batch.actor),
            plans: vec![None; batch.terms.len()],
            room: self.batch_room(now, batch),
        };
        let mut warmed = 0;
        while let Some(first) = rest.first() {
            if outcomes.len() >= warmed {
                warmed = outcomes.len() + RUNS_WARMED;
                self.warm(&rest[..rest.len().min(RUNS_WARMED)]);
            }
            if !first.linked {
                self.item(first, &mut way, sink, &mut outcomes);
                rest = &rest[1..];
                continue;
            }
            let last = rest.iter().position(|item| !item.linked);
            let (group, after) = rest.split_at(last.map_or(rest.len(), |last| last + 1));
            rest = after;
            match self.group_fails(&way, group) {
                Some((failing, refusal)) => {
                    outcomes.extend((0..group.len()).map(|index| {
                        let told = if index == failing { refusal.clone() } else { linked(failing) };
                        ItemOutcome::Refused(Box::new(told))
                    }));
                }
                None => {
                    sink.group_starts();
                    for item in group {
                        self.item(item, &mut way, sink, &mut outcomes);
                        let last = outcomes.last();
                        let kept = matches!(
                            last,
                            Some(ItemOutcome::Created(_) | ItemOutcome::Replayed(_))
                        );
                        assert!(kept, "an item of a group fails after all: {last:?}");
                    }
                    sink.group_ends();
                }
            }
        }
        outcomes
    }

    /// Looks at what these items will need, so that the memory is near when each is decided.
    fn warm(&self, items: &[BatchItem]) {
        self.warm_intents(items.iter().map(|item| &item.key));
        let parties = items.iter().flat_map(|item| [item.source, item.destination]);
        self.warm_accounts(parties.filter_map(|party| match party {
            PartyAt::Number(no) => Some(no),
            PartyAt::Code(_) => None,
        }));
    }

    /// Decides an item and adds its outcome, which for nearly all is written where it stays.
    fn item(
        &mut self,
        item: &BatchItem,
        way: &mut Way<'_>,
        sink: &mut impl EntrySink,
        outcomes: &mut Vec<ItemOutcome>,
    ) {
        if let Some(outcome) = self.seen(item) {
            outcomes.push(outcome);
        } else if let Some(refusal) = self.no_room_in(&way.room) {
            outcomes.push(ItemOutcome::Refused(Box::new(refusal)));
        } else if let Some(position) = self.straight_item(item, way, sink) {
            outcomes.push(ItemOutcome::Created(position));
        } else {
            outcomes.push(self.general_item(item, way, sink));
        }
    }

    fn general_item(
        &mut self,
        item: &BatchItem,
        way: &mut Way<'_>,
        sink: &mut impl EntrySink,
    ) -> ItemOutcome {
        let batch = way.batch;
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
        match self.handle_generally(way.now, &request) {
            Outcome::Entry(entry) => {
                let position = entry.header.position;
                let outcome = match final_refusal(&entry) {
                    Some(refusal) => ItemOutcome::Rejected(position, Box::new(refusal)),
                    None => ItemOutcome::Created(position),
                };
                sink.entry(entry);
                // The first entry of a new actor registers it.
                way.standing = self.standing(batch.scope, &batch.actor);
                outcome
            }
            Outcome::Run(_) => unreachable!("the general way gives whole entries"),
            Outcome::Repeat(position) => ItemOutcome::Replayed(position),
            Outcome::Refused(refusal) => ItemOutcome::Refused(Box::new(refusal)),
        }
    }

    fn straight_item(
        &mut self,
        item: &BatchItem,
        way: &mut Way<'_>,
        sink: &mut impl EntrySink,
    ) -> Option<Position> {
        let batch = way.batch;
        let terms = batch.terms.get(usize::from(item.terms))?;
        let plan = way.plans.get_mut(usize::from(item.terms))?;
        let asked = Asked {
            request_id: batch.request_id,
            idempotency: None,
            intent_id: batch.text(item.id),
            terms: TermsAsked::of_batch(terms)?,
            key: &item.key,
            digest: item.digest,
            amount: item.amount,
            source: self.number(batch, item.source)?,
            destination: self.number(batch, item.destination)?,
        };
        self.straight(way.now, way.standing?, &asked, plan, |run| sink.run(run))
    }

    fn seen(&self, item: &BatchItem) -> Option<ItemOutcome> {
        let (position, same) =
            self.ledger.accepted(self.ledger.find_intent(&item.key)?, item.digest)?;
        Some(if same {
            ItemOutcome::Replayed(position)
        } else {
            ItemOutcome::Refused(Box::new(Refusal::new(
                Code::IntentIdReused,
                "the intent exists with another body",
            )))
        })
    }

    /// Why a linked group would fail, and at which item; none when all of it succeeds. Items that
    /// were all taken before succeed as they did then.
    fn group_fails(&self, way: &Way<'_>, group: &[BatchItem]) -> Option<(usize, Refusal)> {
        let batch = way.batch;
        let invalid = |detail: &str| Refusal::new(Code::ValidationFailed, detail);
        if group.last().is_some_and(|item| item.linked) {
            let last = group.len().saturating_sub(1);
            return Some((last, invalid("the last item of a batch cannot be linked to a next")));
        }
        if group.len() > GROUP_ITEMS_MAX {
            let detail = format!("a linked group has at most {GROUP_ITEMS_MAX} items");
            return Some((0, invalid(&detail)));
        }
        let seen: Vec<Option<ItemOutcome>> = group.iter().map(|item| self.seen(item)).collect();
        if seen.iter().all(|seen| matches!(seen, Some(ItemOutcome::Replayed(_)))) {
            return None;
        }
        if let Some(index) = seen.iter().position(Option::is_some) {
            let detail = "the intent was taken before, outside this group";
            return Some((index, Refusal::new(Code::IntentIdReused, detail)));
        }
        let mut asked = Vec::with_capacity(group.len());
        for (index, item) in group.iter().enumerate() {
            if group.iter().take(index).any(|earlier| earlier.key == item.key) {
                return Some((index, invalid("an intent id stands in a linked group twice")));
            }
            match self.command(batch, item) {
                Ok(LedgerCommand::AcceptIntent { intent_id, details: Some(details), .. }) => {
                    asked.push((intent_id, details));
                }
                Ok(_) => {
                    let detail = "an intent of a linked group says what it moves";
                    return Some((index, invalid(detail)));
                }
                Err(refusal) => return Some((index, refusal)),
            }
        }
        if let Some(refusal) = self.no_room_in(&way.room) {
            return Some((0, refusal));
        }
        let now = self.time_after(way.now);
        let ctx = zentra_ledger::Ctx { position: self.next_position(), now };
        let requests = asked.iter().map(|(id, request)| (id, request));
        match self.ledger.would_all_run(batch.scope, requests, &ctx) {
            Err(failed) => Some(failed),
            Ok(opened) => {
                let settled =
                    asked.iter().filter(|(_, request)| request.capture == Capture::Automatic);
                let needs = self.needs_of_group(batch, group.len(), settled.count(), &opened);
                self.no_room(&needs).map(|refusal| (0, refusal))
            }
        }
    }

    fn command(&self, batch: &IntentBatch, item: &BatchItem) -> Result<LedgerCommand, Refusal> {
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

    fn number(&self, batch: &IntentBatch, party: PartyAt) -> Option<AccountNo> {
        match party {
            PartyAt::Number(no) => Some(no),
            PartyAt::Code(at) => {
                let key = zentra_ledger::key_table::account_key(batch.scope, batch.text(at));
                self.ledger.find_account(&key)
            }
        }
    }
}

/// A batch under way, and by which way its items go.
struct Way<'b> {
    now: Timestamp,
    batch: &'b IntentBatch,
    standing: Option<Standing>,
    plans: Vec<KeptPlan>,
    room: BatchRoom,
}

fn linked(failing: usize) -> Refusal {
    let detail = format!("item {failing} of its linked group failed");
    Refusal::new(Code::LinkedFailed, detail)
}

/// Why an entry ended its intent without moving money, if it did.
fn final_refusal(entry: &Entry) -> Option<Refusal> {
    entry.events.iter().find_map(|recorded| match &recorded.event {
        Event::IntentRejected(body) => Some(Refusal::new(body.code, body.detail.clone())),
        Event::IntentVoided(body) => Some(Refusal::new(body.code, body.reason.clone())),
        _ => None,
    })
}
