//! What an entry tells of a command as it was asked: contents that no rule changes, compared whole.

use crate::failure::{Checked, must};
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command};
use zentra_events::{Entry, Event};
use zentra_ledger::LedgerCommand;

/// An entry tells these contents as they were asked.
pub(super) fn are_as_asked(command: &Command, entry: &Entry) -> Checked {
    for recorded in entry.events() {
        let same = match (command, &recorded.event) {
            (Command::Delivery(asked), told) => of_deliveries(asked, told),
            (Command::Ledger(LedgerCommand::SetChart { templates }), Event::ChartSet(told)) => {
                told.templates == *templates
            }
            (Command::Ledger(LedgerCommand::SetPolicy { rules }), Event::PolicySet(told)) => {
                told.rules == *rules
            }
            (Command::Ledger(LedgerCommand::SetRoutes { routes }), Event::RoutesSet(told)) => {
                told.routes == *routes
            }
            (
                Command::Access(AccessCommand::SetQuotas { overrides, .. }),
                Event::ScopeQuotasSet(told),
            ) => {
                let mut overrides = overrides.clone();
                overrides.sort_by_key(|one| one.quota);
                told.overrides == overrides
            }
            _ => true,
        };
        must(same, || {
            let position = entry.header.position.get();
            format!("entry {position} tells {:?}\n  must be as asked: {command:?}", recorded.event)
        })?;
    }
    Ok(())
}

fn of_deliveries(asked: &DeliveryCommand, told: &Event) -> bool {
    match (asked, told) {
        (DeliveryCommand::AttemptFinished { attempt, .. }, Event::DeliverySucceeded(told)) => {
            told.attempt == *attempt
        }
        (DeliveryCommand::AttemptFinished { attempt, .. }, Event::DeliveryFailed(told)) => {
            told.attempt == *attempt
        }
        (
            DeliveryCommand::CreateEndpoint { filters, policy, description, .. },
            Event::EndpointCreated(told),
        ) => {
            let mut filters = filters.clone();
            filters.sort();
            filters.dedup();
            (&told.filters, &told.policy, &told.description) == (&filters, policy, description)
        }
        _ => true,
    }
}
