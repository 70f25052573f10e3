//! A whole body for every request, as the product's page has it where the page has one.
//!
//! The description shows them; a test sends each to a running API, which takes it. Owns the
//! examples. Must not know what is answered.

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
