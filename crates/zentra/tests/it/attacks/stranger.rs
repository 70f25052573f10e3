//! Somebody without a key: connections that are kept, heads that never end, and noise.

use crate::attacks::raw::{Raw, head};
use crate::attacks::world::World;
use crate::support::random::Random;

const KEPT: usize = 200;
const REQUESTS: usize = 400;

#[test]
fn a_stranger_with_many_connections_and_no_key_slows_nobody() {
    let mut world = World::start("stranger", &[]);
    world.attack(|world, window| {
        let address = world.server.address;
        let kept: Vec<Raw> = (0..KEPT)
            .map(|number| {
                let mut raw = Raw::connect(address).unwrap();
                match number % 3 {
                    0 => {}
                    1 => raw.send(b"GET /intents HTTP/1.1\r\nhost: zen").unwrap(),
                    _ => raw.send(head("POST", "/intents", "", &[]).as_bytes()).unwrap(),
                }
                raw
            })
            .collect();
        let mut random = Random::new(window as u64);
        for _ in 0..REQUESTS {
            let mut raw = Raw::connect(address).unwrap();
            let noise: Vec<u8> = (0..random.below(300)).map(|_| random.next() as u8).collect();
            let asked = head("GET", "/intents/a", &format!("zk_{}", random.next()), &[]);
            raw.send(asked.as_bytes()).unwrap();
            assert_eq!(raw.read().unwrap().status, 401);
            // The server may cut it off before all of it is sent.
            let _cut_off = raw.send(&noise).is_err();
        }
        drop(kept);
    });
    world.settle(200);
}
