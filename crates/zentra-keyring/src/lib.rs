//! The deployment's master key: seals signing secrets at rest, derives every other key.
//!
//! Owns the file `master.key` in the data folder and the layout of sealed bytes: version 1 (one
//! byte), nonce (24 bytes), XChaCha20-Poly1305 ciphertext; associated data is the scope. Must never
//! log or show a secret, and must not know what reads the keys that it derives.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use zentra_env::Env;
use zentra_events::ScopeName;
use zentra_signature::SymmetricSecret;
use zentra_store::files;
use zeroize::Zeroizing;

/// The key file's name.
pub const FILE: &str = "master.key";

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Why the keyring cannot be used, or sealed bytes not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The key file could not be read or made.
    #[error("the key file {path}: {source}")]
    File {
        /// Where it is.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key file is not 32 bytes, or others may read it.
    #[error("the key file {path} must be 32 bytes that only its owner may read (chmod 600)")]
    Unsafe {
        /// Where it is.
        path: String,
    },
    /// Sealed bytes were made with another key, for another scope, or damaged.
    #[error("a sealed secret does not open with this deployment's key")]
    DoesNotOpen,
}

/// The master key.
pub struct Keyring {
    master: Zeroizing<[u8; 32]>,
}

impl Keyring {
    /// Reads the key file of a data folder; none when it has none.
    ///
    /// # Errors
    /// When the file cannot be read, is a link, or is not safe.
    pub fn read(folder: &Path) -> Result<Option<Keyring>, KeyringError> {
        let path = folder.join(FILE);
        let shown = || path.display().to_string();
        let failed = |source| KeyringError::File { path: shown(), source };
        let file = match files::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        file.take(64).read_to_end(&mut bytes).map_err(failed)?;
        match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(key) if mode & 0o077 == 0 => Ok(Some(Keyring { master: Zeroizing::new(key) })),
            _ => Err(KeyringError::Unsafe { path: shown() }),
        }
    }

    /// Makes the key file of a data folder that has none.
    ///
    /// # Errors
    /// When there is one, or the file system refuses.
    pub fn create(env: &Env, folder: &Path) -> Result<Keyring, KeyringError> {
        let master = Zeroizing::new(env.random_bytes::<32>());
        write(&folder.join(FILE), &master)?;
        Ok(Keyring { master })
    }

    /// Reads a copy of a key file, wherever it is kept.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a master key.
    pub fn read_copy(path: &Path) -> Result<Keyring, KeyringError> {
        let failed = |source| KeyringError::File { path: path.display().to_string(), source };
        let bytes = Zeroizing::new(files::read(path, 64).map_err(failed)?);
        let master = <[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| KeyringError::Unsafe { path: path.display().to_string() })?;
        Ok(Keyring::from_key(master))
    }

    /// Writes the key file of a data folder that has none.
    ///
    /// # Errors
    /// When there is one, or the file system refuses.
    pub fn install(&self, folder: &Path) -> Result<(), KeyringError> {
        write(&folder.join(FILE), &self.master)
    }

    /// A keyring with this master key.
    pub fn from_key(master: [u8; 32]) -> Keyring {
        Keyring { master: Zeroizing::new(master) }
    }

    /// Seals a secret for a scope.
    pub fn seal(&self, env: &Env, scope: &ScopeName, secret: &SymmetricSecret) -> Vec<u8> {
        let nonce = env.random_bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret.bytes(), aad: &associated(scope) };
        let text = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a short text in memory can be sealed");
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        sealed
    }

    /// Opens a secret that was sealed for a scope.
    ///
    /// # Errors
    /// When it was sealed with another key or for another scope, or is damaged.
    pub fn open(&self, scope: &ScopeName, sealed: &[u8]) -> Result<SymmetricSecret, KeyringError> {
        let (version, rest) = sealed.split_first().ok_or(KeyringError::DoesNotOpen)?;
        let (nonce, text) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or(KeyringError::DoesNotOpen)?;
        if *version != VERSION {
            return Err(KeyringError::DoesNotOpen);
        }
        let payload = Payload { msg: text, aad: &associated(scope) };
        let opened = self
            .cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| KeyringError::DoesNotOpen)?;
        SymmetricSecret::from_bytes(&opened).map_err(|_| KeyringError::DoesNotOpen)
    }

    /// The Ed25519 seed of the key that signs a scope's checkpoints.
    pub fn checkpoint_seed(&self, scope: &ScopeName) -> Zeroizing<[u8; 32]> {
        self.derive("zentra checkpoint seed v1", &[scope.as_str().as_bytes()])
    }

    /// The key that authenticates snapshots.
    pub fn snapshot_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive("zentra snapshot v1", &[])
    }

    /// The key that authenticates the mark of what was published.
    pub fn mark_key(&self) -> Zeroizing<[u8; 32]> {
        self.derive("zentra mark v1", &[])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.derive("zentra secret sealing v1", &[])))
    }

    /// Every key that follows from the master key is made here, each in a context of its own, so
    /// that none tells of another. Parts are of a fixed length but for the last.
    fn derive(&self, context: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(self.master.as_slice());
        for part in parts {
            hasher.update(part);
        }
        Zeroizing::new(*hasher.finalize().as_bytes())
    }
}

/// Writes a key file where there is none, whole or not at all: half a key would be refused at every
/// start.
fn write(path: &Path, master: &Zeroizing<[u8; 32]>) -> Result<(), KeyringError> {
    let failed = |source| KeyringError::File { path: path.display().to_string(), source };
    if path.symlink_metadata().is_ok() {
        return Err(failed(ErrorKind::AlreadyExists.into()));
    }
    files::replace(path, |file| file.write_all(master.as_slice())).map_err(failed)
}

fn associated(scope: &ScopeName) -> Vec<u8> {
    [b"zentra secret v1\0".as_slice(), scope.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str) -> ScopeName {
        name.parse().unwrap()
    }

    #[test]
    fn a_secret_opens_only_in_its_scope_with_its_key() {
        let ring = Keyring::from_key([7; 32]);
        let secret = SymmetricSecret::from_bytes(&[9; 32]).unwrap();
        let sealed = ring.seal(&Env::for_tests(), &scope("a"), &secret);
        assert_eq!(ring.open(&scope("a"), &sealed).unwrap().bytes(), secret.bytes());
        assert!(ring.open(&scope("b"), &sealed).is_err());
        assert!(Keyring::from_key([8; 32]).open(&scope("a"), &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(ring.open(&scope("a"), &changed).is_err(), "byte {index}");
        }
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Keyring::read(folder.path()).unwrap().is_none());
        let env = Env::for_tests();
        Keyring::create(&env, folder.path()).unwrap();
        assert!(Keyring::read(folder.path()).unwrap().is_some());
        assert!(
            Keyring::create(&env, folder.path()).is_err(),
            "the key of a log is never replaced"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let path = folder.path().join("master.key");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keyring::read(folder.path()), Err(KeyringError::Unsafe { .. })));
    }
}
