//! What the API refuses for its form, whatever the state, as its description says.
//!
//! Owns the codes of that. The model knows nothing of it: such a request makes no entry.

use super::ring::{Held, needed, words};
use crate::node::Input;
use crate::oracle::AMOUNT_MAX;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, NewKey};
use zentra_events::event::{Floor, role};
use zentra_events::{Amount, Span};
use zentra_ledger::{LedgerCommand, TransferLine};

/// Roles that a key may have at once.
const ROLES_MAX: usize = 4;
const DIGITS_MAX: u8 = 38;
const OVERLAP_MAX: Span = Span::seconds(30 * 24 * 3_600);
const OF_SYSTEM: [&str; 3] = ["reserved_balance", "settlement_account", "payout_account"];

/// The code of the refusal; none where the form is well, and the key has a role for it.
pub(super) fn form(input: &Input, held: &Held, scopes: usize) -> Option<&'static str> {
    if held.roles & needed(input) == 0 {
        return Some("forbidden");
    }
    let Input::Command(request) = input else { return None };
    match &request.command {
        Command::Access(AccessCommand::SetQuotas { scope, .. }) if scope.0 as usize >= scopes => {
            Some("not_found")
        }
        Command::Access(command) => malformed_access(command).then_some("validation_failed"),
        Command::Ledger(LedgerCommand::PostTransfer { correction: Some(_), .. })
            if held.roles & role::ADMIN == 0 && !malformed_ledger(&request.command) =>
        {
            Some("forbidden")
        }
        Command::Ledger(_) => malformed_ledger(&request.command).then_some("validation_failed"),
        Command::Delivery(DeliveryCommand::RotateSecret { overlap, .. })
            if *overlap > OVERLAP_MAX =>
        {
            Some("secret_invalid")
        }
        _ => None,
    }
}

fn malformed_access(command: &AccessCommand) -> bool {
    let bad = |key: &NewKey| !(1..=ROLES_MAX).contains(&words(key.roles).len());
    match command {
        AccessCommand::CreateScope { key, .. } => key.as_ref().is_some_and(bad),
        AccessCommand::CreateKey(key) => bad(key),
        AccessCommand::SetQuotas { overrides, .. } => overrides.iter().any(|one| one.limit == 0),
        AccessCommand::RevokeKey { .. } => false,
    }
}

fn malformed_ledger(command: &Command) -> bool {
    let Command::Ledger(command) = command else { return false };
    malformed(command) || amounts(command).any(|amount| amount > AMOUNT_MAX)
}

fn malformed(command: &LedgerCommand) -> bool {
    match command {
        LedgerCommand::OpenAccount { exponent: Some(digits), .. }
        | LedgerCommand::DeclareCurrency { exponent: digits, .. } => *digits > DIGITS_MAX,
        LedgerCommand::PostTransfer { lines, correction } => {
            let of_system = |line: &TransferLine| {
                let first = line.account.as_str().split(':').next().unwrap_or_default();
                OF_SYSTEM.contains(&first)
            };
            lines.len() < 2 || correction.is_some() && !lines.iter().any(of_system)
        }
        _ => false,
    }
}

/// The amounts that a body has.
fn amounts(command: &LedgerCommand) -> impl Iterator<Item = u128> {
    let amounts: Vec<Amount> = match command {
        LedgerCommand::PostTransfer { lines, .. } => lines.iter().map(|line| line.amount).collect(),
        LedgerCommand::AcceptIntent { details, .. } => {
            details.iter().map(|details| details.amount).collect()
        }
        LedgerCommand::ConfirmIntent { details, .. } => vec![details.amount],
        LedgerCommand::SettleIntent { amount, .. }
        | LedgerCommand::ReverseIntent { amount, .. } => amount.iter().copied().collect(),
        LedgerCommand::OpenAccount { floor: Floor::Limit(limit), .. } => vec![*limit],
        _ => Vec::new(),
    };
    amounts.into_iter().map(|amount| amount.0)
}
