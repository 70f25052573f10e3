//! The OpenAPI document, generated from the handlers.
//!
//! Owns what is common to all of them: the key, the idempotency key, the problem. The document is
//! made once.

use crate::bounds::bound;
use crate::dated::{self, CURRENT, VERSIONS};
use crate::examples;
use crate::links::links;
use crate::parameters::described;
use crate::problem::PROBLEM_JSON;
use crate::refusals::refusals;
use crate::table::table;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use utoipa::{OpenApi, PartialSchema, ToSchema};
use zentra_api_types::ProblemDetails;
use zentra_batch::wire::ITEMS_MAX;
use zentra_events::limits::IDEMPOTENCY_KEY_BYTES_MAX;

static DOCUMENT: OnceLock<String> = OnceLock::new();

/// The document as JSON text.
pub fn document() -> &'static str {
    DOCUMENT.get_or_init(|| openapi().to_string())
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Zentra",
    description = "Money intents on a ledger, signed events, delivered webhooks, evidence.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct About;

/// The document.
pub fn openapi() -> Value {
    let mut described = table().into_openapi();
    described.info = About::openapi().info;
    let mut schemas = Vec::new();
    ProblemDetails::schemas(&mut schemas);
    schemas.push((ProblemDetails::name().into_owned(), ProblemDetails::schema()));
    described.components.get_or_insert_default().schemas.extend(schemas);
    let mut document = named(&serde_json::to_value(described).unwrap_or_default());
    document["components"]["securitySchemes"] = json!({
        "key": { "type": "http", "scheme": "bearer", "description": "An API key of the scope." },
    });
    document["security"] = json!([{ "key": [] }]);
    document["info"]["version"] = CURRENT.into();
    document["components"]["parameters"]["ZentraVersion"] = json!({
        "name": dated::NAME,
        "in": "header",
        "required": false,
        "description": "The version of the API, a date; every answer tells the one that it has. \
            Without it the deployment's first.",
        "schema": { "type": "string", "enum": VERSIONS },
    });
    document["components"]["headers"]["ZentraVersion"] = json!({
        "description": "The version of the API that the answer has.",
        "required": true,
        "schema": { "type": "string", "enum": VERSIONS },
    });
    document["components"]["parameters"]["IdempotencyKey"] = json!({
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": false,
        "description": "The same key with the same body gets the same answer, for ever.",
        "schema": {
            "type": "string",
            "pattern": "^[!-~]+$",
            "minLength": 1,
            "maxLength": IDEMPOTENCY_KEY_BYTES_MAX,
        },
    });
    let asked = asked_schemas(&document);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        bound(schemas, &asked);
        for (name, schema) in schemas.iter_mut().filter(|(name, _)| !asked.contains(*name)) {
            never_null(name, schema);
        }
        schemas.insert("BatchItem".into(), batch_item(&schemas["IntentBody"]));
    }
    let needed = bodies_with_required(&document);
    let paths = document["paths"].as_object_mut();
    for (path, operations) in paths.into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            complete((path, method), operation, &needed);
        }
    }
    document
}

/// Intent ids are the keys of a batch, so it takes no other.
const BATCH: &str = "/intents/batch";

/// Where schemas stand.
const SCHEMAS: &str = "#/components/schemas/";

/// As the description names the header.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// An item of a batch: an intent that may be linked to the next.
fn batch_item(intent: &Value) -> Value {
    let mut item = intent.clone();
    item["description"] = "An intent of a batch.".into();
    item["properties"]["linked"] = json!({
        "type": "boolean",
        "description": "Whether it succeeds or fails together with the next item.",
    });
    item
}

/// The schemas of bodies that have a field that must be there: nothing at all stands for `{}`.
fn bodies_with_required(document: &Value) -> BTreeSet<String> {
    let schemas = document["components"]["schemas"].as_object();
    let needed = schemas.into_iter().flatten().filter(|(_, schema)| {
        schema["required"].as_array().is_some_and(|required| !required.is_empty())
    });
    needed.map(|(name, _)| format!("#/components/schemas/{name}")).collect()
}

fn complete((path, method): (&str, &str), operation: &mut Value, needed: &BTreeSet<String>) {
    let mut content = json!({});
    content[PROBLEM_JSON] = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    let has_key = operation.get("security").is_none();
    for (status, codes) in refusals(path, method, has_key) {
        let told: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        operation["responses"][status.to_string()] = json!({
            "description": format!("A refusal or a failure: {}.", told.join(", ")),
            "content": content,
            "x-codes": codes,
        });
    }
    for response in operation["responses"].as_object_mut().into_iter().flatten() {
        let header = json!({ "$ref": "#/components/headers/ZentraVersion" });
        response.1["headers"]["Zentra-Version"] = header;
    }
    let id = operation["operationId"].as_str().unwrap_or("").to_owned();
    lead_on(operation, &id);
    if let Some(answer) = examples::answer(&id) {
        operation["responses"]["201"]["content"]["application/json"]["example"] = answer;
    }
    let mut parameters = described(path, method);
    parameters.push(json!({ "$ref": "#/components/parameters/ZentraVersion" }));
    if method != "get" && path != BATCH {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    operation["parameters"] = parameters.into();
    if !operation["requestBody"].is_object() {
        return;
    }
    let body = &mut operation["requestBody"];
    if let Some(example) = examples::request(&id) {
        body["content"]["application/json"]["example"] = example;
    }
    if path == BATCH {
        let item = json!({ "$ref": "#/components/schemas/BatchItem" });
        body["content"]["application/json"]["schema"] =
            json!({ "type": "array", "items": item, "minItems": 1, "maxItems": ITEMS_MAX });
    } else {
        let schema = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or("");
        body["required"] = needed.contains(schema).into();
    }
}

/// Puts what may be asked next into the answer that something was made, or else that all is well.
fn lead_on(operation: &mut Value, id: &str) {
    let (links, made) = (links(id), operation["responses"]["201"].is_object());
    if !links.is_empty() {
        operation["responses"][if made { "201" } else { "200" }]["links"] = links.into();
    }
}

/// The document with names that read well in a client: a page of rows is called after its rows.
fn named(document: &Value) -> Value {
    let mut text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let pages: Vec<&str> = schemas.filter_map(|(name, _)| name.strip_prefix("Page_")).collect();
    for row in &pages {
        text = text.replace(&format!("Page_{row}\""), &format!("{}\"", page_name(row)));
    }
    let mut named: Value = serde_json::from_str(&text).unwrap_or_default();
    for row in pages {
        let items = json!({ "$ref": format!("{SCHEMAS}{row}") });
        let page = &mut named["components"]["schemas"][page_name(row)];
        page["properties"]["data"]["items"] = items;
    }
    named
}

fn page_name(row: &str) -> String {
    format!("{}Page", row.strip_prefix("Listed").unwrap_or(row))
}

/// Fields of answers that may be null or missing; all others are one of both at most.
const NULL_OR_MISSING: [(&str, &str); 1] = [("Intent", "effective_at")];

/// A field of an answer that may be missing is never null.
fn never_null(name: &str, schema: &mut Value) {
    let required = schema["required"].clone();
    let is_required =
        |field: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == field));
    let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        never_null(name, part);
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (field, property) in properties.into_iter().flatten() {
        if is_required(field) || NULL_OR_MISSING.contains(&(name, field.as_str())) {
            continue;
        }
        if let Some(types) = property["type"].as_array() {
            property["type"] = types[0].clone();
        }
        if let Some(choices) = property["oneOf"].as_array() {
            *property = choices[0].clone();
        }
    }
}

/// The schemas that bodies of requests lead to.
fn asked_schemas(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.filter_map(|(_, operations)| operations.as_object()).flatten();
    for (_, operation) in operations {
        collect(document, &operation["requestBody"], &mut found);
    }
    found
}

/// The schemas that a part of the document leads to.
pub(crate) fn collect(document: &Value, part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|whole| whole.strip_prefix(SCHEMAS))
                && found.insert(name.to_owned())
            {
                collect(document, &document["components"]["schemas"][name], found);
            }
            members.values().for_each(|inner| collect(document, inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(document, inner, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_what_every_operation_shares() {
        let document: Value = serde_json::from_str(document()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let create = &document["paths"]["/intents"]["post"];
        assert!(create["parameters"].to_string().contains("IdempotencyKey"));
        assert!(create["responses"]["409"].is_null(), "{create}");
        assert!(create["responses"]["422"]["content"][PROBLEM_JSON].is_object());
        let codes = create["responses"]["422"]["x-codes"].to_string();
        assert!(codes.contains("\"insufficient_funds\""), "{codes}");
        for name in ["IntentBody", "EndpointBody", "Money", "Problem"] {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
        assert!(!document["paths"][BATCH]["post"].to_string().contains("IdempotencyKey"));
        let free = &document["paths"]["/healthz"]["get"]["security"];
        assert_eq!(free, &json!([{}]));
    }

    /// Every fault of a part of the document: a keyword that is null, a reference to nothing, a
    /// field that must be there and is not described.
    fn faults(document: &Value, at: &str, part: &Value, found: &mut Vec<String>) {
        const VALUES: [&str; 5] = ["example", "examples", "default", "const", "enum"];
        let parts: Vec<(String, &Value)> = match part {
            Value::Null => {
                found.push(format!("{at} is null"));
                return;
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect()
            }
            Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), v)).collect(),
            _ => return,
        };
        if let Some(target) = part["$ref"].as_str() {
            let resolved = target.strip_prefix('#').and_then(|path| document.pointer(path));
            if resolved.is_none() {
                found.push(format!("{at} refers to {target}, which is not there"));
            }
        }
        if let (Some(required), Some(known)) =
            (part["required"].as_array(), part["properties"].as_object())
        {
            for name in required.iter().map(|name| name.as_str().unwrap()) {
                if !known.contains_key(name) {
                    found.push(format!("{at} requires {name}, which it does not describe"));
                }
            }
        }
        for (name, inner) in parts {
            // A null in a list of values is one of them; a list that is null is none.
            if !VALUES.contains(&name.as_str()) || (name == "enum" && inner.is_null()) {
                faults(document, &format!("{at}/{name}"), inner, found);
            }
        }
    }

    #[test]
    fn no_keyword_is_null_and_what_is_referred_to_is_there() {
        let document = openapi();
        let mut found = Vec::new();
        faults(&document, "", &document, &mut found);
        assert_eq!(found, Vec::<String>::new());
        let broken = json!({ "properties": {}, "required": ["a"], "oneOf": null, "enum": null,
            "items": { "$ref": "#/nowhere" }, "const": null });
        faults(&document, "", &broken, &mut found);
        assert_eq!(found.len(), 4, "{found:?}");
    }
}
