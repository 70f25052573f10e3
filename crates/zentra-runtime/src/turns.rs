//! Work for callers in turns: few at a time, on threads that step back.
//!
//! A read may touch many rows or a large frame, and a large body takes long to parse. So neither
//! runs on the kernel nor on the threads that serve connections, but on a few of its own, and
//! every scope gets its turn: a scope has few under way, and what is more than it may have waiting
//! is told to come again. Owns how many. Must not know what is done.

use crate::background::step_back_a_little;
use crossbeam_channel::{Receiver, Sender};
use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use zentra_env::Env;
use zentra_events::ScopeNo;

/// Turns at a time, of all scopes: of those that wait for files more than there are cores.
const TURNS_LEAST: usize = 4;
/// Of how many turns one scope has one at most: no scope has all of them.
const SCOPE_PART: usize = 2;
/// Turns of one scope that are under way or wait.
const SCOPE_WAITING_MAX: usize = 64;
/// How long a turn is waited for.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// How many times as long as it took the server rests from what is costly.
const COSTLY_RESTS: u32 = 4;

type Job = Box<dyn FnOnce() + Send>;

/// Why there was no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTurn {
    /// Too many wait; come again.
    Busy,
    /// It broke.
    Broken,
}

/// The threads that work, and who waits for them.
pub struct Turns {
    env: Env,
    jobs: Sender<Job>,
    turns: Semaphore,
    /// Of one scope.
    scope_turns: usize,
    scopes: Mutex<BTreeMap<ScopeNo, Arc<Line>>>,
    costly: Arc<Semaphore>,
}

/// Something costly goes on: one at a time, of all scopes, and then a rest.
pub struct CostlyTurn {
    turn: OwnedSemaphorePermit,
    env: Env,
    began: Duration,
}

impl CostlyTurn {
    /// It is done: the next one begins after a rest that is longer than it took.
    pub fn begin_rest(self) {
        let took = self.env.passed().saturating_sub(self.began);
        tokio::spawn(async move {
            self.env.wait(took.saturating_mul(COSTLY_RESTS)).await;
            drop(self.turn);
        });
    }
}

/// Those of one scope that work or wait.
struct Line {
    places: Semaphore,
    turns: Semaphore,
}

impl Turns {
    /// Starts the threads, named after what they do. They end when this is dropped.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(env: &Env, name: &str) -> io::Result<Turns> {
        let (jobs, waiting) = crossbeam_channel::unbounded::<Job>();
        let count = thread::available_parallelism().map_or(1, NonZero::get).max(TURNS_LEAST);
        for number in 0..count {
            let waiting: Receiver<Job> = waiting.clone();
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                step_back_a_little();
                for job in waiting {
                    // What broke is told to who asked, whose answer is dropped with the job.
                    let _broke = catch_unwind(AssertUnwindSafe(job)).is_err();
                }
            })?;
        }
        Ok(Turns {
            env: env.clone(),
            jobs,
            turns: Semaphore::new(count),
            scope_turns: count / SCOPE_PART,
            scopes: Mutex::new(BTreeMap::new()),
            costly: Arc::new(Semaphore::new(1)),
        })
    }

    /// Works, when it is the scope's turn. What has begun is done to its end.
    ///
    /// # Errors
    /// When too much waits, or the work panics.
    pub async fn take<T: Send + 'static>(
        &self,
        scope: ScopeNo,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let line = self.line(scope);
        let _place = line.places.try_acquire().map_err(|_| NoTurn::Busy)?;
        let turn = async {
            let own = line.turns.acquire().await.ok()?;
            Some((own, self.turns.acquire().await.ok()?))
        };
        let turn = self.env.within(TURN_WITHIN, turn).await.flatten();
        let _turn = turn.ok_or(NoTurn::Busy)?;
        self.run(ask).await
    }

    /// As `take`, however many wait: for the answer to a command that was decided. It waits for its
    /// scope's turn like the others, so that nobody else pays for it.
    ///
    /// # Errors
    /// When the work panics.
    pub async fn take_in_any_case<T: Send + 'static>(
        &self,
        scope: ScopeNo,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let line = self.line(scope);
        let _own = line.turns.acquire().await.map_err(|_| NoTurn::Broken)?;
        let _turn = self.turns.acquire().await.map_err(|_| NoTurn::Broken)?;
        self.run(ask).await
    }

    async fn run<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move || {
            // A caller that went away needs no answer.
            let _gone = reply.send(ask()).is_err();
        });
        self.jobs.send(job).map_err(|_| NoTurn::Broken)?;
        answer.await.map_err(|_| NoTurn::Broken)
    }

    /// Waits until something that costs as much as the state is large may begin; none when that is
    /// too long.
    pub async fn costly(&self) -> Option<CostlyTurn> {
        let turn = Arc::clone(&self.costly).acquire_owned();
        let turn = self.env.within(TURN_WITHIN, turn).await?.ok()?;
        Some(CostlyTurn { turn, env: self.env.clone(), began: self.env.passed() })
    }

    fn line(&self, scope: ScopeNo) -> Arc<Line> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let line = scopes.entry(scope).or_insert_with(|| {
            let places = Semaphore::new(SCOPE_WAITING_MAX);
            Arc::new(Line { places, turns: Semaphore::new(self.scope_turns) })
        });
        Arc::clone(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use tokio::task::JoinSet;

    #[tokio::test]
    async fn a_scope_that_reads_all_the_time_leaves_turns_to_others() {
        let turns = Arc::new(Turns::start(&Env::for_tests(), "test").unwrap());
        let (open, opened) = (Arc::new(Barrier::new(turns.scope_turns + 1)), Arc::default());
        let mut greedy = JoinSet::new();
        for number in 0..SCOPE_WAITING_MAX {
            let (turns, open) = (Arc::clone(&turns), Arc::clone(&open));
            let opened: Arc<Mutex<usize>> = Arc::clone(&opened);
            let hangs = number < turns.scope_turns;
            greedy.spawn(async move {
                let asked = move || {
                    if hangs {
                        open.wait();
                    }
                    *opened.lock().unwrap() += 1;
                };
                turns.take(ScopeNo(1), asked).await
            });
            tokio::task::yield_now().await;
        }
        // All its places are taken, two of its reads hang, and the neighbour reads at once.
        assert_eq!(turns.take(ScopeNo(1), || ()).await, Err(NoTurn::Busy));
        for _ in 0..10 {
            assert_eq!(turns.take(ScopeNo(2), || 7).await, Ok(7));
        }
        assert_eq!(*opened.lock().unwrap(), 0);
        tokio::task::spawn_blocking(move || open.wait()).await.unwrap();
        while let Some(read) = greedy.join_next().await {
            assert_eq!(read.unwrap(), Ok(()));
        }
        assert_eq!(turns.take(ScopeNo(1), || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_read_that_breaks_is_told_and_the_next_one_reads() {
        let turns = Turns::start(&Env::for_tests(), "test").unwrap();
        for _ in 0..2 * TURNS_LEAST {
            let broken = turns.take(ScopeNo(1), || -> u8 { panic!("broken") }).await;
            assert_eq!(broken, Err(NoTurn::Broken));
        }
        assert_eq!(turns.take(ScopeNo(1), || 1).await, Ok(1));
    }
}
