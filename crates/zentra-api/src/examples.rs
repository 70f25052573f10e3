//! A whole body for every request, as the product's page has it where the page has one, and what
//! the page's two calls are answered.
//!
//! The description shows them; a test sends each request to a running API, which answers so. Owns
//! the examples. Must not know how anything is answered.

use serde_json::{Value, json};

/// The body of an operation, by its id; none where there is nothing to say.
pub(crate) fn request(operation: &str) -> Option<Value> {
    let (resource, call) = operation.split_once('.')?;
    match resource {
        "accounts" | "transfers" => money(operation),
        "intents" => intent(call),
        "webhookEndpoints" | "events" | "deliveries" | "replays" => webhook(operation),
        _ => rule(operation),
    }
}

fn euros(minor_units: &str) -> Value {
    json!({ "minor_units": minor_units, "currency": "EUR" })
}

fn money(operation: &str) -> Option<Value> {
    let body = match operation {
        "accounts.create" => json!({
            "code": "customer_balance:alice", "currency": "EUR", "normal_side": "credit",
            "floor": { "kind": "none" },
        }),
        "accounts.freeze" => json!({ "reason": "the owner asked for it" }),
        "accounts.unfreeze" => json!({ "reason": "the owner is known again" }),
        "accounts.close" => json!({ "reason": "the owner has left" }),
        "transfers.create" => json!({
            "postings": [
                { "account": "world", "direction": "debit", "amount": euros("500000") },
                { "account": "customer_balance", "direction": "credit", "amount": euros("500000") },
            ],
        }),
        _ => return None,
    };
    Some(body)
}

fn intent(call: &str) -> Option<Value> {
    let body = match call {
        "create" => json!({
            "intent_id": "intent_042",
            "scope": "workspace_scope",
            "money_model": "minor_units + ledger_currency",
            "primitives": ["policy", "ledger", "events"],
        }),
        "confirm" => json!({
            "amount": euros("125000"),
            "source": "customer_balance",
            "destination": "merchant_balance",
        }),
        "createBatch" => json!([
            {
                "intent_id": "intent_043", "amount": euros("1200"),
                "source": "customer_balance", "destination": "merchant_balance", "linked": true,
            },
            {
                "intent_id": "intent_044", "amount": euros("300"),
                "source": "customer_balance", "destination": "merchant_balance",
            },
        ]),
        "settle" => json!({ "amount": euros("100000") }),
        "void" => json!({ "reason": "the order was withdrawn" }),
        "reverse" => json!({ "amount": euros("25000"), "reason": "a part was sent back" }),
        "payout" => json!({}),
        _ => return None,
    };
    Some(body)
}

fn webhook(operation: &str) -> Option<Value> {
    let body = match operation {
        "webhookEndpoints.create" => json!({
            "url": "https://example.com/zentra/webhooks",
            "events": ["transfer.settled"],
            "signing_secret": "whsec_live",
        }),
        "webhookEndpoints.rotateSecret" => json!({ "overlap_seconds": 86_400 }),
        "webhookEndpoints.endSecret" => json!({ "version": 1 }),
        "events.publish" => json!({ "type": "order.paid", "data": { "order": "order_7" } }),
        "deliveries.resend" => json!({ "reason": "the consumer lost it" }),
        "deliveries.resolve" => json!({ "reason": "the consumer has it from elsewhere" }),
        "replays.create" => json!({
            "filter": { "event_type": "order.*", "status": "dead_lettered" },
            "reason": "the consumer is back",
        }),
        _ => return None,
    };
    Some(body)
}

fn rule(operation: &str) -> Option<Value> {
    let body = match operation {
        "chart.set" => json!({
            "templates": [
                { "pattern": "world", "floor": { "kind": "unbounded" } },
                { "pattern": "customer_balance:*" },
                { "pattern": "merchant_balance" },
            ],
        }),
        "policy.set" => json!({
            "rules": [{ "rule": "limit_check", "currency": "EUR", "amount_max": "1000000" }],
        }),
        "routes.set" => json!({
            "routes": [
                { "id": "sepa_1", "corridor": "default", "currency": "EUR", "rail": "sepa" },
            ],
        }),
        "currencies.declare" => json!({ "exponent": 8 }),
        "keys.create" => json!({ "actor": "svc_runtime", "roles": ["writer"] }),
        "scopes.create" => json!({
            "name": "another_scope",
            "key": { "actor": "svc_runtime", "roles": ["admin"] },
        }),
        "scopes.setQuotas" => json!({ "quotas": { "endpoints": 25 } }),
        _ => return None,
    };
    Some(body)
}

/// What the example of an operation is answered, for the calls of the product's page.
pub(crate) fn answer(operation: &str) -> Option<Value> {
    match operation {
        "intents.create" => Some(accepted()),
        "webhookEndpoints.create" => Some(listening()),
        _ => None,
    }
}

const AT: &str = "2026-04-26T14:12:09.000000Z";

fn accepted() -> Value {
    let step = |step: &str, name: &str, context: &str, outcome: &str| {
        json!({
            "step": step, "name": name, "context": context, "outcome": outcome,
            "reached": false, "position": null, "recorded_at": null,
        })
    };
    let mut first = step("01", "Accept intent", "runtime contract", "accepted");
    first["reached"] = true.into();
    first["position"] = 42.into();
    first["recorded_at"] = AT.into();
    json!({
        "status": "accepted",
        "event": "intent.accepted",
        "evidence": {
            "position": 42, "scope_number": 7, "recorded_at": AT, "actor": "svc_runtime",
            "scope": "workspace_scope", "request_id": "000102030405060708090a0b0c0d0e0f",
        },
        "entrypoint": "POST /intents",
        "intent_id": "intent_042",
        "scope": "workspace_scope",
        "state": "accepted",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
        "trace": ["intent accepted", "workspace scope resolved", "runtime trace attached"],
        "checks": [],
        "state_path": [
            first,
            step("02", "Resolve controls", "scope + policy", "controlled"),
            step("03", "Post ledger state", "minor-unit entries", "ledgered"),
            step("04", "Select route", "corridor context", "routed"),
            step("05", "Sync events", "signed stream", "synchronized"),
            step("06", "Seal evidence", "actor + scope + time", "evidenced"),
        ],
        "ledger_entries": [],
        "ledger_flow": [],
        "events": [],
        "history": [{
            "event": "intent.accepted", "position": 42, "recorded_at": AT, "actor": "svc_runtime",
        }],
        "position": 42,
    })
}

fn listening() -> Value {
    json!({
        "status": "listening",
        "event": "webhook.endpoint.created",
        "evidence": {
            "position": 42, "scope_number": 7, "recorded_at": AT, "actor": "svc_runtime",
            "scope": "workspace_scope", "request_id": "000102030405060708090a0b0c0d0e0f",
            "event_id": "evt_000000000000000l0010",
        },
        "entrypoint": "POST /webhook-endpoints",
        "id": "wep_000000000000000l000g",
        "url": "https://example.com/zentra/webhooks",
        "events": ["transfer.settled"],
        "secret": {
            "name": "whsec_live", "version": 1,
            "value": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        },
        "policy": {
            "schedule_ms": [
                0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000,
                72_000_000, 86_400_000,
            ],
            "timeout_ms": 15_000, "concurrency": 16, "disable_after": 0,
        },
        "description": "",
    })
}
