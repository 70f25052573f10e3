//! Notes, keys and checkpoints: golden text, strict parsing, who signed what.

use crate::stored::fixtures;
use crate::tree::{ORIGIN, Tree, signer};
use data_encoding::BASE64;
use std::fs;
use zentra_evidence::note::*;

/// A published pair of seed and verifier key of another implementation (Go's sumdb/note).
const PUBLISHED_SEED: &str = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
const PUBLISHED_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn keys_are_those_of_the_published_pair() {
    let seed = BASE64.decode(PUBLISHED_SEED.as_bytes()).unwrap().try_into().unwrap();
    let signer = NoteSigner::new("PeterNeumann", &seed).unwrap();
    assert_eq!(signer.verifier().to_string(), PUBLISHED_KEY);
    assert_eq!(PUBLISHED_KEY.parse::<VerifierKey>().as_ref(), Ok(signer.verifier()));
}

#[test]
fn the_checkpoint_is_golden() {
    let folder = fixtures().join("evidence/proof-v1");
    let vkey = fs::read_to_string(folder.join("vkey")).unwrap();
    assert_eq!(signer().verifier().to_string() + "\n", vkey);
    let note = fs::read_to_string(folder.join("checkpoint")).unwrap();
    let tree = Tree::of(13);
    assert_eq!(tree.checkpoint(), note);
    let opened = Checkpoint::open(&note, &vkey.trim_end().parse().unwrap()).unwrap();
    assert_eq!(opened.origin, ORIGIN);
    assert_eq!((opened.tree_size, opened.root), (13, tree.frontier.root()));
}

#[test]
fn every_changed_byte_of_a_note_is_refused() {
    let note = Tree::of(5).checkpoint();
    let signer = signer();
    for at in 0..note.len() {
        for bit in [1, 0x20] {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(signer.verifier().verify(&changed).is_err(), "byte {at}: {changed}");
            }
        }
        if let Some(cut) = note.get(..at) {
            assert!(signer.verifier().verify(cut).is_err(), "cut at {at}");
        }
    }
}

#[test]
fn other_signatures_are_passed_over_but_never_enough() {
    let text = "a text\n\nwith an empty line\n";
    let (ours, theirs) = (signer(), NoteSigner::new("witness.example", &[9; 32]).unwrap());
    let same_name = NoteSigner::new(ORIGIN, &[8; 32]).unwrap();
    let both = ours.sign(text).unwrap() + theirs.sign(text).unwrap().rsplit_once("\n\n").unwrap().1;
    for key in [ours.verifier(), theirs.verifier()] {
        assert_eq!(key.verify(&both), Ok(text));
    }
    assert_eq!(same_name.verifier().verify(&both), Err(NoteError::Unsigned));
}

#[test]
fn malformed_notes_are_refused() {
    let key = signer();
    let good = key.sign("text\n").unwrap();
    let line = good.rsplit_once("\n\n").unwrap().1.to_owned();
    let forged = line.replacen(" ", " x", 1);
    let wrong_signature = {
        let mut other = NoteSigner::new(ORIGIN, &[7; 32]).unwrap().sign("other\n").unwrap();
        other.replace_range(..5, "text");
        other
    };
    let table = [
        ("no signature", "text\n\n".to_owned(), NoteError::Form),
        ("no empty line", format!("text\n{line}"), NoteError::Form),
        ("empty", String::new(), NoteError::Form),
        ("no text", format!("\n\n{line}"), NoteError::Signature),
        ("carriage return", format!("te\rxt\n\n{line}"), NoteError::Text),
        ("hyphen for dash", good.replace('\u{2014}', "-"), NoteError::Form),
        ("no last newline", good.trim_end().to_owned(), NoteError::Form),
        ("more after it", good.clone() + "x\n", NoteError::Form),
        ("another name", format!("text\n\n{forged}"), NoteError::Unsigned),
        ("another text", wrong_signature, NoteError::Signature),
        ("too many", format!("text\n\n{}", line.repeat(65)), NoteError::TooManySignatures),
    ];
    for (what, note, refusal) in table {
        assert_eq!(key.verifier().verify(&note), Err(refusal), "{what}");
    }
    assert_eq!(key.verifier().verify(&good), Ok("text\n"));
    assert!(key.verifier().verify(&format!("text\n\n{}", line.repeat(64))).is_ok());
    for text in ["", "no newline", "tab\t\n", "nul\0\n"] {
        assert_eq!(key.sign(text), Err(NoteError::Text), "{text:?}");
    }
}

#[test]
fn malformed_keys_are_refused() {
    let key = signer().verifier().to_string();
    let (stem, encoded) = key.rsplit_once('+').unwrap();
    let (name, id) = stem.split_once('+').unwrap();
    let weak = BASE64.encode(&[[1_u8].as_slice(), &[1], &[0; 31]].concat());
    let other = BASE64.encode(&[[2_u8].as_slice(), &[1; 32]].concat());
    let short = BASE64.encode(&[[1_u8].as_slice(), &[1; 31]].concat());
    let table = [
        (String::new(), KeyError::Form),
        (format!("{name}+{id}"), KeyError::Form),
        (format!("{name}+{id}+!!"), KeyError::Form),
        (format!("{name}+{id}+"), KeyError::Form),
        (format!("{name}+{id}+{short}"), KeyError::Form),
        (format!("{name}+{id}+{other}"), KeyError::Algorithm),
        (format!("{name}+{id}+{weak}"), KeyError::Point),
        (format!("{name}+00000000+{encoded}"), KeyError::Id),
        (format!("{name}+{}+{encoded}", id.to_uppercase()), KeyError::Id),
        (format!("other+{id}+{encoded}"), KeyError::Id),
        (format!("+{id}+{encoded}"), KeyError::Name),
        (format!("a b+{id}+{encoded}"), KeyError::Name),
    ];
    for (text, refusal) in table {
        assert_eq!(text.parse::<VerifierKey>(), Err(refusal), "{text}");
    }
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b"] {
        assert_eq!(NoteSigner::new(name, &[1; 32]).unwrap_err(), KeyError::Name, "{name:?}");
    }
}

#[test]
fn malformed_checkpoints_are_refused() {
    let root = BASE64.encode(&[3; 32]);
    let good = format!("{ORIGIN}\n7\n{root}\n");
    assert_eq!(Checkpoint::parse(&good).unwrap().to_text(), good);
    for text in [
        String::new(),
        format!("{ORIGIN}\n7\n{root}"),
        format!("{ORIGIN}\n7\n"),
        format!("\n7\n{root}\n"),
        format!("{ORIGIN}\n07\n{root}\n"),
        format!("{ORIGIN}\n-7\n{root}\n"),
        format!("{ORIGIN}\n7\n{}\n", BASE64.encode(&[3; 31])),
        format!("{ORIGIN}\n7\n{root}\nextension\n"),
        format!("{ORIGIN}\n7\n{root}\n\n"),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(CheckpointError::Form), "{text:?}");
    }
}

#[test]
fn a_checkpoint_of_another_tree_is_refused() {
    let signer = signer();
    let other = Checkpoint { origin: "other".to_owned(), tree_size: 1, root: [1; 32] };
    assert_eq!(other.sign(&signer), Err(CheckpointError::Origin));
    let note = signer.sign(&other.to_text()).unwrap();
    assert_eq!(Checkpoint::open(&note, signer.verifier()), Err(CheckpointError::Origin));
}

#[test]
fn a_signer_does_not_show_its_seed() {
    let shown = format!("{:?}", signer());
    assert!(shown.starts_with("NoteSigner(zentra.example/acme+"), "{shown}");
}
