//! Endpoints that accept and never answer, by the hundred and in several scopes, beside one that
//! answers.

use crate::attacks::pace::{Stop, is_measured, rank};
use crate::attacks::steady::{Steady, Took};
use crate::attacks::world::{World, step_aside};
use crate::support::http::Client;
use crate::support::receiver::{Answer, Receiver};
use serde_json::json;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

const SCOPES: usize = 4;
/// Attempts that hang before anything is looked at: a scope has 16 places for new endpoints.
const HANGING: usize = 64;

/// Accepts at every address of this machine, and says nothing.
struct Silence {
    port: u16,
    open: Arc<(Mutex<Vec<TcpStream>>, Condvar)>,
    ends: Arc<AtomicBool>,
}

impl Silence {
    fn start() -> Silence {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let silence = Silence { port, open: Arc::default(), ends: Arc::default() };
        let (open, ends) = (Arc::clone(&silence.open), Arc::clone(&silence.ends));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                stream.set_nonblocking(true).unwrap();
                open.0.lock().unwrap().push(stream);
                open.1.notify_all();
            }
        });
        silence
    }

    /// Waits until so many attempts hang.
    fn wait(&self, many: usize) {
        let (open, changed) = &*self.open;
        let open = open.lock().unwrap();
        drop(changed.wait_while(open, |open| open.len() < many).unwrap());
    }

    /// How many attempts hang.
    fn hang(&self) -> usize {
        self.ended();
        self.open.0.lock().unwrap().len()
    }

    /// Waits until every attempt was given up.
    fn wait_for_quiet(&self) {
        let (_held, never) = mpsc::channel();
        let never = Stop(never);
        while !self.open.0.lock().unwrap().is_empty() {
            never.within(Duration::from_millis(50));
            self.ended();
        }
    }

    /// How many attempts were given up since the last look.
    fn ended(&self) -> usize {
        let mut open = self.open.0.lock().unwrap();
        let before = open.len();
        open.retain_mut(|stream| {
            let mut bytes = [0; 4_096];
            loop {
                match stream.read(&mut bytes) {
                    Ok(0) => return false,
                    Ok(_) => {}
                    Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
                }
            }
        });
        before - open.len()
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // What it accepts next is its last.
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let _gone = TcpStream::connect(address).is_err();
        self.open.0.lock().unwrap().clear();
    }
}

#[test]
fn endpoints_that_never_answer_delay_no_one_that_does() {
    let mut world = World::delivering("hanging", &[]);
    let (silence, receiver) = (Silence::start(), Receiver::start(|_| Answer::Status(200)));
    let each = if is_measured() { 250 } else { 100 };
    let mut hanging = Vec::new();
    for scope in 0..SCOPES {
        let key = world.site.create_key(&format!("hanging_{scope}"), "svc", &["admin"]);
        let mut client = world.server.client_with(&key);
        for number in 0..each {
            // Every host is another one: none has too much of its own.
            let url = format!("http://127.{}.1.{}:{}/", scope + 1, number + 1, silence.port);
            let policy = json!({ "timeout_ms": 30_000 });
            let body = json!({ "url": url, "events": ["hang.*"], "policy": policy });
            let answer = client.post("/webhook-endpoints", &body);
            assert_eq!(answer.status, 201, "{}", answer.json());
        }
        hanging.push(client);
    }
    let key = world.site.create_key("healthy", "svc", &["admin"]);
    let mut healthy = world.server.client_with(&key);
    let body = json!({ "url": receiver.url(), "events": ["healthy.*"] });
    assert_eq!(healthy.post("/webhook-endpoints", &body).status, 201);
    let events = if is_measured() { 300 } else { 60 };
    let mut delivered = 0;
    world.attack(|_, _| {
        for client in &mut hanging {
            let event = json!({ "type": "hang.now", "data": {} });
            assert_eq!(client.post("/events", &event).status, 201);
        }
        silence.wait(HANGING);
        // In order, not in time: an event is there before any place of one that hangs is free.
        let mut before = 0;
        for _ in 0..events {
            let ended = silence.ended();
            let event = json!({ "type": "healthy.event", "data": {} });
            assert_eq!(healthy.post("/events", &event).status, 201);
            delivered += 1;
            receiver.wait(|all| all.len() >= delivered);
            let in_order = silence.ended() == 0 && ended == 0;
            assert!(
                in_order || delivered > 1,
                "the first attempt of an endpoint waited for a place"
            );
            before += usize::from(in_order);
        }
        // On a slow machine attempts end meanwhile, all at about the same time.
        assert!(before >= events / 2, "{before} of {events} came before a place was free");
    });
    drop((silence, hanging));
    world.settle(400);
}

/// Scopes of the endpoints that hang beside a steady rate, and what each has.
const CROWD: usize = 20;
const STEADY_A_SECOND: u64 = 500;

/// One scope of the crowd, and the endpoints that it has now.
struct Member {
    server: SocketAddr,
    key: String,
    endpoints: Vec<String>,
}

impl Member {
    /// Makes endpoints, each on a host of its own, with three events for each.
    fn hang(&mut self, scope: usize, each: usize, port: u16) {
        let mut client = Client::new(self.server, &self.key);
        for number in 0..each {
            let url = format!("http://127.{}.2.{}:{port}/", scope + 1, number + 1);
            let body = json!({ "url": url, "events": ["hang.*"] });
            let answer = client.post("/webhook-endpoints", &body);
            assert_eq!(answer.status, 201, "{}", answer.json());
            self.endpoints.push(answer.json()["id"].as_str().unwrap().to_owned());
        }
        for _ in 0..3 {
            let event = json!({ "type": "hang.now", "data": {} });
            assert_eq!(client.post("/events", &event).status, 201);
        }
    }

    fn go(&mut self) {
        let mut client = Client::new(self.server, &self.key);
        for id in self.endpoints.drain(..) {
            let path = format!("/webhook-endpoints/{id}");
            let answer = client.send("DELETE", &path, &[], b"").unwrap();
            assert_eq!(answer.status, 200, "{}", answer.json());
        }
    }
}

/// Publishes at a steady rate to an endpoint that answers, without and with others that hang, and
/// wants the p99 to be as good.
#[test]
fn a_thousand_endpoints_that_hang_leave_the_p99_of_one_that_answers_as_it_is() {
    let (windows, each, events) = if is_measured() { (5, 50, 10_000) } else { (1, 5, 100) };
    // The neighbour has nothing to do for minutes.
    let world = World::start("hanging-crowd", &["--idle-timeout-ms", "600000"]);
    let steady =
        Steady::settle_in(world.server.address, world.site.create_key("steady", "svc", &["admin"]));
    let members = (0..CROWD).map(|scope| {
        let key = world.site.create_key(&format!("crowd_{scope}"), "svc", &["admin"]);
        Member { server: world.server.address, key, endpoints: Vec::new() }
    });
    let mut members: Vec<Member> = members.collect();
    // What follows the log flushes and merges then as it does later on.
    steady.run(2 * events, STEADY_A_SECOND);
    // Each window begins when what was made for it has been followed: not endpoints are looked at,
    // but attempts that hang, time out and are made again.
    let window = || {
        steady.run(events / 2, STEADY_A_SECOND);
        steady.run(events, STEADY_A_SECOND)
    };
    let mut found: Vec<(Took, Took)> = Vec::new();
    for _ in 0..windows {
        let alone = window();
        let before = world.server.memory_mib("VmRSS");
        let silence = aside(Silence::start);
        for (scope, member) in members.iter_mut().enumerate() {
            member.hang(scope, each, silence.port);
        }
        silence.wait(CROWD * each);
        let (hang, with) = (silence.hang(), world.server.memory_mib("VmRSS"));
        show(&format!("{hang} attempts hang, {before} MiB before and {with} MiB with them"));
        let beside = window();
        for member in &mut members {
            member.go();
        }
        if is_measured() {
            silence.wait_for_quiet();
        }
        found.push((alone, beside));
    }
    judge(&found);
    drop((members, steady));
    world.settle(400);
}

/// Does something as an attacker, on a thread of its own.
fn aside<T: Send>(done: impl FnOnce() -> T + Send) -> T {
    thread::scope(|threads| {
        let doing = threads.spawn(|| {
            step_aside();
            done()
        });
        doing.join().unwrap_or_else(|wrong| std::panic::resume_unwind(wrong))
    })
}

#[expect(clippy::print_stdout, reason = "a measured run shows what it found")]
fn show(what: &str) {
    if is_measured() {
        println!("attack hanging-crowd: {what}");
    }
}

fn judge(found: &[(Took, Took)]) {
    let shown = |took: &Took| format!("p50 {} us, p99 {} us", took.p50_us, took.p99_us);
    for (alone, beside) in found {
        show(&format!("alone {}; beside {}", shown(alone), shown(beside)));
    }
    // The median of several windows, since a disk that halts for a moment makes the p99 of any.
    let median =
        |of: fn(&(Took, Took)) -> Took| rank(found.iter().map(of).map(|t| t.p99_us).collect(), 50);
    let (alone, beside) = (median(|(alone, _)| *alone), median(|(_, beside)| *beside));
    show(&format!("median p99 alone {alone} us, beside {beside} us"));
    assert!(!is_measured() || beside * 10 < alone * 12, "the p99 moves by a fifth and more");
}
