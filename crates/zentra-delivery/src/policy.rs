//! Retry policies: the default one and the bounds of any.
//!
//! Owns these numbers. Must not know when a retry is due (that is `retry`).

use crate::command::Refusal;
use zentra_events::event::RetryPolicyV1;
use zentra_events::limits::RETRY_STEPS_MAX;
use zentra_events::{Code, Span};

/// The shortest time that an attempt may be given.
pub const TIMEOUT_MIN: Span = Span::millis(100);
/// The longest time that an attempt may be given.
pub const TIMEOUT_MAX: Span = Span::seconds(30);
/// The most attempts that may be under way at once to one endpoint.
pub const CONCURRENCY_MAX: u32 = 256;
/// The longest delay before an attempt.
pub const DELAY_MAX: Span = Span::seconds(7 * 24 * 3600);
/// The shortest delay before every attempt but the first: a consumer is never hammered.
pub const STEP_DELAY_MIN: Span = Span::seconds(1);
/// The longest time that versions of a secret may overlap.
pub const SECRET_OVERLAP_MAX: Span = Span::seconds(30 * 24 * 3600);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Ten attempts over a little more than three days, 15 s each, 16 at once; never disables.
pub fn default_policy() -> RetryPolicyV1 {
    let delays = [
        0,
        5,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    ];
    RetryPolicyV1 {
        schedule_ns: delays.into_iter().map(Span::seconds).collect(),
        timeout_ns: Span::seconds(15),
        concurrency: 16,
        disable_after: 0,
    }
}

/// As callers write it.
fn in_ms(span: Span) -> u64 {
    span.0 / 1_000_000
}

/// Checks a policy's bounds.
///
/// # Errors
/// `policy_invalid` with the first bound that does not hold.
pub fn check_policy(policy: &RetryPolicyV1) -> Result<(), Refusal> {
    let invalid = |detail: String| Err(Refusal::new(Code::PolicyInvalid, detail));
    let steps = policy.schedule_ns.len();
    if !(1..=RETRY_STEPS_MAX).contains(&steps) {
        return invalid(format!("a schedule has 1 to {RETRY_STEPS_MAX} delays, not {steps}"));
    }
    if let Some(delay) = policy.schedule_ns.iter().find(|delay| **delay > DELAY_MAX) {
        let (delay, most) = (in_ms(*delay), in_ms(DELAY_MAX));
        return invalid(format!("a delay is at most {most} ms, not {delay} ms"));
    }
    if let Some(delay) = policy.schedule_ns.iter().skip(1).find(|delay| **delay < STEP_DELAY_MIN) {
        let (delay, least) = (in_ms(*delay), in_ms(STEP_DELAY_MIN));
        return invalid(format!(
            "every delay but the first is at least {least} ms, not {delay} ms"
        ));
    }
    if !(TIMEOUT_MIN..=TIMEOUT_MAX).contains(&policy.timeout_ns) {
        let (least, most) = (in_ms(TIMEOUT_MIN), in_ms(TIMEOUT_MAX));
        let timeout = in_ms(policy.timeout_ns);
        return invalid(format!("the timeout is {least} to {most} ms, not {timeout} ms"));
    }
    if !(1..=CONCURRENCY_MAX).contains(&policy.concurrency) {
        let concurrency = policy.concurrency;
        return invalid(format!("the concurrency is 1 to {CONCURRENCY_MAX}, not {concurrency}"));
    }
    Ok(())
}
