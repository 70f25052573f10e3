//! What consumers must get, from docs/guides/webhooks.md: the body of each event, and who signs it.

use super::auditor::Oracle;
use super::fact::{Fact, Side};
use super::published::{Data, Published, opened};
use crate::civil::rfc3339;
use crate::failure::{Checked, must};
use crate::signature::signature;
use http::HeaderMap;
use zentra_delivery::{DeliveryCommand, StartAttempt};
use zentra_engine::{Command, Request};
use zentra_events::event::PublishedDataV1;
use zentra_events::{Entry, Event, EventId};

impl Oracle {
    /// Keeps what an entry publishes. `told` are its facts, the model's own.
    pub(super) fn publishes(&mut self, entry: &Entry, request: Option<&Request>, told: &[Fact]) {
        for (index, recorded) in (0..).zip(entry.events()) {
            let Event::EventPublished(event) = &recorded.event else { continue };
            let id = EventId::at(0, entry.header.position, index);
            let data = match (&event.data, request.map(|request| &request.command)) {
                (PublishedDataV1::Endpoint { endpoint, url }, _) => {
                    Data::Endpoint(*endpoint, url.clone())
                }
                (_, Some(Command::Delivery(DeliveryCommand::Publish { data, .. }))) => {
                    Data::Text(data.clone())
                }
                _ => Data::Text(self.moved(entry, event.event_type.as_str(), told)),
            };
            let (header, event) = (entry.header, event.clone());
            self.published.insert(id, Published { header, event, data });
        }
    }

    /// What an event of an intent tells: the amount is what the event moved.
    fn moved(&self, entry: &Entry, event_type: &str, told: &[Fact]) -> String {
        let wanted = match event_type {
            "transfer.settled" => "settle",
            "transfer.voided" => "release",
            "transfer.reversed" => "reverse",
            _ => "payout",
        };
        let leg = told.iter().find_map(|fact| match fact {
            Fact::Posted { leg, intent: Some(id), lines } if *leg == wanted => {
                Some((id, lines.iter().find(|(_, side, _)| *side == Side::Credit)?.2))
            }
            _ => None,
        });
        let Some((id, amount)) = leg else { return "null".to_owned() };
        let scope = self.model.scope(entry.header.scope.0);
        let known = scope.and_then(|scope| scope.money.all.get(id)?.moves.as_ref());
        let Some(moves) = known else { return "null".to_owned() };
        let (currency, from, to) = (moves.currency.as_str(), &moves.source, &moves.destination);
        format!(
            "{{\"intent_id\":\"{id}\",\"amount\":{{\"minor_units\":\"{amount}\",\
             \"currency\":\"{currency}\"}},\"source\":\"{from}\",\"destination\":\"{to}\"}}"
        )
    }

    /// An event that was published.
    pub(crate) fn published(&self, event: EventId) -> Option<&Published> {
        self.published.get(&event)
    }

    /// What arrives at a consumer is what the docs say.
    pub(crate) fn checks_message(
        &self,
        start: &StartAttempt,
        seconds: u64,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Checked {
        let id = start.event.to_string();
        let expected = self.published(start.event).map(|known| self.body(known, start));
        let got = String::from_utf8_lossy(body);
        must(expected.as_deref() == Some(&got), || {
            let expected = expected.unwrap_or_default();
            format!("the body of {id} is {got}\n  must have been {expected}")
        })?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (number, seconds) = (start.number.to_string(), seconds.to_string());
        let signature = self.signature(start, &id, &seconds, body);
        let replay = start.replay.map(|replay| replay.to_string());
        let rows = [
            ("webhook-id", Some(id.as_str())),
            ("webhook-timestamp", Some(&seconds)),
            ("webhook-signature", Some(&signature)),
            ("zentra-attempt", Some(&number)),
            ("zentra-replay-id", replay.as_deref()),
            ("content-type", Some("application/json")),
        ];
        rows.into_iter().try_for_each(|(name, expected)| {
            must(header(name) == expected, || {
                format!("{name} of {id} is {:?}\n  must have been {expected:?}", header(name))
            })
        })
    }

    fn body(&self, known: &Published, start: &StartAttempt) -> String {
        let data = match &known.data {
            Data::Text(text) => text.clone(),
            Data::Endpoint(own, url) => {
                // Others see scheme, host and port alone.
                let shown = match *own == start.endpoint {
                    true => url.as_str(),
                    false => url
                        .split_inclusive('/')
                        .take(3)
                        .map(str::len)
                        .sum::<usize>()
                        .checked_sub(1)
                        .map_or(url.as_str(), |end| &url[..end]),
                };
                format!("{{\"endpoint_id\":\"{own}\",\"url\":\"{shown}\"}}")
            }
        };
        let (event_type, at) =
            (known.event.event_type.as_str(), rfc3339(known.header.recorded_at.0));
        let (id, scope) = (start.event, self.model.scope(known.header.scope.0));
        let scope = scope.map_or("", |scope| scope.name.as_str());
        format!(
            "{{\"type\":\"{event_type}\",\"timestamp\":\"{at}\",\"id\":\"{id}\",\
             \"scope\":\"{scope}\",\"data\":{data}}}"
        )
    }

    /// One signature for each version that is valid, newest first.
    fn signature(&self, start: &StartAttempt, id: &str, seconds: &str, body: &[u8]) -> String {
        let number = self.reading.endpoints.number(start.endpoint.0);
        let versions = start.secret_versions.iter();
        let hooks = &self.model.deliveries.hooks;
        let bytes = versions.filter_map(|(version, _)| hooks.version(number, *version));
        let all = bytes.map(|sealed| signature(&opened(sealed), id, seconds, body));
        all.collect::<Vec<_>>().join(" ")
    }
}
