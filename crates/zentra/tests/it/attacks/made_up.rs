//! Requests made up from the API's own description: mostly of the right form, often a little wrong.
//!
//! Owns the choice of values and how a body is spoiled. Must not know what is answered.

use crate::support::random::Random;
use serde_json::{Map, Value, json};

/// Levels of a schema that are followed.
const DEPTH: usize = 8;

pub(crate) struct MadeUp<'a> {
    pub(crate) document: &'a Value,
    pub(crate) random: Random,
    /// What the server called things in earlier answers.
    pub(crate) ids: Vec<String>,
}

impl MadeUp<'_> {
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.random.below(times) == 0
    }

    pub(crate) fn pick<'v, T: ?Sized>(&mut self, values: &[&'v T]) -> &'v T {
        values[self.random.below(values.len() as u64) as usize]
    }

    /// The path with its parameters filled in, and perhaps a query.
    pub(crate) fn target(&mut self, path: &str, operation: &Value) -> String {
        let mut target = String::new();
        for part in path.split('/').skip(1) {
            target.push('/');
            if part.starts_with('{') {
                let value = self.parameter(path, part.trim_matches(['{', '}']));
                target.push_str(&percent(&value));
            } else {
                target.push_str(part);
            }
        }
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let mut mark = '?';
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            if self.one_in(3) {
                let name = parameter["name"].as_str().unwrap();
                let value = self.named(name);
                target.push_str(&format!("{mark}{name}={}", percent(&value)));
                mark = '&';
            }
        }
        if self.one_in(20) {
            let value = self.text();
            target.push_str(&format!("{mark}made_up={}", percent(&value)));
        }
        target
    }

    /// A parameter of a path: mostly something that the server has.
    fn parameter(&mut self, path: &str, name: &str) -> String {
        let prefixes = [
            ("/webhook-endpoints", "wep_"),
            ("/deliveries", "dlv_"),
            ("/replays", "rpl_"),
            ("/events", "evt_"),
        ];
        let known: Vec<String> = match prefixes.iter().find(|(head, _)| path.starts_with(head)) {
            Some((_, prefix)) => {
                self.ids.iter().filter(|id| id.starts_with(prefix)).cloned().collect()
            }
            None if path.starts_with("/codes") => vec!["internal".to_owned()],
            None if path.starts_with("/entries") => {
                (0..40).map(|number| format!("entry:made_up_{number}")).collect()
            }
            None => Vec::new(),
        };
        if known.is_empty() || self.one_in(8) {
            return self.named(name);
        }
        known[self.random.below(known.len() as u64) as usize].clone()
    }

    /// A body for the operation: none, one of its schema, or a spoiled one.
    pub(crate) fn body(&mut self, operation: &Value) -> Vec<u8> {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Vec::new();
        }
        let mut value = self.value("", schema, 0);
        match self.random.below(10) {
            0..6 => value.to_string().into_bytes(),
            6..8 => {
                self.spoil(&mut value);
                value.to_string().into_bytes()
            }
            _ => {
                let text = value.to_string();
                self.spoil_text(text)
            }
        }
    }

    /// A value of a schema.
    fn value(&mut self, name: &str, schema: &Value, depth: usize) -> Value {
        if depth > DEPTH {
            return Value::Null;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.document.pointer(reference.trim_start_matches('#'));
            return self.value(name, target.unwrap_or(&Value::Null), depth + 1);
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            // Beside a type, it says what fields demand of each other.
            if let Some(all) = schema[choice].as_array().filter(|_| schema["type"].is_null()) {
                let one = self.random.below(all.len() as u64) as usize;
                return self.value(name, &all[one], depth + 1);
            }
        }
        if let Some(all) = schema["enum"].as_array() {
            return all[self.random.below(all.len() as u64) as usize].clone();
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        let kind = if kinds.is_empty() { "" } else { self.pick(&kinds) };
        match kind {
            "object" => self.object(schema, depth),
            "array" if name == "postings" && !self.one_in(3) => self.postings(),
            "array" => {
                let least = schema["minItems"].as_u64().unwrap_or(0);
                let length = if self.one_in(6) { 0 } else { least + self.random.below(3) };
                (0..length).map(|_| self.value(name, &schema["items"], depth + 1)).collect()
            }
            "string" => self.named(name).into(),
            "integer" | "number" => match self.random.below(24) {
                0 => json!(u64::MAX),
                1 => json!(-1),
                2 => json!(0.5),
                _ => {
                    let bound = |name: &str, other| schema[name].as_u64().unwrap_or(other);
                    let (least, most) = (bound("minimum", 0), bound("maximum", 2_000));
                    json!(least + self.random.below((most - least).clamp(1, 2_000)))
                }
            },
            "boolean" => json!(self.one_in(2)),
            "null" => Value::Null,
            _ => self.junk(0),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut members = Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        // All that may be said, or only what must, or anything between.
        let (often, times) = match self.random.below(3) {
            0 => (0, 1),
            1 => (1, 1),
            _ => (1, 2),
        };
        for (name, property) in &properties {
            if required.contains(&json!(name)) || self.random.below(times) < often {
                members.insert(name.clone(), self.value(name, property, depth + 1));
            }
        }
        // What excludes each other is mostly not said together.
        if let Some(one) = schema["not"]["required"][0].as_str().filter(|_| !self.one_in(8)) {
            members.remove(one);
        }
        if schema["additionalProperties"].is_object() {
            for _ in 0..self.random.below(3) {
                let name = self.text();
                members.insert(name, self.value("", &schema["additionalProperties"], depth + 1));
            }
        }
        Value::Object(members)
    }

    /// Lines that balance.
    fn postings(&mut self) -> Value {
        let amount = json!({ "minor_units": self.named("minor_units"), "currency": "EUR" });
        let from = if self.one_in(2) { "world".to_owned() } else { self.named("account") };
        let to = self.named("account");
        json!([
            { "account": from, "direction": "debit", "amount": amount },
            { "account": to, "direction": "credit", "amount": amount },
        ])
    }

    /// A text that a field of this name might have.
    fn named(&mut self, name: &str) -> String {
        if self.one_in(20) {
            return self.text();
        }
        let number = self.random.below(40);
        match name {
            "intent_id" => format!("made_up_{number}"),
            "id" | "event_id" | "endpoint_id" | "cursor" => self.id(),
            "code" if number > 10 => format!("customer_balance:{number}"),
            "destination" if number > 10 => "merchant_balance:m".to_owned(),
            "source" | "destination" | "account" | "code" => self
                .pick(&["customer_balance:m", "merchant_balance:m", "customer_balance:m", "world"])
                .to_owned(),
            "currency" => self.pick(&["EUR", "EUR", "EUR", "EUR", "USD", "eur"]).to_owned(),
            "minor_units" => self.pick(&["1", "7", "5", "1", "1000", "0", "1e3"]).to_owned(),
            "limit" => self.pick(&["1", "20", "500", "501", "0", "-1"]).to_owned(),
            "url" => self
                .pick(&[
                    "http://127.0.0.1:9/a",
                    "https://example.com/",
                    "https://example.com/",
                    "a",
                ])
                .to_owned(),
            "type" | "event_type" => self.pick(&["order.placed", "a.b", "zentra.a"]).to_owned(),
            "events" => self.pick(&["*", "order.*", "transfer.settled", "a", "**"]).to_owned(),
            "actor" => self.pick(&["svc_a", "svc_b", "zentra"]).to_owned(),
            "roles" => self.pick(&["writer", "auditor", "operator", "root"]).to_owned(),
            "scope" => self.pick(&["attacker_scope", "neighbour_scope"]).to_owned(),
            "signing_secret" => self.pick(&["whsec_live", "whsec_live", "whsec_"]).to_owned(),
            "shared_secret" => self.pick(&["live", "a b"]).to_owned(),
            "money_model" => "minor_units + ledger_currency".to_owned(),
            "corridor" => self.pick(&["default", "sepa"]).to_owned(),
            "position" => number.to_string(),
            "state" => self.pick(&["evidenced", "synchronized", "accepted"]).to_owned(),
            "status" => self.pick(&["pending", "delivered", "dead_lettered"]).to_owned(),
            name if name.ends_with("_at") || name == "since" || name == "until" => {
                self.pick(&["2026-04-26T14:12:09Z", "1970-01-01T00:00:00Z", "tomorrow"]).to_owned()
            }
            _ => self.text(),
        }
    }

    fn id(&mut self) -> String {
        match self.ids.len() as u64 {
            0 => self.text(),
            known => self.ids[self.random.below(known) as usize].clone(),
        }
    }

    fn text(&mut self) -> String {
        let long = "x".repeat(self.random.below(700) as usize);
        let fixed = [
            "",
            "a",
            "order.placed",
            "../../etc/passwd",
            "\u{0}",
            "\u{1f4b8}\u{202e}",
            "a b",
            "%00",
            "'; --",
            "{{7*7}}",
            "\n",
            "-1",
            "null",
            "customer_balance",
            &long,
        ];
        self.pick(&fixed).to_owned()
    }

    /// Any JSON.
    fn junk(&mut self, depth: usize) -> Value {
        match self.random.below(if depth > 4 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(u64::MAX),
            3 => json!(1e300),
            4 => json!(-7),
            5 => self.text().into(),
            6 => (0..self.random.below(3)).map(|_| self.junk(depth + 1)).collect(),
            _ => json!({ self.text(): self.junk(depth + 1) }),
        }
    }

    /// Makes one place of the value wrong, most likely.
    fn spoil(&mut self, value: &mut Value) {
        let descends = !self.one_in(3);
        match value {
            Value::Object(members) if descends && !members.is_empty() => {
                let at = self.random.below(members.len() as u64) as usize;
                let name = members.keys().nth(at).unwrap().clone();
                match self.random.below(4) {
                    0 => drop(members.remove(&name)),
                    1 => drop(members.insert(self.text(), self.junk(0))),
                    _ => self.spoil(members.get_mut(&name).unwrap()),
                }
            }
            Value::Array(items) if descends && !items.is_empty() => {
                let at = self.random.below(items.len() as u64) as usize;
                match self.random.below(3) {
                    0 => items.push(items[at].clone()),
                    _ => self.spoil(&mut items[at]),
                }
            }
            other => {
                *other = match self.random.below(3) {
                    0 => (0..60).fold(Value::Null, |inner, _| json!([inner])),
                    1 => json!([other.clone()]),
                    _ => self.junk(0),
                }
            }
        }
    }

    /// Makes the text of a value wrong, most likely.
    fn spoil_text(&mut self, text: String) -> Vec<u8> {
        let at = self.random.below(text.len() as u64 + 1) as usize;
        let mut bytes = text.into_bytes();
        match self.random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, self.random.next() as u8),
            2 => bytes = [b"{\"a\":1,\"a\":2,".as_slice(), &bytes].concat(),
            3 => bytes = [&bytes[..at], "9".repeat(400).as_bytes(), &bytes[at..]].concat(),
            4 => bytes = [b"[".repeat(5_000), bytes].concat(),
            _ => bytes.extend_from_slice(b" {}"),
        }
        bytes
    }
}

/// The text with everything but letters and digits as `%xx`.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b':' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02x}"),
        })
        .collect()
}
