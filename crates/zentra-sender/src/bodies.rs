//! The bodies of events, read back from the log.
//!
//! An entry is read by the frame that holds it, which may be large. So one read makes the bodies of
//! the entries after it as well, as a burst wants them in that order, and they are kept for a
//! while: an event that goes to many endpoints is read once. Owns what is kept. Must not sign.

use crate::payload::render_payload;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zentra_events::event::PublishedDataV1;
use zentra_events::{EndpointId, Entry, Event, EventId};
use zentra_runtime::{Handle, LogError};

/// Bytes of bodies that are kept.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Entries that one read looks at.
const READ_ENTRIES_MAX: usize = 256;
/// Bytes of bodies after which a read looks at no more.
const READ_BYTES_ENOUGH: usize = 2 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("the event of a delivery is not in the log")]
    NoEvent,
    #[error("the task that reads the log broke")]
    Broken,
}

/// The bodies of one log's events.
pub(crate) struct Bodies {
    handle: Handle,
    kept: Arc<Mutex<Kept>>,
    /// Held while the log is read, so that a burst reads a frame once and not each for itself.
    reading: tokio::sync::Mutex<()>,
}

/// An event's body; what it tells of an endpoint is told whole to that endpoint alone.
#[derive(Clone)]
struct Body {
    to_all: Bytes,
    to_its_own: Option<(EndpointId, Bytes)>,
}

impl Body {
    fn to(&self, endpoint: EndpointId) -> Bytes {
        match &self.to_its_own {
            Some((own, body)) if *own == endpoint => body.clone(),
            _ => self.to_all.clone(),
        }
    }

    fn len(&self) -> usize {
        self.to_all.len() + self.to_its_own.as_ref().map_or(0, |(_, body)| body.len())
    }
}

/// The last bodies that were read, the oldest first.
#[derive(Default)]
struct Kept {
    bodies: BTreeMap<EventId, Body>,
    order: VecDeque<EventId>,
    bytes: usize,
}

impl Bodies {
    pub(crate) fn new(handle: Handle) -> Bodies {
        Bodies { handle, kept: Arc::default(), reading: tokio::sync::Mutex::default() }
    }

    /// The body of an event that goes to an endpoint.
    pub(crate) async fn body(&self, id: EventId, to: EndpointId) -> Result<Bytes, BodyError> {
        if let Some(body) = lock(&self.kept).get(id) {
            return Ok(body.to(to));
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(body) = lock(&self.kept).get(id) {
            return Ok(body.to(to));
        }
        let (handle, kept) = (self.handle.clone(), Arc::clone(&self.kept));
        let read = tokio::task::spawn_blocking(move || read(&handle, id, &kept));
        let body = read.await.map_err(|_| BodyError::Broken)??;
        Ok(body.to(to))
    }
}

/// Reads the event's entry and those after it that are delivered as well.
fn read(handle: &Handle, id: EventId, kept: &Mutex<Kept>) -> Result<Body, BodyError> {
    let (mut asked, mut entries, mut bytes) = (None, 0, 0);
    handle.log().scan(id.0.position, &mut |entry, _| {
        for (event, body) in delivered(handle, entry, id) {
            bytes += body.len();
            if event == id {
                asked = Some(body.clone());
            }
            lock(kept).put(event, body);
        }
        entries += 1;
        let enough = entries >= READ_ENTRIES_MAX || bytes >= READ_BYTES_ENOUGH || asked.is_none();
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    asked.ok_or(BodyError::NoEvent)
}

/// The bodies of an entry's events, if somebody gets them.
fn delivered(handle: &Handle, entry: &Entry, asked: EventId) -> Vec<(EventId, Body)> {
    let queued = |event: &Event| matches!(event, Event::DeliveryQueued(_));
    let is_wanted = entry.header.position == asked.0.position
        || entry.events().iter().any(|recorded| queued(&recorded.event));
    let events = entry.events().iter().enumerate().filter(|_| is_wanted);
    let published = events.filter_map(|(index, recorded)| match &recorded.event {
        Event::EventPublished(published) => {
            let index = u16::try_from(index).ok()?;
            let id = EventId::at(asked.0.partition, entry.header.position, index);
            let render = |to| {
                let names = handle.names().as_ref();
                Bytes::from(render_payload(&entry.header, id, published, names, to))
            };
            let to_its_own = match published.data {
                PublishedDataV1::Endpoint { endpoint, .. } => {
                    Some((endpoint, render(Some(endpoint))))
                }
                _ => None,
            };
            Some((id, Body { to_all: render(None), to_its_own }))
        }
        _ => None,
    });
    published.collect()
}

impl Kept {
    fn get(&self, id: EventId) -> Option<Body> {
        self.bodies.get(&id).cloned()
    }

    fn put(&mut self, id: EventId, body: Body) {
        self.bytes += body.len();
        if let Some(before) = self.bodies.insert(id, body) {
            self.bytes -= before.len();
        } else {
            self.order.push_back(id);
        }
        while self.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(gone) = self.bodies.remove(&oldest) {
                self.bytes -= gone.len();
            }
        }
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::Position;

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_goes_first() {
        let mut kept = Kept::default();
        let id = |number| EventId::at(0, Position(number), 0);
        let to_all = Bytes::from(vec![0; KEPT_BYTES_MAX / 4]);
        let body = Body { to_all, to_its_own: None };
        for number in 0..6 {
            kept.put(id(number), body.clone());
            kept.put(id(number), body.clone());
        }
        let there: Vec<bool> = (0..6).map(|number| kept.get(id(number)).is_some()).collect();
        assert_eq!(there, [false, false, true, true, true, true]);
        assert_eq!(kept.bytes, KEPT_BYTES_MAX);
    }
}
