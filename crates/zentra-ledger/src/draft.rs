//! An entry in the making: accounts that it will open and totals as its legs move them.
//!
//! Nothing here touches the ledger: a draft that fails is dropped and leaves no trace. Owns the
//! numbering of new accounts, the bounds of totals and the back-pointers of lines. Must not know
//! why money moves.

use crate::chart::{SystemAccount, template};
use crate::command::Refusal;
use crate::currency::undeclared;
use crate::ledger::Ledger;
use crate::rules::{Implied, builtin_templates};
use crate::totals::Totals;
use std::collections::BTreeMap;
use zentra_events::event::{
    AccountOpenedV1, AccountStatus, Floor, LedgerPostedV1, Leg, PostingV1, TemplateV1,
};
use zentra_events::{
    AccountCode, AccountNo, Amount, Code, Currency, Direction, Event, IntentNo, Position, ScopeNo,
};
use zentra_table::NUMBERS_MAX;

/// An entry in the making.
pub(crate) struct Draft<'a> {
    ledger: &'a Ledger,
    scope: ScopeNo,
    opened: Vec<AccountOpenedV1>,
    /// The numbers of what it opens.
    numbers: BTreeMap<AccountCode, AccountNo>,
    /// What the accounts that it opens imply.
    implied: Implied,
    /// Totals and floor of accounts as the legs leave them.
    touched: BTreeMap<AccountNo, (Totals, Floor)>,
    /// The first currency that it opens an account in and nothing gives digits.
    undeclared: Option<Currency>,
}

/// One line of a leg.
pub(crate) type Line = (AccountNo, Direction, Amount);

impl<'a> Draft<'a> {
    pub(crate) fn new(ledger: &'a Ledger, scope: ScopeNo) -> Draft<'a> {
        Draft {
            ledger,
            scope,
            opened: Vec::new(),
            numbers: BTreeMap::new(),
            implied: Implied::default(),
            touched: BTreeMap::new(),
            undeclared: None,
        }
    }

    /// The account with this code, opened in this entry if a template of the chart matches.
    ///
    /// # Errors
    /// `account_not_found`, `limit_reached`.
    pub(crate) fn claim(
        &mut self,
        code: &AccountCode,
        currency: Currency,
    ) -> Result<AccountNo, Refusal> {
        if let Some(known) = self.find(code) {
            return Ok(known);
        }
        let Some(template) = template(self.ledger.scopes.templates(self.scope), code) else {
            return Err(Refusal::new(
                Code::AccountNotFound,
                format!("there is no account {code} and no template of the chart opens it"),
            ));
        };
        self.open(code, currency, template)
    }

    /// The account with this code, if it is open or opened in this entry.
    ///
    /// # Errors
    /// `account_not_found`.
    pub(crate) fn known(&self, code: &AccountCode) -> Result<AccountNo, Refusal> {
        self.find(code).ok_or_else(|| {
            Refusal::new(Code::AccountNotFound, format!("there is no account {code}"))
        })
    }

    /// The system account of a currency, opened in this entry if it is not open yet: as the
    /// built-in chart says, whatever the scope's does. The first currency takes the plain code,
    /// others add theirs. What is found is what the accounts imply, those of this entry among them.
    ///
    /// # Errors
    /// `limit_reached`.
    pub(crate) fn claim_system(
        &mut self,
        kind: SystemAccount,
        currency: Currency,
    ) -> Result<AccountNo, Refusal> {
        let implied = self.ledger.scopes.implied(self.scope);
        let open = implied.and_then(|implied| implied.system(kind, currency));
        if let Some(known) = open.or_else(|| self.implied.system(kind, currency)) {
            return Ok(known);
        }
        let [plain, own] = kind.codes(currency);
        let code = if self.find(&plain).is_some() { own } else { plain };
        let template = template(builtin_templates(), &code)
            .expect("the built-in chart has a template for every system account");
        self.open(&code, currency, template)
    }

    /// The currency of an account of this draft.
    fn currency(&self, no: AccountNo) -> Currency {
        match self.ledger.accounts.get(no) {
            Some(account) => account.currency,
            None => self.fresh(no).currency,
        }
    }

    /// Refuses an account of another currency.
    pub(crate) fn check_currency(
        &self,
        account: AccountNo,
        code: &AccountCode,
        currency: Currency,
    ) -> Result<(), Refusal> {
        let own = self.currency(account);
        if own == currency {
            return Ok(());
        }
        Err(Refusal::new(
            Code::CurrencyMismatch,
            format!("the account {code} is in {own}, the amount in {currency}"),
        ))
    }

    /// Refuses accounts that are frozen or closed, in order.
    pub(crate) fn check_open(&self, accounts: &[AccountNo]) -> Result<(), Refusal> {
        for no in accounts {
            let Some(account) = self.ledger.accounts.get(*no) else { continue };
            let Some(code) = account.not_open() else { continue };
            let word = if code == Code::AccountFrozen { "frozen" } else { "closed" };
            return Err(Refusal::new(
                code,
                format!("the account {} is {word}", self.ledger.accounts.code(*no)),
            ));
        }
        Ok(())
    }

    /// Refuses an entry that opens an account in a currency of which nothing gives the digits. To
    /// be asked before anything is posted.
    pub(crate) fn check_declared(&self) -> Result<(), Refusal> {
        self.undeclared.map_or(Ok(()), |currency| Err(undeclared(currency)))
    }

    /// Refuses an account that is frozen: money may not pass through it. What comes in and goes
    /// out in one entry leaves a closed one empty.
    pub(crate) fn check_not_frozen(&self, no: AccountNo) -> Result<(), Refusal> {
        let status = self.ledger.accounts.get(no).map(|account| account.status);
        if status == Some(AccountStatus::Closed) { Ok(()) } else { self.check_open(&[no]) }
    }

    /// Moves money in this draft.
    ///
    /// # Errors
    /// `insufficient_funds`, then `amount_overflow`. The draft must be dropped then.
    pub(crate) fn post(
        &mut self,
        intent: Option<IntentNo>,
        leg: Leg,
        lines: &[Line],
    ) -> Result<Event, Refusal> {
        self.check_funds(lines)?;
        let mut posted = Vec::with_capacity(lines.len());
        for &(account, direction, amount) in lines {
            let prev = self.apply(account, direction, amount)?;
            posted.push(PostingV1 { account, direction, amount, prev });
        }
        Ok(LedgerPostedV1 { intent, leg, lines: posted }.into())
    }

    /// One debit and one credit of the same amount.
    pub(crate) fn post_pair(
        &mut self,
        intent: IntentNo,
        leg: Leg,
        debit: AccountNo,
        credit: AccountNo,
        amount: Amount,
    ) -> Result<Event, Refusal> {
        let lines = [(debit, Direction::Debit, amount), (credit, Direction::Credit, amount)];
        self.post(Some(intent), leg, &lines)
    }

    /// The accounts that the entry opens, as its first events.
    pub(crate) fn into_opened(self) -> Vec<Event> {
        assert!(self.undeclared.is_none(), "digits are asked for before money moves");
        self.opened.into_iter().map(Event::from).collect()
    }

    fn find(&self, code: &AccountCode) -> Option<AccountNo> {
        let open = self.ledger.accounts.find(self.scope, code);
        open.or_else(|| self.numbers.get(code).copied())
    }

    fn open(
        &mut self,
        code: &AccountCode,
        currency: Currency,
        template: &TemplateV1,
    ) -> Result<AccountNo, Refusal> {
        let next = self.ledger.accounts.len().saturating_add(self.opened.len());
        let account = next_account(next)?;
        let known = self.ledger.scopes.implied(self.scope).and_then(|i| i.exponent(currency));
        let exponent = known.or_else(|| currency.iso_exponent());
        if exponent.is_none() {
            self.undeclared.get_or_insert(currency);
        }
        let opened = AccountOpenedV1 {
            account,
            code: code.clone(),
            currency,
            exponent: exponent.unwrap_or_default(),
            normal_side: template.normal_side,
            floor: template.floor,
        };
        self.numbers.insert(code.clone(), account);
        self.implied.learn(&opened);
        self.opened.push(opened);
        Ok(account)
    }

    fn fresh(&self, no: AccountNo) -> &AccountOpenedV1 {
        let found = no.index().checked_sub(self.ledger.accounts.len());
        found
            .and_then(|index| self.opened.get(index))
            .expect("a draft uses only numbers that it gave or found")
    }

    /// Refuses when what the lines take from an account is more than it has available.
    fn check_funds(&self, lines: &[Line]) -> Result<(), Refusal> {
        let debits = || lines.iter().filter(|line| line.1 == Direction::Debit);
        for (index, &(account, ..)) in debits().enumerate() {
            if debits().take(index).any(|earlier| earlier.0 == account) {
                continue;
            }
            let mut required = Amount::ZERO;
            for &(_, _, amount) in debits().filter(|line| line.0 == account) {
                required = required.checked_add(amount).ok_or_else(|| self.overflow(account))?;
            }
            let ((totals, floor), _) = self.totals(account);
            totals.check_funds(floor, required).map_err(|available| {
                let detail = format!("available {available}, required {required}");
                Refusal::new(Code::InsufficientFunds, detail)
            })?;
        }
        Ok(())
    }

    /// Adds one line to the totals; gives the line's back-pointer.
    fn apply(
        &mut self,
        no: AccountNo,
        direction: Direction,
        amount: Amount,
    ) -> Result<Option<Position>, Refusal> {
        let ((mut totals, floor), prev) = self.totals(no);
        totals.add(direction, amount).ok_or_else(|| self.overflow(no))?;
        self.touched.insert(no, (totals, floor));
        Ok(prev)
    }

    /// Totals and floor of an account in this draft, and its last entry if this draft has not
    /// touched it.
    fn totals(&self, no: AccountNo) -> ((Totals, Floor), Option<Position>) {
        if let Some(touched) = self.touched.get(&no) {
            return (*touched, None);
        }
        let accounts = &self.ledger.accounts;
        match accounts.get(no).zip(accounts.floor(no)) {
            Some((account, floor)) => ((account.totals, floor), Some(account.last)),
            None => ((Totals::default(), self.fresh(no).floor), None),
        }
    }

    fn overflow(&self, no: AccountNo) -> Refusal {
        let code = match self.ledger.accounts.particulars(no) {
            Some(account) => &account.code,
            None => &self.fresh(no).code,
        };
        Refusal::new(Code::AmountOverflow, format!("the totals of {code} cannot hold the amount"))
    }
}

/// The account number after `given` others.
///
/// # Errors
/// `limit_reached` when the numbers are used up.
pub(crate) fn next_account(given: usize) -> Result<AccountNo, Refusal> {
    match u32::try_from(given) {
        Ok(no) if given < NUMBERS_MAX => Ok(AccountNo(no)),
        _ => Err(Refusal::new(Code::LimitReached, "the log has no account numbers left")),
    }
}
