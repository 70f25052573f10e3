//! How far each replay has come.
//!
//! Counted as the entries come by, by the replay that an attempt belongs to: what becomes of a
//! delivery in one replay is that one's for ever, whatever a later one makes of it. So showing a
//! replay reads its counts, however many deliveries it took up. Owns the counts. Must not know
//! rows.

use crate::rows::Rows;
use crate::store::ViewError;
use crate::told::{MARK_KEY_BYTES, WAITING, mark_key};
use serde_json::{Map, Value, json};
use zentra_delivery::DeliveryStatus;
use zentra_events::{EndpointId, LogRef, ReplayId};

/// Bytes of the key of a replay's counts. Longer ones, with the key of an endpoint behind, have
/// what waits for that endpoint.
const KEY_BYTES: usize = 10;
const COUNT_BYTES: usize = 16;

/// How many deliveries of a replay are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    waiting: u32,
    delivered: u32,
    dead_lettered: u32,
    resolved: u32,
}

/// How far a replay has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayProgress {
    counts: Counts,
    /// Those of the waiting ones whose endpoint does not listen.
    parked: u32,
}

impl Counts {
    fn of(&mut self, status: &str) -> Option<&mut u32> {
        let all = [
            (WAITING, &mut self.waiting),
            (DeliveryStatus::Delivered.as_str(), &mut self.delivered),
            (DeliveryStatus::DeadLettered.as_str(), &mut self.dead_lettered),
            (DeliveryStatus::Resolved.as_str(), &mut self.resolved),
        ];
        all.into_iter().find(|(word, _)| *word == status).map(|(_, count)| count)
    }

    /// As it is told: `finished` once nothing waits, pending or parked.
    pub(crate) fn show(self, shown: &mut Map<String, Value>) {
        let status = if self.waiting > 0 { "replaying" } else { "finished" };
        let words = [
            (WAITING, self.waiting),
            (DeliveryStatus::Delivered.as_str(), self.delivered),
            (DeliveryStatus::DeadLettered.as_str(), self.dead_lettered),
            (DeliveryStatus::Resolved.as_str(), self.resolved),
        ];
        let told = words.into_iter().filter(|(_, count)| *count > 0);
        let result: Map<String, Value> =
            told.map(|(word, count)| (word.to_owned(), json!(count))).collect();
        shown.insert("status".into(), status.into());
        shown.insert("result".into(), result.into());
    }

    pub(crate) fn is_nothing(self) -> bool {
        self == Counts::default()
    }

    pub(crate) fn encode(self) -> [u8; COUNT_BYTES] {
        let mut bytes = [0; COUNT_BYTES];
        let all = [self.waiting, self.delivered, self.dead_lettered, self.resolved];
        for (bytes, count) in bytes.chunks_exact_mut(4).zip(all) {
            bytes.copy_from_slice(&count.to_be_bytes());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Counts {
        let count = |at: usize| {
            let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_be_bytes)
        };
        Counts {
            waiting: count(0),
            delivered: count(4),
            dead_lettered: count(8),
            resolved: count(12),
        }
    }
}

impl ReplayProgress {
    /// Adds it to what is shown of a replay.
    pub fn show(self, shown: &mut Map<String, Value>) {
        self.counts.show(shown);
        shown.insert("parked".into(), self.parked.into());
    }
}

impl Rows {
    /// How far a replay has come.
    ///
    /// # Errors
    /// When the store fails.
    pub fn replay(&self, id: ReplayId) -> Result<ReplayProgress, ViewError> {
        let mut progress = ReplayProgress::default();
        for (key, counts) in self.all_counts(&key(id.0))? {
            match key.get(KEY_BYTES..).and_then(|rest| rest.first_chunk()) {
                None => progress.counts = counts,
                Some(endpoint) if !self.mark(endpoint)?.listens => {
                    progress.parked = progress.parked.saturating_add(counts.waiting);
                }
                Some(_) => {}
            }
        }
        Ok(progress)
    }

    /// Adds to the row of a replay how far it has come.
    pub(crate) fn tell_replay(&self, row: &mut Map<String, Value>) -> Result<(), ViewError> {
        let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse::<ReplayId>().ok());
        if let Some(id) = id {
            self.counts(&key(id.0))?.show(row);
        }
        Ok(())
    }

    /// A delivery was taken up by a replay.
    pub(crate) fn taken_up(
        &mut self,
        replay: ReplayId,
        endpoint: EndpointId,
    ) -> Result<(), ViewError> {
        self.count(replay, endpoint, None, WAITING)
    }

    /// The stored status of a delivery in a replay has changed. Only a replay makes it wait again,
    /// and that is told by itself. What an operator settled after its attempts were used up stays
    /// a dead letter of its replay.
    pub(crate) fn moved_in(
        &mut self,
        replay: &str,
        endpoint: &str,
        (from, to): (&str, &str),
    ) -> Result<(), ViewError> {
        if from == to || to == WAITING || from == DeliveryStatus::DeadLettered.as_str() {
            return Ok(());
        }
        let (Ok(replay), Ok(endpoint)) = (replay.parse(), endpoint.parse()) else { return Ok(()) };
        self.count(replay, endpoint, Some(from), to)
    }

    fn count(
        &mut self,
        replay: ReplayId,
        endpoint: EndpointId,
        from: Option<&str>,
        to: &str,
    ) -> Result<(), ViewError> {
        let mut counts = self.counts(&key(replay.0))?;
        if let Some(count) = from.and_then(|from| counts.of(from)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = counts.of(to) {
            *count = count.saturating_add(1);
        }
        self.changed.replays.insert(key(replay.0).to_vec(), counts);
        if from == Some(WAITING) || to == WAITING {
            let key = endpoint_key(replay, endpoint);
            let mut counts = self.counts(&key)?;
            counts.waiting = match to {
                WAITING => counts.waiting.saturating_add(1),
                _ => counts.waiting.saturating_sub(1),
            };
            self.changed.replays.insert(key, counts);
        }
        Ok(())
    }
}

fn key(replay: LogRef) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    key[..8].copy_from_slice(&replay.position.get().to_be_bytes());
    key[8..].copy_from_slice(&replay.index.to_be_bytes());
    key
}

fn endpoint_key(replay: ReplayId, endpoint: EndpointId) -> Vec<u8> {
    let mut whole = Vec::with_capacity(KEY_BYTES + MARK_KEY_BYTES);
    whole.extend_from_slice(&key(replay.0));
    whole.extend_from_slice(&mark_key(endpoint.0));
    whole
}
