//! A key that the command line asks for, and its scope when that is new.
//!
//! The same command is decided by a running server and on a folder that none has open. Owns the
//! actor of what comes from the command line. Must not know which of the two it is.

use crate::protocol::ControlRequest;
use data_encoding::HEXLOWER;
use zentra_engine::{AccessCommand, Command, NewKey, Request};
use zentra_env::Env;
use zentra_events::limits::TEXT_CHARS_MAX;
use zentra_events::{ActorName, RequestId, ScopeName, ScopeNo};

/// The actor of what was asked at the command line. No key can have this name.
pub const COMMAND_LINE: &str = "zentra:cli";

/// A key that the command line asks for.
#[derive(Clone, Debug)]
pub struct KeyWanted {
    /// Its scope.
    pub scope: ScopeName,
    key: NewKey,
}

impl KeyWanted {
    /// A key with this hash of its text.
    ///
    /// # Errors
    /// When a text is not one of its kind.
    pub fn new(
        (scope, actor): (&str, &str),
        hash: [u8; 32],
        roles: u8,
        label: &str,
    ) -> Result<KeyWanted, String> {
        let scope = scope.parse().map_err(|error| format!("the scope {scope:?}: {error}"))?;
        let actor: ActorName =
            actor.parse().map_err(|error| format!("the actor {actor:?}: {error}"))?;
        if label.chars().count() > TEXT_CHARS_MAX {
            return Err(format!("a label has at most {TEXT_CHARS_MAX} characters"));
        }
        let key = NewKey { actor, hash, roles, label: label.to_owned() };
        Ok(KeyWanted { scope, key })
    }

    /// What a running server is asked.
    pub(crate) fn ask(&self) -> ControlRequest {
        let NewKey { actor, hash, roles, label } = &self.key;
        ControlRequest::Key {
            scope: self.scope.to_string(),
            actor: actor.to_string(),
            hash: HEXLOWER.encode(hash),
            roles: *roles,
            label: label.clone(),
        }
    }

    /// What makes it: one entry, with the scope when that is not `known`.
    pub fn request(&self, env: &Env, known: Option<ScopeNo>) -> Request {
        let key = self.key.clone();
        match known {
            Some(scope) => request(env, scope, AccessCommand::CreateKey(key)),
            None => {
                let name = self.scope.clone();
                request(env, ScopeNo(u32::MAX), AccessCommand::CreateScope { name, key: Some(key) })
            }
        }
    }
}

/// A command of the command line.
fn request(env: &Env, scope: ScopeNo, command: AccessCommand) -> Request {
    Request {
        scope,
        actor: COMMAND_LINE.parse().expect("the name has letters and a colon only"),
        key: None,
        request_id: RequestId(env.random_bytes()),
        cause: None,
        idempotency: None,
        command: Command::Access(command),
    }
}
