//! An intent's history: every event of its stream, read backwards from the log.
//!
//! Each event of a stream carries the position of the entry before it, so a history needs no index.
//! Owns the six steps of the page. Must not read the present state: a
//! history up to an entry is the same whenever it is told.

use crate::problem::Problem;
use crate::respond::rendering::LogReader;
use std::sync::Arc;
use zentra_events::event::{CheckV1, IntentDetailsV1, LedgerPostedV1, Leg};
use zentra_events::{
    Amount, Entry, Event, Header, IntentId, IntentNo, Position, Recorded, Timestamp,
};
use zentra_views::Progress;
use zentra_views::takes_effect;

/// The events of one intent, oldest first.
pub(crate) struct IntentHistory {
    pub(crate) intent_id: IntentId,
    pub(crate) details: Option<IntentDetailsV1>,
    entries: Vec<Arc<Entry>>,
    no: IntentNo,
}

/// The steps of the page that the log itself tells; the sixth is told by a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathStep {
    Accepted,
    Controlled,
    Ledgered,
    Routed,
    Synchronized,
}

/// What the legs of an intent sum to, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) reserved: Amount,
    pub(crate) settled: Amount,
    pub(crate) released: Amount,
    pub(crate) reversed: Amount,
    pub(crate) merchant: Amount,
}

impl IntentHistory {
    /// The history of an intent up to an entry of its stream.
    ///
    /// # Errors
    /// When the log cannot be read or the stream has no beginning.
    pub(crate) fn until(
        last: Arc<Entry>,
        no: IntentNo,
        log: LogReader<'_>,
    ) -> Result<IntentHistory, Problem> {
        let mut entries = vec![last];
        while let Some(prev) = entries.last().and_then(|entry| prev(entry, no)) {
            entries.push(log(prev)?.ok_or_else(|| lost(prev))?);
        }
        entries.reverse();
        let mut history = None;
        let mut details = None;
        for (_, event) in events(&entries, no) {
            if let Event::IntentAccepted(body) = event {
                history = Some(body.intent_id.clone());
                details.clone_from(&body.details);
            } else if let Event::IntentConfirmed(body) = event {
                details = Some(body.details.clone());
            }
        }
        let intent_id = history.ok_or_else(|| Problem::internal(&"an intent has no beginning"))?;
        Ok(IntentHistory { intent_id, details, entries, no })
    }

    /// The intent that an entry is about, if it is about one.
    pub(crate) fn intent_of(entry: &Entry) -> Option<IntentNo> {
        entry.events().iter().find_map(|recorded| recorded.event.intent())
    }

    /// Its events, oldest first, with the header of their entries.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&Header, &Event)> {
        events(&self.entries, self.no)
    }

    /// Each of its events with its index in its entry.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = (&Header, u16, &Event)> {
        self.entries.iter().flat_map(|entry| {
            entry.events().iter().enumerate().filter_map(|(index, recorded)| {
                let ours = recorded.event.intent() == Some(self.no);
                ours.then(|| {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    (&entry.header, index, &recorded.event)
                })
            })
        })
    }

    /// The header of its last entry.
    pub(crate) fn last(&self) -> &Header {
        &self.entries[self.entries.len() - 1].header
    }

    /// Where a step was reached, if it was.
    pub(crate) fn reached(&self, step: PathStep) -> Option<&Header> {
        self.events().find(|(_, event)| is_step(event, step)).map(|(header, _)| header)
    }

    /// The entry that ran it: that of its checks, else its last.
    pub(crate) fn run(&self) -> &Header {
        self.reached(PathStep::Controlled).unwrap_or_else(|| self.last())
    }

    /// The checks of the policy, those before a rejection too.
    pub(crate) fn checks(&self) -> &[CheckV1] {
        let checks = self.events().find_map(|(_, event)| match event {
            Event::IntentControlled(body) => Some(body.checks.as_slice()),
            Event::IntentRejected(body) => Some(body.checks.as_slice()),
            _ => None,
        });
        checks.unwrap_or_default()
    }

    /// The sums of its legs.
    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for (_, event) in self.events() {
            let Event::LedgerPosted(body) = event else { continue };
            let moved = body.lines.first().map_or(Amount::ZERO, |line| line.amount);
            let sum = match body.leg {
                Leg::Reserve => &mut sums.reserved,
                Leg::Settle => &mut sums.settled,
                Leg::Release => &mut sums.released,
                Leg::Reverse => &mut sums.reversed,
                Leg::Merchant => &mut sums.merchant,
                Leg::Transfer | Leg::Payout => continue,
            };
            *sum = Amount(sum.0.saturating_add(moved.0));
        }
        sums
    }

    /// Each transfer of it, oldest first, with the header of its entry and when it takes effect.
    pub(crate) fn legs(&self) -> impl Iterator<Item = (&Header, Timestamp, &LedgerPostedV1)> {
        let mut earlier = None;
        self.entries.iter().flat_map(move |entry| {
            let legs: Vec<_> =
                entry.events().iter().filter_map(|recorded| self.leg(recorded)).collect();
            if !legs.is_empty() {
                earlier = Some(takes_effect(entry, earlier));
            }
            let at = earlier.unwrap_or(entry.header.recorded_at);
            legs.into_iter().map(move |leg| (&entry.header, at, leg))
        })
    }

    fn leg<'a>(&self, recorded: &'a Recorded) -> Option<&'a LedgerPostedV1> {
        match &recorded.event {
            Event::LedgerPosted(body) if body.intent == Some(self.no) => Some(body),
            _ => None,
        }
    }

    /// How far it has come.
    pub(crate) fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        for (header, event) in self.events() {
            progress.follow(header, event);
        }
        progress
    }
}

fn events(entries: &[Arc<Entry>], no: IntentNo) -> impl Iterator<Item = (&Header, &Event)> {
    entries.iter().flat_map(move |entry| {
        let ours = entry.events().iter().filter(move |r| r.event.intent() == Some(no));
        ours.map(|recorded| (&entry.header, &recorded.event))
    })
}

fn is_step(event: &Event, step: PathStep) -> bool {
    match (step, event) {
        (PathStep::Accepted, Event::IntentAccepted(_))
        | (PathStep::Controlled, Event::IntentControlled(_))
        | (PathStep::Routed, Event::IntentRouted(_)) => true,
        (PathStep::Ledgered, Event::LedgerPosted(body)) => body.leg == Leg::Reserve,
        (PathStep::Synchronized, Event::EventPublished(body)) => {
            body.event_type.as_str() == "transfer.settled"
        }
        _ => false,
    }
}

/// The entry of the stream before this one.
fn prev(entry: &Entry, no: IntentNo) -> Option<Position> {
    let ours = entry.events().iter().filter(|recorded| recorded.event.intent() == Some(no));
    ours.into_iter().find_map(|recorded| recorded.prev)
}

fn lost(position: Position) -> Problem {
    Problem::internal(&format!("no entry at {}, which a stream points at", position.get()))
}
