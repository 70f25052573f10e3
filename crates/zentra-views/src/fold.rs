//! From entries to view rows.
//!
//! Owns what each event does to which row: it changes the rows of a moment, and may touch one many
//! times. Must not write the store.

use crate::asked::asked;
use crate::endpoint_mark::{Mark, mark_key};
use crate::error::ViewError;
use crate::key::{Key, ListKind, ref_key, row_key};
use crate::progress::Progress;
use crate::row::{AccountRow, DeliveryRow, EventRow, IntentRow, ReplayRow, WAITING};
use crate::rows::Rows;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zentra_delivery::DeliveryStatus;
use zentra_events::event::{
    AttemptV1, EventPublishedV1, IntentDetailsV1, PublishedDataV1, ReplayRequestedV1,
};
use zentra_events::{
    DeliveryId, EndpointId, Entry, Event, EventId, Header, IntentNo, LogRef, Position, ReplayId,
};

/// Changes the rows of a moment as entries say.
pub(crate) struct Changes {
    partition: u16,
    pub(crate) rows: Rows,
}

impl Changes {
    pub(crate) fn new(partition: u16, rows: Rows) -> Changes {
        Changes { partition, rows }
    }

    pub(crate) fn entry(&mut self, entry: &Entry) -> Result<(), ViewError> {
        let header = &entry.header;
        for (index, recorded) in entry.events().iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            self.money_event(header, index, &recorded.event)?;
            self.delivery_event(entry, index, &recorded.event)?;
        }
        self.rows.date(entry)
    }

    fn money_event(&mut self, header: &Header, index: u16, event: &Event) -> Result<(), ViewError> {
        if let Event::AccountOpened(opened) = event {
            let row = AccountRow {
                code: opened.code.to_string(),
                currency: opened.currency.to_string(),
                exponent: opened.exponent,
                position: header.position.get(),
                recorded_at: header.recorded_at.to_string(),
            };
            self.put(at(ListKind::Accounts, header, index), &row)
        } else if let Event::IntentAccepted(accepted) = event {
            let key = at(ListKind::Intents, header, index);
            self.rows.changed.numbers.insert(accepted.intent.0.to_be_bytes(), key);
            let mut row = IntentRow {
                intent_id: accepted.intent_id.to_string(),
                minor_units: None,
                currency: None,
                progress: Progress::default(),
                code: None,
                position: header.position.get(),
                recorded_at: header.recorded_at.to_string(),
            };
            describe(&mut row, accepted.details.as_ref());
            self.put(key, &row)
        } else if let Some(intent) = event.intent() {
            self.intent(intent, |row| {
                row.progress.follow(header, event);
                row.position = header.position.get();
                if let Event::IntentConfirmed(confirmed) = event {
                    describe(row, Some(&confirmed.details));
                } else if let Event::IntentRejected(rejected) = event {
                    row.code = Some(rejected.code.to_string());
                }
            })
        } else {
            if let Event::EvidenceSealed(sealed) = event {
                self.rows.changed.sealed.insert(header.scope.0.to_be_bytes(), sealed.tree_size);
            }
            Ok(())
        }
    }

    fn delivery_event(
        &mut self,
        entry: &Entry,
        index: u16,
        event: &Event,
    ) -> Result<(), ViewError> {
        let header = &entry.header;
        if let Event::EventPublished(published) = event {
            self.published(entry, index, published)
        } else if let Event::DeliveryQueued(queued) = event {
            let published = published_at(entry, queued.event);
            let row = DeliveryRow {
                id: DeliveryId::at(self.partition, header.position, index).to_string(),
                status: WAITING.into(),
                event_id: queued.event.to_string(),
                event_type: published.map_or_else(String::new, |p| p.event_type.to_string()),
                endpoint_id: queued.endpoint.to_string(),
                intent_id: published.and_then(intent_id_of),
                attempt_count: 0,
                position: header.position.get(),
                recorded_at: header.recorded_at.to_string(),
                last_result: None,
                cause: None,
                status_code: None,
                last_attempt_at: None,
                next_attempt_at: Some(queued.due_at.to_string()),
                replay_id: None,
            };
            let key = at(ListKind::Deliveries, header, index);
            self.rows.changed.waiting.insert(key, true);
            self.put(key, &row)
        } else if let Event::DeliverySucceeded(done) = event {
            self.attempt(header, done.delivery, &done.attempt, |row| {
                row.status = DeliveryStatus::Delivered.as_str().into();
                row.next_attempt_at = None;
            })
        } else if let Event::DeliveryFailed(failed) = event {
            // Without a next attempt it is a dead letter, as the next event says, or it waits.
            let next = failed.next_attempt_at.unwrap_or(header.recorded_at);
            self.attempt(header, failed.delivery, &failed.attempt, |row| {
                // Else it was given up while the attempt was under way.
                if row.status == WAITING {
                    row.next_attempt_at = Some(next.to_string());
                }
            })
        } else if let Event::DeliveryDeadLettered(dead) = event {
            self.status(header, dead.delivery, DeliveryStatus::DeadLettered)
        } else if let Event::DeliveryResolved(resolved) = event {
            self.status(header, resolved.delivery, DeliveryStatus::Resolved)
        } else if let Event::DeliveryReplayed(replayed) = event {
            let (id, due_at) = (replayed.replay, replayed.due_at);
            self.rows.taken_up(id, replayed.endpoint)?;
            self.delivery(header, replayed.delivery, |row| {
                row.status = WAITING.into();
                row.replay_id = Some(id.to_string());
                row.next_attempt_at = Some(due_at.to_string());
            })
        } else if let Event::DeliveryMadeDue(made_due) = event {
            let due_at = made_due.due_at;
            self.delivery(header, made_due.delivery, |row| {
                row.next_attempt_at = Some(due_at.to_string());
            })
        } else if let Event::ReplayRequested(replay) = event {
            self.replay(header, index, replay)
        } else {
            self.endpoint_event(header, index, event);
            Ok(())
        }
    }

    /// An endpoint is made, stops or goes on: what waits for it is told so when it is read.
    fn endpoint_event(&mut self, header: &Header, index: u16, event: &Event) {
        let made = EndpointId::at(self.partition, header.position, index);
        let now = (header.position, header.recorded_at);
        let (endpoint, listens, enabled) = match event {
            Event::EndpointCreated(_) => (made, true, None),
            Event::EndpointEnabled(body) => (body.endpoint, true, Some(now)),
            Event::EndpointDisabled(body) => (body.endpoint, false, None),
            Event::EndpointDeleted(body) => (body.endpoint, false, None),
            _ => return,
        };
        self.rows.changed.marks.insert(mark_key(endpoint.0), Mark { listens, enabled });
    }

    fn published(
        &mut self,
        entry: &Entry,
        index: u16,
        published: &EventPublishedV1,
    ) -> Result<(), ViewError> {
        let header = &entry.header;
        let id = EventId::at(self.partition, header.position, index);
        let deliveries = entry.events().iter().filter(|recorded| {
            matches!(&recorded.event, Event::DeliveryQueued(queued) if queued.event == id)
        });
        let row = EventRow {
            id: id.to_string(),
            event_type: published.event_type.to_string(),
            position: header.position.get(),
            recorded_at: header.recorded_at.to_string(),
            intent_id: intent_id_of(published),
            deliveries: u32::try_from(deliveries.count()).unwrap_or(u32::MAX),
        };
        self.put(at(ListKind::Events, header, index), &row)
    }

    fn replay(
        &mut self,
        header: &Header,
        index: u16,
        replay: &ReplayRequestedV1,
    ) -> Result<(), ViewError> {
        let skipped = u32::try_from(replay.skipped.len()).unwrap_or(u32::MAX);
        let row = ReplayRow {
            id: ReplayId::at(self.partition, header.position, index).to_string(),
            filter: asked(&replay.filter).into(),
            reason: replay.reason.clone(),
            named: replay.named,
            replayed: replay.named.saturating_sub(skipped),
            position: header.position.get(),
            recorded_at: header.recorded_at.to_string(),
        };
        self.put(at(ListKind::Replays, header, index), &row)
    }

    fn attempt(
        &mut self,
        header: &Header,
        delivery: DeliveryId,
        attempt: &AttemptV1,
        then: impl FnOnce(&mut DeliveryRow),
    ) -> Result<(), ViewError> {
        let result = serde_json::to_value(attempt.result)?;
        self.delivery(header, delivery, |row| {
            row.attempt_count = attempt.number;
            row.last_result = Some(result);
            row.cause = attempt.result.cause().map(str::to_owned);
            row.status_code = attempt.result.status();
            row.last_attempt_at = Some(attempt.started_at.to_string());
            then(row);
        })
    }

    fn status(
        &mut self,
        header: &Header,
        delivery: DeliveryId,
        status: DeliveryStatus,
    ) -> Result<(), ViewError> {
        self.delivery(header, delivery, |row| {
            row.status = status.as_str().into();
            row.next_attempt_at = None;
        })
    }

    fn delivery(
        &mut self,
        header: &Header,
        delivery: DeliveryId,
        change: impl FnOnce(&mut DeliveryRow),
    ) -> Result<(), ViewError> {
        let scope = header.scope;
        let key = ref_key(ListKind::Deliveries, scope, delivery.0);
        let Some(mut row) = self.get::<DeliveryRow>(key)? else { return Ok(()) };
        let before = row.status.clone();
        change(&mut row);
        if let Some(replay) = &row.replay_id {
            self.rows.moved_in(replay, &row.endpoint_id, (&before, &row.status))?;
        }
        row.position = header.position.get();
        self.rows.changed.waiting.insert(key, row.status == WAITING);
        let dead = ref_key(ListKind::DeadLetters, scope, delivery.0);
        if row.status == DeliveryStatus::DeadLettered.as_str() {
            self.put(dead, &row)?;
        } else {
            self.rows.changed.rows.insert(dead, None);
        }
        self.put(key, &row)
    }

    fn intent(
        &mut self,
        intent: IntentNo,
        change: impl FnOnce(&mut IntentRow),
    ) -> Result<(), ViewError> {
        let Some(key) = self.rows.intent_key(intent)? else { return Ok(()) };
        let Some(mut row) = self.get::<IntentRow>(key)? else { return Ok(()) };
        change(&mut row);
        self.put(key, &row)
    }

    fn get<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>, ViewError> {
        let bytes = self.rows.row(&key)?;
        Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }

    fn put(&mut self, key: Key, row: &impl Serialize) -> Result<(), ViewError> {
        self.rows.changed.rows.insert(key, Some(serde_json::to_vec(row)?));
        Ok(())
    }
}

fn at(kind: ListKind, header: &Header, index: u16) -> Key {
    row_key(kind, header.scope, header.position, index)
}

fn describe(row: &mut IntentRow, details: Option<&IntentDetailsV1>) {
    if let Some(details) = details {
        row.minor_units = Some(details.amount.to_string());
        row.currency = Some(details.currency.to_string());
    }
}

fn published_at(entry: &Entry, event: EventId) -> Option<&EventPublishedV1> {
    let LogRef { position, index, .. } = event.0;
    let here: Position = entry.header.position;
    let recorded = entry.events().get(usize::from(index)).filter(|_| position == here)?;
    if let Event::EventPublished(body) = &recorded.event { Some(body) } else { None }
}

fn intent_id_of(published: &EventPublishedV1) -> Option<String> {
    if let PublishedDataV1::Transfer { intent_id, .. } = &published.data {
        Some(intent_id.to_string())
    } else {
        None
    }
}
