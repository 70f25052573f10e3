//! What the log's entries make that is listed: when and where each thing was made, and what of it
//! never changes. How far it has come is the model's.

use super::model::Model;
use std::collections::BTreeMap;
use zentra_events::event::{AttemptV1, Leg, PublishedDataV1};
use zentra_events::{
    AccountNo, Amount, DeliveryId, Direction, EndpointId, Entry, Event, EventId, Header, IntentNo,
    Position, ReplayId, ScopeNo, Timestamp,
};

/// Where and when something was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) scope: ScopeNo,
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
}

pub(super) struct AccountMade {
    pub(super) made: Made,
    pub(super) code: String,
    pub(super) currency: String,
    pub(super) exponent: u8,
}

pub(super) struct IntentMade {
    pub(super) made: Made,
    pub(super) id: String,
    pub(super) terms: Option<(Amount, String)>,
    /// The number in its scope of the entry that settled it.
    pub(super) settled: Option<u64>,
    /// When its last leg takes effect.
    effective_at: Option<Timestamp>,
}

pub(super) struct EventMade {
    pub(super) made: Made,
    pub(super) id: EventId,
    pub(super) event_type: String,
    pub(super) intent: Option<String>,
    pub(super) deliveries: u32,
}

pub(super) struct DeliveryMade {
    pub(super) made: Made,
    pub(super) id: DeliveryId,
    pub(super) event: EventId,
    pub(super) endpoint: EndpointId,
    pub(super) last: Position,
    pub(super) attempt: Option<AttemptV1>,
    pub(super) replay: Option<ReplayId>,
}

/// What became of a delivery in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Waits,
    Delivered,
    Dead,
    Resolved,
}

pub(super) struct ReplayMade {
    pub(super) made: Made,
    pub(super) id: ReplayId,
    pub(super) filter: String,
    pub(super) reason: String,
    pub(super) named: u32,
    pub(super) skipped: u32,
    pub(super) fates: BTreeMap<DeliveryId, Fate>,
}

/// A posting, and when it counts.
pub(super) struct Counted {
    pub(super) account: AccountNo,
    pub(super) debit: bool,
    pub(super) amount: u128,
    pub(super) position: Position,
    pub(super) recorded_at: Timestamp,
    pub(super) effective_at: Timestamp,
}

/// Everything that is listed, oldest first.
#[derive(Default)]
pub(crate) struct Listing {
    /// How many entries were taken in.
    pub(crate) next: u64,
    pub(super) accounts: Vec<AccountMade>,
    pub(super) intents: Vec<IntentMade>,
    pub(super) events: Vec<EventMade>,
    pub(super) deliveries: Vec<DeliveryMade>,
    pub(super) replays: Vec<ReplayMade>,
    pub(super) postings: Vec<Counted>,
    /// The size of the last checkpoint of each scope.
    pub(super) sealed: BTreeMap<ScopeNo, u64>,
    intent_places: BTreeMap<IntentNo, usize>,
    delivery_places: BTreeMap<DeliveryId, usize>,
}

impl Listing {
    /// Takes in the next entry.
    pub(crate) fn entry(&mut self, entry: &Entry) {
        let header = &entry.header;
        for (index, recorded) in (0..).zip(entry.events()) {
            self.money(header, &recorded.event);
            self.webhooks(header, index, &recorded.event);
        }
        self.postings(entry);
        self.next = header.position.get() + 1;
    }

    fn money(&mut self, header: &Header, event: &Event) {
        let made = made(header);
        match event {
            Event::AccountOpened(body) => self.accounts.push(AccountMade {
                made,
                code: body.code.as_str().to_owned(),
                currency: body.currency.as_str().to_owned(),
                exponent: body.exponent,
            }),
            Event::IntentAccepted(body) => {
                self.intent_places.insert(body.intent, self.intents.len());
                let terms = body.details.as_ref();
                let terms = terms.map(|terms| (terms.amount, terms.currency.as_str().to_owned()));
                let id = body.intent_id.as_str().to_owned();
                self.intents.push(IntentMade {
                    made,
                    id,
                    terms,
                    settled: None,
                    effective_at: None,
                });
            }
            Event::IntentConfirmed(body) => {
                let terms = (body.details.amount, body.details.currency.as_str().to_owned());
                if let Some(intent) = self.intent(body.intent) {
                    intent.terms = Some(terms);
                }
            }
            Event::LedgerPosted(body) if body.leg == Leg::Settle => {
                let number = header.scope_number.0;
                if let Some(intent) = body.intent.and_then(|no| self.intent(no)) {
                    intent.settled = intent.settled.or(Some(number));
                }
            }
            Event::EvidenceSealed(body) => {
                self.sealed.insert(header.scope, body.tree_size);
            }
            _ => {}
        }
    }

    fn intent(&mut self, no: IntentNo) -> Option<&mut IntentMade> {
        self.intent_places.get(&no).map(|place| &mut self.intents[*place])
    }

    /// The legs of an entry, and when they take effect: docs/concepts/intent.md.
    fn postings(&mut self, entry: &Entry) {
        let (recorded_at, position) = (entry.header.recorded_at, entry.header.position);
        let told = entry.events().iter().find_map(|recorded| match &recorded.event {
            Event::IntentAccepted(body) => body.details.as_ref()?.effective_at,
            Event::IntentConfirmed(body) => body.details.effective_at,
            Event::IntentDated(body) => Some(body.effective_at),
            _ => None,
        });
        for recorded in entry.events() {
            let Event::LedgerPosted(body) = &recorded.event else { continue };
            let mut effective_at = recorded_at;
            if let Some(intent) = body.intent.and_then(|no| self.intent(no)) {
                let earliest = intent.effective_at.unwrap_or(Timestamp(0));
                effective_at = told.unwrap_or(recorded_at).max(earliest);
                intent.effective_at = Some(effective_at);
            }
            for line in &body.lines {
                self.postings.push(Counted {
                    account: line.account,
                    debit: line.direction == Direction::Debit,
                    amount: line.amount.0,
                    position,
                    recorded_at,
                    effective_at,
                });
            }
        }
    }

    fn webhooks(&mut self, header: &Header, index: u16, event: &Event) {
        let (made, position) = (made(header), header.position);
        match event {
            Event::EventPublished(body) => self.events.push(EventMade {
                made,
                id: EventId::at(0, position, index),
                event_type: body.event_type.as_str().to_owned(),
                intent: match &body.data {
                    PublishedDataV1::Transfer { intent_id, .. } => Some(intent_id.to_string()),
                    _ => None,
                },
                deliveries: 0,
            }),
            Event::DeliveryQueued(body) => {
                let published = self.events.iter_mut().rev().find(|made| made.id == body.event);
                published.into_iter().for_each(|event| event.deliveries += 1);
                let id = DeliveryId::at(0, position, index);
                self.delivery_places.insert(id, self.deliveries.len());
                self.deliveries.push(DeliveryMade {
                    made,
                    id,
                    event: body.event,
                    endpoint: body.endpoint,
                    last: position,
                    attempt: None,
                    replay: None,
                });
            }
            Event::ReplayRequested(body) => self.replays.push(ReplayMade {
                made,
                id: ReplayId::at(0, position, index),
                filter: body.filter.clone(),
                reason: body.reason.clone(),
                named: body.named,
                skipped: body.skipped.len() as u32,
                fates: BTreeMap::new(),
            }),
            Event::DeliverySucceeded(body) => {
                self.moved(position, body.delivery, Some(Fate::Delivered)).attempt =
                    Some(body.attempt.clone());
            }
            Event::DeliveryFailed(body) => {
                self.moved(position, body.delivery, None).attempt = Some(body.attempt.clone());
            }
            Event::DeliveryDeadLettered(body) => {
                self.moved(position, body.delivery, Some(Fate::Dead));
            }
            Event::DeliveryResolved(body) => {
                self.moved(position, body.delivery, Some(Fate::Resolved));
            }
            Event::DeliveryMadeDue(body) => {
                self.moved(position, body.delivery, None);
            }
            Event::DeliveryReplayed(body) => {
                self.moved(position, body.delivery, None).replay = Some(body.replay);
                let replay = self.replays.iter_mut().find(|made| made.id == body.replay);
                if let Some(replay) = replay {
                    replay.fates.insert(body.delivery, Fate::Waits);
                }
            }
            _ => {}
        }
    }

    /// An entry of a delivery's stream. What became of it in its replay stays, once its attempts
    /// were used up or it was given.
    fn moved(&mut self, at: Position, id: DeliveryId, to: Option<Fate>) -> &mut DeliveryMade {
        let delivery = &mut self.deliveries[self.delivery_places[&id]];
        delivery.last = at;
        let replay = delivery.replay.and_then(|replay| {
            self.replays.iter_mut().find(|made| made.id == replay)?.fates.get_mut(&id)
        });
        if let (Some(fate), Some(to)) = (replay, to)
            && *fate != Fate::Dead
        {
            *fate = to;
        }
        delivery
    }

    /// What an account's postings sum to that a condition takes: debits and credits.
    fn sums(&self, account: AccountNo, takes: impl Fn(&Counted) -> bool) -> (u128, u128) {
        let own = self.postings.iter().filter(|one| one.account == account && takes(one));
        own.fold((0, 0), |(debits, credits), one| match one.debit {
            true => (debits + one.amount, credits),
            false => (debits, credits + one.amount),
        })
    }

    /// After an entry.
    pub(crate) fn after(&self, account: AccountNo, position: Position) -> (u128, u128) {
        self.sums(account, |one| one.position <= position)
    }

    /// What was recorded by a time.
    pub(crate) fn recorded(&self, account: AccountNo, time: Timestamp) -> (u128, u128) {
        self.sums(account, |one| one.recorded_at <= time)
    }

    /// What takes effect by a time.
    pub(crate) fn effective(&self, account: AccountNo, time: Timestamp) -> (u128, u128) {
        self.sums(account, |one| one.effective_at <= time)
    }

    /// When, by effective time, more was taken out of an account than was put in before.
    pub(crate) fn overdrawn(&self, account: AccountNo) -> Option<Timestamp> {
        let mut own: Vec<_> = self.postings.iter().filter(|one| one.account == account).collect();
        own.sort_by_key(|one| (one.effective_at, one.debit));
        let mut held = 0_u128;
        own.into_iter().find_map(|one| match one.debit {
            true => match held.checked_sub(one.amount) {
                Some(left) => {
                    held = left;
                    None
                }
                None => Some(one.effective_at),
            },
            false => {
                held += one.amount;
                None
            }
        })
    }

    /// Times at which something counts, or nearly.
    pub(crate) fn times(&self) -> Vec<Timestamp> {
        let times = self.postings.iter().flat_map(|one| [one.recorded_at, one.effective_at]);
        times.collect()
    }

    /// Whether an endpoint of the model listens.
    pub(super) fn hears(model: &Model, number: usize) -> bool {
        let endpoints = &model.deliveries.hooks.endpoints;
        endpoints.get(number).is_some_and(|one| one.hears == super::hooks::Hears::Listening)
    }
}

fn made(header: &Header) -> Made {
    let Header { scope, position, recorded_at, .. } = *header;
    Made { scope, position, recorded_at }
}
