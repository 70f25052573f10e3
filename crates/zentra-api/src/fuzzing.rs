//! Private readers, for the fuzz targets alone.
//!
//! Owns nothing: it gives the readers what a request would give them.

use crate::batch::{Form, parse as parse_batch};
use crate::bodies::Bodies;
use crate::caller::Caller;
use axum::http::Method;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use zentra_engine::{Engine, IntentBatch};
use zentra_env::Env;
use zentra_events::event::role;
use zentra_events::{ActorName, KeyId, Position, RequestId, ScopeName, ScopeNo};
use zentra_runtime::{ScopeLimits, SharedNames};

/// Reads the bodies of batches as the API does for a writer of the first scope.
pub struct BatchReader {
    caller: Caller,
    names: SharedNames,
    bodies: Arc<Bodies>,
}

impl BatchReader {
    /// A reader that knows the accounts of this engine.
    pub fn new(env: &Env, engine: &Engine, scope_name: ScopeName, actor: ActorName) -> BatchReader {
        let caller = Caller {
            scope: ScopeNo(0),
            scope_name,
            actor,
            key: KeyId::at(0, Position::ZERO, 0),
            roles: role::WRITER,
            request_id: RequestId([0; 16]),
            method: Method::POST,
            path: "/intents/batch".into(),
            idempotency_key: None,
        };
        let limits = Arc::new(ScopeLimits::of(engine));
        let bodies = Bodies::new(env, u64::MAX, Duration::ZERO, limits);
        BatchReader { caller, names: SharedNames::of(engine), bodies }
    }

    /// The batch in a JSON array, if it is one.
    pub fn array(&self, body: &Bytes) -> Option<IntentBatch> {
        self.read(Form::Array, body)
    }

    /// The batch in lines of JSON, if it is one.
    pub fn lines(&self, body: &Bytes) -> Option<IntentBatch> {
        self.read(Form::Lines, body)
    }

    /// The batch in bytes, if it is one.
    pub fn binary(&self, body: &Bytes) -> Option<IntentBatch> {
        self.read(Form::Binary, body)
    }

    fn read(&self, form: Form, body: &Bytes) -> Option<IntentBatch> {
        let mut held = self.bodies.hold(self.caller.scope);
        parse_batch(&self.caller, &self.names, form, body, &mut held).ok()
    }
}
