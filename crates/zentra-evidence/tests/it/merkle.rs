//! The tree: known roots, every proof of every size up to 33, every tampering of it.

use crate::tree::{Tree, leaf};
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use zentra_evidence::merkle::*;

const SIZES: u64 = 33;

/// The leaves and roots that Certificate Transparency's own tests are known by.
const KNOWN: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

#[test]
fn roots_are_those_of_rfc_6962() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let mut frontier = Frontier::new();
    assert_eq!(HEXLOWER.encode(&frontier.root()), empty);
    assert_eq!(empty_root(), frontier.root());
    for (bytes, root) in KNOWN {
        frontier.push(leaf_hash(&HEXLOWER.decode(bytes.as_bytes()).unwrap()));
        assert_eq!(HEXLOWER.encode(&frontier.root()), root, "{} leaves", frontier.size());
    }
}

#[test]
fn stored_nodes_are_where_the_numbering_says() {
    let tree = Tree::of(SIZES);
    assert_eq!(tree.nodes.len() as u64, stored_count(SIZES));
    assert_eq!(tree.frontier.stored_count(), stored_count(SIZES));
    let nodes = NodeList(&tree.nodes);
    for level in 0..6_u8 {
        for index in 0..SIZES >> level {
            let node = nodes.node(level, index).unwrap();
            let expected = if level == 0 {
                leaf_hash(leaf(index).as_bytes())
            } else {
                let child = |index| nodes.node(level - 1, index).unwrap();
                node_hash(&child(2 * index), &child(2 * index + 1))
            };
            assert_eq!(node, expected, "level {level} index {index}");
        }
    }
    assert_eq!(nodes.node(0, SIZES), None);
    assert_eq!(nodes.node(64, 0), None);
    assert_eq!(nodes.node(0, u64::MAX), None);
}

#[test]
fn the_frontier_survives_its_bytes_and_comes_back_from_nodes() {
    for size in 0..=SIZES {
        let tree = Tree::of(size);
        let bytes = tree.frontier.encode();
        assert_eq!(Frontier::decode(&bytes), Ok(tree.frontier.clone()));
        let nodes = NodeList(&tree.nodes);
        assert_eq!(Frontier::from_nodes(size, &nodes), Ok(tree.frontier.clone()));
        assert_eq!(root_at(size, &nodes), Ok(tree.frontier.root()));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Frontier::decode(&longer), Err(FrontierError::Length));
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(Frontier::decode(cut), Err(FrontierError::Length));
    }
    let huge = [[0xff_u8; 8].as_slice(), &[0; 64 * 32]].concat();
    assert_eq!(Frontier::decode(&huge), Err(FrontierError::Size));
    let missing = ProveError::MissingNode { level: 1, index: 0 };
    assert_eq!(Frontier::from_nodes(2, &NodeList(&[])), Err(missing));
}

#[test]
fn every_inclusion_proof_verifies_and_proves_nothing_else() {
    let tree = Tree::of(SIZES);
    let nodes = NodeList(&tree.nodes);
    for size in 1..=SIZES {
        let root = &tree.roots[size as usize];
        for index in 0..size {
            let proof = inclusion_proof(size, index, &nodes).unwrap();
            let hash = leaf_hash(leaf(index).as_bytes());
            assert_eq!(verify_inclusion(&hash, index, size, &proof, root), Ok(()));
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(&hash, other, size, &proof, root).is_err());
            }
            let other_leaf = leaf_hash(b"another");
            assert!(verify_inclusion(&other_leaf, index, size, &proof, root).is_err());
            assert!(verify_inclusion(&hash, index, size, &longer(&proof), root).is_err());
            if !proof.is_empty() {
                assert!(verify_inclusion(&hash, index, size, &proof[1..], root).is_err());
            }
            tampered(&proof, |proof| verify_inclusion(&hash, index, size, proof, root));
        }
        assert_eq!(
            inclusion_proof(size, size, &nodes),
            Err(ProveError::NoSuchLeaf { index: size, size })
        );
        let hash = leaf_hash(b"");
        assert_eq!(verify_inclusion(&hash, size, size, &[], root), Err(VerifyError::Size));
    }
}

#[test]
fn every_consistency_proof_verifies_and_proves_nothing_else() {
    let tree = Tree::of(SIZES);
    let nodes = NodeList(&tree.nodes);
    for new in 0..=SIZES {
        let new_root = &tree.roots[new as usize];
        for old in 0..=new {
            let old_root = &tree.roots[old as usize];
            let proof = consistency_proof(old, new, &nodes).unwrap();
            let verify = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                verify_consistency(old, new, old_root, new_root, proof)
            };
            assert_eq!(verify(old_root, new_root, &proof), Ok(()), "{old} {new}");
            assert!(verify(&[9; 32], new_root, &proof).is_err(), "{old} {new}");
            assert!(verify(old_root, new_root, &longer(&proof)).is_err(), "{old} {new}");
            if old > 0 {
                assert!(verify(old_root, &[9; 32], &proof).is_err(), "{old} {new}");
            }
            if !proof.is_empty() {
                assert!(verify(old_root, new_root, &proof[1..]).is_err(), "{old} {new}");
            }
            tampered(&proof, |proof| verify(old_root, new_root, proof));
        }
        let shrinks = ProveError::Shrinks { old: new + 1, new };
        assert_eq!(consistency_proof(new + 1, new, &nodes), Err(shrinks));
        let refused = verify_consistency(new + 1, new, new_root, new_root, &[]);
        assert_eq!(refused, Err(VerifyError::Size));
    }
}

#[test]
fn a_missing_node_is_named() {
    let tree = Tree::of(8);
    let nodes = NodeList(&tree.nodes[..7]);
    let missing = ProveError::MissingNode { level: 2, index: 1 };
    assert_eq!(inclusion_proof(8, 0, &nodes), Err(missing));
}

proptest! {
    #[test]
    fn checks_never_panic(
        sizes in (any::<u64>(), any::<u64>()),
        proof in proptest::collection::vec(any::<Hash>(), 0..70),
    ) {
        let (a, b) = sizes;
        prop_assert!(verify_inclusion(&[1; 32], a, b, &proof, &[2; 32]).is_err());
        prop_assert!(verify_consistency(a, b, &[1; 32], &[2; 32], &proof).is_err());
    }

    #[test]
    fn larger_trees_hold(size in 34_u64..300, at in any::<prop::sample::Index>()) {
        let tree = Tree::of(size);
        let nodes = NodeList(&tree.nodes);
        let at = at.index(size as usize) as u64;
        let proof = inclusion_proof(size, at, &nodes).unwrap();
        let root = tree.frontier.root();
        let hash = leaf_hash(leaf(at).as_bytes());
        prop_assert_eq!(verify_inclusion(&hash, at, size, &proof, &root), Ok(()));
        let proof = consistency_proof(at, size, &nodes).unwrap();
        let old_root = tree.roots[at as usize];
        prop_assert_eq!(verify_consistency(at, size, &old_root, &root, &proof), Ok(()));
    }
}

fn longer(proof: &[Hash]) -> Vec<Hash> {
    [proof, &[[0; 32]]].concat()
}

/// Changes each byte of each hash of a proof in turn.
fn tampered(proof: &[Hash], verify: impl Fn(&[Hash]) -> Result<(), VerifyError>) {
    let mut changed = proof.to_vec();
    for hash in 0..proof.len() {
        for byte in 0..32 {
            changed[hash][byte] ^= 1;
            assert!(verify(&changed).is_err(), "byte {byte} of hash {hash}");
            changed[hash][byte] ^= 1;
        }
    }
}
