//! Evidence before a judge that nobody here wrote: Go's sumdb `note` and `tlog` packages.
//!
//! Needs `go` on the PATH and Debian's golang-golang-x-mod-dev, and fails loudly without them: a
//! judge that is skipped judges nothing.

use crate::stored::stored_entries;
use crate::tree::{ORIGIN, signer};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zentra_events::ScopeNumber;
use zentra_evidence::Sealer;
use zentra_evidence::merkle::{Hash, NodeList, consistency_proof, inclusion_proof, root_at};

#[test]
fn the_judge_accepts_our_evidence_and_refuses_what_was_changed() {
    let judge = Judge::build();
    let leaves: Vec<String> = stored_entries().iter().map(|stored| stored.leaf()).collect();
    let size = leaves.len() as u64;
    let mut nodes: Vec<Hash> = Vec::new();
    let mut sealer = Sealer::new(None);
    for (number, leaf) in (0..).zip(&leaves) {
        sealer.push(ScopeNumber(number), leaf, &mut |node| nodes.push(node)).unwrap();
    }
    let note = sealer.sign(ORIGIN, &signer()).unwrap();
    let list = NodeList(&nodes);
    let base64 = |hashes: Vec<Hash>| -> Vec<String> {
        hashes.iter().map(|hash| BASE64.encode(hash)).collect()
    };
    for (index, old) in [(0, 1), (size / 2, 7), (size - 1, size - 1), (3, size)] {
        let case = json!({
            "vkey": signer().verifier().to_string(),
            "note": note,
            "leaf": leaves[index as usize],
            "index": index,
            "proof": base64(inclusion_proof(size, index, &list).unwrap()),
            "old_size": old,
            "old_root": BASE64.encode(&root_at(old, &list).unwrap()),
            "consistency": base64(consistency_proof(old, size, &list).unwrap()),
        });
        assert_eq!(judge.ask(&case), "ok", "leaf {index}, from {old}");
        for (what, change) in changes(size) {
            let mut changed = case.clone();
            changed[what] = change;
            let verdict = judge.ask(&changed);
            assert!(verdict.starts_with("refused: "), "leaf {index}, {what}: {verdict}");
        }
    }
}

fn changes(size: u64) -> [(&'static str, Value); 5] {
    [
        ("leaf", json!("another")),
        ("index", json!(size)),
        ("note", json!("a\n1\nb\n\n")),
        ("proof", json!([])),
        ("old_root", json!(BASE64.encode(&[0; 32]))),
    ]
}

struct Judge {
    program: PathBuf,
    _folder: tempfile::TempDir,
}

impl Judge {
    fn build() -> Judge {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/judges/tlog/main.go");
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("judge");
        let built = Command::new("go")
            .arg("build")
            .arg("-o")
            .arg(&program)
            .arg(&source)
            .envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", "")])
            .env("GOCACHE", folder.path().join("cache"))
            .output();
        let built = built.expect("`go` is not on the PATH: apt-get install golang-go");
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "apt-get install golang-golang-x-mod-dev?\n{said}");
        Judge { program, _folder: folder }
    }

    fn ask(&self, case: &Value) -> String {
        let mut judge = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        judge.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
        let verdict = judge.wait_with_output().unwrap();
        let said = String::from_utf8(verdict.stdout).unwrap().trim_end().to_owned();
        assert_eq!(verdict.status.success(), said == "ok", "{said}");
        said
    }
}
