//! Settings of a real process: where they come from, and what is refused.

use crate::support::process::{Site, ZENTRA};
use std::fs;
use std::process::{Command, Output};

fn serve(site: &Site, variables: &[(&str, &str)], flags: &[&str]) -> Output {
    let mut command = Command::new(ZENTRA);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(site.data()).args(flags);
    command.envs(variables.iter().copied()).output().unwrap()
}

/// What it says when it does not start: one line.
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(!said.contains(".rs"), "no line of ours: {said}");
    said
}

#[test]
fn a_service_of_the_same_name_does_not_keep_the_server_from_starting() {
    let site = Site::new();
    let errors = site.data().join("errors");
    let mut command = Command::new(ZENTRA);
    let variables = [
        ("ZENTRA_PORT", "tcp://10.0.0.7:7717"),
        ("ZENTRA_PORT_7717_TCP_PROTO", "tcp"),
        ("ZENTRA_SERVICE_HOST", "10.0.0.7"),
        ("ZENTRA_INBOX_MAX", "1024"),
    ];
    command.envs(variables).stderr(fs::File::create(&errors).unwrap());
    let server = site.serve_as(command, &[]);
    assert_eq!(server.client().get("/readyz").status, 200);
    server.stop();
    let said = fs::read_to_string(&errors).unwrap();
    let warned: Vec<&str> = said.lines().filter(|line| line.contains("ZENTRA_")).collect();
    assert_eq!(warned.len(), 1, "{said}");
    let names = "ZENTRA_PORT, ZENTRA_PORT_7717_TCP_PROTO, ZENTRA_SERVICE_HOST";
    assert!(warned[0].contains("WARN") && warned[0].contains(names), "{said}");
    assert!(!warned[0].contains("INBOX"), "{said}");
}

#[test]
fn networks_may_come_from_a_variable() {
    let site = Site::new();
    let receiver = crate::support::receiver::Receiver::start(|_| {
        crate::support::receiver::Answer::Status(200)
    });
    // The harness allows loopback by a flag; a server of our own does not.
    let ready = site.data().join("ready");
    let mut command = Command::new(ZENTRA);
    command.args(["serve", "--ready-file"]).arg(&ready).arg("--data").arg(site.data());
    command.env("ZENTRA_LISTEN", "127.0.0.1:0").env("ZENTRA_DISK_FREE_MIN_BYTES", "1");
    command.env("ZENTRA_ALLOW_ADDRESS", "10.0.0.0/8, 127.0.0.0/8").env("ZENTRA_LOG_FILTER", "off");
    let mut server = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let waited = site.run(&["wait"]);
    let url = String::from_utf8(waited.stdout).unwrap();
    let address = url.trim().trim_start_matches("http://").parse().unwrap();
    let mut client = crate::support::http::Client::new(address, &site.key);
    let endpoint = serde_json::json!({ "url": receiver.url(), "events": ["order.*"] });
    assert_eq!(client.post("/webhook-endpoints", &endpoint).status, 201);
    let event = serde_json::json!({ "type": "order.paid", "data": {} });
    assert_eq!(client.post("/events", &event).status, 201);
    receiver.wait(|all| !all.is_empty());
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn nonsense_is_refused_in_one_line_that_names_it() {
    let site = Site::new();
    for (flags, expected) in [
        (&["--attempts-max", "0"][..], "--attempts-max 0: expected a number from 3 to 65536"),
        (&["--inbox-max", "0"], "--inbox-max 0: expected a number from 1 to"),
        (&["--log-filter", "zentra=loud"], "--log-filter zentra=loud: \"loud\" is not a level"),
        (&["--allow-address", "127.0.0.1"], "--allow-address 127.0.0.1: expected networks"),
        (&["--quota", "keys=0"], "--quotas keys=0: "),
        (&["--log-format", "xml"], "--log-format xml: expected text or json"),
    ] {
        let said = refused(&serve(&site, &[], flags));
        assert!(said.contains(expected), "{said}");
    }
    let said = refused(&serve(&site, &[("ZENTRA_ATTEMPTS_MAX", "many")], &[]));
    assert!(said.contains("ZENTRA_ATTEMPTS_MAX=many: expected a number"), "{said}");
    let file = site.data().join("zentra.toml");
    let config = ["--config", file.to_str().unwrap()];
    for (text, expected) in [
        ("seal_after = 3\n", "there is no setting seal_after"),
        ("seal_after_ms = '3'\n", "seal_after_ms = \"3\": expected a number"),
        ("seal_after_ms =\n", "line 1: "),
    ] {
        fs::write(&file, text).unwrap();
        let said = refused(&serve(&site, &[], &config));
        assert!(said.contains(expected) && said.contains("zentra.toml"), "{said}");
    }
}

#[test]
fn what_the_system_said_is_said_once() {
    let site = Site::new();
    let file = site.data().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("data");
    for args in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["key", "create", "--scope", "s", "--actor", "a"],
        &["log", "verify"],
        &["backup", below.to_str().unwrap()],
    ] {
        let failed = Command::new(ZENTRA).args(args).arg("--data").arg(&below).output().unwrap();
        let said = refused(&failed);
        assert_eq!(said.matches("os error").count(), 1, "{args:?}: {said}");
    }
}
