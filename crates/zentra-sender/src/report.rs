//! An attempt's outcome becomes a command, whatever it takes.
//!
//! Owns the patience: an outcome is submitted again until the kernel takes it, because it is known
//! nowhere else. Must not interpret outcomes.

use super::attempt::Finished;
use std::time::Duration;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{Command, Request};
use zentra_events::{ActorName, Code, DeliveryId, RequestId, ScopeNo};
use zentra_http_guard::Held;
use zentra_runtime::{Answer, Handle, Notice, SubmitError};

/// The first wait after the kernel's inbox was full; doubles.
const BACKOFF_MIN: Duration = Duration::from_millis(5);
/// The longest wait.
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// What became of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reported {
    /// It is in the log; the subscription brings what follows from it.
    Recorded,
    /// The engine did not take it; nothing follows from it, so the scheduler must be told.
    Refused,
    /// There is none: nothing was sent.
    Held(Held),
    /// The kernel has stopped. After a restart the attempt is made again.
    Stopped,
}

/// Submits the outcome of a delivery's attempt until it is taken or the kernel has stopped.
pub(crate) async fn report(
    handle: &Handle,
    actor: &ActorName,
    scope: ScopeNo,
    delivery: DeliveryId,
    finished: Finished,
) -> Reported {
    let Finished { attempt, retry_after } = finished;
    let outcome = DeliveryCommand::AttemptFinished { delivery, attempt, retry_after };
    let request = Request {
        scope,
        actor: actor.clone(),
        key: None,
        request_id: RequestId(handle.env().random_bytes()),
        cause: Some(delivery.0.position),
        idempotency: None,
        command: Command::Delivery(outcome),
    };
    let mut backoff = BACKOFF_MIN;
    loop {
        match handle.submit(request.clone()).await {
            Ok(Answer::Entry(_) | Answer::Repeat(_)) => return Reported::Recorded,
            Ok(Answer::Refused(refusal))
                if matches!(refusal.code, Code::StorageLow | Code::ReadOnly) =>
            {
                handle.env().wait(BACKOFF_MAX).await;
            }
            Ok(Answer::Refused(refusal)) => {
                if refusal.code != Code::StaleAttempt {
                    tracing::debug!(%delivery, code = %refusal.code, "outcome refused");
                    let of = format!("{delivery}: {}: {}", refusal.code, refusal.detail);
                    handle.notices().warn(Notice::OutcomeRefused, Some(scope), of);
                }
                return Reported::Refused;
            }
            Err(SubmitError::Overloaded { .. }) => {
                handle.env().wait(backoff).await;
                backoff = (backoff * 2).min(BACKOFF_MAX);
            }
            Err(SubmitError::Stopped) => return Reported::Stopped,
        }
    }
}
