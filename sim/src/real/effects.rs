//! What moved, and when it takes effect; what was published, and what was replayed: as the log has
//! it, for what is asked of the past.
//!
//! Owns these lists. When a leg takes effect is the model's to say.

use crate::oracle::Oracle;
use std::collections::BTreeMap;
use zentra_events::event::PostingV1;
use zentra_events::{
    AccountNo, Direction, Entry, Event, EventId, IntentNo, Position, Recorded, ReplayId, Timestamp,
};

/// What came to an account, or left it.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub(super) scope: u32,
    pub(super) code: String,
    /// Credits less debits.
    pub(super) amount: i128,
    pub(super) position: Position,
    pub(super) recorded_at: Timestamp,
    pub(super) effective_at: Timestamp,
}

/// An event that was published.
#[derive(Clone, Debug)]
pub(super) struct Published {
    pub(super) scope: u32,
    pub(super) id: EventId,
    pub(super) event_type: String,
}

/// All of it.
#[derive(Default)]
pub(super) struct Effects {
    accounts: BTreeMap<AccountNo, String>,
    intents: BTreeMap<IntentNo, String>,
    pub(super) moved: Vec<Moved>,
    pub(super) published: Vec<Published>,
    pub(super) replays: Vec<(u32, ReplayId)>,
    /// How many entries of each scope must be under a checkpoint.
    pub(super) leaves: BTreeMap<u32, u64>,
}

impl Effects {
    /// An entry that the model knows now.
    pub(super) fn follow(&mut self, oracle: &Oracle, entry: &Entry) {
        let header = &entry.header;
        let scope = header.scope.0;
        let is_seal = |recorded: &Recorded| matches!(&recorded.event, Event::EvidenceSealed(_));
        if !entry.events().iter().any(is_seal) {
            self.leaves.insert(scope, header.scope_number.0 + 1);
        }
        for (index, recorded) in (0..).zip(entry.events()) {
            match &recorded.event {
                Event::AccountOpened(body) => {
                    self.accounts.insert(body.account, body.code.as_str().to_owned());
                }
                Event::IntentAccepted(body) => {
                    self.intents.insert(body.intent, body.intent_id.as_str().to_owned());
                }
                Event::LedgerPosted(body) => {
                    let intent = body.intent.and_then(|no| self.intents.get(&no));
                    let known = oracle.model.scope(scope);
                    let intent = intent.zip(known).and_then(|(id, s)| s.money.all.get(id));
                    let effective_at =
                        intent.map_or(header.recorded_at, |intent| intent.effective_at);
                    self.moves(entry, effective_at, &body.lines);
                }
                Event::EventPublished(body) => {
                    let id = EventId::at(0, header.position, index);
                    let event_type = body.event_type.as_str().to_owned();
                    self.published.push(Published { scope, id, event_type });
                }
                Event::ReplayRequested(_) => {
                    self.replays.push((scope, ReplayId::at(0, header.position, index)));
                }
                _ => {}
            }
        }
    }

    fn moves(&mut self, entry: &Entry, effective_at: Timestamp, lines: &[PostingV1]) {
        let header = &entry.header;
        for PostingV1 { account, direction, amount, .. } in lines {
            let sign = if *direction == Direction::Credit { 1 } else { -1 };
            self.moved.push(Moved {
                scope: header.scope.0,
                code: self.accounts.get(account).cloned().unwrap_or_default(),
                amount: sign * amount.0 as i128,
                position: header.position,
                recorded_at: header.recorded_at,
                effective_at,
            });
        }
    }

    /// What an account has, counting what fits.
    pub(super) fn balance(&self, whose: (u32, &str), fits: impl Fn(&Moved) -> bool) -> i128 {
        let of_it = |one: &&Moved| (one.scope, one.code.as_str()) == whose && fits(one);
        self.moved.iter().filter(of_it).map(|one| one.amount).sum()
    }
}
