//! The edge of HTTP: connections that are kept, bodies that do not come, answers that nobody takes,
//! and a stop in the middle of it all.

use crate::attacks::raw::{Raw, head};
use crate::attacks::world::World;
use crate::support::process::{Server, Site};
use serde_json::json;
use std::net::TcpStream;
use std::thread;

/// A time that no test waits for.
const NEVER: &str = "3600000";

#[test]
fn idle_batches_hold_no_room_for_batches() {
    let mut world = World::start("idle-batches", &["--body-timeout-ms", "1000"]);
    world.attack(|world, _| {
        let headers = [("content-type", "application/x-ndjson"), ("transfer-encoding", "chunked")];
        let head = head("POST", "/intents/batch", &world.attacker_key, &headers);
        let idle: Vec<Raw> = (0..64)
            .map(|_| {
                let mut raw = Raw::connect(world.server.address).unwrap();
                raw.send(head.as_bytes()).unwrap();
                raw
            })
            .collect();
        let own = json!([{ "intent_id": "own" }]);
        assert_eq!(world.attacker().post("/intents/batch", &own).status, 200);
        for mut raw in idle {
            let answer = raw.read().unwrap();
            assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
            assert_eq!(answer.json()["code"], "request_timeout");
            assert_eq!(raw.read_out(), b"");
        }
    });
    world.settle(200);
}

#[test]
fn many_bodies_at_once_take_no_more_than_their_budget() {
    let flags = ["--bodies-bytes-max", "25165824", "--body-timeout-ms", "2000"];
    let mut world = World::start("many-bodies", &flags);
    world.attack(|world, _| {
        let headers = [("content-type", "application/json"), ("content-length", "1048576")];
        let head = head("POST", "/events", &world.attacker_key, &headers);
        let body = vec![b' '; 1_000_000];
        let (mut refused, mut stalled) = (0, 0);
        let mut open: Vec<Raw> = (0..300)
            .map(|_| {
                let mut raw = Raw::connect(world.server.address).unwrap();
                raw.send(head.as_bytes()).unwrap();
                // A refused one is closed before all of it is sent.
                let _closed = raw.send(&body).is_err();
                raw
            })
            .collect();
        for raw in &mut open {
            match raw.read().map(|answer| answer.status) {
                Ok(503) => refused += 1,
                Ok(408) => stalled += 1,
                other => panic!("{other:?}"),
            }
        }
        // Three times a body's bytes are counted, and a scope has half of 24 MiB.
        assert!(stalled >= 3 && refused >= 250, "{refused} refused, {stalled} stalled");
    });
    world.settle(200);
}

#[test]
fn a_batch_of_many_tiny_values_is_never_in_memory_as_a_whole() {
    let mut world = World::start("tiny-values", &[]);
    world.attack(|world, _| {
        let repeated = |item: &str| {
            let count = (16 * 1024 * 1024 - 2) / (item.len() + 1);
            let mut body = String::from("[");
            body.push_str(&format!("{item},").repeat(count - 1));
            body.push_str(item);
            body.push(']');
            body.into_bytes()
        };
        let deep = format!("[{}{}]", "[".repeat(30), "]".repeat(30));
        let wide = format!("[{}0]", "[],".repeat(5_000_000));
        let json = [("content-type", "application/json")];
        let mut attacker = world.attacker();
        let mut send = |body: &[u8]| {
            let answer = attacker.send("POST", "/intents/batch", &json, body).unwrap();
            assert!(answer.body.len() < 4_096, "{}", answer.body.len());
            answer.status
        };
        for item in ["0", "[]", "{}", "\"\"", &deep] {
            assert_eq!(send(&repeated(item)), 400, "{item}");
        }
        assert_eq!(send(wide.as_bytes()), 400);
        // An item is no longer than one intent can be.
        assert_eq!(send(format!("[{wide}]").as_bytes()), 413);
        assert_eq!(send(format!("[\"{}\"]", "a".repeat(16_000_000)).as_bytes()), 413);
        assert_eq!(send(&repeated("{\"intent_id\":\"a\"}")), 413);
        let single = [format!("{{\"data\":[{}0]}}", "[],".repeat(340_000)).into_bytes()];
        for body in single {
            let answer = attacker.send("POST", "/events", &json, &body).unwrap();
            assert_eq!(answer.status, 400);
        }
    });
    world.settle(200);
}

#[test]
fn a_kept_connection_waits_for_as_long_as_it_may_be_idle_whatever_an_answer_may_take() {
    let flags = ["--write-timeout-ms", "200", "--head-timeout-ms", "2000"];
    let world = World::start("kept-open", &[&flags[..], &["--idle-timeout-ms", NEVER]].concat());
    let mut kept = world.attacker();
    for body in [json!({}), json!({ "type": "order.paid", "data": { "text": "a".repeat(9_000) } })]
    {
        kept.post("/events", &body);
        // Ten times what the answer may take to be written goes by until a head is over.
        let mut slow = Raw::connect(world.server.address).unwrap();
        slow.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
        assert_eq!(slow.read_out(), b"");
        // A client that has lost its connection says so.
        assert_eq!(kept.get("/events?limit=1").status, 200);
    }
    world.settle(200);
}

#[test]
fn heads_that_never_end_are_cut_off() {
    let mut world = World::start("slow-heads", &["--head-timeout-ms", "500"]);
    world.attack(|world, _| {
        let mut open: Vec<Raw> = (0..200)
            .map(|_| {
                let mut raw = Raw::connect(world.server.address).unwrap();
                raw.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
                raw
            })
            .collect();
        for raw in &mut open {
            assert_eq!(raw.read_out(), b"");
        }
    });
    world.settle(200);
}

#[test]
fn answers_that_nobody_takes_hold_nothing_for_long() {
    let mut world = World::start("unread-answers", &["--write-timeout-ms", "500"]);
    world.attack(|world, _| {
        thread::scope(|threads| {
            for path in ["/openapi.json", "/healthz", "/codes/overloaded"] {
                let asked = head("GET", path, "", &[]).repeat(100);
                threads.spawn(move || {
                    let mut raw = Raw::connect(world.server.address).unwrap();
                    raw.flood(asked.as_bytes());
                });
            }
            threads.spawn(move || {
                let asked = head("HEAD", "/healthz", "", &[]).repeat(100);
                let mut raw = Raw::connect(world.server.address).unwrap();
                raw.flood(asked.as_bytes());
            });
        });
    });
    world.settle(200);
}

#[test]
fn with_few_files_health_is_told_and_the_rest_goes_on() {
    let site = Site::new();
    let server = site.serve_with_files(256, &[]);
    let mut honest = server.client();
    let post = |client: &mut crate::support::http::Client, id: &str| {
        client.post("/intents", &json!({ "intent_id": id })).status
    };
    assert_eq!(post(&mut honest, "before"), 201);
    let mut kept = Vec::new();
    for number in 0..300 {
        let mut raw = Raw::connect(server.address).unwrap();
        // It may be cut off at once.
        let _cut_off = number % 2 == 0 && raw.send(b"GET /intents HTTP/1.1\r\n").is_err();
        kept.push(raw);
        if number % 25 == 0 {
            let told = server.client_with("").send("GET", "/healthz", &[], b"").unwrap();
            assert_eq!(told.status, 200, "after {number} connections");
        }
    }
    assert_eq!(post(&mut honest, "beside"), 201, "a connection with a key stays");
    drop(kept);
    // Until the server has seen that they are gone it says that there is no room.
    let mut later = server.client();
    while post(&mut later, "after") == 503 {
        later = server.client();
    }
    let listed = later.get("/intents").json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 3, "lists are there: {listed}");
    server.stop();
}

/// A request of each kind that is not over: a head, a body, and answers that are not taken.
fn unfinished(server: &Server, key: &str) -> Vec<Raw> {
    let headers = [("content-type", "application/json"), ("content-length", "100")];
    let body = head("POST", "/events", key, &headers) + "{";
    let half = "GET /healthz HTTP/1.1\r\nhost: x\r\n".to_owned();
    let unread = head("GET", "/openapi.json", "", &[]).repeat(200);
    let open = |text: &String| {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.send(text.as_bytes()).unwrap();
        raw
    };
    [body, half, unread].iter().map(open).collect()
}

#[test]
fn a_stop_ends_in_time_whatever_is_under_way() {
    let site = Site::new();
    let waits = ["--head-timeout-ms", NEVER, "--body-timeout-ms", NEVER];
    let more = ["--write-timeout-ms", NEVER, "--drain-timeout-ms", "1500"];
    let server = site.serve(&[waits, more].concat());
    let open = unfinished(&server, &site.key);
    assert_eq!(server.client().get("/healthz").status, 200);
    server.stop();
    drop(open);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let site = Site::new();
    let waits = ["--head-timeout-ms", NEVER, "--body-timeout-ms", NEVER];
    let more = ["--write-timeout-ms", NEVER, "--drain-timeout-ms", NEVER];
    let server = site.serve(&[waits, more].concat());
    let open = unfinished(&server, &site.key);
    assert_eq!(server.client().post("/intents", &json!({ "intent_id": "a" })).status, 201);
    server.terminate();
    // It has seen the first one once it listens no more.
    while TcpStream::connect(server.address).is_ok() {
        thread::yield_now();
    }
    server.terminate();
    assert_eq!(server.ended(), Some(128 + 15));
    drop(open);
    let server = site.serve(&[]);
    assert_eq!(server.client().get("/intents/a").status, 200);
    server.stop();
}

#[test]
fn a_request_is_read_in_one_way_or_not_at_all() {
    let site = Site::new();
    let server = site.serve(&[]);
    let ask = |request: String| {
        let mut raw = Raw::connect(server.address).unwrap();
        raw.send(request.as_bytes()).unwrap();
        let answer = raw.read().unwrap();
        (answer.status, answer.header("connection") == Some("close"))
    };
    let get = |headers: &str| format!("GET /healthz HTTP/1.1\r\n{headers}\r\n");
    let key = format!("authorization: Bearer {}\r\n", site.key);
    let list = |headers: &str| format!("GET /intents HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    let post = |headers: &str, body: &str| {
        format!("POST /intents HTTP/1.1\r\nhost: x\r\n{key}{headers}\r\n{body}")
    };
    let rows: [(String, (u16, bool)); 13] = [
        (get("host: x\r\n"), (200, false)),
        (get(""), (400, false)),
        (get("host: x\r\nhost: x\r\n"), (400, false)),
        ("GET /healthz HTTP/1.0\r\n\r\n".into(), (200, false)),
        ("GET http://x/healthz HTTP/1.1\r\nhost: x\r\n\r\n".into(), (200, false)),
        ("CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n".into(), (405, false)),
        (get("host: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n"), (200, false)),
        (list(&key), (200, false)),
        (list(&key.repeat(2)), (400, false)),
        (post("content-encoding: gzip\r\ncontent-length: 2\r\n", "{}"), (415, false)),
        (post("content-type: text/plain\r\ncontent-length: 2\r\n", "{}"), (415, false)),
        (post("content-length: 2000000\r\n", ""), (413, true)),
        (post("transfer-encoding: chunked\r\ncontent-length: 4\r\n", "0\r\n\r\n"), (400, true)),
    ];
    for (request, expected) in rows {
        assert_eq!(ask(request.clone()), expected, "{request}");
    }
    let mut raw = Raw::connect(server.address).unwrap();
    raw.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let told = String::from_utf8_lossy(&raw.read_out()).into_owned();
    assert!(!told.contains(" 200 "), "HTTP/2 is not spoken unless asked for: {told}");
    server.stop();
}
