//! Receivers: how each endpoint's consumer answers, now well and now not at all.

use super::answers::Hint;
use crate::oracle::Endpoint;
use crate::random::Random;
use crate::workload::HANGS;
use std::collections::BTreeMap;
use zentra_delivery::StartAttempt;
use zentra_events::event::AttemptResult;
use zentra_events::{EventId, Span, Timestamp};

/// How a consumer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It answers at once, and well.
    Healthy,
    /// It takes its time.
    Slow,
    /// It answers with errors, sometimes.
    Failing,
    /// It asks to come later.
    Limiting,
    /// It does not answer.
    Hanging,
    /// It closes connections, or cannot be reached.
    Broken,
    /// It says that it is gone, sometimes.
    Leaving,
}

const KINDS: [Kind; 9] = [
    Kind::Healthy,
    Kind::Healthy,
    Kind::Healthy,
    Kind::Slow,
    Kind::Failing,
    Kind::Limiting,
    Kind::Hanging,
    Kind::Broken,
    Kind::Leaving,
];

/// How an attempt ends for who makes it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) result: AttemptResult,
    pub(super) took: u64,
    pub(super) retry_after: Option<Hint>,
}

/// All consumers.
#[derive(Default)]
pub(super) struct Receivers {
    kinds: Vec<Kind>,
    /// What each has got, by endpoint and event: how often, and how often it said yes.
    got: BTreeMap<(usize, EventId), (u32, u32)>,
}

impl Receivers {
    /// Whether an endpoint's consumer has always been well.
    pub(super) fn is_healthy(&self, endpoint: usize) -> bool {
        self.kinds.get(endpoint) == Some(&Kind::Healthy)
    }

    /// How often a consumer said yes to an event.
    pub(super) fn took(&self, endpoint: usize, event: EventId) -> u32 {
        self.got.get(&(endpoint, event)).map_or(0, |(_, yes)| *yes)
    }

    /// How each consumer is follows from its endpoint: those that hang say so in their URL.
    pub(super) fn meet(&mut self, random: &mut Random, endpoints: &[Endpoint]) {
        for endpoint in &endpoints[self.kinds.len().min(endpoints.len())..] {
            let hangs = endpoint.url.starts_with(HANGS);
            self.kinds.push(if hangs { Kind::Hanging } else { *random.pick(&KINDS) });
        }
    }

    /// A request arrives at a consumer. When all faults are over every consumer is well.
    pub(super) fn gets(
        &mut self,
        random: &mut Random,
        endpoint: usize,
        start: &StartAttempt,
        (now, calm): (Timestamp, bool),
    ) -> Outcome {
        let kind = if calm { Kind::Healthy } else { self.kinds[endpoint] };
        let mut outcome = drawn(random, kind, now);
        if outcome.took >= start.timeout.0 {
            outcome = Outcome {
                result: AttemptResult::TimedOut,
                took: start.timeout.0,
                retry_after: None,
            };
        }
        let (times, yes) = self.got.entry((endpoint, start.event)).or_default();
        *times += 1;
        *yes += u32::from(matches!(outcome.result.status(), Some(200..=299)));
        outcome
    }
}

fn drawn(random: &mut Random, kind: Kind, now: Timestamp) -> Outcome {
    let answered = |status, took, retry_after| Outcome {
        result: AttemptResult::Answered(status),
        took,
        retry_after,
    };
    let quick = random.magnitude(1_000_000, 500_000_000);
    let slow = random.magnitude(500_000_000, 40_000_000_000);
    match kind {
        Kind::Healthy => answered(*random.pick(&[200, 200, 202, 204, 299]), quick, None),
        Kind::Slow => answered(200, slow, None),
        Kind::Failing if random.chance(400) => answered(200, quick, None),
        Kind::Failing => {
            answered(*random.pick(&[199, 300, 302, 400, 404, 500, 503, 599]), quick, None)
        }
        Kind::Limiting if random.chance(300) => answered(200, quick, None),
        Kind::Limiting => {
            let hint = random.chance(800).then(|| Hint::drawn(random, now.after(Span(quick))));
            answered(*random.pick(&[429, 503]), quick, hint)
        }
        Kind::Hanging => answered(200, u64::MAX, None),
        Kind::Leaving if random.chance(200) => answered(410, quick, None),
        Kind::Leaving => answered(200, quick, None),
        Kind::Broken => {
            let results = [
                AttemptResult::ClosedEarly,
                AttemptResult::ConnectionRefused,
                AttemptResult::BadHead,
                AttemptResult::HeadTooLarge,
                AttemptResult::DnsFailed,
                AttemptResult::Verified(200),
            ];
            Outcome { result: *random.pick(&results), took: quick, retry_after: None }
        }
    }
}
