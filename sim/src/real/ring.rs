//! The keys that callers have, and what each may ask (docs/operating/roles.md).
//!
//! Owns whose key asks what. Whether a key still works is the model's to say.

use crate::node::Input;
use serde_json::Value;
use zentra_delivery::DeliveryCommand;
use zentra_engine::{AccessCommand, Command, Request};
use zentra_events::event::role::{ADMIN, AUDITOR, DEPLOYMENT, OPERATOR, WRITER};
use zentra_events::{KeyId, ScopeNo};
use zentra_ledger::LedgerCommand;

/// A key, with its text.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) text: String,
    pub(super) scope: u32,
    pub(super) roles: u8,
    pub(super) actor: String,
    /// Its id; none until its entry was read.
    pub(super) id: Option<KeyId>,
    /// The driver's own: nobody revokes it.
    own: bool,
}

/// All keys whose texts are known.
#[derive(Default)]
pub(super) struct Ring(Vec<Held>);

impl Ring {
    /// A key that the command line made.
    pub(super) fn made(&mut self, scope: u32, role: &str, text: String) {
        let (roles, actor) = (bits(role), "tester".to_owned());
        self.0.push(Held { text, scope, roles, actor, id: None, own: true });
    }

    /// The ids of those, in the order of their making.
    pub(super) fn named(&mut self, ids: &[KeyId]) {
        for (held, id) in self.0.iter_mut().filter(|held| held.own).zip(ids) {
            held.id = Some(*id);
        }
    }

    /// A key that an answer tells.
    pub(super) fn told(&mut self, scope: u32, told: &Value) {
        let (Some(text), Some(id)) = (told["key"].as_str(), told["id"].as_str()) else { return };
        let roles = told["roles"].as_array().into_iter().flatten();
        let roles = roles.fold(0, |roles, word| roles | bits(word.as_str().unwrap_or_default()));
        let (text, id) = (text.to_owned(), id.parse().ok());
        let actor = told["actor"].as_str().unwrap_or_default().to_owned();
        self.0.push(Held { text, scope, roles, actor, id, own: false });
    }

    /// The driver's own key of a scope, with a role.
    pub(super) fn own(&self, scope: u32, roles: u8) -> Option<&Held> {
        self.0.iter().find(|held| held.own && held.scope == scope && held.roles == roles)
    }

    /// Whether it is the driver's own.
    fn is_own(&self, id: KeyId) -> bool {
        self.0.iter().any(|held| held.own && held.id == Some(id))
    }

    /// Whose key asks a wish: the wish's own where its text is known. None where nobody can ask it.
    pub(super) fn asks(&self, input: &Input) -> Option<Held> {
        let (scope, key) = match input {
            Input::Command(request) => (request.scope, request.key),
            Input::Intents(batch) => (batch.scope, batch.key),
        };
        if let Input::Command(request) = input
            && let Command::Access(AccessCommand::RevokeKey { key }) = &request.command
            && self.is_own(*key)
        {
            return None;
        }
        let ScopeNo(scope) = scope;
        let known = key.and_then(|id| self.0.iter().find(|held| held.id == Some(id)));
        if let Some(known) = known.filter(|held| held.scope == scope) {
            return Some(known.clone());
        }
        let Input::Command(request) = input else { return self.own(scope, ADMIN).cloned() };
        match &request.command {
            Command::Access(
                AccessCommand::CreateScope { .. } | AccessCommand::SetQuotas { .. },
            ) => self.own(0, DEPLOYMENT).cloned(),
            Command::Ledger(
                LedgerCommand::OpenAccount { by_admin, .. }
                | LedgerCommand::SetAccountStatus { by_admin, .. },
            ) if !by_admin => self.own(scope, WRITER).cloned(),
            _ => self.own(scope, ADMIN).cloned(),
        }
    }
}

/// The role of a word.
fn bits(word: &str) -> u8 {
    match word {
        "writer" => WRITER,
        "operator" => OPERATOR,
        "auditor" => AUDITOR,
        "admin" => ADMIN,
        "deployment" => DEPLOYMENT,
        _ => 0,
    }
}

/// The words of roles; of a bit that no role has there is none.
pub(super) fn words(roles: u8) -> Vec<&'static str> {
    let all = ["writer", "operator", "auditor", "admin", "deployment"];
    all.into_iter().filter(|word| roles & bits(word) != 0).collect()
}

/// The roles of which one is needed.
pub(super) fn needed(input: &Input) -> u8 {
    let Input::Command(request) = input else { return WRITER | ADMIN };
    match &request.command {
        Command::Ledger(
            LedgerCommand::SetChart { .. }
            | LedgerCommand::SetPolicy { .. }
            | LedgerCommand::SetRoutes { .. }
            | LedgerCommand::ResetRoutes
            | LedgerCommand::DeclareCurrency { .. },
        ) => ADMIN,
        Command::Delivery(
            DeliveryCommand::DisableEndpoint { .. }
            | DeliveryCommand::EnableEndpoint { .. }
            | DeliveryCommand::RotateSecret { .. }
            | DeliveryCommand::EndSecretVersion { .. },
        ) => WRITER | OPERATOR | ADMIN,
        Command::Delivery(
            DeliveryCommand::Resend { .. }
            | DeliveryCommand::ResolveDelivery { .. }
            | DeliveryCommand::Replay { .. },
        ) => OPERATOR | ADMIN,
        Command::Access(AccessCommand::CreateKey(_) | AccessCommand::RevokeKey { .. }) => ADMIN,
        Command::Access(_) => DEPLOYMENT,
        _ => WRITER | ADMIN,
    }
}

/// A wish as the key's owner asks it: in the key's scope, and as an admin or not.
pub(super) fn asked_with(input: &mut Input, held: &Held) {
    match input {
        Input::Intents(batch) => batch.key = held.id,
        Input::Command(request) => {
            let Request { scope, key, command, .. } = &mut **request;
            (*scope, *key) = (ScopeNo(held.scope), held.id);
            if let Command::Ledger(
                LedgerCommand::OpenAccount { by_admin, .. }
                | LedgerCommand::SetAccountStatus { by_admin, .. },
            ) = command
            {
                *by_admin = held.roles & ADMIN != 0;
            }
        }
    }
}
