//! Delivering past deliveries again, sending one now, and settling by hand.
//!
//! Owns which deliveries a replay takes up: those that are finished and whose endpoint listens.
//! The others are left out and named in the event. A replay makes no event and no command: the
//! same `webhook-id` goes out again.

use crate::command::{Ctx, Refusal};
use crate::decide::check_text;
use crate::decide_endpoint::invalid_state;
use crate::deliveries::{Deliveries, status};
use crate::delivery::{DeliveryStatus, Record, State};
use crate::endpoint::Endpoint;
use crate::left_out::LeftOut;
use std::collections::BTreeSet;
use zentra_events::event::{
    DeliveryMadeDueV1, DeliveryReplayedV1, DeliveryResolvedV1, ReplayRequestedV1,
};
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
        let replay = ReplayId::at(ctx.partition, ctx.position, ctx.first_index);
        let (mut taken, mut skipped) = (Vec::new(), Vec::new());
        let mut left_out = LeftOut::default();
        for id in &named {
            let (_, record, endpoint) = self.delivery_in(scope, *id)?;
            if left_out.replays(status(record, endpoint), endpoint.is_listening()) {
                taken.push(self.replayed(*id, record, endpoint, replay, ctx).into());
            } else {
                skipped.push(*id);
            }
        }
        if taken.is_empty() {
            return Err(left_out.refusal());
        }
        let (filter, reason) = (filter.to_owned(), reason.to_owned());
        let named = u32::try_from(named.len()).unwrap_or(u32::MAX);
        let mut events = vec![ReplayRequestedV1 { filter, reason, named, skipped }.into()];
        events.append(&mut taken);
        Ok(events)
    }

    /// One that waits is due now, under the same number and replay: an attempt that is under way
    /// still counts. One that is due already is so again: where the system's clock was set forward,
    /// the log's time has come and the waiting goes on. One that is done is replayed alone.
    pub(crate) fn resend(
        &self,
        scope: ScopeNo,
        delivery: DeliveryId,
        reason: &str,
        ctx: &Ctx,
    ) -> Result<Vec<Event>, Refusal> {
        let (_, record, endpoint) = self.delivery_in(scope, delivery)?;
        check_text("reason", reason)?;
        if !endpoint.is_listening() {
            let id = endpoint.id(self.partition);
            return Err(invalid_state(id, endpoint, "only a listening one is sent anything"));
        }
        let reason = reason.to_owned();
        if record.state != State::Waiting {
            let replay = ReplayId::at(ctx.partition, ctx.position, ctx.first_index);
            let filter = format!("{{\"delivery_id\":\"{delivery}\"}}");
            let (named, skipped) = (1, Vec::new());
            return Ok(vec![
                ReplayRequestedV1 { filter, reason, named, skipped }.into(),
                self.replayed(delivery, record, endpoint, replay, ctx).into(),
            ]);
        }
        Ok(vec![DeliveryMadeDueV1 { delivery, due_at: ctx.now, reason }.into()])
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
        if matches!(status, DeliveryStatus::Delivered | DeliveryStatus::Resolved) {
            let status = status.as_str();
            let detail = format!(
                "the delivery is {status}; what waits and what is a dead letter can be resolved"
            );
            return Err(Refusal::new(Code::InvalidDeliveryState, detail));
        }
        Ok(vec![DeliveryResolvedV1 { delivery, reason: reason.to_owned() }.into()])
    }

    fn replayed(
        &self,
        delivery: DeliveryId,
        record: &Record,
        endpoint: &Endpoint,
        replay: ReplayId,
        ctx: &Ctx,
    ) -> DeliveryReplayedV1 {
        DeliveryReplayedV1 {
            delivery,
            replay,
            due_at: ctx.now,
            endpoint: endpoint.id(self.partition),
            event: record.event(self.partition),
            attempts: record.attempts,
        }
    }
}
