//! Quiet at the end: what is due is delivered, and what waits for long is sent now.

use super::driver::{Driver, PATIENCE};
use super::http::Ask;
use super::pool::Fate;
use crate::failure::{Checked, fail};
use crate::node::Input;
use crate::oracle::{Hears, Rests};
use std::collections::BTreeSet;
use std::time::Duration;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{Command, Request};
use zentra_events::{DeliveryId, RequestId, ScopeNo, Span};

/// What the log's time says is due, since the clock went on, waits as long as it was told to, or
/// until somebody asks for it (docs/concepts/delivery.md, Time).
const STUCK: Duration = Duration::from_secs(4);
/// How `/metrics` tells that no attempt is under way (docs/operating/metrics.md).
const NONE_UNDER_WAY: &str = "zentra_attempts_under_way 0";
/// Requests for what waits, at once.
const RESENT_MAX: usize = 4;

impl Driver {
    /// Until nothing waits but for an operator.
    pub(super) fn comes_to_rest(&mut self) -> Checked {
        let until = self.env.passed() + PATIENCE;
        let (mut resent, stuck) = (BTreeSet::new(), self.env.passed() + STUCK);
        loop {
            self.follows()?;
            let waiting = self.waiting();
            let Some(first) = waiting.first() else { break };
            let passed = self.env.passed();
            if passed > until {
                let delivery = &self.follower.oracle.model.deliveries.all[*first];
                return fail(format!("delivery {first} waits at the end: {delivery:?}"));
            }
            for number in waiting {
                let late = passed > stuck || self.is_far(number);
                if late && self.flying.len() < RESENT_MAX && resent.insert(number) {
                    self.resends(number)?;
                }
            }
            self.lands_within(Duration::from_millis(20))?;
        }
        self.lands_all()?;
        self.none_is_under_way()?;
        self.follows()
    }

    /// Until the last attempt has ended and is recorded, also of an endpoint that listens no more.
    fn none_is_under_way(&mut self) -> Checked {
        let until = self.env.passed() + PATIENCE;
        while self.env.passed() < until {
            let Some(server) = &self.server else { return fail("no server runs") };
            let told = self.client.ask(server.address, &Ask::get("/metrics", ""));
            let told = told.map(|reply| reply.body);
            let told = told.or_else(|error| fail(format!("/metrics: {error}")))?;
            if told.lines().any(|line| line == NONE_UNDER_WAY) {
                return Ok(());
            }
            self.lands_within(Duration::from_millis(20))?;
        }
        fail("attempts are under way for ever")
    }

    /// Deliveries that wait for an attempt.
    fn waiting(&self) -> Vec<usize> {
        let model = &self.follower.oracle.model.deliveries;
        let waits = |number: &usize| {
            let one = &model.all[*number];
            one.rests == Rests::Waiting
                && model.hooks.endpoints[one.endpoint].hears == Hears::Listening
        };
        (0..model.all.len()).filter(waits).collect()
    }

    /// Whether it is not due soon.
    fn is_far(&self, number: usize) -> bool {
        let due = self.follower.oracle.model.deliveries.all[number].due;
        due > self.now().max(self.follower.oracle.last()).after(Span::seconds(1))
    }

    fn resends(&mut self, number: usize) -> Checked {
        let oracle = &self.follower.oracle;
        let endpoint = oracle.model.deliveries.all[number].endpoint;
        let scope = ScopeNo(oracle.model.deliveries.hooks.endpoints[endpoint].scope);
        let delivery = DeliveryId(oracle.reading.deliveries.id(number));
        let command = DeliveryCommand::Resend { delivery, reason: "the run ends".to_owned() };
        let request = Request {
            scope,
            actor: "tester".parse().expect("a name"),
            key: None,
            request_id: RequestId([0; 16]),
            cause: None,
            idempotency: None,
            command: Command::Delivery(command),
        };
        self.sends(Input::Command(Box::new(request)), Fate::Waits)
    }
}
