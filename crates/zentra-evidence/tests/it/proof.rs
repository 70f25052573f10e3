//! Proof files: golden text, round trip, and that any change is noticed.

use crate::stored::fixtures;
use crate::tree::{ORIGIN, Tree, leaf, signer};
use proptest::prelude::*;
use std::fs;
use zentra_evidence::note::{CheckpointError, NoteError, NoteSigner};
use zentra_evidence::proof::{Proof, ProofError, verify_proof};

#[test]
fn the_proof_is_golden() {
    let golden = fs::read_to_string(fixtures().join("evidence/proof-v1/leaf-5.tlog-proof"));
    assert_eq!(Tree::of(13).proof(5), golden.unwrap());
}

#[test]
fn proofs_of_every_leaf_verify_and_round_trip() {
    for size in 1..=17 {
        let tree = Tree::of(size);
        for index in 0..size {
            let text = tree.proof(index);
            assert_eq!(Proof::parse(&text).unwrap().to_text(), text);
            let proven = verify_proof(&text, &leaf(index), signer().verifier()).unwrap();
            assert_eq!((proven.index, proven.checkpoint.tree_size), (index, size));
            assert_eq!(proven.checkpoint.root, tree.frontier.root());
        }
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let text = Tree::of(11).proof(6);
    let verifier = signer();
    for at in 0..text.len() {
        for bit in [1, 2, 0x20] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                let verdict = verify_proof(&changed, &leaf(6), verifier.verifier());
                assert!(verdict.is_err(), "byte {at}:\n{changed}");
            }
        }
    }
}

#[test]
fn another_leaf_key_or_index_is_refused() {
    let text = Tree::of(11).proof(6);
    let key = signer();
    for other in [leaf(5), leaf(6) + "\n", String::new(), leaf(6) + " "] {
        let refused = verify_proof(&text, &other, key.verifier());
        assert!(matches!(refused, Err(ProofError::Inclusion(_))), "{other:?}");
    }
    let moved = text.replace("index 6\n", "index 7\n");
    let refused = verify_proof(&moved, &leaf(6), key.verifier());
    assert!(matches!(refused, Err(ProofError::Inclusion(_))));
    let stranger = NoteSigner::new(ORIGIN, &[8; 32]).unwrap();
    let refused = verify_proof(&text, &leaf(6), stranger.verifier());
    let unsigned = CheckpointError::Note(NoteError::Unsigned);
    assert_eq!(refused, Err(ProofError::Checkpoint(unsigned)));
}

#[test]
fn a_checkpoint_of_another_size_does_not_fit() {
    let (small, large) = (Tree::of(6), Tree::of(11));
    let mut proof = Proof::parse(&large.proof(2)).unwrap();
    proof.checkpoint = small.checkpoint();
    let refused = verify_proof(&proof.to_text(), &leaf(2), signer().verifier());
    assert!(matches!(refused, Err(ProofError::Inclusion(_))));
}

#[test]
fn extra_bytes_are_carried_and_prove_nothing() {
    let tree = Tree::of(4);
    let mut proof = Proof::parse(&tree.proof(3)).unwrap();
    proof.extra = Some(b"carried along".to_vec());
    let text = proof.to_text();
    assert_eq!(Proof::parse(&text), Ok(proof));
    assert!(verify_proof(&text, &leaf(3), signer().verifier()).is_ok());
}

#[test]
fn malformed_proofs_are_refused() {
    let good = Tree::of(3).proof(1);
    let hash = good.lines().nth(2).unwrap().to_owned();
    let table = [
        ("empty", String::new()),
        ("version", good.replace("@v1", "@v2")),
        ("no index", good.replace("index 1\n", "")),
        ("leading zero", good.replace("index 1\n", "index 01\n")),
        ("sign", good.replace("index 1\n", "index +1\n")),
        ("extra after index", good.replace("index 1\n", "index 1\nextra YQ==\n")),
        ("extra twice", good.replace("index 1\n", "extra YQ==\nextra YQ==\nindex 1\n")),
        ("extra not base64", good.replace("index 1\n", "extra ?\nindex 1\n")),
        ("short hash", good.replacen(&hash, "YQ==", 1)),
        ("carriage returns", good.replace('\n', "\r\n")),
        ("no checkpoint", good.split("\n\n").next().unwrap().to_owned()),
        ("too many hashes", good.replacen(&hash, &[hash.as_str(); 65].join("\n"), 1)),
    ];
    for (what, text) in table {
        assert_eq!(Proof::parse(&text), Err(ProofError::Form), "{what}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_without_panic(text in any::<String>()) {
        prop_assert!(verify_proof(&text, "leaf", signer().verifier()).is_err());
    }
}
