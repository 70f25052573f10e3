//! The parts of a running log, put together and not yet running: threads run them, or a simulation
//! steps them.
//!
//! Owns the channels between the kernel, the writer and the handle. Must not start threads.

use crate::handle::Handle;
use crate::kernel::{Input, Kernel};
use crate::log_access::LogAccess;
use crate::names::SharedNames;
use crate::notices::Notices;
use crate::quota::ScopeLimits;
use crate::recovery::Opened;
use crate::subscription::Recent;
use crate::tail::Tail;
use crate::writer::{Outlets, Writer};
use crossbeam_channel::bounded;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;

/// Batches between the kernel and the writer: one is written while the next is decided.
const BATCHES_MAX: usize = 2;

/// The parts of a running log. A step of the kernel or of the writer does one thing and never waits
/// for the other one, so they may be stepped in any order: one that finds nothing to do, or no
/// room, says so.
pub struct Pipeline {
    /// Decides what the handle is asked.
    pub kernel: Kernel,
    /// Makes it durable, and answers.
    pub writer: Writer,
    /// The way to both.
    pub handle: Handle,
}

impl Pipeline {
    /// The parts of an opened log, of which so many commands and queries may wait.
    pub fn of(opened: Opened, inbox_max: usize) -> Pipeline {
        let Opened { env, engine, store, .. } = opened;
        let log = Arc::new(LogAccess::new(&env, store.reader()));
        let names = Arc::new(SharedNames::of(&engine));
        let limits = Arc::new(ScopeLimits::of(&engine));
        let recent = Arc::new(Recent::at(engine.next_position()));
        let tail = Arc::new(Tail::at(engine.next_position()));
        let (durable_in, durable) = watch::channel(engine.next_position());
        let (ended_in, ended) = watch::channel(());
        let (inbox, commands) = bounded(inbox_max);
        let (to_writer, batches) = bounded(BATCHES_MAX);
        let (partition, space) = (engine.partition(), engine.space());
        let deferred = Arc::new(AtomicUsize::new(0));
        let outlets = Outlets {
            names: Arc::clone(&names),
            limits: Arc::clone(&limits),
            recent: Arc::clone(&recent),
            tail: Arc::clone(&tail),
            durable: durable_in,
            _ended: ended_in,
        };
        let kernel = Kernel::new(&env, engine, (commands, to_writer), Arc::clone(&deferred));
        let writer = Writer::new(&env, store, batches, outlets);
        let handle = Handle {
            notices: Arc::new(Notices::new(&env, Arc::clone(&names))),
            env,
            inbox,
            deferred,
            log,
            names,
            limits,
            durable,
            ended,
            recent,
            tail,
            bulk: Arc::default(),
            space: Arc::new(RwLock::new(space)),
            followed: Arc::new(watch::Sender::new(true)),
            partition,
            #[cfg(any(test, feature = "test-util"))]
            costs: crate::costs::Costs::default(),
        };
        Pipeline { kernel, writer, handle }
    }
}

impl Handle {
    /// Tells the kernel to decide what has come in, and to end. Waits while its inbox is full.
    pub fn stop(&self) {
        // A kernel that is gone already needs no word.
        let _gone = self.inbox.send(Input::Stop).is_err();
    }
}
