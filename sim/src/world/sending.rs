//! Deliveries: what the process sends, when it must, and how each attempt ends.

use super::answers::{Hint, answer};
use super::flight::Flight;
use super::receivers::Outcome;
use super::state::{Event, World};
use crate::failure::{Checked, fail, must};
use crate::faults::Fault;
use crate::node::{Asked, Input};
use crate::oracle::{Hears, Rests, request_id};
use crate::words;
use crate::workload::HANGS;
use zentra_delivery::{DeliveryCommand, StartAttempt};
use zentra_engine::{Command, Request};
use zentra_events::event::AttemptResult;
use zentra_events::{DeliveryId, Entry, Event as Told, Span, Timestamp};
use zentra_sender::{Finished, Prepared};

/// How late an attempt may start at an endpoint whose consumer has always been well: there is a
/// place for it, and it waits for few others.
const LATE_MAX: u64 = 120_000_000_000;

impl World {
    /// Entries are durable: who listens hears of them.
    pub(super) fn tells(&mut self, entry: &Entry) {
        let now = self.agenda.now();
        if let Some(node) = &mut self.node {
            node.follow(now, entry);
        }
        for (index, recorded) in (0..).zip(entry.events()) {
            let own = DeliveryId::at(0, entry.header.position, index);
            self.promises(entry.header.recorded_at, own, &recorded.event);
        }
    }

    /// What an event says of when deliveries are due, in the world's time.
    fn promises(&mut self, recorded_at: Timestamp, own: DeliveryId, event: &Told) {
        let (now, deliveries) = (self.agenda.now(), &self.oracle.reading.deliveries);
        let at = |due: Timestamp| now.saturating_add(due.since(recorded_at).0);
        let due = match event {
            Told::DeliveryQueued(body) => Some((own, at(body.due_at))),
            Told::DeliveryFailed(body) => body.next_attempt_at.map(|due| (body.delivery, at(due))),
            Told::DeliveryMadeDue(body) => Some((body.delivery, at(body.due_at))),
            Told::DeliveryReplayed(body) => Some((body.delivery, at(body.due_at))),
            Told::SecretRotated(body) => {
                let secret = body.secret.0 as usize;
                let ends = at(body.previous_until);
                for (version, until, _) in
                    &self.oracle.model.deliveries.hooks.secrets[secret].versions
                {
                    if until.is_some() {
                        let known = self.overlaps.entry((secret, *version)).or_insert(ends);
                        *known = ends.min(*known);
                    }
                }
                None
            }
            Told::SecretVersionEnded(body) => {
                self.overlaps.insert((body.secret.0 as usize, body.version), now);
                None
            }
            Told::EndpointEnabled(body) => {
                let endpoint = self.oracle.reading.endpoints.number(body.endpoint.0);
                for (number, delivery) in self.oracle.model.deliveries.all.iter().enumerate() {
                    if delivery.endpoint == endpoint && delivery.rests == Rests::Waiting {
                        self.promised.insert(number, now);
                    }
                }
                None
            }
            _ => None,
        };
        if let Some((id, at)) = due {
            self.promised.insert(deliveries.number(id.0), at);
        }
    }

    /// A process has started: what waits is due after the time that is left.
    pub(super) fn promises_anew(&mut self, log: Timestamp) {
        let now = self.agenda.now();
        for (number, delivery) in self.oracle.model.deliveries.all.iter().enumerate() {
            self.promised.insert(number, now.saturating_add(delivery.due.since(log).0));
        }
        for (secret, known) in self.oracle.model.deliveries.hooks.secrets.iter().enumerate() {
            for (version, until, _) in &known.versions {
                if let Some(until) = until {
                    let ends = now.saturating_add(until.since(log).0);
                    self.overlaps.insert((secret, *version), ends);
                }
            }
        }
        self.flights.clear();
    }

    /// Starts what is due, cuts off what must go, and comes again when more is due.
    pub(super) fn sends(&mut self) -> Checked {
        let now = self.agenda.now();
        let endpoints = &self.oracle.model.deliveries.hooks.endpoints;
        self.receivers.meet(&mut self.streams.receivers, endpoints);
        if self.attempts_nothing() {
            return self.none_is_late();
        }
        let Some(node) = &mut self.node else { return Ok(()) };
        let (started, cut) = node.due(now);
        let again = node.due_again(now);
        for start in started {
            self.starts_one(start)?;
        }
        for delivery in cut {
            self.cuts(delivery)?;
        }
        if let Some(at) = again {
            let process = self.process;
            let wait = at.saturating_sub(now).max(1_000_000);
            if self.sends_at.is_none_or(|known| known > now + wait || known <= now) {
                self.sends_at = Some(now + wait);
                self.later(wait, Event::Sends { process });
            }
        }
        self.keeps_what_waits()?;
        self.none_starves()?;
        self.none_is_late()
    }

    fn starts_one(&mut self, start: StartAttempt) -> Checked {
        let now = self.agenda.now();
        let number = self.oracle.reading.deliveries.number(start.delivery.0);
        let model = &self.oracle.model.deliveries;
        let Some(known) = model.all.get(number) else {
            return fail(format!("{} is sent, and is not durable", start.delivery));
        };
        let endpoint = known.endpoint;
        let replay = start.replay.map(|replay| self.oracle.reading.replays.number(replay.0));
        let fits = known.rests == Rests::Waiting
            && start.number == known.attempts + 1
            && replay == known.replay.map(|(replay, _)| replay)
            && model.hooks.endpoints[endpoint].hears == Hears::Listening
            && self.oracle.reading.events.number(start.event.0) == known.event
            && *start.url == *model.hooks.endpoints[endpoint].url;
        must(fits, || {
            let (known, number) = (words::delivery(known), start.number);
            format!("attempt {number} goes to {}\n  delivery {number} {known}", start.url)
        })?;
        let secret = model.hooks.endpoints[endpoint].secret;
        let valid = |version: u32, until: Option<Timestamp>| {
            until.is_none() || self.overlaps.get(&(secret, version)).is_some_and(|end| *end > now)
        };
        let versions = model.hooks.secrets[secret].versions.iter().rev();
        let known: Vec<(u32, &[u8])> = versions
            .filter(|(version, until, _)| valid(*version, *until))
            .map(|(version, _, bytes)| (*version, &bytes[..]))
            .collect();
        let sign = start.secret_versions.iter().map(|(version, bytes)| (*version, &bytes[..]));
        let sign: Vec<(u32, &[u8])> = sign.collect();
        must(sign == known, || {
            let [sign, known] = [sign, known].map(|versions| {
                versions.into_iter().map(|(version, _)| version).collect::<Vec<_>>()
            });
            format!("delivery {number} is signed by {sign:?}\n  must be {known:?}")
        })?;
        let due = self.promised.get(&number).copied().unwrap_or(0);
        must(due <= now, || format!("delivery {number} starts {} early", words::span(due - now)))?;
        let message = self.sends_message(&start)?;
        let arrives = (message.started_at, self.calm);
        let Outcome { result, took, retry_after } =
            self.receivers.gets(&mut self.streams.receivers, endpoint, &start, arrives);
        if start.url.starts_with(HANGS) && self.may(Fault::Hang) {
            self.meets(Fault::Hang);
        }
        self.attempts += 1;
        let attempt = self.attempts;
        self.say(format_args!(
            "delivery {number} goes to endpoint {endpoint}, attempt {}: {} {}",
            start.number,
            words::result(result),
            words::after(took),
        ));
        let (began, delivery) = (now, start.delivery);
        self.flights.insert(delivery, Flight { start, message, began, number: attempt });
        let process = self.process;
        self.later(took, Event::Ends { process, delivery, attempt, result, retry_after });
        Ok(())
    }

    /// What the process sends is what the docs say.
    fn sends_message(&mut self, start: &StartAttempt) -> Checked<Prepared> {
        let now = Timestamp(self.system());
        let Some((node, event)) = self.node.as_ref().zip(self.oracle.published(start.event)) else {
            return fail(format!("{} is sent, and nobody published it", start.event));
        };
        let (message, headers) = node.message(start, event, now).or_else(fail)?;
        let seconds = now.0 / 1_000_000_000;
        self.oracle.checks_message(start, seconds, &headers, &message.body)?;
        Ok(message)
    }

    /// An attempt has ended: it is reported, unless it was cut off before.
    pub(super) fn ends_one(
        &mut self,
        (delivery, attempt): (DeliveryId, u64),
        result: AttemptResult,
        retry_after: Option<&Hint>,
    ) -> Checked {
        if self.flights.get(&delivery).is_some_and(|flight| flight.number == attempt)
            && let Some(flight) = self.flights.remove(&delivery)
        {
            return self.reports(flight, result, retry_after);
        }
        Ok(())
    }

    fn cuts(&mut self, delivery: DeliveryId) -> Checked {
        let Some(flight) = self.flights.remove(&delivery) else { return Ok(()) };
        let number = self.oracle.reading.deliveries.number(delivery.0);
        self.say(format_args!("delivery {number} is cut off"));
        self.reports(flight, AttemptResult::TimedOut, None)
    }

    fn reports(&mut self, flight: Flight, result: AttemptResult, hint: Option<&Hint>) -> Checked {
        let Flight { start, message, began, .. } = flight;
        let took = Span(self.agenda.now() - began);
        let Finished { attempt, retry_after } = match answer(result, hint, &start.event.to_string())
        {
            Some(answer) => message.answered(took, answer),
            None => {
                let attempt = message.record(took, result, String::new());
                Finished { attempt, retry_after: None }
            }
        };
        must(attempt.result == result && Hint::is(hint, retry_after), || {
            let (said, read) = (Hint::text(hint), words::result(attempt.result));
            let wait = retry_after.map_or("nothing".to_owned(), |wait| words::span(wait.0));
            format!("retry-after {said} of {} is read as {wait}, {read}", words::result(result))
        })?;
        let delivery = start.delivery;
        self.sendings += 1;
        let sending = self.sendings;
        let command = DeliveryCommand::AttemptFinished { delivery, attempt, retry_after };
        let request = Request {
            scope: start.scope,
            actor: zentra_engine::SYSTEM_ACTOR.parse().expect("a name"),
            key: None,
            request_id: request_id(sending),
            cause: None,
            idempotency: None,
            command: Command::Delivery(command),
        };
        let input = Input::Command(Box::new(request));
        self.oracle.sends(sending, input.clone());
        self.reported.insert(sending, delivery);
        self.tries_to_report(sending, input.clone());
        if !self.calm && self.streams.schedule.chance(20) {
            self.reports_again(input);
        }
        Ok(())
    }

    /// The same outcome comes a second time: it counts once.
    fn reports_again(&mut self, mut input: Input) {
        self.sendings += 1;
        let sending = self.sendings;
        input.set_request_id(request_id(sending));
        self.oracle.sends(sending, input.clone());
        let (process, wait) =
            (self.process, self.streams.schedule.magnitude(1_000, 10_000_000_000));
        self.later(wait, Event::Reports { process, sending, input });
    }

    /// The report goes to the kernel, when that has room for it.
    pub(super) fn tries_to_report(&mut self, sending: u64, input: Input) {
        let Some(node) = &mut self.node else { return };
        if node.take(Asked { sending, input: input.clone() }) {
            self.oracle.arrives(sending, self.agenda.now());
            self.wants_to_decide();
        } else {
            let process = self.process;
            self.later(10_000_000, Event::Reports { process, sending, input });
        }
    }

    /// What a healthy consumer waits for is not late, whatever others do.
    fn none_is_late(&mut self) -> Checked {
        let (now, model) = (self.agenda.now(), &self.oracle.model.deliveries);
        for (number, at) in &self.promised {
            let Some(known) = model.all.get(*number) else { continue };
            let endpoint = &model.hooks.endpoints[known.endpoint];
            let waits = known.rests == Rests::Waiting && endpoint.hears == Hears::Listening;
            // From when the faults are over every consumer is well.
            let since = match self.receivers.is_healthy(known.endpoint) {
                true => 0,
                false if self.calm => self.calm_since,
                false => continue,
            };
            let since = since.max(self.beside.held_until);
            let late = (*at).max(since).saturating_add(LATE_MAX) < now;
            must(!(waits && late), || {
                let waits = words::span(now.saturating_sub(*at));
                format!("delivery {number} is due since {waits}: {}", words::delivery(known))
            })?;
        }
        Ok(())
    }
}
