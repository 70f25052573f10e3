//! Who can write a data folder but has no master key: snapshots that are made up, logs that tell
//! what cannot be, links to elsewhere, and logs whose end was taken away.

use crate::support::process::{Site, ZENTRA};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use zentra_env::Env;
use zentra_events::event::{LedgerPostedV1, Leg, PostingV1};
use zentra_events::frame_builder::frame_of;
use zentra_events::{
    AccountNo, ActorNo, Amount, Direction, Entry, Event, Header, Position, Recorded, RequestId,
    ScopeNo, ScopeNumber, Timestamp,
};
use zentra_log::LogWriter;
use zentra_runtime::LogAccess;
use zentra_store::{FileStorage, LogOptions, ReadOnlyLog, UnrecoveredLog};

/// A folder with some money and some checkpoints, whose server has stopped.
fn lived_in() -> Site {
    let site = Site::new();
    let server = site.serve(&["--seal-after-ms", "1"]);
    let mut client = server.client();
    for number in 0..20 {
        let line = |account: &str, direction: &str| {
            let amount = json!({ "minor_units": "1234567", "currency": "EUR" });
            json!({ "account": account, "direction": direction, "amount": amount })
        };
        let lines = [line("world", "debit"), line(&format!("customer_balance:{number}"), "credit")];
        let posted = client.post("/transfers", &json!({ "postings": lines }));
        assert_eq!(posted.status, 201, "{}", posted.json());
    }
    while client.get("/checkpoint").status != 200 {}
    // The mark may be a second old: what is cut off by the tests is before it.
    let reached = client.get("/projections").json()["position"].as_u64().unwrap();
    while marked(&site) < reached {}
    server.stop();
    site
}

/// How far the mark of a log says that it was durable; zero where there is none.
fn marked(site: &Site) -> u64 {
    let bytes = fs::read(site.data().join("durable.mark")).unwrap_or_default();
    bytes.get(8..16).map_or(0, |next| u64::from_le_bytes(next.try_into().unwrap()))
}

fn balance(site: &Site) -> Value {
    let server = site.serve(&[]);
    let answer = server.client().get("/accounts/customer_balance:3/balance");
    assert_eq!(answer.status, 200, "{}", answer.json());
    server.stop();
    answer.json()
}

/// A server that must not start; what it says on standard error.
fn refused(site: &Site, flags: &[&str]) -> String {
    let args = [&["serve", "--listen", "127.0.0.1:0"], flags].concat();
    said(&site.run(&args), 1)
}

fn said(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    said
}

fn only(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    found.sort();
    found
}

#[test]
fn a_forged_snapshot_gives_nobody_money() {
    let site = lived_in();
    let right = balance(&site);
    let forged: [fn(&[u8]) -> blake3::Hash; 2] =
        [|framed| blake3::hash(framed), |framed| blake3::keyed_hash(&[0; 32], framed)];
    for sum in forged {
        for path in only(&site.data().join("snapshots"), "zsnap") {
            let bytes = forge(fs::read(&path).unwrap(), sum);
            fs::write(&path, bytes).unwrap();
        }
        assert_eq!(balance(&site), right, "the log has the right balance");
    }
}

/// A snapshot whose balances are larger, with every sum made right again that needs no key.
fn forge(mut bytes: Vec<u8>, sum: fn(&[u8]) -> blake3::Hash) -> Vec<u8> {
    const HEADER_BYTES: usize = 50;
    let name = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let place = |bytes: &[u8], text: &str| {
        let name = name(text);
        bytes.windows(name.len()).rposition(|window| window == name).unwrap() + name.len()
    };
    let (table, at) = (place(&bytes, "directory") - 13, place(&bytes, "balances"));
    let length = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let start = HEADER_BYTES + length(place(&bytes, "directory"));
    let end = start + length(at);
    let (was, is) = (1_234_567_u128.to_le_bytes(), 9_234_567_u128.to_le_bytes());
    let mut changed = 0;
    for from in start..end - was.len() {
        if bytes[from..from + was.len()] == was {
            bytes[from..from + was.len()].copy_from_slice(&is);
            changed += 1;
        }
    }
    assert!(changed >= 20, "{changed} totals were changed");
    let mut hasher = blake3::Hasher::new_derive_key("zentra projection v1");
    hasher.update(&8_u64.to_le_bytes()).update(b"balances");
    hasher.update(&bytes[10..18]).update(&bytes[start..end]);
    let digest = *hasher.finalize().as_bytes();
    bytes[at + 8..at + 40].copy_from_slice(&digest);
    let body = bytes.len() - 32;
    let framed = [&bytes[..HEADER_BYTES], &bytes[table..body]].concat();
    bytes[body..].copy_from_slice(sum(&framed).as_bytes());
    bytes
}

#[test]
fn a_wild_snapshot_takes_no_memory() {
    let site = lived_in();
    let folder = site.data().join("snapshots");
    let newest = only(&folder, "zsnap").pop().unwrap();
    let bytes = fs::read(&newest).unwrap();
    // One that says it is as long as no memory is; one whose lengths are made up.
    let endless = folder.join(format!("{:020}.zsnap", 1_u64 << 60));
    fs::File::create(&endless).unwrap().set_len(1 << 43).unwrap();
    let mut wild = bytes.clone();
    let table = wild.windows(9).rposition(|window| window == b"directory").unwrap() + 9;
    wild[table..table + 8].copy_from_slice(&(1_u64 << 50).to_le_bytes());
    fs::write(folder.join(format!("{:020}.zsnap", 1_u64 << 59)), &wild).unwrap();
    let mut wild = bytes;
    wild[50..58].copy_from_slice(&(1_u64 << 50).to_le_bytes());
    fs::write(folder.join(format!("{:020}.zsnap", 1_u64 << 58)), &wild).unwrap();
    let server = site.serve(&[]);
    assert_eq!(server.client().get("/keys").status, 200);
    assert!(server.memory_mib("VmHWM") < 512, "{} MiB", server.memory_mib("VmHWM"));
    server.stop();
    assert_eq!(site.run(&["log", "verify"]).status.code(), Some(0));
}

#[test]
fn a_log_that_tells_what_cannot_be_is_named_by_its_position() {
    let site = lived_in();
    let position = append(&site.data().join("log"), |header| {
        let line = |account, direction, amount| PostingV1 {
            account: AccountNo(account),
            direction,
            amount: Amount(amount),
            prev: None,
        };
        let lines = vec![line(0, Direction::Debit, 5), line(4_000_000, Direction::Credit, 5)];
        let posted = LedgerPostedV1 { intent: None, leg: Leg::Transfer, lines };
        let event = Event::from(posted);
        Entry::of_events(header, vec![Recorded { prev: None, event }])
    });
    let place = format!("position {position}");
    let scope = ["log", "journal", "--scope", "workspace_scope"];
    for args in [&["log", "verify"][..], &scope, &["rebuild"], &["rebuild", "--verify"]] {
        let told = said(&site.run(args), 1);
        assert!(told.contains(&place), "{args:?}: {told}");
    }
    assert!(refused(&site, &[]).contains(&place));
    // What it holds can still be looked at.
    assert_eq!(site.run(&["log", "inspect"]).status.code(), Some(0));
}

/// Appends an entry with right sums; gives its position.
fn append(log: &Path, entry: impl FnOnce(Header) -> Entry) -> u64 {
    let storage = FileStorage::open_read_only(log).unwrap();
    let reader =
        LogAccess::new(&Env::for_tests(), ReadOnlyLog::open(Box::new(storage)).unwrap().reader());
    let last = Position(reader.durable().get() - 1);
    let last = reader.entry(last).unwrap().unwrap().header;
    let header = Header {
        position: last.position.next(),
        scope: ScopeNo(0),
        scope_number: ScopeNumber(last.scope_number.0 + 1),
        recorded_at: Timestamp(last.recorded_at.0 + 1),
        actor: ActorNo(0),
        request_id: RequestId([1; 16]),
        cause: None,
        idempotency: None,
    };
    let storage = Box::new(FileStorage::open(log).unwrap());
    let opened = UnrecoveredLog::open(storage, LogOptions::default()).unwrap();
    let (mut store, _) = opened.recover().unwrap();
    store.append(&[frame_of([&entry(header)]).unwrap().into()]).unwrap();
    store.sync().unwrap();
    header.position.get()
}

#[test]
fn a_link_in_a_data_folder_is_refused_and_what_it_names_is_untouched() {
    let site = lived_in();
    let data = site.data();
    let segment = only(&data.join("log"), "seg").pop().unwrap();
    let snapshot = only(&data.join("snapshots"), "zsnap").pop().unwrap();
    let lock = data.join("log/LOCK");
    let inner = [data.join("log"), data.join("snapshots"), data.join("views")];
    let files = [data.join("master.key"), lock, segment, snapshot, data.join("durable.mark")];
    for path in files.into_iter().chain(inner) {
        let elsewhere = data.parent().unwrap().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        let before = elsewhere.is_file().then(|| fs::read(&elsewhere).unwrap());
        symlink(&elsewhere, &path).unwrap();
        let told = refused(&site, &[]);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(told.contains(name) && told.contains("symbolic link"), "{name}: {told}");
        if let Some(before) = before {
            assert_eq!(fs::read(&elsewhere).unwrap(), before, "{name}");
        }
        fs::remove_file(&path).unwrap();
        fs::rename(&elsewhere, &path).unwrap();
    }
    // The folder itself may be elsewhere.
    let elsewhere = data.parent().unwrap().join("moved");
    fs::rename(&data, &elsewhere).unwrap();
    symlink(&elsewhere, &data).unwrap();
    balance(&site);
}

#[test]
fn what_a_server_makes_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let script = "umask 000; exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, ZENTRA]).arg(&data).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    while !data.join("views").is_dir() || !data.join("evidence").is_dir() {}
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait().unwrap();
    let (mut left, mut seen) = (vec![data], 0);
    while let Some(path) = left.pop() {
        let found = fs::metadata(&path).unwrap();
        assert_eq!(found.permissions().mode() & 0o077, 0, "{}", path.display());
        seen += 1;
        if found.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(seen > 10, "{seen} files and folders");
}

#[test]
fn a_master_key_that_is_missing_or_another_is_refused() {
    let site = lived_in();
    let (key, kept) = (site.data().join("master.key"), site.data().join("kept"));
    fs::rename(&key, &kept).unwrap();
    assert!(refused(&site, &[]).contains("restore"));
    assert!(!key.exists(), "no new key was made");
    fs::write(&key, [9; 32]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let told = refused(&site, &[]);
    assert!(told.contains("is not the key") && told.contains("position"), "{told}");
    assert!(said(&site.run(&["log", "verify"]), 1).contains("is not the key"));
    fs::rename(&kept, &key).unwrap();
    balance(&site);
}

#[test]
fn a_log_whose_end_was_taken_away_is_refused_and_both_ends_are_named() {
    for with_snapshots in [true, false] {
        let site = lived_in();
        if !with_snapshots {
            fs::remove_dir_all(site.data().join("snapshots")).unwrap();
        }
        let segment = only(&site.data().join("log"), "seg").pop().unwrap();
        let bytes = fs::read(&segment).unwrap();
        let frames: Vec<usize> =
            (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == *b"ZFRM").collect();
        let cut = frames[frames.len() - 14];
        let zeros = vec![0; bytes.len() - cut];
        let file = fs::OpenOptions::new().write(true).open(&segment).unwrap();
        file.write_all_at(&zeros, cut as u64).unwrap();
        let told = refused(&site, &[]);
        assert_eq!(told.matches("position").count(), 2, "{told}");
        assert!(told.contains("entries are lost"), "{told}");
        let verified = said(&site.run(&["log", "verify"]), 1);
        assert!(verified.contains("entries are lost"), "{verified}");
        fs::remove_file(&segment).unwrap();
        assert!(refused(&site, &[]).contains("entries are lost"));
        assert!(said(&site.run(&["log", "verify"]), 1).contains("ends at position 0"));
        // Nothing was changed: the bytes put back, it serves.
        fs::write(&segment, &bytes).unwrap();
        balance(&site);
    }
}

#[test]
fn the_end_of_a_log_is_known_before_anything_of_it_is_sealed() {
    let site = Site::new();
    let server = site.serve(&["--seal-after-ms", "3600000", "--seal-entries", "1000000"]);
    let mut client = server.client();
    while marked(&site) == 0 {
        let event = json!({ "type": "order.paid", "data": {} });
        assert_eq!(client.post("/events", &event).status, 201);
    }
    assert_eq!(client.get("/checkpoint").status, 404, "nothing is sealed");
    server.kill();
    let known = marked(&site);
    let segment = only(&site.data().join("log"), "seg").pop().unwrap();
    let bytes = fs::read(&segment).unwrap();
    // An entry a frame: the last one that the mark knows, and all that follow.
    let mut frames = (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == *b"ZFRM");
    let cut = frames.nth(known as usize - 1).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&segment).unwrap();
    file.write_all_at(&vec![0; bytes.len() - cut], cut as u64).unwrap();
    let told = refused(&site, &[]);
    assert!(told.contains("entries are lost") && told.contains(&known.to_string()), "{told}");
}
