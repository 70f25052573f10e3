//! What the workload wishes, as callers of a server can ask it.
//!
//! A server has real consumers and a clock that nobody can wind on: URLs lead to the driver's
//! receiver, and schedules are short. What a request is the same as is said by its body. Owns these
//! changes; the model is told the changed wish.

use super::asks::{Asking, details_body, item_requests};
use crate::node::Input;
use crate::workload::HANGS;
use std::collections::BTreeMap;
use zentra_delivery::{DeliveryCommand, SecretChoice};
use zentra_engine::{AccessCommand, Command, Request};
use zentra_events::event::{NormalSide, RetryPolicyV1};
use zentra_events::{Amount, Idempotency, ScopeNo, Span};
use zentra_ledger::{IntentRequest, LedgerCommand};

/// The longest that a retry waits, and how many attempts there are.
const WAIT_MAX: u64 = 3;
const ATTEMPTS_MAX: usize = 4;

/// What a replay is asked for: the API takes no list of deliveries.
const FILTERS: [&str; 5] = [
    r#"{"status":"dead_lettered"}"#,
    r#"{"event_type":"order.*"}"#,
    r#"{"status":"resolved"}"#,
    r#"{"status":"delivered","event_type":"transfer.settled"}"#,
    r#"{"status":"dead_lettered","until":"2500-01-01T00:00:00Z"}"#,
];

/// As the workload publishes it, but for its last digit.
const OTHER_NUMBER: &str = r#"{"wei":123456789012345678901234567891}"#;

/// Roles that there is a word for.
const ROLES: u8 = 31;

/// What earlier wishes named.
#[derive(Default)]
pub(super) struct Fitting {
    /// Fingerprints of keys, and digests of intents, as the workload first had them.
    keys: BTreeMap<[u8; 16], [u8; 16]>,
    digests: BTreeMap<(ScopeNo, String), ([u8; 16], String)>,
}

impl Fitting {
    /// The wish as a server can be asked it. `port` is where the receiver listens.
    pub(super) fn fits(&mut self, mut input: Input, port: u16) -> Input {
        match &mut input {
            Input::Command(request) => self.command(request, port),
            Input::Intents(batch) => {
                let digests: Vec<_> =
                    item_requests(batch).map(|(_, asked)| digest(&details_body(&asked))).collect();
                for (item, digest) in batch.items.iter_mut().zip(digests) {
                    item.digest = digest;
                }
            }
        }
        input
    }

    fn command(&mut self, request: &mut Request, port: u16) {
        if self.is_another(request) {
            becomes_another(&mut request.command);
        }
        match &mut request.command {
            Command::Ledger(LedgerCommand::AcceptIntent { digest: own, details, .. }) => {
                details.iter_mut().for_each(one_value_a_key);
                let text = details.as_ref().map(details_body);
                *own = digest(text.as_deref().unwrap_or("nothing yet"));
            }
            Command::Ledger(LedgerCommand::ConfirmIntent { digest: own, details, .. }) => {
                one_value_a_key(details);
                *own = digest(&details_body(details));
            }
            Command::Delivery(DeliveryCommand::CreateEndpoint { url, policy, secret, .. }) => {
                let number: String = url.chars().filter(char::is_ascii_digit).collect();
                let crowd = if url.starts_with(HANGS) { "hangs-" } else { "" };
                *url = format!("http://127.0.0.1:{port}/{crowd}{number}");
                shortened(policy);
                if let SecretChoice::Own { sealed } = secret {
                    *sealed = material(sealed);
                }
            }
            Command::Delivery(DeliveryCommand::Replay { deliveries, filter, .. }) => {
                *filter = FILTERS[deliveries.len() % FILTERS.len()].to_owned();
            }
            Command::Delivery(DeliveryCommand::RotateSecret { sealed, .. }) => {
                *sealed = material(sealed);
            }
            Command::Access(
                AccessCommand::CreateKey(key) | AccessCommand::CreateScope { key: Some(key), .. },
            ) => key.roles &= ROLES,
            Command::Access(AccessCommand::SetQuotas { overrides, .. }) => {
                let limits: BTreeMap<_, _> =
                    overrides.drain(..).map(|one| (one.quota, one)).collect();
                *overrides = limits.into_values().collect();
            }
            _ => {}
        }
    }

    /// Whether the workload means another body under a key, or under an intent's id, that it named
    /// before.
    fn is_another(&mut self, request: &Request) -> bool {
        let mut another = false;
        if let Some(asked) = &request.idempotency {
            let first = *self.keys.entry(asked.key).or_insert(asked.fingerprint);
            another |= first != asked.fingerprint;
        }
        if let Command::Ledger(LedgerCommand::AcceptIntent { intent_id, digest, details }) =
            &request.command
        {
            let whose = (request.scope, intent_id.as_str().to_owned());
            let now = (*digest, format!("{details:?}"));
            let (first, asked) = self.digests.entry(whose).or_insert_with(|| now.clone());
            another |= *first != now.0 && *asked == now.1;
        }
        another
    }
}

/// A keyed publication, again under its key, with another number in its body.
pub(super) fn with_another_number(wish: &Input) -> Option<Input> {
    let Input::Command(request) = wish else { return None };
    let mut other = request.clone();
    request.idempotency.as_ref()?;
    let Command::Delivery(DeliveryCommand::Publish { data, .. }) = &mut other.command else {
        return None;
    };
    (data != OTHER_NUMBER).then(|| OTHER_NUMBER.clone_into(data))?;
    Some(Input::Command(other))
}

/// Another request of the same kind, where its body can say so.
fn becomes_another(command: &mut Command) {
    let other = || "for another reason".to_owned();
    match command {
        Command::Ledger(LedgerCommand::PostTransfer { lines, .. }) => {
            for line in lines {
                line.amount = Amount(line.amount.0 + 1);
            }
        }
        Command::Ledger(LedgerCommand::OpenAccount { normal_side, .. }) => {
            *normal_side = NormalSide::Debit;
        }
        Command::Ledger(
            LedgerCommand::SetAccountStatus { reason, .. }
            | LedgerCommand::VoidIntent { reason, .. }
            | LedgerCommand::ReverseIntent { reason, .. },
        )
        | Command::Delivery(
            DeliveryCommand::Resend { reason, .. }
            | DeliveryCommand::ResolveDelivery { reason, .. }
            | DeliveryCommand::Replay { reason, .. },
        ) => *reason = other(),
        Command::Ledger(LedgerCommand::AcceptIntent { details: Some(details), .. }) => {
            details.amount = Amount(details.amount.0 + 1);
        }
        Command::Delivery(DeliveryCommand::Publish { data, .. }) => {
            // Another number, if it is not read as a double.
            *data = OTHER_NUMBER.to_owned();
        }
        _ => {}
    }
}

/// JSON has a name once.
fn one_value_a_key(details: &mut IntentRequest) {
    let pairs: BTreeMap<String, String> = details.metadata.drain(..).rev().collect();
    details.metadata = pairs.into_iter().collect();
}

fn shortened(policy: &mut RetryPolicyV1) {
    policy.schedule_ns.truncate(ATTEMPTS_MAX);
    for delay in policy.schedule_ns.iter_mut().skip(1) {
        // What is too short to be taken stays so.
        if *delay >= Span::seconds(1) {
            *delay = Span::seconds(1 + delay.0 % WAIT_MAX);
        }
    }
    if let Some(first) = policy.schedule_ns.first_mut() {
        *first = Span(first.0 % Span::seconds(WAIT_MAX).0);
    }
    policy.timeout_ns = Span::millis(100 + policy.timeout_ns.as_millis() % 400);
}

/// Key material: 32 bytes.
fn material(seed: &[u8]) -> Vec<u8> {
    blake3::hash(seed).as_bytes().to_vec()
}

/// A name for a text.
pub(super) fn digest(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    short
}

/// A keyed request is the same as another of the same caller, method, path and key; and as told by
/// its body.
pub(super) fn keyed(asked: &mut Idempotency, asking: &Asking, actor: &str) {
    let Asking { method, path, body } = asking;
    asked.key = digest(&format!("{:?} {actor} {method} {path}", asked.key));
    asked.fingerprint = digest(body.as_deref().unwrap_or_default());
}

/// A key that is made is another one each time.
pub(super) fn is_new(command: &mut Command, sending: u64) {
    if let Command::Access(
        AccessCommand::CreateKey(key) | AccessCommand::CreateScope { key: Some(key), .. },
    ) = command
    {
        key.hash = *blake3::hash(&sending.to_le_bytes()).as_bytes();
    }
}
