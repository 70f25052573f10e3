//! Which decider answers which command, and the small ones: accounts and rules.
//!
//! Owns the precedence inside its own commands. Must not change the ledger.

use crate::account::posted;
use crate::bounds::check_floor;
use crate::chart::{check_own, check_templates, template};
use crate::command::{Ctx, Decision, LedgerCommand, Refusal};
use crate::draft::next_account;
use crate::hold;
use crate::ledger::Ledger;
use crate::policy::check_rules;
use crate::route::check_routes;
use crate::run;
use crate::transfer;
use zentra_events::event::{
    AccountOpenedV1, AccountStatus, AccountStatusChangedV2, ChartSetV1, CurrencyDeclaredV1, Floor,
    NormalSide, PolicyRuleV1, PolicySetV1, RouteV1, RoutesResetV1, RoutesSetV1, TemplateV1,
};
use zentra_events::limits::TEXT_BYTES_MAX;
use zentra_events::{AccountCode, Amount, Code, Currency, Event, ScopeNo};

/// Decimal digits of a currency at most: those that an amount can have.
pub const EXPONENT_MAX: u8 = 38;

/// Decides any command.
pub(crate) fn decide(
    ledger: &Ledger,
    scope: ScopeNo,
    command: &LedgerCommand,
    ctx: &Ctx,
) -> Decision {
    let decided = match command {
        LedgerCommand::AcceptIntent { intent_id, digest, details } => {
            return run::accept(ledger, scope, intent_id, *digest, details.as_ref(), ctx);
        }
        LedgerCommand::ConfirmIntent { intent_id, digest, details } => {
            return run::confirm(ledger, scope, intent_id, *digest, details, ctx);
        }
        LedgerCommand::DeclareCurrency { currency, exponent } => {
            return declare(ledger, scope, *currency, *exponent);
        }
        LedgerCommand::ResetRoutes => Ok(vec![reset_routes(ledger, scope)]),
        LedgerCommand::OpenAccount { code, currency, exponent, normal_side, floor, by_admin } => {
            check_floor_given(ledger, scope, code, *floor, *by_admin).and_then(|()| {
                open_account(ledger, scope, code, (*currency, *exponent), *normal_side, *floor)
            })
        }
        LedgerCommand::SetAccountStatus { code, status, reason, by_admin } => {
            set_status(ledger, scope, code, (*status, *by_admin), reason)
        }
        LedgerCommand::SetChart { templates } => set_chart(ledger, scope, templates),
        LedgerCommand::SetPolicy { rules } => set_policy(ledger, scope, rules),
        LedgerCommand::SetRoutes { routes } => set_routes(ledger, scope, routes),
        LedgerCommand::PostTransfer { lines, correction } => {
            transfer::decide(ledger, scope, lines, correction.as_deref())
        }
        LedgerCommand::SettleIntent { intent_id, amount, effective_at } => {
            hold::settle(ledger, scope, intent_id, *amount, *effective_at)
        }
        LedgerCommand::VoidIntent { intent_id, reason, effective_at } => {
            hold::void(ledger, scope, intent_id, reason, *effective_at)
        }
        LedgerCommand::ReverseIntent { intent_id, amount, reason, effective_at } => {
            hold::reverse(ledger, scope, intent_id, (*amount, *effective_at), reason)
        }
        LedgerCommand::PayoutIntent { intent_id, effective_at } => {
            hold::payout(ledger, scope, intent_id, *effective_at)
        }
    };
    match decided {
        Ok(events) => Decision::Events(events),
        Err(refusal) => Decision::Refuse(refusal),
    }
}

/// Refuses a reason that is longer than the contract allows.
pub(crate) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.len() > TEXT_BYTES_MAX {
        return Err(Refusal::new(
            Code::ValidationFailed,
            format!("a reason has at most {TEXT_BYTES_MAX} bytes, not {}", reason.len()),
        ));
    }
    Ok(())
}

/// A floor lets money leave that never came in, so it is an admin's to give: directly, or by the
/// chart.
fn check_floor_given(
    ledger: &Ledger,
    scope: ScopeNo,
    code: &AccountCode,
    floor: Floor,
    by_admin: bool,
) -> Result<(), Refusal> {
    let by_chart = || {
        let templates = ledger.scopes.templates(scope);
        template(templates, code).is_some_and(|template| template.floor == floor)
    };
    if by_admin || floor == Floor::None || by_chart() {
        return Ok(());
    }
    Err(Refusal::new(
        Code::Forbidden,
        format!(
            "a floor other than none needs a key with the role admin, or a template of the chart \
             that gives it to {code}"
        ),
    ))
}

fn open_account(
    ledger: &Ledger,
    scope: ScopeNo,
    code: &AccountCode,
    (currency, exponent): (Currency, Option<u8>),
    normal_side: NormalSide,
    floor: Floor,
) -> Result<Vec<Event>, Refusal> {
    exponent.map_or(Ok(()), check_exponent)?;
    check_floor(floor)?;
    check_own(code)?;
    if ledger.accounts.find(scope, code).is_some() {
        return Err(Refusal::new(Code::AccountExists, format!("the account {code} exists")));
    }
    let known = ledger.scopes.implied(scope).and_then(|implied| implied.exponent(currency));
    let digits = exponent.or(known).or_else(|| currency.iso_exponent());
    let digits = digits.ok_or_else(|| undeclared(currency))?;
    if let Some(known) = known.filter(|known| *known != digits) {
        return Err(other_digits(currency, known, digits));
    }
    Ok(vec![
        AccountOpenedV1 {
            account: next_account(ledger.accounts.len())?,
            code: code.clone(),
            currency,
            exponent: digits,
            normal_side,
            floor,
        }
        .into(),
    ])
}

/// Digits may be declared again until there is an account in the currency.
fn declare(ledger: &Ledger, scope: ScopeNo, currency: Currency, exponent: u8) -> Decision {
    let earlier = ledger.scopes.rules_or_none(scope).currencies.get(&currency);
    if let Some(same) = earlier.filter(|earlier| earlier.exponent == exponent) {
        return Decision::Repeat(same.at);
    }
    let known = ledger.scopes.implied(scope).and_then(|implied| implied.digits(currency));
    let other = known.filter(|known| known.in_use && known.exponent != exponent);
    let refusal = check_exponent(exponent)
        .err()
        .or_else(|| other.map(|known| other_digits(currency, known.exponent, exponent)));
    match refusal {
        Some(refusal) => Decision::Refuse(refusal),
        None => Decision::Events(vec![CurrencyDeclaredV1 { currency, exponent }.into()]),
    }
}

fn check_exponent(exponent: u8) -> Result<(), Refusal> {
    if exponent <= EXPONENT_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Code::ValidationFailed,
        format!("a currency has at most {EXPONENT_MAX} decimal digits, not {exponent}"),
    ))
}

fn other_digits(currency: Currency, known: u8, digits: u8) -> Refusal {
    Refusal::new(
        Code::CurrencyMismatch,
        format!("{currency} has {known} decimal digits in this scope, not {digits}"),
    )
}

/// The refusal of a currency of which nothing says how many digits it has.
pub(crate) fn undeclared(currency: Currency) -> Refusal {
    Refusal::new(
        Code::CurrencyUnknown,
        format!(
            "ISO 4217 gives {currency} no decimal digits, and the scope has not declared any; if \
             the code is meant, an admin declares it: PUT /currencies/{currency}"
        ),
    )
}

fn set_status(
    ledger: &Ledger,
    scope: ScopeNo,
    code: &AccountCode,
    (status, by_admin): (AccountStatus, bool),
    reason: &str,
) -> Result<Vec<Event>, Refusal> {
    check_reason(reason)?;
    let found = ledger.accounts.find(scope, code);
    let Some((no, account)) = found.and_then(|no| Some((no, ledger.accounts.get(no)?))) else {
        return Err(Refusal::new(Code::AccountNotFound, format!("there is no account {code}")));
    };
    if account.status == AccountStatus::Closed {
        return Err(Refusal::new(
            Code::AccountClosed,
            format!("the account {code} is closed for good"),
        ));
    }
    if status == AccountStatus::Closed {
        check_own(code)?;
    }
    if !by_admin && (account.system || account.frozen_by_admin) {
        let why = if account.system { "is the system's" } else { "was frozen by an admin" };
        return Err(Refusal::new(
            Code::Forbidden,
            format!("the account {code} {why}: this needs a key with the role admin"),
        ));
    }
    let (negative, balance) = posted(account.debits, account.credits);
    let reserved = ledger.accounts.particulars(no).map_or(Amount::ZERO, |rest| rest.reserved);
    let empty = balance.is_zero() && reserved.is_zero();
    if status == AccountStatus::Closed && !empty {
        let sign = if negative { "-" } else { "" };
        return Err(Refusal::new(
            Code::AccountNotEmpty,
            format!("posted {sign}{balance}, reserved {reserved}: both must be zero"),
        ));
    }
    let reason = reason.to_owned();
    Ok(vec![AccountStatusChangedV2 { account: no, status, reason, by_admin }.into()])
}

fn set_chart(
    ledger: &Ledger,
    scope: ScopeNo,
    templates: &[TemplateV1],
) -> Result<Vec<Event>, Refusal> {
    check_templates(templates)?;
    let set = ledger.scopes.rules(scope).and_then(|rules| rules.chart.as_ref());
    let version = next_version(set.map(|chart| chart.version))?;
    Ok(vec![ChartSetV1 { version, templates: templates.to_vec() }.into()])
}

fn set_policy(
    ledger: &Ledger,
    scope: ScopeNo,
    rules: &[PolicyRuleV1],
) -> Result<Vec<Event>, Refusal> {
    check_rules(rules)?;
    let set = ledger.scopes.rules(scope).and_then(|rules| rules.policy.as_ref());
    let version = next_version(set.map(|policy| policy.version))?;
    Ok(vec![PolicySetV1 { version, rules: rules.to_vec() }.into()])
}

fn set_routes(ledger: &Ledger, scope: ScopeNo, routes: &[RouteV1]) -> Result<Vec<Event>, Refusal> {
    check_routes(routes)?;
    let version = next_version(Some(ledger.scopes.rules_or_none(scope).routes_version))?;
    Ok(vec![RoutesSetV1 { version, routes: routes.to_vec() }.into()])
}

fn reset_routes(ledger: &Ledger, scope: ScopeNo) -> Event {
    RoutesResetV1 { version: ledger.scopes.rules_or_none(scope).routes_version }.into()
}

fn next_version(set: Option<u32>) -> Result<u32, Refusal> {
    set.unwrap_or(0).checked_add(1).ok_or_else(|| {
        Refusal::new(Code::LimitReached, "the scope's rules have no version number left")
    })
}
