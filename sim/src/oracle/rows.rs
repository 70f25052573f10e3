//! The rows of lists as they must be shown: docs/reference/lists.md. A row says what the model says
//! of its thing.

use super::auditor::Oracle;
use super::deliveries::Rests;
use super::intents::Stage;
use super::listing::{DeliveryMade, Fate, IntentMade, Listing, Made, ReplayMade};
use serde_json::{Map, Value, json};
use zentra_events::{DeliveryId, EventId, ReplayId, ScopeNo, Timestamp};
use zentra_views::{ListKind, RowFilter};

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) shown: Value,
    pub(crate) recorded_at: Timestamp,
}

impl Row {
    /// What tells it from the others of its list.
    pub(crate) fn id(&self) -> String {
        id_of(&self.shown)
    }

    /// Whether a filter takes it.
    pub(crate) fn is_in(&self, filter: &RowFilter) -> bool {
        let text = |field: &str| self.shown[field].as_str().unwrap_or("").to_owned();
        let word = [text("status"), text("state")].concat();
        let event_type = [text("event_type"), text("type")].concat();
        let is_type = |pattern: &String| match pattern.strip_suffix('*') {
            Some(family) => event_type.starts_with(family),
            None => event_type == *pattern,
        };
        filter.endpoint.is_none_or(|endpoint| text("endpoint_id") == endpoint.to_string())
            && filter.status.as_ref().is_none_or(|status| word == *status)
            && filter
                .event_type
                .as_ref()
                .is_none_or(|pattern| !event_type.is_empty() && is_type(pattern))
            && filter.intent.as_ref().is_none_or(|intent| text("intent_id") == intent.as_str())
            && filter.since.is_none_or(|since| self.recorded_at >= since)
            && filter.until.is_none_or(|until| self.recorded_at < until)
    }
}

/// What tells a row from the others of its list.
pub(crate) fn id_of(row: &Value) -> String {
    let of = |field: &str| row[field].as_str().map(str::to_owned);
    of("id").or_else(|| of("intent_id")).or_else(|| of("code")).unwrap_or_default()
}

impl Oracle {
    /// The rows of a list, newest first.
    pub(crate) fn rows(&self, kind: ListKind, scope: ScopeNo) -> Vec<Row> {
        let listing = &self.listing;
        let mut rows: Vec<(Made, Value)> = match kind {
            ListKind::Accounts => listing
                .accounts
                .iter()
                .map(|one| {
                    let (code, currency, exponent) = (&one.code, &one.currency, one.exponent);
                    (one.made, json!({ "code": code, "currency": currency, "exponent": exponent }))
                })
                .collect(),
            ListKind::Intents => {
                listing.intents.iter().map(|one| (one.made, self.intent_row(one))).collect()
            }
            ListKind::Events => listing
                .events
                .iter()
                .map(|one| {
                    let mut row = json!({
                        "id": one.id.to_string(),
                        "type": one.event_type,
                        "deliveries": one.deliveries,
                    });
                    put(&mut row, "intent_id", one.intent.clone());
                    (one.made, row)
                })
                .collect(),
            ListKind::Deliveries | ListKind::DeadLetters => {
                let all = (0..).zip(&listing.deliveries);
                let rows = all.map(|(number, one)| (one.made, self.delivery_row(number, one)));
                rows.filter(|(_, row)| {
                    kind == ListKind::Deliveries || row["status"] == "dead_lettered"
                })
                .collect()
            }
            ListKind::Replays => {
                listing.replays.iter().map(|one| (one.made, self.replay_row(one))).collect()
            }
        };
        rows.retain(|(made, _)| made.scope == scope);
        rows.reverse();
        let row = |(made, mut shown): (Made, Value)| {
            if shown.get("position").is_none() {
                put(&mut shown, "position", Some(made.position.get()));
            }
            put(&mut shown, "recorded_at", Some(made.recorded_at.to_string()));
            Row { shown, recorded_at: made.recorded_at }
        };
        rows.into_iter().map(row).collect()
    }

    fn intent_row(&self, made: &IntentMade) -> Value {
        let intent = &self.model.scopes[made.made.scope.0 as usize].money.all[&made.id];
        let sealed = self.listing.sealed.get(&made.made.scope).copied().unwrap_or(0);
        let is_covered = made.settled.is_some_and(|number| number < sealed);
        let state = match intent.stage {
            Stage::Synchronized if is_covered => "evidenced",
            stage => stage.word(),
        };
        let some = |amount: u128| Some(amount).filter(|amount| *amount > 0);
        let mut row = json!({
            "intent_id": made.id, "state": state, "position": intent.last.get(),
        });
        let terms = made.terms.as_ref();
        put(&mut row, "minor_units", terms.map(|(amount, _)| amount.0.to_string()));
        put(&mut row, "currency", terms.map(|(_, currency)| currency.clone()));
        put(&mut row, "settled", some(intent.settled).map(|amount| amount.to_string()));
        put(&mut row, "reversed", some(intent.reversed).map(|amount| amount.to_string()));
        put(&mut row, "code", intent.code.filter(|_| intent.stage == Stage::Rejected));
        row
    }

    fn delivery_row(&self, number: usize, made: &DeliveryMade) -> Value {
        let delivery = &self.model.deliveries.all[number];
        let event = &self.listing.events[delivery.event];
        let listens = Listing::hears(&self.model, delivery.endpoint);
        let status = match delivery.rests {
            Rests::Waiting if listens => "pending",
            Rests::Waiting => "parked",
            Rests::Delivered => "delivered",
            Rests::Dead => "dead_lettered",
            Rests::Resolved | Rests::GivenUp => "resolved",
        };
        let mut row = json!({
            "id": made.id.to_string(),
            "status": status,
            "event_id": made.event.to_string(),
            "event_type": event.event_type,
            "endpoint_id": made.endpoint.to_string(),
            "attempt_count": delivery.attempts,
            "position": made.last.get(),
        });
        put(&mut row, "intent_id", event.intent.clone());
        let due = Some(delivery.due.to_string()).filter(|_| status == "pending");
        put(&mut row, "next_attempt_at", due);
        put(&mut row, "replay_id", made.replay.map(|replay| replay.to_string()));
        if let Some(attempt) = &made.attempt {
            let result = serde_json::to_value(attempt.result).ok();
            put(&mut row, "last_result", result);
            put(&mut row, "cause", attempt.result.cause());
            put(&mut row, "status_code", attempt.result.status());
            put(&mut row, "last_attempt_at", Some(attempt.started_at.to_string()));
        }
        row
    }

    fn replay_row(&self, made: &ReplayMade) -> Value {
        let mut row = json!({
            "id": made.id.to_string(),
            "filter": serde_json::from_str::<Value>(&made.filter).unwrap_or_default(),
            "reason": made.reason,
            "named": made.named,
            "replayed": made.named - made.skipped,
        });
        for (field, value) in progress(made) {
            put(&mut row, &field, Some(value));
        }
        row
    }

    /// What is told of how far a replay has come, by itself; none when there is no such replay.
    pub(crate) fn replay_progress(&self, id: ReplayId) -> Option<Map<String, Value>> {
        let made = self.listing.replays.iter().find(|made| made.id == id)?;
        let waits = made.fates.iter().filter(|(_, fate)| **fate == Fate::Waits);
        let endpoint = |id: &DeliveryId| {
            let number = self.reading.deliveries.number(id.0);
            self.model.deliveries.all[number].endpoint
        };
        let parked = waits.filter(|(id, _)| !Listing::hears(&self.model, endpoint(id))).count();
        let mut shown = progress(made);
        shown.insert("parked".into(), parked.into());
        Some(shown)
    }

    /// Every replay, and every event, of a scope.
    pub(crate) fn replays_and_events(&self, scope: ScopeNo) -> (Vec<ReplayId>, Vec<EventId>) {
        let replays = self.listing.replays.iter().filter(|made| made.made.scope == scope);
        let events = self.listing.events.iter().filter(|made| made.made.scope == scope);
        (replays.map(|made| made.id).collect(), events.map(|made| made.id).collect())
    }
}

fn progress(made: &ReplayMade) -> Map<String, Value> {
    let count = |fate: Fate| made.fates.values().filter(|one| **one == fate).count();
    let words = [
        ("waiting", Fate::Waits),
        ("delivered", Fate::Delivered),
        ("dead_lettered", Fate::Dead),
        ("resolved", Fate::Resolved),
    ];
    let counts = words.into_iter().map(|(word, fate)| (word.to_owned(), count(fate)));
    let result: Map<String, Value> =
        counts.filter(|(_, count)| *count > 0).map(|(word, count)| (word, json!(count))).collect();
    let status = if count(Fate::Waits) > 0 { "replaying" } else { "finished" };
    let mut shown = Map::new();
    shown.insert("status".into(), status.into());
    shown.insert("result".into(), Value::Object(result));
    shown
}

fn put(row: &mut Value, field: &str, value: Option<impl Into<Value>>) {
    if let (Some(row), Some(value)) = (row.as_object_mut(), value) {
        row.insert(field.to_owned(), value.into());
    }
}
