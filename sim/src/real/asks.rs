//! From a wish to the request over HTTP, as docs/reference and the API's description have it.
//!
//! Owns paths and bodies. Must not know what comes of it.

use super::ring::words;
use crate::node::Input;
use crate::oracle::Scope;
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use zentra_delivery::{DeliveryCommand, SecretChoice};
use zentra_engine::{AccessCommand, BatchItem, Command, IntentBatch, NewKey, PartyAt};
use zentra_events::event::{
    AccountStatus, Capture, Floor, NormalSide, PolicyRuleV1, RetryPolicyV1, RouteV1, TemplateV1,
};
use zentra_events::{AccountCode, Direction, Timestamp};
use zentra_ledger::{IntentRequest, LedgerCommand, LegsAt, TransferLine};

/// The request of a wish; none where the API has no route for it.
pub(super) struct Asking {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Option<String>,
}

/// How a wish is asked. Scopes have their names by number.
pub(super) fn asking(input: &Input, scopes: &[Scope]) -> Option<Asking> {
    let request = match input {
        Input::Command(request) => request,
        Input::Intents(batch) => {
            let (path, body) = ("/intents/batch".to_owned(), Some(batch_body(batch)));
            return Some(Asking { method: "POST", path, body });
        }
    };
    let (method, path) = match &request.command {
        Command::Ledger(command) => route_of_money(command),
        Command::Delivery(command) => route_of_webhooks(command)?,
        Command::Access(command) => route_of_access(command, scopes),
        _ => return None,
    };
    Some(Asking { method, path, body: body(&request.command) })
}

fn route_of_access(command: &AccessCommand, scopes: &[Scope]) -> (&'static str, String) {
    match command {
        AccessCommand::CreateScope { .. } => ("POST", "/scopes".to_owned()),
        AccessCommand::CreateKey(_) => ("POST", "/keys".to_owned()),
        AccessCommand::RevokeKey { key } => ("DELETE", format!("/keys/{key}")),
        AccessCommand::SetQuotas { scope, .. } => {
            let name = scopes.get(scope.0 as usize).map_or("nobody", |scope| &scope.name);
            ("PUT", format!("/scopes/{name}/quotas"))
        }
    }
}

fn route_of_money(command: &LedgerCommand) -> (&'static str, String) {
    use LedgerCommand as L;
    match command {
        L::OpenAccount { .. } => ("POST", "/accounts".to_owned()),
        L::SetAccountStatus { code, status, .. } => {
            let what = match status {
                AccountStatus::Open => "unfreeze",
                AccountStatus::Frozen => "freeze",
                AccountStatus::Closed => "close",
            };
            ("POST", format!("/accounts/{}/{what}", code.as_str()))
        }
        L::SetChart { .. } => ("PUT", "/chart".to_owned()),
        L::SetPolicy { .. } => ("PUT", "/policy".to_owned()),
        L::SetRoutes { .. } => ("PUT", "/routes".to_owned()),
        L::ResetRoutes => ("DELETE", "/routes".to_owned()),
        L::DeclareCurrency { currency, .. } => {
            ("PUT", format!("/currencies/{}", currency.as_str()))
        }
        L::PostTransfer { .. } => ("POST", "/transfers".to_owned()),
        L::AcceptIntent { .. } => ("POST", "/intents".to_owned()),
        L::ConfirmIntent { intent_id, .. } => ("POST", format!("/intents/{intent_id}/confirm")),
        L::SettleIntent { intent_id, .. } => ("POST", format!("/intents/{intent_id}/settle")),
        L::VoidIntent { intent_id, .. } => ("POST", format!("/intents/{intent_id}/void")),
        L::ReverseIntent { intent_id, .. } => ("POST", format!("/intents/{intent_id}/reverse")),
        L::PayoutIntent { intent_id, .. } => ("POST", format!("/intents/{intent_id}/payout")),
    }
}

fn route_of_webhooks(command: &DeliveryCommand) -> Option<(&'static str, String)> {
    use DeliveryCommand as D;
    let of = |id: &dyn std::fmt::Display, what: &str| format!("/webhook-endpoints/{id}{what}");
    Some(match command {
        D::CreateEndpoint { .. } => ("POST", "/webhook-endpoints".to_owned()),
        D::DisableEndpoint { endpoint } => ("POST", of(endpoint, "/disable")),
        D::EnableEndpoint { endpoint } => ("POST", of(endpoint, "/enable")),
        D::DeleteEndpoint { endpoint } => ("DELETE", of(endpoint, "")),
        D::RotateSecret { endpoint, .. } => ("POST", of(endpoint, "/rotate-secret")),
        D::EndSecretVersion { endpoint, .. } => ("POST", of(endpoint, "/end-secret")),
        D::Publish { .. } => ("POST", "/events".to_owned()),
        D::Replay { .. } => ("POST", "/replays".to_owned()),
        D::Resend { delivery, .. } => ("POST", format!("/deliveries/{delivery}/resend")),
        D::ResolveDelivery { delivery, .. } => ("POST", format!("/deliveries/{delivery}/resolve")),
        // The server's own doing.
        D::AttemptFinished { .. } => return None,
    })
}

/// The body of a command; none where the route takes none.
pub(super) fn body(command: &Command) -> Option<String> {
    let body = match command {
        Command::Delivery(DeliveryCommand::Publish { event_type, data }) => {
            // As a text: a number counts by all of its digits.
            let event_type = json!(event_type.as_str());
            return Some(format!("{{\"type\":{event_type},\"data\":{data}}}"));
        }
        Command::Ledger(command) => body_of_money(command)?,
        Command::Delivery(command) => body_of_webhooks(command)?,
        Command::Access(command) => body_of_access(command)?,
        _ => return None,
    };
    Some(body.to_string())
}

fn body_of_access(command: &AccessCommand) -> Option<Value> {
    Some(match command {
        AccessCommand::CreateScope { name, key } => {
            let mut body = json!({ "name": name.as_str() });
            has(&mut body, "key", key.as_ref().map(key_body));
            body
        }
        AccessCommand::CreateKey(key) => key_body(key),
        AccessCommand::RevokeKey { .. } => return None,
        AccessCommand::SetQuotas { overrides, .. } => {
            let limits = overrides.iter().map(|one| (one.quota.as_str().to_owned(), one.limit));
            json!({ "quotas": limits.collect::<BTreeMap<String, u64>>() })
        }
    })
}

fn key_body(key: &NewKey) -> Value {
    json!({ "actor": key.actor.as_str(), "roles": words(key.roles), "label": key.label })
}

fn body_of_money(command: &LedgerCommand) -> Option<Value> {
    use LedgerCommand as L;
    Some(match command {
        L::OpenAccount { code, currency, exponent, normal_side, floor, .. } => {
            let (code, currency) = (code.as_str(), currency.as_str());
            let mut body = json!({
                "code": code, "currency": currency, "floor": floor_body(*floor),
                "normal_side": side(*normal_side),
            });
            has(&mut body, "exponent", exponent.map(Value::from));
            body
        }
        L::SetAccountStatus { reason, .. } => json!({ "reason": reason }),
        L::SetChart { templates } => {
            json!({ "templates": templates.iter().map(template).collect::<Vec<_>>() })
        }
        L::SetPolicy { rules } => json!({ "rules": rules.iter().map(rule).collect::<Vec<_>>() }),
        L::SetRoutes { routes } => {
            json!({ "routes": routes.iter().map(route_body).collect::<Vec<_>>() })
        }
        L::ResetRoutes => return None,
        L::DeclareCurrency { exponent, .. } => json!({ "exponent": exponent }),
        L::PostTransfer { lines, correction } => {
            let mut body = json!({ "postings": lines.iter().map(posting).collect::<Vec<_>>() });
            has(&mut body, "reason", correction.clone().map(Value::from));
            body
        }
        L::AcceptIntent { intent_id, details, .. } => {
            let mut body = details.as_ref().map_or_else(|| json!({}), details_json);
            has(&mut body, "intent_id", Some(json!(intent_id.as_str())));
            body
        }
        L::ConfirmIntent { details, .. } => details_json(details),
        L::SettleIntent { amount, effective_at, .. } => leg(amount.map(|a| a.0), *effective_at),
        L::VoidIntent { reason, effective_at, .. } => {
            let mut body = leg(None, *effective_at);
            has(&mut body, "reason", Some(json!(reason)));
            body
        }
        L::ReverseIntent { amount, reason, effective_at, .. } => {
            let mut body = leg(amount.map(|a| a.0), *effective_at);
            has(&mut body, "reason", Some(json!(reason)));
            body
        }
        L::PayoutIntent { effective_at, .. } => leg(None, *effective_at),
    })
}

fn body_of_webhooks(command: &DeliveryCommand) -> Option<Value> {
    use DeliveryCommand as D;
    Some(match command {
        D::CreateEndpoint { url, filters, secret, policy, description } => {
            let mut body = json!({
                "url": url, "events": filters, "policy": policy_body(policy),
                "description": description,
            });
            match secret {
                SecretChoice::Own { sealed } => {
                    has(&mut body, "signing_secret", Some(json!(shown(sealed))));
                }
                SecretChoice::Named { name, .. } => {
                    has(&mut body, "shared_secret", Some(json!(name)));
                }
            }
            body
        }
        D::RotateSecret { sealed, overlap, .. } => json!({
            "signing_secret": shown(sealed), "overlap_seconds": overlap.0 / 1_000_000_000,
        }),
        D::EndSecretVersion { version, .. } => json!({ "version": version }),
        D::Resend { reason, .. } | D::ResolveDelivery { reason, .. } => json!({ "reason": reason }),
        D::Replay { filter, reason, .. } => {
            let filter: Value = serde_json::from_str(filter).unwrap_or_default();
            let mut body = json!({ "reason": reason, "filter": filter });
            if filter["status"].is_null() {
                has(&mut body, "include_delivered", Some(json!(true)));
            }
            body
        }
        _ => return None,
    })
}

/// A secret as it is told.
fn shown(secret: &[u8]) -> String {
    format!("whsec_{}", BASE64.encode(secret))
}

fn has(body: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(value), Some(fields)) = (value, body.as_object_mut()) {
        fields.insert(name.to_owned(), value);
    }
}

fn money(amount: u128, currency: &str) -> Value {
    json!({ "minor_units": amount.to_string(), "currency": currency })
}

fn posting(line: &TransferLine) -> Value {
    let direction = match line.direction {
        Direction::Debit => "debit",
        Direction::Credit => "credit",
    };
    let amount = money(line.amount.0, line.currency.as_str());
    json!({ "account": line.account.as_str(), "direction": direction, "amount": amount })
}

/// What an intent moves, as a text that is the same for what is the same.
pub(super) fn details_body(details: &IntentRequest) -> String {
    details_json(details).to_string()
}

fn details_json(details: &IntentRequest) -> Value {
    let metadata: serde_json::Map<String, Value> =
        details.metadata.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let mut body = json!({
        "amount": money(details.amount.0, details.currency.as_str()),
        "source": details.source.as_str(),
        "destination": details.destination.as_str(),
        "corridor": details.corridor,
        "capture": match details.capture {
            Capture::Manual => "manual",
            Capture::Automatic => "automatic",
        },
    });
    has(&mut body, "effective_at", details.effective_at.map(instant));
    has(&mut body, "metadata", (!metadata.is_empty()).then_some(Value::Object(metadata)));
    body
}

fn instant(at: Timestamp) -> Value {
    json!(format!("{at:.9}"))
}

fn leg(amount: Option<u128>, at: Option<LegsAt>) -> Value {
    let mut body = json!({});
    has(&mut body, "amount", amount.map(|amount| json!({ "minor_units": amount.to_string() })));
    has(&mut body, "effective_at", at.map(|legs| instant(legs.at)));
    body
}

fn side(side: NormalSide) -> &'static str {
    match side {
        NormalSide::Debit => "debit",
        NormalSide::Credit => "credit",
    }
}

fn floor_body(floor: Floor) -> Value {
    match floor {
        Floor::None => json!({ "kind": "none" }),
        Floor::Limit(limit) => json!({ "kind": "limit", "limit": limit.0.to_string() }),
        Floor::Unbounded => json!({ "kind": "unbounded" }),
    }
}

fn template(template: &TemplateV1) -> Value {
    json!({
        "pattern": template.pattern, "normal_side": side(template.normal_side),
        "floor": floor_body(template.floor),
    })
}

fn rule(rule: &PolicyRuleV1) -> Value {
    match rule {
        PolicyRuleV1::LimitCheck { currency, amount_max } => json!({
            "rule": "limit_check", "currency": currency.as_str(),
            "amount_max": amount_max.0.to_string(),
        }),
        PolicyRuleV1::Velocity { currency, window_ns, count_max, sum_max } => json!({
            "rule": "velocity", "currency": currency.as_str(),
            "window_seconds": window_ns.0 / 1_000_000_000, "count_max": count_max,
            "sum_max": sum_max.0.to_string(),
        }),
        PolicyRuleV1::CurrencyList { allowed } => json!({
            "rule": "currency_list",
            "allowed": allowed.iter().map(|one| one.as_str().to_owned()).collect::<Vec<_>>(),
        }),
        PolicyRuleV1::CorridorList { allowed } => {
            json!({ "rule": "corridor_list", "allowed": allowed })
        }
    }
}

fn route_body(route: &RouteV1) -> Value {
    json!({
        "id": route.id, "corridor": route.corridor, "currency": route.currency.as_str(),
        "rail": route.rail, "amount_min": route.amount_min.0.to_string(),
        "amount_max": route.amount_max.0.to_string(), "priority": route.priority,
        "enabled": route.enabled,
    })
}

fn policy_body(policy: &RetryPolicyV1) -> Value {
    json!({
        "schedule_ms": policy.schedule_ns.iter().map(|d| d.0 / 1_000_000).collect::<Vec<_>>(),
        "timeout_ms": policy.timeout_ns.0 / 1_000_000, "concurrency": policy.concurrency,
        "disable_after": policy.disable_after,
    })
}

/// The items of a batch as requests of their own.
pub(super) fn item_requests(
    batch: &IntentBatch,
) -> impl Iterator<Item = (&BatchItem, IntentRequest)> {
    batch.items.iter().map(|item| {
        let code = |party: PartyAt| -> AccountCode {
            match party {
                PartyAt::Code(at) => at.of(&batch.text).parse().expect("the workload names codes"),
                PartyAt::Number(_) => unreachable!("the workload names codes"),
            }
        };
        let terms = &batch.terms[usize::from(item.terms)];
        let request = IntentRequest {
            amount: item.amount,
            currency: terms.currency,
            source: code(item.source),
            destination: code(item.destination),
            corridor: terms.corridor.clone(),
            capture: terms.capture,
            effective_at: terms.effective_at,
            metadata: terms.metadata.clone(),
        };
        (item, request)
    })
}

fn batch_body(batch: &IntentBatch) -> String {
    let items = item_requests(batch).map(|(item, details)| {
        let mut body = details_json(&details);
        has(&mut body, "intent_id", Some(json!(item.id.of(&batch.text))));
        has(&mut body, "linked", item.linked.then_some(json!(true)));
        body
    });
    Value::Array(items.collect()).to_string()
}
