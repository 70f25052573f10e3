//! What arrives is what was signed.

use super::receiver::{Receiver, Step, client, message};
use zentra_events::event::AttemptResult;
use zentra_events::{Position, ReplayId};
use zentra_sender::attempt;
use zentra_signature::{
    MessageId, SymmetricSecret, Verifier, VerifierKey, VerifyError, sign_v1, signature_header,
};

#[tokio::test]
async fn a_request_has_the_headers_of_the_standard_and_the_exact_body() {
    let receiver = Receiver::start(vec![Step::Answer(b"HTTP/1.1 204 X\r\n\r\n".into())]).await;
    let mut message = message(receiver.url("/in?k=v%20w"), 20_000);
    message.body = "{\"type\":\"a.b\",\"data\":{\"n\":1e400,\"t\":\"caf\u{e9}\"}}\n".into();
    message.number = 3;
    message.replay = Some(ReplayId::at(0, Position(9), 0));
    let id = message.event.to_string();
    let signed = MessageId::parse(&id).unwrap();
    let sign = |seed| sign_v1(&secret(seed), &signed, message.signed_at_seconds, &message.body);
    message.signature = signature_header([2, 1].map(sign));
    message.secret_versions = vec![2, 1];
    let finished = attempt(&client(), message.clone()).await.unwrap();
    assert_eq!(finished.attempt.result, AttemptResult::Answered(204));
    assert_eq!(finished.attempt.signature, message.signature);
    assert_eq!(finished.attempt.secret_versions, [2, 1]);
    assert_eq!(finished.attempt.payload_hash, message.payload_hash);

    let received = &receiver.received()[0];
    assert_eq!(received.line, "POST /in?k=v%20w HTTP/1.1");
    assert_eq!(received.body, message.body);
    let rows = [
        ("host", format!("127.0.0.1:{}", receiver.port)),
        ("content-type", "application/json".into()),
        ("accept-encoding", "identity".into()),
        ("user-agent", format!("Zentra/{}", env!("CARGO_PKG_VERSION"))),
        ("webhook-id", id),
        ("webhook-timestamp", "1700000000".into()),
        ("webhook-signature", message.signature.clone()),
        ("zentra-attempt", "3".into()),
        ("zentra-replay-id", message.replay.unwrap().to_string()),
    ];
    for (name, value) in &rows {
        assert_eq!(received.headers.get(*name), Some(value), "{name}");
    }
    assert_eq!(received.headers.len(), rows.len() + 1, "and content-length");
    for (seed, expected) in [(1, Ok(())), (2, Ok(())), (3, Err(VerifyError::NoMatch))] {
        let verifier = Verifier::new(vec![VerifierKey::Symmetric(secret(seed))]);
        let header = |name: &str| received.headers[name].as_str();
        let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
        let signature = header("webhook-signature");
        let verified = verifier.verify(id, time, signature, &received.body, 1_700_000_300);
        assert_eq!(verified.map(|_| ()), expected, "secret {seed}");
    }
}

fn secret(seed: u8) -> SymmetricSecret {
    SymmetricSecret::from_bytes(&[seed; 32]).unwrap()
}
