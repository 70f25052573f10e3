//! Signed notes, checkpoints, proofs and verifier keys: what reads shows as the same text.

use crate::pieces::Pieces;
use std::sync::LazyLock;
use zentra_evidence::note::{Checkpoint, NoteSigner, VerifierKey};
use zentra_evidence::proof::{Proof, verify_proof};

/// The name of the key of the seeds.
pub(crate) const NAME: &str = "zentra.example/acme";
pub(crate) const SEED: [u8; 32] = [7; 32];
/// Made once: a key takes longer to make than a text to read.
static SIGNER: LazyLock<NoteSigner> =
    LazyLock::new(|| NoteSigner::new(NAME, &SEED).expect("the name is one"));

/// One text that is read as each of them; or, cut into two pieces, a proof and its leaf.
pub fn check(data: &[u8]) -> bool {
    let read = std::str::from_utf8(data).is_ok_and(|text| texts(text, &SIGNER));
    let mut pieces = Pieces(data).map(std::str::from_utf8);
    if let (Some(Ok(proof)), Some(Ok(leaf))) = (pieces.next(), pieces.next())
        && let Ok(proven) = verify_proof(proof, leaf, SIGNER.verifier())
    {
        assert!(proven.index < proven.checkpoint.tree_size);
        assert_eq!(proven.checkpoint.origin, NAME);
        return true;
    }
    read
}

fn texts(text: &str, signer: &NoteSigner) -> bool {
    let mut read = false;
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_text(), text);
        read = true;
    }
    if let Ok(proof) = Proof::parse(text) {
        assert_eq!(proof.to_text(), text);
        read = true;
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
        read = true;
    }
    if let Ok(signed) = signer.verifier().verify(text) {
        assert!(text.starts_with(signed));
        read = true;
    }
    if let Ok(note) = signer.sign(text) {
        assert_eq!(signer.verifier().verify(&note), Ok(text));
    }
    if let Ok(checkpoint) = Checkpoint::open(text, signer.verifier()) {
        assert!(text.starts_with(&checkpoint.to_text()));
    }
    read
}
