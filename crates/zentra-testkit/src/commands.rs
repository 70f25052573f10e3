//! Commands and requests with little to say: what a test does not name is the same everywhere.

use zentra_delivery::{DeliveryCommand, SecretChoice, default_policy};
use zentra_engine::{AccessCommand, Command, NewKey, Request};
use zentra_events::event::{AttemptResult, AttemptV1, Capture};
use zentra_events::{Amount, Direction, RequestId, ScopeNo, Span, Timestamp};
use zentra_ledger::{IntentRequest, LedgerCommand, TransferLine};

/// A request of a scope by an actor that has no key, as the server itself asks.
pub fn request(scope: ScopeNo, actor: &str, command: Command) -> Request {
    Request {
        scope,
        actor: actor.parse().unwrap(),
        key: None,
        request_id: RequestId([9; 16]),
        cause: None,
        idempotency: None,
        command,
    }
}

/// Makes a scope without a key.
pub fn scope(name: &str) -> Command {
    Command::Access(AccessCommand::CreateScope { name: name.parse().unwrap(), key: None })
}

/// Makes a key.
pub fn key(actor: &str, hash: [u8; 32], roles: u8) -> Command {
    let (actor, label) = (actor.parse().unwrap(), String::new());
    Command::Access(AccessCommand::CreateKey(NewKey { actor, hash, roles, label }))
}

/// Moves EUR cents between two accounts.
pub fn transfer(from: &str, to: &str, amount: u128) -> Command {
    let line = |account: &str, direction| TransferLine {
        account: account.parse().unwrap(),
        direction,
        amount: Amount(amount),
        currency: "EUR".parse().unwrap(),
    };
    let lines = vec![line(from, Direction::Debit), line(to, Direction::Credit)];
    Command::Ledger(LedgerCommand::PostTransfer { lines, correction: None })
}

/// A million EUR cents for an account.
pub fn fund(account: &str) -> Command {
    transfer("world", account, 1_000_000)
}

/// The details of an intent of EUR cents.
pub fn details(source: &str, destination: &str, amount: u128, capture: Capture) -> IntentRequest {
    IntentRequest {
        amount: Amount(amount),
        currency: "EUR".parse().unwrap(),
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        corridor: "default".into(),
        capture,
        effective_at: None,
        metadata: Vec::new(),
    }
}

/// Accepts an intent; the digest follows from its amount.
pub fn accept(id: &str, details: IntentRequest) -> Command {
    let digest = details.amount.0.to_le_bytes();
    let (intent_id, details) = (id.parse().unwrap(), Some(details));
    Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest, details })
}

/// An intent from `customer_balance` to `merchant_balance`, captured at once.
pub fn intent(id: &str, amount: u128) -> Command {
    accept(id, details("customer_balance", "merchant_balance", amount, Capture::Automatic))
}

/// Makes an endpoint with a secret of its own.
pub fn endpoint(filters: &[&str]) -> Command {
    Command::Delivery(DeliveryCommand::CreateEndpoint {
        url: "https://example.com/".into(),
        filters: filters.iter().map(|filter| (*filter).to_owned()).collect(),
        secret: SecretChoice::Own { sealed: vec![1, 2, 3] },
        policy: default_policy(),
        description: String::new(),
    })
}

/// Publishes an event of the scope's own.
pub fn publish() -> Command {
    let (event_type, data) = ("order.paid".parse().unwrap(), "{}".into());
    Command::Delivery(DeliveryCommand::Publish { event_type, data })
}

/// An attempt that was answered.
pub fn attempt(number: u32, status: u16) -> AttemptV1 {
    AttemptV1 {
        number,
        replay: None,
        started_at: Timestamp(5),
        duration_ns: Span(7),
        url: "https://example.com/".into(),
        result: AttemptResult::Answered(status),
        signed_at_seconds: 1,
        secret_versions: vec![1],
        signature: "v1,AAAA".into(),
        payload_hash: [1; 32],
        response_excerpt: String::new(),
    }
}
