//! Judges that are not ours: hledger, and the `standardwebhooks` packages of PyPI and npm.
//!
//! `cargo xtask judges` installs them; a missing judge fails the test.

use crate::support::receiver::Received;
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs hledger on a journal.
pub(crate) fn hledger(journal: &Path, args: &[&str]) -> Output {
    let output = Command::new("hledger").arg("-f").arg(journal).args(args).output();
    output.expect("hledger is installed by `cargo xtask judges`")
}

/// What both webhook libraries say of each request: whether its signature verifies.
pub(crate) fn standardwebhooks(secret: &str, received: &[Received]) -> [Vec<bool>; 2] {
    let lines: Vec<String> = received.iter().map(|one| question(secret, one).to_string()).collect();
    let judges = root().join("xtask/judges/webhooks");
    let python = root().join(".judges/py/bin/python");
    let node_path = root().join(".judges/node/node_modules");
    let mut py = Command::new(python);
    py.arg(judges.join("verify.py"));
    let mut js = Command::new("node");
    js.arg(root().join(".judges/node/verify.mjs")).env("NODE_PATH", node_path);
    [ask(py, &lines), ask(js, &lines)]
}

fn question(secret: &str, received: &Received) -> Value {
    json!({
        "secret": secret,
        "headers": {
            "webhook-id": received.header("webhook-id"),
            "webhook-timestamp": received.header("webhook-timestamp"),
            "webhook-signature": received.header("webhook-signature"),
        },
        "body_base64": BASE64.encode(&received.body),
    })
}

fn ask(mut judge: Command, lines: &[String]) -> Vec<bool> {
    let mut child = judge
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the judges are installed by `cargo xtask judges`");
    let mut input = child.stdin.take().unwrap();
    input.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "a judge failed");
    let answers = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<bool> = answers
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["ok"].as_bool().unwrap())
        .collect();
    assert_eq!(verdicts.len(), lines.len(), "a judge answers every line");
    verdicts
}
