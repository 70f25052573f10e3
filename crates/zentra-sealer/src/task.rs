//! The sealer's task: folds leaves as entries become durable, signs when enough came or time is up.
//!
//! A checkpoint is a command like any other; it is published when its entry is durable. A seal of
//! nothing but earlier seals is not made, so that a quiet log stays quiet. A tree that disagrees
//! with what was signed stops the task: nothing is signed ever after, and it is said.

use crate::evidence::{Evidence, SealerError};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use zentra_engine::{Command, Request, SealCommand};
use zentra_events::{ActorName, Code, Event, Position, RequestId, ScopeNo};
use zentra_evidence::merkle::stored_count;
use zentra_evidence::{SealError, Sealer};
use zentra_runtime::background::{Ended, FOLLOWER_RESTS, Throttle, may_write};
use zentra_runtime::{Answer, Handle, Stretches};

/// Its name in the metrics.
const FOLLOWER: &str = "sealer";
/// Entries folded before the trees are written.
const CHUNK_ENTRIES_MAX: usize = 1_024;

/// When to seal.
#[derive(Clone, Copy, Debug)]
pub struct SealOptions {
    /// How long to wait for more entries, in milliseconds.
    pub after_ms: u64,
    /// Entries after which not to wait.
    pub entries: u64,
}

/// Where a scope's tree stands.
struct ScopeTree {
    sealer: Sealer,
    unsealed: u64,
    /// Whether the tree disagrees with what was signed: it is never signed again.
    refused: bool,
}

type ScopeTrees = BTreeMap<ScopeNo, ScopeTree>;

/// Seals until told to stop. What is not sealed by then is sealed after the next start.
pub async fn run(
    evidence: Arc<Evidence>,
    handle: Handle,
    options: SealOptions,
    mut stopping: watch::Receiver<bool>,
) -> Ended {
    let mut durable = handle.durable();
    let mut trees = ScopeTrees::new();
    let mut due: Option<Instant> = None;
    let mut marking = Marking { last: Instant::now(), grown: false };
    while !*stopping.borrow() {
        let reached = evidence.trees.position().unwrap_or(Position::ZERO);
        let mark = || marking.mark(&evidence, true);
        if !may_write((FOLLOWER, reached), &handle, &mut stopping, mark).await {
            return Ended::Stopped;
        }
        let throttle = Throttle::start(FOLLOWER, reached, &handle);
        let folding = Arc::clone(&evidence);
        let folded = tokio::task::spawn_blocking(move || {
            let folded = fold(&folding, &mut trees);
            (trees, folded)
        });
        let followed = match folded.await {
            Ok((back, Ok(followed))) => {
                trees = back;
                followed
            }
            Ok((_, Err(error @ (SealerError::Store(_) | SealerError::Log(_))))) => {
                return Ended::Failed(error.to_string());
            }
            Ok((_, Err(error))) => {
                tracing::error!(%error, "sealing stops; evidence stays at the last checkpoint");
                return Ended::Halted;
            }
            Err(error) => {
                tracing::error!(%error, "sealing stopped");
                return Ended::Halted;
            }
        };
        marking.mark(&evidence, followed > 0);
        let behind = followed == CHUNK_ENTRIES_MAX;
        let most = trees.values().map(|tree| tree.unsealed).max().unwrap_or(0);
        if most == 0 {
            due = None;
        } else if due.is_none() {
            due = Some(Instant::now() + Duration::from_millis(options.after_ms));
        }
        let time_is_up = due.is_some_and(|due| Instant::now() >= due);
        if (most >= options.entries && !behind) || time_is_up {
            due = None;
            seal(&evidence, &handle, &mut trees).await;
        }
        throttle.rest((followed as u64, FOLLOWER_RESTS), &mut stopping).await;
        if behind {
            continue;
        }
        let reached = evidence.trees.position().unwrap_or(Position::ZERO);
        let wait = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
        let wait = marking.due().map_or(wait, |due| wait.min(due));
        tokio::select! {
            more = durable.wait_for(|durable| *durable > reached) => {
                if more.is_err() { return Ended::Stopped; }
            }
            () = sleep_until(wait) => {}
            _ = stopping.wait_for(|stop| *stop) => return Ended::Stopped,
        }
    }
    Ended::Stopped
}

/// How long the log grows at most before its end is marked, sealed or not: what was acknowledged
/// or delivered before that is known to have been there.
const MARK_AFTER: Duration = Duration::from_secs(1);

/// When the log's end is marked next.
struct Marking {
    last: Instant,
    grown: bool,
}

impl Marking {
    fn due(&self) -> Option<Instant> {
        self.grown.then(|| self.last + MARK_AFTER)
    }

    fn mark(&mut self, evidence: &Evidence, grown: bool) {
        self.grown |= grown;
        if self.due().is_none_or(|due| Instant::now() < due) {
            return;
        }
        *self = Marking { last: Instant::now(), grown: false };
        if let Err(error) = evidence.mark() {
            tracing::warn!(%error, "the end of the log is not marked; it is tried again");
        }
    }
}

/// Takes in the leaves of the next durable entries that are not in yet; gives their number.
fn fold(evidence: &Evidence, trees: &mut ScopeTrees) -> Result<usize, SealerError> {
    let from = evidence.trees.position()?;
    let mut change = evidence.trees.change();
    let (mut count, mut next, mut failed) = (0, from, None);
    let (mut seals, mut stretches) = (Vec::new(), Stretches::on(evidence.log.env()));
    evidence.log.scan(from, &mut |entry, stored| {
        let leaf = evidence.leaf(entry, stored);
        let pushed = leaf.and_then(|leaf| push(evidence, trees, &mut change, entry, &leaf));
        if let Err(error) = pushed {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        next = entry.header.position.next();
        count += 1;
        stretches.step();
        if is_seal(entry) {
            seals.push(Arc::clone(entry));
        }
        if count < CHUNK_ENTRIES_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    if count > 0 {
        change.commit(next)?;
    }
    if !seals.is_empty() {
        evidence.mark()?;
    }
    // Only now: who sees a checkpoint must find every node under it.
    for entry in seals {
        evidence.publish(&entry);
    }
    Ok(count)
}

fn push(
    evidence: &Evidence,
    trees: &mut ScopeTrees,
    change: &mut crate::nodes::Change<'_>,
    entry: &zentra_events::Entry,
    leaf: &str,
) -> Result<(), SealerError> {
    let (scope, number) = (entry.header.scope, entry.header.scope_number);
    let tree = match trees.entry(scope) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(resume(evidence, scope)?),
    };
    let mut index = stored_count(tree.sealer.size());
    tree.sealer.push(number, leaf, &mut |hash| {
        change.node(scope, index, hash);
        index += 1;
    })?;
    change.leaf(scope, number, entry.header.position);
    if !is_seal(entry) {
        tree.unsealed += 1;
    }
    Ok(())
}

fn is_seal(entry: &zentra_events::Entry) -> bool {
    entry.events().iter().any(|recorded| matches!(recorded.event, Event::EvidenceSealed(_)))
}

fn resume(evidence: &Evidence, scope: ScopeNo) -> Result<ScopeTree, SealerError> {
    let signed = evidence.published(scope).map(|published| published.head);
    let size = evidence.trees.size(scope)?;
    let sealer = if size == 0 {
        Sealer::new(signed)
    } else {
        Sealer::resume(size, &evidence.trees.of(scope), signed)?
    };
    let unsealed = size.saturating_sub(signed.map_or(0, |signed| signed.size));
    Ok(ScopeTree { sealer, unsealed: unsealed.min(1), refused: false })
}

/// Signs and records a checkpoint of each scope that has something new.
async fn seal(evidence: &Evidence, handle: &Handle, trees: &mut ScopeTrees) {
    for (scope, tree) in trees.iter_mut().filter(|(_, tree)| tree.unsealed > 0 && !tree.refused) {
        match seal_one(evidence, handle, *scope, tree).await {
            Ok(true) => tree.unsealed = 0,
            Ok(false) => {}
            Err(SealerError::Seal(error @ SealError::Inconsistent { .. })) => {
                tracing::error!(%error, scope = scope.0, "this scope is never sealed again");
                tree.refused = true;
            }
            Err(SealerError::Seal(SealError::Smaller { .. })) => {}
            Err(error) => tracing::error!(%error, scope = scope.0, "no checkpoint"),
        }
    }
}

/// Whether the checkpoint is in the log now.
async fn seal_one(
    evidence: &Evidence,
    handle: &Handle,
    scope: ScopeNo,
    tree: &mut ScopeTree,
) -> Result<bool, SealerError> {
    let (origin, signer) = evidence.signer(scope)?;
    let note = tree.sealer.sign(&origin, &signer)?;
    let head = tree.sealer.head();
    let command = SealCommand { tree_size: head.size, root: head.root, note };
    let request = Request {
        scope,
        actor: system_actor(),
        key: None,
        request_id: RequestId(handle.env().random_bytes()),
        cause: None,
        idempotency: None,
        command: Command::Seal(command),
    };
    match handle.submit(request).await {
        Ok(Answer::Entry(_) | Answer::Repeat(_)) => Ok(true),
        Ok(Answer::Refused(refusal))
            if matches!(refusal.code, Code::StorageLow | Code::ReadOnly) =>
        {
            Ok(false)
        }
        Ok(Answer::Refused(refusal)) => {
            tracing::error!(code = %refusal.code, detail = %refusal.detail, "a seal was refused");
            Ok(false)
        }
        Err(error) => {
            tracing::debug!(%error, "a seal was not taken; it is tried again");
            Ok(false)
        }
    }
}

fn system_actor() -> ActorName {
    zentra_engine::SYSTEM_ACTOR.parse().expect("the system actor's name is a name")
}
