//! When the next attempt is due, and what counts as success.
//!
//! Owns the arithmetic of delays. The jitter is a hash, so that a rebuild finds the same times.
//! Must not know states or events.

use crate::policy::STEP_DELAY_MIN;
use zentra_events::event::AttemptResult;
use zentra_events::{DeliveryId, Span};

/// The longest that a consumer's `Retry-After` is honoured for.
pub const RETRY_AFTER_MAX: Span = Span::seconds(24 * 3600);

/// Delays shorter than this get no jitter.
const JITTER_FROM: Span = Span::seconds(1);
/// The jitter is below a delay divided by this.
const JITTER_PART: u64 = 10;

/// Whether an attempt that ended like this delivered the event: any status from 200 to 299.
pub fn is_success(result: AttemptResult) -> bool {
    matches!(result.status(), Some(200..=299))
}

/// Whether the consumer said that it is gone for good.
pub(crate) fn is_gone(result: AttemptResult) -> bool {
    result.status() == Some(410)
}

/// The delay before attempt `number` of a delivery, when it is attempt `step` (from 1) since the
/// delivery was queued or replayed. None when the schedule has no such step.
pub(crate) fn delay_before(
    schedule: &[Span],
    step: u32,
    delivery: DeliveryId,
    number: u32,
    retry_after: Option<Span>,
) -> Option<Span> {
    let given = *schedule.get(usize::try_from(step.checked_sub(1)?).ok()?)?;
    // Policies from before the bound may have less.
    let delay = if step > 1 { given.max(STEP_DELAY_MIN) } else { given };
    let asked = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
    Some(jittered(delay, delivery, number).max(asked))
}

/// `delay + delay / 10 * h / 2^64`, where `h` is the first 8 bytes (little-endian) of BLAKE3 with
/// the derive-key context below over the id's 12 bytes and the attempt's number.
fn jittered(delay: Span, delivery: DeliveryId, number: u32) -> Span {
    if delay < JITTER_FROM {
        return delay;
    }
    let mut hasher = blake3::Hasher::new_derive_key("zentra retry jitter v1");
    hasher.update(&delivery.0.partition.to_be_bytes());
    hasher.update(&delivery.0.position.get().to_be_bytes());
    hasher.update(&delivery.0.index.to_be_bytes());
    hasher.update(&number.to_be_bytes());
    let hash = *hasher.finalize().as_bytes();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    let drawn = u128::from(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    let extra = (u128::from(delay.0 / JITTER_PART) * drawn) >> 64;
    Span(delay.0.saturating_add(extra as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::Position;

    #[test]
    fn only_two_hundreds_succeed() {
        for status in [200, 201, 204, 205, 206, 299] {
            assert!(is_success(AttemptResult::Answered(status)), "{status}");
        }
        for status in [0, 100, 199, 300, 301, 304, 307, 308, 400, 404, 410, 429, 500, 599, 999] {
            assert!(!is_success(AttemptResult::Answered(status)), "{status}");
        }
        assert!(is_success(AttemptResult::Verified(204)) && is_gone(AttemptResult::Verified(410)));
        assert!(!is_success(AttemptResult::Verified(500)));
        assert!(!is_success(AttemptResult::TimedOut));
    }

    #[test]
    fn jitter_adds_less_than_a_tenth_and_nothing_below_a_second() {
        for number in 1..2000 {
            let delivery = DeliveryId::at(3, Position(u64::from(number)), 7);
            let delay = Span::seconds(100);
            let got = jittered(delay, delivery, number);
            assert!(got >= delay && got < Span::seconds(110), "{got:?}");
            assert_eq!(got, jittered(delay, delivery, number));
            assert_eq!(jittered(Span::millis(999), delivery, number), Span::millis(999));
        }
        let spread =
            |number| jittered(Span::seconds(100), DeliveryId::at(0, Position(1), 0), number);
        assert_ne!(spread(1), spread(2));
    }

    #[test]
    fn retry_after_lengthens_and_is_capped() {
        let delivery = DeliveryId::at(0, Position(1), 0);
        let schedule = [Span(0), Span::millis(500)];
        let delay = |asked| delay_before(&schedule, 2, delivery, 2, asked);
        let shortest = delay(None).unwrap();
        assert!(shortest >= STEP_DELAY_MIN && shortest < Span::millis(1_100), "{shortest:?}");
        assert_eq!(delay_before(&schedule, 1, delivery, 2, None), Some(Span(0)));
        assert_eq!(delay(Some(Span(0))), Some(shortest));
        assert_eq!(delay(Some(Span::seconds(120))), Some(Span::seconds(120)));
        assert_eq!(delay(Some(Span(u64::MAX))), Some(RETRY_AFTER_MAX));
        assert_eq!(delay_before(&schedule, 3, delivery, 3, Some(Span(1))), None);
        assert_eq!(delay_before(&schedule, 0, delivery, 1, None), None);
    }
}
