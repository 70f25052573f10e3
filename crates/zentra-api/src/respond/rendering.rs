//! What an answer is rendered from.
//!
//! The entry, names that never change, earlier entries of the same stream, the secrets that the
//! entry holds sealed, and what the request itself said. Must not read the present state.

use crate::problem::Problem;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::sync::Arc;
use zentra_api_types::{Evidence, Text};
use zentra_env::Env;
use zentra_events::{
    AccountNo, ActorNo, Currency, Entry, Header, Names, Position, RequestId, ScopeNo,
};
use zentra_keyring::Keyring;

/// Reads a durable entry back; none when there is none.
pub(crate) type LogReader<'a> = &'a dyn Fn(Position) -> Result<Option<Arc<Entry>>, Problem>;

/// What the request said that its entry does not. The same key with another request is refused, so
/// a repeated answer has the same hints, but for what is told once only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// The name of the secret that was asked for.
    pub(crate) secret_name: Option<String>,
    /// Whether the secret in the entry is not told: it is the caller's own, or was told before.
    pub(crate) no_secret: bool,
    /// The text of the key that was made; nobody has it later.
    pub(crate) key_text: Option<String>,
}

/// Renders answers of one scope.
pub(crate) struct Rendering<'a> {
    pub(crate) env: &'a Env,
    pub(crate) partition: u16,
    pub(crate) names: &'a dyn Names,
    pub(crate) log: LogReader<'a>,
    pub(crate) keyring: &'a Keyring,
    pub(crate) hints: &'a Hints,
}

/// An answer on its way out.
pub(crate) struct Rendered {
    pub(crate) status: StatusCode,
    /// Its body: JSON text.
    pub(crate) text: String,
}

impl Rendered {
    /// An answer with this body.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn of(status: StatusCode, body: &impl Serialize) -> Result<Rendered, Problem> {
        let text = serde_json::to_string(body).map_err(|error| Problem::internal(&error))?;
        Ok(Rendered { status, text })
    }
}

/// What every answer to a command has beside its status: the event, its evidence, the call.
pub(super) struct Base {
    pub(super) event: Text,
    pub(super) evidence: Evidence,
    pub(super) entrypoint: Text,
}

impl Rendering<'_> {
    /// The code of an account.
    pub(crate) fn account(&self, account: AccountNo) -> String {
        self.names.account(account).unwrap_or_default()
    }

    /// The currency of an account.
    ///
    /// # Errors
    /// When nobody knows the account.
    pub(crate) fn currency(&self, account: AccountNo) -> Result<Currency, Problem> {
        let known = self.names.currency(account);
        known.ok_or_else(|| Problem::internal(&"an account has no currency"))
    }

    /// The name of an actor.
    pub(crate) fn actor(&self, actor: ActorNo) -> String {
        self.names.actor(actor).unwrap_or_default()
    }

    /// The name of a scope.
    pub(crate) fn scope(&self, scope: ScopeNo) -> String {
        self.names.scope(scope).unwrap_or_default()
    }

    pub(super) fn base(
        &self,
        header: &Header,
        event: &'static str,
        entrypoint: impl Into<Text>,
    ) -> Base {
        let evidence = Evidence {
            position: header.position,
            scope_number: header.scope_number,
            recorded_at: header.recorded_at.into(),
            actor: self.actor(header.actor),
            scope: self.scope(header.scope),
            request_id: shown_id(header.request_id),
            event_id: None,
            replay_id: None,
        };
        Base { event: event.into(), evidence, entrypoint: entrypoint.into() }
    }
}

fn shown_id(id: RequestId) -> String {
    HEXLOWER.encode(&id.0)
}
