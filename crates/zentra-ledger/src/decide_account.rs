//! Deciding accounts: opening them by name, and their status.
//!
//! Owns the precedence of these refusals (docs/concepts/ledger.md). Must not change the ledger.

use crate::bounds::{check_floor, check_reason};
use crate::chart::{check_own, template};
use crate::command::Refusal;
use crate::currency::{check_exponent, other_digits, undeclared};
use crate::draft::next_account;
use crate::ledger::Ledger;
use zentra_events::event::{
    AccountOpenedV1, AccountStatus, AccountStatusChangedV2, Floor, NormalSide,
};
use zentra_events::{AccountCode, Amount, Code, Currency, Event, ScopeNo};

impl Ledger {
    pub(crate) fn open_account(
        &self,
        scope: ScopeNo,
        code: &AccountCode,
        (currency, exponent): (Currency, Option<u8>),
        normal_side: NormalSide,
        floor: Floor,
        by_admin: bool,
    ) -> Result<Vec<Event>, Refusal> {
        self.check_floor_given(scope, code, floor, by_admin)?;
        exponent.map_or(Ok(()), check_exponent)?;
        check_floor(floor)?;
        check_own(code)?;
        if self.accounts.find(scope, code).is_some() {
            return Err(Refusal::new(Code::AccountExists, format!("the account {code} exists")));
        }
        let known = self.scopes.implied(scope).and_then(|implied| implied.exponent(currency));
        let digits = exponent.or(known).or_else(|| currency.iso_exponent());
        let digits = digits.ok_or_else(|| undeclared(currency))?;
        if let Some(known) = known.filter(|known| *known != digits) {
            return Err(other_digits(currency, known, digits));
        }
        Ok(vec![
            AccountOpenedV1 {
                account: next_account(self.accounts.len())?,
                code: code.clone(),
                currency,
                exponent: digits,
                normal_side,
                floor,
            }
            .into(),
        ])
    }

    pub(crate) fn set_account_status(
        &self,
        scope: ScopeNo,
        code: &AccountCode,
        (status, by_admin): (AccountStatus, bool),
        reason: &str,
    ) -> Result<Vec<Event>, Refusal> {
        check_reason(reason)?;
        let found = self.accounts.find(scope, code);
        let Some((no, account)) = found.and_then(|no| Some((no, self.accounts.get(no)?))) else {
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
        let (negative, balance) = account.totals.posted();
        let reserved = self.accounts.particulars(no).map_or(Amount::ZERO, |rest| rest.reserved);
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

    /// A floor lets money leave that never came in, so it is an admin's to give: directly, or by
    /// the chart.
    fn check_floor_given(
        &self,
        scope: ScopeNo,
        code: &AccountCode,
        floor: Floor,
        by_admin: bool,
    ) -> Result<(), Refusal> {
        let by_chart = || {
            let templates = self.scopes.templates(scope);
            template(templates, code).is_some_and(|template| template.floor == floor)
        };
        if by_admin || floor == Floor::None || by_chart() {
            return Ok(());
        }
        Err(Refusal::new(
            Code::Forbidden,
            format!(
                "a floor other than none needs a key with the role admin, or a template of the \
                 chart that gives it to {code}"
            ),
        ))
    }
}
