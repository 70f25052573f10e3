//! A ledger with a log around it: decides, sequences and folds like the engine does, and checks
//! after every command what must always hold.

use std::collections::BTreeMap;
use zentra_events::event::PublishedDataV1;
use zentra_events::{
    AccountNo, ActorNo, Amount, Direction, Event, Header, IntentId, IntentNo, Position, RequestId,
    ScopeNo, ScopeNumber, Timestamp,
};
use zentra_ledger::{Ctx, Decision, LastLeg, Ledger, LedgerCommand};
use zentra_table::section_bytes;

/// The scope that most cases use.
pub(crate) const SCOPE: ScopeNo = ScopeNo(0);

/// What an event belongs to, kept apart from the ledger's own heads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stream {
    Account(AccountNo),
    Intent(IntentNo),
    Rules(ScopeNo),
}

/// A ledger and what was appended to its log.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) ledger: Ledger,
    pub(crate) log: Vec<(Header, Vec<Event>)>,
    /// Nanoseconds.
    pub(crate) now: u64,
    heads: BTreeMap<Stream, Position>,
    scope_numbers: BTreeMap<ScopeNo, u64>,
}

impl World {
    /// Decides in [`SCOPE`], appends and folds.
    pub(crate) fn handle(&mut self, command: &LedgerCommand) -> Decision {
        self.handle_in(SCOPE, command)
    }

    /// Decides, appends and folds. A decision without events must leave every byte as it was.
    pub(crate) fn handle_in(&mut self, scope: ScopeNo, command: &LedgerCommand) -> Decision {
        self.now += 1;
        let before = self.bytes();
        let ctx = Ctx { position: Position(self.log.len() as u64), now: Timestamp(self.now) };
        let decision = self.ledger.decide(scope, command, &ctx);
        assert_eq!(decision, self.ledger.decide(scope, command, &ctx), "deciding is pure");
        assert_eq!(before, self.bytes(), "deciding changes nothing");
        if let Decision::Events(events) = &decision {
            assert!(!events.is_empty());
            self.append(scope, events.clone());
        }
        self.ledger.verify_conservation().unwrap();
        decision
    }

    /// Both projections.
    pub(crate) fn bytes(&self) -> (Vec<u8>, Vec<u8>) {
        bytes(&self.ledger)
    }

    /// The log folded again from its beginning.
    pub(crate) fn rebuilt(&self) -> Ledger {
        let mut ledger = Ledger::new();
        for (header, events) in &self.log {
            for event in events {
                ledger.evolve(header, event).unwrap();
            }
        }
        ledger
    }

    /// The last leg of an intent, read from the log as a server reads it: a leg takes effect at the
    /// time that its entry says, else when it is recorded, but never before one that came earlier.
    pub(crate) fn last_leg(&self, scope: ScopeNo, id: &IntentId) -> Option<LastLeg> {
        let no = self.ledger.intent(scope, id)?.no;
        let mut last: Option<LastLeg> = None;
        for (header, events) in &self.log {
            let moves = events
                .iter()
                .any(|event| matches!(event, Event::LedgerPosted(body) if body.intent == Some(no)));
            if !moves {
                continue;
            }
            let said = events.iter().find_map(|event| match event {
                Event::IntentAccepted(body) => body.details.as_ref()?.effective_at,
                Event::IntentConfirmed(body) => body.details.effective_at,
                Event::IntentDated(body) => Some(body.effective_at),
                _ => None,
            });
            let own = said.unwrap_or(header.recorded_at);
            let effective_at = last.map_or(own, |last| own.max(last.effective_at));
            last = Some(LastLeg { position: header.position, effective_at });
        }
        last
    }

    fn append(&mut self, scope: ScopeNo, events: Vec<Event>) {
        let number = self.scope_numbers.entry(scope).or_default();
        let header = Header {
            position: Position(self.log.len() as u64),
            scope,
            scope_number: ScopeNumber(*number),
            recorded_at: Timestamp(self.now),
            actor: ActorNo(0),
            request_id: RequestId([0; 16]),
            cause: None,
            idempotency: None,
        };
        *number += 1;
        check_bound(&events);
        for event in &events {
            self.check_prev(&header, event);
            self.ledger.evolve(&header, event).unwrap();
        }
        self.log.push((header, events));
    }

    /// Back-pointers name the entry that this model saw last.
    fn check_prev(&mut self, header: &Header, event: &Event) {
        let at = header.position;
        if let Some(stream) = stream_of(header.scope, event) {
            let expected = self.heads.insert(stream, at);
            assert_eq!(self.ledger.prev_in(header.scope, event), expected, "{event:?}");
        } else {
            assert_eq!(self.ledger.prev_in(header.scope, event), None, "{event:?}");
        }
        if let Event::LedgerPosted(body) = event {
            for line in &body.lines {
                let earlier = self.heads.insert(Stream::Account(line.account), at);
                assert_eq!(line.prev, earlier.filter(|prev| *prev != at), "{event:?}");
            }
        }
    }
}

/// No entry moves more than the bound of amounts on one side of an account: what keeps totals from
/// ever overflowing.
fn check_bound(events: &[Event]) {
    let mut sides: BTreeMap<(AccountNo, bool), u128> = BTreeMap::new();
    for event in events {
        let Event::LedgerPosted(body) = event else { continue };
        for line in &body.lines {
            let side = sides.entry((line.account, line.direction == Direction::Debit)).or_default();
            *side = side.checked_add(line.amount.0).unwrap();
        }
    }
    assert!(sides.values().all(|side| *side <= Amount::MAX.0), "{events:?}");
}

/// Both projections of a ledger.
pub(crate) fn bytes(ledger: &Ledger) -> (Vec<u8>, Vec<u8>) {
    let balances = section_bytes(|out| ledger.encode_balances(out));
    let intents = section_bytes(|out| ledger.encode_intents(out));
    (balances, intents)
}

fn stream_of(scope: ScopeNo, event: &Event) -> Option<Stream> {
    Some(match event {
        Event::ChartSet(_)
        | Event::PolicySet(_)
        | Event::RoutesSet(_)
        | Event::RoutesReset(_)
        | Event::CurrencyDeclared(_) => Stream::Rules(scope),
        Event::AccountOpened(body) => Stream::Account(body.account),
        Event::AccountStatusChanged(body) => Stream::Account(body.account),
        Event::AccountStatusChangedV2(body) => Stream::Account(body.account),
        Event::LedgerPosted(body) => Stream::Intent(body.intent?),
        Event::IntentAccepted(body) => Stream::Intent(body.intent),
        Event::IntentConfirmed(body) => Stream::Intent(body.intent),
        Event::IntentControlled(body) => Stream::Intent(body.intent),
        Event::IntentRejected(body) => Stream::Intent(body.intent),
        Event::IntentRouted(body) => Stream::Intent(body.intent),
        Event::IntentVoided(body) => Stream::Intent(body.intent),
        Event::IntentReversed(body) => Stream::Intent(body.intent),
        Event::PayoutClosed(body) => Stream::Intent(body.intent),
        Event::IntentDated(body) => Stream::Intent(body.intent),
        Event::EventPublished(body) => match &body.data {
            PublishedDataV1::Transfer { intent, .. } => Stream::Intent(*intent),
            _ => return None,
        },
        _ => return None,
    })
}
