//! The entry: the whole outcome of one command.
//!
//! Its body is its events, or a compact form that stands for them and becomes them on demand. Owns
//! both forms, borrowed or not, and what an entry takes in memory. Must not know how entries are
//! framed or stored.

use crate::event::{AttemptV1, CandidateV1, Event, PublishedDataV1};
use crate::header::{Header, Recorded};
use crate::limits::BODY_BYTES_MAX;
use crate::settled::{SettledRef, SettledTransfer};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The whole outcome of one command: a header and all that it says, appended atomically. Two
/// entries are the same when they tell the same, in whatever form.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is true of all of it.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

/// What an entry says.
#[derive(Clone, Debug)]
pub enum Body {
    /// Its events, in order.
    Events(Vec<Recorded>),
    /// A settled transfer.
    Settled(Compact),
}

/// A compact body, with its events once somebody asked for them.
#[derive(Clone, Debug)]
pub struct Compact {
    transfer: SettledTransfer,
    events: OnceLock<Vec<Recorded>>,
}

/// An entry, borrowed from whoever made or read it.
#[derive(Clone, Debug)]
pub struct EntryRef<'a> {
    /// What is true of all of it.
    pub header: &'a Header,
    /// What it says.
    pub body: BodyRef<'a>,
}

/// What a borrowed entry says.
#[derive(Clone, Debug)]
pub enum BodyRef<'a> {
    /// Its events, in order.
    Events(Cow<'a, [Recorded]>),
    /// A settled transfer.
    Settled(SettledRef<'a>),
}

impl Entry {
    /// An entry of these events.
    pub fn of_events(header: Header, events: Vec<Recorded>) -> Entry {
        Entry { header, body: Body::Events(events) }
    }

    /// An entry with a compact body.
    pub fn of_settled(header: Header, transfer: SettledTransfer) -> Entry {
        Entry { header, body: Body::Settled(Compact { transfer, events: OnceLock::new() }) }
    }

    /// Its events, in order. Those of a compact body are made when they are first asked for.
    pub fn events(&self) -> &[Recorded] {
        match &self.body {
            Body::Events(events) => events,
            Body::Settled(Compact { transfer, events }) => {
                events.get_or_init(|| transfer.expand(self.header.position))
            }
        }
    }

    /// Its events, to be changed: from now on they are its body.
    pub fn events_mut(&mut self) -> &mut Vec<Recorded> {
        if matches!(self.body, Body::Settled(_)) {
            self.body = Body::Events(self.events().to_vec());
        }
        match &mut self.body {
            Body::Events(events) => events,
            Body::Settled(_) => unreachable!("it was replaced just now"),
        }
    }

    /// The settled transfer that is its body.
    pub fn settled(&self) -> Option<&SettledTransfer> {
        match &self.body {
            Body::Events(_) => None,
            Body::Settled(compact) => Some(&compact.transfer),
        }
    }

    /// The entry, by reference.
    pub fn borrow(&self) -> EntryRef<'_> {
        let body = match &self.body {
            Body::Events(events) => BodyRef::Events(Cow::Borrowed(events)),
            Body::Settled(compact) => BodyRef::Settled(compact.transfer.borrow()),
        };
        EntryRef { header: &self.header, body }
    }

    /// Gives the entry away by reference: its events go by value, so that nobody copies them.
    pub fn give<T>(self, take: impl FnOnce(EntryRef<'_>) -> T) -> T {
        let body = match self.body {
            Body::Events(events) => BodyRef::Events(Cow::Owned(events)),
            Body::Settled(ref compact) => BodyRef::Settled(compact.transfer.borrow()),
        };
        take(EntryRef { header: &self.header, body })
    }

    /// About how many bytes it takes in memory: its events, and those of their texts that a caller
    /// can make long.
    pub fn held_bytes(&self) -> usize {
        let events = match &self.body {
            Body::Events(events) => events,
            // What the names in a settled transfer can take is bounded.
            Body::Settled(_) => return size_of::<Entry>(),
        };
        let texts = events.iter().map(|recorded| long_texts(&recorded.event));
        size_of::<Entry>() + events.len() * size_of::<Recorded>() + texts.sum::<usize>()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.header == other.header && self.events() == other.events()
    }
}

impl Eq for Entry {}

impl EntryRef<'_> {
    /// Whether its body is compact.
    pub fn is_compact(&self) -> bool {
        matches!(self.body, BodyRef::Settled(_))
    }

    /// The entry, by value; events that were given by value are not copied.
    pub fn into_entry(self) -> Entry {
        match self.body {
            BodyRef::Events(events) => Entry::of_events(*self.header, events.into_owned()),
            BodyRef::Settled(transfer) => Entry::of_settled(*self.header, transfer.to_transfer()),
        }
    }
}

fn long_texts(event: &Event) -> usize {
    let pairs = |pairs: &[(String, String)]| {
        let texts = pairs.iter().map(|(key, value)| key.len() + value.len());
        size_of_val(pairs) + texts.sum::<usize>()
    };
    match event {
        Event::IntentAccepted(body) => {
            body.details.as_ref().map_or(0, |details| pairs(&details.metadata))
        }
        Event::IntentConfirmed(body) => pairs(&body.details.metadata),
        Event::IntentControlled(body) => size_of_val(body.checks.as_slice()),
        Event::IntentRejected(body) => size_of_val(body.checks.as_slice()) + body.detail.len(),
        Event::IntentRouted(body) => {
            let texts = |one: &CandidateV1| {
                one.route.len() + one.refused_because.as_ref().map_or(0, String::len)
            };
            size_of_val(body.candidates.as_slice())
                + body.candidates.iter().map(texts).sum::<usize>()
        }
        Event::LedgerPosted(body) => size_of_val(body.lines.as_slice()),
        Event::EventPublished(body) => match &body.data {
            PublishedDataV1::Own { data } => data.len(),
            PublishedDataV1::Transfer { .. } | PublishedDataV1::Endpoint { .. } => 0,
        },
        Event::DeliverySucceeded(body) => attempt_texts(&body.attempt),
        Event::DeliveryFailed(body) => attempt_texts(&body.attempt),
        Event::EndpointCreated(body) => {
            body.url.len()
                + body.description.len()
                + body
                    .filters
                    .iter()
                    .map(|filter| size_of::<String>() + filter.len())
                    .sum::<usize>()
        }
        Event::ReplayRequested(body) => size_of_val(body.skipped.as_slice()) + body.filter.len(),
        // Each is set by a body of its own, at most.
        Event::ChartSet(_) | Event::PolicySet(_) | Event::RoutesSet(_) => BODY_BYTES_MAX,
        _ => 0,
    }
}

fn attempt_texts(attempt: &AttemptV1) -> usize {
    attempt.url.len() + attempt.signature.len() + attempt.response_excerpt.len()
}
