//! The OpenAPI document, generated from the handlers.
//!
//! Owns what is common to all of them: the key, the idempotency key, the problem. The document is
//! made once.

use crate::api::problem::PROBLEM_JSON;
use crate::api::routes::{
    accounts, balances, batches, currencies, deliveries, endpoints, events, intents, keys, legs,
    quotas, replays, rules, scopes, system, transfers,
};
use serde_json::{Value, json};
use std::sync::OnceLock;
use utoipa::OpenApi;
use zentra_events::Code;

static DOCUMENT: OnceLock<String> = OnceLock::new();

/// The document as JSON text.
pub(crate) fn document() -> &'static str {
    DOCUMENT.get_or_init(|| openapi().to_string())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Zentra",
        description = "Money intents on a ledger, signed events, delivered webhooks, evidence.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        accounts::open,
        accounts::list,
        accounts::get,
        accounts::entries,
        balances::get,
        accounts::freeze,
        accounts::unfreeze,
        accounts::close,
        transfers::post,
        batches::create,
        intents::create,
        intents::list,
        intents::get,
        intents::confirm,
        legs::settle,
        legs::void,
        legs::reverse,
        legs::payout,
        intents::evidence,
        endpoints::create,
        endpoints::list,
        endpoints::get,
        endpoints::delete,
        endpoints::disable,
        endpoints::enable,
        endpoints::rotate,
        endpoints::end_secret,
        events::publish,
        events::list,
        events::get,
        deliveries::list,
        deliveries::get,
        deliveries::resend,
        deliveries::resolve,
        deliveries::dead_letters,
        replays::create,
        replays::list,
        replays::get,
        rules::put_chart,
        rules::chart,
        rules::put_policy,
        rules::policy,
        rules::put_routes,
        rules::routes,
        rules::delete_routes,
        currencies::put,
        currencies::list,
        scopes::create,
        scopes::list,
        quotas::own,
        quotas::get,
        quotas::set,
        keys::create,
        keys::list,
        keys::revoke,
        system::projections,
        system::checkpoint,
        system::healthz,
        system::readyz,
        system::metrics,
        system::openapi,
        system::code
    )
)]
struct Handlers;

/// The document.
pub fn openapi() -> Value {
    let mut document = serde_json::to_value(Handlers::openapi()).unwrap_or_default();
    document["components"]["securitySchemes"] = json!({
        "key": { "type": "http", "scheme": "bearer", "description": "An API key of the scope." },
    });
    document["security"] = json!([{ "key": [] }]);
    document["components"]["schemas"]["Problem"] = problem();
    document["components"]["parameters"]["IdempotencyKey"] = json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "The same key with the same body gets the same answer, for ever.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
    });
    let paths = document["paths"].as_object_mut();
    for (path, operations) in paths.into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            complete(method, operation, path == BATCH);
        }
    }
    document
}

/// Intent ids are the keys of a batch, so it takes no other.
const BATCH: &str = "/intents/batch";

fn complete(method: &str, operation: &mut Value, is_batch: bool) {
    let mut content = json!({});
    content[PROBLEM_JSON] = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    operation["responses"]["default"] = json!({
        "description": "A refusal or a failure.",
        "content": content,
    });
    if method == "post" && !is_batch {
        let reference = json!({ "$ref": "#/components/parameters/IdempotencyKey" });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(reference),
            None => operation["parameters"] = json!([reference]),
        }
    }
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "RFC 9457 problem details with a stable code.",
        "required": ["type", "title", "status", "code", "detail", "instance", "retryable"],
        "properties": {
            "type": { "type": "string", "description": "The page of the code." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes },
            "detail": { "type": "string", "description": "What decided, and what to do." },
            "instance": { "type": "string", "description": "The id of the request." },
            "retryable": { "type": "boolean" },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {
                        "pointer": { "type": "string", "description": "A JSON pointer." },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
    })
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
        assert!(create["responses"]["default"]["content"][PROBLEM_JSON].is_object());
        for name in ["IntentBody", "EndpointBody", "Money", "Problem"] {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
        assert!(!document["paths"][BATCH]["post"].to_string().contains("IdempotencyKey"));
        let free = &document["paths"]["/healthz"]["get"]["security"];
        assert_eq!(free, &json!([{}]));
    }
}
