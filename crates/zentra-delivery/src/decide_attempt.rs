//! What an attempt's outcome means: delivered, tried again, parked or dead.
//!
//! Owns the fence (an outcome counts only as the next number of a delivery that waits, or that was
//! given up while it was under way) and the verdict. Must not know how the attempt was made.

use crate::command::{Ctx, Refusal};
use crate::deliveries::Deliveries;
use crate::delivery::{DeliveryNo, Record, State};
use crate::endpoint::Endpoint;
use crate::retry::{delay_before, is_gone, is_success};
use zentra_events::event::{
    AttemptV1, DeadReason, DeliveryDeadLetteredV1, DeliveryFailedV1, DeliverySucceededV1,
    DisableReason, EndpointDisabledV1,
};
use zentra_events::{Code, DeliveryId, Event, ScopeNo, Span, Timestamp};

impl Deliveries {
    pub(crate) fn attempt_finished(
        &self,
        scope: ScopeNo,
        delivery: DeliveryId,
        attempt: &AttemptV1,
        retry_after: Option<Span>,
        ctx: &Ctx,
    ) -> Result<Vec<Event>, Refusal> {
        let (no, record, endpoint) = self.delivery_in(scope, delivery)?;
        self.check_fence(no, record, attempt)?;
        let attempt = attempt.clone();
        if is_success(attempt.result) {
            return Ok(vec![DeliverySucceededV1 { delivery, attempt }.into()]);
        }
        if is_gone(attempt.result) && endpoint.is_listening() {
            let (endpoint, reason) = (endpoint.id(self.partition), DisableReason::Gone);
            return Ok(vec![
                DeliveryFailedV1 { delivery, attempt, next_attempt_at: None }.into(),
                EndpointDisabledV1 { endpoint, reason }.into(),
            ]);
        }
        if record.state == State::GivenUp {
            return Ok(vec![DeliveryFailedV1 { delivery, attempt, next_attempt_at: None }.into()]);
        }
        let next_attempt_at = self.next_attempt(no, endpoint, &attempt, delivery, retry_after, ctx);
        let attempts = attempt.number;
        let mut events = vec![DeliveryFailedV1 { delivery, attempt, next_attempt_at }.into()];
        if next_attempt_at.is_none() {
            let reason = DeadReason::Exhausted;
            events.push(DeliveryDeadLetteredV1 { delivery, attempts, reason }.into());
            if self.is_failing(no, endpoint) {
                let (endpoint, reason) = (endpoint.id(self.partition), DisableReason::Failing);
                events.push(EndpointDisabledV1 { endpoint, reason }.into());
            }
        }
        Ok(events)
    }

    fn check_fence(
        &self,
        no: DeliveryNo,
        record: &Record,
        attempt: &AttemptV1,
    ) -> Result<(), Refusal> {
        let stale = |detail: String| Err(Refusal::new(Code::StaleAttempt, detail));
        // What the consumer said counts, whatever became of the endpoint or of the delivery since
        // the attempt began.
        if !matches!(record.state, State::Waiting | State::GivenUp) {
            return stale("the delivery waits for no attempt any more".to_owned());
        }
        let (number, expected) = (attempt.number, record.attempts.checked_add(1));
        if Some(number) != expected {
            let made = record.attempts;
            return stale(format!("{made} attempts are recorded, so this is not attempt {number}"));
        }
        if attempt.replay != self.records.replay_of(no).map(|replayed| replayed.replay) {
            return stale("the attempt does not belong to the delivery's last replay".to_owned());
        }
        Ok(())
    }

    fn next_attempt(
        &self,
        no: DeliveryNo,
        endpoint: &Endpoint,
        attempt: &AttemptV1,
        delivery: DeliveryId,
        retry_after: Option<Span>,
        ctx: &Ctx,
    ) -> Option<Timestamp> {
        let before = self.records.replay_of(no).map_or(0, |replayed| replayed.attempts_before);
        let number = attempt.number.checked_add(1)?;
        let step = number.saturating_sub(before);
        delay_before(&endpoint.policy.schedule_ns, step, delivery, number, retry_after)
            .map(|delay| ctx.now.after(delay).in_microseconds())
    }

    /// Whether one more dead letter is one too many in a row.
    fn is_failing(&self, no: DeliveryNo, endpoint: &Endpoint) -> bool {
        let bound = endpoint.policy.disable_after;
        let in_a_row = endpoint.health.consecutive_failures.saturating_add(1);
        let listening = endpoint.is_listening();
        bound > 0 && listening && in_a_row >= bound && self.records.replay_of(no).is_none()
    }
}
