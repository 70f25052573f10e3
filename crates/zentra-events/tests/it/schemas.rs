//! The JSON of every sample is what its generated schema says.
//!
//! The check here knows only the keywords that the schemas use, and fails on one that it does not.

use crate::samples::samples;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use zentra_events::schema::event_schemas;

/// Keywords that say nothing about what is valid, or more than this check looks at.
const IGNORED: [&str; 11] = [
    "$schema",
    "title",
    "description",
    "$defs",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "default",
];

#[test]
fn samples_are_valid() {
    let schemas: BTreeMap<String, Value> = event_schemas().into_iter().collect();
    for sample in samples() {
        let event = &sample.entry.events()[0].event;
        let file = format!("{}.v{}.json", event.type_name(), event.version());
        let schema = &schemas[&file];
        let json = serde_json::to_value(event).unwrap();
        let verdict = check(schema, schema, &json);
        assert!(verdict.is_ok(), "{}: {}\n{json:#}", sample.name, verdict.unwrap_err());
    }
}

#[test]
fn every_property_of_a_sample_is_in_its_schema() {
    let schemas: BTreeMap<String, Value> = event_schemas().into_iter().collect();
    for sample in samples() {
        let event = &sample.entry.events()[0].event;
        let schema = &schemas[&format!("{}.v{}.json", event.type_name(), event.version())];
        let json = serde_json::to_value(event).unwrap();
        for key in json.as_object().unwrap().keys() {
            assert!(schema["properties"].get(key).is_some(), "{}: {key}", sample.name);
        }
    }
}

#[test]
fn a_missing_property_is_noticed() {
    let schemas: BTreeMap<String, Value> = event_schemas().into_iter().collect();
    let schema = &schemas["payout.closed.v1.json"];
    assert!(check(schema, schema, &serde_json::json!({ "intent": 1, "amount": "5" })).is_err());
}

fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(schema) = schema.as_object() else {
        return if schema == &Value::Bool(true) { Ok(()) } else { Err("not a schema".into()) };
    };
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$ref" => {
                let name = rule.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                check(root, &root["$defs"][name.ok_or("a reference of another form")?], value)?;
            }
            "type" => types(rule, value)?,
            "required" => required(rule, value)?,
            "properties" => properties(root, rule, value)?,
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(root, rule, item)?;
                }
            }
            "prefixItems" => {
                let rules = rule.as_array().into_iter().flatten();
                for (rule, item) in rules.zip(value.as_array().into_iter().flatten()) {
                    check(root, rule, item)?;
                }
            }
            "minItems" | "maxItems" => {
                let count = value.as_array().map_or(0, Vec::len) as u64;
                let bound = rule.as_u64().ok_or("a bound that is no number")?;
                let held = if keyword == "minItems" { count >= bound } else { count <= bound };
                held.then_some(()).ok_or_else(|| format!("{count} items"))?;
            }
            "enum" => listed(rule, value)?,
            "const" => {
                (rule == value).then_some(()).ok_or_else(|| format!("{value} is not {rule}"))?;
            }
            "anyOf" | "oneOf" => {
                let rules = rule.as_array().into_iter().flatten();
                let held = rules.filter(|rule| check(root, rule, value).is_ok()).count();
                let enough = if keyword == "oneOf" { held == 1 } else { held > 0 };
                enough.then_some(()).ok_or_else(|| format!("{value}: {held} of {keyword}"))?;
            }
            ignored if IGNORED.contains(&ignored) => {}
            unknown => return Err(format!("this check does not know the keyword {unknown}")),
        }
    }
    Ok(())
}

fn types(rule: &Value, value: &Value) -> Result<(), String> {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    let held = match rule {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => false,
    };
    held.then_some(()).ok_or_else(|| format!("{value} is not of type {rule}"))
}

fn required(rule: &Value, value: &Value) -> Result<(), String> {
    let has = |key: &Value| key.as_str().is_some_and(|key| value.get(key).is_some());
    match rule.as_array().into_iter().flatten().find(|key| !has(key)) {
        Some(missing) => Err(format!("{missing} is missing")),
        None => Ok(()),
    }
}

fn properties(root: &Value, rule: &Value, value: &Value) -> Result<(), String> {
    let none = Map::new();
    let (rules, present) = (rule.as_object().unwrap_or(&none), value.as_object().unwrap_or(&none));
    for (key, rule) in rules {
        if let Some(value) = present.get(key) {
            check(root, rule, value).map_err(|error| format!("{key}: {error}"))?;
        }
    }
    Ok(())
}

fn listed(rule: &Value, value: &Value) -> Result<(), String> {
    let held = rule.as_array().into_iter().flatten().any(|one| one == value);
    held.then_some(()).ok_or_else(|| format!("{value} is not in {rule}"))
}
