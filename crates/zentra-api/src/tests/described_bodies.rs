//! A body for each operation that takes one.
//!
//! Owns the bodies. Must not know what is done with them.

use serde_json::{Value, json};

/// Bodies that fit, for each operation that takes one; together they have every field.
pub(super) fn bodies(method: &str, path: &str) -> Vec<Value> {
    let reason = json!({ "reason": "a test" });
    let at = "2026-04-26T14:12:09Z";
    let amount = json!({ "minor_units": "60", "currency": "EUR" });
    let details = json!({
        "amount": amount, "source": "customer_balance", "destination": "merchant_balance",
        "corridor": "default", "capture": "automatic", "effective_at": "2026-04-26T14:12:09Z",
        "metadata": { "order": "7" },
    });
    match (method, path.rsplit('/').next().unwrap()) {
        ("post", "accounts") => {
            vec![json!({ "code": "a", "currency": "EUR", "exponent": 2, "normal_side": "credit",
                "floor": { "kind": "limit", "limit": "5" } })]
        }
        ("post", "freeze" | "unfreeze" | "close" | "resend" | "resolve") => {
            vec![reason]
        }
        ("post", "transfers") => vec![
            json!({ "postings": [
            { "account": "world", "direction": "debit", "amount": amount },
            { "account": "customer_balance", "direction": "credit", "amount": amount },
        ] }),
            json!({ "postings": [
            { "account": "world", "direction": "debit", "amount": amount },
            { "account": "settlement_account", "direction": "credit", "amount": amount },
            { "account": "world", "direction": "debit", "amount": amount },
            { "account": "payout_account", "direction": "credit", "amount": amount },
        ], "reason": "a test" }),
        ],
        ("post", "intents") => {
            let mut whole = details;
            whole["intent_id"] = json!("a");
            whole["scope"] = json!("workspace_scope");
            whole["money_model"] = json!("minor_units + ledger_currency");
            whole["primitives"] = json!(["policy", "ledger", "events"]);
            vec![whole]
        }
        ("post", "confirm") => vec![details],
        ("post", "settle") => vec![json!({ "amount": amount, "effective_at": at })],
        ("post", "void") => vec![json!({ "reason": "a test", "effective_at": at })],
        ("post", "reverse") => {
            vec![json!({ "amount": amount, "reason": "", "effective_at": at })]
        }
        ("post", "payout") => vec![json!({ "effective_at": at })],
        ("post", "end-secret") => vec![json!({ "version": 1 })],
        ("put", "{code}") => vec![json!({ "exponent": 2 })],
        _ => other_bodies(method, path),
    }
}

fn other_bodies(method: &str, path: &str) -> Vec<Value> {
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    match (method, path.rsplit('/').next().unwrap()) {
        ("post", "webhook-endpoints") => {
            let endpoint = |name: &str, secret: &str| {
                json!({ "url": "https://example.com/", "events": ["order.paid"], name: secret,
                    "policy": { "schedule_ms": [0, 1_000], "timeout_ms": 1_000, "concurrency": 1,
                        "disable_after": 0 },
                    "description": "" })
            };
            vec![endpoint("signing_secret", "whsec_live"), endpoint("shared_secret", "live")]
        }
        ("post", "rotate-secret") => {
            vec![json!({ "overlap_seconds": 0, "signing_secret": secret })]
        }
        ("post", "events") => vec![json!({ "type": "order.paid", "data": { "a": 1 } })],
        ("post", "replays") => vec![
            json!({ "event_id": "evt_00000000000000000000", "reason": "a",
                "include_delivered": false, "dry_run": true }),
            json!({ "filter": { "endpoint_id": "wep_00000000000000000000",
                "event_type": "order.*", "status": "pending", "since": "2026-04-26T14:12:09Z",
                "until": "2026-04-26T14:12:09Z", "intent_id": "a" }, "reason": "a" }),
        ],
        ("put", "chart") => vec![json!({ "templates": [
            { "pattern": "customer_balance", "normal_side": "credit", "floor": { "kind": "none" } },
        ]})],
        ("put", "policy") => vec![json!({ "rules": [
            { "rule": "limit_check", "currency": "EUR", "amount_max": "5" },
            { "rule": "velocity", "currency": "EUR", "window_seconds": 60, "count_max": 3,
                "sum_max": "9" },
            { "rule": "currency_list", "allowed": ["EUR"] },
            { "rule": "corridor_list", "allowed": ["default"] },
        ]})],
        ("put", "routes") => vec![json!({ "routes": [
            { "id": "x", "corridor": "b", "currency": "EUR", "rail": "c", "amount_min": "0",
                "amount_max": null, "priority": 1, "enabled": true },
            { "id": "y", "corridor": "b", "currency": "EUR", "rail": "c", "amount_min": null,
                "amount_max": "1208925819614629174706175" },
        ]})],
        ("post", "scopes") => vec![json!({ "name": "a",
            "key": { "actor": "svc", "roles": ["writer"], "label": "" } })],
        ("put", "quotas") => vec![json!({ "quotas": { "endpoints": 25 } })],
        ("post", "keys") => {
            vec![json!({ "actor": "svc", "roles": ["writer"], "label": "" })]
        }
        _ => vec![json!({})],
    }
}
