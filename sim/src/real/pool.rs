//! Callers: threads that ask, each on a connection of its own, so that requests overlap.
//!
//! Owns the threads; they end when this is dropped.

use super::http::{Ask, Client, Reply};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What becomes of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It waits for its answer.
    Waits,
    /// It goes away after it has asked, or in the middle of that.
    Leaves { all: bool },
}

/// A request on its way.
pub(super) struct Shot {
    pub(super) sending: u64,
    pub(super) address: SocketAddr,
    pub(super) ask: Ask,
    pub(super) fate: Fate,
}

/// Its end: an answer, or none.
pub(super) struct Landed {
    pub(super) sending: u64,
    pub(super) reply: Option<Reply>,
}

/// The callers.
pub(super) struct Pool {
    shots: Sender<Shot>,
    landed: Receiver<Landed>,
}

impl Pool {
    /// So many.
    pub(super) fn of(callers: usize) -> Pool {
        let (shots, taken) = channel();
        let (lands, landed) = channel();
        let taken = Arc::new(Mutex::new(taken));
        for _ in 0..callers {
            let (taken, lands) = (Arc::clone(&taken), lands.clone());
            thread::spawn(move || asks(&taken, &lands));
        }
        Pool { shots, landed }
    }

    /// Asks.
    pub(super) fn shoot(&self, shot: Shot) {
        self.shots.send(shot).expect("the callers live as long as the pool");
    }

    /// The next that ends within this time.
    pub(super) fn lands(&self, within: Duration) -> Option<Landed> {
        self.landed.recv_timeout(within).ok()
    }
}

fn asks(taken: &Mutex<Receiver<Shot>>, lands: &Sender<Landed>) {
    let mut client = Client::default();
    loop {
        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Shot { sending, address, ask, fate }) = next else { return };
        let reply = match fate {
            Fate::Waits => client.ask(address, &ask).ok(),
            Fate::Leaves { all } => {
                let _nobody_is_there = client.leaves(address, &ask, all).is_err();
                None
            }
        };
        if lands.send(Landed { sending, reply }).is_err() {
            return;
        }
    }
}
