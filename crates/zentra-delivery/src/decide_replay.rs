//! Delivering past deliveries again, and settling dead letters by hand.
//!
//! Owns which deliveries a replay takes up: those that are finished and whose endpoint listens.
//! The others are left out and named in the event. A replay makes no event and no command: the
//! same `webhook-id` goes out again.

use crate::command::{Ctx, Refusal};
use crate::decide::check_text;
use crate::deliveries::{Deliveries, status};
use crate::delivery::{DeliveryStatus, Record, State};
use crate::endpoint::Endpoint;
use std::collections::BTreeSet;
use zentra_events::event::{DeliveryReplayedV1, DeliveryResolvedV1, ReplayRequestedV1};
use zentra_events::limits::{BODY_BYTES_MAX, REPLAY_DELIVERIES_MAX};
use zentra_events::{Code, DeliveryId, Event, ReplayId, ScopeNo};

impl Deliveries {
    pub(crate) fn replay(
        &self,
        scope: ScopeNo,
        deliveries: &[DeliveryId],
        filter: &str,
        reason: &str,
        ctx: &Ctx,
    ) -> Result<Vec<Event>, Refusal> {
        check_text("reason", reason)?;
        if filter.len() > BODY_BYTES_MAX {
            let detail = format!("the filter has at most {BODY_BYTES_MAX} bytes");
            return Err(Refusal::new(Code::ValidationFailed, detail));
        }
        let named: BTreeSet<DeliveryId> = deliveries.iter().copied().collect();
        if named.len() > REPLAY_DELIVERIES_MAX {
            let count = named.len();
            let detail =
                format!("a replay names at most {REPLAY_DELIVERIES_MAX} deliveries, not {count}");
            return Err(Refusal::new(Code::LimitReached, detail));
        }
        let due_at = ctx.now;
        let replay = ReplayId::at(ctx.partition, ctx.position, ctx.first_index);
        let (mut taken, mut skipped) = (Vec::new(), Vec::new());
        for id in &named {
            let (_, record, endpoint) = self.delivery_in(scope, *id)?;
            if !can_replay(record, endpoint) {
                skipped.push(*id);
                continue;
            }
            taken.push(DeliveryReplayedV1 {
                delivery: *id,
                replay,
                due_at,
                endpoint: endpoint.id(self.partition),
                event: record.event(self.partition),
                attempts: record.attempts,
            });
        }
        if taken.is_empty() {
            let count = named.len();
            let detail = format!(
                "none of the {count} deliveries named can be delivered again: each is pending \
                 already, or its endpoint is disabled or deleted"
            );
            return Err(Refusal::new(Code::ReplayEmpty, detail));
        }
        let (filter, reason) = (filter.to_owned(), reason.to_owned());
        let named = u32::try_from(named.len()).unwrap_or(u32::MAX);
        let mut events = vec![ReplayRequestedV1 { filter, reason, named, skipped }.into()];
        events.extend(taken.into_iter().map(Event::from));
        Ok(events)
    }

    pub(crate) fn resolve(
        &self,
        scope: ScopeNo,
        delivery: DeliveryId,
        reason: &str,
    ) -> Result<Vec<Event>, Refusal> {
        let (_, record, endpoint) = self.delivery_in(scope, delivery)?;
        check_text("reason", reason)?;
        let status = status(record, endpoint);
        if status != DeliveryStatus::DeadLettered {
            let status = status.as_str();
            let detail = format!("the delivery is {status}; only a dead letter can be resolved");
            return Err(Refusal::new(Code::InvalidDeliveryState, detail));
        }
        Ok(vec![DeliveryResolvedV1 { delivery, reason: reason.to_owned() }.into()])
    }
}

fn can_replay(record: &Record, endpoint: &Endpoint) -> bool {
    record.state != State::Waiting && endpoint.is_listening()
}
