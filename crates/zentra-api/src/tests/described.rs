//! The API's description against its parsers: what it says is taken at its bounds, and nothing
//! beyond them.
//!
//! Each body's schema is walked beside a body that fits it; at every place one thing is changed, to
//! what the schema still allows or no longer does. A refusal for what the ledger or an endpoint
//! says is none for the form.

use super::described_bodies::bodies;
use super::described_values::{examples, holds, many};
use super::world::{ALL_ROLES, Reply, World};
use crate::openapi::{collect, document};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use zentra_events::ScopeNo;
use zentra_events::event::role;

/// Codes of a body that has not the form that its route takes.
const OF_THE_FORM: [&str; 6] = [
    "validation_failed",
    "filter_invalid",
    "policy_invalid",
    "secret_invalid",
    "body_too_large",
    "unsupported_media_type",
];

/// A body with one place changed.
struct Changed {
    at: String,
    body: Value,
    fits: bool,
}

/// Walks a schema beside a body that fits it.
struct Walk<'a> {
    document: &'a Value,
    body: &'a Value,
    changed: Vec<Changed>,
    /// Places of the schemas that were walked.
    seen: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.document.pointer(&reference[1..]).unwrap(),
            None => schema,
        }
    }

    fn change(&mut self, at: &str, value: Value, fits: bool) {
        let mut body = self.body.clone();
        *body.pointer_mut(at).unwrap() = value;
        self.changed.push(Changed { at: at.to_owned(), body, fits });
    }

    /// `asked` says whether null was tried where this stands.
    fn walk(&mut self, schema: &'a Value, at: &str, asked: bool) {
        if let Some(reference) = schema["$ref"].as_str() {
            self.seen.insert(reference.to_owned());
        }
        let schema = self.resolved(schema);
        let here = self.body.pointer(at).unwrap();
        if let Some(choices) = schema["oneOf"].as_array().filter(|_| schema["type"].is_null()) {
            let nullable = choices.iter().any(|choice| choice["type"] == "null");
            self.change(at, Value::Null, nullable);
            for choice in choices.iter().filter(|choice| choice["type"] != "null") {
                let tag = &self.resolved(choice)["properties"]["rule"]["enum"][0];
                if tag.is_null() || *tag == here["rule"] {
                    self.walk(choice, at, true);
                }
            }
            return;
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        if !at.is_empty() && !asked && !types.is_empty() {
            self.change(at, Value::Null, types.contains(&"null"));
        }
        let wrong = if types.contains(&"boolean") { json!("x") } else { json!(true) };
        self.change(at, wrong, types.is_empty());
        match types.iter().find(|kind| **kind != "null") {
            Some(&"string") => self.string(schema, at),
            Some(&"integer") => self.integer(schema, at),
            Some(&"array") => self.list(schema, at),
            Some(&"object") => self.object(schema, at),
            _ => {}
        }
    }

    fn string(&mut self, schema: &'a Value, at: &str) {
        let (fit, unfit) = examples(schema);
        for (values, fits) in [(fit, true), (unfit, false)] {
            for value in values {
                self.change(at, value.into(), fits);
            }
        }
    }

    fn integer(&mut self, schema: &'a Value, at: &str) {
        let bound = |name: &str| schema[name].as_u64().unwrap_or_else(|| panic!("{at}: {name}"));
        let (least, most) = (bound("minimum"), bound("maximum"));
        self.change(at, json!(least), true);
        self.change(at, json!(most), true);
        self.change(at, json!(0.5), false);
        self.change(at, json!(i128::from(least).saturating_sub(1) as i64), false);
        if let Some(over) = most.checked_add(1) {
            self.change(at, json!(over), false);
        }
    }

    fn list(&mut self, schema: &'a Value, at: &str) {
        let bound = |name: &str| schema[name].as_u64().unwrap_or_else(|| panic!("{at}: {name}"));
        let (least, most) = (bound("minItems"), bound("maxItems"));
        for (count, fits) in [(least, true), (most, true), (most + 1, false)] {
            let items = self.body.pointer(at).unwrap().as_array().unwrap();
            self.change(at, many(at, items, count as usize), fits);
        }
        if let Some(fewer) = least.checked_sub(1) {
            let items = self.body.pointer(at).unwrap().as_array().unwrap();
            self.change(at, many(at, items, fewer as usize), false);
        }
        let items = self.body.pointer(at).unwrap().as_array().unwrap().len();
        for index in 0..items {
            let first = schema["prefixItems"].get(index);
            self.walk(first.unwrap_or(&schema["items"]), &format!("{at}/{index}"), false);
        }
    }

    fn object(&mut self, schema: &'a Value, at: &str) {
        let here = self.body.pointer(at).unwrap().as_object().unwrap().clone();
        let with = |name: &str, value: Value| {
            let mut changed = here.clone();
            changed.insert(name.to_owned(), value);
            Value::Object(changed)
        };
        if schema["additionalProperties"] == json!(false) {
            self.change(at, with("zz_unknown", json!(1)), false);
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let mut changed = here.clone();
            changed.remove(name.as_str().unwrap()).unwrap();
            self.change(at, changed.into(), false);
        }
        if schema["propertyNames"].is_object() {
            self.pairs(schema, at, &here);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if here.contains_key(name) {
                self.seen.insert(format!("{at}/{name}"));
                self.walk(property, &format!("{at}/{name}"), false);
            }
        }
    }

    /// An object of the caller's own names.
    fn pairs(&mut self, schema: &'a Value, at: &str, here: &Map<String, Value>) {
        let (name, value) = here.iter().next().unwrap();
        if let Some(most) = schema["maxProperties"].as_u64() {
            let pairs = |count: u64| (0..count).map(|n| (format!("k{n}"), value.clone()));
            self.change(at, Value::Object(pairs(most).collect()), true);
            self.change(at, Value::Object(pairs(most + 1).collect()), false);
        }
        for (names, fits) in [
            (examples(&schema["propertyNames"]).0, true),
            (examples(&schema["propertyNames"]).1, false),
        ] {
            for name in names {
                self.change(at, json!({ name: value }), fits);
            }
        }
        self.walk(&schema["additionalProperties"], &format!("{at}/{name}"), false);
    }
}

struct Asker {
    world: World,
    key: String,
    endpoint: String,
    asked: usize,
}

impl Asker {
    async fn new() -> Asker {
        let world = World::new().await;
        let key = world.key_with(ScopeNo(0), "deployer", ALL_ROLES | role::DEPLOYMENT).await;
        world.fund("customer_balance", 1_000_000).await;
        let _other = world.scope_key("quota_scope", "svc").await;
        let body = json!({ "url": "https://example.com/", "events": ["none.*"] });
        let made = world.post("/webhook-endpoints", &body).await.body;
        let endpoint = made["id"].as_str().unwrap().to_owned();
        Asker { world, key, endpoint, asked: 0 }
    }

    /// Sends a body; what must be new is new, unless it is what is asked about.
    async fn ask(&mut self, (method, path): (&str, &str), at: &str, mut body: Value) -> Reply {
        self.asked += 1;
        let new = format!("new{}", self.asked);
        for name in ["intent_id", "code", "name"] {
            if at != format!("/{name}") && body[name].is_string() {
                body[name] = json!(new);
            }
        }
        if path.ends_with("/confirm") {
            drop(self.world.post("/intents", &json!({ "intent_id": new })).await);
        }
        self.send((method, path), &new, body.to_string()).await
    }

    async fn send(&self, (method, path): (&str, &str), new: &str, body: String) -> Reply {
        let path = path
            .replace("/currencies/{code}", "/currencies/PTS")
            .replace("{code}", "customer_balance:none")
            .replace("{name}", "quota_scope")
            .replace("{intent_id}", new)
            .replace("/webhook-endpoints/{id}", &format!("/webhook-endpoints/{}", self.endpoint))
            .replace("{id}", "dlv_00000000000000000000");
        self.world.send(&method.to_uppercase(), &path, &self.key, &[], body).await
    }
}

fn is_taken(reply: &Reply) -> bool {
    assert!(reply.status < 500, "{}", reply.text);
    !OF_THE_FORM.contains(&reply.body["code"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn what_the_description_allows_is_taken_and_nothing_else() {
    let document: Value = serde_json::from_str(document()).unwrap();
    let mut asker = Asker::new().await;
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let body = &operation["requestBody"];
            let schema = &body["content"]["application/json"]["schema"];
            if !body.is_object() || path == "/intents/batch" {
                continue;
            }
            let route = (method.as_str(), path.as_str());
            for base in bodies(method, path) {
                let mut walk = Walk {
                    document: &document,
                    body: &base,
                    changed: Vec::new(),
                    seen: BTreeSet::new(),
                };
                walk.walk(schema, "", true);
                let reference = schema["$ref"].as_str().unwrap();
                seen.extend(walk.seen.iter().map(|at| match at.strip_prefix('/') {
                    Some(field) => format!("{reference}/{field}"),
                    None => at.clone(),
                }));
                let same = Changed { at: String::new(), body: base.clone(), fits: true };
                for Changed { at, body, fits } in walk.changed.into_iter().chain([same]) {
                    let fits = fits && holds(&document, schema, &body);
                    let reply = asker.ask(route, &at, body.clone()).await;
                    let refused = reply.status >= 400;
                    if if fits { !is_taken(&reply) } else { !refused } {
                        let mut shown = body.pointer(&at).unwrap_or(&Value::Null).to_string();
                        shown.truncate(120);
                        let fits = if fits { "is refused" } else { "is taken" };
                        wrong.push(format!("{route:?} {at} {shown} {fits}: {}", reply.text));
                    }
                }
            }
            let nothing = asker.send(route, "none", String::new()).await;
            let taken = is_taken(&nothing);
            if taken == (body["required"] == json!(true)) {
                wrong.push(format!("{route:?} without a body: taken {taken}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas.iter().filter(|(name, _)| name.ends_with("Body")) {
        let reference = format!("#/components/schemas/{name}");
        for field in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            let top = seen.contains(&format!("{reference}/{field}"));
            let inner = seen.iter().any(|at| at.ends_with(&format!("/{field}")));
            assert!(top || inner, "{name} {field} was not tried");
        }
    }
}

#[tokio::test]
async fn fields_that_exclude_each_other_do_so_in_both() {
    let mut asker = Asker::new().await;
    let amount = json!({ "minor_units": "60", "currency": "EUR" });
    let rows = [
        ("/intents", json!({ "intent_id": "x", "amount": null, "source": null }), true),
        ("/intents", json!({ "intent_id": "x", "source": "customer_balance" }), false),
        ("/intents", json!({ "intent_id": "x", "metadata": {} }), false),
        ("/intents", json!({ "intent_id": "x", "amount": amount }), false),
        (
            "/accounts",
            json!({ "code": "x", "currency": "EUR", "floor": { "kind": "limit" } }),
            false,
        ),
        (
            "/accounts",
            json!({ "code": "x", "currency": "EUR", "floor": { "kind": "none", "limit": "1" } }),
            false,
        ),
        ("/replays", json!({ "reason": "a" }), false),
        (
            "/replays",
            json!({ "reason": "a", "event_id": "evt_00000000000000000000", "filter": {} }),
            false,
        ),
        (
            "/webhook-endpoints",
            json!({ "url": "https://example.com/", "events": ["*"], "signing_secret": "whsec_live",
                "shared_secret": "live" }),
            false,
        ),
    ];
    for (path, body, fits) in rows {
        let reply = asker.ask(("post", path), "", body.clone()).await;
        assert_eq!(is_taken(&reply), fits, "{path} {body}: {}", reply.text);
    }
}

#[test]
fn every_field_of_a_body_has_bounds() {
    fn check(at: &str, schema: &Value) {
        let types = schema["type"].to_string();
        let has = |names: &[&str]| names.iter().any(|name| !schema[*name].is_null());
        if types.contains("\"string\"") {
            assert!(has(&["maxLength", "enum", "pattern"]), "{at}");
        }
        if types.contains("\"integer\"") {
            assert!(has(&["minimum"]) && has(&["maximum"]), "{at}");
        }
        if types.contains("\"array\"") {
            assert!(has(&["maxItems"]), "{at}");
            check(&format!("{at}/items"), &schema["items"]);
        }
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            check(at, choice);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            check(&format!("{at}/{name}"), property);
        }
    }
    let document: Value = serde_json::from_str(document()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut bodies = BTreeSet::new();
    for (_, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            collect(&document, &operation["requestBody"], &mut bodies);
        }
    }
    for (name, schema) in schemas.iter().filter(|(name, _)| bodies.contains(*name)) {
        check(name, schema);
        if schema["properties"].is_object() {
            assert_eq!(schema["additionalProperties"], json!(false), "{name}");
        }
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["name"] != "cursor" && parameter["schema"].is_object() {
                    check(&format!("{path} {}", parameter["name"]), &parameter["schema"]);
                }
            }
        }
    }
}
