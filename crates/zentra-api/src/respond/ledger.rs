//! Answers about accounts, rules and transfers.

use crate::problem::Problem;
use crate::respond::rendering::{Base, Rendering};
use zentra_api_types::{
    Account, AccountOpened, AccountStatus, AccountStatusChanged, Balances, ChartSet,
    CurrencyDeclared, InForce, LedgerLine, PolicySet, Posted, RoutesReset, RoutesSet, Rule,
    Template, TransferPosted,
};
use zentra_events::event::{
    AccountOpenedV1, AccountStatusChangedV2, ChartSetV1, CurrencyDeclaredV1, PolicySetV1,
    PostingV1, RoutesResetV1, RoutesSetV1,
};
use zentra_events::{Currency, Direction, Entry, Event};
use zentra_ledger::AccountView;

/// A posting as the page shows it: a debit takes away, a credit adds, in minor units ("mu").
pub(crate) fn line(r: &Rendering<'_>, posting: &PostingV1, currency: Currency) -> LedgerLine {
    let sign = match posting.direction {
        Direction::Debit => '-',
        Direction::Credit => '+',
    };
    LedgerLine {
        direction: posting.direction.into(),
        account: r.account(posting.account),
        amount: format!("{sign}{} mu", posting.amount),
        minor_units: posting.amount,
        currency,
    }
}

pub(super) fn transfer(r: &Rendering<'_>, entry: &Entry) -> Result<TransferPosted, Problem> {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "ledger.posted", "POST /transfers");
    let (mut ledger_entries, mut reason) = (Vec::new(), None);
    for recorded in entry.events() {
        match &recorded.event {
            Event::LedgerPosted(body) => {
                for posting in &body.lines {
                    ledger_entries.push(line(r, posting, r.currency(posting.account)?));
                }
            }
            Event::LedgerCorrected(corrected) => reason = Some(corrected.reason.clone()),
            _ => {}
        }
    }
    let status = Posted::Posted;
    Ok(TransferPosted { status, event, evidence, entrypoint, ledger_entries, reason })
}

pub(super) fn opened(r: &Rendering<'_>, entry: &Entry, opened: &AccountOpenedV1) -> AccountOpened {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "account.opened", "POST /accounts");
    AccountOpened {
        status: AccountStatus::Open,
        event,
        evidence,
        entrypoint,
        code: opened.code.clone(),
        currency: opened.currency,
        exponent: opened.exponent,
        normal_side: opened.normal_side.into(),
        floor: opened.floor.into(),
    }
}

pub(super) fn changed(
    r: &Rendering<'_>,
    entry: &Entry,
    changed: &AccountStatusChangedV2,
) -> AccountStatusChanged {
    let status = AccountStatus::from(changed.status);
    let entrypoint = match status {
        AccountStatus::Open => "POST /accounts/{code}/unfreeze",
        AccountStatus::Frozen => "POST /accounts/{code}/freeze",
        AccountStatus::Closed => "POST /accounts/{code}/close",
    };
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "account.status_changed", entrypoint);
    AccountStatusChanged {
        status,
        event,
        evidence,
        entrypoint,
        code: r.account(changed.account),
        reason: changed.reason.clone(),
        by_admin: changed.by_admin,
    }
}

pub(super) fn chart_set(r: &Rendering<'_>, entry: &Entry, set: &ChartSetV1) -> ChartSet {
    let Base { event, evidence, entrypoint } = r.base(&entry.header, "chart.set", "PUT /chart");
    let templates = set.templates.iter().map(Template::from).collect();
    let (status, version) = (InForce::InForce, set.version);
    ChartSet { status, event, evidence, entrypoint, version, templates }
}

pub(super) fn policy_set(r: &Rendering<'_>, entry: &Entry, set: &PolicySetV1) -> PolicySet {
    let Base { event, evidence, entrypoint } = r.base(&entry.header, "policy.set", "PUT /policy");
    let rules = set.rules.iter().map(Rule::from).collect();
    let (status, version) = (InForce::InForce, set.version);
    PolicySet { status, event, evidence, entrypoint, version, rules }
}

pub(super) fn routes_set(r: &Rendering<'_>, entry: &Entry, set: &RoutesSetV1) -> RoutesSet {
    let Base { event, evidence, entrypoint } = r.base(&entry.header, "routes.set", "PUT /routes");
    let routes = set.routes.iter().map(Into::into).collect();
    let (status, version) = (InForce::InForce, set.version);
    RoutesSet { status, event, evidence, entrypoint, version, routes }
}

pub(super) fn routes_reset(r: &Rendering<'_>, entry: &Entry, reset: &RoutesResetV1) -> RoutesReset {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "routes.reset", "DELETE /routes");
    RoutesReset {
        status: InForce::InForce,
        event,
        evidence,
        entrypoint,
        version: 0,
        routes: Vec::new(),
        built_in: true,
        last_version: reset.version,
    }
}

pub(super) fn currency_declared(
    r: &Rendering<'_>,
    entry: &Entry,
    declared: &CurrencyDeclaredV1,
) -> CurrencyDeclared {
    let Base { event, evidence, entrypoint } =
        r.base(&entry.header, "currency.declared", "PUT /currencies/{code}");
    let (currency, exponent) = (declared.currency, declared.exponent);
    let status = InForce::InForce;
    CurrencyDeclared { status, event, evidence, entrypoint, currency, exponent }
}

/// An account as it stands. Balances are texts of minor units; `available` is null where the floor
/// is unbounded.
pub(crate) fn shown_account(account: &AccountView) -> Account {
    let (negative, size) = account.posted();
    let sign = if negative { "-" } else { "" };
    Account {
        code: account.code.clone(),
        number: account.no.0,
        currency: account.currency,
        exponent: account.exponent,
        normal_side: account.normal_side.into(),
        floor: account.floor.into(),
        status: account.status.into(),
        balances: Balances {
            posted: format!("{sign}{size}"),
            reserved: account.reserved,
            available: account.available(),
            debits: account.debits,
            credits: account.credits,
        },
        position: account.last,
    }
}
