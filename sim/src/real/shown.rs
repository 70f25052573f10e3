//! At the end each thing is shown over HTTP as the model has it.
//!
//! Owns the details; lists are in `lists`, evidence is in `evidence`.

use super::driver::{Driver, PATIENCE};
use super::http::Ask;
use crate::failure::{Checked, fail, must};
use crate::oracle::{Account, Delivery, Depth, Hears, Intent, Rests, Stage, Status};
use serde_json::{Value, json};
use std::time::Duration;
use zentra_events::event::role;
use zentra_events::{DeliveryId, EndpointId, EventId, Timestamp};

/// Instants and positions of the past that each account is asked for.
const PAST: usize = 4;

impl Driver {
    /// All that there is.
    pub(super) fn is_shown(&mut self) -> Checked {
        self.is_ready()?;
        for scope in 0..self.scopes {
            self.accounts_are_shown(scope)?;
            self.intents_are_shown(scope)?;
            self.webhooks_are_shown(scope)?;
            self.lists_are_shown(scope)?;
            self.evidence_is_shown(scope)?;
        }
        self.server_is_shown()
    }

    /// What is read of a scope, as its admin.
    pub(super) fn get(&mut self, scope: usize, path: &str) -> Checked<Value> {
        let ask = Ask::get(path, &self.admin(scope as u32));
        let until = self.env.passed() + PATIENCE;
        loop {
            let Some(server) = &self.server else { return fail("no server runs") };
            self.counts.readings += 1;
            match self.client.ask(server.address, &ask) {
                Ok(reply) if reply.status == 200 => return Ok(reply.json()),
                // It says when to come again.
                Ok(reply) if reply.status == 503 && self.env.passed() < until => {
                    self.lands_within(Duration::from_millis(50))?;
                }
                Ok(reply) => return fail(format!("{path} is answered {reply:?}")),
                Err(error) => return fail(format!("{path}: {error}")),
            }
        }
    }

    /// What is shown of a thing: nothing changes any more, so it is read once.
    pub(super) fn detail(&mut self, scope: usize, path: &str) -> Checked<Value> {
        let whose = (scope, path.to_owned());
        if let Some(known) = self.details.get(&whose) {
            return Ok(known.clone());
        }
        let shown = self.get(scope, path)?;
        self.details.insert(whose, shown.clone());
        Ok(shown)
    }

    /// The server says that all of it works, and all is under checkpoints.
    fn is_ready(&mut self) -> Checked {
        let until = self.env.passed() + PATIENCE;
        loop {
            let told = self.get(0, "/readyz")?;
            self.follows()?;
            let ready =
                ["commands", "lists", "evidence"].iter().all(|part| told["parts"][part] == "ready");
            if ready && told["status"] == "ready" && self.follower.is_sealed() {
                let position = told["position"].as_u64().unwrap_or(0);
                let end = self.follower.oracle.next().get();
                return must(position <= end, || format!("ready at {position} of {end}"));
            }
            let late = self.env.passed() > until;
            must(!late, || format!("not ready: {told}, heads {:?}", self.follower.heads))?;
            self.lands_within(Duration::from_millis(10))?;
        }
    }

    fn accounts_are_shown(&mut self, scope: usize) -> Checked {
        let books = &self.follower.oracle.model.scopes[scope].money.books;
        for (code, account) in books.accounts.clone() {
            let shown = self.detail(scope, &format!("/accounts/{code}"))?;
            same(&code, &account_shown(&shown), &account_known(&account))?;
            self.balances_are_shown(scope, &code, account.posted)?;
        }
        Ok(())
    }

    /// What an account has now, and had, by each of the three ways to ask for it.
    fn balances_are_shown(&mut self, scope: usize, code: &str, posted: i128) -> Checked {
        let whose = (scope as u32, code);
        let of_it: Vec<(u64, Timestamp, Timestamp)> = self
            .follower
            .effects
            .moved
            .iter()
            .filter(|one| (one.scope, one.code.as_str()) == whose)
            .map(|one| (one.position.get(), one.recorded_at, one.effective_at))
            .collect();
        let mut asked = vec![(String::new(), posted)];
        for _ in 0..PAST.min(of_it.len()) {
            let (position, recorded_at, effective_at) = *self.streams.schedule.pick(&of_it);
            let before = Timestamp(effective_at.0.saturating_sub(self.streams.schedule.below(2)));
            let effects = &self.follower.effects;
            let by_position = effects.balance(whose, |one| one.position.get() <= position);
            let by_recording = effects.balance(whose, |one| one.recorded_at <= recorded_at);
            let by_effect = effects.balance(whose, |one| one.effective_at <= before);
            asked.push((format!("?position={position}"), by_position));
            asked.push((format!("?recorded_at={recorded_at:.6}"), by_recording));
            asked.push((format!("?effective_at={before:.9}"), by_effect));
        }
        for (query, known) in asked {
            let path = format!("/accounts/{code}/balance{query}");
            let shown = self.get(scope, &path)?;
            same(&path, &shown["posted"], &json!(known.to_string()))?;
        }
        Ok(())
    }

    fn intents_are_shown(&mut self, scope: usize) -> Checked {
        let all = self.follower.oracle.model.scopes[scope].money.all.clone();
        for (id, intent) in all {
            let shown = self.detail(scope, &format!("/intents/{id}"))?;
            same(&id, &intent_shown(&shown), &intent_known(&intent))?;
        }
        Ok(())
    }

    fn webhooks_are_shown(&mut self, scope: usize) -> Checked {
        let model = self.follower.oracle.model.deliveries.clone();
        for number in model.hooks.of_scope(scope as u32) {
            let id = EndpointId(self.follower.oracle.reading.endpoints.id(number));
            let shown = self.detail(scope, &format!("/webhook-endpoints/{id}"))?;
            let endpoint = &model.hooks.endpoints[number];
            let (version, ..) = model.hooks.signs(number);
            let known = json!([endpoint.url, hears(endpoint.hears), version]);
            let told = json!([shown["url"], shown["status"], shown["secret"]["version"]]);
            same(&id.to_string(), &told, &known)?;
        }
        for (number, delivery) in model.all.iter().enumerate() {
            let endpoint = &model.hooks.endpoints[delivery.endpoint];
            if endpoint.scope as usize == scope {
                self.delivery_is_shown(scope, number, delivery, endpoint.hears)?;
            }
        }
        Ok(())
    }

    fn delivery_is_shown(
        &mut self,
        scope: usize,
        number: usize,
        delivery: &Delivery,
        endpoint: Hears,
    ) -> Checked {
        let (oracle, reading) = (&self.follower.oracle, &self.follower.oracle.reading);
        let id = DeliveryId(reading.deliveries.id(number));
        let known = json!({
            "status": stands(delivery.rests, endpoint),
            "attempts": delivery.attempts,
            "endpoint": EndpointId(reading.endpoints.id(delivery.endpoint)).to_string(),
            "event": EventId(reading.events.id(delivery.event)).to_string(),
            "type": oracle.model.deliveries.events[delivery.event],
            "trail": delivery.attempts,
        });
        let shown = self.detail(scope, &format!("/deliveries/{id}"))?;
        let told = json!({
            "status": shown["status"], "attempts": shown["attempt_count"],
            "endpoint": shown["endpoint_id"], "event": shown["event_id"],
            "type": shown["event_type"], "trail": shown["attempts"].as_array().map(Vec::len),
        });
        same(&id.to_string(), &told, &known)
    }

    /// What is told of the server itself, and of the deployment.
    fn server_is_shown(&mut self) -> Checked {
        let Some(server) = &self.server else { return fail("no server runs") };
        let address = server.address;
        for path in ["/healthz", "/metrics", "/openapi.json", "/codes/insufficient_funds"] {
            let reply = self.client.ask(address, &Ask::get(path, ""));
            must(reply.as_ref().is_ok_and(|reply| reply.status == 200), || format!("{reply:?}"))?;
        }
        let deployment = self.ring.own(0, role::DEPLOYMENT).map(|held| held.text.clone());
        let ask = Ask::get("/scopes?limit=500", &deployment.unwrap_or_default());
        let scopes = self.client.ask(address, &ask);
        let listed = scopes.map(|reply| reply.json()["data"].as_array().map_or(0, Vec::len));
        let known = self.follower.oracle.model.scopes.len();
        must(listed.as_ref().is_ok_and(|count| *count == known), || format!("scopes: {listed:?}"))?;
        let projections = self.get(0, "/projections")?;
        must(projections["projections"].is_array(), || format!("{projections}"))
    }
}

/// What is shown is what is known.
pub(super) fn same(what: &str, shown: &Value, known: &Value) -> Checked {
    must(shown == known, || format!("{what}: it is {known}, and is shown as {shown}"))
}

fn account_known(account: &Account) -> Value {
    let floor = match account.depth {
        Depth::Zero => json!({ "kind": "none" }),
        Depth::Limit(limit) => json!({ "kind": "limit", "limit": limit.to_string() }),
        Depth::Unbounded => json!({ "kind": "unbounded" }),
    };
    let status = match account.status {
        Status::Open => "open",
        Status::Frozen => "frozen",
        Status::Closed => "closed",
    };
    json!({
        "currency": account.currency.as_str(), "exponent": account.exponent, "floor": floor,
        "status": status, "posted": account.posted.to_string(),
        "reserved": account.reserved.to_string(),
    })
}

fn account_shown(shown: &Value) -> Value {
    let balances = &shown["balances"];
    json!({
        "currency": shown["currency"], "exponent": shown["exponent"], "floor": shown["floor"],
        "status": shown["status"], "posted": balances["posted"], "reserved": balances["reserved"],
    })
}

fn intent_known(intent: &Intent) -> Value {
    let sums = intent.moves.is_some() && intent.stage != Stage::Rejected;
    json!({
        "state": intent.stage.word(), "position": intent.last.get(), "code": intent.code,
        "settled": sums.then(|| intent.settled.to_string()),
        "reversed": sums.then(|| intent.reversed.to_string()),
    })
}

fn intent_shown(shown: &Value) -> Value {
    let code = match &shown["rejection"]["code"] {
        Value::Null => &shown["void"]["code"],
        code => code,
    };
    json!({
        "state": state(&shown["state"]), "position": shown["position"], "code": code,
        "settled": shown["sums"]["settled"], "reversed": shown["sums"]["reversed"],
    })
}

/// A state without its checkpoint.
pub(super) fn state(told: &Value) -> &str {
    match told.as_str().unwrap_or_default() {
        "evidenced" => Stage::Synchronized.word(),
        other => other,
    }
}

fn hears(hears: Hears) -> &'static str {
    match hears {
        Hears::Listening => "listening",
        Hears::Disabled => "disabled",
        Hears::Deleted => "deleted",
    }
}

/// The word for how a delivery stands.
pub(super) fn stands(rests: Rests, endpoint: Hears) -> &'static str {
    match (rests, endpoint) {
        (Rests::Waiting, Hears::Listening) => "pending",
        (Rests::Waiting, _) => "parked",
        (Rests::Delivered, _) => "delivered",
        (Rests::Dead, _) => "dead_lettered",
        (Rests::Resolved | Rests::GivenUp, _) => "resolved",
    }
}
