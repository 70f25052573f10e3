//! Backups beside a server under load: each verifies, opens and has what was acknowledged before.

use crate::support::http::Client;
use crate::support::process::{Site, ZENTRA};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

const BACKUPS: u64 = 20;
/// Batches that are sent while one backup is made.
const BATCHES: u64 = 40;

fn zentra(args: &[&str]) -> Output {
    Command::new(ZENTRA).args(args).output().unwrap()
}

fn done(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A site whose first segment is full soon, so that there are sealed ones.
fn site_with_small_segments() -> Site {
    let site = Site::new();
    let first = site.data().join("log/00000000000000000000.seg");
    fs::OpenOptions::new().write(true).open(first).unwrap().set_len(4_096).unwrap();
    site
}

fn fund(client: &mut Client) {
    let amount = json!({ "minor_units": 1_000_000, "currency": "EUR" });
    let postings = json!({ "postings": [
        { "account": "world:bank", "direction": "debit", "amount": amount },
        { "account": "customer_balance:b", "direction": "credit", "amount": amount },
    ]});
    assert_eq!(client.post("/transfers", &postings).status, 201);
}

fn item(id: &str) -> Value {
    json!({
        "intent_id": id,
        "amount": { "minor_units": 1, "currency": "EUR" },
        "source": "customer_balance:b",
        "destination": "merchant_balance:b",
    })
}

fn batch(client: &mut Client, number: u64) {
    let items: Vec<Value> = (0..50).map(|index| item(&format!("b{number}_{index}"))).collect();
    let answer = client.post("/intents/batch", &Value::from(items));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

/// Restores a backup and counts its intents of the load.
fn restored_batches(site: &Site, backup: &Path, into: &Path) -> u64 {
    let key = site.data().join("master.key");
    let args = ["restore", text(backup), "--data", text(into), "--master-key", text(&key)];
    done(&zentra(&args));
    done(&zentra(&["log", "verify", "--data", text(into)]));
    let shown = done(&zentra(&["log", "inspect", "--data", text(into)]));
    shown.matches("_49\"").count() as u64
}

#[test]
fn twenty_backups_under_load_verify_open_and_have_what_was_acknowledged() {
    let site = site_with_small_segments();
    let server = site.serve(&["--segment-bytes", "65536", "--snapshot-entries", "500"]);
    fund(&mut server.client());
    let folder = tempfile::tempdir().unwrap();
    let (growing, acknowledged) = (folder.path().join("growing"), AtomicU64::new(0));
    let (rounds, round) = mpsc::channel();
    thread::scope(|threads| {
        let mut client = server.client();
        let acknowledged = &acknowledged;
        threads.spawn(move || {
            for round in round {
                for number in round * BATCHES..(round + 1) * BATCHES {
                    batch(&mut client, number);
                    acknowledged.store(number + 1, Ordering::SeqCst);
                }
            }
        });
        for number in 0..BACKUPS {
            rounds.send(number).unwrap();
            let before = acknowledged.load(Ordering::SeqCst);
            done(&zentra(&["backup", text(&growing), "--data", text(&site.data())]));
            done(&zentra(&["backup", "verify", text(&growing)]));
            if number % 4 == 0 {
                let whole = folder.path().join(format!("whole_{number}"));
                done(&zentra(&["backup", text(&whole), "--data", text(&site.data())]));
                done(&zentra(&["backup", "verify", text(&whole)]));
                let into = folder.path().join(format!("restored_{number}"));
                let found = restored_batches(&site, &growing, &into);
                assert!(found >= before, "backup {number} has {found} batches of {before}");
            }
        }
        drop(rounds);
    });
    server.stop();
    // A backup of the same log copies only what came in since.
    let last = zentra(&["backup", text(&growing), "--data", text(&site.data()), "--json"]);
    let first: Value = serde_json::from_str(&done(&last)).unwrap();
    let again = zentra(&["backup", text(&growing), "--data", text(&site.data()), "--json"]);
    let again: Value = serde_json::from_str(&done(&again)).unwrap();
    assert_eq!(first["position"], again["position"]);
    assert!(again["files"].as_u64().unwrap() > 3, "{again}");
    assert_eq!(again["copied_bytes"], 0, "all of it is there");
    // What was restored goes on: a server serves it.
    let (into, key) = (folder.path().join("served"), site.data().join("master.key"));
    let args = ["restore", text(&growing), "--data", text(&into), "--master-key", text(&key)];
    done(&zentra(&args));
    fs::remove_dir_all(site.data()).unwrap();
    fs::rename(&into, site.data()).unwrap();
    let server = site.serve(&[]);
    let last = acknowledged.load(Ordering::SeqCst) - 1;
    assert_eq!(server.client().get(&format!("/intents/b{last}_49")).status, 200);
    batch(&mut server.client(), last + 1);
    server.stop();
}

/// A backup of a small log, with its site.
fn small() -> (Site, tempfile::TempDir, PathBuf) {
    let site = site_with_small_segments();
    let server = site.serve(&["--segment-bytes", "4096"]);
    fund(&mut server.client());
    batch(&mut server.client(), 0);
    server.stop();
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    done(&zentra(&["backup", text(&backup), "--data", text(&site.data())]));
    (site, folder, backup)
}

#[test]
fn a_flipped_byte_anywhere_is_named() {
    let (_site, _folder, backup) = small();
    done(&zentra(&["backup", "verify", text(&backup)]));
    let mut files: Vec<PathBuf> = ["log", "snapshots"]
        .iter()
        .flat_map(|name| fs::read_dir(backup.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{files:?}");
    for path in files {
        let whole = fs::read(&path).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            fs::write(&path, &changed).unwrap();
            let error = refused(&zentra(&["backup", "verify", text(&backup)]));
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(error.contains(name), "{name} byte {at}: {error}");
            let into = backup.with_file_name("into");
            let error = refused(&zentra(&["restore", text(&backup), "--data", text(&into)]));
            assert!(error.contains(name), "{name} byte {at}: {error}");
            fs::remove_dir_all(into).unwrap();
        }
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        refused(&zentra(&["backup", "verify", text(&backup)]));
        fs::remove_file(&path).unwrap();
        let error = refused(&zentra(&["backup", "verify", text(&backup)]));
        assert!(error.contains("missing"), "{error}");
        fs::write(&path, &whole).unwrap();
    }
    // The manifest, too: a changed length would be restored, a changed time believed.
    let manifest = backup.join("backup.json");
    let whole = fs::read_to_string(&manifest).unwrap();
    for field in ["made_at", "restored_bytes", "position"] {
        let at = whole.find(&format!("\"{field}\": ")).unwrap();
        let digit = whole[at..].find(|letter: char| letter.is_ascii_digit()).unwrap() + at;
        let mut changed = whole.clone().into_bytes();
        changed[digit] = if changed[digit] == b'9' { b'8' } else { changed[digit] + 1 };
        fs::write(&manifest, &changed).unwrap();
        for args in [&["backup", "verify"][..], &["restore"]] {
            let into = backup.with_file_name("into");
            let args = [args, &[text(&backup)]].concat();
            let mut zentra = Command::new(ZENTRA);
            let error = refused(&zentra.args(&args).env("ZENTRA_DATA", &into).output().unwrap());
            assert!(error.contains("backup.json"), "{field}: {error}");
            assert!(!into.exists());
        }
    }
    fs::write(&manifest, &whole).unwrap();
    done(&zentra(&["backup", "verify", text(&backup)]));
}

#[test]
fn a_backup_goes_on_from_its_own_log_only() {
    let (site, folder, backup) = small();
    let data = site.data();
    // Another log.
    let other = Site::new();
    let error = refused(&zentra(&["backup", text(&backup), "--data", text(&other.data())]));
    assert!(error.contains("another log"), "{error}");
    // A folder with something else in it.
    let error = refused(&zentra(&["backup", text(&data), "--data", text(&other.data())]));
    assert!(error.contains("not empty"), "{error}");
    // The log goes on: the same backup takes the rest. Then the log goes back, and the backup has
    // more than it.
    let old = folder.path().join("old");
    let key = data.join("master.key");
    let args = ["restore", text(&backup), "--data", text(&old), "--master-key", text(&key)];
    done(&zentra(&args));
    let server = site.serve(&["--segment-bytes", "4096"]);
    batch(&mut server.client(), 1);
    server.stop();
    done(&zentra(&["backup", text(&backup), "--data", text(&data)]));
    done(&zentra(&["backup", "verify", text(&backup)]));
    let manifest = fs::read(backup.join("backup.json")).unwrap();
    let error = refused(&zentra(&["backup", text(&backup), "--data", text(&old)]));
    assert!(error.contains("lost entries"), "{error}");
    // Another history of the same log that is longer.
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&old, &data).unwrap();
    let server = site.serve(&["--segment-bytes", "4096"]);
    for number in 2..6 {
        batch(&mut server.client(), number);
    }
    server.stop();
    let error = refused(&zentra(&["backup", text(&backup), "--data", text(&data)]));
    assert!(error.contains("another history"), "{error}");
    assert_eq!(fs::read(backup.join("backup.json")).unwrap(), manifest);
    done(&zentra(&["backup", "verify", text(&backup)]));
    // Restoring over something is refused.
    let error = refused(&zentra(&["restore", text(&backup), "--data", text(&data)]));
    assert!(error.contains("not empty"), "{error}");
}

/// Every file of a backup with its bytes.
fn files_of(backup: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<PathBuf> = ["log", "snapshots"]
        .iter()
        .flat_map(|name| fs::read_dir(backup.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.push(backup.join("backup.json"));
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_backup_changes_no_file_that_has_another_name() {
    let (site, folder, backup) = small();
    let data = site.data();
    // Each file of the backup has a second name, as copies by hard links give it.
    let linked = folder.path().join("linked");
    fs::create_dir(&linked).unwrap();
    let before = files_of(&backup);
    for (path, _) in &before {
        fs::hard_link(path, linked.join(path.file_name().unwrap())).unwrap();
    }
    let server = site.serve(&["--segment-bytes", "4096"]);
    batch(&mut server.client(), 1);
    server.stop();
    let error = refused(&zentra(&["backup", text(&backup), "--data", text(&data)]));
    assert!(error.contains("another name"), "{error}");
    assert_eq!(files_of(&backup), before, "neither name's bytes have changed");
    done(&zentra(&["backup", "verify", text(&backup)]));
    fs::remove_dir_all(linked).unwrap();
    done(&zentra(&["backup", text(&backup), "--data", text(&data)]));
    done(&zentra(&["backup", "verify", text(&backup)]));
}

#[test]
fn a_backup_may_be_named_by_a_link_and_follows_none_within() {
    let (site, folder, _) = small();
    let data = site.data();
    let (disk, named) = (folder.path().join("disk"), folder.path().join("named"));
    fs::create_dir(&disk).unwrap();
    std::os::unix::fs::symlink(&disk, &named).unwrap();
    for _ in 0..2 {
        done(&zentra(&["backup", text(&named), "--data", text(&data)]));
        done(&zentra(&["backup", "verify", text(&named)]));
    }
    assert!(disk.join("backup.json").is_file());
    let elsewhere = folder.path().join("elsewhere");
    for inner in ["log", "snapshots", "backup.json", "log/meta"] {
        fs::rename(disk.join(inner), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, disk.join(inner)).unwrap();
        let error = refused(&zentra(&["backup", text(&named), "--data", text(&data)]));
        assert!(error.contains("symbolic link"), "{inner}: {error}");
        let into = folder.path().join("into");
        refused(&zentra(&["restore", text(&named), "--data", text(&into)]));
        if into.exists() {
            fs::remove_dir_all(into).unwrap();
        }
        fs::remove_file(disk.join(inner)).unwrap();
        fs::rename(&elsewhere, disk.join(inner)).unwrap();
    }
    done(&zentra(&["backup", "verify", text(&named)]));
}

/// What a backup leaves that is cut off before its manifest: segments that have grown, new ones,
/// and perhaps a snapshot.
fn cut_off_backup(data: &Path, backup: &Path) -> usize {
    let mut more = 0;
    for folder in ["log", "snapshots"] {
        for entry in fs::read_dir(data.join(folder)).unwrap() {
            let from = entry.unwrap().path();
            let to = backup.join(folder).join(from.file_name().unwrap());
            let name = from.extension().unwrap_or_default();
            if name == "seg" || (name == "zsnap" && !to.exists()) {
                let before = fs::read(&to).unwrap_or_default();
                fs::copy(&from, &to).unwrap();
                more += usize::from(fs::read(&to).unwrap() != before);
            }
        }
    }
    more
}

#[test]
fn a_backup_is_whole_after_one_that_was_cut_off() {
    let (site, folder, backup) = small();
    let (data, key) = (site.data(), site.data().join("master.key"));
    let verified = done(&zentra(&["backup", "verify", text(&backup)]));
    let server = site.serve(&["--segment-bytes", "4096"]);
    for number in 1..6 {
        batch(&mut server.client(), number);
    }
    server.stop();
    assert!(cut_off_backup(&data, &backup) >= 3, "the last segment, a new one and a snapshot");
    assert_eq!(done(&zentra(&["backup", "verify", text(&backup)])), verified);
    let into = folder.path().join("into");
    let args = ["restore", text(&backup), "--data", text(&into), "--master-key", text(&key)];
    done(&zentra(&args));
    done(&zentra(&["log", "verify", "--data", text(&into)]));
    // The next one that is not cut off has everything.
    done(&zentra(&["backup", text(&backup), "--data", text(&data)]));
    assert_ne!(done(&zentra(&["backup", "verify", text(&backup)])), verified);
}

#[test]
fn a_restore_takes_the_key_of_its_log_and_no_other() {
    let (site, folder, backup) = small();
    // A checkpoint is signed with the key.
    let server = site.serve(&["--seal-after-ms", "1"]);
    batch(&mut server.client(), 1);
    while server.client().get("/checkpoint").status != 200 {}
    server.stop();
    done(&zentra(&["backup", text(&backup), "--data", text(&site.data())]));
    let (other, into) = (Site::new(), folder.path().join("into"));
    let short = folder.path().join("short.key");
    fs::write(&short, [7; 31]).unwrap();
    let wrong = other.data().join("master.key");
    for (key, expected) in [(&wrong, "is not the key that"), (&short, "must be 32 bytes")] {
        let args = ["restore", text(&backup), "--data", text(&into), "--master-key", text(key)];
        let error = refused(&zentra(&args));
        assert!(error.contains(expected), "{error}");
        assert!(!into.exists(), "nothing half-made is left");
    }
    let key = site.data().join("master.key");
    let args = ["restore", text(&backup), "--data", text(&into), "--master-key", text(&key)];
    done(&zentra(&args));
    assert_eq!(fs::read(into.join("master.key")).unwrap(), fs::read(&key).unwrap());
}
