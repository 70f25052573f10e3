//! What the docs say of accounts and transfers.

use super::books::{AMOUNT_MAX, Account, Books, Draft, SYSTEM, Template, is_system};
use super::fact::{Depth, Fact, Side, Status};
use zentra_events::event::{AccountStatus, Floor, TemplateV1};
use zentra_events::{AccountCode, Currency, Direction, Position};
use zentra_ledger::TransferLine;

/// The facts, or the code of the refusal.
pub(crate) type Judged = Result<Vec<Fact>, &'static str>;

/// The largest number of decimal digits.
const EXPONENT_MAX: u8 = 38;

fn depth(floor: Floor) -> Depth {
    match floor {
        Floor::None => Depth::Zero,
        Floor::Limit(limit) => Depth::Limit(limit.0),
        Floor::Unbounded => Depth::Unbounded,
    }
}

/// What a caller opens by name.
pub(crate) struct Opening<'a> {
    pub(crate) code: &'a AccountCode,
    pub(crate) currency: Currency,
    pub(crate) exponent: Option<u8>,
    pub(crate) floor: Floor,
    pub(crate) by_admin: bool,
}

/// `POST /accounts`.
pub(crate) fn open(books: &mut Books, asked: &Opening<'_>) -> Judged {
    let (code, depth) = (asked.code.as_str(), depth(asked.floor));
    let from_chart = books.template(code) == Some(depth);
    if depth != Depth::Zero && !from_chart && !asked.by_admin {
        return Err("forbidden");
    }
    if asked.exponent.is_some_and(|digits| digits > EXPONENT_MAX) {
        return Err("validation_failed");
    }
    if matches!(depth, Depth::Limit(limit) if limit > AMOUNT_MAX) {
        return Err("amount_overflow");
    }
    if is_system(code) {
        return Err("account_reserved");
    }
    if books.accounts.contains_key(code) {
        return Err("account_exists");
    }
    let known = books.digits(asked.currency);
    let digits = asked.exponent.or(known).or_else(|| asked.currency.iso_exponent());
    let exponent = digits.ok_or("currency_unknown")?;
    if known.is_some_and(|known| known != exponent) {
        return Err("currency_mismatch");
    }
    let account = Account::opened(asked.currency, exponent, depth);
    books.accounts.insert(code.to_owned(), account);
    let (code, currency) = (code.to_owned(), asked.currency);
    Ok(vec![Fact::Opened { code, currency, exponent, depth }])
}

/// `POST /accounts/{code}/freeze`, `/unfreeze` and `/close`.
pub(crate) fn set_status(
    books: &mut Books,
    code: &AccountCode,
    status: AccountStatus,
    by_admin: bool,
) -> Judged {
    let code = code.as_str();
    let account = books.accounts.get_mut(code).ok_or("account_not_found")?;
    let status = match status {
        AccountStatus::Open => Status::Open,
        AccountStatus::Frozen => Status::Frozen,
        AccountStatus::Closed => Status::Closed,
    };
    if account.status == Status::Closed {
        return Err("account_closed");
    }
    if is_system(code) {
        if status == Status::Closed {
            return Err("account_reserved");
        }
        if !by_admin {
            return Err("forbidden");
        }
    }
    if account.frozen_by_admin && !by_admin {
        return Err("forbidden");
    }
    if status == Status::Closed && (account.posted != 0 || account.reserved != 0) {
        return Err("account_not_empty");
    }
    account.frozen_by_admin = status == Status::Frozen && by_admin;
    account.status = status;
    Ok(vec![Fact::StatusSet { code: code.to_owned(), status, by_admin }])
}

/// `PUT /chart`.
pub(crate) fn set_chart(books: &mut Books, templates: &[TemplateV1]) -> Judged {
    books.chart = templates
        .iter()
        .map(|template| Template {
            pattern: template.pattern.clone(),
            depth: depth(template.floor),
        })
        .collect();
    Ok(vec![Fact::ChartSet(templates.len())])
}

/// `PUT /currencies/{code}`.
pub(crate) fn declare(books: &mut Books, currency: Currency, exponent: u8, at: Position) -> Judged {
    if exponent > EXPONENT_MAX {
        return Err("validation_failed");
    }
    let used = books.accounts.values().find(|account| account.currency == currency);
    if used.is_some_and(|account| account.exponent != exponent) {
        return Err("currency_mismatch");
    }
    books.declared.insert(currency, (exponent, at));
    Ok(vec![Fact::CurrencyDeclared(currency, exponent)])
}

/// `POST /transfers`, in the order of refusals that docs/concepts/ledger.md has.
pub(crate) fn transfer(
    books: &mut Books,
    lines: &[TransferLine],
    correction: Option<&str>,
) -> Judged {
    if !(2..=256).contains(&lines.len()) {
        return Err("validation_failed");
    }
    if lines.iter().any(|line| line.amount.0 > AMOUNT_MAX) {
        return Err("amount_overflow");
    }
    if correction.is_some() && !lines.iter().any(|line| is_system(line.account.as_str())) {
        return Err("validation_failed");
    }
    let mut draft = Draft::of(books);
    for line in lines {
        let code = line.account.as_str();
        let reserved = code == SYSTEM[0] || code.starts_with("reserved_balance:");
        if is_system(code) && (correction.is_none() || reserved) {
            return Err("account_reserved");
        }
        if is_system(code) {
            draft.account(code).ok_or("account_not_found")?;
        } else {
            draft.claim(&line.account, line.currency).ok_or("account_not_found")?;
        }
    }
    let codes: Vec<&str> = lines.iter().map(|line| line.account.as_str()).collect();
    if let Some(code) = draft.not_open(&codes) {
        return Err(code);
    }
    if lines.iter().any(|line| !draft.is_in(line.account.as_str(), line.currency)) {
        return Err("currency_mismatch");
    }
    if draft.lacks_digits() {
        return Err("currency_unknown");
    }
    check_sums(lines)?;
    if correction.is_some() {
        draft.facts.push(Fact::Corrected);
    }
    let sided: Vec<_> = lines
        .iter()
        .map(|line| (line.account.as_str(), side(line.direction), line.amount.0))
        .collect();
    draft.post("transfer", None, &sided).ok_or("insufficient_funds")?;
    Ok(draft.keep())
}

fn side(direction: Direction) -> Side {
    match direction {
        Direction::Debit => Side::Debit,
        Direction::Credit => Side::Credit,
    }
}

fn check_sums(lines: &[TransferLine]) -> Result<(), &'static str> {
    if lines.iter().any(|line| line.amount.0 == 0) {
        return Err("amount_zero");
    }
    let on_both_sides = |line: &TransferLine| {
        lines.iter().any(|other| other.account == line.account && other.direction != line.direction)
    };
    if lines.iter().any(on_both_sides) {
        return Err("same_account");
    }
    for line in lines {
        let sum = |direction| -> u128 {
            let of = lines
                .iter()
                .filter(|other| other.currency == line.currency && other.direction == direction);
            of.map(|other| other.amount.0).sum()
        };
        let (debits, credits) = (sum(Direction::Debit), sum(Direction::Credit));
        if debits > AMOUNT_MAX || credits > AMOUNT_MAX {
            return Err("amount_overflow");
        }
        if debits != credits {
            return Err("unbalanced_postings");
        }
    }
    Ok(())
}
