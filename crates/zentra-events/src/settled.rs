//! The settled transfer: the compact body of the entry that most intents are.
//!
//! An automatic intent whose accounts exist, whose checks pass and that nobody subscribes to goes
//! from accepted to synchronized in one entry of six events that hold few facts: who, how much, in
//! which terms. Owns these facts, and that they are equal to the events they stand for. Must not
//! know how such intents are decided or stored.

use crate::amount::{Amount, Currency, Direction};
use crate::event::{
    AccountMarkedV1, CandidateV1, Capture, CheckV1, Event, EventPublishedV1, IntentAcceptedV1,
    IntentControlledV1, IntentDetailsV1, IntentRoutedV1, LedgerPostedV1, Leg, Party, PostingV1,
    PublishedDataV1,
};
use crate::header::Recorded;
use crate::id::{AccountNo, IntentNo};
use crate::name::IntentId;
use crate::position::Position;
use bincode::{Decode, Encode};
use std::sync::Arc;

/// The type of the event that a settled transfer publishes.
pub const SETTLED_EVENT_TYPE: &str = "transfer.settled";

/// What many settled transfers have in common: everything that follows from scope, currency,
/// corridor and the rules that hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SettledTerms {
    /// Of what.
    pub currency: Currency,
    /// The corridor asked for.
    pub corridor: String,
    /// The account that holds reserved money of the currency.
    pub reserved: AccountNo,
    /// The account that holds settled money of the currency.
    pub settlement: AccountNo,
    /// The policy set that was used; 0 when the scope has none.
    pub policy_version: u32,
    /// What was checked.
    pub checks: Vec<CheckV1>,
    /// The route taken.
    pub route: String,
    /// The rail behind it.
    pub rail: String,
    /// The routes weighed and not taken.
    pub candidates: Vec<CandidateV1>,
    /// The route table that was used; 0 for the built-in one.
    pub table_version: u32,
}

/// What one settled transfer has of its own. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledFacts {
    /// The intent's dense number.
    pub intent: IntentNo,
    /// As in [`IntentAcceptedV1::digest`].
    pub digest: [u8; 16],
    /// How much.
    pub amount: Amount,
    /// Whose money.
    pub source: AccountNo,
    /// Who receives it when it is paid out.
    pub destination: AccountNo,
    /// The source's previous entry.
    pub source_prev: Position,
    /// The reserved account's previous entry.
    pub reserved_prev: Position,
    /// The settlement account's previous entry.
    pub settlement_prev: Position,
}

/// A settled transfer, borrowed from whoever made or read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SettledRef<'a> {
    /// The caller's name for the intent, an [`IntentId`]; may be empty where its key is there.
    pub intent_id: &'a str,
    /// What the ledger finds the intent by, where it was derived already.
    pub key: Option<&'a [u8; 16]>,
    /// Its own facts.
    pub facts: &'a SettledFacts,
    /// What it has in common with others.
    pub terms: &'a Arc<SettledTerms>,
    /// The accounts that the entry marks, in the order of their first posting.
    pub marks: &'a [AccountMarkedV1],
}

/// A settled transfer that owns what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledTransfer {
    /// The caller's name for the intent.
    pub intent_id: IntentId,
    /// Its own facts.
    pub facts: SettledFacts,
    /// What it has in common with others.
    pub terms: Arc<SettledTerms>,
    /// The accounts that the entry marks.
    pub marks: Vec<AccountMarkedV1>,
}

impl SettledTransfer {
    /// The settled transfer, by reference.
    pub fn borrow(&self) -> SettledRef<'_> {
        SettledRef {
            intent_id: self.intent_id.as_str(),
            key: None,
            facts: &self.facts,
            terms: &self.terms,
            marks: &self.marks,
        }
    }

    /// The events that it stands for, in the entry at this position.
    pub fn expand(&self, position: Position) -> Vec<Recorded> {
        let (facts, terms, intent_id) = (&self.facts, &self.terms, &self.intent_id);
        let marked = self.marks.iter().map(|mark| Event::from(mark.clone()));
        let events = [
            accepted(facts, terms, intent_id),
            controlled(position, facts, terms),
            reserved(facts, terms),
            routed(facts, terms),
            settled(facts, terms),
            published(facts, terms, intent_id),
        ];
        let events = events.into_iter().chain(marked);
        events.map(|event| Recorded { prev: None, event }).collect()
    }
}

impl SettledRef<'_> {
    /// The settled transfer, by value.
    ///
    /// # Panics
    /// When its intent id is left out.
    pub fn to_transfer(&self) -> SettledTransfer {
        SettledTransfer {
            intent_id: self.intent_id.parse().expect("whoever borrows it whole gives its id"),
            facts: *self.facts,
            terms: Arc::clone(self.terms),
            marks: self.marks.to_vec(),
        }
    }
}

fn accepted(facts: &SettledFacts, terms: &SettledTerms, intent_id: &IntentId) -> Event {
    let details = IntentDetailsV1 {
        amount: facts.amount,
        currency: terms.currency,
        source: Party::Account(facts.source),
        destination: Party::Account(facts.destination),
        corridor: terms.corridor.clone(),
        capture: Capture::Automatic,
        effective_at: None,
        metadata: Vec::new(),
    };
    let (intent, digest) = (facts.intent, facts.digest);
    IntentAcceptedV1 { intent, intent_id: intent_id.clone(), digest, details: Some(details) }.into()
}

fn controlled(position: Position, facts: &SettledFacts, terms: &SettledTerms) -> Event {
    IntentControlledV1 {
        intent: facts.intent,
        policy_version: terms.policy_version,
        checks: terms.checks.clone(),
        usage_at: position,
    }
    .into()
}

fn reserved(facts: &SettledFacts, terms: &SettledTerms) -> Event {
    let lines = vec![
        line(facts, facts.source, Direction::Debit, Some(facts.source_prev)),
        line(facts, terms.reserved, Direction::Credit, Some(facts.reserved_prev)),
    ];
    LedgerPostedV1 { intent: Some(facts.intent), leg: Leg::Reserve, lines }.into()
}

fn routed(facts: &SettledFacts, terms: &SettledTerms) -> Event {
    IntentRoutedV1 {
        intent: facts.intent,
        corridor: terms.corridor.clone(),
        route: terms.route.clone(),
        rail: terms.rail.clone(),
        candidates: terms.candidates.clone(),
        table_version: terms.table_version,
    }
    .into()
}

fn settled(facts: &SettledFacts, terms: &SettledTerms) -> Event {
    let lines = vec![
        line(facts, terms.reserved, Direction::Debit, None),
        line(facts, terms.settlement, Direction::Credit, Some(facts.settlement_prev)),
    ];
    LedgerPostedV1 { intent: Some(facts.intent), leg: Leg::Settle, lines }.into()
}

fn published(facts: &SettledFacts, terms: &SettledTerms, intent_id: &IntentId) -> Event {
    let data = PublishedDataV1::Transfer {
        intent: facts.intent,
        intent_id: intent_id.clone(),
        amount: facts.amount,
        currency: terms.currency,
        source: facts.source,
        destination: facts.destination,
    };
    let event_type = SETTLED_EVENT_TYPE.parse().expect("it is an event type");
    EventPublishedV1 { event_type, data }.into()
}

fn line(
    facts: &SettledFacts,
    account: AccountNo,
    direction: Direction,
    prev: Option<Position>,
) -> PostingV1 {
    PostingV1 { account, direction, amount: facts.amount, prev }
}
