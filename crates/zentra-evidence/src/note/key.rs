//! The keys of notes: a signer with its seed, and the text that lets anybody verify.
//!
//! Owns key ids and the `name+id+key` text (vkey). Must not know what is signed, nor
//! where seeds come from.

use crate::note::envelope::{NoteError, show, verify};
use crate::note::key_name::is_key_name;
use crate::text;
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The signature type of plain Ed25519 in signed notes.
const ED25519: u8 = 0x01;

/// Why something is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or has a space, a plus or a control character.
    #[error("a key name is not empty and has no space, plus or control character")]
    Name,
    /// The text is not `name+id+base64`.
    #[error("a verifier key is name+id+base64, the id as 8 lower-case hexadecimal digits")]
    Form,
    /// The key is of another algorithm than Ed25519.
    #[error("the key's algorithm is not Ed25519 (type 1)")]
    Algorithm,
    /// The id is not the one of this name and key.
    #[error("the id does not belong to the name and key")]
    Id,
    /// The bytes are no public key, or one that verifies what nobody signed.
    #[error("the bytes are not a sound Ed25519 public key")]
    Point,
}

/// Signs notes with one key. The key is wiped when dropped.
pub struct NoteSigner {
    key: SigningKey,
    verifier: VerifierKey,
}

impl NoteSigner {
    /// A signer of this name (the origin of the checkpoints it signs) from a 32-byte seed.
    ///
    /// # Errors
    /// When the name cannot be a key name.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<NoteSigner, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(NoteSigner { key, verifier })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    /// What others need to verify.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The note: the text, an empty line and this key's signature line. The same text gives the
    /// same note.
    ///
    /// # Errors
    /// When the text does not end in a newline or has other control characters.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        show(text, &self.verifier.name, self.verifier.id, &signature)
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier)
    }
}

/// Verifies the notes of one key. Its text form (vkey) is `name+id+base64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<VerifierKey, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        Ok(VerifierKey { name: name.to_owned(), id: key_id(name, &key), key })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The text of a note that this key signed. Signatures of other keys are passed over.
    ///
    /// # Errors
    /// When the note is malformed, this key did not sign it, or a signature of it is wrong.
    pub fn verify<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        verify(note, &self.name, self.id, &|text, signature| {
            let signature = Signature::from_slice(signature);
            signature.is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
        })
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<VerifierKey, KeyError> {
        let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
        let (id, encoded) = rest.split_once('+').ok_or(KeyError::Form)?;
        let bytes = text::base64(encoded).ok_or(KeyError::Form)?;
        let (algorithm, key) = bytes.split_first().ok_or(KeyError::Form)?;
        if *algorithm != ED25519 {
            return Err(KeyError::Algorithm);
        }
        let key = <[u8; 32]>::try_from(key).map_err(|_| KeyError::Form)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        let verifier = VerifierKey::new(name, key)?;
        if HEXLOWER.encode(&verifier.id) != id {
            return Err(KeyError::Id);
        }
        Ok(verifier)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [[ED25519].as_slice(), &self.key.to_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id), BASE64.encode(&typed))
    }
}

/// The first bytes of SHA-256 over name, newline, type and key.
fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.to_bytes())
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}
