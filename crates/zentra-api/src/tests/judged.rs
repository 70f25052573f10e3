//! Every answer that a test is given, held against the API's description.
//!
//! Owns the look-up of an operation by its path. Must not know what is asked.

use crate::openapi::document;
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(document()).expect("the description is JSON"));

/// Validators by the reference of their schema.
static MADE: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());

/// What the description says of a status of an operation, if it says anything.
fn described(method: &str, path: &str, status: u16) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or("");
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let known: Vec<&str> = template.split('/').collect();
        let same = |(known, part): (&&str, &&str)| known.starts_with('{') || known == part;
        known.len() == parts.len() && known.iter().zip(&parts).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // A path without a name in braces is meant before one with.
    let exact = paths.get(path);
    let found =
        exact.or_else(|| paths.iter().find(|(known, _)| fits(known)).map(|(_, ops)| ops))?;
    let operation = found[method.to_lowercase()].as_object()?;
    let responses = &operation["responses"];
    Some(&responses[status.to_string()])
}

/// Fails where an answer is not as the description says.
pub(super) fn judge(method: &str, path: &str, status: u16, media_type: &str, body: &Value) {
    let Some(told) = described(method, path, status) else { return };
    assert!(!told.is_null(), "{method} {path} is not said to answer {status}: {body}");
    if status >= 400 {
        let codes = told["x-codes"].as_array().unwrap();
        assert!(
            codes.contains(&body["code"]),
            "{method} {path} {status}: {body} is not one of {codes:?}"
        );
    }
    let essence = media_type.split(';').next().unwrap_or("");
    // A number with more digits than the reader of the tests holds is told, and not read here.
    if !essence.ends_with("json") || body.is_null() {
        return;
    }
    let schema = &told["content"][essence]["schema"];
    assert!(!schema.is_null(), "{method} {path} has no {status} {essence}: {told}");
    let told = |fault: ValidationError<'_>| format!("{}: {fault}", fault.instance_path());
    let faults: Vec<String> = validator(schema).iter_errors(body).map(told).collect();
    assert!(faults.is_empty(), "{method} {path} {status}: {}\n{body}", faults.join("\n"));
}

fn validator(schema: &Value) -> Arc<Validator> {
    let mut made = MADE.lock().unwrap();
    let name = schema.to_string();
    let known = made.entry(name).or_insert_with(|| {
        let mut whole = json!({ "components": DOCUMENT["components"] });
        whole.as_object_mut().unwrap().extend(schema.as_object().unwrap().clone());
        Arc::new(jsonschema::validator_for(&whole).unwrap())
    });
    Arc::clone(known)
}
