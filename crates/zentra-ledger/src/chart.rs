//! Charts: which accounts may open by themselves, and the names of system accounts.
//!
//! Owns pattern matching, the built-in chart and the constants of system accounts. Must not know
//! which accounts exist.

use crate::bounds::check_floor;
use crate::command::Refusal;
use std::cmp::Ordering;
use std::str::FromStr;
use zentra_events::event::{ChartSetV1, Floor, NormalSide, TemplateV1};
use zentra_events::{AccountCode, Code, Currency};

/// Where money of open holds stands. Only legs of intents move it.
pub const RESERVED_BALANCE: &str = "reserved_balance";
/// Where settled money stands until it is paid out or reversed.
pub const SETTLEMENT_ACCOUNT: &str = "settlement_account";
/// Where paid out money has gone.
pub const PAYOUT_ACCOUNT: &str = "payout_account";

/// Templates in one chart at most.
pub const TEMPLATES_MAX: usize = 256;

/// An account that the legs of intents use.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SystemAccount {
    Reserved,
    Settlement,
    Payout,
}

impl Ord for SystemAccount {
    fn cmp(&self, other: &Self) -> Ordering {
        #[cfg(test)]
        COMPARED.set(COMPARED.get().saturating_add(1));
        (*self as u8).cmp(&(*other as u8))
    }
}

impl PartialOrd for SystemAccount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SystemAccount {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SystemAccount {}

#[cfg(test)]
thread_local! {
    /// How often two kinds were compared: the work of looking one up.
    pub(crate) static COMPARED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl SystemAccount {
    const ALL: [SystemAccount; 3] =
        [SystemAccount::Reserved, SystemAccount::Settlement, SystemAccount::Payout];

    /// The code that the scope's first currency takes.
    pub(crate) fn plain(self) -> &'static str {
        match self {
            SystemAccount::Reserved => RESERVED_BALANCE,
            SystemAccount::Settlement => SETTLEMENT_ACCOUNT,
            SystemAccount::Payout => PAYOUT_ACCOUNT,
        }
    }

    /// The code for the scope's first currency, and that for any other.
    pub(crate) fn codes(self, currency: Currency) -> [AccountCode; 2] {
        let plain = self.plain();
        [plain.to_owned(), format!("{plain}:{currency}")]
            .map(|text| text.parse().expect("system codes are account codes"))
    }

    /// Which system account a code in a currency is, if one.
    pub(crate) fn of(code: &AccountCode, currency: Currency) -> Option<SystemAccount> {
        SystemAccount::ALL.into_iter().find(|system| match tail(code, system.plain()) {
            Some("") => true,
            Some(suffix) => suffix == currency.as_str(),
            None => false,
        })
    }
}

/// Whether a code is of the accounts that hold reserved money.
pub(crate) fn is_reserved(code: &AccountCode) -> bool {
    tail(code, RESERVED_BALANCE).is_some()
}

/// Whether a code is of the system's accounts.
pub fn is_system(code: &AccountCode) -> bool {
    SystemAccount::ALL.into_iter().any(|system| tail(code, system.plain()).is_some())
}

/// Refuses what only the legs of intents move.
pub(crate) fn check_own(code: &AccountCode) -> Result<(), Refusal> {
    if is_system(code) {
        let detail = format!("{code} is an account of the system; only intents move it");
        return Err(Refusal::new(Code::AccountReserved, detail));
    }
    Ok(())
}

/// What follows `plain:` in a code; nothing when it is `plain` itself; none when it is another.
fn tail<'a>(code: &'a AccountCode, plain: &str) -> Option<&'a str> {
    match code.as_str().strip_prefix(plain)? {
        "" => Some(""),
        rest => rest.strip_prefix(':'),
    }
}

/// The first template that matches a code.
pub(crate) fn template<'a>(
    templates: &'a [TemplateV1],
    code: &AccountCode,
) -> Option<&'a TemplateV1> {
    templates.iter().find(|template| matches(&template.pattern, code.as_str()))
}

/// A pattern is a code, or a code and `:*`, which stands for one or more further segments.
fn matches(pattern: &str, code: &str) -> bool {
    match pattern.strip_suffix(":*") {
        None => pattern == code,
        Some(prefix) => code.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(':')),
    }
}

/// Refuses templates that no code could match, and charts that are too long.
pub(crate) fn check_templates(templates: &[TemplateV1]) -> Result<(), Refusal> {
    if templates.len() > TEMPLATES_MAX {
        return Err(Refusal::new(
            Code::ValidationFailed,
            format!("a chart has at most {TEMPLATES_MAX} templates, not {}", templates.len()),
        ));
    }
    for template in templates {
        check_floor(template.floor)?;
        let pattern = &template.pattern;
        let code = pattern.strip_suffix(":*").unwrap_or(pattern);
        if AccountCode::from_str(code).is_err() {
            return Err(Refusal::new(
                Code::ValidationFailed,
                format!("the pattern {pattern:?} is neither an account code nor one and ':*'"),
            ));
        }
    }
    Ok(())
}

/// The chart of a scope that has set none: version 0.
pub(crate) fn builtin_chart() -> ChartSetV1 {
    let kinds = [
        ("customer_balance", NormalSide::Credit, Floor::None),
        ("merchant_balance", NormalSide::Credit, Floor::None),
        (RESERVED_BALANCE, NormalSide::Credit, Floor::None),
        (SETTLEMENT_ACCOUNT, NormalSide::Credit, Floor::None),
        (PAYOUT_ACCOUNT, NormalSide::Debit, Floor::Unbounded),
        ("world", NormalSide::Debit, Floor::Unbounded),
    ];
    let templates = kinds
        .into_iter()
        .flat_map(|(code, normal_side, floor)| {
            [code.to_owned(), format!("{code}:*")].map(|pattern| TemplateV1 {
                pattern,
                normal_side,
                floor,
            })
        })
        .collect();
    ChartSetV1 { version: 0, templates }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_segments() {
        assert!(matches("world", "world"));
        assert!(!matches("world", "world:eu"));
        assert!(matches("world:*", "world:eu"));
        assert!(matches("world:*", "world:eu:1"));
        assert!(!matches("world:*", "world"));
        assert!(!matches("world:*", "worldwide:eu"));
    }

    #[test]
    fn system_accounts_are_told_by_code_and_currency() {
        let eur: Currency = "EUR".parse().unwrap();
        let system = |code: &str| SystemAccount::of(&code.parse().unwrap(), eur);
        assert_eq!(system("reserved_balance"), Some(SystemAccount::Reserved));
        assert_eq!(system("settlement_account:EUR"), Some(SystemAccount::Settlement));
        assert_eq!(system("payout_account:USD"), None);
        assert_eq!(system("payout_accounts"), None);
        for ours in ["reserved_balance", "payout_account:USD", "settlement_account:batch_7"] {
            assert_eq!(check_own(&ours.parse().unwrap()).unwrap_err().code, Code::AccountReserved);
        }
        for own in ["payout_accounts", "my:settlement_account", "settlement_account_2"] {
            assert!(check_own(&own.parse().unwrap()).is_ok(), "{own}");
        }
    }
}
