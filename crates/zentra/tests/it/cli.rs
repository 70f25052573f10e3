//! The command line: locks, clean stops, rebuilds, refusals.

use crate::support::process::{Site, ZENTRA};
use serde_json::{Value, json};
use std::fs::File;
use std::process::Command;

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let site = Site::new();
    let server = site.serve(&[]);
    let second = site.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another process"), "{said}");
    server.stop();
}

#[test]
fn a_key_for_a_folder_without_a_log_says_that_it_begins_one() {
    let site = Site::new();
    let make = || site.run(&["key", "create", "--scope", "b", "--actor", "c"]);
    let said = |output: &std::process::Output| String::from_utf8(output.stderr.clone()).unwrap();
    let known = make();
    assert!(known.status.success() && !said(&known).contains("no log"), "{}", said(&known));
    std::fs::remove_dir_all(site.data()).unwrap();
    let first = make();
    assert!(first.status.success());
    assert!(said(&first).contains("had no log; a new one begins there"), "{}", said(&first));
    let key = String::from_utf8(first.stdout).unwrap();
    assert!(key.starts_with("zk_"), "the key alone is the result: {key}");
}

#[test]
fn a_command_whose_output_nobody_reads_ends_in_silence() {
    let site = Site::new();
    site.serve(&[]).stop();
    for command in [&["rebuild"][..], &["log", "inspect"], &["log", "verify"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut zentra = Command::new(ZENTRA);
        zentra.args(command).arg("--data").arg(site.data()).stdout(writer);
        let ended = zentra.output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), said.as_str()), (Some(141), ""), "{command:?}");
    }
}

#[test]
fn a_clean_stop_leaves_a_snapshot_that_a_rebuild_confirms() {
    let site = Site::new();
    let server = site.serve(&[]);
    let waiting = json!({
        "intent_id": "intent_042",
        "scope": "workspace_scope",
        "money_model": "minor_units + ledger_currency",
        "primitives": ["policy", "ledger", "events"],
    });
    assert_eq!(server.client().post("/intents", &waiting).status, 201);
    server.stop();
    let rebuilt = site.run(&["rebuild", "--verify", "--json"]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    let shown: Value = serde_json::from_slice(&rebuilt.stdout).unwrap();
    assert_eq!(shown["agrees"], true);
    assert_eq!(shown["compared"]["position"], shown["position"]);
    let names: Vec<_> = shown["compared"]["projections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["projection"].as_str().unwrap().to_owned())
        .collect();
    for name in ["balances", "intents", "endpoint_health", "deliveries"] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
    let server = site.serve(&[]);
    assert_eq!(server.client().get("/intents/intent_042").status, 200);
    server.stop();
}

#[test]
fn a_stop_in_the_middle_of_a_snapshot_leaves_a_whole_one() {
    let site = Site::new();
    // What a process that was killed in the middle leaves behind.
    let folder = site.data().join("snapshots");
    std::fs::create_dir_all(&folder).unwrap();
    let left = folder.join("00000000000000000001.tmp");
    std::fs::write(&left, "half").unwrap();
    let log = site.data().with_extension("log");
    for round in 0..12 {
        let file = File::create(&log).unwrap();
        let server = site.serve_logged(file, "warn", &["--snapshot-entries", "1"]);
        let mut client = server.client();
        for number in 0..round * 3 {
            let waiting = json!({ "intent_id": format!("intent_{round}_{number}") });
            assert_eq!(client.post("/intents", &waiting).status, 201);
        }
        server.stop();
        assert!(!left.exists());
        let rebuilt = site.run(&["rebuild", "--verify", "--json"]);
        let shown: Value = serde_json::from_slice(&rebuilt.stdout).unwrap();
        assert_eq!(shown["agrees"], true, "round {round}: {shown}");
        // Only a stop that says so leaves none, on a busy machine; then it is an older one.
        let left_none = std::fs::read_to_string(&log).unwrap().contains("no snapshot is left");
        let whole = shown["compared"]["position"] == shown["position"];
        assert!(whole || left_none, "round {round}: {shown}");
    }
}

#[test]
fn views_and_trees_that_were_cut_off_while_they_were_made_are_made_again() {
    let site = Site::new();
    for folder in ["views", "evidence"] {
        let folder = site.data().join(folder);
        std::fs::create_dir_all(folder.join("keyspaces").join("0")).unwrap();
        std::fs::write(folder.join("version"), "").unwrap();
    }
    let server = site.serve(&[]);
    let waiting = json!({ "intent_id": "intent_042" });
    assert_eq!(server.client().post("/intents", &waiting).status, 201);
    let listed = server.client().get("/intents").json();
    assert_eq!(listed["data"][0]["intent_id"], "intent_042");
    assert_eq!(server.client().get("/intents/intent_042/evidence").status, 200);
    server.stop();
}

#[test]
fn a_changed_snapshot_is_not_used_and_a_rebuild_says_so() {
    let site = Site::new();
    site.serve(&[]).stop();
    let folder = site.data().join("snapshots");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let rebuilt = site.run(&["rebuild", "--verify"]);
    assert!(!rebuilt.status.success(), "nothing was left to compare with");
    let server = site.serve(&[]);
    assert_eq!(server.client().get("/keys").status, 200, "the log has everything");
    server.stop();
}

#[test]
fn a_changed_byte_in_the_log_is_named_and_refused() {
    let site = Site::new();
    let server = site.serve(&[]);
    for number in 0..20 {
        let body = json!({ "type": "order.placed", "data": { "number": number } });
        assert_eq!(server.client().post("/events", &body).status, 201);
    }
    server.stop();
    let mut segments: Vec<_> = std::fs::read_dir(site.data().join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    segments.sort();
    let mut bytes = std::fs::read(&segments[0]).unwrap();
    let at = bytes.windows(12).position(|window| window == b"order.placed").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&segments[0], bytes).unwrap();
    let verified = site.run(&["log", "verify"]);
    assert!(!verified.status.success());
    let said = String::from_utf8(verified.stderr).unwrap();
    let name = segments[0].file_name().unwrap().to_str().unwrap().to_owned();
    assert!(said.contains(&name) && said.contains("position"), "{said}");
}

#[test]
fn a_rebuild_that_differs_from_the_snapshot_fails_and_names_the_projection() {
    let site = Site::new();
    site.serve(&[]).stop();
    let folder = site.data().join("snapshots");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let forged = forge(std::fs::read(&path).unwrap(), "directory");
        std::fs::write(&path, forged).unwrap();
    }
    let rebuilt = site.run(&["rebuild", "--verify"]);
    let shown = String::from_utf8(rebuilt.stdout).unwrap();
    assert!(!rebuilt.status.success(), "{shown}");
    let differs: Vec<&str> = shown.lines().filter(|line| line.ends_with("DIFFERS")).collect();
    assert_eq!(differs.len(), 1, "{shown}");
    assert!(differs[0].starts_with("directory"), "{shown}");
}

/// A snapshot with one changed byte in its first projection and every sum made right again, as
/// only somebody who means it could write it.
fn forge(mut bytes: Vec<u8>, projection: &str) -> Vec<u8> {
    const HEADER_BYTES: usize = 50;
    let name = [&(projection.len() as u32).to_le_bytes(), projection.as_bytes()].concat();
    let table = bytes.windows(name.len()).rposition(|window| window == name).unwrap();
    let at = table + name.len();
    let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let target = HEADER_BYTES + length - 20;
    bytes[target] ^= 1;
    let mut hasher = blake3::Hasher::new_derive_key("zentra projection v1");
    hasher.update(&(projection.len() as u64).to_le_bytes());
    hasher.update(projection.as_bytes());
    hasher.update(&bytes[10..18]);
    hasher.update(&bytes[HEADER_BYTES..HEADER_BYTES + length]);
    let sum = *hasher.finalize().as_bytes();
    bytes[at + 8..at + 40].copy_from_slice(&sum);
    let body = bytes.len() - 32;
    let framed = [&bytes[..HEADER_BYTES], &bytes[table..body]].concat();
    let sum = *blake3::hash(&framed).as_bytes();
    bytes[body..].copy_from_slice(&sum);
    bytes
}

/// What a bench run tells, which succeeded and counts.
fn bench(what: &str, connections: &str, form: &[&str]) -> Value {
    let output = Command::new(ZENTRA)
        .args(["bench", what, "--transfers", "300", "--connections", connections])
        .args(["--accounts", "20", "--json"])
        .args(form)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["counts"], true);
    found
}

#[test]
fn a_bench_run_counts_only_with_agreeing_digests_and_conserved_money() {
    for form in [&["--batch", "64"][..], &["--single"]] {
        let found = bench("ledger", "8", form);
        assert_eq!(found["intents"], 300);
        for field in ["accepted_per_second", "rebuild_entries_per_second", "resident_bytes"] {
            assert!(found[field].as_u64().unwrap() > 0, "{field}: {found}");
        }
        let latency = &found["latency_us"];
        assert!(latency["p50"].as_u64() <= latency["p99"].as_u64());
        assert!(latency["p99"].as_u64() <= latency["max"].as_u64());
    }
}

#[test]
fn a_bench_of_ceilings_tells_what_bounds_the_rate() {
    for form in [&["--batch", "64"][..], &["--single"]] {
        let found = bench("ceiling", "2", form);
        assert!([300, 320].contains(&found["intents"].as_u64().unwrap()), "whole batches: {found}");
        let ceilings = found["ceilings"].as_array().unwrap();
        assert_eq!(ceilings.len(), 3, "{found}");
        let accepted = found["accepted_per_second"].as_u64().unwrap();
        for one in ceilings {
            let bound = one["intents_per_second"].as_u64().unwrap();
            let reached = one["reached_percent"].as_u64().unwrap();
            assert!(bound > 0, "{one}");
            assert_eq!(reached, accepted * 100 / bound, "{one}");
        }
    }
}

#[test]
fn a_port_that_is_taken_leaves_no_folder_behind() {
    let site = Site::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = site.data().with_file_name("mistyped");
    let mut serve = Command::new(ZENTRA);
    serve.args(["serve", "--listen", &address, "--data"]).arg(&data);
    let ended = serve.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success() && said.contains(&address), "{said}");
    assert!(!data.exists());
}

#[test]
fn a_backup_goes_beside_the_data_folder() {
    let site = Site::new();
    let inside = site.data().join("backups/first");
    let ended = site.run(&["backup", inside.to_str().unwrap()]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success() && said.contains("name a folder beside it"), "{said}");
    assert!(!site.data().join("backups").exists());
}

#[test]
fn a_ready_file_without_a_folder_is_told_before_the_log_is_opened() {
    let site = Site::new();
    let ready = site.data().with_file_name("run").join("ready");
    let path = ready.to_str().unwrap();
    let ended = site.run(&["serve", "--listen", "127.0.0.1:0", "--ready-file", path]);
    let said = String::from_utf8(ended.stderr).unwrap();
    let folder = ready.parent().unwrap().display().to_string();
    assert!(!ended.status.success(), "{said}");
    assert!(said.contains(path) && said.contains(&format!("no folder {folder};")), "{said}");
}
