//! The run: the compact form of the entry that most intents are.
//!
//! An automatic intent whose accounts exist, whose checks pass and that nobody subscribes to goes
//! from accepted to synchronized in one entry of six events that hold few facts: who, how much, in
//! which terms. A [`Run`] is these facts; [`Run::expand`] gives the entry they stand for, event by
//! event. Owns that equality. Must not know how runs are decided or stored.

use crate::amount::{Amount, Currency, Direction};
use crate::entry::{Entry, Header, Recorded};
use crate::event::{
    AccountMarkedV1, CandidateV1, Capture, CheckV1, Event, EventPublishedV1, IntentAcceptedV1,
    IntentControlledV1, IntentDetailsV1, IntentRoutedV1, LedgerPostedV1, Leg, Party, PostingV1,
    PublishedDataV1,
};
use crate::id::{AccountNo, IntentNo};
use crate::name::IntentId;
use crate::position::Position;
use bincode::{Decode, Encode};
use std::sync::Arc;

/// The type of the event that a run publishes.
pub const RUN_EVENT_TYPE: &str = "transfer.settled";

/// What many runs have in common: everything that follows from scope, currency, corridor and the
/// rules that hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RunTerms {
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

/// What one run has of its own. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunBody {
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

/// A run, borrowed from whoever made or read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run<'a> {
    /// As of any entry. A run follows from no other entry.
    pub header: &'a Header,
    /// The caller's name for the intent; an [`IntentId`].
    pub intent_id: &'a str,
    /// Its own facts.
    pub body: &'a RunBody,
    /// What it has in common with others.
    pub terms: &'a Arc<RunTerms>,
    /// The accounts that the entry marks, in the order of their first posting.
    pub marks: &'a [AccountMarkedV1],
}

/// A run that owns what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRun {
    /// As of any entry.
    pub header: Header,
    /// The caller's name for the intent.
    pub intent_id: IntentId,
    /// Its own facts.
    pub body: RunBody,
    /// What it has in common with others.
    pub terms: Arc<RunTerms>,
    /// The accounts that the entry marks.
    pub marks: Vec<AccountMarkedV1>,
}

impl OwnedRun {
    /// The run.
    pub fn borrow(&self) -> Run<'_> {
        Run {
            header: &self.header,
            intent_id: self.intent_id.as_str(),
            body: &self.body,
            terms: &self.terms,
            marks: &self.marks,
        }
    }

    /// The entry that the run stands for.
    pub fn expand(&self) -> Entry {
        expand(self.borrow(), &self.intent_id)
    }
}

impl Run<'_> {
    /// The entry that the run stands for; none when its intent id is not one.
    pub fn expand(&self) -> Option<Entry> {
        Some(expand(*self, &self.intent_id.parse().ok()?))
    }
}

fn expand(run: Run<'_>, intent_id: &IntentId) -> Entry {
    let (body, terms) = (run.body, run.terms);
    let marked = run.marks.iter().map(|mark| Event::from(mark.clone()));
    let events = [
        accepted(body, terms, intent_id),
        controlled(run.header.position, body, terms),
        reserved(body, terms),
        routed(body, terms),
        settled(body, terms),
        published(body, terms, intent_id),
    ];
    let events = events.into_iter().chain(marked).map(|event| Recorded { prev: None, event });
    Entry { header: *run.header, events: events.collect() }
}

fn accepted(body: &RunBody, terms: &RunTerms, intent_id: &IntentId) -> Event {
    let details = IntentDetailsV1 {
        amount: body.amount,
        currency: terms.currency,
        source: Party::Account(body.source),
        destination: Party::Account(body.destination),
        corridor: terms.corridor.clone(),
        capture: Capture::Automatic,
        effective_at: None,
        metadata: Vec::new(),
    };
    let (intent, digest) = (body.intent, body.digest);
    IntentAcceptedV1 { intent, intent_id: intent_id.clone(), digest, details: Some(details) }.into()
}

fn controlled(position: Position, body: &RunBody, terms: &RunTerms) -> Event {
    IntentControlledV1 {
        intent: body.intent,
        policy_version: terms.policy_version,
        checks: terms.checks.clone(),
        usage_at: position,
    }
    .into()
}

fn reserved(body: &RunBody, terms: &RunTerms) -> Event {
    let lines = vec![
        line(body, body.source, Direction::Debit, Some(body.source_prev)),
        line(body, terms.reserved, Direction::Credit, Some(body.reserved_prev)),
    ];
    LedgerPostedV1 { intent: Some(body.intent), leg: Leg::Reserve, lines }.into()
}

fn routed(body: &RunBody, terms: &RunTerms) -> Event {
    IntentRoutedV1 {
        intent: body.intent,
        corridor: terms.corridor.clone(),
        route: terms.route.clone(),
        rail: terms.rail.clone(),
        candidates: terms.candidates.clone(),
        table_version: terms.table_version,
    }
    .into()
}

fn settled(body: &RunBody, terms: &RunTerms) -> Event {
    let lines = vec![
        line(body, terms.reserved, Direction::Debit, None),
        line(body, terms.settlement, Direction::Credit, Some(body.settlement_prev)),
    ];
    LedgerPostedV1 { intent: Some(body.intent), leg: Leg::Settle, lines }.into()
}

fn published(body: &RunBody, terms: &RunTerms, intent_id: &IntentId) -> Event {
    let data = PublishedDataV1::Transfer {
        intent: body.intent,
        intent_id: intent_id.clone(),
        amount: body.amount,
        currency: terms.currency,
        source: body.source,
        destination: body.destination,
    };
    let event_type = RUN_EVENT_TYPE.parse().expect("it is an event type");
    EventPublishedV1 { event_type, data }.into()
}

fn line(
    body: &RunBody,
    account: AccountNo,
    direction: Direction,
    prev: Option<Position>,
) -> PostingV1 {
    PostingV1 { account, direction, amount: body.amount, prev }
}
