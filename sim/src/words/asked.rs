//! Words of what is asked.

use super::rules::{self, depth_of, roles};
use super::units::{list, span};
use crate::node::Input;
use crate::oracle::Reading;
use zentra_delivery::{DeliveryCommand, SecretChoice};
use zentra_engine::{AccessCommand, BatchItem, Command, IntentBatch, Request};
use zentra_events::event::{AccountStatus, Capture};
use zentra_events::{Amount, Direction, Idempotency};
use zentra_ledger::{IntentRequest, LedgerCommand, LegsAt, TransferLine};

/// Who is asked, what, and under which key.
pub(crate) fn input(reading: &Reading, input: &Input) -> String {
    match input {
        Input::Command(request) => asked(reading, request),
        Input::Intents(one) => batch(one),
    }
}

fn asked(reading: &Reading, request: &Request) -> String {
    let Request { scope, key, idempotency, command: what, .. } = request;
    let with = key.map(|key| format!(" with key {}", reading.keys.number(key.0)));
    let once = idempotency.as_ref().map(once).unwrap_or_default();
    let with = with.unwrap_or_default();
    format!("scope {}{with}: {}{once}", scope.0, command(reading, what))
}

fn once(asked: &Idempotency) -> String {
    let number = u128::from_be_bytes(asked.key) as u64;
    let [a, b, ..] = asked.fingerprint;
    format!(" (idempotency key {number}, body {a:02x}{b:02x})")
}

/// A batch, each linked item with a plus.
pub(crate) fn batch(batch: &IntentBatch) -> String {
    let item = |item: &BatchItem| {
        let linked = if item.linked { " +" } else { "" };
        format!("{} of {}{linked}", item.id.of(&batch.text), item.amount.0)
    };
    format!("scope {}: a batch of intents {}", batch.scope.0, list(batch.items.iter().map(item)))
}

/// A command.
pub(crate) fn command(reading: &Reading, command: &Command) -> String {
    match command {
        Command::Ledger(command) => ledger(command),
        Command::Delivery(command) => webhooks(reading, command),
        Command::Access(command) => access(reading, command),
        Command::Seal(seal) => format!("seal evidence of {} entries", seal.tree_size),
        Command::Refuse(refusal) => format!("nothing, {} was found before", refusal.code.as_str()),
    }
}

fn access(reading: &Reading, command: &AccessCommand) -> String {
    match command {
        AccessCommand::CreateScope { name, key: None } => format!("make scope {}", name.as_str()),
        AccessCommand::CreateScope { name, key: Some(key) } => {
            format!("make scope {} with a key for {}", name.as_str(), roles(key.roles))
        }
        AccessCommand::CreateKey(key) => {
            format!("make a key of {} for {}", key.actor.as_str(), roles(key.roles))
        }
        AccessCommand::SetQuotas { scope, overrides } => {
            let one = |one: &zentra_events::event::QuotaOverrideV1| {
                format!("{} {}", one.quota, one.limit)
            };
            format!("set quotas of scope {}: {}", scope.0, list(overrides.iter().map(one)))
        }
        AccessCommand::RevokeKey { key } => format!("revoke key {}", reading.keys.number(key.0)),
    }
}

fn ledger(command: &LedgerCommand) -> String {
    use LedgerCommand as L;
    match command {
        L::OpenAccount { code, currency, exponent, floor, by_admin, .. } => {
            let digits = exponent.map(|digits| format!(" with {digits} digits"));
            let (digits, whose) = (digits.unwrap_or_default(), who(*by_admin));
            let (code, currency) = (code.as_str(), currency.as_str());
            format!("open {code} in {currency}{digits}, {}{whose}", depth_of(*floor))
        }
        L::SetAccountStatus { code, status, by_admin, .. } => {
            let verb = match status {
                AccountStatus::Open => "open again",
                AccountStatus::Frozen => "freeze",
                AccountStatus::Closed => "close",
            };
            format!("{verb} {}{}", code.as_str(), who(*by_admin))
        }
        L::SetChart { templates } => {
            format!("set a chart: {}", list(templates.iter().map(rules::template)))
        }
        L::SetPolicy { rules: asked } => {
            format!("set a policy: {}", list(asked.iter().map(rules::rule)))
        }
        L::SetRoutes { routes } => {
            format!("set routes: {}", list(routes.iter().map(rules::route)))
        }
        L::ResetRoutes => "take the routes back".to_owned(),
        L::DeclareCurrency { currency, exponent } => {
            format!("declare {} with {exponent} digits", currency.as_str())
        }
        L::PostTransfer { lines, correction } => {
            let verb = if correction.is_some() { "correct" } else { "transfer" };
            format!("{verb} {}", list(lines.iter().map(line)))
        }
        _ => intents(command),
    }
}

fn intents(command: &LedgerCommand) -> String {
    use LedgerCommand as L;
    match command {
        L::AcceptIntent { intent_id, details, .. } => {
            let details = details.as_ref().map_or("what is told later".to_owned(), moves);
            format!("intent {}: accept {details}", intent_id.as_str())
        }
        L::ConfirmIntent { intent_id, details, .. } => {
            format!("intent {}: confirm {}", intent_id.as_str(), moves(details))
        }
        L::SettleIntent { intent_id, amount, effective_at } => {
            format!("intent {}: settle {}{}", intent_id.as_str(), part(*amount), at(effective_at))
        }
        L::VoidIntent { intent_id, effective_at, .. } => {
            format!("intent {}: void{}", intent_id.as_str(), at(effective_at))
        }
        L::ReverseIntent { intent_id, amount, effective_at, .. } => {
            format!("intent {}: reverse {}{}", intent_id.as_str(), part(*amount), at(effective_at))
        }
        L::PayoutIntent { intent_id, effective_at } => {
            format!("intent {}: pay out{}", intent_id.as_str(), at(effective_at))
        }
        other => format!("{other:?}"),
    }
}

fn who(by_admin: bool) -> &'static str {
    if by_admin { ", by an admin" } else { "" }
}

fn line(line: &TransferLine) -> String {
    let TransferLine { account, direction, amount, currency } = line;
    let way = match direction {
        Direction::Debit => "from",
        Direction::Credit => "to",
    };
    format!("{} {} {way} {}", amount.0, currency.as_str(), account.as_str())
}

fn moves(details: &IntentRequest) -> String {
    let IntentRequest { amount, currency, source, destination, corridor, capture, .. } = details;
    let capture = match capture {
        Capture::Automatic => "automatic",
        Capture::Manual => "manual",
    };
    let (amount, currency) = (amount.0, currency.as_str());
    let (from, to) = (source.as_str(), destination.as_str());
    let effect = details.effective_at.map(|at| format!(", with effect at {at}"));
    let effect = effect.unwrap_or_default();
    format!("{amount} {currency} from {from} to {to} by {corridor}, {capture} capture{effect}")
}

fn part(amount: Option<Amount>) -> String {
    amount.map_or("all of it".to_owned(), |amount| amount.0.to_string())
}

fn at(legs: &Option<LegsAt>) -> String {
    let Some(LegsAt { at, after }) = legs else { return String::new() };
    let read = after.map_or("no leg before".to_owned(), |leg| {
        format!("its last leg in entry {}", leg.position.get())
    });
    format!(", with effect at {at}, {read}")
}

fn webhooks(reading: &Reading, command: &DeliveryCommand) -> String {
    use DeliveryCommand as D;
    let endpoint = |id: &zentra_events::EndpointId| reading.endpoints.words(id.0, "endpoint");
    let delivery = |id: &zentra_events::DeliveryId| reading.deliveries.words(id.0, "delivery");
    match command {
        D::CreateEndpoint { url, filters, secret, policy, .. } => {
            let secret = match secret {
                SecretChoice::Own { .. } => "a secret of its own",
                SecretChoice::Named { name, .. } => name,
            };
            let filters = list(filters.iter().cloned());
            format!("make an endpoint {url} for {filters}, {secret}, {}", rules::retries(policy))
        }
        D::DisableEndpoint { endpoint: id } => format!("disable {}", endpoint(id)),
        D::EnableEndpoint { endpoint: id } => format!("enable {}", endpoint(id)),
        D::DeleteEndpoint { endpoint: id } => format!("delete {}", endpoint(id)),
        D::RotateSecret { endpoint: id, overlap, .. } => {
            format!("rotate the secret of {}, {} of overlap", endpoint(id), span(overlap.0))
        }
        D::EndSecretVersion { endpoint: id, version } => {
            format!("end version {version} of the secret of {}", endpoint(id))
        }
        D::Publish { event_type, .. } => format!("publish {}", event_type.as_str()),
        D::AttemptFinished { delivery: id, attempt, retry_after } => {
            let wait = retry_after.map(|wait| format!(", come after {}", span(wait.0)));
            let (number, wait) = (attempt.number, wait.unwrap_or_default());
            let result = super::result(attempt.result);
            format!("attempt {number} of {} has ended: {result}{wait}", delivery(id))
        }
        D::Replay { deliveries, .. } => {
            format!("replay {}", list(deliveries.iter().map(delivery)))
        }
        D::Resend { delivery: id, .. } => format!("send {} now", delivery(id)),
        D::ResolveDelivery { delivery: id, .. } => format!("resolve {}", delivery(id)),
    }
}
