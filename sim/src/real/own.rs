//! What a server does of its own accord, read from its entries: outcomes of attempts, checkpoints,
//! keys of the command line. And what a request leaves to the server to find.
//!
//! Owns which request an entry must have come from. Must not judge it.

use super::receiver::{Receipt, Said};
use crate::oracle::{Oracle, Would};
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, NewKey, Request, SealCommand};
use zentra_events::event::{AttemptResult, AttemptV1, KeyCreatedV1};
use zentra_events::{Code, DeliveryId, Entry, Event, Refusal, Span};
use zentra_ledger::{LastLeg, LedgerCommand, LegsAt};

/// The command behind an entry that nobody asked for; none where there is no such command.
pub(super) fn own_command(entry: &Entry) -> Option<Command> {
    let events = || entry.events().iter().map(|recorded| &recorded.event);
    let key = events().find_map(|event| match event {
        Event::KeyCreated(body) => Some(new_key(body)),
        _ => None,
    });
    let command = events().find_map(|event| match event {
        Event::ScopeCreated(body) => {
            let name = body.name.clone();
            Some(Command::Access(AccessCommand::CreateScope { name, key: key.clone() }))
        }
        Event::DeliverySucceeded(body) => Some(finished(body.delivery, &body.attempt, None)),
        Event::DeliveryFailed(body) => Some(finished(body.delivery, &body.attempt, None)),
        Event::EvidenceSealed(body) => {
            let (tree_size, root, note) = (body.tree_size, body.root, body.note.clone());
            Some(Command::Seal(SealCommand { tree_size, root, note }))
        }
        _ => None,
    });
    command.or_else(|| key.map(|key| Command::Access(AccessCommand::CreateKey(key))))
}

fn new_key(body: &KeyCreatedV1) -> NewKey {
    let KeyCreatedV1 { hash, roles, label, .. } = body.clone();
    NewKey { actor: "tester".parse().expect("a name"), hash, roles, label }
}

/// A key that the server made is the one that the entry has.
pub(super) fn with_key_of(command: &mut AccessCommand, entry: &Entry) {
    let made = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::KeyCreated(body) => Some(body.hash),
        _ => None,
    });
    if let (
        Some(hash),
        AccessCommand::CreateKey(key) | AccessCommand::CreateScope { key: Some(key), .. },
    ) = (made, command)
    {
        key.hash = hash;
    }
}

/// An attempt has ended, and its consumer asked to wait so long.
pub(super) fn finished(
    delivery: DeliveryId,
    attempt: &AttemptV1,
    retry_after: Option<Span>,
) -> Command {
    let attempt = attempt.clone();
    Command::Delivery(DeliveryCommand::AttemptFinished { delivery, attempt, retry_after })
}

/// The attempt that an entry tells of.
pub(super) fn attempt_of(entry: &Entry) -> Option<(DeliveryId, &AttemptV1)> {
    entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::DeliverySucceeded(body) => Some((body.delivery, &body.attempt)),
        Event::DeliveryFailed(body) => Some((body.delivery, &body.attempt)),
        _ => None,
    })
}

/// Whether a consumer's answer may have been recorded as this.
pub(super) fn may_be(receipt: &Receipt, result: AttemptResult) -> bool {
    match (result, receipt.said) {
        (AttemptResult::Answered(status), Said::Status(said, _)) => status == said,
        (AttemptResult::Verified(status), Said::Verified(said)) => status == said,
        // Cut off before the answer, or broken on its way.
        (AttemptResult::Answered(_) | AttemptResult::Verified(_), _) => false,
        _ => true,
    }
}

/// A request with what the server finds by itself, as the log stands now: an intent's last leg, an
/// account that is not there, the digits that nothing tells.
pub(super) fn completed(oracle: &mut Oracle, request: &Request) -> Request {
    let mut request = request.clone();
    let scope = oracle.model.scope(request.scope.0);
    let (Some(scope), Command::Ledger(command)) = (scope, &mut request.command) else {
        return request;
    };
    let refused = |code| Some(Command::Refuse(Refusal::new(code, "")));
    let refusal = match command {
        LedgerCommand::SetAccountStatus { code, .. } => {
            let known = scope.money.books.accounts.contains_key(code.as_str());
            if known { None } else { refused(Code::NotFound) }
        }
        LedgerCommand::OpenAccount { currency, exponent: Some(digits), by_admin, .. } => {
            let told = scope.money.books.digits(*currency).is_some()
                || currency.iso_exponent() == Some(*digits);
            if told || *by_admin { None } else { refused(Code::Forbidden) }
        }
        LedgerCommand::SettleIntent { intent_id, effective_at: Some(legs), .. }
        | LedgerCommand::VoidIntent { intent_id, effective_at: Some(legs), .. }
        | LedgerCommand::ReverseIntent { intent_id, effective_at: Some(legs), .. }
        | LedgerCommand::PayoutIntent { intent_id, effective_at: Some(legs), .. } => {
            let LegsAt { after, .. } = legs;
            *after = scope
                .money
                .all
                .get(intent_id.as_str())
                .map(|intent| LastLeg { position: intent.last, effective_at: intent.effective_at });
            None
        }
        _ => None,
    };
    if let Some(refusal) = refusal {
        request.command = refusal;
    }
    request
}

/// The deliveries that an entry's replay was about.
pub(super) fn replayed(entry: &Entry) -> Vec<DeliveryId> {
    let mut named = Vec::new();
    for recorded in entry.events() {
        match &recorded.event {
            Event::DeliveryReplayed(body) => named.push(body.delivery),
            Event::ReplayRequested(body) => named.extend(&body.skipped),
            _ => {}
        }
    }
    named
}

/// The code by which an entry answers its request, where that is not success.
pub(super) fn told_code(entry: &Entry) -> Option<&'static str> {
    let code = entry.events().iter().find_map(|recorded| match &recorded.event {
        Event::CommandRefused(body) => Some(body.code),
        Event::IntentRejected(body) => Some(body.code),
        Event::IntentVoided(body) if body.code == Code::RouteUnavailable => Some(body.code),
        _ => None,
    });
    code.map(Code::as_str)
}

/// What a request would come to at either end of a span of time.
pub(super) fn would_come_to(
    oracle: &mut Oracle,
    request: &Request,
    times: &[zentra_events::Timestamp],
) -> Vec<Would> {
    let request = completed(oracle, request);
    times.iter().map(|now| oracle.would(&request, *now)).collect()
}
