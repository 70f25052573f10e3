//! Writes the golden leaves of every golden entry into `fixtures/evidence/leaf-v1`, and a small
//! tree's key, checkpoint and proof into `fixtures/evidence/proof-v1`.
//!
//! Run it after adding an event type: `cargo run -p zentra-evidence --example
//! make_evidence_fixtures`. A change to an existing file breaks every checkpoint already signed:
//! it needs leaf format 2 instead.

#[expect(clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/it/stored.rs"]
mod stored;
#[expect(clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/it/tree.rs"]
mod tree;

use std::fs;
use std::io;

fn main() -> io::Result<()> {
    let leaves = stored::fixtures().join("evidence/leaf-v1");
    fs::create_dir_all(&leaves)?;
    for stored in stored::stored_entries() {
        fs::write(leaves.join(format!("{}.json", stored.name)), stored.leaf() + "\n")?;
    }
    let proofs = stored::fixtures().join("evidence/proof-v1");
    fs::create_dir_all(&proofs)?;
    let tree = tree::Tree::of(13);
    fs::write(proofs.join("vkey"), format!("{}\n", tree::signer().verifier()))?;
    fs::write(proofs.join("checkpoint"), tree.checkpoint())?;
    fs::write(proofs.join("leaf-5.tlog-proof"), tree.proof(5))
}
