//! The sealer: leaves in order, heads that only grow, and what it refuses after a restart.

use crate::tree::{ORIGIN, Tree, leaf, signer};
use zentra_events::ScopeNumber;
use zentra_evidence::merkle::{Hash, NodeList};
use zentra_evidence::note::{Checkpoint, CheckpointError, NoteSigner};
use zentra_evidence::{Head, SealError, Sealer};

#[test]
fn heads_are_those_of_the_tree() {
    let tree = Tree::of(9);
    let mut sealer = Sealer::new(None);
    let mut nodes: Vec<Hash> = Vec::new();
    for number in 0..9 {
        sealer.push(ScopeNumber(number), &leaf(number), &mut |node| nodes.push(node)).unwrap();
        let size = number + 1;
        assert_eq!(sealer.head(), Head { size, root: tree.roots[size as usize] });
        let note = sealer.sign(ORIGIN, &signer()).unwrap();
        let checkpoint = Checkpoint::open(&note, signer().verifier()).unwrap();
        assert_eq!((checkpoint.tree_size, checkpoint.root), (size, sealer.head().root));
        assert_eq!(sealer.signed(), Some(sealer.head()));
        assert_eq!(sealer.sign(ORIGIN, &signer()).unwrap(), note, "the same head, the same note");
    }
    assert_eq!(nodes, tree.nodes);
}

#[test]
fn a_leaf_out_of_order_is_refused_and_changes_nothing() {
    let mut sealer = filled(None, 3);
    for number in [0, 2, 4, u64::MAX] {
        let refused = sealer.push(ScopeNumber(number), "x", &mut |_| {});
        assert_eq!(refused, Err(SealError::NotNext { expected: 3, got: number }));
    }
    assert_eq!(sealer.head().root, Tree::of(3).frontier.root());
}

#[test]
fn nothing_is_signed_before_the_last_signed_head_is_reached() {
    let signed = Head { size: 5, root: Tree::of(5).frontier.root() };
    let mut sealer = Sealer::new(Some(signed));
    for number in 0..5 {
        let refused = SealError::Smaller { size: number, signed: 5 };
        assert_eq!(sealer.sign(ORIGIN, &signer()), Err(refused));
        sealer.push(ScopeNumber(number), &leaf(number), &mut |_| {}).unwrap();
    }
    assert!(sealer.sign(ORIGIN, &signer()).is_ok());
}

#[test]
fn leaves_that_disagree_with_the_signed_head_end_it() {
    let signed = Head { size: 3, root: [1; 32] };
    let mut sealer = filled(Some(signed), 3);
    let inconsistent = Err(SealError::Inconsistent { size: 3 });
    assert_eq!(sealer.sign(ORIGIN, &signer()), inconsistent);
    sealer.push(ScopeNumber(3), &leaf(3), &mut |_| {}).unwrap();
    assert_eq!(sealer.sign(ORIGIN, &signer()), inconsistent, "for ever");
    let nothing = Head { size: 0, root: [1; 32] };
    let inconsistent = Err(SealError::Inconsistent { size: 0 });
    assert_eq!(Sealer::new(Some(nothing)).sign(ORIGIN, &signer()), inconsistent);
}

#[test]
fn resuming_checks_the_nodes_against_the_signed_head() {
    let tree = Tree::of(9);
    let nodes = NodeList(&tree.nodes);
    let head = |size: u64| Some(Head { size, root: tree.roots[size as usize] });
    for signed in 0..=9 {
        let mut sealer = Sealer::resume(9, &nodes, head(signed)).unwrap();
        assert_eq!(sealer.head(), head(9).unwrap());
        sealer.push(ScopeNumber(9), &leaf(9), &mut |_| {}).unwrap();
        assert!(sealer.sign(ORIGIN, &signer()).is_ok());
    }
    let smaller = SealError::Smaller { size: 8, signed: 9 };
    assert_eq!(Sealer::resume(8, &nodes, head(9)).unwrap_err(), smaller);
    let other = Some(Head { size: 4, root: [2; 32] });
    let refused = Sealer::resume(9, &nodes, other).unwrap_err();
    assert_eq!(refused, SealError::Inconsistent { size: 4 });
    let refused = Sealer::resume(10, &nodes, head(9)).unwrap_err();
    assert!(matches!(refused, SealError::Nodes(_)), "{refused}");
}

#[test]
fn a_signer_of_another_name_is_refused() {
    let stranger = NoteSigner::new("other", &[7; 32]).unwrap();
    let refused = filled(None, 1).sign(ORIGIN, &stranger);
    assert_eq!(refused, Err(SealError::Checkpoint(CheckpointError::Origin)));
}

fn filled(signed: Option<Head>, size: u64) -> Sealer {
    let mut sealer = Sealer::new(signed);
    for number in 0..size {
        sealer.push(ScopeNumber(number), &leaf(number), &mut |_| {}).unwrap();
    }
    sealer
}
