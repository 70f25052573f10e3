//! Deciding transfers outside any intent.
//!
//! Owns their rules and the precedence of their refusals (docs/concepts/ledger.md). Must not know
//! intents, policy or routes: a transfer is an operator's or a platform's own booking.

use crate::bounds::{check_amount, check_reason};
use crate::chart::{check_own, is_reserved, is_system};
use crate::command::{Refusal, TransferLine};
use crate::draft::{Draft, Line};
use crate::ledger::Ledger;
use zentra_events::event::{LedgerCorrectedV1, Leg};
use zentra_events::limits::POSTING_LINES_MAX;
use zentra_events::{AccountNo, Amount, Code, Currency, Direction, Event, ScopeNo};

impl Ledger {
    /// Decides a transfer: accounts that it opens, then its posting.
    pub(crate) fn post_transfer(
        &self,
        scope: ScopeNo,
        lines: &[TransferLine],
        correction: Option<&str>,
    ) -> Result<Vec<Event>, Refusal> {
        if lines.len() < 2 || lines.len() > POSTING_LINES_MAX {
            return Err(Refusal::new(
                Code::ValidationFailed,
                format!("a transfer has 2 to {POSTING_LINES_MAX} lines, not {}", lines.len()),
            ));
        }
        lines.iter().try_for_each(|line| check_amount(line.amount))?;
        check_correction(lines, correction)?;
        let mut draft = Draft::new(self, scope);
        let mut accounts = Vec::with_capacity(lines.len());
        for line in lines {
            accounts.push(account(&mut draft, line, correction.is_some())?);
        }
        draft.check_open(&accounts)?;
        for (line, account) in lines.iter().zip(&accounts) {
            draft.check_currency(*account, &line.account, line.currency)?;
        }
        draft.check_declared()?;
        if lines.iter().any(|line| line.amount.is_zero()) {
            return Err(Refusal::new(Code::AmountZero, "a line's amount is zero"));
        }
        let ordered = debits_first(lines, &accounts);
        check_sides(lines, &ordered)?;
        check_balanced(lines)?;
        let posted = draft.post(None, Leg::Transfer, &ordered)?;
        let mut events = draft.into_opened();
        let corrected = correction.map(|reason| LedgerCorrectedV1 { reason: reason.to_owned() });
        events.extend(corrected.map(Event::from));
        events.push(posted);
        Ok(events)
    }
}

/// Refuses a reason that is too long, and one where nothing of the system's is corrected.
fn check_correction(lines: &[TransferLine], correction: Option<&str>) -> Result<(), Refusal> {
    let Some(reason) = correction else { return Ok(()) };
    check_reason(reason)?;
    if reason.is_empty() || !lines.iter().any(|line| is_system(&line.account)) {
        let detail = "a transfer has a reason where it corrects an account of the system";
        return Err(Refusal::new(Code::ValidationFailed, detail));
    }
    Ok(())
}

/// The account of a line. A correction may name accounts of the system that are open; none opens
/// here, and reserved money is always what open holds reserved.
fn account(
    draft: &mut Draft<'_>,
    line: &TransferLine,
    corrects: bool,
) -> Result<AccountNo, Refusal> {
    if corrects && is_system(&line.account) && !is_reserved(&line.account) {
        return draft.known(&line.account);
    }
    check_own(&line.account)?;
    draft.claim(&line.account, line.currency)
}

fn debits_first(lines: &[TransferLine], accounts: &[AccountNo]) -> Vec<Line> {
    let all = || lines.iter().zip(accounts).map(|(l, no)| (*no, l.direction, l.amount));
    let debits = all().filter(|line| line.1 == Direction::Debit);
    debits.chain(all().filter(|line| line.1 == Direction::Credit)).collect()
}

fn check_sides(lines: &[TransferLine], ordered: &[Line]) -> Result<(), Refusal> {
    let split = ordered.partition_point(|line| line.1 == Direction::Debit);
    let (debits, credits) = ordered.split_at(split);
    if debits.iter().any(|debit| credits.iter().any(|credit| credit.0 == debit.0)) {
        let both = lines.iter().find(|line| {
            lines.iter().any(|l| l.account == line.account && l.direction != line.direction)
        });
        let code = both.map_or("", |line| line.account.as_str());
        return Err(Refusal::new(
            Code::SameAccount,
            format!("the account {code} is both debited and credited"),
        ));
    }
    Ok(())
}

fn check_balanced(lines: &[TransferLine]) -> Result<(), Refusal> {
    for line in lines {
        let debits = sum(lines, line.currency, Direction::Debit)?;
        let credits = sum(lines, line.currency, Direction::Credit)?;
        if debits != credits {
            return Err(Refusal::new(
                Code::UnbalancedPostings,
                format!("{}: debits {debits}, credits {credits}", line.currency),
            ));
        }
    }
    Ok(())
}

fn sum(
    lines: &[TransferLine],
    currency: Currency,
    direction: Direction,
) -> Result<Amount, Refusal> {
    let mut total = Amount::ZERO;
    for line in lines.iter().filter(|l| l.currency == currency && l.direction == direction) {
        let sum = total.checked_add(line.amount).filter(|sum| *sum <= Amount::MAX);
        total = sum.ok_or_else(|| {
            let detail = format!("the lines in {currency} come to more than {}", Amount::MAX);
            Refusal::new(Code::AmountOverflow, detail)
        })?;
    }
    Ok(total)
}
