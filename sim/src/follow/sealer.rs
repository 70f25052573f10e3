//! The sealer of a process, a step at a time, as its task does it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use zentra_engine::{Request, Sealed};
use zentra_env::Env;
use zentra_events::ScopeNo;
use zentra_keyring::Keyring;
use zentra_runtime::{Answer, DataFolder, Handle, SubmitError};
use zentra_sealer::{Evidence, SealOptions, SealerError, Sealing};

/// Entries that the product folds at once.
const CHUNK: usize = 1_024;

/// What comes after a step.
pub(crate) enum Next {
    /// This is to be submitted.
    Asks(Box<Request>),
    /// There is more to do.
    Again,
    /// Nothing, until the log grows or so much time is over.
    Rests(Duration),
}

/// The sealer of a process.
pub(crate) struct Sealer {
    pub(crate) evidence: Arc<Evidence>,
    sealing: Sealing,
    due: VecDeque<ScopeNo>,
    /// What waits for an answer: the sending, once it is known, and the scope.
    asked: Option<(u64, ScopeNo)>,
}

impl Sealer {
    /// Opens the trees.
    pub(crate) fn open(
        (env, folder): (&Env, &DataFolder),
        handle: &Handle,
        keyring: &Arc<Keyring>,
        (sealed, options): (&[(ScopeNo, Sealed)], SealOptions),
    ) -> Result<Sealer, SealerError> {
        let evidence = Evidence::open(folder, handle, Arc::clone(keyring), sealed)?;
        let evidence = Arc::new(evidence);
        let sealing = Sealing::new(env, Arc::clone(&evidence), options);
        Ok(Sealer { evidence, sealing, due: VecDeque::new(), asked: None })
    }

    /// A step.
    pub(crate) fn step(&mut self) -> Result<Next, SealerError> {
        if let Some(scope) = self.due.pop_front() {
            let request = self.sealing.request(scope);
            self.asked = request.as_ref().map(|_| (0, scope));
            return Ok(request.map_or(Next::Again, |request| Next::Asks(Box::new(request))));
        }
        let folded = self.sealing.fold()?;
        self.due.extend(self.sealing.due(folded == CHUNK));
        if folded == CHUNK || !self.due.is_empty() {
            return Ok(Next::Again);
        }
        Ok(Next::Rests(self.sealing.wait()))
    }

    /// What was asked last is on its way.
    pub(crate) fn asks(&mut self, sending: u64) {
        self.asked = self.asked.map(|(_, scope)| (sending, scope));
    }

    /// Whether it waits for an answer.
    pub(crate) fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether it waits for the answer to this sending.
    pub(crate) fn waits_for(&self, sending: u64) -> bool {
        self.asked.is_some_and(|(asked, _)| asked == sending)
    }

    /// What it waited for.
    pub(crate) fn answered(&mut self, answer: Result<Answer, SubmitError>) {
        if let Some((_, scope)) = self.asked.take() {
            self.sealing.answered(scope, answer);
        }
    }

    /// How far the trees are.
    pub(crate) fn reached(&self) -> zentra_events::Position {
        self.sealing.reached()
    }
}
