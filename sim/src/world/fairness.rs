//! What a healthy consumer waits for starts soon, whatever others do: docs/concepts/delivery.md,
//! Places.

use super::state::World;
use crate::failure::{Checked, must};
use crate::faults::Fault;
use crate::oracle::{Hears, Rests};
use crate::words;
use std::collections::{BTreeMap, BTreeSet};
use zentra_events::Span;

/// How long an endpoint that has no attempt under way waits for a place: some rounds of a second.
const ROUNDS: u64 = 10_000_000_000;
/// What a round takes longer where outcomes are recorded slowly.
const SLOWLY: u64 = 120_000_000_000;
/// A healthy consumer answers within this.
const ANSWERS_WITHIN: Span = Span::millis(500);

impl World {
    /// An endpoint whose consumer answers in time, which has due work and nothing under way, gets a
    /// place within a few rounds.
    pub(super) fn none_starves(&mut self) -> Checked {
        let (now, model) = (self.agenda.now(), &self.oracle.model.deliveries);
        let busy: BTreeSet<usize> = self.under_way();
        let mut due: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, at) in &self.promised {
            let Some(known) = model.all.get(*number) else { continue };
            if known.rests == Rests::Waiting && *at <= now {
                due.entry(known.endpoint).or_insert(*number);
            }
        }
        let waits = |endpoint: &usize| {
            let known = &model.hooks.endpoints[*endpoint];
            self.receivers.is_healthy(*endpoint)
                && known.hears == Hears::Listening
                && known.policy.timeout_ns > ANSWERS_WITHIN
                && !busy.contains(endpoint)
        };
        due.retain(|endpoint, _| waits(endpoint));
        self.starving.retain(|endpoint, _| due.contains_key(endpoint));
        let slowly =
            self.settings.faults.has(Fault::Slow) || self.settings.faults.has(Fault::Overload);
        let most = if slowly { SLOWLY } else { ROUNDS };
        for (endpoint, delivery) in due {
            let since = *self.starving.entry(endpoint).or_insert(now);
            must(since.saturating_add(most) >= now, || {
                let waits = words::span(now - since);
                format!(
                    "endpoint {endpoint} answers, and waits for a place since {waits}: \
                         delivery {delivery} is due"
                )
            })?;
        }
        Ok(())
    }

    /// The endpoints that have an attempt under way, or one whose outcome is not recorded yet.
    fn under_way(&self) -> BTreeSet<usize> {
        let (model, reading) = (&self.oracle.model.deliveries, &self.oracle.reading);
        let all = self.flights.keys().chain(self.reported.values());
        let numbers = all.map(|delivery| reading.deliveries.number(delivery.0));
        numbers.filter_map(|number| model.all.get(number)).map(|known| known.endpoint).collect()
    }
}
