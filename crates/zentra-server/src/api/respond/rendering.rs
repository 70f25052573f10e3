//! What an answer is rendered from.
//!
//! The entry, names that never change, earlier entries of the same stream, the secrets that the
//! entry holds sealed, and what the request itself said. Must not read the present state.

use crate::api::problem::Problem;
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use zentra_events::{AccountNo, Currency, Entry, Header, Names, Position};
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
    pub(crate) partition: u16,
    pub(crate) names: &'a dyn Names,
    pub(crate) log: LogReader<'a>,
    pub(crate) keyring: &'a Keyring,
    pub(crate) hints: &'a Hints,
}

impl Rendering<'_> {
    /// The code of an account.
    pub(crate) fn account(&self, account: AccountNo) -> String {
        self.names.account(account).unwrap_or_default()
    }

    /// The currency of an account.
    pub(crate) fn currency(&self, account: AccountNo) -> Option<Currency> {
        self.names.currency(account)
    }

    /// Where, when and by whom something was recorded.
    pub(crate) fn recorded(&self, header: &Header) -> Map<String, Value> {
        let shown = json!({
            "position": header.position,
            "scope_number": header.scope_number,
            "recorded_at": header.recorded_at,
            "actor": self.names.actor(header.actor).unwrap_or_default(),
            "scope": self.names.scope(header.scope).unwrap_or_default(),
            "request_id": HEXLOWER.encode(&header.request_id.0),
        });
        match shown {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// What every answer to a command has: the state, the event, its evidence and the entrypoint.
    pub(crate) fn base(
        &self,
        header: &Header,
        status: &str,
        event: &str,
        entrypoint: &str,
    ) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("status".into(), status.into());
        body.insert("event".into(), event.into());
        body.insert("evidence".into(), Value::Object(self.recorded(header)));
        body.insert("entrypoint".into(), entrypoint.into());
        body
    }
}
