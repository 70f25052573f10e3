//! The API's description before judges that are not ours, and a real server before one of them.
//!
//! Generators of clients must read it without a word of complaint; a tester makes requests of it
//! and holds every answer against it. Owns what each is asked. Must not know single routes.

use crate::judges::{node_tool, venv_tool};
use crate::run::{output, root, run_with, said};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Operations are tried with so many made-up requests each.
const EXAMPLES_MAX: &str = "8";
/// The whole run takes no longer.
const SECONDS_MAX: &str = "75";
const SEED: &str = "1042";

/// What is not asked of every answer: that what fits its schema is taken. A schema takes `2.0` for
/// an integer, which is none here, since numbers are read by their digits; it cannot say which
/// instants there are, which cursors a list gave, or which parameters exclude each other; and what
/// has its form may be refused by what the ledger's state is.
const LEFT_OUT: &str = "positive_data_acceptance";

/// Both judgements.
pub(crate) fn check() -> Result<()> {
    clients_read_it()?;
    the_server_keeps_it()
}

/// Two generators of clients, whose complaints are failures.
fn clients_read_it() -> Result<()> {
    let document = root().join("schemas/openapi.json").display().to_string();
    let folder = tempfile::tempdir()?;
    let to = |name: &str| folder.path().join(name).display().to_string();
    let python = [
        "--input",
        &document,
        "--input-file-type",
        "openapi",
        "--output",
        &to("client.py"),
        "--output-model-type",
        "pydantic_v2.BaseModel",
        "--formatters",
        "builtin",
    ];
    quiet(&venv_tool("datamodel-codegen"), &python)?;
    let types = to("client.d.ts");
    let told = said(&node_tool("openapi-typescript"), &[document.as_str(), "--output", &types])?;
    if told.contains("warn") || told.contains("\u{26a0}") {
        bail!("openapi-typescript: {told}");
    }
    quiet(&node_tool("tsc"), &["--noEmit", "--strict", "--skipLibCheck", "false", &types])
}

fn quiet(program: &str, args: &[&str]) -> Result<()> {
    let told = said(program, args)?;
    if told.trim().is_empty() { Ok(()) } else { bail!("{program}: {told}") }
}

/// A server on a folder of its own; it ends with this value.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.0.kill().is_err();
        let _not_waited_for = self.0.wait().is_err();
    }
}

fn the_server_keeps_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let zentra = root().join("target/debug/zentra").display().to_string();
    let data = ["--data", &folder.path().display().to_string()].map(str::to_owned);
    let with = |args: &[&str]| -> Vec<String> {
        args.iter().map(|arg| (*arg).to_owned()).chain(data.clone()).collect()
    };
    let asked = with(&["key", "create", "--scope", "judged", "--actor", "svc", "--role", "admin"]);
    let key = output(&zentra, &texts(&asked))?;
    let serve = with(&["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn"]);
    let _server = serving(&zentra, &texts(&serve))?;
    let url = output(&zentra, &texts(&with(&["wait"])))?;
    let header = format!("Authorization: Bearer {}", key.trim());
    let document = format!("{}/openapi.json", url.trim());
    let config = root().join("xtask/judges/webhooks/schemathesis.toml").display().to_string();
    let asks = [
        "--config-file",
        &config,
        "run",
        &document,
        "--header",
        &header,
        "--seed",
        SEED,
        "--max-examples",
        EXAMPLES_MAX,
        "--max-time",
        SECONDS_MAX,
        "--checks",
        "all",
        "--exclude-checks",
        LEFT_OUT,
        "--warnings",
        "off",
        "--no-color",
        "--continue-on-failure",
        "--no-shrink",
    ];
    // What it keeps between runs would make one run depend on another.
    run_with(folder.path(), &[], &venv_tool("schemathesis"), &asks)
        .context("the server does not answer as its description says")
}

fn texts(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn serving(zentra: &str, args: &[&str]) -> Result<Server> {
    let mut command = Command::new(Path::new(zentra));
    command.args(args).stdout(Stdio::null());
    Ok(Server(command.spawn().with_context(|| format!("cannot start {zentra}"))?))
}
