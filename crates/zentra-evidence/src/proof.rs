//! Proof files (c2sp.org/tlog-proof@v1): that one leaf is under one checkpoint, checkable offline.
//!
//! Owns the text and the whole check. Must not know what the leaf says.

use crate::merkle::{Hash, VerifyError, leaf_hash, verify_inclusion};
use crate::note::{Checkpoint, CheckpointError, VerifierKey};
use crate::text;
use data_encoding::BASE64;
use std::fmt::Write;

/// The first line of a proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Hashes in one proof: a tree of 2^64 leaves needs 64.
const HASHES_MAX: usize = 64;

/// A proof as its text says, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Bytes that the proof carries along. Nothing vouches for them.
    pub extra: Option<Vec<u8>>,
    /// The leaf's number in the tree: its scope number.
    pub index: u64,
    /// The inclusion proof, from the leaf up.
    pub hashes: Vec<Hash>,
    /// The signed note of the checkpoint.
    pub checkpoint: String,
}

/// Why a proof is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The text is not a proof.
    #[error("the text is not a c2sp.org/tlog-proof@v1")]
    Form,
    /// The checkpoint is not one of the expected key.
    #[error("the checkpoint in the proof is not accepted: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead from the leaf to the checkpoint's root.
    #[error("the leaf is not proven to be under the checkpoint: {0}")]
    Inclusion(#[from] VerifyError),
}

/// What a proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The leaf's number in the tree.
    pub index: u64,
    /// The checkpoint that covers it.
    pub checkpoint: Checkpoint,
}

impl Proof {
    /// The proof as text. The file ending is `.tlog-proof`.
    pub fn to_text(&self) -> String {
        let mut out = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            push_line(&mut out, format_args!("extra {}", BASE64.encode(extra)));
        }
        push_line(&mut out, format_args!("index {}", self.index));
        for hash in &self.hashes {
            push_line(&mut out, format_args!("{}", text::show_hash(hash)));
        }
        out.push('\n');
        out.push_str(&self.checkpoint);
        out
    }

    /// Reads the text of a proof, strictly.
    ///
    /// # Errors
    /// When it is not of the form.
    pub fn parse(text: &str) -> Result<Proof, ProofError> {
        read(text).ok_or(ProofError::Form)
    }
}

/// Checks that `leaf` (the line without its newline) is under a checkpoint of this key.
///
/// # Errors
/// When the text is malformed, the checkpoint is not the key's, or the hashes lead elsewhere.
pub fn verify_proof(text: &str, leaf: &str, key: &VerifierKey) -> Result<Proven, ProofError> {
    let proof = Proof::parse(text)?;
    let checkpoint = Checkpoint::open(&proof.checkpoint, key)?;
    let hash = leaf_hash(leaf.as_bytes());
    let (size, root) = (checkpoint.tree_size, &checkpoint.root);
    verify_inclusion(&hash, proof.index, size, &proof.hashes, root)?;
    Ok(Proven { index: proof.index, checkpoint })
}

fn read(text: &str) -> Option<Proof> {
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next()? != HEADER {
        return None;
    }
    let mut line = lines.next()?;
    let extra = match line.strip_prefix("extra ") {
        None => None,
        Some(encoded) => {
            line = lines.next()?;
            Some(text::base64(encoded)?)
        }
    };
    let index = text::decimal(line.strip_prefix("index ")?)?;
    let hashes: Option<Vec<Hash>> = lines.take(HASHES_MAX + 1).map(text::hash).collect();
    let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX)?;
    Some(Proof { extra, index, hashes, checkpoint: checkpoint.to_owned() })
}

fn push_line(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("writing to a String cannot fail");
}
