//! A small tree with all its nodes, for tests of proofs.

use zentra_evidence::merkle::{Frontier, Hash, NodeList, inclusion_proof, leaf_hash};
use zentra_evidence::note::{Checkpoint, NoteSigner};
use zentra_evidence::proof::Proof;

/// The name of the test trees and of their key.
pub(crate) const ORIGIN: &str = "zentra.example/acme";

/// A tree of the leaves `leaf 0`, `leaf 1`, ...
pub(crate) struct Tree {
    /// The right edge.
    pub(crate) frontier: Frontier,
    /// Every complete node, in stored order.
    pub(crate) nodes: Vec<Hash>,
    /// The root of each size from 0.
    pub(crate) roots: Vec<Hash>,
}

impl Tree {
    /// A tree of `size` leaves.
    pub(crate) fn of(size: u64) -> Tree {
        let mut tree = Tree { frontier: Frontier::new(), nodes: Vec::new(), roots: Vec::new() };
        tree.roots.push(tree.frontier.root());
        for index in 0..size {
            let hash = leaf_hash(leaf(index).as_bytes());
            tree.frontier.push_with(hash, &mut |node| tree.nodes.push(node));
            tree.roots.push(tree.frontier.root());
        }
        tree
    }

    /// The signed checkpoint over all leaves.
    pub(crate) fn checkpoint(&self) -> String {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            tree_size: self.frontier.size(),
            root: self.frontier.root(),
        };
        checkpoint.sign(&signer()).unwrap()
    }

    /// The proof of a leaf under that checkpoint.
    pub(crate) fn proof(&self, index: u64) -> String {
        let hashes = inclusion_proof(self.frontier.size(), index, &NodeList(&self.nodes)).unwrap();
        Proof { extra: None, index, hashes, checkpoint: self.checkpoint() }.to_text()
    }
}

/// The leaf of that number.
pub(crate) fn leaf(index: u64) -> String {
    format!("leaf {index}")
}

/// The key of the test trees.
pub(crate) fn signer() -> NoteSigner {
    NoteSigner::new(ORIGIN, &[7; 32]).unwrap()
}
