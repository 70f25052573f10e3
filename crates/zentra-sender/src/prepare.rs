//! From a due attempt to a signed message.
//!
//! Owns opening the secrets and signing at the moment of
//! sending. Opened secrets are kept in memory, wiped when dropped, and never shown. Must not send.

use super::attempt::Prepared;
use super::bodies::{Bodies, BodyError};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use zentra_delivery::StartAttempt;
use zentra_events::{ScopeName, SecretNo, Timestamp};
use zentra_keyring::{Keyring, KeyringError};
use zentra_runtime::Handle;
use zentra_signature::{MessageId, SymmetricSecret, sign_v1, signature_header};

/// Secret versions that are kept open.
const OPEN_SECRETS_MAX: usize = 16_384;

/// What of ours stood in the way of an attempt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the scope of a delivery has no name")]
    NoScope,
    #[error("no version of the secret is valid")]
    NoSecret,
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// Prepares attempts of one log.
pub(crate) struct Preparer {
    handle: Handle,
    keyring: Arc<Keyring>,
    open: Mutex<BTreeMap<(SecretNo, u32), Arc<SymmetricSecret>>>,
    bodies: Bodies,
}

impl Preparer {
    pub(crate) fn new(handle: Handle, keyring: Arc<Keyring>) -> Preparer {
        let bodies = Bodies::new(handle.clone());
        Preparer { handle, keyring, open: Mutex::default(), bodies }
    }

    /// Fills in the body and signs it. On an error the message stays unsigned.
    pub(crate) async fn sign(
        &self,
        start: &StartAttempt,
        message: &mut Prepared,
    ) -> Result<(), PrepareError> {
        let body = self.bodies.body(start.event, start.endpoint).await?;
        let scope = self.handle.names().scope_name(start.scope).ok_or(PrepareError::NoScope)?;
        let mut secrets = Vec::with_capacity(start.secret_versions.len());
        for (version, sealed) in &start.secret_versions {
            secrets.push((*version, self.secret(&scope, start.secret, *version, sealed)?));
        }
        if secrets.is_empty() {
            return Err(PrepareError::NoSecret);
        }
        message.sign(body, &secrets);
        Ok(())
    }

    fn secret(
        &self,
        scope: &ScopeName,
        secret: SecretNo,
        version: u32,
        sealed: &[u8],
    ) -> Result<Arc<SymmetricSecret>, PrepareError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = open.get(&(secret, version)) {
            return Ok(Arc::clone(found));
        }
        let opened = Arc::new(self.keyring.open(scope, sealed)?);
        if open.len() >= OPEN_SECRETS_MAX {
            open.clear();
        }
        open.insert((secret, version), Arc::clone(&opened));
        Ok(opened)
    }
}

impl Prepared {
    /// The message of an attempt that starts now, without body and signature.
    pub fn unsigned(start: &StartAttempt, now: Timestamp) -> Prepared {
        Prepared {
            number: start.number,
            replay: start.replay,
            scope: start.scope,
            event: start.event,
            url: start.url.to_string(),
            timeout: start.timeout,
            started_at: now.in_microseconds(),
            signed_at_seconds: now.seconds(),
            secret_versions: Vec::new(),
            signature: String::new(),
            body: Bytes::new(),
            payload_hash: [0; 32],
        }
    }

    /// Fills in the body, and signs it by these versions of the secret.
    pub fn sign(&mut self, body: Bytes, secrets: &[(u32, Arc<SymmetricSecret>)]) {
        let id = MessageId::parse(&self.event.to_string())
            .expect("an event's id is base32 after a prefix, without dots");
        self.payload_hash = *blake3::hash(&body).as_bytes();
        self.body = body;
        let (seconds, body) = (self.signed_at_seconds, &self.body);
        let signatures = secrets.iter().map(|(_, secret)| sign_v1(secret, &id, seconds, body));
        self.signature = signature_header(signatures);
        self.secret_versions = secrets.iter().map(|(version, _)| *version).collect();
    }
}
