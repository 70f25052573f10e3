//! Whether a master key is the one that a log was written with.
//!
//! Another key would be another identity: old checkpoints would not verify any more, and no signing
//! secret would open. Owns what of a log depends on the key. Must not make a key.

use crate::log_access::{LogAccess, LogError};
use zentra_engine::{Engine, Sealed};
use zentra_events::{Event, Position, ScopeNo, SecretNo};
use zentra_evidence::note::NoteSigner;
use zentra_keyring::Keyring;

/// Why a log does not open with the master key of its folder.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// There is no key, and the log needs the one that it was written with.
    #[error(
        "the log needs the master key that {0} was made with, and there is no master.key in the \
         data folder: restore it from where it is kept"
    )]
    Missing(Made),
    /// The key is another one.
    #[error(
        "master.key is not the key that {0} was made with: restore the deployment's own key. \
         No entry was changed"
    )]
    Other(Made),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Something in a log that was made with the master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A checkpoint, by its entry.
    Checkpoint(Position),
    /// A signing secret, by its last entry.
    Secret(Position),
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Made::Checkpoint(at) => write!(f, "the checkpoint at position {}", at.get()),
            Made::Secret(at) => write!(f, "the signing secret at position {}", at.get()),
        }
    }
}

/// Checks that the key is the one that the log's last checkpoint was signed with; where it has no
/// checkpoint, that its first signing secret opens. A log with neither takes any key, and none.
///
/// # Errors
/// When the key is missing or another, or the log cannot be read.
pub fn check(
    keyring: Option<&Keyring>,
    engine: &Engine,
    log: &LogAccess,
) -> Result<(), IdentityError> {
    let sealed = engine.all_sealed().into_iter().max_by_key(|(_, sealed)| sealed.position);
    if let Some((scope, sealed)) = sealed {
        let made = Made::Checkpoint(sealed.position);
        let keyring = keyring.ok_or(IdentityError::Missing(made))?;
        let signed = signed(keyring, engine, log, scope, sealed)?;
        return if signed { Ok(()) } else { Err(IdentityError::Other(made)) };
    }
    let Some(secret) = engine.deliveries().secret(SecretNo(0)) else { return Ok(()) };
    let made = Made::Secret(secret.last);
    let keyring = keyring.ok_or(IdentityError::Missing(made))?;
    let newest = secret.versions.first().zip(engine.directory().scope_name(secret.scope));
    match newest {
        Some((newest, name)) if keyring.open(name, &newest.sealed).is_err() => {
            Err(IdentityError::Other(made))
        }
        _ => Ok(()),
    }
}

/// Whether the note of a checkpoint verifies with the scope's key.
fn signed(
    keyring: &Keyring,
    engine: &Engine,
    log: &LogAccess,
    scope: ScopeNo,
    sealed: Sealed,
) -> Result<bool, IdentityError> {
    let Some(name) = engine.directory().scope_name(scope) else { return Ok(false) };
    let signer = NoteSigner::new(&format!("zentra/{name}"), &keyring.checkpoint_seed(name));
    let (Ok(signer), Some(entry)) = (signer, log.entry(sealed.position)?) else {
        return Ok(false);
    };
    Ok(entry.events().iter().any(|recorded| match &recorded.event {
        Event::EvidenceSealed(body) => signer.verifier().verify(&body.note).is_ok(),
        _ => false,
    }))
}
