//! Answers about accounts, rules and transfers.

use crate::api::dto::{RuleBody, shown_templates};
use crate::api::respond::rendering::Rendering;
use serde_json::{Map, Value, json};
use zentra_events::event::{
    AccountOpenedV1, AccountStatus, AccountStatusChangedV2, ChartSetV1, CurrencyDeclaredV1,
    PolicySetV1, PostingV1, RoutesResetV1, RoutesSetV1,
};
use zentra_events::{Currency, Direction, Entry, Event};
use zentra_ledger::AccountView;

/// A posting as the page shows it: a debit takes away, a credit adds, in minor units ("mu").
pub(crate) fn line(
    r: &Rendering<'_>,
    posting: &PostingV1,
    currency: Option<Currency>,
) -> Map<String, Value> {
    let (direction, sign) = match posting.direction {
        Direction::Debit => ("debit", '-'),
        Direction::Credit => ("credit", '+'),
    };
    let mut shown = Map::new();
    shown.insert("direction".into(), direction.into());
    shown.insert("account".into(), r.account(posting.account).into());
    shown.insert("amount".into(), format!("{sign}{} mu", posting.amount).into());
    shown.insert("minor_units".into(), posting.amount.to_string().into());
    shown.insert("currency".into(), json!(currency));
    shown
}

/// Every line of every transfer of an entry.
pub(crate) fn shown_lines(r: &Rendering<'_>, entry: &Entry) -> Vec<Value> {
    let mut lines = Vec::new();
    for recorded in entry.events() {
        if let Event::LedgerPosted(body) = &recorded.event {
            lines.extend(
                body.lines
                    .iter()
                    .map(|posting| Value::Object(line(r, posting, r.currency(posting.account)))),
            );
        }
    }
    lines
}

pub(super) fn transfer(r: &Rendering<'_>, entry: &Entry) -> Value {
    let mut body = r.base(&entry.header, "posted", "ledger.posted", "POST /transfers");
    body.insert("ledger_entries".into(), shown_lines(r, entry).into());
    let corrected = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::LedgerCorrected(corrected) => Some(corrected.reason.as_str()),
        _ => None,
    });
    if let Some(reason) = corrected {
        body.insert("reason".into(), reason.into());
    }
    Value::Object(body)
}

pub(super) fn opened(r: &Rendering<'_>, entry: &Entry, opened: &AccountOpenedV1) -> Value {
    let mut body = r.base(&entry.header, "open", "account.opened", "POST /accounts");
    let rest = json!({
        "code": opened.code,
        "currency": opened.currency,
        "exponent": opened.exponent,
        "normal_side": opened.normal_side,
        "floor": opened.floor,
    });
    extend(&mut body, rest);
    Value::Object(body)
}

pub(super) fn changed(r: &Rendering<'_>, entry: &Entry, changed: &AccountStatusChangedV2) -> Value {
    let (status, verb) = match changed.status {
        AccountStatus::Open => ("open", "unfreeze"),
        AccountStatus::Frozen => ("frozen", "freeze"),
        AccountStatus::Closed => ("closed", "close"),
    };
    let entrypoint = format!("POST /accounts/{{code}}/{verb}");
    let mut body = r.base(&entry.header, status, "account.status_changed", &entrypoint);
    body.insert("code".into(), r.account(changed.account).into());
    body.insert("reason".into(), changed.reason.as_str().into());
    body.insert("by_admin".into(), changed.by_admin.into());
    Value::Object(body)
}

pub(super) fn chart_set(r: &Rendering<'_>, entry: &Entry, set: &ChartSetV1) -> Value {
    let mut body = r.base(&entry.header, "in_force", "chart.set", "PUT /chart");
    body.insert("version".into(), set.version.into());
    body.insert("templates".into(), shown_templates(&set.templates));
    Value::Object(body)
}

pub(super) fn policy_set(r: &Rendering<'_>, entry: &Entry, set: &PolicySetV1) -> Value {
    let mut body = r.base(&entry.header, "in_force", "policy.set", "PUT /policy");
    body.insert("version".into(), set.version.into());
    body.insert("rules".into(), json!(set.rules.iter().map(RuleBody::from).collect::<Vec<_>>()));
    Value::Object(body)
}

pub(super) fn routes_set(r: &Rendering<'_>, entry: &Entry, set: &RoutesSetV1) -> Value {
    let mut body = r.base(&entry.header, "in_force", "routes.set", "PUT /routes");
    body.insert("version".into(), set.version.into());
    body.insert("routes".into(), json!(set.routes));
    Value::Object(body)
}

pub(super) fn routes_reset(r: &Rendering<'_>, entry: &Entry, reset: &RoutesResetV1) -> Value {
    let mut body = r.base(&entry.header, "in_force", "routes.reset", "DELETE /routes");
    extend(&mut body, json!({ "version": 0, "routes": [], "built_in": true }));
    body.insert("last_version".into(), reset.version.into());
    Value::Object(body)
}

pub(super) fn currency_declared(
    r: &Rendering<'_>,
    entry: &Entry,
    declared: &CurrencyDeclaredV1,
) -> Value {
    let entrypoint = "PUT /currencies/{code}";
    let mut body = r.base(&entry.header, "in_force", "currency.declared", entrypoint);
    extend(&mut body, json!(declared));
    Value::Object(body)
}

/// An account as it stands. Balances are texts of minor units; `available` is null where the floor
/// is unbounded.
pub(crate) fn shown_account(account: &AccountView) -> Value {
    let (negative, size) = account.posted();
    let sign = if negative { "-" } else { "" };
    json!({
        "code": account.code,
        "number": account.no,
        "currency": account.currency,
        "exponent": account.exponent,
        "normal_side": account.normal_side,
        "floor": account.floor,
        "status": account.status,
        "balances": {
            "posted": format!("{sign}{size}"),
            "reserved": account.reserved,
            "available": account.available(),
            "debits": account.debits,
            "credits": account.credits,
        },
        "position": account.last,
    })
}

pub(super) fn extend(body: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        body.extend(more);
    }
}
