//! The body that is sent for a published event.
//!
//! Owns its form, which consumers verify and parse: compact JSON with `type`, `timestamp`, `id`,
//! `scope` and `data`, a function of the entry and of names that never change. The platform's own
//! data goes out as the text that came in. An endpoint's URL may be a secret in itself (tokens in
//! its path or query), so only the endpoint itself is sent all of it. Must not know how it is sent.

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use zentra_events::event::{EventPublishedV1, PublishedDataV1};
use zentra_events::{AccountNo, Amount, Currency, EndpointId, EventId, Header, IntentId, Names};

/// A hash of a payload as it is shown: with its algorithm.
pub fn shown_hash(blake3: &[u8; 32]) -> String {
    format!("blake3:{}", HEXLOWER.encode(blake3))
}

/// The SHA-256 of a payload, in hex: what every language has at hand.
pub fn sha256(payload: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(payload.as_bytes()))
}

/// The payload of the event with this id, published in the entry with this header, as it is sent to
/// this endpoint; without one, as everybody else gets it.
pub fn render_payload(
    header: &Header,
    event_id: EventId,
    published: &EventPublishedV1,
    names: &dyn Names,
    to: Option<EndpointId>,
) -> String {
    let data = data(&published.data, names, to);
    let scope = names.scope(header.scope).unwrap_or_default();
    let mut out = String::with_capacity(data.len() + 192);
    out.push_str("{\"type\":");
    push_json(&mut out, published.event_type.as_str());
    write!(out, ",\"timestamp\":\"{:.6}\",\"id\":\"{event_id}\",\"scope\":", header.recorded_at)
        .expect("writing to a String cannot fail");
    push_json(&mut out, &scope);
    out.push_str(",\"data\":");
    out.push_str(&data);
    out.push('}');
    out
}

fn data(data: &PublishedDataV1, names: &dyn Names, to: Option<EndpointId>) -> String {
    let account = |no: AccountNo| names.account(no).unwrap_or_default();
    match data {
        PublishedDataV1::Own { data } => data.clone(),
        PublishedDataV1::Endpoint { endpoint, url } => {
            let url = if to == Some(*endpoint) { url.as_str() } else { origin(url) };
            json(&EndpointData { endpoint_id: endpoint.to_string(), url })
        }
        PublishedDataV1::Transfer {
            intent: _,
            intent_id,
            amount,
            currency,
            source,
            destination,
        } => json(&TransferData {
            intent_id,
            amount: Money { minor_units: *amount, currency: *currency },
            source: account(*source),
            destination: account(*destination),
        }),
    }
}

/// Scheme, host and port of a normalised URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(host..).and_then(|rest| rest.find(['/', '?', '#']));
    path.and_then(|path| url.get(..host + path)).unwrap_or(url)
}

#[derive(Serialize)]
struct EndpointData<'a> {
    endpoint_id: String,
    url: &'a str,
}

#[derive(Serialize)]
struct TransferData<'a> {
    intent_id: &'a IntentId,
    amount: Money,
    source: String,
    destination: String,
}

#[derive(Serialize)]
struct Money {
    minor_units: Amount,
    currency: Currency,
}

fn push_json(out: &mut String, text: &str) {
    out.push_str(&json(&text));
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and structs of texts are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use zentra_events::{ActorNo, IntentNo, Position, RequestId, ScopeNo, ScopeNumber, Timestamp};

    struct Known;

    impl Names for Known {
        fn scope(&self, _: ScopeNo) -> Option<String> {
            Some("workspace_scope".into())
        }
        fn actor(&self, _: ActorNo) -> Option<String> {
            None
        }
        fn account(&self, account: AccountNo) -> Option<String> {
            Some(["customer_balance", "merchant_balance"][account.index()].into())
        }
    }

    fn rendered(event_type: &str, data: PublishedDataV1) -> String {
        rendered_to(event_type, data, None)
    }

    fn rendered_to(event_type: &str, data: PublishedDataV1, to: Option<EndpointId>) -> String {
        let header = Header {
            position: Position(7),
            scope: ScopeNo(0),
            scope_number: ScopeNumber(7),
            recorded_at: Timestamp(1_777_212_729_000_001_000),
            actor: ActorNo(0),
            request_id: RequestId([0; 16]),
            cause: None,
            idempotency: None,
        };
        let published = EventPublishedV1 { event_type: event_type.parse().unwrap(), data };
        render_payload(&header, EventId::at(0, Position(7), 2), &published, &Known, to)
    }

    #[test]
    fn the_bytes_of_each_kind_are_golden() {
        let head = |event_type: &str| {
            format!(
                "{{\"type\":\"{event_type}\",\"timestamp\":\"2026-04-26T14:12:09.000001Z\",\
                 \"id\":\"evt_00000000000000070010\",\"scope\":\"workspace_scope\",\"data\":"
            )
        };
        let settled = PublishedDataV1::Transfer {
            intent: IntentNo(0),
            intent_id: "intent_042".parse().unwrap(),
            amount: Amount(125_000),
            currency: "EUR".parse().unwrap(),
            source: AccountNo(0),
            destination: AccountNo(1),
        };
        let expected = head("transfer.settled")
            + "{\"intent_id\":\"intent_042\",\"amount\":{\"minor_units\":\"125000\",\
               \"currency\":\"EUR\"},\"source\":\"customer_balance\",\
               \"destination\":\"merchant_balance\"}}";
        assert_eq!(rendered("transfer.settled", settled), expected);

        let endpoint = EndpointId::at(0, Position(7), 1);
        let of = |to, url: &str| {
            let created = PublishedDataV1::Endpoint { endpoint, url: url.to_owned() };
            rendered_to("webhook.endpoint.created", created, to)
        };
        let expected = |url: &str| {
            head("webhook.endpoint.created")
                + &format!("{{\"endpoint_id\":\"{endpoint}\",\"url\":\"{url}\"}}}}")
        };
        let url = "https://example.com/zentra/webhooks?token=x";
        assert_eq!(of(Some(endpoint), url), expected(url), "its own event shows it whole");
        let other = EndpointId::at(0, Position(7), 3);
        assert_eq!(of(Some(other), url), expected("https://example.com"));
        assert_eq!(of(None, "http://[::1]:80/a"), expected("http://[::1]:80"));
        assert_eq!(of(None, "https://example.com"), expected("https://example.com"));
    }

    #[test]
    fn own_data_goes_out_as_it_came_in() {
        let data = "{\"b\":1.10,\"a\":123456789012345678901234567890}".to_owned();
        let text = rendered("order.paid", PublishedDataV1::Own { data: data.clone() });
        assert!(text.ends_with(&format!(",\"data\":{data}}}")), "{text}");
    }
}
