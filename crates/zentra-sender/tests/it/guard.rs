//! The guard stands between names and sockets: what it forbids is never dialled.

use super::receiver::{Receiver, Step, allowing, message, names};
use std::sync::Arc;
use zentra_env::Env;
use zentra_events::event::AttemptResult::{self, Answered, BlockedAddress, DnsFailed};
use zentra_http_guard::{Client, GuardPolicy, Resolver, client_config};
use zentra_sender::attempt;

const AMPLE_MS: u64 = 20_000;

async fn result(guard: Arc<GuardPolicy>, resolver: Resolver, url: String) -> AttemptResult {
    let client = Client::new(&Env::for_tests(), guard, resolver, client_config(&[]).unwrap());
    let finished = attempt(&client, message(url, AMPLE_MS)).await.unwrap();
    assert_eq!(finished.attempt.response_excerpt, "", "a tenant learns nothing more");
    finished.attempt.result
}

async fn receiver() -> Receiver {
    Receiver::start(vec![Step::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into())])
        .await
}

#[tokio::test]
async fn a_forbidden_literal_is_not_dialled() {
    let receiver = receiver().await;
    let port = receiver.port;
    for guard in [allowing(&[]), allowing(&["10.0.0.0/8"])] {
        for host in ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}:{port}/");
                let result = result(Arc::clone(&guard), names(&[]), url.clone()).await;
                assert_eq!(result, BlockedAddress, "{url}");
            }
        }
    }
    assert_eq!(receiver.accepts(), 0);
}

#[tokio::test]
async fn a_name_with_any_forbidden_address_is_not_dialled() {
    let receiver = receiver().await;
    let port = receiver.port;
    let only_loopback = allowing(&["127.0.0.0/8"]);
    let rows: [(&[&str], AttemptResult); 4] = [
        (&["127.0.0.1", "10.0.0.1"], DnsFailed),
        (&["10.0.0.1", "127.0.0.1"], DnsFailed),
        (&["127.0.0.1", "::1"], DnsFailed),
        (&["127.0.0.1"], Answered(200)),
    ];
    for (addresses, expected) in rows {
        let before = receiver.accepts();
        let url = format!("http://receiver.test:{port}/");
        let resolver = names(&[("receiver.test", addresses)]);
        let result = result(Arc::clone(&only_loopback), resolver, url).await;
        assert_eq!(result, expected, "{addresses:?}");
        let dialled = receiver.accepts() - before;
        assert_eq!(dialled, usize::from(expected == Answered(200)), "{addresses:?}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_told_as_one_that_leads_nowhere() {
    // Had it been dialled, the connection would have failed instead: nobody listens there.
    for address in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "64:ff9b::7f00:1"] {
        let resolver = names(&[("hooks.example.com", &[address])]);
        let url = "https://hooks.example.com/in".to_owned();
        assert_eq!(result(allowing(&[]), resolver, url).await, DnsFailed, "{address}");
    }
}

#[tokio::test]
async fn an_allowed_network_opens_http_and_ports_to_no_public_address() {
    let allowed = || allowing(&["127.0.0.0/8"]);
    for url in ["http://public.test/", "http://public.test:8080/", "https://public.test:22/"] {
        for addresses in [&["93.184.215.14"][..], &["127.0.0.1", "93.184.215.14"]] {
            let resolver = names(&[("public.test", addresses)]);
            let result = result(allowed(), resolver, url.to_owned()).await;
            assert_eq!(result, BlockedAddress, "{url} at {addresses:?}");
        }
    }
}

#[tokio::test]
async fn a_name_without_addresses_does_not_resolve() {
    let resolver = names(&[("empty.example.com", &[])]);
    let url = "https://empty.example.com/".to_owned();
    assert_eq!(result(allowing(&[]), resolver, url).await, DnsFailed);
    let url = "https://unknown.example.com/".to_owned();
    assert_eq!(result(allowing(&[]), names(&[]), url).await, DnsFailed);
}

#[tokio::test]
async fn the_system_resolver_knows_this_machine_and_the_guard_blocks_it() {
    let receiver = receiver().await;
    let url = format!("http://localhost:{}/", receiver.port);
    let system = || Resolver::system().unwrap();
    assert_eq!(result(allowing(&[]), system(), url.clone()).await, BlockedAddress);
    assert_eq!(result(allowing(&["10.0.0.0/8"]), system(), url.clone()).await, BlockedAddress);
    assert_eq!(receiver.accepts(), 0);
    for allowed in [&["127.0.0.0/8", "::1/128"][..], &["127.0.0.0/8"]] {
        assert_eq!(result(allowing(allowed), system(), url.clone()).await, Answered(200));
    }
}
