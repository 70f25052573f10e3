//! How far each replay has come.
//!
//! Counted as the entries come by, by the replay that an attempt belongs to: what becomes of a
//! delivery in one replay is that one's for ever, whatever a later one makes of it. So showing a
//! replay reads its counts, however many deliveries it took up. Owns what moves them. Must not know
//! rows.

use crate::endpoint_mark::{MARK_KEY_BYTES, mark_key};
use crate::error::ViewError;
use crate::replay_counts::Counts;
use crate::row::WAITING;
use crate::rows::Rows;
use serde_json::{Map, Value};
use zentra_delivery::DeliveryStatus;
use zentra_events::{EndpointId, LogRef, ReplayId};

/// Bytes of the key of a replay's counts. Longer ones, with the key of an endpoint behind, have
/// what waits for that endpoint.
const KEY_BYTES: usize = 10;
/// How far a replay has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayProgress {
    counts: Counts,
    /// Those of the waiting ones whose endpoint does not listen.
    parked: u32,
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
