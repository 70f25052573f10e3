//! What the docs say of evidence (docs/concepts/evidence.md): leaves, roots, checkpoints, proofs.
//!
//! Plain recursion over all leaves, and signatures by the library alone. Only the line of a leaf is
//! the product's own, which fixtures pin.

use crate::failure::{Checked, fail, must};
use data_encoding::BASE64;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use zentra_events::event::EvidenceSealedV1;
use zentra_events::frame::FrameReader;
use zentra_events::{
    AccountNo, ActorNo, Entry, Event, Names, Position, Recorded, ScopeNo, ScopeNumber,
};
use zentra_evidence::{entry_hash, render_leaf};
use zentra_keyring::Keyring;
use zentra_log::{LogReader, StoredFrame};

type Hash = [u8; 32];

/// What the log's entries give evidence of.
pub(crate) struct EvidenceModel {
    next: Position,
    names: Known,
    pub(crate) trees: BTreeMap<ScopeNo, Tree>,
}

/// The leaves of a scope.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) lines: Vec<String>,
    leaves: Vec<Hash>,
    /// Roots of complete parts, by their first leaf and size.
    parts: RefCell<BTreeMap<(usize, usize), Hash>>,
    /// The notes that were published, by size.
    pub(crate) notes: BTreeMap<u64, String>,
    /// How many leaves there are up to the last that is no checkpoint.
    pub(crate) to_seal: u64,
}

impl EvidenceModel {
    /// Of an empty log.
    pub(super) fn new() -> EvidenceModel {
        let (names, trees) = (Known::default(), BTreeMap::new());
        EvidenceModel { next: Position::ZERO, names, trees }
    }

    /// Takes in what is durable and new, and judges the checkpoints in it.
    pub(crate) fn follow(&mut self, reader: &dyn LogReader, keyring: &Keyring) -> Checked {
        let mut judged = Ok(());
        let scanned = reader.scan(self.next, &mut |stored| {
            judged = self.frame(stored, keyring);
            if judged.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        scanned.or_else(|error| fail(error.to_string()))?;
        judged
    }

    fn frame(&mut self, stored: &StoredFrame, keyring: &Keyring) -> Checked {
        let frame = FrameReader::new(stored.codec, &stored.shared);
        let frame = frame.or_else(|error| fail(error.to_string()))?;
        let from = self.next;
        for (position, payload) in stored.payloads().filter(|(position, _)| *position >= from) {
            let entry = frame.entry(position, payload);
            let entry = entry.or_else(|error| fail(error.to_string()))?;
            self.entry(&entry, &entry_hash(&stored.shared, payload), keyring)?;
            self.next = position.next();
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, stored: &Hash, keyring: &Keyring) -> Checked {
        self.names.learn(entry);
        let scope = entry.header.scope;
        let name = self.names.scope(scope).unwrap_or_default();
        let tree = self.trees.entry(scope).or_default();
        let mut is_seal = false;
        for Recorded { event, .. } in entry.events() {
            if let Event::EvidenceSealed(sealed) = event {
                is_seal = true;
                let scope = name.parse().or_else(|_| fail("a checkpoint of no scope"))?;
                let seed = keyring.checkpoint_seed(&scope);
                let key = SigningKey::from_bytes(&seed).verifying_key();
                tree.sealed(&format!("zentra/{name}"), &key, sealed)?;
            }
        }
        let line = render_leaf(entry, stored, &self.names);
        let line = line.or_else(|error| fail(format!("no leaf: {error}")))?;
        tree.leaves.push(leaf(&line));
        tree.lines.push(line);
        if !is_seal {
            tree.to_seal = tree.leaves.len() as u64;
        }
        Ok(())
    }
}

impl Tree {
    /// A checkpoint covers what was there before it, is larger than the one before, and is signed.
    fn sealed(&mut self, origin: &str, key: &VerifyingKey, sealed: &EvidenceSealedV1) -> Checked {
        let size = sealed.tree_size;
        let before = self.notes.last_key_value().map_or(0, |(size, _)| *size);
        must(size > before && size <= self.leaves.len() as u64, || {
            format!("{origin}: {size} leaves follow {before}, of {}", self.leaves.len())
        })?;
        let root = self.root(0, size as usize);
        must(sealed.root == root, || format!("{origin}: {size} leaves have another root"))?;
        let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(&root));
        must(is_signed(&sealed.note, origin, &text, key), || {
            format!("{origin}: not signed: {}", sealed.note)
        })?;
        self.notes.insert(size, sealed.note.clone());
        Ok(())
    }

    /// RFC 6962, section 2.1.
    fn root(&self, from: usize, size: usize) -> Hash {
        if size == 1 {
            return self.leaves[from];
        }
        if let Some(known) = self.parts.borrow().get(&(from, size)) {
            return *known;
        }
        let left = size.next_power_of_two() / 2;
        let root = node(&self.root(from, left), &self.root(from + left, size - left));
        if size.is_power_of_two() {
            self.parts.borrow_mut().insert((from, size), root);
        }
        root
    }

    /// Whether hashes lead from a leaf to the root of the first leaves: the docs' own check.
    pub(crate) fn includes(&self, number: ScopeNumber, size: u64, hashes: &[Hash]) -> bool {
        let (mut at, mut last) = (number.0, size - 1);
        let mut found = self.leaves[number.0 as usize];
        for sibling in hashes {
            if last == 0 {
                return false;
            }
            if at % 2 == 1 || at == last {
                found = node(sibling, &found);
                while at.is_multiple_of(2) && at > 0 {
                    (at, last) = (at >> 1, last >> 1);
                }
            } else {
                found = node(&found, sibling);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        last == 0 && found == self.root(0, size as usize)
    }
}

fn leaf(line: &str) -> Hash {
    Sha256::new().chain_update([0]).chain_update(line).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Whether a note has this text and a signature of this key, and nothing else.
fn is_signed(note: &str, name: &str, text: &str, key: &VerifyingKey) -> bool {
    let signed = || {
        let line = note.strip_prefix(text)?.strip_prefix("\n\u{2014} ")?.strip_suffix('\n')?;
        let bytes = BASE64.decode(line.strip_prefix(name)?.strip_prefix(' ')?.as_bytes()).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let hash = Sha256::new().chain_update(name).chain_update(b"\n\x01");
        let hash = hash.chain_update(key.as_bytes()).finalize();
        let signature = Signature::from_slice(signature).ok()?;
        (hash.starts_with(id) && key.verify_strict(text.as_bytes(), &signature).is_ok())
            .then_some(())
    };
    signed().is_some()
}

/// Names that entries gave.
#[derive(Default)]
struct Known {
    scopes: BTreeMap<ScopeNo, String>,
    actors: BTreeMap<ActorNo, String>,
    accounts: BTreeMap<AccountNo, String>,
}

impl Known {
    fn learn(&mut self, entry: &Entry) {
        for Recorded { event, .. } in entry.events() {
            match event {
                Event::ScopeCreated(made) => {
                    self.scopes.insert(made.scope, made.name.as_str().to_owned());
                }
                Event::ActorRegistered(made) => {
                    self.actors.insert(made.actor, made.name.as_str().to_owned());
                }
                Event::AccountOpened(made) => {
                    self.accounts.insert(made.account, made.code.as_str().to_owned());
                }
                _ => {}
            }
        }
    }
}

impl Names for Known {
    fn scope(&self, scope: ScopeNo) -> Option<String> {
        self.scopes.get(&scope).cloned()
    }

    fn actor(&self, actor: ActorNo) -> Option<String> {
        self.actors.get(&actor).cloned()
    }

    fn account(&self, account: AccountNo) -> Option<String> {
        self.accounts.get(&account).cloned()
    }
}
