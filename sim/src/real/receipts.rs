//! What consumers got, against what the log says of attempts.
//!
//! Owns which receipt an attempt is, and whose key it was signed with.

use super::http::Reply;
use super::own::{attempt_of, may_be};
use super::receiver::Receipt;
use crate::failure::{Checked, fail, must};
use crate::node::Input;
use crate::oracle::Oracle;
use crate::signature::signature;
use data_encoding::BASE64;
use std::collections::BTreeMap;
use zentra_delivery::{DeliveryCommand, SecretChoice};
use zentra_engine::Command;
use zentra_events::event::AttemptV1;
use zentra_events::{DeliveryId, Entry, Event, EventId, Span};

/// The longest that a `Retry-After` counts for.
const RETRY_AFTER_MAX: Span = Span::seconds(24 * 3_600);

/// All that came in.
#[derive(Default)]
pub(super) struct Receipts {
    /// By the event's id, the number of the attempt, and the consumer.
    all: BTreeMap<(String, u32, String), Vec<Receipt>>,
    pub(super) count: usize,
    /// Keys that the server made: what the model calls them, and their bytes.
    made: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How many signatures were checked.
    pub(super) checked: u64,
}

impl Receipts {
    /// These came in.
    pub(super) fn came(&mut self, receipts: Vec<Receipt>) {
        for receipt in receipts {
            self.count += 1;
            let number = receipt.header("zentra-attempt").parse().unwrap_or(0);
            let id = receipt.header("webhook-id").to_owned();
            let key = (id, number, receipt.consumer.clone());
            self.all.entry(key).or_default().push(receipt);
        }
    }

    /// An answer tells the value of a secret that it made.
    pub(super) fn learns(&mut self, input: &Input, reply: &Reply) {
        let Input::Command(request) = input else { return };
        if let Command::Delivery(DeliveryCommand::CreateEndpoint {
            secret: SecretChoice::Named { sealed_if_new, .. },
            ..
        }) = &request.command
        {
            let told = reply.json();
            let value = told["secret"]["value"].as_str().unwrap_or_default();
            let text = value.strip_prefix("whsec_").unwrap_or_default();
            if let Ok(key) = BASE64.decode(text.as_bytes())
                && !key.is_empty()
            {
                self.made.insert(sealed_if_new.clone(), key);
            }
        }
    }

    /// The receipts of an attempt, whenever it was made.
    fn of<'a>(
        &'a self,
        oracle: &Oracle,
        delivery: DeliveryId,
        attempt: &'a AttemptV1,
    ) -> Checked<Vec<&'a Receipt>> {
        let number = oracle.reading.deliveries.number(delivery.0);
        let model = &oracle.model.deliveries;
        let Some(known) = model.all.get(number) else {
            return fail(format!("an attempt of {delivery}, which there is not"));
        };
        let event = EventId(oracle.reading.events.id(known.event)).to_string();
        let url = &model.hooks.endpoints[known.endpoint].url;
        let consumer = format!("/{}", url.rsplit('/').next().unwrap_or_default());
        let found = self.all.get(&(event, attempt.number, consumer));
        let replay = attempt.replay.map(|replay| replay.to_string()).unwrap_or_default();
        let of_it = |one: &&Receipt| one.header("zentra-replay-id") == replay;
        Ok(found.into_iter().flatten().filter(of_it).collect())
    }

    /// What the consumer asked for in the answer that an entry tells of. When the attempt was made
    /// twice, since a process ended, it is what fits the entry.
    pub(super) fn retry_after(&self, oracle: &Oracle, entry: &Entry) -> Checked<Option<Span>> {
        let Some((delivery, attempt)) = attempt_of(entry) else { return Ok(None) };
        let next = entry.events().iter().find_map(|recorded| match &recorded.event {
            Event::DeliveryFailed(body) => body.next_attempt_at,
            _ => None,
        });
        let Some(next) = next else { return Ok(None) };
        if attempt.result.status().is_none() {
            return Ok(None);
        }
        let timestamp = attempt.signed_at_seconds.to_string();
        let of_it = self.of(oracle, delivery, attempt)?.into_iter().filter(|one| {
            may_be(one, attempt.result) && one.header("webhook-timestamp") == timestamp
        });
        let asked: Vec<Option<Span>> = of_it.map(|one| one.asked()).collect();
        if asked.windows(2).all(|pair| pair[0] == pair[1]) {
            return Ok(asked.first().copied().flatten());
        }
        let waits = next.since(entry.header.recorded_at).0 + 1_000;
        let fits = |asked: &Span| (*asked).min(RETRY_AFTER_MAX).0 <= waits;
        Ok(asked.into_iter().flatten().filter(fits).max())
    }

    /// What an entry says that a consumer answered, a consumer did answer; and what it got was
    /// signed with the versions of the secret that the entry names.
    pub(super) fn must_have_got(&mut self, oracle: &Oracle, entry: &Entry) -> Checked {
        let Some((delivery, attempt)) = attempt_of(entry) else { return Ok(()) };
        let all = self.of(oracle, delivery, attempt)?;
        let Some(status) = attempt.result.status() else { return Ok(()) };
        let got = all.into_iter().filter(|one| may_be(one, attempt.result));
        let timestamp = attempt.signed_at_seconds.to_string();
        let same = |one: &&Receipt| {
            one.header("webhook-signature") == attempt.signature
                && one.header("webhook-timestamp") == timestamp
        };
        let Some(receipt) = got.clone().find(same).cloned() else {
            let got: Vec<&Receipt> = got.collect();
            return fail(format!(
                "{delivery} was answered with {status}, says the log, and its consumer got \
                 {got:?}: {attempt:?}"
            ));
        };
        self.is_signed(oracle, delivery, attempt, &receipt)
    }

    fn is_signed(
        &mut self,
        oracle: &Oracle,
        delivery: DeliveryId,
        attempt: &AttemptV1,
        receipt: &Receipt,
    ) -> Checked {
        let number = oracle.reading.deliveries.number(delivery.0);
        let endpoint = oracle.model.deliveries.all[number].endpoint;
        let hooks = &oracle.model.deliveries.hooks;
        let signatures: Vec<&str> = attempt.signature.split(' ').collect();
        must(signatures.len() == attempt.secret_versions.len(), || format!("{attempt:?}"))?;
        for (version, told) in attempt.secret_versions.iter().zip(signatures) {
            let known = hooks.version(endpoint, *version);
            let key = known.map(|name| self.made.get(name).map_or(name, Vec::as_slice));
            // What the server made, and told in an answer that was lost, nobody knows.
            let Some(key) = key.filter(|key| !key.starts_with(b"sealed ")) else { continue };
            let (id, at) = (receipt.header("webhook-id"), receipt.header("webhook-timestamp"));
            let ours = signature(key, id, at, &receipt.body);
            must(ours == told, || format!("{delivery}: {told} is not {ours}, of {version}"))?;
            self.checked += 1;
        }
        Ok(())
    }
}
