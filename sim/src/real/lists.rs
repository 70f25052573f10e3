//! At the end each list over HTTP has all that there is, once, in pages of any size, newest first;
//! a filter has those of them that it names; and a row says what the thing's own route says.

use super::driver::Driver;
use super::shown::{same, stands, state};
use crate::failure::{Checked, must};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use zentra_events::DeliveryId;

/// Words of deliveries and intents.
const STATUSES: [&str; 5] = ["pending", "parked", "delivered", "dead_lettered", "resolved"];
const STATES: [&str; 8] = [
    "accepted",
    "rejected",
    "routed",
    "synchronized",
    "evidenced",
    "voided",
    "reversed",
    "paid_out",
];

impl Driver {
    /// All lists of a scope.
    pub(super) fn lists_are_shown(&mut self, scope: usize) -> Checked {
        self.accounts_are_listed(scope)?;
        self.intents_are_listed(scope)?;
        self.deliveries_are_listed(scope)?;
        self.events_are_listed(scope)?;
        self.replays_are_listed(scope)?;
        for row in self.pages(scope, "/webhook-endpoints", "id")? {
            let detail = self.detail(scope, &format!("/webhook-endpoints/{}", text(&row, "id")))?;
            same("an endpoint", &row, &detail)?;
        }
        self.currencies_are_listed(scope)?;
        let keys = self.pages(scope, "/keys", "id")?;
        must(keys.len() >= 2, || format!("keys: {keys:?}"))?;
        for path in ["/chart", "/policy", "/routes", "/quotas", "/checkpoint"] {
            self.get(scope, path)?;
        }
        Ok(())
    }

    /// All rows of a list, by pages of some size. None comes twice.
    fn pages(&mut self, scope: usize, list: &str, key: &str) -> Checked<Vec<Value>> {
        let limit = self.streams.schedule.magnitude(1, 500);
        let joins = if list.contains('?') { '&' } else { '?' };
        let first = format!("{list}{joins}limit={limit}");
        let (mut path, mut rows) = (first.clone(), Vec::new());
        loop {
            let page = self.get(scope, &path)?;
            let found = page["data"].as_array().cloned().unwrap_or_default();
            must(found.len() as u64 <= limit, || format!("{path} has {} rows", found.len()))?;
            rows.extend(found);
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => break,
            }
        }
        let keys: BTreeSet<&str> = rows.iter().map(|row| text(row, key)).collect();
        must(keys.len() == rows.len(), || format!("{list}: a row comes twice"))?;
        let times: Vec<&str> = rows.iter().map(|row| text(row, "recorded_at")).collect();
        must(times.is_sorted_by(|a, b| a >= b), || format!("{list}: not newest first: {times:?}"))?;
        Ok(rows)
    }

    /// A filter has those rows of the whole list that fit.
    fn filters(
        &mut self,
        scope: usize,
        (filtered, key): (&str, &str),
        all: &[Value],
        fits: impl Fn(&Value) -> bool,
    ) -> Checked {
        let shown: Vec<Value> = self.pages(scope, filtered, key)?;
        let known: Vec<Value> = all.iter().filter(|row| fits(row)).cloned().collect();
        same(filtered, &json!(shown), &json!(known))
    }

    /// Those recorded since a time, and those before it, together are all.
    fn splits(&mut self, scope: usize, (list, key): (&str, &str), all: &[Value]) -> Checked {
        if all.is_empty() {
            return Ok(());
        }
        let at = text(self.streams.schedule.pick(all), "recorded_at").to_owned();
        let since = format!("{list}?since={at}");
        self.filters(scope, (&since, key), all, |row| text(row, "recorded_at") >= at.as_str())?;
        let until = format!("{list}?until={at}");
        self.filters(scope, (&until, key), all, |row| text(row, "recorded_at") < at.as_str())
    }

    fn accounts_are_listed(&mut self, scope: usize) -> Checked {
        let rows = self.pages(scope, "/accounts", "code")?;
        let books = &self.follower.oracle.model.scopes[scope].money.books;
        let known: BTreeSet<String> = books.accounts.keys().cloned().collect();
        let listed: BTreeSet<String> =
            rows.iter().map(|row| text(row, "code").to_owned()).collect();
        must(listed == known, || format!("accounts {listed:?} of {known:?}"))?;
        for row in &rows {
            let code = text(row, "code");
            let detail = self.detail(scope, &format!("/accounts/{code}"))?;
            same(code, row, &detail)?;
            self.entries_sum(scope, row)?;
        }
        Ok(())
    }

    /// The lines of an account sum to what is on it.
    fn entries_sum(&mut self, scope: usize, account: &Value) -> Checked {
        let code = text(account, "code");
        let path = format!("/accounts/{code}/entries");
        let (mut sum, mut next) = (0_i128, format!("{path}?limit=7"));
        loop {
            let page = self.get(scope, &next)?;
            for row in page["data"].as_array().into_iter().flatten() {
                let amount: i128 = text(row, "minor_units").parse().unwrap_or(0);
                sum += if text(row, "direction") == "credit" { amount } else { -amount };
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}?limit=7&cursor={cursor}"),
                None => break,
            }
        }
        same(&path, &account["balances"]["posted"], &json!(sum.to_string()))
    }

    /// Those that are declared, or that an account has; by their codes.
    fn currencies_are_listed(&mut self, scope: usize) -> Checked {
        let rows = self.pages(scope, "/currencies", "currency")?;
        let books = &self.follower.oracle.model.scopes[scope].money.books;
        let used: BTreeSet<_> = books.accounts.values().map(|account| account.currency).collect();
        let all: BTreeSet<_> = used.iter().chain(books.declared.keys()).copied().collect();
        let known = all.into_iter().map(|currency| {
            json!({
                "currency": currency.as_str(), "exponent": books.digits(currency),
                "iso_4217": currency.iso_exponent().is_some(), "in_use": used.contains(&currency),
                "declared_at": books.declared.get(&currency).map(|(_, at)| at.get()),
            })
        });
        same("/currencies", &json!(rows), &Value::Array(known.collect()))
    }

    fn intents_are_listed(&mut self, scope: usize) -> Checked {
        let list = ("/intents", "intent_id");
        let rows = self.pages(scope, list.0, list.1)?;
        let known = self.follower.oracle.model.scopes[scope].money.all.clone();
        must(rows.len() == known.len(), || format!("{} of {}", rows.len(), known.len()))?;
        for row in &rows {
            let id = text(row, "intent_id");
            let word = known.get(id).map_or("none", |intent| intent.stage.word());
            same(id, &json!(state(&row["state"])), &json!(word))?;
            let detail = self.detail(scope, &format!("/intents/{id}"))?;
            let of = |of: &Value| json!([of["state"], of["position"]]);
            same(id, &of(row), &of(&detail))?;
            same(id, &row["minor_units"], &detail["amount"]["minor_units"])?;
        }
        for state in STATES {
            let filtered = format!("/intents?state={state}");
            self.filters(scope, (&filtered, list.1), &rows, |row| row["state"] == state)?;
        }
        self.splits(scope, list, &rows)
    }

    fn deliveries_are_listed(&mut self, scope: usize) -> Checked {
        let list = ("/deliveries", "id");
        let rows = self.pages(scope, list.0, list.1)?;
        let model = self.follower.oracle.model.deliveries.clone();
        let own = |number: &usize| {
            model.hooks.endpoints[model.all[*number].endpoint].scope as usize == scope
        };
        let known = (0..model.all.len()).filter(own).count();
        must(rows.len() == known, || format!("{} deliveries of {known}", rows.len()))?;
        for row in &rows {
            let id = text(row, "id");
            let number = id
                .parse::<DeliveryId>()
                .map_or(usize::MAX, |id| self.follower.oracle.reading.deliveries.number(id.0));
            let word = model.all.get(number).map_or("none", |delivery| {
                stands(delivery.rests, model.hooks.endpoints[delivery.endpoint].hears)
            });
            same(id, &row["status"], &json!(word))?;
            let detail = self.detail(scope, &format!("/deliveries/{id}"))?;
            for field in ["status", "attempt_count", "position", "cause", "next_attempt_at"] {
                same(&format!("{id} {field}"), &row[field], &detail[field])?;
            }
        }
        for status in STATUSES {
            let filtered = format!("/deliveries?status={status}");
            self.filters(scope, (&filtered, "id"), &rows, |row| row["status"] == status)?;
        }
        let dead = |row: &Value| row["status"] == "dead_lettered";
        self.filters(scope, ("/dead-letters", "id"), &rows, dead)?;
        for field in ["endpoint_id", "event_type", "intent_id"] {
            let values: BTreeSet<&str> = rows.iter().map(|row| text(row, field)).collect();
            for value in values.into_iter().filter(|value| !value.is_empty()).take(8) {
                for (list, only) in [("/deliveries", false), ("/dead-letters", true)] {
                    let filtered = format!("{list}?{field}={value}");
                    let fits = |row: &Value| row[field] == value && (!only || dead(row));
                    self.filters(scope, (&filtered, "id"), &rows, fits)?;
                }
            }
        }
        self.splits(scope, list, &rows)
    }

    fn events_are_listed(&mut self, scope: usize) -> Checked {
        let list = ("/events", "id");
        let rows = self.pages(scope, list.0, list.1)?;
        let published = self.follower.effects.published.iter().rev();
        let own = published.filter(|event| event.scope as usize == scope);
        let known: Vec<(String, String)> =
            own.map(|event| (event.id.to_string(), event.event_type.clone())).collect();
        let told = |row: &Value| (text(row, "id").to_owned(), text(row, "type").to_owned());
        let listed: Vec<(String, String)> = rows.iter().map(told).collect();
        must(listed == known, || format!("events {listed:?} of {known:?}"))?;
        for row in &rows {
            let id = text(row, "id");
            let detail = self.get(scope, &format!("/events/{id}"))?;
            let count = detail["deliveries"].as_array().map(Vec::len);
            same(id, &row["deliveries"], &json!(count))?;
            same(id, &row["position"], &detail["position"])?;
        }
        for field in ["type", "intent_id"] {
            let values: BTreeSet<&str> = rows.iter().map(|row| text(row, field)).collect();
            for value in values.into_iter().filter(|value| !value.is_empty()).take(8) {
                let filtered = format!("/events?{field}={value}");
                self.filters(scope, (&filtered, "id"), &rows, |row| row[field] == value)?;
            }
        }
        self.splits(scope, list, &rows)
    }

    fn replays_are_listed(&mut self, scope: usize) -> Checked {
        let list = ("/replays", "id");
        let rows = self.pages(scope, list.0, list.1)?;
        let replays = self.follower.effects.replays.iter().rev();
        let own = replays.filter(|(of, _)| *of as usize == scope);
        let known: Vec<String> = own.map(|(_, id)| id.to_string()).collect();
        let listed: Vec<String> = rows.iter().map(|row| text(row, "id").to_owned()).collect();
        must(listed == known, || format!("replays {listed:?} of {known:?}"))?;
        for row in &rows {
            let id = text(row, "id");
            let detail = self.get(scope, &format!("/replays/{id}"))?;
            for field in ["status", "result", "named", "replayed", "reason", "position"] {
                same(&format!("{id} {field}"), &row[field], &detail[field])?;
            }
        }
        self.splits(scope, list, &rows)
    }
}

/// A text of a row; empty where it has none.
fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}
