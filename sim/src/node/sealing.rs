//! Signing secrets: a process seals them with its master key before anything is decided.

use super::asking::Input;
use super::process::Node;
use zentra_delivery::{DeliveryCommand, SecretChoice};
use zentra_engine::Command;
use zentra_env::Env;
use zentra_events::{ScopeName, ScopeNo};
use zentra_signature::SymmetricSecret;

impl Input {
    /// The scope of an input that has a secret.
    pub(crate) fn scope_of_secret(&self) -> Option<ScopeNo> {
        let Input::Command(request) = self else { return None };
        let has_one = matches!(
            request.command,
            Command::Delivery(
                DeliveryCommand::CreateEndpoint { .. } | DeliveryCommand::RotateSecret { .. }
            )
        );
        has_one.then_some(request.scope)
    }

    fn secret(&mut self) -> Option<&mut Vec<u8>> {
        let Input::Command(request) = self else { return None };
        match &mut request.command {
            Command::Delivery(DeliveryCommand::CreateEndpoint { secret, .. }) => match secret {
                SecretChoice::Own { sealed } => Some(sealed),
                SecretChoice::Named { sealed_if_new, .. } => Some(sealed_if_new),
            },
            Command::Delivery(DeliveryCommand::RotateSecret { sealed, .. }) => Some(sealed),
            _ => None,
        }
    }
}

impl Node {
    /// Seals the secret of an input, which any bytes stand for before.
    pub(crate) fn seals(&self, env: &Env, scope: &ScopeName, input: &mut Input) {
        if let Some(bytes) = input.secret() {
            let secret = SymmetricSecret::from_bytes(blake3::hash(bytes).as_bytes());
            *bytes = self.keyring.seal(env, scope, &secret.expect("32 bytes are a secret"));
        }
    }
}
