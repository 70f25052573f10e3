//! The README as it stands: every command block is run by a shell, in order, beside a real server.

use crate::support::process::ZENTRA;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// What stands in for cargo: the binary is built already, and this test is one of its checks.
const CARGO: &str = r#"#!/bin/sh
case "$*" in
    "build --release") mkdir -p target/release && ln -s "BINARY" target/release/zentra ;;
    "run --release -- "*) shift 3; exec "BINARY" "$@" ;;
    "xtask test") ;;
    *) echo "cargo $*: not a command of the README" >&2; exit 9 ;;
esac
"#;

fn blocks() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let parts: Vec<&str> = readme.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "every block ends");
    parts.iter().skip(1).step_by(2).map(|block| block.trim_start_matches("sh").to_owned()).collect()
}

#[test]
fn every_command_of_the_readme_runs_as_it_stands() {
    let blocks = blocks();
    assert!(blocks.len() >= 3, "{blocks:?}");
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("cargo"), CARGO.replace("BINARY", ZENTRA)).unwrap();
    fs::set_permissions(tools.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    // The first command that fails ends it; the server ends with the shell.
    let script = format!("set -e\ntrap 'kill $!' EXIT\n{}\n", blocks.join("\n"));
    let path = format!("{}:{}", tools.display(), std::env!("PATH"));
    let shell = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        // Other servers run on this machine: the README's variable takes any port.
        .env("ZENTRA_LISTEN", "127.0.0.1:0")
        .env("ZENTRA_DISK_FREE_MIN_BYTES", "1")
        .output()
        .unwrap();
    let (told, said) =
        (String::from_utf8_lossy(&shell.stdout), String::from_utf8_lossy(&shell.stderr));
    assert!(shell.status.success(), "{told}\n{said}");
    let answers: Vec<Value> =
        told.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let calls = blocks.join("\n");
    let calls =
        calls.lines().filter(|line| line.starts_with("post /") || line.starts_with("get /"));
    let answers: Vec<&Value> =
        answers.iter().filter(|answer| answer.is_object() || answer.is_array()).collect();
    assert_eq!(answers.len(), calls.count(), "each call is answered in JSON: {told}");
    for answer in &answers {
        assert!(answer.get("instance").is_none(), "a problem: {answer}");
    }
    let of = |field: &str, id: &str| answers.iter().filter(|one| one[field] == id).count();
    assert!(of("intent_id", "intent_042") >= 3, "{told}");
    let outcome = answers.iter().find(|answer| answer.get("outcomes").is_some());
    let text = outcome.map(|outcome| outcome.to_string()).unwrap_or_default();
    assert!(!text.contains("rejected") && !text.contains("refused"), "{text}");
}
