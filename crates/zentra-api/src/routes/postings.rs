//! An account's history, read backwards from the log: each posting names the entry before it.
//!
//! Owns the place of a cursor (the position to go on at, and how many rows of its entry were
//! shown). It is checked against the account, so that it cannot lead into another scope.

use crate::pages::{List, Paging, strange_cursor};
use crate::problem::Problem;
use crate::reads::InLog;
use crate::respond::{Hints, Rendering, line};
use zentra_api_types::{AccountEvent, AccountPosting, AccountStatus, AccountStatusEvent, Cursor};
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
) -> Result<(Vec<AccountEvent>, Option<Cursor>), Problem> {
    let mut at = Some(paging.begins(List::Postings, place)?.unwrap_or((account.last, 0)));
    let mut rows = Vec::new();
    let more = |rows: &Vec<AccountEvent>| {
        rows.is_empty() || (rows.len() < paging.limit && log.read_bytes() < PAGE_BYTES_MAX)
    };
    while let Some((position, skipped)) = at.filter(|_| more(&rows)) {
        let entry = log
            .entry(position)?
            .filter(|entry| entry.header.scope == scope && touches(entry, account.no));
        let entry = entry.ok_or_else(strange_cursor)?;
        let all = log.render(&Hints::default(), |r| rows_of(r, &entry, account));
        let shown = skipped + (paging.limit - rows.len());
        at = match shown < all.len() {
            true => Some((position, shown)),
            false => prev(&entry, account.no).map(|before| (before, 0)),
        };
        rows.extend(all.into_iter().take(shown).skip(skipped));
    }
    Ok((rows, at.map(cursor)))
}

/// The entry where a page begins, and how many of its rows were shown before.
fn place(bytes: &[u8]) -> Option<(Position, usize)> {
    let (position, shown) = bytes.split_first_chunk()?;
    let shown = u32::from_be_bytes(shown.try_into().ok()?);
    Some((Position(u64::from_be_bytes(*position)), usize::try_from(shown).ok()?))
}

fn cursor((position, shown): (Position, usize)) -> Cursor {
    let mut place = [0; 12];
    place[..8].copy_from_slice(&position.get().to_be_bytes());
    place[8..].copy_from_slice(&u32::try_from(shown).unwrap_or(u32::MAX).to_be_bytes());
    List::Postings.cursor(&place)
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
    fn a_place_is_a_position_and_a_row() {
        let at = cursor((Position(255), 2));
        let paging = Paging { cursor: Some(at), limit: 1 };
        assert_eq!(paging.begins(List::Postings, place).unwrap(), Some((Position(255), 2)));
        for bad in [&[0; 8][..], &[0; 11], &[0; 13]] {
            assert_eq!(place(bad), None, "{bad:?}");
        }
    }
}
