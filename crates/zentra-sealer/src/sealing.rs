//! Sealing, a step at a time: leaves are folded as entries become durable, and a checkpoint is
//! signed when enough came or time is up.
//!
//! A checkpoint is a command like any other; it is published when its entry is durable. A seal of
//! nothing but earlier seals is not made, so that a quiet log stays quiet. A tree that disagrees
//! with what was signed is never signed again, and it is said. Must not wait.

use crate::evidence::{Evidence, SealerError};
use crate::nodes::Leaves;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use zentra_engine::{Command, Request, SealCommand};
use zentra_env::Env;
use zentra_events::{ActorName, Code, Event, Position, RequestId, ScopeNo};
use zentra_evidence::merkle::stored_count;
use zentra_evidence::{SealError, Sealer};
use zentra_runtime::{Answer, Stretches, SubmitError};

/// Entries folded before the trees are written.
pub(crate) const CHUNK_ENTRIES_MAX: usize = 1_024;
/// How long it waits when nothing is due.
const WAIT_MAX: Duration = Duration::from_hours(1);

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
    /// How many leaves there are up to the last that is no checkpoint.
    to_seal: u64,
    /// Whether the tree disagrees with what was signed: it is never signed again.
    refused: bool,
}

type ScopeTrees = BTreeMap<ScopeNo, ScopeTree>;

/// The sealing of one log. In turns: [`Sealing::fold`]; then for each scope that is
/// [`Sealing::due`] a [`Sealing::request`] to submit, and what it was [`Sealing::answered`].
pub struct Sealing {
    env: Env,
    evidence: Arc<Evidence>,
    options: SealOptions,
    trees: ScopeTrees,
    /// Whether the scopes are there that waited for a checkpoint when it began.
    resumed: bool,
    /// When to wait no longer for more entries.
    due: Option<Duration>,
    marking: Marking,
}

impl Sealing {
    /// Goes on where the trees of this evidence are.
    pub fn new(env: &Env, evidence: Arc<Evidence>, options: SealOptions) -> Sealing {
        let marking = Marking { last: env.passed(), grown: false };
        let (env, trees) = (env.clone(), ScopeTrees::new());
        Sealing { env, evidence, options, trees, resumed: false, due: None, marking }
    }

    /// The first position whose leaf is not in yet.
    pub fn reached(&self) -> Position {
        self.evidence.trees.position().unwrap_or(Position::ZERO)
    }

    /// Takes in the leaves of the next durable entries, at most a chunk of them, and publishes the
    /// checkpoints among them; gives their number.
    ///
    /// # Errors
    /// When the log or the trees cannot be read or written, or the trees are another log's: then it
    /// must not go on.
    pub fn fold(&mut self) -> Result<usize, SealerError> {
        if !self.resumed {
            for (scope, leaves) in self.evidence.trees.all()? {
                self.resume(scope, leaves)?;
            }
            self.resumed = true;
        }
        let followed = fold(&self.evidence, &mut self.trees)?;
        self.mark(followed > 0);
        Ok(followed)
    }

    /// A scope that has something to seal is sealed, whether or not more comes.
    fn resume(&mut self, scope: ScopeNo, leaves: Leaves) -> Result<(), SealerError> {
        let signed = self.evidence.published(scope).map_or(0, |published| published.head.size);
        if leaves.to_seal > signed {
            self.trees.insert(scope, resume(&self.evidence, scope)?);
        }
        Ok(())
    }

    /// The scopes to be sealed now: all with something new when enough came, unless there is more
    /// to fold, or when time is up; else none.
    pub fn due(&mut self, is_behind: bool) -> Vec<ScopeNo> {
        let most = self.trees.values().map(|tree| tree.unsealed).max().unwrap_or(0);
        let now = self.env.passed();
        if most == 0 {
            self.due = None;
            return Vec::new();
        }
        let after = Duration::from_millis(self.options.after_ms);
        let due = *self.due.get_or_insert_with(|| now.saturating_add(after));
        if (most < self.options.entries || is_behind) && now < due {
            return Vec::new();
        }
        self.due = None;
        let due = self.trees.iter().filter(|(_, tree)| tree.unsealed > 0 && !tree.refused);
        due.map(|(scope, _)| *scope).collect()
    }

    /// The command that records a checkpoint of a scope, signed now; none when there is none to
    /// sign.
    pub fn request(&mut self, scope: ScopeNo) -> Option<Request> {
        let tree = self.trees.get_mut(&scope)?;
        match sign(&self.evidence, scope, tree) {
            Ok(command) => Some(Request {
                scope,
                actor: system_actor(),
                key: None,
                request_id: RequestId(self.env.random_bytes()),
                cause: None,
                idempotency: None,
                command: Command::Seal(command),
            }),
            Err(SealerError::Seal(error @ SealError::Inconsistent { .. })) => {
                tracing::error!(%error, scope = scope.0, "this scope is never sealed again");
                tree.refused = true;
                None
            }
            Err(SealerError::Seal(SealError::Smaller { .. })) => None,
            Err(error) => {
                tracing::error!(%error, scope = scope.0, "no checkpoint");
                None
            }
        }
    }

    /// What became of a request: a checkpoint that is in the log is not made again.
    pub fn answered(&mut self, scope: ScopeNo, answer: Result<Answer, SubmitError>) {
        match answer {
            Ok(Answer::Entry(_) | Answer::Repeat(_)) => {
                if let Some(tree) = self.trees.get_mut(&scope) {
                    tree.unsealed = 0;
                }
            }
            Ok(Answer::Refused(refusal))
                if matches!(refusal.code, Code::StorageLow | Code::ReadOnly) => {}
            Ok(Answer::Refused(refusal)) => {
                let (code, detail) = (refusal.code, refusal.detail);
                tracing::error!(%code, %detail, "a seal was refused");
            }
            Err(error) => tracing::debug!(%error, "a seal was not taken; it is tried again"),
        }
    }

    /// How long there is nothing to do unless the log grows.
    pub fn wait(&self) -> Duration {
        let now = self.env.passed();
        let due = self.due.into_iter().chain(self.marking.due()).min();
        due.map_or(WAIT_MAX, |due| due.saturating_sub(now).min(WAIT_MAX))
    }

    /// Marks the log's end when it is time to; it has grown, or may have.
    pub(crate) fn mark(&mut self, grown: bool) {
        self.marking.mark(&self.evidence, self.env.passed(), grown);
    }
}

/// How long the log grows at most before its end is marked, sealed or not: what was acknowledged
/// or delivered before that is known to have been there.
const MARK_AFTER: Duration = Duration::from_secs(1);

/// When the log's end is marked next.
struct Marking {
    last: Duration,
    grown: bool,
}

impl Marking {
    fn due(&self) -> Option<Duration> {
        self.grown.then(|| self.last.saturating_add(MARK_AFTER))
    }

    fn mark(&mut self, evidence: &Evidence, now: Duration, grown: bool) {
        self.grown |= grown;
        if self.due().is_none_or(|due| now < due) {
            return;
        }
        *self = Marking { last: now, grown: false };
        if let Err(error) = evidence.mark() {
            tracing::warn!(%error, "the end of the log is not marked; it is tried again");
        }
    }
}

/// Takes in the leaves of the next durable entries that are not in yet; gives their number.
fn fold(evidence: &Evidence, trees: &mut ScopeTrees) -> Result<usize, SealerError> {
    let (from, told) = (evidence.trees.position()?, *evidence.told.borrow());
    let mut change = evidence.trees.change();
    let (mut count, mut next, mut failed) = (0, from, None);
    let (mut seals, mut stretches) = (Vec::new(), Stretches::on(evidence.log.env()));
    evidence.log.scan(from, &mut |entry, stored| {
        if entry.header.position >= told {
            return ControlFlow::Break(());
        }
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
    if !is_seal(entry) {
        tree.unsealed += 1;
        tree.to_seal = tree.sealer.size();
    }
    let leaves = Leaves { size: tree.sealer.size(), to_seal: tree.to_seal };
    change.leaf((scope, number), entry.header.position, leaves);
    Ok(())
}

fn is_seal(entry: &zentra_events::Entry) -> bool {
    entry.events().iter().any(|recorded| matches!(recorded.event, Event::EvidenceSealed(_)))
}

fn resume(evidence: &Evidence, scope: ScopeNo) -> Result<ScopeTree, SealerError> {
    let signed = evidence.published(scope).map(|published| published.head);
    let Leaves { size, to_seal } = evidence.trees.leaves(scope)?;
    let sealer = if size == 0 {
        Sealer::new(signed)
    } else {
        Sealer::resume(size, &evidence.trees.of(scope), signed)?
    };
    let unsealed = u64::from(to_seal > signed.map_or(0, |signed| signed.size));
    Ok(ScopeTree { sealer, unsealed, to_seal, refused: false })
}

/// Signs a checkpoint of a scope as it is now.
fn sign(
    evidence: &Evidence,
    scope: ScopeNo,
    tree: &mut ScopeTree,
) -> Result<SealCommand, SealerError> {
    let (origin, signer) = evidence.signer(scope)?;
    let note = tree.sealer.sign(&origin, &signer)?;
    let head = tree.sealer.head();
    Ok(SealCommand { tree_size: head.size, root: head.root, note })
}

fn system_actor() -> ActorName {
    zentra_engine::SYSTEM_ACTOR.parse().expect("the system actor's name is a name")
}
