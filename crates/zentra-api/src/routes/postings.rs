//! An account's history, read backwards from the log: each posting names the entry before it.
//!
//! Owns the cursor (the position to go on at, and how many rows of its entry were shown, as 16 and
//! 8 hexadecimal digits). A cursor is checked
//! against the account, so that it cannot lead into another scope.

use crate::params::Paging;
use crate::problem::Problem;
use crate::reads::InLog;
use crate::respond::{Hints, Rendering, line};
use zentra_api_types::{AccountEvent, AccountPosting, AccountStatus, AccountStatusEvent};
use zentra_events::event::PublishedDataV1;
use zentra_events::{AccountNo, Entry, Event, Position, ScopeNo};
use zentra_ledger::AccountView;
use zentra_views::prev;

/// Bytes of the log that a page reads before it is cut short, with a cursor to go on.
const PAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A page of what moved on an account, newest first, and the cursor of the next one.
///
/// # Errors
/// When the cursor is not one of this account, or the log cannot be read.
pub(super) fn page(
    log: &InLog<'_>,
    scope: ScopeNo,
    account: &AccountView,
    paging: &Paging,
) -> Result<(Vec<AccountEvent>, Option<String>), Problem> {
    let strange = || Problem::field("cursor", "the cursor is not one that this list gave");
    let mut at = match &paging.cursor {
        None => Some((account.last, 0)),
        Some(cursor) => Some(place(cursor).ok_or_else(strange)?),
    };
    let mut rows = Vec::new();
    let more = |rows: &Vec<AccountEvent>| {
        rows.is_empty() || (rows.len() < paging.limit && log.read_bytes() < PAGE_BYTES_MAX)
    };
    while let Some((position, skipped)) = at.filter(|_| more(&rows)) {
        let entry = log
            .entry(position)?
            .filter(|entry| entry.header.scope == scope && touches(entry, account.no));
        let entry = entry.ok_or_else(strange)?;
        let all = log.render(&Hints::default(), |r| rows_of(r, &entry, account));
        let shown = skipped + (paging.limit - rows.len());
        at = match shown < all.len() {
            true => Some((position, shown)),
            false => prev(&entry, account.no).map(|before| (before, 0)),
        };
        rows.extend(all.into_iter().take(shown).skip(skipped));
    }
    Ok((rows, at.map(|(position, shown)| format!("{:016x}{shown:08x}", position.get()))))
}

/// The entry where a page begins, and how many of its rows were shown before.
fn place(cursor: &str) -> Option<(Position, usize)> {
    let shaped = cursor.len() == 24 && cursor.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (position, shown) = cursor.split_at_checked(16).filter(|_| shaped)?;
    let position = u64::from_str_radix(position, 16).ok().map(Position)?;
    Some((position, usize::from_str_radix(shown, 16).ok()?))
}

fn rows_of(r: &Rendering<'_>, entry: &Entry, account: &AccountView) -> Vec<AccountEvent> {
    let (account, currency) = (account.no, account.currency);
    let intent = intent_id(entry);
    let (position, recorded_at) = (entry.header.position, entry.header.recorded_at.into());
    let mut rows = Vec::new();
    for recorded in entry.events() {
        let event = || recorded.event.type_name().into();
        let changed = |status: AccountStatus, reason, by_admin| {
            let event = event();
            AccountStatusEvent { status, reason, by_admin, event, position, recorded_at }
        };
        match &recorded.event {
            Event::LedgerPosted(body) => {
                for posting in body.lines.iter().filter(|line| line.account == account) {
                    rows.push(AccountEvent::Posting(AccountPosting {
                        line: line(r, posting, currency),
                        leg: body.leg.into(),
                        intent_id: body.intent.and(intent).map(str::to_owned),
                        event: event(),
                        position,
                        recorded_at,
                    }));
                }
            }
            Event::AccountStatusChanged(body) if body.account == account => {
                let reason = Some(body.reason.clone());
                rows.push(AccountEvent::Status(changed(body.status.into(), reason, None)));
            }
            Event::AccountStatusChangedV2(body) if body.account == account => {
                let (reason, by_admin) = (Some(body.reason.clone()), Some(body.by_admin));
                rows.push(AccountEvent::Status(changed(body.status.into(), reason, by_admin)));
            }
            Event::AccountOpened(body) if body.account == account => {
                rows.push(AccountEvent::Status(changed(AccountStatus::Open, None, None)));
            }
            _ => {}
        }
    }
    rows.reverse();
    rows
}

/// The intent that an entry is about, by the name that the entry itself gives.
fn intent_id(entry: &Entry) -> Option<&str> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::IntentAccepted(body) => Some(body.intent_id.as_str()),
        Event::IntentConfirmed(body) => Some(body.intent_id.as_str()),
        Event::IntentVoided(body) => Some(body.intent_id.as_str()),
        Event::IntentReversed(body) => Some(body.intent_id.as_str()),
        Event::PayoutClosed(body) => Some(body.intent_id.as_str()),
        Event::EventPublished(body) => match &body.data {
            PublishedDataV1::Transfer { intent_id, .. } => Some(intent_id.as_str()),
            PublishedDataV1::Endpoint { .. } | PublishedDataV1::Own { .. } => None,
        },
        _ => None,
    })
}

fn touches(entry: &Entry, account: AccountNo) -> bool {
    entry.events().iter().any(|recorded| match &recorded.event {
        Event::LedgerPosted(body) => body.lines.iter().any(|line| line.account == account),
        Event::AccountStatusChanged(body) => body.account == account,
        Event::AccountStatusChangedV2(body) => body.account == account,
        Event::AccountOpened(body) => body.account == account,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_a_position_and_a_row_in_hexadecimal() {
        assert_eq!(place("00000000000000ff00000002"), Some((Position(255), 2)));
        let bad = ["", "ff", "00000000000000ff", "00000000000000fg00000002"];
        for bad in bad.into_iter().chain(["+0000000000000ff00000002", "0000000000000\u{e9}"]) {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
