//! How much it takes to decide something, told before it is decided.
//!
//! Counted in events: nearly all that one command can make are for the endpoints that listen, the
//! deliveries that it names or the lines that it has. Owns what each command weighs, and how far a
//! batch fans out. Must not know what follows from a weight, nor decide anything.

use crate::batch::{IntentBatch, NO_TERMS};
use crate::command::{Command, Request};
use crate::engine::Engine;
use zentra_delivery::{DeliveryCommand, ENDPOINT_CREATED_TYPE};
use zentra_events::ScopeNo;
use zentra_events::event::Capture;
use zentra_events::settled::SETTLED_EVENT_TYPE;
use zentra_ledger::{IntentRequest, LedgerCommand};

const VOIDED_TYPE: &str = "transfer.voided";
const REVERSED_TYPE: &str = "transfer.reversed";
const PAYOUT_TYPE: &str = "payout.closed";

impl Engine {
    /// About how many events deciding a request makes, at least one. Looks up a few keys, whatever
    /// the request.
    pub fn weight(&self, request: &Request) -> usize {
        let told = |event_type| self.deliveries.matching_len(request.scope, event_type);
        let more = match &request.command {
            Command::Ledger(command) => self.ledger_weight(request.scope, command),
            Command::Delivery(command) => match command {
                DeliveryCommand::Publish { event_type, .. } => told(event_type.as_str()),
                DeliveryCommand::CreateEndpoint { .. } => told(ENDPOINT_CREATED_TYPE),
                DeliveryCommand::Replay { deliveries, .. } => deliveries.len(),
                DeliveryCommand::DisableEndpoint { .. }
                | DeliveryCommand::EnableEndpoint { .. }
                | DeliveryCommand::DeleteEndpoint { .. }
                | DeliveryCommand::RotateSecret { .. }
                | DeliveryCommand::EndSecretVersion { .. }
                | DeliveryCommand::AttemptFinished { .. }
                | DeliveryCommand::Resend { .. }
                | DeliveryCommand::ResolveDelivery { .. } => 0,
            },
            Command::Access(_) | Command::Seal(_) | Command::Refuse(_) => 0,
        };
        more.saturating_add(1)
    }

    /// About how many events deciding a batch makes. An item that takes the fast path is one.
    pub fn batch_weight(&self, batch: &IntentBatch) -> usize {
        batch.items.len().saturating_add(self.fan_out_of(batch))
    }

    /// How many deliveries a batch queues when all of its items that may settle do.
    pub(crate) fn fan_out_of(&self, batch: &IntentBatch) -> usize {
        let each = self.deliveries.matching_len(batch.scope, SETTLED_EVENT_TYPE);
        if each == 0 {
            return 0;
        }
        let settles = |terms: u16| {
            let terms = batch.terms.get(usize::from(terms));
            terms.is_some_and(|terms| terms.capture == Capture::Automatic)
        };
        let settled =
            batch.items.iter().filter(|item| item.terms != NO_TERMS && settles(item.terms));
        each.saturating_mul(settled.count())
    }

    fn ledger_weight(&self, scope: ScopeNo, command: &LedgerCommand) -> usize {
        let told = |event_type| self.deliveries.matching_len(scope, event_type);
        // One that finds no route is told of as voided.
        let run = |details: &IntentRequest| match details.capture {
            Capture::Automatic => told(SETTLED_EVENT_TYPE).max(told(VOIDED_TYPE)),
            Capture::Manual => told(VOIDED_TYPE),
        };
        match command {
            LedgerCommand::AcceptIntent { details: Some(details), .. }
            | LedgerCommand::ConfirmIntent { details, .. } => run(details),
            LedgerCommand::SettleIntent { .. } => told(SETTLED_EVENT_TYPE),
            LedgerCommand::VoidIntent { .. } => told(VOIDED_TYPE),
            LedgerCommand::ReverseIntent { .. } => told(REVERSED_TYPE),
            LedgerCommand::PayoutIntent { .. } => told(PAYOUT_TYPE),
            // Each may open its account.
            LedgerCommand::PostTransfer { lines, .. } => lines.len(),
            LedgerCommand::AcceptIntent { details: None, .. }
            | LedgerCommand::OpenAccount { .. }
            | LedgerCommand::SetAccountStatus { .. }
            | LedgerCommand::SetChart { .. }
            | LedgerCommand::SetPolicy { .. }
            | LedgerCommand::SetRoutes { .. }
            | LedgerCommand::ResetRoutes
            | LedgerCommand::DeclareCurrency { .. } => 0,
        }
    }
}
