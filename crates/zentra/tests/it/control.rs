//! The command line beside a running server, by its control socket.

use crate::support::process::{Server, Site, ZENTRA};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The entries of the log that tell of keys, as `log inspect` shows them.
fn key_entries(site: &Site) -> Vec<Value> {
    let shown = site.run(&["log", "inspect"]);
    assert!(shown.status.success(), "{}", said(&shown));
    let lines = String::from_utf8(shown.stdout).unwrap();
    let entries = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let makes_key = |entry: &Value| {
        let events = entry["events"].as_array().unwrap();
        events.iter().any(|event| event["type"] == "key.created")
    };
    entries.filter(makes_key).collect()
}

/// Says a line at the control socket; the answer.
fn ask(site: &Site, line: &[u8]) -> Value {
    let mut stream = UnixStream::connect(site.data().join("control.sock")).unwrap();
    // A server that has had enough reads no more.
    let _cut = stream.write_all(line).is_err();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("it said {text:?}"))
}

fn works(server: &Server, key: &str) -> bool {
    server.client_with(key).get("/keys").status == 200
}

#[test]
fn a_key_for_a_new_scope_is_made_beside_a_running_server_and_is_in_the_log() {
    let site = Site::new();
    let server = site.serve(&[]);
    let tenant = site.create_key("tenant", "svc_tenant", &["admin"]);
    let more = site.create_key("tenant", "svc_more", &["auditor"]);
    assert!(works(&server, &tenant) && works(&server, &more));
    let keys = server.client_with(&tenant).get("/keys").json();
    assert_eq!(keys["data"].as_array().unwrap().len(), 2);
    server.kill();
    // Acknowledged is durable, and the socket that was left is in nobody's way.
    assert!(site.data().join("control.sock").exists());
    let server = site.serve(&[]);
    assert!(works(&server, &tenant) && works(&server, &more));
    server.kill();
    let later = site.create_key("tenant", "svc_later", &["auditor"]);
    let server = site.serve(&[]);
    assert!(works(&server, &later));
    server.stop();
    let made = key_entries(&site);
    assert_eq!(made.len(), 4);
    let registered = &made[0]["events"][0]["data"];
    assert_eq!(registered["name"], "zentra:cli");
    for entry in &made {
        assert_eq!(entry["actor"], registered["actor"], "with a server or without: {entry}");
    }
    let verified = site.run(&["log", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

#[test]
fn what_the_server_refuses_is_refused_at_the_command_line() {
    let site = Site::new();
    let server = site.serve(&[]);
    let long = "x".repeat(600);
    let rows: [(&[&str], &str); 4] = [
        (&["--scope", "..", "--actor", "a"], "validation_failed"),
        (&["--scope", "b", "--actor", "zentra"], "the server's own"),
        (&["--scope", "not a name", "--actor", "a"], "the scope"),
        (&["--scope", "b", "--actor", "a", "--label", &long], "512 characters"),
    ];
    for (args, expected) in rows {
        let refused = site.run(&[&["key", "create"], args].concat());
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{args:?}");
        assert!(said(&refused).contains(expected), "{}", said(&refused));
    }
    let entries = key_entries(&site).len();
    assert_eq!(entries, 1, "the first key alone");
    server.stop();
    let server = site.serve(&["--read-only"]);
    let refused = site.run(&["key", "create", "--scope", "b", "--actor", "a"]);
    assert!(!refused.status.success(), "nothing is recorded");
    assert!(said(&refused).contains("read_only"), "{}", said(&refused));
    server.stop();
}

#[test]
fn the_socket_is_its_owners_and_is_gone_after_a_stop() {
    let site = Site::new();
    let server = site.serve(&[]);
    let path = site.data().join("control.sock");
    let found = fs::symlink_metadata(&path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    server.stop();
    assert!(!path.exists());
    // What is not ours stays, and the server serves without a socket.
    fs::write(&path, "notes").unwrap();
    let errors = site.data().join("errors");
    let mut command = Command::new(ZENTRA);
    command.stderr(fs::File::create(&errors).unwrap());
    let server = site.serve_as(command, &[]);
    assert_eq!(server.client().get("/readyz").status, 200);
    for refused in
        [site.run(&["key", "create", "--scope", "b", "--actor", "c"]), site.run(&["wait"])]
    {
        let told = said(&refused);
        assert!(
            !refused.status.success() && told.contains("control.sock is not a socket"),
            "{told}"
        );
    }
    server.stop();
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    assert!(fs::read_to_string(errors).unwrap().contains("control.sock is not a socket"));
}

#[test]
fn nonsense_at_the_socket_is_refused_and_keeps_nobody() {
    let site = Site::new();
    let server = site.serve(&[]);
    let hash = "0".repeat(64);
    let key =
        |rest: &str| format!("{{\"request\":\"key\",\"scope\":\"s\",\"actor\":\"a\"{rest}}}\n");
    let long = vec![b'x'; 1 << 20];
    let rows: [&[u8]; 9] = [
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"{\"request\":\"everything\"}\n",
        b"{\"request\":\"status\",\"more\":1}\n",
        b"\xff\xfe\n",
        &long,
        key(",\"hash\":\"00\",\"roles\":1,\"label\":\"\"").leak().as_bytes(),
        key(&format!(",\"hash\":\"{hash}\",\"roles\":0,\"label\":\"\"")).leak().as_bytes(),
        key(&format!(",\"hash\":\"{hash}\",\"roles\":128,\"label\":\"\"")).leak().as_bytes(),
    ];
    for row in rows {
        let shown = String::from_utf8_lossy(&row[..row.len().min(80)]).into_owned();
        // Bytes that are no text, and a line without an end, are not answered but closed.
        let mut stream = UnixStream::connect(site.data().join("control.sock")).unwrap();
        let _cut = stream.write_all(row).is_err();
        let mut text = String::new();
        if stream.read_to_string(&mut text).is_ok() && !text.is_empty() {
            assert!(text.contains("\"response\":\"refused\""), "{shown}: {text}");
        }
    }
    let status = ask(&site, b"{\"request\":\"status\"}\n");
    assert_eq!(status["url"], format!("http://{}", server.address));
    assert_eq!(key_entries(&site).len(), 1, "none of it was recorded");
    let key = site.create_key("tenant", "svc_tenant", &["admin"]);
    assert!(works(&server, &key));
    // Who says nothing does not hold up the end: without a bound, this would hang.
    let connect = || UnixStream::connect(site.data().join("control.sock")).unwrap();
    let silent: Vec<UnixStream> = (0..20).map(|_| connect()).collect();
    server.stop();
    drop(silent);
}

#[test]
fn a_path_that_is_too_long_for_a_socket_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("d".repeat(100)).join("data");
    let errors = folder.path().join("errors");
    let zentra = |args: &[&str]| {
        let mut command = Command::new(ZENTRA);
        command.args(args).arg("--data").arg(&data).env("ZENTRA_DISK_FREE_MIN_BYTES", "1");
        command
    };
    let create = ["key", "create", "--scope", "s", "--actor", "a"];
    let first = zentra(&create).output().unwrap();
    assert!(first.status.success(), "without a server it needs none: {}", said(&first));
    let mut server = zentra(&["serve", "--listen", "127.0.0.1:0"]);
    server.stdout(Stdio::piped()).stderr(fs::File::create(&errors).unwrap());
    let mut server = server.spawn().unwrap();
    let mut line = [0; 24];
    server.stdout.take().unwrap().read_exact(&mut line).unwrap();
    let beside = zentra(&create).output().unwrap();
    let waits = zentra(&["wait"]).output().unwrap();
    let backup = folder.path().join("backup");
    let copied = zentra(&["backup", backup.to_str().unwrap()]).output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(line.starts_with(b"zentra listens on http:/"));
    let bytes = data.join("control.sock").as_os_str().len();
    let named = format!("control.sock has {bytes} bytes, and the path of a socket has at most 107");
    assert!(fs::read_to_string(&errors).unwrap().contains(&named));
    for refused in [&beside, &waits] {
        assert!(!refused.status.success());
        assert!(said(refused).contains(&named), "{}", said(refused));
    }
    assert!(said(&beside).contains("in use by another process"), "{}", said(&beside));
    assert!(copied.status.success(), "a backup needs no word of the server: {}", said(&copied));
}

#[test]
fn whoever_waits_is_told_where_the_server_of_the_folder_listens() {
    let site = Site::new();
    let waits = || site.run(&["wait", "--timeout", "60"]);
    let none = site.run(&["wait", "--timeout", "0"]);
    assert!(!none.status.success() && said(&none).contains("no server took requests"));
    let file = site.data().join("ready");
    std::thread::scope(|threads| {
        let early = threads.spawn(|| {
            let waited = waits();
            assert!(file.exists(), "it is there before anybody is answered");
            waited
        });
        let server = site.serve(&["--ready-file", file.to_str().unwrap()]);
        for waited in [early.join().unwrap(), waits()] {
            let url = String::from_utf8(waited.stdout).unwrap();
            assert_eq!(url, format!("http://{}\n", server.address));
        }
        server.stop();
    });
}

#[test]
fn a_ready_file_is_there_while_requests_are_taken_and_at_no_other_time() {
    let site = Site::new();
    let file = site.data().join("ready");
    let text = file.to_str().unwrap();
    // What a killed server left.
    fs::write(&file, "http://127.0.0.1:1\n").unwrap();
    let server = site.serve(&["--ready-file", text]);
    // The line on standard output comes after the file.
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("http://{}\n", server.address));
    let second = site.run(&["serve", "--listen", "127.0.0.1:0", "--ready-file", text]);
    assert!(!second.status.success() && said(&second).contains("another process"));
    assert!(file.exists(), "it is the first server's");
    server.stop();
    assert!(!file.exists());
    fs::write(&file, "notes").unwrap();
    let refused = site.run(&["serve", "--listen", "127.0.0.1:0", "--ready-file", text]);
    assert!(!refused.status.success() && said(&refused).contains("no server wrote it"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "notes");
}

#[test]
fn a_backup_beside_a_server_ends_where_its_log_is_durable() {
    let site = Site::new();
    let server = site.serve(&[]);
    let body = json!({ "type": "order.placed", "data": {} });
    assert_eq!(server.client().post("/events", &body).status, 201);
    let before = ask(&site, b"{\"request\":\"status\"}\n")["durable"].as_u64().unwrap();
    let backup = site.data().with_file_name("backup");
    let made = site.run(&["backup", backup.to_str().unwrap(), "--json"]);
    assert!(made.status.success(), "{}", said(&made));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert!(made["position"].as_u64().unwrap() >= before, "{made}");
    server.stop();
    verify(&backup);
}

fn verify(backup: &Path) {
    let verified = Command::new(ZENTRA).args(["backup", "verify"]).arg(backup).output().unwrap();
    assert!(verified.status.success(), "{}", said(&verified));
}
