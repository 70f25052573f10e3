//! How much memory the state takes, and what is refused when there is no room for more.
//!
//! Owns the estimate (docs/design/engine.md) and which commands make the state larger: those are
//! refused clearly, while everything that only moves what is there goes on. A rebuild never looks
//! at it. Must not know how much memory a machine has.

use crate::command::{AccessCommand, Command};
use crate::engine::Engine;
use crate::error::Refusal;
use zentra_delivery::DeliveryCommand;
use zentra_events::Code;
use zentra_ledger::LedgerCommand;

/// Bytes of an intent: record, key and share of the hash tables.
const INTENT_BYTES: u64 = 64;
/// Bytes of an account: record, code, keys (here and in the shell) and shares of the hash tables.
const ACCOUNT_BYTES: u64 = 400;
/// Bytes of an answered idempotency key.
const ANSWER_BYTES: u64 = 56;
/// Bytes of a delivery: its record here and in the scheduler.
const DELIVERY_BYTES: u64 = 112;

impl Engine {
    /// Sets how many bytes the state may take.
    pub fn set_room(&mut self, bytes: u64) {
        self.room_bytes = bytes;
    }

    /// About how many bytes the state takes.
    pub fn state_bytes(&self) -> u64 {
        let of = |count: usize, bytes: u64| (count as u64).saturating_mul(bytes);
        of(self.ledger.intents_len(), INTENT_BYTES)
            .saturating_add(of(self.ledger.accounts_len(), ACCOUNT_BYTES))
            .saturating_add(of(self.idempotency.len(), ANSWER_BYTES))
            .saturating_add(of(self.deliveries.deliveries_len(), DELIVERY_BYTES))
    }

    /// Why there is no room, if there is none.
    pub(crate) fn no_room(&self) -> Option<Refusal> {
        (self.state_bytes() >= self.room_bytes).then(|| {
            Refusal::new(
                Code::LimitReached,
                format!("the state has reached its limit of {} bytes", self.room_bytes),
            )
        })
    }
}

/// Whether a command makes the state larger.
pub(crate) fn grows(command: &Command) -> bool {
    match command {
        Command::Ledger(command) => matches!(
            command,
            LedgerCommand::AcceptIntent { .. }
                | LedgerCommand::OpenAccount { .. }
                | LedgerCommand::PostTransfer { .. }
        ),
        Command::Delivery(command) => matches!(
            command,
            DeliveryCommand::CreateEndpoint { .. } | DeliveryCommand::Publish { .. }
        ),
        Command::Access(command) => !matches!(command, AccessCommand::RevokeKey { .. }),
        Command::Seal(_) => false,
    }
}
