//! The model's books of one scope: accounts and what moves between them.
//!
//! Written from docs/concepts/ledger.md.

use super::fact::{Depth, Fact, Side, Status};
use std::collections::BTreeMap;
use zentra_events::{AccountCode, Currency, Position};

/// The largest amount that a command may name.
pub(crate) const AMOUNT_MAX: u128 = (1 << 80) - 1;

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) currency: Currency,
    pub(crate) exponent: u8,
    pub(crate) depth: Depth,
    pub(crate) status: Status,
    pub(crate) frozen_by_admin: bool,
    /// Credits minus debits.
    pub(crate) posted: i128,
    /// What open holds have taken out of it.
    pub(crate) reserved: u128,
}

impl Account {
    /// One that nothing was posted to.
    pub(crate) fn opened(currency: Currency, exponent: u8, depth: Depth) -> Account {
        let (status, frozen_by_admin) = (Status::Open, false);
        Account { currency, exponent, depth, status, frozen_by_admin, posted: 0, reserved: 0 }
    }
}

/// The accounts of the system.
pub(crate) const SYSTEM: [&str; 3] = ["reserved_balance", "settlement_account", "payout_account"];

/// A template of the chart.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) pattern: String,
    pub(crate) depth: Depth,
}

impl Template {
    fn matches(&self, code: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(before) => code.len() > before.len() && code.starts_with(before),
            None => code == self.pattern,
        }
    }
}

/// The books of a scope.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) chart: Vec<Template>,
    /// The digits of each currency that was declared, and by which entry.
    pub(crate) declared: BTreeMap<Currency, (u8, Position)>,
}

impl Default for Books {
    fn default() -> Books {
        let built_in = [
            ("customer_balance", Depth::Zero),
            ("merchant_balance", Depth::Zero),
            ("reserved_balance", Depth::Zero),
            ("settlement_account", Depth::Zero),
            ("payout_account", Depth::Unbounded),
            ("world", Depth::Unbounded),
        ];
        let templates = built_in.into_iter().flat_map(|(code, depth)| {
            let patterns = [code.to_owned(), format!("{code}:*")];
            patterns.map(|pattern| Template { pattern, depth })
        });
        let chart = templates.collect();
        Books { accounts: BTreeMap::new(), chart, declared: BTreeMap::new() }
    }
}

/// Whether a code is the system's.
pub(crate) fn is_system(code: &str) -> bool {
    SYSTEM.iter().any(|own| {
        code.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

impl Books {
    /// The digits that a currency has here, and whether an account or a declaration says so.
    pub(crate) fn digits(&self, currency: Currency) -> Option<u8> {
        let used = self.accounts.values().find(|account| account.currency == currency);
        let said = used.map(|account| account.exponent);
        said.or(self.declared.get(&currency).map(|(digits, _)| *digits))
    }

    /// What its template says of a code.
    pub(crate) fn template(&self, code: &str) -> Option<Depth> {
        self.chart.iter().find(|template| template.matches(code)).map(|template| template.depth)
    }
}

/// Something that is decided: it changes the books when it is kept.
pub(crate) struct Draft<'a> {
    books: &'a mut Books,
    /// Accounts that it opens or touches, as they are after it.
    touched: BTreeMap<String, Account>,
    /// Currencies of accounts that it opens without digits.
    without_digits: bool,
    pub(crate) facts: Vec<Fact>,
}

impl<'a> Draft<'a> {
    pub(crate) fn of(books: &'a mut Books) -> Draft<'a> {
        Draft { books, touched: BTreeMap::new(), without_digits: false, facts: Vec::new() }
    }

    pub(crate) fn account(&self, code: &str) -> Option<&Account> {
        self.touched.get(code).or_else(|| self.books.accounts.get(code))
    }

    /// An account that is there, or that a template opens.
    pub(crate) fn claim(&mut self, code: &AccountCode, currency: Currency) -> Option<()> {
        let code = code.as_str();
        if self.account(code).is_some() {
            return Some(());
        }
        let depth = self.books.template(code)?;
        self.open(code.to_owned(), currency, depth);
        Some(())
    }

    /// The account of the system for a currency: the first that opened for it.
    pub(crate) fn claim_system(&mut self, plain: &str, currency: Currency) -> String {
        let further = format!("{plain}:{}", currency.as_str());
        for code in [plain.to_owned(), further.clone()] {
            if self.account(&code).is_some_and(|found| found.currency == currency) {
                return code;
            }
        }
        let taken = self.account(plain).is_some();
        let code = if taken { further } else { plain.to_owned() };
        let depth = if plain == SYSTEM[2] { Depth::Unbounded } else { Depth::Zero };
        self.open(code.clone(), currency, depth);
        code
    }

    fn open(&mut self, code: String, currency: Currency, depth: Depth) {
        let digits = self.books.digits(currency).or_else(|| currency.iso_exponent());
        self.without_digits |= digits.is_none();
        let exponent = digits.unwrap_or(0);
        self.facts.push(Fact::Opened { code: code.clone(), currency, exponent, depth });
        self.touched.insert(code, Account::opened(currency, exponent, depth));
    }

    /// The first of these that is not open says why.
    pub(crate) fn not_open(&self, codes: &[&str]) -> Option<&'static str> {
        codes.iter().find_map(|code| match self.account(code)?.status {
            Status::Open => None,
            Status::Frozen => Some("account_frozen"),
            Status::Closed => Some("account_closed"),
        })
    }

    /// Whether an account has that currency.
    pub(crate) fn is_in(&self, code: &str, currency: Currency) -> bool {
        self.account(code).is_some_and(|account| account.currency == currency)
    }

    /// Whether it opens an account in a currency that nothing gives digits.
    pub(crate) fn lacks_digits(&self) -> bool {
        self.without_digits
    }

    /// Posts lines, unless an account that is debited does not have the money.
    pub(crate) fn post(
        &mut self,
        leg: &'static str,
        intent: Option<&str>,
        lines: &[(&str, Side, u128)],
    ) -> Option<()> {
        for (code, side, amount) in lines {
            let mut after = self.account(code)?.clone();
            match side {
                Side::Debit => after.posted -= *amount as i128,
                Side::Credit => after.posted += *amount as i128,
            }
            self.touched.insert((*code).to_owned(), after);
        }
        let debited = || lines.iter().filter(|line| line.1 == Side::Debit);
        let covered = debited().all(|(code, ..)| {
            self.account(code).is_some_and(|account| match account.depth {
                Depth::Zero => account.posted >= 0,
                Depth::Limit(limit) => account.posted >= -(limit as i128),
                Depth::Unbounded => true,
            })
        });
        if !covered {
            return None;
        }
        let mut lines: Vec<_> =
            lines.iter().map(|(code, side, amount)| ((*code).to_owned(), *side, *amount)).collect();
        lines.sort();
        self.facts.push(Fact::Posted { leg, intent: intent.map(str::to_owned), lines });
        Some(())
    }

    /// Reserves or frees money of an account: whose hold it is.
    pub(crate) fn reserve(&mut self, code: &str, more: i128) {
        if let Some(account) = self.account(code) {
            let mut after = account.clone();
            after.reserved = after.reserved.wrapping_add_signed(more);
            self.touched.insert(code.to_owned(), after);
        }
    }

    /// It happens.
    pub(crate) fn keep(self) -> Vec<Fact> {
        self.books.accounts.extend(self.touched);
        self.facts
    }
}
