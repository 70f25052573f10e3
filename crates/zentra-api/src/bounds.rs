//! The bounds of every field of a body, put into the API's description.
//!
//! Types are generated from the structs that bodies are read into; what their parsers check beyond
//! that is here, from the same constants. A test sends what the description says, at its bounds and
//! beyond them. Owns which field has which form. Must not check anything.

use crate::forms;
use crate::secrets::NAME_LETTERS_MAX;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use zentra_api_types::request::{MONEY_MODEL, NUMBER_MAX, PRIMITIVES};
use zentra_delivery::{
    CONCURRENCY_MAX, DELAY_MAX, DeliveryStatus, SECRET_OVERLAP_MAX, STEP_DELAY_MIN, TIMEOUT_MAX,
    TIMEOUT_MIN,
};
use zentra_events::limits::{
    EXPONENT_MAX, FILTERS_MAX, METADATA_PAIRS_MAX, METADATA_VALUE_BYTES_MAX, POSTING_LINES_MAX,
    RETRY_STEPS_MAX, TEXT_CHARS_MAX, URL_BYTES_MAX,
};
use zentra_events::{Quota, Span};
use zentra_ledger::{ROUTES_MAX, RULES_MAX, TEMPLATES_MAX};

/// Roles that a caller may give, by their names; `deployment` is not one.
pub(crate) const GIVEN_ROLES: [&str; 4] = ["writer", "operator", "auditor", "admin"];

/// Puts the bounds into the schemas of bodies, which have these names.
pub(crate) fn bound(schemas: &mut Map<String, Value>, bodies: &BTreeSet<String>) {
    for (name, schema) in schemas.iter_mut().filter(|(name, _)| bodies.contains(*name)) {
        match list_in(schema, "oneOf") {
            Some(variants) => variants.iter_mut().for_each(|variant| bound_one(name, variant)),
            None => bound_one(name, schema),
        }
        if let Some(rule) = between_fields(name) {
            merge(schema, rule);
        }
    }
}

fn bound_one(name: &str, schema: &mut Value) {
    let rule = schema["properties"]["rule"]["enum"][0].as_str().unwrap_or("").to_owned();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let Some(properties) = properties else { return };
    for (field, property) in properties {
        if let Some(form) = form(name, field, &rule) {
            put(property, form);
        }
    }
    // Every variant of a body refuses what it does not know, as serde does for all of them.
    schema["additionalProperties"] = json!(false);
}

/// Gives a property its form; one that may be left out may be null, too.
fn put(property: &mut Value, form: Value) {
    let nullable = property["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    let mut form = form;
    if let Some(choices) = list_in(&mut form, "oneOf") {
        if nullable {
            choices.push(json!({ "type": "null" }));
        }
        property.as_object_mut().map(|property| property.remove("type"));
    } else if nullable && let Some(kind) = form["type"].as_str() {
        form["type"] = json!([kind, "null"]);
        if let Some(words) = list_in(&mut form, "enum") {
            words.push(Value::Null);
        }
        // A format is one of texts alone; the pattern says as much.
        form.as_object_mut().map(|form| form.remove("format"));
    }
    merge(property, form);
}

/// The list of a keyword that is there; to index for it would put a null where there is none.
fn list_in<'a>(schema: &'a mut Value, keyword: &str) -> Option<&'a mut Vec<Value>> {
    schema.get_mut(keyword).and_then(Value::as_array_mut)
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

fn ms(span: Span) -> u64 {
    span.as_millis()
}

fn integer(least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn list(least: usize, most: usize) -> Value {
    json!({ "minItems": least, "maxItems": most })
}

/// What a field of a body may hold; `rule` tells the rules of a policy apart.
fn form(body: &str, field: &str, rule: &str) -> Option<Value> {
    let form = match (body, field) {
        (_, "minor_units" | "amount_min" | "amount_max" | "sum_max") | ("FloorBody", "limit") => {
            forms::minor_units(NUMBER_MAX)
        }
        (_, "currency") => forms::currency(),
        ("IntentBody", "intent_id") => forms::new_intent_id(),
        ("AccountBody", "code")
        | ("PostingBody", "account")
        | ("IntentBody" | "ConfirmBody", "source" | "destination") => forms::account(),
        (_, "effective_at" | "since" | "until") => forms::instant(),
        (_, "corridor" | "rail") | ("RouteBody", "id") => forms::label(),
        (_, "metadata") => metadata(),
        ("IntentBody", "scope") | ("ScopeBody", "name") => forms::scope(),
        ("IntentBody", "money_model") => json!({ "type": "string", "enum": [MONEY_MODEL] }),
        ("IntentBody", "primitives") => json!({
            "items": { "type": "string", "enum": PRIMITIVES },
            "minItems": PRIMITIVES.len(), "maxItems": PRIMITIVES.len(), "uniqueItems": true,
        }),
        ("ReasonBody" | "ReplayBody" | "TransferBody", "reason") => forms::said(TEXT_CHARS_MAX),
        (_, "reason" | "description" | "label") => forms::text(TEXT_CHARS_MAX),
        ("AccountBody" | "CurrencyBody", "exponent") => integer(0, u64::from(EXPONENT_MAX)),
        ("TransferBody", "postings") => list(2, POSTING_LINES_MAX),
        ("ChartBody", "templates") => list(0, TEMPLATES_MAX),
        ("TemplateBody", "pattern") => forms::account_pattern(),
        ("PolicyBody", "rules") => list(0, RULES_MAX),
        ("RuleBody", "allowed") => {
            let currencies = rule == "currency_list";
            let items = if currencies { forms::currency() } else { forms::label() };
            json!({ "items": items, "minItems": 0, "maxItems": RULES_MAX })
        }
        (_, "window_seconds" | "count_max" | "priority" | "disable_after") => {
            integer(0, u64::from(u32::MAX))
        }
        ("RoutesBody", "routes") => list(0, ROUTES_MAX),
        _ => return webhook_form(body, field),
    };
    Some(form)
}

/// As `form`, of bodies about webhooks, keys and quotas.
fn webhook_form(body: &str, field: &str) -> Option<Value> {
    let form = match (body, field) {
        ("EndpointBody", "url") => {
            json!({ "type": "string", "pattern": "^https?://", "minLength": 1,
                "maxLength": URL_BYTES_MAX })
        }
        ("EndpointBody", "events") => {
            json!({ "items": forms::event_filter(), "minItems": 1, "maxItems": FILTERS_MAX })
        }
        ("EndpointBody", "signing_secret") => forms::key_or_name(NAME_LETTERS_MAX),
        ("EndpointBody", "shared_secret") => forms::shared_secret(),
        ("EndSecretBody", "version") => integer(1, u64::from(u32::MAX)),
        ("RotateBody", "signing_secret") => forms::key_material(),
        ("RotateBody", "overlap_seconds") => integer(0, ms(SECRET_OVERLAP_MAX) / 1_000),
        // Only the first attempt may follow at once.
        ("RetryPolicyBody", "schedule_ms") => json!({
            "prefixItems": [integer(0, ms(DELAY_MAX))],
            "items": integer(ms(STEP_DELAY_MIN), ms(DELAY_MAX)),
            "minItems": 1, "maxItems": RETRY_STEPS_MAX,
        }),
        ("RetryPolicyBody", "timeout_ms") => integer(ms(TIMEOUT_MIN), ms(TIMEOUT_MAX)),
        ("RetryPolicyBody", "concurrency") => integer(1, u64::from(CONCURRENCY_MAX)),
        ("EventBody", "type") => forms::event_type(),
        ("ReplayBody", "event_id") => forms::id("evt"),
        ("ReplayFilter", "endpoint_id") => forms::id("wep"),
        ("ReplayFilter", "event_type") => forms::event_filter(),
        ("ReplayFilter", "status") => json!({ "type": "string", "enum": DeliveryStatus::WORDS }),
        ("ReplayFilter", "intent_id") => forms::intent_id(),
        ("KeyBody", "actor") => forms::actor(),
        ("KeyBody", "roles") => json!({
            "items": { "type": "string", "enum": GIVEN_ROLES },
            "minItems": 1, "maxItems": GIVEN_ROLES.len(),
        }),
        ("QuotasBody", "quotas") => json!({
            "propertyNames": { "enum": quotas() },
            "additionalProperties": integer(1, u64::MAX),
        }),
        _ => return None,
    };
    Some(form)
}

fn quotas() -> Vec<&'static str> {
    Quota::ALL.iter().map(|quota| quota.as_str()).collect()
}

fn metadata() -> Value {
    json!({
        "maxProperties": METADATA_PAIRS_MAX,
        "propertyNames": forms::label(),
        "additionalProperties": forms::in_bytes(METADATA_VALUE_BYTES_MAX),
    })
}

/// What fields of one body demand of each other; a field that is null is not given.
fn between_fields(body: &str) -> Option<Value> {
    let nothing = || json!({ "type": "null" });
    let given = |names: &[&str]| {
        let not_null = |name: &&str| ((*name).to_owned(), json!({ "not": nothing() }));
        let properties: Map<String, Value> = names.iter().map(not_null).collect();
        json!({ "required": names, "properties": properties })
    };
    let none = |names: &[&str]| {
        let null = |name: &&str| ((*name).to_owned(), nothing());
        let properties: Map<String, Value> = names.iter().map(null).collect();
        json!({ "properties": properties })
    };
    let rule = match body {
        "IntentBody" => {
            let details = ["source", "destination", "corridor", "capture", "effective_at"];
            let waits = [details.as_slice(), &["amount", "metadata"]].concat();
            json!({ "anyOf": [given(&["amount", "source", "destination"]), none(&waits)] })
        }
        "EndpointBody" => json!({ "not": given(&["signing_secret", "shared_secret"]) }),
        "ReplayBody" => json!({ "oneOf": [given(&["event_id"]), given(&["filter"])] }),
        "FloorBody" => {
            let mut limit = given(&["limit"]);
            limit["properties"]["kind"] = json!({ "const": "limit" });
            let mut other = none(&["limit"]);
            other["properties"]["kind"] = json!({ "enum": ["none", "unbounded"] });
            json!({ "oneOf": [limit, other] })
        }
        _ => return None,
    };
    Some(rule)
}
